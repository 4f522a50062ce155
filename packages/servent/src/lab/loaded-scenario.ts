// A scenario that is ready to run: read, changed as the command line says, and checked. What is wrong is told with the place
// in the file, or with the flag that brought it.
import { isObject, type Problem } from "@servent/lab/scenario/description.ts";
import { checkScenario } from "@servent/lab/scenario/schema.ts";
import type { Scenario } from "@servent/lab/scenario/scenario.ts";
import { existsSync } from "node:fs";
import path from "node:path";
import { ServentError } from "../base/servent-error.ts";
import { buildId } from "./build-id.ts";
import { catalogue } from "./catalogue.ts";
import { type Document, jobsOf, type PlacedJob } from "./job.ts";
import { JsoncFile } from "./jsonc-file.ts";
import { readTextFile } from "./text-files.ts";
import { changedDocument, type ScenarioChanges } from "./scenario-changes.ts";
import type { ScenarioSource } from "./scenario-source.ts";

/** A latency matrix of a few thousand peers, or a trace of a million sessions. */
const SIDE_FILE_BYTES_MAX = 64e6;

export interface LoadedScenario {
  readonly name: string;
  /** What was run, with all changes. */
  readonly document: Document;
  readonly scenario: Scenario;
  /** Texts of the files that it names. */
  readonly files: Readonly<Record<string, string>>;
  readonly build: string;
  readonly jobs: readonly PlacedJob[];
}

/** `note` hears of what else is wrong, and of what had to be left out. Throws ServentError for the first problem. */
export function loadScenario(
  source: ScenarioSource,
  changes: ScenarioChanges,
  note: (text: string) => void,
): LoadedScenario {
  const file = new JsoncFile(source.shown, source.text);
  const sideFiles = new SideFiles(path.dirname(source.file));
  const original = isObject(file.value) ? file.value : {};
  const { document, flags } = changedDocument(original, changes);
  const isChanged = flags.size > 0;
  let checked = checkScenario(isObject(file.value) ? document : file.value, sideFiles.catalogue());
  let kept = document;
  if (!checked.ok && isChanged && checked.problems.every(({ path: [key] }) => isJudging(key))) {
    // What was expected at other points, or of other seeds, says nothing of this run.
    const outside = checked.problems;
    kept = withoutParts(document, outside);
    note(leftOutText(outside));
    checked = checkScenario(kept, sideFiles.catalogue());
  }
  if (!checked.ok) {
    const [first, ...others] = checked.problems.map((problem) => told(problem, file, flags));
    for (const { sentence, hint } of others) note(`${sentence} ${hint}`);
    throw new ServentError("invalid_value", first?.sentence ?? "", first?.hint ?? "");
  }
  return loaded(source.name, kept, checked.scenario, sideFiles.read());
}

/** A document that was kept, with the files that it names. Throws ServentError `invalid_value` where this build knows it not. */
export function loadDocument(
  name: string,
  document: Document,
  files: Readonly<Record<string, string>>,
): LoadedScenario {
  const checked = checkScenario(document, catalogue(files));
  if (checked.ok) return loaded(name, document, checked.scenario, files);
  const [first] = checked.problems;
  throw new ServentError(
    "invalid_value",
    `The scenario of ${name} is none for this build: ${first?.path.join(".")}: ${first?.problem}.`,
    `Expected: ${first?.expected}.`,
  );
}

function loaded(
  name: string,
  document: Document,
  scenario: Scenario,
  files: Readonly<Record<string, string>>,
): LoadedScenario {
  const build = buildId();
  return { name, document, scenario, files, build, jobs: jobsOf(scenario, document, build, files) };
}

function told(
  { path: at, problem, expected }: Problem,
  file: JsoncFile,
  flags: ReadonlyMap<string, string>,
): { readonly sentence: string; readonly hint: string } {
  const key = at.join(".");
  const flag = flags.get(key) ?? flags.get(at.slice(0, 2).join(".")) ?? flags.get(String(at[0]));
  const isUnknownKey = problem.startsWith("there is no ");
  const place = flag ?? file.place(at, isUnknownKey);
  const ending = problem.endsWith("?") ? "" : ".";
  return { sentence: `${place}: ${key === "" ? "" : `${key}: `}${problem}${ending}`, hint: expectedText(expected) };
}

/** The keys of a whole file are no help. */
function expectedText(expected: string): string {
  return expected.length <= EXPECTED_LENGTH_MAX
    ? `Expected: ${expected}.`
    : "`servent lab schema` lists what may stand there.";
}

const EXPECTED_LENGTH_MAX = 200;

function isJudging(key: string | number | undefined): boolean {
  return key === "expect" || key === "published" || key === "plots";
}

function withoutParts(document: Document, problems: readonly Problem[]): Document {
  const kept: Record<string, unknown> = { ...document };
  for (const key of ["expect", "published", "plots"]) {
    const list = document[key];
    const dropped = new Set(problems.filter(({ path: [first] }) => first === key).map(({ path: [, index] }) => index));
    if (Array.isArray(list)) kept[key] = list.filter((_, index) => !dropped.has(index));
  }
  return kept;
}

function leftOutText(problems: readonly Problem[]): string {
  const count = (key: string): number =>
    new Set(problems.filter(({ path: [first] }) => first === key).map(({ path: [, index] }) => index)).size;
  const parts = [
    [count("expect"), "expectation"],
    [count("published"), "published number"],
    [count("plots"), "plot"],
  ] as const;
  const texts = parts.filter(([n]) => n > 0).map(([n, what]) => `${n} ${what}${n === 1 ? "" : "s"}`);
  return `left out, as they speak of what is not run now: ${texts.join(", ")}`;
}

/** Files beside the scenario, as far as it names them. */
class SideFiles {
  private readonly folder: string;
  private readonly texts = new Map<string, string>();

  constructor(folder: string) {
    this.folder = folder;
  }

  catalogue(): ReturnType<typeof catalogue> {
    return { ...catalogue({}), files: (name) => this.text(name) };
  }

  read(): Readonly<Record<string, string>> {
    return Object.fromEntries(this.texts);
  }

  private text(name: string): string | undefined {
    const known = this.texts.get(name);
    if (known !== undefined) return known;
    const file = path.resolve(this.folder, name);
    if (!existsSync(file)) return undefined;
    const text = readTextFile(file, name, SIDE_FILE_BYTES_MAX);
    this.texts.set(name, text);
    return text;
  }
}
