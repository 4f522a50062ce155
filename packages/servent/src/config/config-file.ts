// Reads a configuration file (JSON with comments): sections within sections down to known keys, each with its line.
// Writes settings.json so that a crash at any moment leaves the old file or the new one, never a part.
import { copyFileSync, readFileSync, renameSync } from "node:fs";
import { type Node as JsonNode, type ParseError, getNodeValue, parseTree, printParseErrorCode } from "jsonc-parser";
import { ServentError } from "../base/servent-error.ts";
import { writeWholeFile } from "../base/whole-file.ts";
import { KEYS, type RawValue, SETTING_KEYS, type SettingKey, isSettingKey, nearestKey } from "./keys.ts";

/** One value and where it was said. */
export interface Said {
  readonly raw: RawValue;
  readonly value: unknown;
  /** `default`, `/path/config.jsonc:12`, `SERVENT_LOG_LEVEL`, `flag`. */
  readonly origin: string;
}

export type Layer = ReadonlyMap<SettingKey, Said>;

/** All keys of the product fit into a small part of this. */
const FILE_BYTES_MAX = 1_000_000;
const OLD_FILES_KEPT = 5;

/** Empty where there is no such file. Throws ServentError with file, line and column for whatever is wrong in it. */
export function readConfigFile(file: string): Layer {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return new Map();
    throw new ServentError(
      "permission",
      `${file} cannot be read: ${(cause as Error).message}.`,
      "Check who may read it.",
      {
        cause,
      },
    );
  }
  return parseConfig(file, text);
}

export function parseConfig(file: string, text: string): Layer {
  if (text.length > FILE_BYTES_MAX) {
    throw new ServentError("too_large", `${file} has ${text.length} characters.`, `Keep it below ${FILE_BYTES_MAX}.`);
  }
  const layer = new Map<SettingKey, Said>();
  const wrong = (code: "invalid_value" | "unknown_key", offset: number, message: string, hint: string) => {
    const { line, column } = position(text, offset);
    return new ServentError(code, `${file}:${line}:${column}: ${message}`, hint);
  };

  const errors: ParseError[] = [];
  const root = parseTree(text, errors, { allowTrailingComma: true, allowEmptyContent: true });
  const first = errors[0];
  if (first !== undefined) {
    const words = printParseErrorCode(first.error).replace(/\B[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
    throw wrong(
      "invalid_value",
      first.offset,
      `${words}.`,
      "The file is JSON; comments and trailing commas are allowed.",
    );
  }
  if (root === undefined) return layer;
  if (root.type !== "object")
    throw wrong("invalid_value", root.offset, "The file must hold one object.", 'Begin with "{".');

  const visit = (section: JsonNode, prefix: string) => {
    for (const property of section.children ?? []) {
      const [name, node] = property.children ?? [];
      // A property without a value is a syntax error, which was thrown above.
      if (name === undefined || node === undefined) continue;
      const key = prefix + String(name.value);
      if (key === "$schema") continue;
      if (isSettingKey(key)) {
        const raw = getNodeValue(node) as RawValue;
        const value = KEYS[key].parse(raw);
        if (value === undefined) {
          throw wrong("invalid_value", node.offset, `${key} is ${show(raw)}.`, `It must be ${KEYS[key].wanted}.`);
        }
        layer.set(key, { raw, value, origin: `${file}:${position(text, name.offset).line}` });
      } else if (SETTING_KEYS.some((known) => known.startsWith(`${key}.`))) {
        if (node.type !== "object") {
          throw wrong(
            "invalid_value",
            node.offset,
            `${key} is a section.`,
            `Write {…} with the keys below ${key} in it.`,
          );
        }
        visit(node, `${key}.`);
      } else {
        throw wrong("unknown_key", name.offset, `There is no key ${key}.`, suggestion(key));
      }
    }
  };
  visit(root, "");
  return layer;
}

export function suggestion(key: string): string {
  const nearest = nearestKey(key);
  return `${nearest === undefined ? "" : `Did you mean ${nearest}? `}\`servent config list\` shows all keys.`;
}

/** A wrong value as it was written, short enough for one sentence. */
export function show(raw: unknown): string {
  const text = JSON.stringify(raw) ?? String(raw);
  return text.length <= 60 ? text : `${text.slice(0, 59)}…`;
}

function position(text: string, offset: number): { line: number; column: number } {
  const before = text.slice(0, offset);
  const lineStart = before.lastIndexOf("\n") + 1;
  return { line: before.split("\n").length, column: offset - lineStart + 1 };
}

/** Writes the layer as sections within sections; keeps the five files before. Throws ServentError. */
export function writeConfigFile(file: string, layer: Layer): void {
  const text = `${JSON.stringify(nested(layer), undefined, 2)}\n`;
  try {
    // Nobody else writes here: the profile is locked.
    writeWholeFile(file, text, { mode: 0o600, beforeSwap: () => keepOldFiles(file) });
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code === "ENOSPC" ? "disk_full" : "permission";
    throw new ServentError(
      code,
      `The settings could not be written to ${file}: ${(cause as Error).message}.`,
      code === "disk_full" ? "Make room on the disk." : "Check who owns the file and its folder.",
      { cause },
    );
  }
}

/** settings.json.1 is the file before, .5 the oldest. The file itself is copied, so that there is always one. */
function keepOldFiles(file: string): void {
  for (let age = OLD_FILES_KEPT - 1; age >= 1; age--)
    ignoreMissing(() => renameSync(`${file}.${age}`, `${file}.${age + 1}`));
  ignoreMissing(() => copyFileSync(file, `${file}.1`));
}

function ignoreMissing(act: () => void): void {
  try {
    act();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
}

interface Section {
  [name: string]: Section | RawValue;
}

function nested(layer: Layer): Section {
  const root: Section = {};
  for (const key of SETTING_KEYS) {
    const said = layer.get(key);
    if (said === undefined) continue;
    const names = key.split(".");
    const last = names.pop() as string;
    let section = root;
    for (const name of names) section = (section[name] ??= {}) as Section;
    section[last] = said.raw;
  }
  return root;
}
