import { describe, expect, test } from "vitest";
import type { Findings, Table } from "../experiments/program.ts";
import { parseExpectation, parseReference } from "./expectation-syntax.ts";
import { judgeRuns } from "./judge.ts";
import { plotOf } from "./plots.ts";
import { resultsByPoint, type RunResult } from "./results.ts";
import type { PlotRequest, Point, Published, ScenarioHead } from "./scenario.ts";
import { combinations, coordinatesOf } from "./sweep.ts";

type Judged = ScenarioHead & { readonly points: readonly Point[] };

function scenario(changes: {
  expect?: readonly string[];
  seeds?: readonly string[];
  sweep?: Readonly<Record<string, readonly (number | string)[]>>;
  published?: readonly Published[];
  plots?: readonly PlotRequest[];
}): Judged {
  const swept = Object.entries(changes.sweep ?? {}).map(([name, values]) => ({ name, values }));
  const points = combinations(swept).map((set) => ({
    coordinates: coordinatesOf(set),
    numbers: new Map([...set].filter((entry): entry is [string, number] => typeof entry[1] === "number")),
  }));
  const expectations = (changes.expect ?? []).map((text) => {
    const parsed = parseExpectation(text);
    if (!parsed.ok) throw new Error(parsed.problem);
    return parsed.value;
  });
  return {
    title: "test",
    source: undefined,
    text: undefined,
    seeds: changes.seeds ?? ["7"],
    fidelity: "message",
    expectations,
    published: changes.published ?? [],
    plots: changes.plots ?? [],
    points,
  };
}

function findings(values: Readonly<Record<string, number>>, tables: Readonly<Record<string, Table>> = {}): Findings {
  return { values, tables, digest: `digest of ${JSON.stringify(values)}`, events: 10 };
}

/** Runs in the order of points, then seeds. */
function runs(of: Judged, found: readonly Findings[]): RunResult[] {
  return of.points.flatMap((_, point) =>
    of.seeds.map((seed, i) => ({ point, seed, findings: found[point * of.seeds.length + i] as Findings })),
  );
}

const plot: PlotRequest = {
  table: "sweep",
  x: "p",
  y: ["path"],
  by: undefined,
  kind: "line",
  xScale: "linear",
  yScale: "linear",
  title: undefined,
  published: [],
  point: [],
};

describe("one point", () => {
  test("a bare name is the mean over the seeds; min, max, low and high tell their spread", () => {
    const judged = scenario({
      seeds: ["1", "2", "3", "4"],
      expect: [
        "mean == 10.825",
        "min(mean) == 10.81 and max(mean) == 10.84",
        "low(mean) == 10.80446 +- 0.00001",
        "high(mean) == 10.84554 +- 0.00001",
      ],
    });
    const judgement = judgeRuns(
      judged,
      runs(
        judged,
        [10.81, 10.84, 10.83, 10.82].map((mean) => findings({ mean })),
      ),
    );
    expect(judgement.verdicts.map(({ passed }) => passed)).toEqual([true, true, true, true]);
    expect(judgement.passed).toBe(true);
    expect(judgement.events).toBe(40);
    expect(judgement.digest).toMatch(/^[0-9a-f]{16}$/);
  });

  test("one missed expectation fails the whole, and one that cannot be judged too", () => {
    const missed = scenario({ expect: ["wrong == 0", "mean < 5"] });
    const judgement = judgeRuns(missed, runs(missed, [findings({ wrong: 0, mean: 6 })]));
    expect(judgement.passed).toBe(false);
    expect(judgement.verdicts[1]?.text).toBe("mean was 6, expected < 5");

    const unknown = scenario({ expect: ["not maen == 5"] });
    const verdict = judgeRuns(unknown, runs(unknown, [findings({ mean: 6 })])).verdicts[0];
    expect(verdict).toMatchObject({ passed: false, undefinedNames: ["maen"] });
    expect(verdict?.text).toBe('cannot be judged: there is no value "maen"; did you mean mean?');
  });

  test("a value that some seeds did not find, or that is no number, is no value", () => {
    const judged = scenario({ seeds: ["1", "2"], expect: ["latency < 5", "rate < 5"] });
    const found = [findings({ latency: 4, rate: Number.NaN }), findings({ rate: 3 })];
    expect(judgeRuns(judged, runs(judged, found)).verdicts.map(({ text }) => text)).toEqual([
      'cannot be judged: only 1 of 2 seeds found a value "latency"',
      'cannot be judged: only 1 of 2 seeds found a value "rate"',
    ]);
  });

  test("the digest of one run is its own, that of several depends on each and on their order", () => {
    const one = scenario({});
    expect(judgeRuns(one, runs(one, [findings({ a: 1 })])).digest).toBe('digest of {"a":1}');
    const two = scenario({ seeds: ["1", "2"] });
    const digest = (a: number, b: number): string =>
      judgeRuns(two, runs(two, [findings({ a }), findings({ a: b })])).digest;
    expect(digest(1, 2)).toBe(digest(1, 2));
    expect(digest(1, 2)).not.toBe(digest(2, 1));
    expect(digest(1, 2)).not.toBe(digest(1, 3));
  });

  test("every point must have been run with every seed", () => {
    const judged = scenario({ seeds: ["1", "2"] });
    expect(() => judgeRuns(judged, runs(judged, [findings({}), findings({})]).slice(1))).toThrow("every seed");
  });
});

describe("a sweep", () => {
  const judged = scenario({
    sweep: { p: [0, 0.1], r: [5, 20] },
    expect: [
      "path[p=0.10, r=20] == 4",
      "path < 4.5",
      "path[p=0] <= path",
      "path == 3 + 10 * p +- 1",
      "path[r=5] == path +- 0",
      "path[p=0.3] == 1",
    ],
    published: [
      { reference: reference("path[p=0, r=5]"), number: 3, tag: "V", label: "at once" },
      { reference: reference("path[p=0, r=7]"), number: 3, tag: "V", label: "nowhere" },
    ],
  });
  const judgement = judgeRuns(
    judged,
    runs(
      judged,
      [3, 3.5, 4.5, 4].map((path) => findings({ path })),
    ),
  );

  test("an expectation holds at the point that it names, or at every one", () => {
    expect(judgement.verdicts.map(({ text }) => text)).toEqual([
      "path[p=0.10, r=20] was 4, expected 4",
      "missed at 1 of 4 points, first at p=0.1, r=5: path was 4.5, expected < 4.5",
      "held at all 4 points",
      "held at all 4 points",
      "missed at 2 of 4 points, first at p=0, r=20: path[r=5] was 3, expected path = 3.5 +- 0",
      "cannot be judged: p is never 0.3 (0, 0.1)",
    ]);
    // A setting that every name fixes makes no difference: only r is open in the last one.
    expect(judgement.verdicts.map(({ parts }) => parts.length)).toEqual([1, 4, 4, 4, 4, 2]);
  });

  test("published numbers stand beside the value of their point, or say what is missing", () => {
    expect(judgement.comparisons.map(({ ours, problem }) => [ours?.mean, problem])).toEqual([
      [3, undefined],
      [undefined, "r is never 7 (5, 20)"],
    ]);
    expect(judgement.problems).toEqual(["published nowhere: r is never 7 (5, 20)"]);
  });

  test("its table has a row for each point", () => {
    expect(judgement.tables.get("sweep")).toEqual({
      columns: ["p", "r", "path"],
      rows: [
        [0, 5, 3],
        [0, 20, 3.5],
        [0.1, 5, 4.5],
        [0.1, 20, 4],
      ],
    });
  });

  test("its plot has a series for each value of the other setting", () => {
    const result = plotOf(
      plot,
      resultsByPoint(
        judged,
        runs(
          judged,
          [3, 3.5, 4.5, 4].map((path) => findings({ path })),
        ),
      ),
    );
    expect(
      result.ok && result.plot.series.map(({ label, points }) => [label, points.map(({ x, y }) => [x, y])]),
    ).toEqual([
      [
        "r=5",
        [
          [0, 3],
          [0.1, 4.5],
        ],
      ],
      [
        "r=20",
        [
          [0, 3.5],
          [0.1, 4],
        ],
      ],
    ]);
  });

  test("of two settings that several seeds ran has intervals in its table", () => {
    const two = scenario({ sweep: { p: [0] }, seeds: ["1", "2"] });
    const found = judgeRuns(two, runs(two, [findings({ path: 3 }), findings({ path: 5 })]));
    expect(found.points[0]?.values.get("path")?.interval?.low).toBeCloseTo(4 - 12.7062, 3);
  });
});

describe("tables", () => {
  const table = (rows: readonly (readonly (number | string)[])[]): Table => ({ columns: ["hops", "share"], rows });
  const two = scenario({ seeds: ["1", "2"] });
  const found = [
    findings(
      {},
      {
        pdf: table([
          [1, 0.4],
          [2, 0.6],
        ]),
      },
    ),
    findings(
      {},
      {
        pdf: table([
          [1, 0.6],
          [3, 0.4],
        ]),
      },
    ),
  ];
  const points = resultsByPoint(two, runs(two, found));
  const pdf: PlotRequest = { ...plot, table: "pdf", x: "hops", y: ["share"] };

  test("of several seeds are one, which says which row is of which", () => {
    expect(judgeRuns(two, runs(two, found)).tables.get("pdf")).toEqual({
      columns: ["seed", "hops", "share"],
      rows: [
        [1, 1, 0.4],
        [1, 2, 0.6],
        [2, 1, 0.6],
        [2, 3, 0.4],
      ],
    });
  });

  test("are averaged over the seeds: what a seed has not counts as 0 in bars, and not at all on a line", () => {
    const ys = (kind: "bars" | "line"): unknown => {
      const result = plotOf({ ...pdf, kind }, points);
      return result.ok && result.plot.series[0]?.points.map(({ x, y }) => [x, y]);
    };
    expect(ys("bars")).toEqual([
      [1, 0.5],
      [2, 0.3],
      [3, 0.2],
    ]);
    expect(ys("line")).toEqual([
      [1, 0.5],
      [2, 0.6],
      [3, 0.4],
    ]);
  });

  test("may tell series apart by a column", () => {
    const one = scenario({});
    const curves = {
      columns: ["t", "v", "who"],
      rows: [
        [1, 5, "leaf"],
        [1, 9, "ultrapeer"],
        [2, 6, "leaf"],
      ],
    };
    const result = plotOf(
      { ...plot, table: "curves", x: "t", y: ["v"], by: "who" },
      resultsByPoint(one, runs(one, [findings({}, { curves })])),
    );
    expect(result.ok && result.plot.series.map(({ label, points }) => [label, points.length])).toEqual([
      ["leaf", 2],
      ["ultrapeer", 1],
    ]);
  });

  test.each<[Partial<PlotRequest>, string]>([
    [{ table: "pfd" }, 'there is no table "pfd"; did you mean "pdf"?'],
    [{ x: "hop" }, 'the table "pdf" has no column "hop"; did you mean "hops"?'],
    [{ y: ["probability"] }, 'the table "pdf" has no column "probability" (hops, share)'],
    [{ by: "role" }, 'the table "pdf" has no column "role" (hops, share)'],
  ])("that are not there are a problem: %j", (changes, problem) => {
    expect(plotOf({ ...pdf, ...changes }, points)).toEqual({ ok: false, problem });
  });
});

function reference(text: string): NonNullable<ReturnType<typeof parseReference>> {
  const parsed = parseReference(text);
  if (parsed === undefined) throw new Error("a name");
  return parsed;
}
