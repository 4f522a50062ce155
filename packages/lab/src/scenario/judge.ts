// Judges a scenario: its values over the seeds, its expectations at every point, and its numbers beside the published ones.
import type { Table } from "../experiments/program.ts";
import type { Estimate } from "../measures/intervals.ts";
import { type Expectation, type Reference, referencesOf, type Spread } from "./expectation-syntax.ts";
import { judgeExpectation, type Values, type Verdict } from "./expectations.ts";
import { nearestNames } from "./nearest-name.ts";
import { type Plot, plotOf } from "./plots.ts";
import { digestOf, joinedTables, type PointResult, resultsByPoint, type RunResult, sweepTable } from "./results.ts";
import type { Point, Published, ScenarioHead } from "./scenario.ts";
import { coordinatesKey, coordinatesText, moved, selectionProblem } from "./sweep.ts";

/** An expectation at one point of the sweep. */
export interface PointVerdict {
  /** Empty where nothing is swept, or where the expectation itself says which points it means. */
  readonly point: string;
  readonly verdict: Verdict;
}

/** An expectation, at all points where it is judged. */
export interface ScenarioVerdict extends Verdict {
  readonly parts: readonly PointVerdict[];
}

/** A published number and ours. */
export interface Comparison extends Published {
  /** Undefined where nobody found such a value; `problem` says why. */
  readonly ours: Estimate | undefined;
  readonly problem: string | undefined;
}

export interface Judgement {
  readonly passed: boolean;
  readonly points: readonly PointResult[];
  readonly verdicts: readonly ScenarioVerdict[];
  readonly comparisons: readonly Comparison[];
  /** Tables of the findings, and `sweep` where there is one. */
  readonly tables: ReadonlyMap<string, Table>;
  readonly plots: readonly Plot[];
  /** What the scenario asks for and cannot have: a plot of an unknown column. It does not fail for that. */
  readonly problems: readonly string[];
  readonly digest: string;
  readonly events: number;
}

export function judgeRuns(
  scenario: ScenarioHead & { readonly points: readonly Point[] },
  runs: readonly RunResult[],
): Judgement {
  const points = resultsByPoint(scenario, runs);
  const found = new FoundValues(points);
  const verdicts = scenario.expectations.map((expectation) => judgeAtPoints(expectation, found));
  const comparisons = scenario.published.map((published) => comparePublished(published, found));
  const tables = joinedTables(points, scenario.seeds);
  if (points.length > 1) tables.set("sweep", sweepTable(points));
  const plots: Plot[] = [];
  const problems: string[] = [];
  for (const [index, request] of scenario.plots.entries()) {
    const result = plotOf(request, points);
    if (result.ok) plots.push(result.plot);
    else problems.push(`plot ${index + 1}: ${result.problem}`);
  }
  for (const { problem, label } of comparisons)
    if (problem !== undefined) problems.push(`published ${label}: ${problem}`);
  const events = points.reduce((sum, { findings }) => sum + findings.reduce((all, run) => all + run.events, 0), 0);
  const passed = verdicts.every((verdict) => verdict.passed);
  return { passed, points, verdicts, comparisons, tables, plots, problems, digest: digestOf(points), events };
}

/**
 * A name without a point means the point at hand, so the expectation has to hold at every one; where each name says its point,
 * there is one verdict.
 */
function judgeAtPoints(expectation: Expectation, found: FoundValues): ScenarioVerdict {
  const references = referencesOf(expectation.tree).map(({ reference }) => reference);
  const parts = found.pointsFor(references).map(({ point, text }) => ({
    point: text,
    verdict: judgeExpectation(expectation, found.from(point)),
  }));
  const missed = parts.filter(({ verdict }) => !verdict.passed);
  const { point, verdict } = (missed[0] ?? parts[0]) as PointVerdict;
  const undefinedNames = [...new Set(parts.flatMap((part) => part.verdict.undefinedNames))];
  let { text } = verdict;
  // What is unknown at every point is no matter of points.
  if (parts.length > 1 && parts.some((part) => part.verdict.undefinedNames.length === 0)) {
    text =
      missed.length === 0
        ? `held at all ${parts.length} points`
        : `missed at ${missed.length} of ${parts.length} points, first at ${point}: ${text}`;
  }
  const { left, right } = verdict;
  return { expectation: expectation.text, passed: missed.length === 0, left, right, text, undefinedNames, parts };
}

function comparePublished(published: Published, found: FoundValues): Comparison {
  const here = found.points[0] as PointResult;
  const { reference } = published;
  if (!found.isFixed(reference) && found.points.length > 1) {
    const problem = `${reference.name} has a value at each of ${found.points.length} points; say which is meant`;
    return { ...published, ours: undefined, problem };
  }
  const ours = found.pointOf(reference, here)?.values.get(reference.name);
  const problem = ours === undefined ? found.explain(reference, "mean", here) : undefined;
  return { ...published, ours, problem };
}

/** Finds values by name and point. */
class FoundValues {
  readonly points: readonly PointResult[];
  private readonly settings: readonly string[];
  private readonly byCoordinates: ReadonlyMap<string, PointResult>;

  constructor(points: readonly PointResult[]) {
    this.points = points;
    this.settings = points[0]?.coordinates.map(([setting]) => setting) ?? [];
    this.byCoordinates = new Map(points.map((point) => [coordinatesKey(point.coordinates), point]));
  }

  /** The values as an expectation sees them from one point. */
  from(here: PointResult): Values {
    return {
      lookup: (reference, spread) => this.lookup(reference, spread, here),
      explain: (reference, spread) => this.explain(reference, spread, here),
    };
  }

  /** Whether the reference says the whole point. */
  isFixed({ point }: Reference): boolean {
    return this.settings.every((setting) => point.some(([name]) => name === setting));
  }

  /** One point for each combination of the settings that some reference leaves open; the others make no difference. */
  pointsFor(references: readonly Reference[]): { readonly point: PointResult; readonly text: string }[] {
    const open = this.settings.filter((setting) =>
      references.some(({ point }) => !point.some(([name]) => name === setting)),
    );
    const byOpen = new Map<string, PointResult>();
    for (const point of this.points) {
      const text = coordinatesText(point.coordinates.filter(([setting]) => open.includes(setting)));
      if (!byOpen.has(text)) byOpen.set(text, point);
    }
    return Array.from(byOpen, ([text, point]) => ({ point, text }));
  }

  pointOf({ point }: Reference, here: PointResult): PointResult | undefined {
    if (point.length === 0) return here;
    if (!point.every(([name]) => this.settings.includes(name))) return undefined;
    return this.byCoordinates.get(coordinatesKey(moved(here.coordinates, point)));
  }

  lookup(reference: Reference, spread: Spread, here: PointResult): number | undefined {
    const point = this.pointOf(reference, here);
    const found = point?.values.get(reference.name);
    if (found !== undefined) return spreadOf(found, spread);
    return spread === "mean" ? point?.numbers.get(reference.name) : undefined;
  }

  explain(reference: Reference, spread: Spread, here: PointResult): string {
    const { name } = reference;
    const point = this.pointOf(reference, here);
    if (point === undefined) {
      const all = this.points.map(({ coordinates }) => coordinates);
      return selectionProblem(reference.point, all) ?? "there is no such point";
    }
    if (point.values.has(name)) return `${spread}(${name}) needs at least two seeds`;
    const some = point.partial.get(name);
    if (some !== undefined) return `only ${some} of ${point.findings.length} seeds found a value "${name}"`;
    const nearest = nearestNames(name, [...point.values.keys(), ...point.numbers.keys()]);
    return `there is no value "${name}"${nearest.length === 0 ? "" : `; did you mean ${nearest.join(", ")}?`}`;
  }
}

function spreadOf(estimate: Estimate, spread: Spread): number | undefined {
  switch (spread) {
    case "mean":
      return estimate.mean;
    case "min":
      return estimate.min;
    case "max":
      return estimate.max;
    case "low":
      return estimate.interval?.low;
    case "high":
      return estimate.interval?.high;
  }
}
