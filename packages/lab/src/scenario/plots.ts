// The plots that a scenario asks for, as numbers: series of points with their intervals over the seeds, and what was
// published beside them. `report/` draws them.
import type { Table } from "../experiments/program.ts";
import { estimate } from "../measures/intervals.ts";
import { nearestNames } from "./nearest-name.ts";
import { cellOf, type PointResult, sweepTable } from "./results.ts";
import type { PlotKind, PlotRequest, PlotScale } from "./scenario.ts";
import { coordinatesText, isSelected } from "./sweep.ts";

export interface PlotPoint {
  readonly x: number | string;
  readonly y: number;
  /** The 95 % interval of the mean over the seeds, where there are several. */
  readonly low: number | undefined;
  readonly high: number | undefined;
}

export interface PlotSeries {
  /** Empty where there is only one. */
  readonly label: string;
  readonly points: readonly PlotPoint[];
}

export interface Plot {
  readonly title: string;
  readonly kind: PlotKind;
  readonly xScale: PlotScale;
  readonly yScale: PlotScale;
  readonly x: string;
  readonly y: string;
  readonly series: readonly PlotSeries[];
  readonly published: readonly (readonly [x: number | string, y: number])[];
}

export type PlotResult = { readonly ok: true; readonly plot: Plot } | { readonly ok: false; readonly problem: string };

/** More lines nobody can tell apart. */
const SERIES_MAX = 8;
/** More points make no better picture; a plot says when it left some out. */
const POINTS_MAX = 1000;

/** The plot, or why there is none, as a sentence without its full stop. */
export function plotOf(request: PlotRequest, points: readonly PointResult[]): PlotResult {
  const found = request.table === "sweep" ? sweepSeries(request, points) : tableSeries(request, points);
  if (typeof found === "string") return { ok: false, problem: found };
  if (found.length > SERIES_MAX) {
    return {
      ok: false,
      problem: `${found.length} series are too many to tell apart (${SERIES_MAX}); choose with "at"`,
    };
  }
  if (request.kind === "line" && found.some(({ points }) => points.some(({ x }) => typeof x === "string"))) {
    return { ok: false, problem: `${request.x} is no number everywhere, so it has no line; take "kind": "bars"` };
  }
  const step = Math.ceil(Math.max(...found.map(({ points }) => points.length), 1) / POINTS_MAX);
  const series = found.map(({ label, points }) => ({ label, points: points.filter((_, i) => i % step === 0) }));
  const title = request.title ?? `${request.y.join(", ")} by ${request.x}`;
  return {
    ok: true,
    plot: {
      title: step === 1 ? title : `${title} (one row of ${step})`,
      kind: request.kind,
      xScale: request.xScale,
      yScale: request.yScale,
      x: request.x,
      y: request.y.join(", "),
      series,
      published: request.published,
    },
  };
}

/** Series over the points of the sweep: one for each value and each combination of the other settings. */
function sweepSeries(request: PlotRequest, points: readonly PointResult[]): PlotSeries[] | string {
  const { x, y, point } = request;
  const settings = points[0]?.coordinates.map(([setting]) => setting) ?? [];
  const columns = sweepTable(points).columns;
  const unknown = [x, ...y].find((name) => !columns.includes(name));
  if (unknown !== undefined) return unknownText("sweep", "column", unknown, columns);
  const series = new Map<string, PlotPoint[]>();
  for (const { coordinates, values } of points) {
    if (!isSelected(coordinates, point)) continue;
    const others = coordinates.filter(([setting]) => setting !== x && !point.some(([name]) => name === setting));
    const at = settings.includes(x)
      ? cellOf(coordinates.find(([setting]) => setting === x)?.[1] as string)
      : values.get(x)?.mean;
    if (at === undefined) continue;
    for (const name of y) {
      const value = values.get(name);
      if (value === undefined) continue;
      const label = labelOf(y.length > 1 ? name : "", coordinatesText(others));
      addTo(series, label, { x: at, y: value.mean, low: value.interval?.low, high: value.interval?.high });
    }
  }
  return sorted(series);
}

/** Series over the rows of a table: one for each column and each point of the sweep; y is the mean over the seeds. */
function tableSeries(request: PlotRequest, points: readonly PointResult[]): PlotSeries[] | string {
  const { table: name, y, by, point: selection } = request;
  const series: PlotSeries[] = [];
  for (const { coordinates, findings } of points) {
    if (!isSelected(coordinates, selection)) continue;
    const others = coordinates.filter(([setting]) => !selection.some(([chosen]) => chosen === setting));
    const tables: Table[] = [];
    for (const { tables: known } of findings) {
      const table = Object.hasOwn(known, name) ? known[name] : undefined;
      if (table === undefined) return unknownText("", "table", name, [...Object.keys(known), "sweep"]);
      tables.push(table);
    }
    const missing = missingColumn(tables, request);
    if (missing !== undefined) return missing;
    for (const group of groupsOf(tables, by)) {
      for (const column of y) {
        const label = labelOf(y.length > 1 ? column : "", group, coordinatesText(others));
        series.push({ label, points: averagedRows(tables, request, column, group) });
      }
    }
  }
  return series;
}

function missingColumn(tables: readonly Table[], { table, x, y, by }: PlotRequest): string | undefined {
  for (const { columns } of tables) {
    const missing = [x, ...y, ...(by === undefined ? [] : [by])].find((name) => !columns.includes(name));
    if (missing !== undefined) return unknownText(table, "column", missing, columns);
  }
  return undefined;
}

/** The values of the column that tells series apart; one nameless group where there is none. */
function groupsOf(tables: readonly Table[], by: string | undefined): string[] {
  if (by === undefined) return [""];
  const found = new Set<string>();
  for (const { columns, rows } of tables) for (const row of rows) found.add(String(row[columns.indexOf(by)]));
  return [...found];
}

function labelOf(...parts: readonly string[]): string {
  return parts.filter((part) => part !== "").join(", ");
}

/**
 * One point for each x of any seed. A seed without a row for it counts as 0 in a plot of bars, which shows how often
 * something came; on a line it says nothing.
 */
function averagedRows(tables: readonly Table[], request: PlotRequest, y: string, group: string): PlotPoint[] {
  const { x, by, kind } = request;
  const lists = new Map<number | string, number[]>();
  for (const { columns, rows } of tables) {
    const [xAt, yAt] = [columns.indexOf(x), columns.indexOf(y)];
    const byAt = by === undefined ? -1 : columns.indexOf(by);
    for (const row of rows) {
      if (byAt >= 0 && String(row[byAt]) !== group) continue;
      const [at, value] = [row[xAt], row[yAt]];
      if (at === undefined || typeof value !== "number" || !Number.isFinite(value)) continue;
      const known = lists.get(at);
      if (known === undefined) lists.set(at, [value]);
      else known.push(value);
    }
  }
  const found: PlotPoint[] = [];
  for (const [at, list] of lists) {
    const missing = kind === "bars" ? Math.max(0, tables.length - list.length) : 0;
    const { mean, interval } = estimate([...list, ...Array.from({ length: missing }, () => 0)]);
    // Several rows of one seed at the same x are no sample of seeds.
    const isSample = list.length <= tables.length;
    found.push({
      x: at,
      y: mean,
      low: isSample ? interval?.low : undefined,
      high: isSample ? interval?.high : undefined,
    });
  }
  return inOrder(found);
}

function addTo(series: Map<string, PlotPoint[]>, label: string, point: PlotPoint): void {
  const known = series.get(label);
  if (known === undefined) series.set(label, [point]);
  else known.push(point);
}

function sorted(series: ReadonlyMap<string, PlotPoint[]>): PlotSeries[] {
  return Array.from(series, ([label, points]) => ({ label, points: inOrder(points) }));
}

/** Numbers ascend; anything else stays in the order in which it came. */
function inOrder(points: PlotPoint[]): PlotPoint[] {
  if (points.some(({ x }) => typeof x === "string")) return points;
  return points.toSorted((a, b) => (a.x as number) - (b.x as number));
}

function unknownText(table: string, what: "table" | "column", name: string, known: readonly string[]): string {
  const nearest = nearestNames(name, known, 1)[0];
  const where = what === "column" ? `the table "${table}" has no column "${name}"` : `there is no table "${name}"`;
  if (nearest !== undefined) return `${where}; did you mean "${nearest}"?`;
  return known.length > 0 && known.length <= 12 ? `${where} (${known.join(", ")})` : where;
}
