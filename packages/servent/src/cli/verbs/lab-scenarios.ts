// `lab ls`, `lab show` and `lab schema`: what scenarios there are, and what one may say.
import type { Program, Setting, SettingValue } from "@servent/lab/experiments/program.ts";
import { PROGRAMS } from "@servent/lab/experiments/programs.ts";
import { isObject } from "@servent/lab/scenario/description.ts";
import { scenarioSchema } from "@servent/lab/scenario/schema.ts";
import { ServentError } from "../../base/servent-error.ts";
import { catalogue } from "../../lab/catalogue.ts";
import type { Document } from "../../lab/job.ts";
import { JsoncFile } from "../../lab/jsonc-file.ts";
import { type LoadedScenario, loadScenario } from "../../lab/loaded-scenario.ts";
import { findSources, shippedNames, shippedSource } from "../../lab/scenario-source.ts";
import type { Context } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import type { Input } from "../input.ts";
import { fieldLines, tableLines } from "../terminal/table.ts";
import { displayWidth, padEnd, visible, wrapWords } from "../terminal/text.ts";
import { counted, formatCount } from "../terminal/units.ts";
import { seedsText } from "./lab-results.ts";

interface Listed {
  readonly name: string;
  readonly title: string;
  /** A program, or the protocol of a world. */
  readonly what: string;
  readonly runs: number;
}

export async function list({ screen }: Context): Promise<ExitCode> {
  const items = shippedNames().map(listed);
  if (screen.isJson) {
    screen.json({ schema: "servent.lab-scenarios/1", items });
    return EXIT.done;
  }
  screen.lines(
    tableLines(
      items,
      [
        { title: "NAME", value: ({ name }) => name, style: () => "cyan" },
        { title: "RUNS", value: ({ runs }) => formatCount(runs), align: "right", leaveOut: 1 },
        { title: "WHAT IT SHOWS", value: ({ title }) => title, shrinkTo: 20, cut: "end" },
      ],
      screen.layout,
    ),
  );
  screen.sum(`${counted(items.length, "scenario")}; \`servent lab show NAME\` explains one, \`lab run NAME\` runs it`);
  return EXIT.done;
}

function listed(name: string): Listed {
  const { shown, text } = shippedSource(name);
  const { value } = new JsoncFile(shown, text);
  const document = isObject(value) ? value : {};
  const swept = isObject(document["sweepOver"]) ? Object.values(document["sweepOver"]) : [];
  const points = swept.reduce<number>((product, values) => product * (Array.isArray(values) ? values.length : 1), 1);
  const seeds = typeof document["seeds"] === "number" ? document["seeds"] : 1;
  const what = String(document["program"] ?? document["protocol"] ?? "");
  return { name, title: String(document["title"] ?? ""), what, runs: points * seeds };
}

export async function show(context: Context, input: Input): Promise<ExitCode> {
  const { screen, shell } = context;
  const name = input.operand(0);
  const program = PROGRAMS.get(name);
  if (program !== undefined && !shippedNames().includes(name)) return showProgram(context, program);
  const sources = findSources([name], shell.cwd);
  const [source] = sources;
  if (source === undefined || sources.length > 1) {
    throw new ServentError("usage", `"${name}" names ${sources.length} scenarios.`, "Show one at a time.");
  }
  const loaded = loadScenario(source, {}, (text) => screen.note(text));
  const { scenario, document } = loaded;
  if (screen.isJson) {
    screen.json({
      schema: "servent.lab-scenario/1",
      name: source.name,
      file: source.file,
      runs: loaded.jobs.length,
      settings: scenario.shape === "program" ? settingsJson(scenario.program, document) : null,
      document,
    });
    return EXIT.done;
  }
  const { paint, layout } = screen;
  screen.lines([
    ...wrapWords(visible(scenario.title), layout.width).map((line) => paint(line, "bold")),
    ...(scenario.text === undefined ? [] : ["", ...wrapWords(visible(scenario.text), layout.width)]),
    "",
    ...fieldLines(headFields(loaded, source.file), layout),
    ...section("What is run", scenario.shape === "program" ? [] : worldRows(document), context),
    ...(scenario.shape === "program" ? programLines(context, scenario.program, document) : []),
    ...section(
      "What is expected",
      scenario.expectations.map(({ text }) => [text]),
      context,
    ),
    ...section(
      "What was published",
      scenario.published.map(({ label, number, tag }) => [label, `${number} ${tag}`]),
      context,
    ),
  ]);
  screen.sum(`run it with \`servent lab run ${source.isShipped ? source.name : source.shown}\``);
  return EXIT.done;
}

function headFields({ scenario, document, jobs }: LoadedScenario, file: string): (readonly [string, string])[] {
  const { source, seeds, fidelity } = scenario;
  return [
    ["after", source ?? ""],
    ["runs", `${formatCount(jobs.length)}, ${seeds.length === 1 ? "seed" : "seeds"} ${seedsText(seeds)}`],
    ["fidelity", fidelity],
    ["program", String(document["program"] ?? "")],
    ["protocol", String(document["protocol"] ?? "")],
    ["file", file],
  ];
}

/** What the file says of its world, each key on a line. */
function worldRows(document: Document): (readonly [string, string])[] {
  const told = new Set(["$schema", "schema", "title", "text", "source", "seed", "seeds", "fidelity", "protocol"]);
  return Object.entries(document).flatMap(([key, value]): (readonly [string, string])[] => {
    if (told.has(key) || ["expect", "published", "plots"].includes(key)) return [];
    if (Array.isArray(value)) return value.map((each, i) => [i === 0 ? key : "", shownJson(each)] as const);
    return [[key, shownJson(value)]];
  });
}

/** JSON on one line, with blanks where it may be broken. */
function shownJson(value: unknown): string {
  return (JSON.stringify(value, undefined, 1) ?? "").replaceAll(/\n */g, " ");
}

async function showProgram(context: Context, program: Program): Promise<ExitCode> {
  const { screen } = context;
  const { name, summary } = program;
  if (screen.isJson) {
    screen.json({ schema: "servent.lab-program/1", name, summary, settings: settingsJson(program, {}) });
    return EXIT.done;
  }
  screen.lines([screen.paint(name, "bold"), ...wrapWords(summary, screen.layout.width)]);
  screen.lines(programLines(context, program, {}));
  screen.sum(`a scenario of it: \`servent lab new --from ${name}\``);
  return EXIT.done;
}

function settingsJson({ settings }: Program, document: Document): unknown {
  return Object.entries(settings).map(([name, setting]) => ({
    name,
    value: valueIn(document, name, setting),
    ...setting,
  }));
}

function programLines(context: Context, { settings }: Program, document: Document): string[] {
  const rows = Object.entries(settings).map(([name, setting]): readonly [string, string] => {
    const { summary } = setting;
    const limits = limitsText(setting);
    const value = settingText(valueIn(document, name, setting));
    return [`${name} = ${value}`, limits === "" ? summary : `${summary} (${limits})`];
  });
  return section("What can be set", rows, context);
}

/** Where it is swept over, all its values. */
function valueIn(document: Document, name: string, setting: Setting): unknown {
  const swept = document["sweepOver"];
  if (isObject(swept) && Object.hasOwn(swept, name)) return swept[name];
  const settings = document["settings"];
  return isObject(settings) && Object.hasOwn(settings, name) ? settings[name] : setting.default;
}

function settingText(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? "nothing" : value.map((each) => settingText(each)).join(", ");
  if (typeof value === "number") return Number.isInteger(value) && value >= 1000 ? formatCount(value) : String(value);
  return value === "" ? "nothing" : String(value);
}

function limitsText({ least, most, choices }: Setting): string {
  if (choices !== undefined) return choices.join(", ");
  const text = (limit: SettingValue | undefined): string => (limit === undefined ? "" : settingText(limit));
  return least === undefined && most === undefined ? "" : `${text(least)} … ${text(most)}`.trim();
}

const GAP = "  ";
/** A longer term has a line of its own, so that what it means is not pushed to the edge. */
const TERM_COLUMNS_MAX = 28;

/** A heading, and terms with what they mean beside them. Nothing where there are no rows. */
function section(
  title: string,
  rows: readonly (readonly [term: string, text?: string])[],
  { screen: { paint, layout, isPlain } }: Context,
): string[] {
  if (rows.length === 0) return [];
  if (isPlain) return rows.map((row) => row.map((cell) => visible(cell ?? "")).join("\t"));
  const widths = rows.map(([term, text]) => (text === undefined ? 0 : displayWidth(visible(term))));
  const column = Math.max(...widths.filter((width) => width <= TERM_COLUMNS_MAX), 0);
  const lines = rows.flatMap(([term, text]) => {
    const shown = visible(term);
    if (text === undefined) return [GAP + shown];
    const indent = " ".repeat(column + 2 * GAP.length);
    const wrapped = wrapWords(visible(text), Math.max(20, layout.width - indent.length)).map((line) => indent + line);
    if (displayWidth(shown) > column) return [GAP + paint(shown, "cyan"), ...wrapped];
    return [
      `${GAP}${paint(padEnd(shown, column), "cyan")}${GAP}${(wrapped[0] ?? "").trimStart()}`,
      ...wrapped.slice(1),
    ];
  });
  return ["", paint(title, "bold"), ...lines];
}

export async function schema({ screen }: Context): Promise<ExitCode> {
  const document = scenarioSchema(catalogue({}));
  if (screen.isJson) screen.json(document);
  else screen.line(JSON.stringify(document, undefined, 2));
  return EXIT.done;
}
