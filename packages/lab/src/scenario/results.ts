// What the runs of a scenario found, brought together: at every point of the sweep each value with its spread over the
// seeds, and every table in one, with the point and the seed of each row beside it.
import { assert } from "@servent/overlay/base/assert.ts";
import { hashText } from "../engine/random.ts";
import type { Findings, Table } from "../experiments/program.ts";
import { type Estimate, estimate } from "../measures/intervals.ts";
import type { Point, ScenarioHead } from "./scenario.ts";
import { coordinatesText, type Coordinates } from "./sweep.ts";

/** One run: a point, a seed, and what came of it. */
export interface RunResult {
  /** Index of the point in the scenario. */
  readonly point: number;
  readonly seed: string;
  readonly findings: Findings;
}

export interface PointResult {
  readonly coordinates: Coordinates;
  /** `p=0.1, r=20`; empty where nothing is swept. */
  readonly text: string;
  /** Settings that are numbers. */
  readonly numbers: ReadonlyMap<string, number>;
  /** Values that every seed found. */
  readonly values: ReadonlyMap<string, Estimate>;
  /** Values that only some seeds found, and how many did. */
  readonly partial: ReadonlyMap<string, number>;
  /** In the order of the seeds. */
  readonly findings: readonly Findings[];
}

/** Brings the runs in order: each point, with its seeds as the scenario has them. Every run must be there once. */
export function resultsByPoint(
  scenario: Pick<ScenarioHead, "seeds"> & { readonly points: readonly Point[] },
  runs: readonly RunResult[],
): PointResult[] {
  assert(runs.length === scenario.points.length * scenario.seeds.length, "every point was run with every seed, once");
  const byKey = new Map(runs.map((run) => [`${run.point}/${run.seed}`, run.findings]));
  return scenario.points.map(({ coordinates, numbers }, index) => {
    const findings = scenario.seeds.map((seed) => {
      const found = byKey.get(`${index}/${seed}`);
      assert(found !== undefined, "every point was run with every seed");
      return found;
    });
    return { coordinates, text: coordinatesText(coordinates), numbers, ...valuesOf(findings), findings };
  });
}

function valuesOf(findings: readonly Findings[]): Pick<PointResult, "values" | "partial"> {
  const lists = new Map<string, number[]>();
  for (const { values } of findings) {
    for (const [name, value] of Object.entries(values)) {
      const known = lists.get(name) ?? [];
      lists.set(name, known);
      // What is not a number was not found: the mean of nothing, for one.
      if (!Number.isNaN(value)) known.push(value);
    }
  }
  const values = new Map<string, Estimate>();
  const partial = new Map<string, number>();
  for (const [name, list] of lists) {
    if (list.length === findings.length) values.set(name, estimate(list));
    else partial.set(name, list.length);
  }
  return { values, partial };
}

/** Every digest in one, in order; of a single run its own. */
export function digestOf(points: readonly PointResult[]): string {
  const digests = points.flatMap(({ findings }) => findings.map(({ digest }) => digest));
  if (digests.length === 1) return digests[0] as string;
  const text = digests.join("/");
  const hex = (basis: number): string => (hashText(text, basis) >>> 0).toString(16).padStart(8, "0");
  return hex(0x6a09e667) + hex(0xbb67ae85);
}

/** A setting of the sweep as a cell: a number where it is one. */
export function cellOf(value: string): number | string {
  const number = Number(value);
  return value.trim() !== "" && Number.isFinite(number) ? number : value;
}

/** One row per point: its settings, then the mean of every value and, with several seeds, the ends of its interval. */
export function sweepTable(points: readonly PointResult[]): Table {
  const settings = points[0]?.coordinates.map(([setting]) => setting) ?? [];
  const names = [...new Set(points.flatMap(({ values }) => [...values.keys()]))];
  const hasIntervals = points.some(({ findings }) => findings.length > 1);
  const columns = [
    ...settings,
    ...names.flatMap((name) => (hasIntervals ? [name, `${name}.low`, `${name}.high`] : [name])),
  ];
  const rows = points.map(({ coordinates, values }) => [
    ...coordinates.map(([, value]) => cellOf(value)),
    ...names.flatMap((name): (number | string)[] => {
      const found = values.get(name);
      if (!hasIntervals) return [found?.mean ?? ""];
      return [found?.mean ?? "", found?.interval?.low ?? "", found?.interval?.high ?? ""];
    }),
  ]);
  return { columns, rows };
}

/** Every table of the findings by name, with columns for the settings and the seed before its own where there are several. */
export function joinedTables(points: readonly PointResult[], seeds: readonly string[]): Map<string, Table> {
  const joined = new Map<string, { columns: readonly string[]; rows: (readonly (number | string)[])[] }>();
  const settings = points[0]?.coordinates.map(([setting]) => setting) ?? [];
  const extra = [...settings, ...(seeds.length > 1 ? ["seed"] : [])];
  for (const { coordinates, findings } of points) {
    for (const [index, { tables }] of findings.entries()) {
      const before = [
        ...coordinates.map(([, value]) => cellOf(value)),
        ...(seeds.length > 1 ? [cellOf(seeds[index] as string)] : []),
      ];
      for (const [name, { columns, rows }] of Object.entries(tables)) {
        const table = joined.get(name) ?? { columns: [...extra, ...columns], rows: [] };
        joined.set(name, table);
        assert(table.columns.length === extra.length + columns.length, "a table has the same columns in every run");
        for (const row of rows) table.rows.push([...before, ...row]);
      }
    }
  }
  return joined;
}
