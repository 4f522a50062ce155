// Pages of lists: cursor, order, and the small filter language of tables (`tide -live size>1MB net:gnutella`).
import { ServentError } from "../base/servent-error.ts";
import { parseSize } from "../config/units.ts";

export interface PageRequest {
  readonly limit?: number | undefined;
  readonly cursor?: string | undefined;
}

export interface Page<S extends string, T> {
  readonly schema: `servent.${S}/1`;
  readonly items: readonly T[];
  /** Cursor of the next page, null at the end. */
  readonly next: string | null;
  readonly total: number;
}

export const LIMIT_DEFAULT = 100;
const CURSOR = /^o(\d{1,12})$/;

/** Where the page begins. Throws ServentError `invalid_value` for a cursor that we never gave. */
export function pageStart(request: PageRequest): number {
  if (request.cursor === undefined) return 0;
  const offset = CURSOR.exec(Buffer.from(request.cursor, "base64url").toString("latin1"))?.[1];
  if (offset === undefined) {
    throw new ServentError("invalid_value", "The cursor is none of ours.", "Use `next` of the page before, unchanged.");
  }
  return Number(offset);
}

/** A page of rows that were already cut out of a longer list. */
export function pageOf<S extends string, T>(
  plural: S,
  items: readonly T[],
  total: number,
  request: PageRequest,
): Page<S, T> {
  const end = pageStart(request) + items.length;
  const next = end < total && items.length > 0 ? Buffer.from(`o${end}`).toString("base64url") : null;
  return { schema: `servent.${plural}/1`, items, next, total };
}

/** A page of a whole list. */
export function page<S extends string, T>(plural: S, all: readonly T[], request: PageRequest): Page<S, T> {
  const start = pageStart(request);
  return pageOf(plural, all.slice(start, start + (request.limit ?? LIMIT_DEFAULT)), all.length, request);
}

/** Sorted by `-rate,name`. Only the fields named in `fields` may be used; lists count by their length. */
export function sorted<T>(
  rows: readonly T[],
  sort: string | undefined,
  fields: Readonly<Record<string, (row: T) => string | number | null>>,
): readonly T[] {
  if (sort === undefined) return rows;
  const orders = sort.split(",").map((word) => {
    const name = word.replace(/^-/, "");
    const read = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (read === undefined) {
      throw new ServentError(
        "invalid_value",
        `The list cannot be sorted by ${name}.`,
        `Use ${Object.keys(fields).join(", ")}, with - in front for the largest first.`,
      );
    }
    return { read, sign: word.startsWith("-") ? -1 : 1 };
  });
  return rows.toSorted((a, b) => {
    for (const { read, sign } of orders) {
      const order = compare(read(a), read(b));
      if (order !== 0) return order * sign;
    }
    return 0;
  });
}

/** By code unit, never by locale; null first. */
function compare(a: string | number | null, b: string | number | null): number {
  if (a === b) return 0;
  if (a === null) return -1;
  if (b === null) return 1;
  return a < b ? -1 : 1;
}

/** What the filter looks at. */
export interface Filterable {
  readonly name: string;
  readonly names: readonly string[];
  readonly size: number;
  readonly type: string;
  readonly networks: readonly string[];
}

/**
 * Words must occur in a name, `-word` must not; `size>1MB`, `size<1GB`, `net:gnutella`, `ext:ogg`, `type:audio`,
 * each with `-` in front for the contrary. Throws ServentError `invalid_value`.
 */
export function parseFilter(filter: string): (row: Filterable) => boolean {
  const terms = filter.split(/\s+/).filter((term) => term !== "" && term !== "-");
  const tests = terms.map((term) => {
    const isContrary = term.startsWith("-");
    const test = parseTerm((isContrary ? term.slice(1) : term).toLowerCase());
    return (row: Filterable) => test(row) !== isContrary;
  });
  return (row) => tests.every((test) => test(row));
}

function parseTerm(term: string): (row: Filterable) => boolean {
  const [, sign, amount] = /^size([<>])(.*)$/.exec(term) ?? [];
  if (amount !== undefined) {
    const size = parseSize(amount);
    if (size === undefined) {
      throw new ServentError("invalid_value", `"${amount}" is no size.`, 'Write it like "size>1MB" or "size<500kB".');
    }
    return sign === ">" ? (row) => row.size > size : (row) => row.size < size;
  }
  const [, field, value] = /^(net|ext|type):(.+)$/.exec(term) ?? [];
  if (value !== undefined) {
    if (field === "net") return (row) => row.networks.includes(value);
    if (field === "type") return (row) => row.type === value;
    return (row) => row.name.toLowerCase().endsWith(`.${value}`);
  }
  return (row) => row.names.some((name) => name.toLowerCase().includes(term)) || row.name.toLowerCase().includes(term);
}
