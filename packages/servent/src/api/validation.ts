// Checks requests by their schemas. TypeBox does it, so that what the compiler believes and what is checked are the same.
import type { TSchema } from "typebox";
import { Compile } from "typebox/compile";
import { Value } from "typebox/value";
import { ServentError } from "../base/servent-error.ts";

/** What TypeBox says about one mistake, as far as we use it. */
interface SchemaError {
  readonly keyword: string;
  readonly instancePath: string;
  readonly params: object;
  readonly message: string;
}

const PART: Readonly<Record<string, string>> = {
  body: "the body",
  querystring: "the query",
  params: "the path",
  headers: "the headers",
};

type Checked = { readonly value: unknown } | { readonly error: ServentError };

/** A validator for fastify: the checked value, or a ServentError `invalid_value` that names what is wrong. */
export function checkRequest(schema: TSchema, part: string): (data: unknown) => Checked {
  const validator = Compile(schema);
  // Query and path hold nothing but text, so numbers and booleans are read from it. A body has types of its own.
  const isText = part !== "body";
  return (data) => {
    const value = isText ? Value.Convert(schema, Value.Clone(data)) : data;
    if (validator.Check(value)) return { value };
    return { error: wrong(PART[part] ?? part, validator.Errors(value) as readonly SchemaError[]) };
  };
}

function wrong(part: string, errors: readonly SchemaError[]): ServentError {
  const unknown = unknownFields(errors);
  if (unknown.length > 0) {
    const s = unknown.length === 1 ? "" : "s";
    return new ServentError(
      "invalid_value",
      `Unknown field${s} in ${part}: ${unknown.join(", ")}.`,
      "Leave them out; /api/v1/openapi.json lists what there is.",
    );
  }
  const [first] = errors;
  const place = first === undefined || first.instancePath === "" ? part : `${fieldName(first.instancePath)} in ${part}`;
  return new ServentError(
    "invalid_value",
    `${place.replace(/^./, (letter) => letter.toUpperCase())} ${first?.message ?? "is wrong"}${choices(first)}.`,
    "/api/v1/openapi.json says what is expected.",
  );
}

/** At most this many are named; a stranger's request must not decide how long the answer is. */
const FIELDS_NAMED_MAX = 10;

function unknownFields(errors: readonly SchemaError[]): string[] {
  const names: string[] = [];
  for (const { keyword, params, instancePath } of errors) {
    if (keyword !== "additionalProperties" || !("additionalProperties" in params)) continue;
    const below = instancePath === "" ? "" : `${fieldName(instancePath)}.`;
    for (const name of params.additionalProperties as readonly string[]) names.push(`${below}${name.slice(0, 64)}`);
  }
  return names.slice(0, FIELDS_NAMED_MAX);
}

function choices(error: SchemaError | undefined): string {
  return error?.keyword === "enum" && "allowedValues" in error.params ? `: ${String(error.params.allowedValues)}` : "";
}

/** `/slow/down` → `slow.down`. */
function fieldName(pointer: string): string {
  return pointer.slice(1).replaceAll("/", ".");
}
