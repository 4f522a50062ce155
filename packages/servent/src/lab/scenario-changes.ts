// What a command line changes about a scenario: single settings, seeds, the end, what is swept over.
import { isObject } from "@servent/lab/scenario/description.ts";
import { changedScenario } from "@servent/lab/scenario/schema.ts";
import { ServentError } from "../base/servent-error.ts";
import type { Document } from "./job.ts";
import { PROGRAMS } from "@servent/lab/experiments/programs.ts";

export interface ScenarioChanges {
  /** `peers=2000`, `link.loss=0.1`. */
  readonly set?: readonly string[];
  /** `peers=1000,2000,4000`: one run for each. */
  readonly over?: readonly string[];
  readonly seed?: number | undefined;
  readonly seeds?: number | undefined;
  readonly until?: string | undefined;
  readonly fidelity?: string | undefined;
}

/** Says what is wrong with the flag, in place of the file where a value came from it. */
export interface ChangedDocument {
  readonly document: Document;
  /** Flags by the path that they changed: `settings.peers` → `--set peers=0`. */
  readonly flags: ReadonlyMap<string, string>;
}

/** The document with all changes. Throws ServentError `usage` where one makes no sense. */
export function changedDocument(original: Document, changes: ScenarioChanges): ChangedDocument {
  const flags = new Map<string, string>();
  let document = original;
  const isProgram = Object.hasOwn(document, "program");
  for (const text of changes.set ?? []) {
    const [name, value] = keyAndValue(text, "--set");
    const changed = changedScenario(document, name, valueOf(document, name, value));
    if (!changed.ok || !isObject(changed.value)) {
      throw new ServentError(
        "usage",
        `--set ${text} changes nothing: ${changed.ok ? "" : changed.problem}.`,
        KEYS_HINT,
      );
    }
    document = changed.value;
    flags.set(isProgram ? `settings.${name}` : name, `--set ${text}`);
  }
  for (const text of changes.over ?? []) {
    const [name, values] = keyAndValue(text, "--over");
    const list = splitValues(values).map((value) => valueOf(document, name, value));
    document = sweptOver(document, name, list);
    flags.set(`sweepOver.${name}`, `--over ${text}`);
  }
  if (changes.until !== undefined) {
    if (isProgram) {
      throw new ServentError(
        "usage",
        "--until is for scenarios that describe a world; a program ends by itself.",
        "`servent lab show` tells what can be set about it.",
      );
    }
    document = { ...document, until: changes.until };
    flags.set("until", `--until ${changes.until}`);
  }
  for (const key of ["seed", "seeds", "fidelity"] as const) {
    if (changes[key] === undefined) continue;
    document = { ...document, [key]: changes[key] };
    flags.set(key, `--${key} ${changes[key]}`);
  }
  return { document, flags };
}

const KEYS_HINT = "`servent lab show` tells what can be set.";

function keyAndValue(text: string, flag: string): readonly [string, string] {
  const at = text.indexOf("=");
  if (at < 1) throw new ServentError("usage", `"${text}" sets nothing.`, `Write ${flag} key=value.`);
  return [text.slice(0, at), text.slice(at + 1)];
}

/** A swept setting has no value of its own. */
function sweptOver(document: Document, name: string, values: readonly unknown[]): Document {
  const sweepOver = { ...(isObject(document["sweepOver"]) ? document["sweepOver"] : {}), [name]: values };
  const settings = document["settings"];
  if (!Object.hasOwn(document, "program") || !isObject(settings)) return { ...document, sweepOver };
  const rest = Object.fromEntries(Object.entries(settings).filter(([key]) => key !== name));
  return { ...document, settings: rest, sweepOver };
}

/** At commas, but not within brackets: `20ms,uniform(20ms,80ms)` are two. */
function splitValues(text: string): string[] {
  return text.split(/,(?![^(]*\))/).map((value) => value.trim());
}

/** What a word means depends on the setting: of a program it is known, elsewhere a number is one if it looks like one. */
function valueOf(document: Document, name: string, text: string): unknown {
  const program = PROGRAMS.get(String(document["program"]));
  const example =
    program !== undefined && Object.hasOwn(program.settings, name) ? program.settings[name]?.default : null;
  if (typeof example === "string") return text;
  if (Array.isArray(example)) return text.split(/[,/]/).map((part) => scalarOf(part.trim()));
  return scalarOf(text);
}

function scalarOf(text: string): unknown {
  if (text === "true" || text === "false") return text === "true";
  if (text === "null") return null;
  // A place in the file that holds more than a value takes JSON: faults=[{"at":"4s",…}].
  if (/^[[{]/.test(text)) return jsonOf(text);
  // Digits that people group: 1_000_000.
  const digits = text.replaceAll("_", "");
  return /^-?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(digits) ? Number(digits) : text;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
