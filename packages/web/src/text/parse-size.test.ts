import { expect, test } from "vitest";
import { parseRate, parseSize } from "./parse-size.ts";

test("sizes as people type them", () => {
  expect(["0", "500 kB", "1.5MB", "1,5 mb", "2g"].map(parseSize)).toEqual([0, 500_000, 1_500_000, 1_500_000, 2e9]);
  expect(["", "big", "-1", "1 elephant", "1e9", "9999999 TB"].map(parseSize)).toEqual(Array(6).fill(undefined));
});

test("rates may be in bits and with a slash; empty is free", () => {
  expect(["", "4 Mbit", "500 kB/s", "50.0 kB", "0"].map(parseRate)).toEqual([0, 500_000, 500_000, 50_000, 0]);
  expect(parseRate("fast")).toBeUndefined();
});
