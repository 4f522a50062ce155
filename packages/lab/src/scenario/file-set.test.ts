import { expect, test } from "vitest";
import { RandomStream } from "../engine/random.ts";
import { FileSet, parsePopularity } from "./file-set.ts";

const random = (): RandomStream => new RandomStream("7", "files");
const spec = { count: 50, copies: 2000, popularity: { exponent: 1 }, freeRiders: 0 };

/** How many peers have each file. */
function copies(files: FileSet): number[] {
  const counts = Array.from({ length: files.count }, () => 0);
  for (const held of files.held) for (const file of held) counts[file] = (counts[file] as number) + 1;
  return counts;
}

test("every file is there, and the more popular the more often", () => {
  const counts = copies(new FileSet(spec, 1000, random()));
  expect(Math.min(...counts)).toBeGreaterThanOrEqual(1);
  expect(counts.reduce((a, b) => a + b)).toBe(2000);
  // Of Zipf's law the first of 50 has a share of 1 in 4.5, the tenth a tenth of that.
  expect((counts[0] as number) / 1950).toBeCloseTo(1 / 4.5, 1);
  expect((counts[0] as number) / (counts[9] as number)).toBeGreaterThan(5);
});

test("no peer has a file twice, and free riders have none", () => {
  const files = new FileSet({ ...spec, freeRiders: 0.7 }, 1000, random());
  for (const held of files.held) expect(new Set(held).size).toBe(held.length);
  const without = files.held.filter(({ length }) => length === 0).length;
  expect(without).toBeGreaterThan(680);
  expect(without).toBeLessThan(800);
});

test("names are all different, and a word of theirs belongs to several", () => {
  const files = new FileSet({ ...spec, count: 200 }, 10, random());
  const names = Array.from({ length: 200 }, (_, file) => files.name(file));
  expect(new Set(names).size).toBe(200);
  expect(names.filter((name) => name.includes("tide")).length).toBe(20);
});

test("the same seed places the same files", () => {
  expect(new FileSet(spec, 100, random()).held).toEqual(new FileSet(spec, 100, random()).held);
});

test("a world without files, or without anybody who shares, has none", () => {
  expect(new FileSet(undefined, 5, random()).held).toEqual([[], [], [], [], []]);
  expect(new FileSet({ ...spec, freeRiders: 1 }, 2, random()).held).toEqual([[], []]);
});

test("popularity is read as it is written", () => {
  expect(parsePopularity("zipf(1.2)")).toEqual({ ok: true, value: { exponent: 1.2 } });
  expect(parsePopularity("uniform")).toEqual({ ok: true, value: { exponent: 0 } });
  expect(parsePopularity("zipf").ok).toBe(false);
  expect(parsePopularity("zipf(-1)").ok).toBe(false);
  expect(parsePopularity("pareto(1)").ok).toBe(false);
});
