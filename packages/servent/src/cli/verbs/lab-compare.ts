// `lab compare`: two results side by side, value by value, with what may be chance told from what is not.
import type { Estimate } from "@servent/lab/measures/intervals.ts";
import { readResultAt } from "../../lab/result-folder.ts";
import type { Result } from "../../lab/run-result.ts";
import type { Context } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import type { Input } from "../input.ts";
import type { Style } from "../terminal/colours.ts";
import { fieldLines, tableLines } from "../terminal/table.ts";
import { counted } from "../terminal/units.ts";
import { offText, seedsText, valueText } from "./lab-results.ts";

interface Row {
  readonly point: string;
  readonly value: string;
  readonly a: Estimate | undefined;
  readonly b: Estimate | undefined;
}

/** `same`: equal numbers. `overlap`: the 95 % intervals do, so the difference may be chance. `unknown`: one seed has none. */
type Finding = "same" | "overlap" | "apart" | "unknown" | "missing";

export async function compare(context: Context, input: Input): Promise<ExitCode> {
  const { screen, shell } = context;
  const [a, b] = [input.operand(0), input.operand(1)].map((place) => readResultAt(place, shell.cwd)) as [
    Result,
    Result,
  ];
  const rows = rowsOf(a, b);
  if (screen.isJson) {
    screen.json({
      schema: "servent.lab-comparison/1",
      a: factsOf(a),
      b: factsOf(b),
      items: rows.map((row) => ({
        point: row.point,
        value: row.value,
        a: estimateJson(row.a),
        b: estimateJson(row.b),
        finding: findingOf(row),
      })),
    });
    return EXIT.done;
  }
  // What is equal, or cannot be compared, is only counted.
  const shown = screen.isPlain ? rows : rows.filter((row) => !["same", "missing"].includes(findingOf(row)));
  if (!screen.isPlain) {
    screen.lines([
      ...fieldLines([headField("A", a), headField("B", b)], screen.layout),
      ...(shown.length > 0 ? [""] : []),
    ]);
  }
  screen.lines(
    tableLines(
      shown,
      [
        { title: "VALUE", value: ({ value, point }) => (point === "" ? value : `${value}[${point}]`), shrinkTo: 16 },
        { title: "A", value: ({ a: own }) => valueText(own?.mean), align: "right" },
        { title: "B", value: ({ b: own }) => valueText(own?.mean), align: "right" },
        { title: "B FROM A", value: (row) => differenceText(row), align: "right" },
        { title: "95 % INTERVALS", value: (row) => WORDS[findingOf(row)], style: (row) => STYLES[findingOf(row)] },
      ],
      screen.layout,
    ),
  );
  screen.sum(a.judgement.digest === b.judgement.digest ? "the same runs: both digests are equal" : sumText(rows));
  return EXIT.done;
}

/** `50 values: 3 apart by more than chance explains, 20 equal, 7 only in one`. */
function sumText(rows: readonly Row[]): string {
  const count = (finding: Finding): number => rows.filter((row) => findingOf(row) === finding).length;
  const parts = [
    `${count("apart")} apart by more than chance explains`,
    ...(count("same") > 0 ? [`${count("same")} equal`] : []),
    ...(count("missing") > 0 ? [`${count("missing")} only in one`] : []),
  ];
  return `${counted(rows.length, "value")}: ${parts.join(", ")}`;
}

const WORDS: Readonly<Record<Finding, string>> = {
  same: "equal",
  overlap: "overlap",
  apart: "apart",
  unknown: "one seed, no interval",
  missing: "only in one",
};

const STYLES: Readonly<Record<Finding, Style | undefined>> = {
  same: "dim",
  overlap: "green",
  apart: "yellow",
  unknown: "dim",
  missing: "dim",
};

function rowsOf(a: Result, b: Result): Row[] {
  const byPoint = (result: Result) => new Map(result.judgement.points.map(({ text, values }) => [text, values]));
  const [ofA, ofB] = [byPoint(a), byPoint(b)];
  return [...new Set([...ofA.keys(), ...ofB.keys()])].flatMap((point) => {
    const [valuesA, valuesB] = [ofA.get(point), ofB.get(point)];
    const names = new Set([...(valuesA?.keys() ?? []), ...(valuesB?.keys() ?? [])]);
    return Array.from(names, (value) => ({ point, value, a: valuesA?.get(value), b: valuesB?.get(value) }));
  });
}

function findingOf({ a, b }: Row): Finding {
  if (a === undefined || b === undefined) return "missing";
  if (a.mean === b.mean) return "same";
  if (a.interval === undefined || b.interval === undefined) return "unknown";
  return a.interval.low <= b.interval.high && b.interval.low <= a.interval.high ? "overlap" : "apart";
}

function differenceText({ a, b }: Row): string {
  return a === undefined || b === undefined ? "–" : offText(a.mean, b.mean);
}

function headField(letter: string, { name, build, scenario, judgement }: Result): readonly [string, string] {
  const { seeds } = scenario;
  const which = `${seeds.length === 1 ? "seed" : "seeds"} ${seedsText(seeds)}`;
  return [letter, `${name}, ${which}, build ${build}, digest ${judgement.digest}`];
}

function factsOf({ name, build, scenario, judgement }: Result): object {
  return { name, title: scenario.title, build, seeds: scenario.seeds, digest: judgement.digest };
}

function estimateJson(found: Estimate | undefined): object | null {
  return found === undefined ? null : { mean: found.mean, ...found.interval, count: found.count };
}
