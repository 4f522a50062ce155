// JSON for findings and for hashes. Findings may hold numbers that JSON has no word for, and come back as they were; the
// canonical text of a value is the same however its keys were ordered.
import type { Findings, Table } from "@servent/lab/experiments/program.ts";

/** Numbers that JSON would turn into null stand as these words; no table has them as a text. */
const ODD_NUMBERS: ReadonlyMap<string, number> = new Map([
  ["NaN", Number.NaN],
  ["Infinity", Number.POSITIVE_INFINITY],
  ["-Infinity", Number.NEGATIVE_INFINITY],
]);

type Written = number | string;

export interface WrittenFindings {
  readonly values: Readonly<Record<string, Written>>;
  readonly tables: Readonly<Record<string, Table>>;
  readonly digest: string;
  readonly events: number;
}

export function writeFindings({ values, tables, digest, events }: Findings): WrittenFindings {
  return {
    values: mapValues(values, writeCell),
    tables: mapValues(tables, ({ columns, rows }) => ({ columns, rows: rows.map((row) => row.map(writeCell)) })),
    digest,
    events,
  };
}

export function readFindings({ values, tables, digest, events }: WrittenFindings): Findings {
  return {
    values: mapValues(values, (value) => Number(readCell(value))),
    tables: mapValues(tables, ({ columns, rows }) => ({ columns, rows: rows.map((row) => row.map(readCell)) })),
    digest,
    events,
  };
}

function writeCell(cell: Written): Written {
  return typeof cell === "number" && !Number.isFinite(cell) ? String(cell) : cell;
}

function readCell(cell: Written): Written {
  return typeof cell === "string" ? (ODD_NUMBERS.get(cell) ?? cell) : cell;
}

function mapValues<A, B>(record: Readonly<Record<string, A>>, change: (value: A) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}

/** JSON with the keys of every object in order. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, each: unknown) =>
    typeof each === "object" && each !== null && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).sort(([a], [b]) => (a < b ? -1 : 1)))
      : each,
  );
}
