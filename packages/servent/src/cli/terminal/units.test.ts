import { expect, test } from "vitest";
import {
  counted,
  formatBytes,
  formatClock,
  formatCount,
  formatPart,
  formatPercent,
  formatRate,
  formatSpan,
} from "./units.ts";

test.each([
  [0, "0 B"],
  [999, "999 B"],
  [1000, "1.0 kB"],
  [9949, "9.9 kB"],
  [9951, "10 kB"],
  [812_000, "812 kB"],
  [999_499, "999 kB"],
  [999_500, "1.0 MB"],
  [3_100_000, "3.1 MB"],
  [31_400_000, "31 MB"],
  [5e15, "5.0 PB"],
  [5e18, "5000 PB"],
])("%d bytes are shown as %s", (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
});

test("a part has the unit of the whole and never exceeds it", () => {
  expect(formatPart(1_302_000, 3_100_000)).toBe("1.3/3.1 MB");
  expect(formatPart(4_000_000, 3_100_000)).toBe("3.1/3.1 MB");
  expect(formatPart(1_000_000, 82_000_000)).toBe("1.0/82.0 MB");
  expect(formatPart(10_000_000, 820_000_000)).toBe("10/820 MB");
  expect(formatPart(0, 12)).toBe("0/12 B");
});

test("100 % is shown only for what is complete, and an empty file is complete", () => {
  expect(formatPercent(999, 1000)).toBe("99 %");
  expect(formatPercent(1000, 1000)).toBe("100 %");
  expect(formatPercent(0, 0)).toBe("100 %");
});

test("rates are sizes per second", () => {
  expect(formatRate(810_000)).toBe("810 kB/s");
});

test.each([
  [0, "0:00"],
  [1, "0:01"],
  [2000, "0:02"],
  [727_000, "12:07"],
  [3_723_000, "1:02:03"],
  [48 * 3_600_000, "2 d 0 h"],
])("%d ms left read %s", (ms, text) => {
  expect(formatClock(ms)).toBe(text);
});

test.each([
  [1800, "1.8 s"],
  [42_900, "42 s"],
  [192_000, "3 min"],
  [18_600_000, "5 h 10 min"],
  [7_200_000, "2 h"],
  [86_400_000, "1 d"],
  [100_000_000, "1 d 3 h"],
])("a span of %d ms reads %s", (ms, text) => {
  expect(formatSpan(ms)).toBe(text);
});

test("thousands stand apart", () => {
  expect([7, 999, 1000, 12_345, 1_234_567].map(formatCount)).toEqual(["7", "999", "1 000", "12 345", "1 234 567"]);
});

test("one is counted differently from many", () => {
  expect([counted(1, "peer"), counted(0, "peer"), counted(2, "search", "searches")]).toEqual([
    "1 peer",
    "0 peers",
    "2 searches",
  ]);
});
