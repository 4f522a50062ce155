// `lab new`: a scenario file to begin with, full of comments.
import { existsSync } from "node:fs";
import path from "node:path";
import type { Program, Setting } from "@servent/lab/experiments/program.ts";
import { PROGRAMS } from "@servent/lab/experiments/programs.ts";
import { ServentError } from "../../base/servent-error.ts";
import { findSources, shippedNames } from "../../lab/scenario-source.ts";
import { writeTextFile } from "../../lab/text-files.ts";
import type { Context } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import type { Input } from "../input.ts";
import { visible } from "../terminal/text.ts";

export async function create({ screen, shell, flags }: Context, input: Input): Promise<ExitCode> {
  const shown = input.operands[0] ?? "scenario.jsonc";
  const file = path.resolve(shell.cwd, shown);
  const text = textFor(input.text("from"), shell.cwd);
  if (existsSync(file)) {
    throw new ServentError("conflict", `${shown} is there already.`, "Choose another name, or move it away.");
  }
  if (!flags.dryRun) writeTextFile(file, text);
  if (screen.isJson) screen.json({ schema: "servent.lab-new/1", file });
  else screen.line(`${flags.dryRun ? "would write" : "written:"} ${visible(file)}`);
  screen.sum(`run it with \`servent lab run ${visible(shown)}\``);
  return EXIT.done;
}

function textFor(from: string | undefined, cwd: string): string {
  if (from === undefined) return START;
  const program = PROGRAMS.get(from);
  if (program !== undefined && !shippedNames().includes(from)) return programText(program);
  const [source] = findSources([from], cwd);
  return source?.text ?? START;
}

/** Every setting as a comment, with what it means. */
function programText({ name, summary, settings }: Program): string {
  const lines = Object.entries(settings).flatMap(([key, setting]) => [
    `    // ${setting.summary}${limitsText(setting)}`,
    `    // "${key}": ${JSON.stringify(setting.default)},`,
  ]);
  return `// ${name}: ${summary}.
{
  "schema": "servent.scenario/1",
  "title": "${name}, my way",
  "program": "${name}",
  "seed": 1,
  // So many seeds give every value an interval.
  "seeds": 1,
  "settings": {
${lines.join("\n")}
  },
  // One run for every combination: "sweepOver": { "${Object.keys(settings)[0] ?? "setting"}": [1, 2, 3] },
  // Names of values are those that a run prints: "mean == 10.83 +- 0.02", "wrong == 0".
  "expect": []
}
`;
}

function limitsText({ least, most, choices }: Setting): string {
  if (choices !== undefined) return `: ${choices.join(", ")}`;
  if (least === undefined && most === undefined) return "";
  return ` (${least ?? ""} … ${most ?? ""})`;
}

const START = `// A scenario of the lab: JSON with comments. \`servent lab schema\` prints its format for editors,
// \`servent lab run FILE\` runs it, \`--set peers=500\` changes one thing for one run.
{
  "schema": "servent.scenario/1",
  "title": "Who hears a query",

  // The same seed gives the same run on every machine. More seeds give every value an interval.
  "seed": 7,
  "seeds": 3,

  // A world of peers that all run the real protocol code. Instead of a world, "program" names a ready-made experiment.
  "protocol": "gnutella",
  "peers": 200,

  // How they are linked at the start: tree, ring, regular, …; without it they join one after another.
  "topology": { "kind": "regular", "degree": 4 },

  // What the lines are like: "50ms", "uniform(20ms,80ms)", "lognormal(50ms,0.4)"; rates as "64kB" or "4Mbit".
  "link": { "latency": "lognormal(50ms,0.4)" },

  // What they share: 100 files with 400 copies, some of them far more popular than others.
  "files": { "count": 100, "copies": 400, "placement": "zipf(1.0)" },

  // What they do: peer 0 asks for "tide", and the query goes 3 hops far.
  "load": [{ "at": "1s", "peer": 0, "do": "query", "words": "tide", "ttl": 3 }],

  // What goes wrong: a tenth of the peers crash at this moment. Take the slashes away to see it.
  "faults": [
    // { "at": "500ms", "do": "crash", "peers": "10%" }
  ],

  // When it ends.
  "until": "10s",

  // What must hold. \`servent lab run FILE --check\` ends with 10 where it does not.
  "expect": ["reached(query#0) > 40", "reached(query#0) <= 4 + 12 + 36"]
}
`;
