// What every scenario file may say, whatever it runs: its title, its seeds, what is expected of it, what was published, what
// is plotted.
import { decoded, type Decoded } from "@servent/overlay/base/decoded.ts";
import {
  about,
  choice,
  type Described,
  type Description,
  either,
  type Fields,
  list,
  meaning,
  object,
  type ObjectOf,
  oneOf,
  optional,
  pair,
  type Problem,
  real,
  text,
  whole,
  withDefault,
} from "./description.ts";
import {
  type Expectation,
  EXPECTATION_LENGTH_MAX,
  parseExpectation,
  parseReference,
  type Reference,
  referencesOf,
} from "./expectation-syntax.ts";
import type { PlotRequest, Point, Published, ScenarioHead } from "./scenario.ts";
import { type Coordinates, selectionProblem } from "./sweep.ts";

export const SCENARIO_SCHEMA = "servent.scenario/1";

/** Seeds and expectations that a person reads; a run of more says nothing new. */
const SEEDS_MAX = 10_000;
const EXPECTATIONS_MAX = 500;
const PUBLISHED_MAX = 500;
const PLOTS_MAX = 50;
const PLOT_POINTS_MAX = 1000;
const PLOT_COLUMNS_MAX = 8;
const NAME_LENGTH_MAX = 100;

const expectation: Description<Expectation> = meaning(
  {
    expected: "an expectation like `mean == 10.83 +- 0.02`",
    examples: ["mean == 10.83 +- 0.02", "wrong == 0", "low(success) > 99%", "path[p=0.1] == 4.03 +- 4%"],
    lengthMax: EXPECTATION_LENGTH_MAX,
  },
  (source): Decoded<Expectation> => {
    const parsed = parseExpectation(source);
    if (parsed.ok) return decoded(parsed.value);
    return { ok: false, problem: `at character ${parsed.at + 1}: ${parsed.problem}, expected ${parsed.expected}` };
  },
);

const reference: Description<Reference> = meaning(
  {
    expected: "the name of a value, like mean, count(msg=query) or path[p=0.1]",
    examples: ["mean", "path[p=0.1]"],
    lengthMax: EXPECTATION_LENGTH_MAX,
  },
  (source): Decoded<Reference> => {
    const parsed = parseReference(source);
    return parsed === undefined ? { ok: false, problem: `${JSON.stringify(source)} is no name` } : decoded(parsed);
  },
);

const xValue: Description<number | string> = either(
  real(),
  text(NAME_LENGTH_MAX),
  (value) => typeof value === "string",
);

/** `p=0.1, r=20`, as in the name of a value. */
const selection: Description<Coordinates> = meaning(
  {
    expected: "a point of the sweep, like p=0.1",
    examples: ["p=0.1", "p=0.1, r=20"],
    lengthMax: EXPECTATION_LENGTH_MAX,
  },
  (source): Decoded<Coordinates> => {
    const parsed = parseReference(`point[${source}]`);
    return parsed === undefined
      ? { ok: false, problem: `${JSON.stringify(source)} is no point of a sweep` }
      : decoded(parsed.point);
  },
);

const published = object({
  value: about("The value's name, as in expectations.", reference),
  at: about(
    "The published number; for a sweep over one setting a list of pairs: its value, and the number there.",
    either(real(), list(pair(xValue, real()), PLOT_POINTS_MAX, 1), Array.isArray),
  ),
  tag: about(
    "How far to trust it. V: read in the source, M: computed by an independent program, R: recalled.",
    choice(["V", "M", "R"]),
  ),
  label: about("What the report calls it; the value's name where absent.", optional(text(NAME_LENGTH_MAX))),
});

const column = text(NAME_LENGTH_MAX);

const plot = object({
  table: about("A table of the findings, or `sweep`: a row per point, a column for each setting and value.", column),
  x: about("The column that goes along the bottom.", column),
  y: about(
    "The column that goes up, or several of them.",
    either(column, list(column, PLOT_COLUMNS_MAX, 1), Array.isArray),
  ),
  by: about("A column whose values tell series apart.", optional(column)),
  kind: about("How it is drawn.", withDefault(choice(["line", "bars"]), "line", "line")),
  xScale: withDefault(choice(["linear", "log"]), "linear", "linear"),
  yScale: withDefault(choice(["linear", "log"]), "linear", "linear"),
  title: optional(text(200)),
  at: about("Shows these points of the sweep only.", optional(selection)),
  published: about(
    "What was published: pairs of x and y.",
    withDefault(list(pair(xValue, real()), PLOT_POINTS_MAX), []),
  ),
});

export const HEAD_FIELDS = {
  $schema: about("For editors.", optional(text(500))),
  schema: about("The format of this file.", choice([SCENARIO_SCHEMA])),
  title: about("What it shows, in a line.", text(200)),
  source: about("Where the published numbers come from.", optional(text(500))),
  text: about("What it is about, for the report.", optional(text(20_000))),
  seed: about("The first seed.", whole(0, 2 ** 32 - 1)),
  seeds: about("How many seeds: this one and those that follow it.", withDefault(whole(1, SEEDS_MAX), 1, 1)),
  fidelity: about(
    "Whether messages are handed over as objects, or encoded and decoded.",
    withDefault(choice(["message", "wire"]), "message", "message"),
  ),
  published: about("Numbers that others found, for the report.", withDefault(list(published, PUBLISHED_MAX), [])),
  plots: withDefault(list(plot, PLOTS_MAX), []),
  expect: about("What must hold; otherwise the run has failed.", withDefault(list(expectation, EXPECTATIONS_MAX), [])),
} satisfies Fields;

export type HeadValues = ObjectOf<typeof HEAD_FIELDS>;

/** The checked head; what does not fit the points of the sweep is noted as a problem. */
export function readHead(values: HeadValues, points: readonly Point[], problems: Problem[]): ScenarioHead {
  const seeds = Array.from({ length: values.seeds }, (_, i) => String(values.seed + i));
  const all = points.map(({ coordinates }) => coordinates);
  for (const [i, { tree }] of values.expect.entries()) {
    for (const { reference, spread } of referencesOf(tree)) {
      const problem = selectionProblem(reference.point, all);
      if (problem !== undefined) problems.push({ path: ["expect", i], problem, expected: "a point of the sweep" });
      if ((spread === "low" || spread === "high") && seeds.length < 2) {
        problems.push({
          path: ["expect", i],
          problem: `${spread}(${reference.name}) is the end of an interval, which one seed does not have`,
          expected: '"seeds": 2 or more',
        });
      }
    }
  }
  const published = values.published.flatMap((entry, i) => readPublished(entry, i, all, problems));
  const plots = values.plots.map((entry, i) => readPlot(entry, i, all, problems));
  const { title, source, text, fidelity, expect: expectations } = values;
  return { title, source, text, seeds, fidelity, expectations, published, plots };
}

function readPublished(
  { value, at, tag, label }: Described<typeof published>,
  index: number,
  points: readonly Coordinates[],
  problems: Problem[],
): Published[] {
  const path = ["published", index];
  const name = label ?? value.name;
  const wrong = (key: string, problem: string, expected: string): [] => {
    problems.push({ path: [...path, key], problem, expected });
    return [];
  };
  const problem = selectionProblem(value.point, points);
  if (problem !== undefined) return wrong("value", problem, "a point of the sweep");
  const open = (points[0] ?? []).map(([setting]) => setting).filter((each) => !value.point.some(([s]) => s === each));
  if (typeof at === "number") {
    if (open.length > 0 && points.length > 1) {
      const expected = `a name that says its point, as ${value.name}[${open.map((each) => `${each}=…`).join(", ")}]`;
      return wrong("value", `${value.name} has a value at each point of the sweep`, expected);
    }
    const where = value.point.map(([setting, each]) => `${setting} = ${each}`).join(", ");
    return [{ reference: value, number: at, tag, label: label ?? (where === "" ? name : `${name}, ${where}`) }];
  }
  const [setting, more] = open;
  if (setting === undefined || more !== undefined) {
    const expected = setting === undefined ? "one number" : `a name that leaves one of ${oneOf(open)} open`;
    return wrong("at", "pairs are for one setting of a sweep", expected);
  }
  return at.flatMap(([x, number], i) => {
    const point = [...value.point, [setting, String(x)] as const];
    const unknown = selectionProblem(point, points);
    if (unknown !== undefined) {
      problems.push({ path: [...path, "at", i, 0], problem: unknown, expected: "a value that is swept over" });
      return [];
    }
    return [{ reference: { name: value.name, point }, number, tag, label: `${name}, ${setting} = ${x}` }];
  });
}

function readPlot(
  { table, x, y, by, kind, xScale, yScale, title, at, published }: Described<typeof plot>,
  index: number,
  points: readonly Coordinates[],
  problems: Problem[],
): PlotRequest {
  const path = ["plots", index];
  const columns = typeof y === "string" ? [y] : y;
  const point = at ?? [];
  const problem = selectionProblem(point, points);
  if (problem !== undefined) problems.push({ path: [...path, "at"], problem, expected: "a point of the sweep" });
  if (kind === "line") {
    for (const [i, [each]] of published.entries()) {
      if (typeof each === "number") continue;
      problems.push({
        path: [...path, "published", i, 0],
        problem: `"${each}" has no place on a line`,
        expected: "a number",
      });
    }
  }
  if (by !== undefined && table === "sweep") {
    const expected = "nothing: the settings of a sweep tell series apart by themselves";
    problems.push({ path: [...path, "by"], problem: "the table of the sweep needs no such column", expected });
  }
  return { table, x, y: columns, by, kind, xScale, yScale, title, published, point };
}
