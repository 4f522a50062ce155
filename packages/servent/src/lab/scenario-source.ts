// Finds the scenarios that somebody named: a file, one that comes with the lab, or several of those by a pattern.
import { nearestNames } from "@servent/lab/scenario/nearest-name.ts";
import { existsSync, readdirSync } from "node:fs";
import path from "node:path";
import { ServentError } from "../base/servent-error.ts";
import { readTextFile } from "./text-files.ts";
import { EXPERIMENTS } from "./package-folders.ts";

/** Far more than anybody writes by hand, and than the format allows to say. */
const SCENARIO_BYTES_MAX = 4e6;

export interface ScenarioSource {
  /** `chord-lookups`: the name of one that comes with the lab, or the file's without its ending. */
  readonly name: string;
  /** As messages show it. */
  readonly shown: string;
  readonly file: string;
  readonly text: string;
  readonly isShipped: boolean;
}

const ENDING = /\.jsonc?$/;

export function shippedNames(): readonly string[] {
  if (!existsSync(EXPERIMENTS)) return [];
  return readdirSync(EXPERIMENTS)
    .filter((name) => ENDING.test(name))
    .map((name) => name.replace(ENDING, ""))
    .sort((a, b) => (orderOf(a) < orderOf(b) ? -1 : 1));
}

/** c2 comes before c10. */
function orderOf(name: string): string {
  return name.replaceAll(/\d+/g, (digits) => digits.padStart(9, "0"));
}

export function shippedSource(name: string): ScenarioSource {
  const file = [".jsonc", ".json"]
    .map((ending) => path.join(EXPERIMENTS, name + ending))
    .find((each) => existsSync(each));
  if (file === undefined) throw unknownName(name);
  const shown = path.basename(file);
  return { name, shown, file, text: readTextFile(file, shown, SCENARIO_BYTES_MAX), isShipped: true };
}

/** All that the words name, each once. Throws ServentError `not_found` for what is not there. */
export function findSources(words: readonly string[], cwd: string): ScenarioSource[] {
  const found = new Map<string, ScenarioSource>();
  for (const word of words) {
    for (const source of sourcesOf(word, cwd)) found.set(source.file, source);
  }
  return [...found.values()];
}

function sourcesOf(word: string, cwd: string): readonly ScenarioSource[] {
  const names = shippedNames();
  if (names.includes(word)) return [shippedSource(word)];
  const file = path.resolve(cwd, word);
  if (existsSync(file) || word.includes("/") || ENDING.test(word)) {
    const text = readTextFile(file, word, SCENARIO_BYTES_MAX);
    return [{ name: path.basename(word).replace(ENDING, ""), shown: word, file, text, isShipped: false }];
  }
  if (!/[*?]/.test(word)) throw unknownName(word);
  const matching = names.filter((name) => path.matchesGlob(name, word));
  if (matching.length > 0) return matching.map(shippedSource);
  throw new ServentError("not_found", `No scenario is named like "${word}".`, "`servent lab ls` shows all.");
}

function unknownName(name: string): ServentError {
  const nearest = nearestNames(name, shippedNames());
  const meant = nearest.length === 0 ? "" : `Did you mean ${nearest.join(", or ")}? `;
  return new ServentError(
    "not_found",
    `There is no scenario "${name}", and no such file.`,
    `${meant}\`servent lab ls\` shows all.`,
  );
}
