// Descriptions of what a file may hold. Each one says it twice from one place: as JSON Schema for editors, and as a reader
// that turns a plain value into its checked form or tells what is wrong, and where.
import type { Decoded } from "@servent/overlay/base/decoded.ts";
import { nearestNames } from "./nearest-name.ts";

/** Keys and indexes from the top of the file to the value that is meant. */
export type Path = readonly (string | number)[];

export interface Problem {
  readonly path: Path;
  /** What is wrong, beginning with a small letter: `there is no "latancy" here`. */
  readonly problem: string;
  /** What would be right: `a time like 500ms, 4s, 2m or 1h`. */
  readonly expected: string;
}

type JsonValue = string | number | boolean | null | readonly JsonValue[] | JsonSchema;
export type JsonSchema = { readonly [key: string]: JsonValue };

export interface Description<T> {
  readonly schema: JsonSchema;
  /** As it stands in a problem: `a whole number, 1 to 100`. */
  readonly expected: string;
  /** The checked form; undefined where a problem was noted. A described value is never undefined itself. */
  read(value: unknown, at: Path, problems: Problem[]): T | undefined;
  /** The key may be absent, and then has this value. */
  readonly absent?: { readonly value: T };
}

/** What a description describes. */
export type Described<D> = D extends Description<infer T> ? T : never;

function note(problems: Problem[], path: Path, problem: string, expected: string): undefined {
  problems.push({ path, problem, expected });
  return undefined;
}

export function whole(least: number, most: number): Description<number> {
  const expected = `a whole number, ${least} to ${most}`;
  return {
    schema: { type: "integer", minimum: least, maximum: most },
    expected,
    read: (value, at, problems) =>
      Number.isInteger(value) && (value as number) >= least && (value as number) <= most
        ? (value as number)
        : note(problems, at, `${shown(value)} is not allowed`, expected),
  };
}

export function real(least?: number, most?: number): Description<number> {
  const expected = `a number${range(least, most)}`;
  return {
    schema: {
      type: "number",
      ...(least === undefined ? {} : { minimum: least }),
      ...(most === undefined ? {} : { maximum: most }),
    },
    expected,
    read: (value, at, problems) =>
      typeof value === "number" && Number.isFinite(value) && !(value < (least ?? value)) && !(value > (most ?? value))
        ? value
        : note(problems, at, `${shown(value)} is not allowed`, expected),
  };
}

function range(least: number | undefined, most: number | undefined): string {
  if (least !== undefined && most !== undefined) return `, ${least} to ${most}`;
  if (least !== undefined) return `, at least ${least}`;
  return most === undefined ? "" : `, at most ${most}`;
}

export function flag(): Description<boolean> {
  return {
    schema: { type: "boolean" },
    expected: "true or false",
    read: (value, at, problems) =>
      typeof value === "boolean" ? value : note(problems, at, `${shown(value)} is neither`, "true or false"),
  };
}

export function text(lengthMax: number): Description<string> {
  const expected = `a text of 1 to ${lengthMax} characters`;
  return {
    schema: { type: "string", minLength: 1, maxLength: lengthMax },
    expected,
    read: (value, at, problems) => {
      if (typeof value !== "string") return note(problems, at, `${shown(value)} is no text`, expected);
      if (value.length === 0) return note(problems, at, "the text is empty", expected);
      if (value.length > lengthMax) return note(problems, at, `the text has ${value.length} characters`, expected);
      return value;
    },
  };
}

/** One of a few words. */
export function choice<const T extends string>(words: readonly T[]): Description<T> {
  const expected = oneOf(words);
  return {
    schema: { enum: [...words] },
    expected,
    read: (value, at, problems) => {
      const word = words.find((each) => each === value);
      if (word !== undefined) return word;
      return note(problems, at, `${shown(value)} is not known here${meant(value, words)}`, expected);
    },
  };
}

/** One of a few numbers. */
export function oneOfNumbers(numbers: readonly number[]): Description<number> {
  const expected = `one of ${numbers.join(", ")}`;
  return {
    schema: { enum: [...numbers] },
    expected,
    read: (value, at, problems) =>
      typeof value === "number" && numbers.includes(value)
        ? value
        : note(problems, at, `${shown(value)} is not allowed`, expected),
  };
}

/** A text with a meaning of its own: a time, a distribution, an expectation. */
export function meaning<T>(
  options: {
    readonly expected: string;
    readonly examples: readonly string[];
    readonly lengthMax: number;
    /** Some amounts may also be given as a plain number. */
    readonly number?: Description<T>;
  },
  parse: (text: string) => Decoded<T>,
): Description<T> {
  const { expected, examples, lengthMax, number } = options;
  const schema: JsonSchema = { type: "string", minLength: 1, maxLength: lengthMax, examples: [...examples] };
  return {
    schema: number === undefined ? schema : { anyOf: [schema, number.schema] },
    expected,
    read: (value, at, problems) => {
      if (number !== undefined && typeof value === "number") return number.read(value, at, problems);
      if (typeof value !== "string") return note(problems, at, `${shown(value)} is no text`, expected);
      if (value.length > lengthMax) return note(problems, at, `the text has ${value.length} characters`, expected);
      const result = parse(value);
      return result.ok ? result.value : note(problems, at, result.problem, expected);
    },
  };
}

export function list<T>(of: Description<T>, lengthMax: number, lengthMin = 0): Description<readonly T[]> {
  const expected = `a list of ${lengthMin} to ${lengthMax} items, each ${of.expected}`;
  return {
    schema: { type: "array", items: of.schema, minItems: lengthMin, maxItems: lengthMax },
    expected,
    read: (value, at, problems) => {
      if (!Array.isArray(value)) return note(problems, at, `${shown(value)} is no list`, expected);
      if (value.length > lengthMax || value.length < lengthMin) {
        return note(problems, at, `the list has ${value.length} items`, expected);
      }
      const items: T[] = [];
      for (const [index, item] of value.entries()) {
        const read = of.read(item, [...at, index], problems);
        if (read !== undefined) items.push(read);
      }
      return items.length === value.length ? items : undefined;
    },
  };
}

/** Two values in a list: a point of a plot. */
export function pair<A, B>(first: Description<A>, second: Description<B>): Description<readonly [A, B]> {
  const expected = `a list of two: ${first.expected}, and ${second.expected}`;
  return {
    schema: { type: "array", prefixItems: [first.schema, second.schema], minItems: 2, maxItems: 2 },
    expected,
    read: (value, at, problems) => {
      if (!Array.isArray(value) || value.length !== 2) {
        return note(problems, at, `${shown(value)} is not two values`, expected);
      }
      const a = first.read(value[0], [...at, 0], problems);
      const b = second.read(value[1], [...at, 1], problems);
      return a === undefined || b === undefined ? undefined : [a, b];
    },
  };
}

/** Named values, whatever their names, in the order of the file. */
export function named<T>(of: Description<T>, sizeMax: number): Description<ReadonlyMap<string, T>> {
  const expected = `an object of at most ${sizeMax} keys, each ${of.expected}`;
  return {
    schema: { type: "object", additionalProperties: of.schema, maxProperties: sizeMax },
    expected,
    read: (value, at, problems) => {
      if (!isObject(value)) return note(problems, at, `${shown(value)} is no object`, expected);
      const entries = Object.entries(value);
      if (entries.length > sizeMax) return note(problems, at, `the object has ${entries.length} keys`, expected);
      const read = new Map<string, T>();
      for (const [key, item] of entries) {
        const checked = of.read(item, [...at, key], problems);
        if (checked !== undefined) read.set(key, checked);
      }
      return read.size === entries.length ? read : undefined;
    },
  };
}

/** Null stands for "none". */
export function nullable<T>(of: Description<T>): Description<T | null> {
  return {
    schema: { anyOf: [of.schema, { type: "null" }] },
    expected: `${of.expected}, or null`,
    read: (value, at, problems) => (value === null ? null : of.read(value, at, problems)),
  };
}

/** One of two descriptions, told apart by a test of the plain value. */
export function either<A, B>(
  first: Description<A>,
  second: Description<B>,
  isSecond: (value: unknown) => boolean,
): Description<A | B> {
  return {
    schema: { anyOf: [first.schema, second.schema] },
    expected: `${first.expected}, or ${second.expected}`,
    read: (value, at, problems): A | B | undefined =>
      isSecond(value) ? second.read(value, at, problems) : first.read(value, at, problems),
  };
}

/** The same in the file, another form for the program. */
export function mapped<T, U>(of: Description<T>, convert: (value: T) => U): Description<U> {
  return {
    schema: of.schema,
    expected: of.expected,
    read: (value, at, problems) => {
      const read = of.read(value, at, problems);
      return read === undefined ? undefined : convert(read);
    },
  };
}

/** The key may be absent. */
export function optional<T>(of: Description<T>): Description<T | undefined> {
  return { ...of, absent: { value: undefined } };
}

export function withDefault<T>(of: Description<T>, value: T, written?: JsonValue): Description<T> {
  const schema = written === undefined ? of.schema : { ...of.schema, default: written };
  return { ...of, schema, absent: { value } };
}

/** Adds what the value is, for whoever writes the file in an editor. */
export function about<T>(description: string, of: Description<T>): Description<T> {
  return { ...of, schema: { ...of.schema, description } };
}

export type Fields = Readonly<Record<string, Description<unknown>>>;
export type ObjectOf<F extends Fields> = { readonly [K in keyof F]: Described<F[K]> };

/** An object of known keys; any other is a problem that names the nearest. */
export function object<F extends Fields>(fields: F, expected = "an object"): Description<ObjectOf<F>> {
  return {
    schema: objectSchema(fields),
    expected,
    read: (value, at, problems) => {
      if (!isObject(value)) return note(problems, at, `${shown(value)} is no object`, expected);
      return readFields(fields, value, at, problems);
    },
  };
}

export function objectSchema(fields: Fields): JsonSchema {
  const required = Object.keys(fields).filter((key) => fields[key]?.absent === undefined);
  return {
    type: "object",
    properties: Object.fromEntries(Object.entries(fields).map(([key, { schema }]) => [key, schema])),
    ...(required.length === 0 ? {} : { required }),
    additionalProperties: false,
  };
}

function readFields<F extends Fields>(
  fields: F,
  value: Readonly<Record<string, unknown>>,
  at: Path,
  problems: Problem[],
): ObjectOf<F> | undefined {
  const before = problems.length;
  const known = Object.keys(fields);
  for (const key of Object.keys(value)) {
    if (Object.hasOwn(fields, key)) continue;
    note(problems, [...at, key], `there is no ${shown(key)} here${meant(key, known)}`, oneOf(known));
  }
  const read: Record<string, unknown> = {};
  for (const [key, field] of Object.entries(fields)) {
    if (Object.hasOwn(value, key)) read[key] = field.read(value[key], [...at, key], problems);
    else if (field.absent !== undefined) read[key] = field.absent.value;
    else note(problems, at, `"${key}" is missing`, `"${key}": ${field.expected}`);
  }
  // A field is what its description read, so the object is what the fields describe.
  return problems.length === before ? (read as ObjectOf<F>) : undefined;
}

/** Objects told apart by one word: `{ "do": "query", … }`. The word is part of the checked form. */
export function variants<K extends string, V extends Readonly<Record<string, Fields>>>(
  key: K,
  kinds: V,
): Description<{ readonly [N in keyof V & string]: { readonly [P in K]: N } & ObjectOf<V[N]> }[keyof V & string]> {
  type Variant = { readonly [N in keyof V & string]: { readonly [P in K]: N } & ObjectOf<V[N]> }[keyof V & string];
  const words = Object.keys(kinds);
  const word = choice(words);
  const expected = `an object whose "${key}" is ${oneOf(words)}`;
  return {
    schema: {
      oneOf: words.map((name) => objectSchema({ [key]: choice([name]), ...kinds[name] })),
    },
    expected,
    read: (value, at, problems): Variant | undefined => {
      if (!isObject(value)) return note(problems, at, `${shown(value)} is no object`, expected);
      if (!Object.hasOwn(value, key)) return note(problems, at, `"${key}" is missing`, `"${key}": ${word.expected}`);
      const name = word.read(value[key], [...at, key], problems);
      if (name === undefined) return undefined;
      // The chosen kind's fields and the word itself: exactly the variant.
      return readFields({ [key]: word, ...kinds[name] }, value, at, problems) as Variant | undefined;
    },
  };
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A value as it stands in a problem, cut where it is long. */
export function shown(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object" && value !== null) return "an object";
  const json = JSON.stringify(value) ?? String(value);
  return json.length > SHOWN_LENGTH_MAX ? `${json.slice(0, SHOWN_LENGTH_MAX - 1)}…` : json;
}

const SHOWN_LENGTH_MAX = 60;

export function oneOf(words: readonly string[]): string {
  const quoted = words.map((word) => `"${word}"`);
  if (quoted.length <= 1) return quoted[0] ?? "nothing";
  return `${quoted.slice(0, -1).join(", ")} or ${quoted.at(-1)}`;
}

function meant(value: unknown, known: readonly string[]): string {
  const nearest = typeof value === "string" ? nearestNames(value, known, 1)[0] : undefined;
  return nearest === undefined ? "" : `; did you mean "${nearest}"?`;
}
