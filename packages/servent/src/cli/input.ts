// What the user typed after a verb, parsed: operands and options with the types that the verb asks for.
import { assert } from "@servent/overlay/base/assert.ts";
import { ServentError } from "../base/servent-error.ts";
import { parseDuration, parseRate, parseSize } from "../config/units.ts";

export class Input {
  readonly operands: readonly string[];
  private readonly values: Readonly<Record<string, unknown>>;

  constructor(operands: readonly string[], values: Readonly<Record<string, unknown>>) {
    this.operands = operands;
    this.values = values;
  }

  /** The operand at `at`, which the parser has seen to be there. */
  operand(at: number): string {
    const operand = this.operands[at];
    assert(operand !== undefined, "the parser checks the number of operands");
    return operand;
  }

  flag(name: string): boolean {
    return this.values[name] === true;
  }

  text(name: string): string | undefined {
    const value = this.values[name];
    return typeof value === "string" ? value : undefined;
  }

  number(name: string): number | undefined {
    const value = this.values[name];
    return typeof value === "number" ? value : undefined;
  }

  list(name: string): readonly string[] {
    const value = this.values[name];
    return Array.isArray(value) ? value.map(String) : [];
  }
}

/** `a,b` as a list; empty parts are dropped. */
export function parseList(text: string): readonly string[] {
  return text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
}

/** A whole number from 1 to 999999999. */
export function countOption(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) {
    throw new ServentError("usage", `"${text}" is not a whole number from 1 to 999999999.`, "");
  }
  return Number(text);
}

/** Like `parseList`, for names that must be among `choices`. */
export function listOption(what: string, choices: readonly string[]): (text: string) => readonly string[] {
  return (text) => {
    const names = parseList(text);
    for (const name of names) {
      if (!choices.includes(name)) {
        throw new ServentError("usage", `There is no ${what} "${name}".`, `Known are ${choices.join(", ")}.`);
      }
    }
    return names;
  };
}

/** Bytes. */
export function sizeOption(text: string): number {
  return understood(parseSize(text), text, "size", "500kB, 1MB or 2GiB");
}

/** Bytes per second. */
export function rateOption(text: string): number {
  return understood(parseRate(text), text, "rate", "500kB or 4Mbit");
}

/** Milliseconds. */
export function spanOption(text: string): number {
  return understood(parseDuration(text), text, "time span", "15s, 2m or 90d");
}

function understood(value: number | undefined, text: string, what: string, examples: string): number {
  if (value === undefined) throw new ServentError("usage", `"${text}" is not a ${what}.`, `Write it like ${examples}.`);
  return value;
}
