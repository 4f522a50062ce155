// The text form of a model in scenario files: `uniform(20ms,80ms)`, a name and values with units. Bad text is the user's, so it
// comes back as a problem in words that says what was expected.
import { decoded, malformed, type Decoded } from "@servent/overlay/base/decoded.ts";
import type { Millis } from "@servent/overlay/host/host.ts";

/** `name(value, value)`; without values the brackets may be missing. */
export interface Call {
  readonly name: string;
  readonly values: readonly string[];
}

/** One value of a model. */
export interface Parameter {
  readonly name: string;
  /** `duration`: a number with a unit, read as milliseconds. `count`: a whole number. */
  readonly kind: "duration" | "number" | "count";
  readonly least: number;
  readonly most: number;
}

/** What a model takes, and how it is written. */
export interface Form {
  readonly example: string;
  readonly parameters: readonly Parameter[];
}

/** The text of a file that a scenario names, if there is one. */
export type TextSource = (name: string) => string | undefined;

/** Longer texts are not read: no model takes more. */
const TEXT_CHARACTERS_MAX = 200;

/** Virtual time ends after 2^31 milliseconds. */
export const DURATION_MS_MAX = 2 ** 31;

export function parseCall(text: string): Decoded<Call> {
  if (text.length > TEXT_CHARACTERS_MAX) return malformed("model", `longer than ${TEXT_CHARACTERS_MAX} characters`);
  const match = /^\s*([a-z][a-z0-9-]*)\s*(?:\(([^()]*)\))?\s*$/.exec(text);
  if (match === null)
    return malformed("model", `expected a name, perhaps with values in brackets, got ${quoted(text)}`);
  const [, name, inside = ""] = match;
  const values = inside.trim() === "" ? [] : inside.split(",").map((value) => value.trim());
  return decoded({ name: name as string, values });
}

/** The values of a call as numbers, durations in milliseconds. */
export function parseValues(call: Call, { parameters, example }: Form): Decoded<readonly number[]> {
  if (call.values.length !== parameters.length) {
    const wanted = parameters.length === 0 ? "no values" : parameters.map(({ name }) => name).join(", ");
    return malformed(call.name, `expected ${wanted}, as in ${example}, got ${call.values.length} values`);
  }
  const numbers: number[] = [];
  for (const [i, parameter] of parameters.entries()) {
    const text = call.values[i] as string;
    const value = parameter.kind === "duration" ? parseDuration(text) : parseNumber(text);
    if (!value.ok) return malformed(`${call.name}, ${parameter.name}`, value.problem);
    if (parameter.kind === "count" && !Number.isInteger(value.value)) {
      return malformed(`${call.name}, ${parameter.name}`, `expected a whole number, got ${quoted(text)}`);
    }
    if (value.value < parameter.least || value.value > parameter.most) {
      const unit = parameter.kind === "duration" ? " ms" : "";
      const range = `${parameter.least} to ${parameter.most}${unit}`;
      return malformed(`${call.name}, ${parameter.name}`, `expected ${range}, got ${text}`);
    }
    numbers.push(value.value);
  }
  return decoded(numbers);
}

/** `50ms`, `2.5s`, `30m`, `1h`, `2d`. */
export function parseDuration(text: string): Decoded<Millis> {
  const match = /^(\d{1,12}(?:\.\d{1,6})?)(ms|s|m|h|d)$/.exec(text.trim());
  if (match === null) return malformed("duration", `expected a number with ms, s, m, h or d, got ${quoted(text)}`);
  const ms = Number(match[1]) * (UNIT_MS[match[2] as string] as number);
  if (ms > DURATION_MS_MAX) return malformed("duration", `expected at most 24 days, got ${text.trim()}`);
  return decoded(ms);
}

/** A decimal number without sign or exponent. */
export function parseNumber(text: string): Decoded<number> {
  if (!/^\d{1,15}(\.\d{1,15})?$/.test(text.trim())) {
    return malformed("number", `expected a number such as 0.5, got ${quoted(text)}`);
  }
  return decoded(Number(text));
}

/** A text for a message: short, and quoted. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);
}

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
