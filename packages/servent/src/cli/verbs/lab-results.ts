// Shows what the runs of a scenario found: on a terminal as tables and verdicts, for programs as JSON.
import { stripVTControlCharacters } from "node:util";
import type { Estimate } from "@servent/lab/measures/intervals.ts";
import { referencesOf } from "@servent/lab/scenario/expectation-syntax.ts";
import { showNumber } from "@servent/lab/scenario/expectations.ts";
import type { Comparison, ScenarioVerdict } from "@servent/lab/scenario/judge.ts";
import type { PointResult } from "@servent/lab/scenario/results.ts";
import { type Result, summaryOf, totalCost } from "../../lab/run-result.ts";
import type { Context } from "../context.ts";
import type { Style } from "../terminal/colours.ts";
import { type Column, fieldLines, tableLines } from "../terminal/table.ts";
import { padEnd, visible, wrapWords } from "../terminal/text.ts";
import { counted, formatBytes, formatCount } from "../terminal/units.ts";
import { formatRate } from "./lab-progress.ts";

/** More values than this nobody reads on a terminal. */
const VALUES_SHOWN_MAX = 20;
const REMARKS_SHOWN_MAX = 20;
const DIGITS = 5;

/** A result as one JSON object, without the runs themselves: those are in the file of --out. */
export function resultJson(result: Result): Readonly<Record<string, unknown>> {
  return { ...summaryOf(result), ...totalCost(result.runs) };
}

export function showResult(context: Context, result: Result): void {
  const { screen } = context;
  if (screen.isPlain) return screen.lines(plainLines(result));
  const { judgement } = result;
  screen.lines([...headLines(context, result), "", ...valueLines(context, result)]);
  const remarks = remarkLines(context, result);
  if (remarks.length > 0) screen.lines(["", ...remarks]);
  if (judgement.comparisons.length > 0) screen.lines(["", ...comparisonLines(context, judgement.comparisons)]);
  if (judgement.verdicts.length > 0) screen.lines(["", ...verdictLines(context, judgement.verdicts)]);
  for (const problem of judgement.problems) screen.note(problem);
}

function headLines({ screen }: Context, { name, scenario, judgement, runs, build }: Result): string[] {
  const { layout, paint } = screen;
  const { seeds, title, source, fidelity } = scenario;
  const { cpuMs, residentBytes, eventsPerCpuSecond } = totalCost(runs);
  const rate = judgement.events > 0 ? `, ${formatRate(eventsPerCpuSecond)} events a second` : "";
  return [
    ...wrapWords(visible(`${name}: ${title}`), layout.width).map((line) => paint(line, "bold")),
    ...fieldLines(
      [
        ["after", source ?? ""],
        [seeds.length === 1 ? "seed" : "seeds", seedsText(seeds)],
        ["events", `${formatCount(judgement.events)} (${fidelity} fidelity)`],
        ["cost", `${(cpuMs / 1000).toFixed(1)} s of processor time${rate}, ${formatBytes(residentBytes)}`],
        ["digest", `${judgement.digest}  (build ${build})`],
      ],
      layout,
    ),
  ];
}

export function seedsText(seeds: readonly string[]): string {
  return seeds.length === 1 ? (seeds[0] ?? "") : `${seeds[0]} to ${seeds.at(-1)}`;
}

/** What a run has to say in words: its tables of two columns that hold text. */
function remarkLines({ screen: { layout, paint } }: Context, { runs }: Result): string[] {
  const tables = runs.flatMap(({ findings }) => Object.values(findings.tables));
  const rows = tables
    .filter(({ columns, rows }) => columns.length === 2 && rows.every(([, text]) => typeof text === "string"))
    .flatMap((table) => table.rows);
  return rows.slice(0, REMARKS_SHOWN_MAX).flatMap(([what, text]) => {
    const indent = visible(String(what)).length + 2;
    const [first = "", ...rest] = wrapWords(visible(String(text)), Math.max(20, layout.width - indent));
    return [`${paint(visible(String(what)), "cyan")}  ${first}`, ...rest.map((line) => `${" ".repeat(indent)}${line}`)];
  });
}

function valueLines(context: Context, result: Result): readonly string[] {
  const { points } = result.judgement;
  const [first] = points;
  if (first === undefined) return [];
  return points.length === 1 ? singleLines(context, first, namesOf(result)) : sweepLines(context, result);
}

function singleLines({ screen }: Context, { values }: PointResult, names: readonly string[]): string[] {
  const { paint } = screen;
  const rows = names.slice(0, VALUES_SHOWN_MAX).map((name) => ({ name, found: values.get(name) as Estimate }));
  const hasIntervals = rows.some(({ found }) => found.interval !== undefined);
  const columns: Column<(typeof rows)[number]>[] = [
    { title: "VALUE", value: ({ name }) => name, shrinkTo: 20 },
    { title: hasIntervals ? "MEAN" : "", value: ({ found }) => valueText(found.mean), align: "right" },
    { title: "95 % INTERVAL", value: ({ found }) => intervalText(found), leaveOut: 1 },
    { title: "LEAST", value: ({ found }) => (hasIntervals ? valueText(found.min) : ""), align: "right", leaveOut: 3 },
    { title: "MOST", value: ({ found }) => (hasIntervals ? valueText(found.max) : ""), align: "right", leaveOut: 2 },
  ];
  const lines = [...tableLines(rows, columns, screen.layout)];
  lines.push(...moreLines(screen, names.length - rows.length));
  return lines.length === 0 ? [paint("It found no values.", "dim")] : lines;
}

/** A row for each point; of the values those first that somebody asked for, and as many as there is room for. */
function sweepLines({ screen }: Context, result: Result): string[] {
  const { points } = result.judgement;
  const settings = points[0]?.coordinates.map(([setting]) => setting) ?? [];
  const names = namesOf(result);
  const columns: Column<PointResult>[] = [
    ...settings.map(
      (setting, i): Column<PointResult> => ({
        title: setting,
        value: ({ coordinates }) => coordinates[i]?.[1] ?? "",
        align: "right",
        style: () => "cyan",
      }),
    ),
    ...names.slice(0, VALUES_SHOWN_MAX).map(
      (name, i): Column<PointResult> => ({
        title: name,
        value: ({ values }) => spreadText(values.get(name)),
        short: ({ values }) => valueText(values.get(name)?.mean),
        align: "right",
        ...(i === 0 ? {} : { leaveOut: i }),
      }),
    ),
  ];
  const lines = [...tableLines(points, columns, screen.layout)];
  const shown = stripVTControlCharacters(lines[0] ?? "")
    .trim()
    .split(/ {2,}/).length;
  return [...lines, ...moreLines(screen, settings.length + names.length - shown)];
}

function moreLines({ layout, paint }: Context["screen"], count: number): string[] {
  if (count <= 0) return [];
  const text = `… ${counted(count, "more value")}; all with --json, and in the files of --out`;
  return wrapWords(text, layout.width).map((line) => paint(line, "dim"));
}

/** Names of all values: first those that the scenario speaks of, then those that change from point to point. */
function namesOf({ scenario, judgement: { points } }: Result): string[] {
  const known = new Set(points.flatMap(({ values }) => [...values.keys()]));
  const asked = [
    ...scenario.expectations.flatMap(({ tree }) => referencesOf(tree).map(({ reference }) => reference.name)),
    ...scenario.published.map(({ reference }) => reference.name),
    ...scenario.plots.filter(({ table }) => table === "sweep").flatMap(({ y }) => y),
  ];
  const changing = [...known].filter((name) => new Set(points.map(({ values }) => values.get(name)?.mean)).size > 1);
  return [...new Set([...asked.filter((name) => known.has(name)), ...changing, ...known])];
}

function comparisonLines({ screen }: Context, comparisons: readonly Comparison[]): readonly string[] {
  return tableLines(
    comparisons,
    [
      { title: "PUBLISHED", value: ({ label }) => label, shrinkTo: 16 },
      { title: "THERE", value: ({ number, tag }) => `${valueText(number)} ${tag}`, align: "right" },
      { title: "HERE", value: ({ ours }) => valueText(ours?.mean), align: "right" },
      { title: "95 % INTERVAL", value: ({ ours }) => intervalText(ours), leaveOut: 1 },
      { title: "OFF BY", value: ({ number, ours }) => offText(number, ours?.mean), align: "right" },
    ],
    screen.layout,
  );
}

export function verdictLines({ screen }: Context, verdicts: readonly ScenarioVerdict[]): string[] {
  const { layout, paint } = screen;
  return verdicts.flatMap((verdict) => {
    const word = verdictWord(verdict);
    return [
      `${paint(padEnd(word, WORD_WIDTH), STYLES[word])}  ${visible(verdict.expectation)}`,
      ...wrapWords(visible(verdict.text), Math.max(20, layout.width - WORD_WIDTH - 2)).map((line) =>
        paint(`${" ".repeat(WORD_WIDTH + 2)}${line}`, "dim"),
      ),
    ];
  });
}

type VerdictWord = "met" | "missed" | "unknown";
const WORD_WIDTH = "unknown".length;
const STYLES: Readonly<Record<VerdictWord, Style>> = { met: "green", missed: "red", unknown: "yellow" };

function verdictWord({ passed, undefinedNames }: ScenarioVerdict): VerdictWord {
  if (passed) return "met";
  return undefinedNames.length > 0 ? "unknown" : "missed";
}

/** What is amiss, in a few words; empty where every expectation holds, or there is none. */
export function missedText(verdicts: readonly ScenarioVerdict[]): string {
  const count = verdicts.filter(({ passed }) => !passed).length;
  return count === 0 ? "" : `${count} of ${verdicts.length} expectations ${count === 1 ? "does" : "do"} not hold`;
}

function plainLines({ name, judgement }: Result): string[] {
  const values = judgement.points.flatMap(({ text, values }) =>
    Array.from(values, ([value, { mean, interval }]) =>
      ["value", name, text, value, mean, interval?.low ?? "", interval?.high ?? ""].join("\t"),
    ),
  );
  const verdicts = judgement.verdicts.map((verdict) =>
    ["verdict", name, verdictWord(verdict), verdict.expectation, verdict.text].map(visible).join("\t"),
  );
  return [["digest", name, judgement.digest].join("\t"), ...values, ...verdicts];
}

/** A number as it is read at a glance: whole ones and large ones in full, others with five digits. */
export function valueText(value: number | undefined): string {
  if (value === undefined) return "–";
  const size = Math.abs(value);
  const isWhole = Number.isInteger(value) || size >= 10 ** (DIGITS - 1);
  return isWhole && size < 1e15 ? formatCount(Math.round(value)) : showNumber(value, DIGITS);
}

function intervalText(found: Estimate | undefined): string {
  if (found?.interval === undefined) return "";
  return `${valueText(found.interval.low)} … ${valueText(found.interval.high)}`;
}

/** `10.83 ±0.02` */
function spreadText(found: Estimate | undefined): string {
  if (found?.interval === undefined) return valueText(found?.mean);
  const reach = (found.interval.high - found.interval.low) / 2;
  return reach === 0 ? valueText(found.mean) : `${valueText(found.mean)} ±${showNumber(reach, 2)}`;
}

export function offText(there: number, here: number | undefined): string {
  if (here === undefined || Number.isNaN(here)) return "–";
  if (here === there) return "0";
  if (there === 0) return valueText(here);
  const percent = (100 * (here - there)) / Math.abs(there);
  const text = Math.abs(percent) < 0.05 ? "<0.1" : Math.abs(percent).toFixed(1);
  return `${percent > 0 ? "+" : "-"}${text} %`;
}
