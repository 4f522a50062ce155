import { expect, test } from "vitest";
import { counted, duration, percent, seconds, size } from "./format.ts";

const plain = (text: string) => text.replaceAll("\u00a0", " ");

test("sizes have decimal units and two or three digits, and never four", () => {
  const sizes = [0, 999, 1000, 812_004, 999_499, 999_500, 3_100_000, 99_940_000, 99_960_000, 7.2e12];
  expect(sizes.map((bytes) => plain(size(bytes)))).toEqual([
    "0 B",
    "999 B",
    "1.0 kB",
    "812 kB",
    "999 kB",
    "1.0 MB",
    "3.1 MB",
    "99.9 MB",
    "100 MB",
    "7.2 TB",
  ]);
});

test("what is not finished never shows 100 %", () => {
  expect(plain(percent(999_999, 1_000_000))).toBe("99 %");
  expect(plain(percent(1_000_000, 1_000_000))).toBe("100 %");
  expect(plain(percent(0, 0))).toBe("100 %");
});

test("durations are as long as they need to be", () => {
  expect([0, 7400, 65_000, 3_599_000].map((ms) => duration(ms))).toEqual(["0:00", "0:07", "1:05", "59:59"]);
  expect(plain(duration(3 * 3_600_000 + 12 * 60_000))).toBe("3 h 12 min");
  expect(plain(duration(4 * 86_400_000))).toBe("4 d");
  expect(plain(seconds(1800))).toBe("1.8 s");
});

test("counts agree with their noun", () => {
  expect([counted(0, "hit"), counted(1, "hit"), counted(12_000, "hit")]).toEqual(["0 hits", "1 hit", "12,000 hits"]);
});
