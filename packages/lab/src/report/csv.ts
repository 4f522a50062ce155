// Tables as CSV (RFC 4180): lines end with CRLF, cells with a comma, quote or line end stand in quotes. A text that a
// spreadsheet would take for a formula gets an apostrophe in front, so that opening a file runs nothing.
import type { Table } from "../experiments/program.ts";

export function csvText({ columns, rows }: Table): string {
  return [columns, ...rows].map((row) => `${row.map(cellText).join(",")}\r\n`).join("");
}

function cellText(cell: number | string): string {
  if (typeof cell === "number") return Number.isNaN(cell) ? "" : String(cell);
  const safe = FORMULA.test(cell) ? `'${cell}` : cell;
  return SPECIAL.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** What spreadsheets begin a formula with. */
const FORMULA = /^[=+\-@\t\r]/;
const SPECIAL = /[",\r\n]/;
