import { stripVTControlCharacters } from "node:util";
import { expect, test } from "vitest";
import { painter } from "./colours.ts";
import { type Column, fieldLines, tableLines } from "./table.ts";
import { displayWidth } from "./text.ts";

interface Row {
  readonly name: string;
  readonly size: string;
  readonly note: string;
}

const COLUMNS: readonly Column<Row>[] = [
  { title: "NAME", value: ({ name }) => name, shrinkTo: 10 },
  { title: "SIZE", value: ({ size }) => size, align: "right", style: () => "cyan" },
  { title: "NOTE", value: ({ note }) => note, short: ({ note }) => note.slice(0, 3), leaveOut: 1 },
];

const ROWS: readonly Row[] = [
  { name: "tide-tables.txt", size: "812 kB", note: "nothing special" },
  { name: "潮の満ち引き.flac", size: "31 MB", note: "wide" },
];

test("columns are aligned, also under wide characters", () => {
  expect(tableLines(ROWS, COLUMNS, { width: 100 })).toEqual([
    "NAME                 SIZE  NOTE",
    "tide-tables.txt    812 kB  nothing special",
    "潮の満ち引き.flac   31 MB  wide",
  ]);
});

test("where it does not fit, a name is cut in its middle before anything else happens", () => {
  expect(tableLines(ROWS, COLUMNS, { width: 38 })).toEqual([
    "NAME             SIZE  NOTE",
    "tide-t…es.txt  812 kB  nothing special",
    "潮の満….flac    31 MB  wide",
  ]);
});

test("a column that can say it shorter does so before it is left out", () => {
  expect(tableLines(ROWS, COLUMNS, { width: 30 })[1]).toBe("tide-tables.txt   812 kB  not");
  expect(tableLines(ROWS, COLUMNS, { width: 20 })[1]).toBe("tide-t…s.txt  812 kB");
});

test("no row is wider than the terminal while columns can still give way", () => {
  for (let width = 18; width < 60; width++) {
    for (const line of tableLines(ROWS, COLUMNS, { width })) expect(displayWidth(line)).toBeLessThanOrEqual(width);
  }
});

test("colours do not move columns", () => {
  const painted = tableLines(ROWS, COLUMNS, { width: 100, paint: painter(true) });
  const bare = painted.map((line) => stripVTControlCharacters(line));
  expect(bare).toEqual(tableLines(ROWS, COLUMNS, { width: 100 }));
  expect(painted[1]).toContain("\u001b[36m812 kB\u001b[39m");
});

test("plain tables have tabs, no header, and nothing is cut", () => {
  expect(tableLines(ROWS, COLUMNS, { width: 10, isPlain: true })).toEqual([
    "tide-tables.txt\t812 kB\tnothing special",
    "潮の満ち引き.flac\t31 MB\twide",
  ]);
});

test("no rows give no header either", () => {
  expect(tableLines([], COLUMNS, { width: 80 })).toEqual([]);
});

test("an optional column without any content is not shown", () => {
  const rows = ROWS.map((row) => ({ ...row, note: "" }));
  expect(tableLines(rows, COLUMNS, { width: 80 })[0]).toBe("NAME                 SIZE");
});

test("names from peers cannot break a table", () => {
  const [, row] = tableLines([{ name: "a\n\u001b[2Jb\t", size: "1 B", note: "" }], COLUMNS, { width: 80 });
  expect(row).toBe("a␊␛[2Jb␉   1 B");
});

test("fields are aligned, empty ones left out, long ones broken between words and never cut", () => {
  const path = `/${"x".repeat(30)}`;
  const fields = [
    ["name", "tide"],
    ["", "a note of some words"],
    ["listens at", ""],
    ["path", path],
  ] as const;
  expect(fieldLines(fields, { width: 20 })).toEqual([
    "name  tide",
    "      a note of some",
    "      words",
    `path  ${path}`,
  ]);
});
