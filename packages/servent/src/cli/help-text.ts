// What `servent help` and `servent <verb> --help` print, made from the command tree.
import { GLOBAL_OPTIONS } from "./global-options.ts";
import type { Paint } from "./terminal/colours.ts";
import { padEnd, wrapWords } from "./terminal/text.ts";
import { VERBS } from "./tree.ts";
import type { OptionSpec, Verb } from "./verb.ts";

interface HelpLayout {
  readonly width: number;
  readonly paint: Paint;
}

/** Lines longer than this are hard to read, however wide the terminal is. */
const WIDTH_MAX = 100;
const GAP = 2;

export function programHelp(layout: HelpLayout): string {
  const { paint } = layout;
  const groups = new Map<string, Verb[]>();
  for (const verb of VERBS) {
    const group = verb.group ?? "";
    groups.set(group, [...(groups.get(group) ?? []), verb]);
  }
  const column = Math.max(...VERBS.map(({ name }) => name.length));
  return text([
    `${paint("servent", "bold")} [flags] <verb> …`,
    "Share a folder, search once, get the file whole and verified from whoever has it.",
    ...section("First steps", [["up --demo"], ["search tide"], ["get 1 --wait"]], layout),
    ...[...groups].flatMap(([group, verbs]) =>
      section(
        group,
        verbs.map(({ name, summary }) => [name, summary] as const),
        layout,
        column,
      ),
    ),
    ...section("Flags of every verb", GLOBAL_OPTIONS.map(optionRow), layout),
    "",
    paint("More about a verb: servent help <verb>", "dim"),
  ]);
}

/** `path` is the verb with the verbs above it: `transfers ls`. */
export function verbHelp(path: string, verb: Verb, layout: HelpLayout): string {
  const { paint } = layout;
  const options = optionsOf(verb);
  const below = verb.otherwise === undefined ? "<verb>" : "[verb]";
  const line = [`servent ${path}`, verb.verbs === undefined ? verb.operands : below, options.length > 0 && "[options]"];
  const verbs = (verb.verbs ?? []).map(({ name, operands, summary }) => {
    const usual = name === verb.otherwise ? " (also without a verb)" : "";
    return [operands === undefined ? name : `${name} ${operands}`, `${summary}${usual}`] as const;
  });
  return text([
    paint(line.filter(Boolean).join(" "), "bold"),
    ...wrapWords(verb.summary, Math.min(layout.width, WIDTH_MAX)),
    ...section("Verbs", verbs, layout),
    ...section("Options", options.map(optionRow), layout),
    ...section(
      verb.examples.length === 1 ? "Example" : "Examples",
      verb.examples.map((each) => [each]),
      layout,
    ),
    "",
    paint("Flags of every verb: servent help", "dim"),
  ]);
}

/** Of a group also those of the verb that runs where none is named. */
function optionsOf({ options = [], verbs = [], otherwise }: Verb): readonly OptionSpec[] {
  const usual = verbs.find(({ name }) => name === otherwise);
  return usual === undefined ? options : [...options, ...optionsOf(usual)];
}

function optionRow({ flags, summary, choices }: OptionSpec): readonly [string, string] {
  return [flags, choices === undefined ? summary : `${summary}: ${choices.join(", ")}`];
}

type Row = readonly [term: string, summary?: string];

/** A heading and its rows; a row without a summary is a whole command line. Nothing where there are no rows. */
function section(title: string, rows: readonly Row[], { width, paint }: HelpLayout, least = 0): string[] {
  if (rows.length === 0) return [];
  const column = Math.max(least, ...rows.map(([term, summary]) => (summary === undefined ? 0 : term.length)));
  const room = Math.max(20, Math.min(width, WIDTH_MAX) - column - 2 * GAP);
  const lines = rows.flatMap(([term, summary]) => {
    if (summary === undefined) return [`  servent ${term}`];
    const [first = "", ...rest] = wrapWords(summary, room);
    return [
      `  ${paint(padEnd(term, column), "cyan")}  ${first}`,
      ...rest.map((line) => `${" ".repeat(column + 2 * GAP)}${line}`),
    ];
  });
  return ["", paint(title, "bold"), ...lines];
}

function text(lines: readonly string[]): string {
  return `${lines.join("\n")}\n`;
}
