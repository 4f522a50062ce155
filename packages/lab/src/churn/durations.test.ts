import { describe, expect, test } from "vitest";
import { RandomStream } from "../engine/random.ts";
import { empirical, exponential, pareto, weibull, type Durations } from "./durations.ts";

const HOUR = 3_600_000;
const DRAWS = 100_000;

const models: readonly (readonly [string, Durations])[] = [
  ["exponential", exponential(HOUR)],
  ["weibull, long tail", weibull(0.5, HOUR)],
  ["weibull, almost regular", weibull(3, HOUR)],
  ["pareto", pareto(3, HOUR)],
  ["empirical", empirical(Float64Array.of(HOUR / 10, HOUR / 2, HOUR, 5 * HOUR))],
];

function sorted(draw: (random: RandomStream) => number, name: string): Float64Array {
  const random = new RandomStream("durations", name);
  return new Float64Array(DRAWS).map(() => draw(random)).sort();
}

function shareAbove(values: Float64Array, limit: number): number {
  return values.filter((value) => value > limit).length / values.length;
}

function mean(values: Float64Array): number {
  return values.reduce((total, value) => total + value, 0) / values.length;
}

/** The greatest distance of the distribution functions of two sorted samples (Kolmogorov and Smirnov). */
function distance(one: Float64Array, other: Float64Array): number {
  let [i, j, greatest] = [0, 0, 0];
  while (i < one.length && j < other.length) {
    if ((one[i] as number) <= (other[j] as number)) i++;
    else j++;
    greatest = Math.max(greatest, Math.abs(i / one.length - j / other.length));
  }
  return greatest;
}

// Five standard errors of a share among 100,000 draws are at most 0.008.
const CLOSE = 0.008;

describe("whole durations", () => {
  test.each(models)("%s: the mean that was asked for", (name, durations) => {
    const values = sorted(durations.draw, name);
    // The variance of the long tails is 5 and 3 squared means.
    expect(Math.abs(mean(values) / durations.meanMs - 1)).toBeLessThan(0.04);
    expect(values[0]).toBeGreaterThanOrEqual(0);
  });

  test("exponential: a share exp(-x) lasts longer than x means", () => {
    const values = sorted(exponential(HOUR).draw, "tail");
    for (const x of [0.1, 0.5, 1, 2, 4])
      expect(Math.abs(shareAbove(values, x * HOUR) - Math.exp(-x))).toBeLessThan(CLOSE);
  });

  test("weibull: the tail of its formula", () => {
    const values = sorted(weibull(0.5, HOUR).draw, "tail");
    // With shape 1/2 the mean is twice the scale.
    for (const x of [0.01, 0.1, 1, 3]) {
      expect(Math.abs(shareAbove(values, x * HOUR) - Math.exp(-Math.sqrt(2 * x)))).toBeLessThan(CLOSE);
    }
  });

  test("pareto: the tail of its formula", () => {
    const values = sorted(pareto(3, HOUR).draw, "tail");
    for (const x of [0.1, 1, 3, 10]) {
      expect(Math.abs(shareAbove(values, x * HOUR) - (1 + x / 2) ** -3)).toBeLessThan(CLOSE);
    }
  });

  test("empirical: each as often", () => {
    const values = sorted(empirical(Float64Array.of(5, 1, 2)).draw, "each");
    for (const limit of [1, 2]) expect(Math.abs(shareAbove(values, limit) - (3 - limit) / 3)).toBeLessThan(CLOSE);
  });
});

describe("what is left of a duration", () => {
  test.each(models)("%s: as found at random instants of a long chain of them", (name, durations) => {
    // The oracle knows nothing of formulas: durations end to end, and instants anywhere in them.
    const random = new RandomStream("renewal", name);
    const ends = new Float64Array(400_000);
    let end = 0;
    for (let i = 0; i < ends.length; i++) {
      end += durations.draw(random);
      ends[i] = end;
    }
    const instants = new Float64Array(DRAWS).map(() => (end * random.u32()) / 2 ** 32).sort();
    let session = 0;
    const left = instants.map((instant) => {
      while ((ends[session] as number) <= instant) session++;
      return (ends[session] as number) - instant;
    });

    const drawn = sorted(durations.drawResidual, name);
    // 0.0073 is passed once in ten thousand seeds where the chain is no source of error of its own; long tails are one.
    expect(distance(drawn, left.sort())).toBeLessThan(name.includes("long tail") || name === "pareto" ? 0.015 : 0.0085);
  });

  test("exponential: as long as a whole one", () => {
    const values = sorted(exponential(HOUR).drawResidual, "left");
    expect(Math.abs(mean(values) / HOUR - 1)).toBeLessThan(0.016);
  });

  test("weibull of shape 1/2: the integrated tail, (1 + sqrt x) exp(-sqrt x) scales", () => {
    const values = sorted(weibull(0.5, HOUR).drawResidual, "left");
    for (const x of [0.01, 0.1, 1, 10, 40]) {
      const tail = (1 + Math.sqrt(x)) * Math.exp(-Math.sqrt(x));
      expect(Math.abs(shareAbove(values, (x * HOUR) / 2) - tail)).toBeLessThan(CLOSE);
    }
  });

  test("weibull: mean = mean square / (2 mean), three times the mean for shape 1/2", () => {
    const values = sorted(weibull(0.5, HOUR).drawResidual, "mean-left");
    expect(Math.abs(mean(values) / HOUR - 3)).toBeLessThan(0.09);
  });

  test("pareto: a tail with an exponent of one less", () => {
    const values = sorted(pareto(3, HOUR).drawResidual, "left");
    for (const x of [0.1, 1, 10, 100]) {
      expect(Math.abs(shareAbove(values, x * HOUR) - (1 + x / 2) ** -2)).toBeLessThan(CLOSE);
    }
  });

  test("empirical: of a single duration, anything up to it", () => {
    const values = sorted(empirical(Float64Array.of(100)).drawResidual, "single");
    expect([values[0] as number, values.at(-1) as number].map((value) => value > 0 && value <= 100)).toEqual([
      true,
      true,
    ]);
    expect(Math.abs(mean(values) - 50)).toBeLessThan(0.5);
  });
});

test("what has no mean, or no duration, is our own fault", () => {
  expect(() => pareto(1, HOUR)).toThrow("alpha");
  expect(() => weibull(0, HOUR)).toThrow("above 0");
  expect(() => exponential(0)).toThrow("above 0");
  expect(() => empirical(new Float64Array(0))).toThrow("a duration to draw");
  expect(() => empirical(Float64Array.of(1, 0))).toThrow("above 0");
});

test("a seed gives these durations", () => {
  const random = new RandomStream("7", "durations");
  const drawn = models.map(([, durations]) => [durations.draw(random), durations.drawResidual(random)]);
  expect(drawn).toEqual([
    [84150.37675213374, 327312.95233821706],
    [8974026.969154796, 11997595.224550046],
    [2590385.0723895435, 3013889.3025788893],
    [6054389.427248218, 2966643.8225431726],
    [1800000, 10042651.031719716],
  ]);
});
