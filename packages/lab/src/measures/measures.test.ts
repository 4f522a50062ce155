import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { RandomStream } from "../engine/random.ts";
import { totalVariation, WholeCounts } from "./distribution.ts";
import { estimate, shareInterval, studentT } from "./intervals.ts";
import { QuantileSketch } from "./quantile-sketch.ts";
import { RunningMean } from "./running-mean.ts";

/** The nearest rank of a sorted list: what a sketch must come near. */
function exactQuantile(sorted: readonly number[], share: number): number {
  return sorted[Math.max(1, Math.ceil(share * sorted.length - 1e-6)) - 1] as number;
}

function sketchOf(values: Iterable<number>): QuantileSketch {
  const sketch = new QuantileSketch();
  for (const value of values) sketch.add(value);
  return sketch;
}

describe("a quantile sketch", () => {
  test("gives whole numbers below 4096 exactly", () => {
    const random = new RandomStream("7", "whole");
    const values = Array.from({ length: 5000 }, () => random.below(4096));
    const sorted = values.toSorted((a, b) => a - b);
    const sketch = sketchOf(values);
    for (let percent = 0; percent <= 100; percent++) {
      expect(sketch.quantile(percent / 100)).toBe(exactQuantile(sorted, percent / 100));
    }
  });

  test("is too small by less than 1 in 2048 for any number, and never too large", () => {
    const numbers = fc.array(fc.double({ min: 2 ** -32, max: 2 ** 47, noNaN: true }), { minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(numbers, fc.double({ min: 0, max: 1, noNaN: true }), (values, share) => {
        const exact = exactQuantile(
          values.toSorted((a, b) => a - b),
          share,
        );
        const found = sketchOf(values).quantile(share);
        expect(found).toBeLessThanOrEqual(exact);
        expect(found).toBeGreaterThan(exact * (1 - 1 / 2048));
      }),
    );
  });

  test("knows the quantiles of an exponential law within its error and that of the sample", () => {
    const random = new RandomStream("7", "exponential");
    const sketch = new QuantileSketch();
    for (let i = 0; i < 200_000; i++) sketch.add(-50 * Math.log((random.u32() + 1) / 2 ** 32));
    expect(sketch.quantile(0.5)).toBeCloseTo(50 * Math.LN2, 0);
    expect(Math.abs(sketch.quantile(0.99) / (50 * Math.log(100)) - 1)).toBeLessThan(0.02);
    expect(sketch.mean).toBeCloseTo(50, 0);
  });

  test("two of them together say what one of all numbers says", () => {
    const random = new RandomStream("7", "together");
    const values = Array.from({ length: 2000 }, () => random.u32() / 1000);
    const both = sketchOf(values.slice(0, 700));
    both.addAll(sketchOf(values.slice(700)));
    const one = sketchOf(values);
    for (const share of [0, 0.01, 0.5, 0.9, 0.999, 1]) expect(both.quantile(share)).toBe(one.quantile(share));
    expect([both.count, both.min, both.max]).toEqual([one.count, one.min, one.max]);
    both.addAll(sketchOf(Array.from({ length: 2000 }, () => 0)));
    expect(both.quantile(0.5)).toBe(0);
  });

  test("counts what is too small as 0, what is too large as large, and nothing that is no number", () => {
    const sketch = sketchOf([0, 2 ** -40, 2 ** 60]);
    expect(sketch.quantile(0.5)).toBe(0);
    expect(sketch.quantile(1)).toBe(2 ** 60);
    expect(() => sketch.add(-1)).toThrow("0 or more");
    expect(() => sketch.add(Number.NaN)).toThrow("0 or more");
    expect(() => sketch.add(Number.POSITIVE_INFINITY)).toThrow("0 or more");
    expect(new QuantileSketch().quantile(0.5)).toBeNaN();
  });

  test("the share 0.07 of a hundred is the seventh, although 0.07 * 100 is a little more than 7", () => {
    const sketch = sketchOf(Array.from({ length: 100 }, (_, i) => i + 1));
    expect(sketch.quantile(0.07)).toBe(7);
    expect(sketch.quantile(0.071)).toBe(8);
  });
});

test("a running mean is that of all numbers, also far from 0", () => {
  const running = new RunningMean();
  for (const value of [4, 7, 13, 16]) running.add(1e9 + value);
  expect(running.mean).toBe(1e9 + 10);
  expect(running.variance).toBe(30);
  expect([running.count, running.min, running.max]).toEqual([4, 1e9 + 4, 1e9 + 16]);
  expect(new RunningMean().mean).toBeNaN();
});

describe("intervals", () => {
  // Values of Student's distribution computed with another program (SciPy).
  test.each([
    [1, 12.706204736],
    [19, 2.093024054],
    [30, 2.042272456],
    [31, 2.039513446],
    [40, 2.02107539],
    [100, 1.983971519],
    [1000, 1.962339081],
  ])("with %i degrees of freedom |t| stays below %d", (degrees, expected) => {
    expect(studentT(degrees)).toBeCloseTo(expected, 6);
  });

  test("the interval of a mean over seeds is Student's", () => {
    const found = estimate([10.81, 10.84, 10.83, 10.82]);
    expect(found.mean).toBeCloseTo(10.825, 12);
    expect(found.interval?.low).toBeCloseTo(10.80446, 5);
    expect(found.interval?.high).toBeCloseTo(10.84554, 5);
    expect([found.count, found.min, found.max]).toEqual([4, 10.81, 10.84]);
  });

  test("one seed has no interval", () => {
    expect(estimate([5])).toMatchObject({ count: 1, mean: 5, min: 5, max: 5, interval: undefined });
  });

  test("holds the true mean in 95 of 100 experiments", () => {
    const random = new RandomStream("7", "coverage");
    let held = 0;
    for (let experiment = 0; experiment < 4000; experiment++) {
      // Sums of twelve uniform numbers are nearly normal.
      const normal = (): number => Array.from({ length: 12 }, () => random.u32() / 2 ** 32).reduce((a, b) => a + b) - 6;
      const { interval } = estimate(Array.from({ length: 5 }, normal));
      if (interval !== undefined && interval.low <= 0 && 0 <= interval.high) held++;
    }
    expect(held / 4000).toBeGreaterThan(0.94);
    expect(held / 4000).toBeLessThan(0.96);
  });

  test("the interval of a share is Wilson's, and says something of nothing and of everything", () => {
    expect(shareInterval(5, 10).low).toBeCloseTo(0.23659, 5);
    expect(shareInterval(5, 10).high).toBeCloseTo(0.76341, 5);
    expect(shareInterval(0, 10).low).toBe(0);
    expect(shareInterval(0, 10).high).toBeCloseTo(0.27753, 5);
    expect(shareInterval(10, 10).low).toBeCloseTo(0.72247, 5);
    expect(shareInterval(10, 10).high).toBe(1);
  });
});

describe("distributions", () => {
  test("are shares of what was counted, with a row for every number in between", () => {
    const counts = new WholeCounts();
    for (const hops of [2, 4, 4, 2, 2, 70]) counts.add(hops);
    expect(counts.mean).toBe(14);
    expect(counts.shares().slice(0, 5)).toEqual([0, 0, 0.5, 0, 2 / 6]);
    expect(counts.table("hops").columns).toEqual(["hops", "count", "share"]);
    expect(counts.table("hops").rows.slice(0, 3)).toEqual([
      [2, 3, 0.5],
      [3, 0, 0],
      [4, 2, 2 / 6],
    ]);
    expect(counts.table("hops").rows.length).toBe(69);
    expect(() => counts.add(2_000_000)).toThrow("small whole numbers");
    expect(() => counts.add(0.5)).toThrow("small whole numbers");
  });

  test("are apart by half the sum of their differences", () => {
    expect(totalVariation([0.5, 0.5], [0.5, 0.5])).toBe(0);
    expect(totalVariation([1], [0, 1])).toBe(1);
    expect(totalVariation([0.25, 0.75], [0.5, 0.25, 0.25])).toBe(0.5);
  });
});
