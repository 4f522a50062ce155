import { expect, test } from "vitest";
import { RandomStream } from "../engine/random.ts";
import { drawDegrees, powerLaw } from "./degree-laws.ts";
import { degreeCounts, fitPowerLaw, hurwitzZeta, type PowerLawFit } from "./power-law-fit.ts";
import { randomGraph } from "./random-graphs.ts";
import { grid } from "./regular-shapes.ts";

function countsOf(degrees: Int32Array): number[] {
  const counts: number[] = Array.from({ length: Math.max(...degrees) + 1 }, () => 0);
  for (const degree of degrees) counts[degree] = (counts[degree] as number) + 1;
  return counts;
}

function fit(counts: readonly number[], least?: number): PowerLawFit {
  const found = fitPowerLaw(counts, least);
  if (found === undefined) throw new Error("nothing fits");
  return found;
}

test("the zeta function has its known values, and the step from one argument to the next", () => {
  expect(hurwitzZeta(2, 1)).toBeCloseTo(Math.PI ** 2 / 6, 9);
  expect(hurwitzZeta(4, 1)).toBeCloseTo(Math.PI ** 4 / 90, 9);
  expect(hurwitzZeta(1.5, 1)).toBeCloseTo(2.612375348685488, 9);
  for (const [s, q] of [
    [1.1, 1],
    [2.3, 7],
    [9, 3],
  ] as const) {
    expect(hurwitzZeta(s, q) - hurwitzZeta(s, q + 1)).toBeCloseTo(q ** -s, 9);
  }
});

test.each([
  [1.8, 1],
  [2.3, 1],
  [2.3, 6],
  [3.5, 2],
])("degrees drawn with exponent %d from %i on give it back within three errors", (exponent, least) => {
  const random = new RandomStream("7", `fit/${exponent}/${least}`);
  const found = fit(countsOf(drawDegrees(powerLaw(exponent, least, 1_000_000), 20_000, random)), least);
  expect(Math.abs(found.exponent - exponent)).toBeLessThan(3 * found.error);
  expect(found.error).toBeCloseTo((found.exponent - 1) / Math.sqrt(20_000), 12);
  expect(found.distance).toBeLessThan(0.01);
  expect(found.nodes).toBe(20_000);
});

test("the likelihood is greatest where it says", () => {
  const counts = [0, 700, 150, 60, 30, 20, 15, 10, 5, 5, 5];
  const likelihood = (a: number): number =>
    counts.reduce((sum, count, degree) => (degree === 0 ? sum : sum - count * a * Math.log(degree)), 0) -
    1000 * Math.log(hurwitzZeta(a, 1));
  const { exponent } = fit(counts, 1);
  for (const step of [0.001, 0.1, 0.5]) {
    expect(likelihood(exponent)).toBeGreaterThan(likelihood(exponent - step));
    expect(likelihood(exponent)).toBeGreaterThan(likelihood(exponent + step));
  }
});

test("it finds from where on the law holds", () => {
  const random = new RandomStream("7", "fit/from");
  const counts = countsOf(drawDegrees(powerLaw(2.5, 10, 100_000), 5000, random));
  // Below, as many nodes of every degree.
  for (let degree = 1; degree < 10; degree++) counts[degree] = 500;
  const found = fit(counts);
  expect(found.least).toBeGreaterThanOrEqual(9);
  expect(found.least).toBeLessThanOrEqual(14);
  expect(Math.abs(found.exponent - 2.5)).toBeLessThan(0.1);
});

test("it says how badly a law fits what is none, and nothing about too few nodes or one degree", () => {
  const counts = degreeCounts(randomGraph(10_000, 10, new RandomStream("7", "fit/none")));
  expect(fit(counts, 1).distance).toBeGreaterThan(0.3);
  expect(fitPowerLaw([0, 20, 20])).toBeUndefined();
  expect(fitPowerLaw([0, 0, 0, 5000])).toBeUndefined();
  expect(degreeCounts(grid(3))).toEqual([0, 0, 4, 4, 1]);
});
