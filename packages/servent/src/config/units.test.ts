import { expect, test } from "vitest";
import { parseDuration, parseRate, parseSize, parseTries } from "./units.ts";

test("sizes are read in decimal and binary units, in any case, with or without a blank", () => {
  expect(parseSize("500kB")).toBe(500_000);
  expect(parseSize("1.5 GiB")).toBe(1.5 * 2 ** 30);
  expect(parseSize("1gb")).toBe(1e9);
  expect(parseSize("42")).toBe(42);
  expect(parseSize(42)).toBe(42);
});

test("rates may be in bits, of which eight are a byte", () => {
  expect(parseRate("4Mbit")).toBe(500_000);
  expect(parseRate("4Mbit/s")).toBe(500_000);
  expect(parseRate("500kB/s")).toBe(500_000);
  expect(parseRate("0")).toBe(0);
});

test("a size is not given in bits, so that nobody is off by a factor of eight", () => {
  expect(parseSize("4Mbit")).toBeUndefined();
});

test("durations need a unit", () => {
  expect(parseDuration("250ms")).toBe(250);
  expect(parseDuration("60s")).toBe(60_000);
  expect(parseDuration("24h")).toBe(86_400_000);
  expect(parseDuration("14d")).toBe(14 * 86_400_000);
  expect(parseDuration("60")).toBeUndefined();
});

test.each(["", "-5kB", "1e9", "5 elephants", "kB", "9999999999TB", "1,5GB"])("%j is no size", (text) => {
  expect(parseSize(text)).toBeUndefined();
});

test.each([-1, 1.5, Number.NaN, 2 ** 60])("the number %d is no size", (value) => {
  expect(parseSize(value)).toBeUndefined();
});

test("tries per time have both parts", () => {
  expect(parseTries("10/10m")).toEqual({ tries: 10, windowMs: 600_000 });
  for (const text of ["10", "0/10m", "10/0s", "10/10m/1", "ten/10m"]) expect(parseTries(text)).toBeUndefined();
});
