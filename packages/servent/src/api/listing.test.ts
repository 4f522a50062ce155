import { expect, test } from "vitest";
import { page, pageStart, parseFilter, sorted } from "./listing.ts";

test("pages follow each other by cursor until the last, which has none", () => {
  const all = Array.from({ length: 5 }, (_, i) => i);
  const first = page("numbers", all, { limit: 2 });
  expect(first).toEqual({ schema: "servent.numbers/1", items: [0, 1], next: expect.any(String), total: 5 });
  const second = page("numbers", all, { limit: 2, cursor: first.next as string });
  const third = page("numbers", all, { limit: 2, cursor: second.next as string });
  expect([second.items, third.items, third.next]).toEqual([[2, 3], [4], null]);
});

test("an empty list is a list, and a hundred rows are the usual page", () => {
  expect(page("numbers", [], {})).toEqual({ schema: "servent.numbers/1", items: [], next: null, total: 0 });
  expect(page("numbers", Array.from({ length: 101 }), {}).items).toHaveLength(100);
});

test.each(["x", "o-1", "", "5"])("the cursor %j is none of ours", (cursor) => {
  expect(() => pageStart({ cursor })).toThrow(expect.objectContaining({ code: "invalid_value" }));
});

const rows = [
  { name: "b", rate: 2 },
  { name: "a", rate: 2 },
  { name: "c", rate: null },
];
const FIELDS = { name: (row: (typeof rows)[0]) => row.name, rate: (row: (typeof rows)[0]) => row.rate };

test("rows are sorted by several fields, each in its direction, unknown last when falling", () => {
  expect(sorted(rows, "-rate,name", FIELDS).map(({ name }) => name)).toEqual(["a", "b", "c"]);
  expect(sorted(rows, "rate,-name", FIELDS).map(({ name }) => name)).toEqual(["c", "b", "a"]);
  expect(sorted(rows, undefined, FIELDS)).toBe(rows);
});

test.each(["speed", "constructor", "", "name,,rate"])("rows cannot be sorted by %j", (sort) => {
  expect(() => sorted(rows, sort, FIELDS)).toThrow(expect.objectContaining({ code: "invalid_value" }));
});

const file = {
  name: "Tide.ogg",
  names: ["Tide.ogg", "ebbe.OGG"],
  size: 2_000_000,
  type: "audio",
  networks: ["gnutella"],
};

test.each([
  ["tide", true],
  ["EBBE", true],
  ["tide ebbe", true],
  ["tide -live", true],
  ["-tide", false],
  ["flood", false],
  ["size>1MB", true],
  ["size<1MB", false],
  ["-size<1MB", true],
  ["net:gnutella", true],
  ["net:chord", false],
  ["ext:ogg type:audio", true],
  ["-type:audio", false],
  ["", true],
  [" - ", true],
])("the filter %j keeps the file: %j", (filter, kept) => {
  expect(parseFilter(filter)(file)).toBe(kept);
});

test("a size that is none is an error, not an empty list", () => {
  expect(() => parseFilter("size>big")).toThrow(expect.objectContaining({ code: "invalid_value" }));
});
