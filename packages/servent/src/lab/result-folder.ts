// The folder of `--out`: the result as JSON, every table as CSV, the report. And results that others left there, read again.
import { csvText } from "@servent/lab/report/csv.ts";
import { htmlReports } from "@servent/lab/report/html-report.ts";
import { isObject } from "@servent/lab/scenario/description.ts";
import { sweepTable } from "@servent/lab/scenario/results.ts";
import type { Table } from "@servent/lab/experiments/program.ts";
import { existsSync } from "node:fs";
import path from "node:path";
import { documentHash } from "./capsule.ts";
import { JsoncFile } from "./jsonc-file.ts";
import { readResult, type Result, writeResult } from "./run-result.ts";
import { shippedNames, shippedSource } from "./scenario-source.ts";
import { readTextFile, writeTextFile } from "./text-files.ts";

const RESULT_FILE = "result.json";
/** A sweep of a thousand points with tables; JSON.parse takes a second for it. */
const RESULT_BYTES_MAX = 512e6;

/** Writes everything; the names of the files, in the order in which a person wants them. */
export function writeResultFolder(folder: string, result: Result): string[] {
  const files = new Map<string, string>([
    ["report.html", reportOf([result])],
    [RESULT_FILE, `${JSON.stringify(writeResult(result))}\n`],
    ["values.csv", csvText(sweepTable(result.judgement.points))],
    ["runs.csv", csvText(runsTable(result))],
  ]);
  for (const [name, table] of result.judgement.tables) {
    if (name !== "sweep") files.set(`${fileName(name)}.csv`, csvText(table));
  }
  for (const [name, text] of files) writeTextFile(path.join(folder, name), text);
  return [...files.keys()];
}

/** One page, whether of one result or of several. */
export function reportOf(results: readonly Result[]): string {
  return htmlReports(
    results.map((result) => {
      const { scenario, judgement, build, document } = result;
      const what = String(document["program"] ?? document["protocol"]);
      return { scenario, judgement, facts: { what, build, command: commandFor(result) } };
    }),
  );
}

/** How somebody else makes the same run. */
function commandFor({ name, document, files }: Result): string {
  if (!shippedNames().includes(name)) return "servent lab replay result.json";
  const { shown, text } = shippedSource(name);
  const { value } = new JsoncFile(shown, text);
  const isUnchanged = isObject(value) && documentHash(value, {}) === documentHash(document, files);
  return isUnchanged ? `servent lab run ${name}` : "servent lab replay result.json";
}

/** The result in a file, or in the folder that `--out` named. */
export function readResultAt(place: string, cwd: string): Result {
  const named = path.resolve(cwd, place);
  const inside = path.join(named, RESULT_FILE);
  return readResult(readTextFile(existsSync(inside) ? inside : named, place, RESULT_BYTES_MAX), place);
}

/** One row per run: what was set, the seed, every value. */
function runsTable({ scenario, runs }: Result): Table {
  const settings = scenario.points[0]?.coordinates.map(([setting]) => setting) ?? [];
  const names = [...new Set(runs.flatMap(({ findings }) => Object.keys(findings.values)))];
  const rows = runs.map(({ point, seed, findings: { values, digest, events } }) => [
    ...(scenario.points[point]?.coordinates.map(([, value]) => value) ?? []),
    seed,
    ...names.map((name) => values[name] ?? ""),
    events,
    digest,
  ]);
  return { columns: [...settings, "seed", ...names, "events", "digest"], rows };
}

function fileName(table: string): string {
  return table.replace(/[^A-Za-z0-9._-]+/g, "-");
}
