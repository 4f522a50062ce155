// What all latency models have in common, and the figures of each.
import { describe, expect, test } from "vitest";
import { RandomStream } from "../engine/random.ts";
import { constant, LATENCY_MS_MAX, uniform, type Latency } from "./latency.ts";
import { exponential, lognormal, sum } from "./random-latency.ts";
import { plane, space3d, sphere } from "./space-latency.ts";
import { synthetic } from "./synthetic-latency.ts";
import { transitStub } from "./transit-stub-latency.ts";

const PEERS = 1_000_000;
const PAIRS = 100_000;

/** Sorted latencies between random peers. */
function sample(latency: Latency, count = PAIRS): Float64Array {
  const random = new RandomStream("latency-models", "sample");
  const values = new Float64Array(count);
  for (let i = 0; i < count; i++) values[i] = latency(random.below(PEERS), random.below(PEERS), random);
  return values.sort();
}

function mean(values: Float64Array): number {
  return values.reduce((total, value) => total + value, 0) / values.length;
}

function quantile(values: Float64Array, share: number): number {
  return values[Math.floor(share * values.length)] as number;
}

/** A stream that counts what is drawn. */
class Counting extends RandomStream {
  draws = 0;

  override u32(): number {
    this.draws++;
    return super.u32();
  }
}

const placed: readonly (readonly [string, (seed: string) => Latency])[] = [
  ["plane", (seed) => plane(seed, 1000, 0.1)],
  ["space3d", (seed) => space3d(seed, 90)],
  ["sphere", (seed) => sphere(seed, 200, 2)],
  ["transit-stub", (seed) => transitStub(seed)],
  ["synthetic", synthetic],
];

describe("every model", () => {
  const drawn: readonly (readonly [string, Latency])[] = [
    ["constant", constant(50)],
    ["uniform", uniform(20, 80)],
    ["exponential", exponential(50)],
    ["lognormal", lognormal(50, 0.4)],
    ["sum", sum(synthetic("7"), exponential(5))],
  ];

  test.each([...drawn, ...placed.map(([name, make]) => [name, make("7")] as const)])(
    "%s draws the same number of values every time and is never negative",
    (_name, latency) => {
      const random = new Counting("7", "count");
      latency(0, 1, random);
      const each = random.draws;
      let [least, most] = [Number.POSITIVE_INFINITY, 0];
      for (let i = 0; i < 10_000; i++) {
        const ms = latency(i % 100, (i * 7) % 1000, random);
        least = Math.min(least, ms);
        most = Math.max(most, ms);
      }
      expect([least >= 0, most <= LATENCY_MS_MAX]).toEqual([true, true]);
      expect(random.draws).toBe(10_001 * each);
    },
  );

  test.each(placed)("%s is symmetric and a function of the seed and the two peers", (_name, make) => {
    const [latency, again, other] = [make("7"), make("7"), make("8")];
    const random = new RandomStream("7", "pairs");
    let same = 0;
    for (let i = 0; i < 3000; i++) {
      const from = random.below(PEERS);
      const to = random.below(PEERS);
      const ms = latency(from, to, random);
      expect(latency(to, from, random)).toBe(ms);
      expect(again(from, to, random)).toBe(ms);
      if (other(from, to, random) === ms) same++;
    }
    // Transit-stub latencies are few different numbers.
    expect(same).toBeLessThan(750);
  });

  test.each(placed)("%s is a distance: no detour is shorter than the way", (_name, make) => {
    const latency = make("7");
    const random = new RandomStream("7", "detours");
    let longest = 0;
    for (let i = 0; i < 20_000; i++) {
      const [from, over, to] = [random.below(PEERS), random.below(PEERS), random.below(PEERS)] as const;
      const detour = latency(from, over, random) + latency(over, to, random);
      longest = Math.max(longest, latency(from, to, random) - detour);
    }
    expect(longest).toBeLessThan(1e-9);
  });
});

// Bounds of the statistics are about five standard errors.
describe("the figures of", () => {
  test("exponential: its mean, and a share of 1/e above it", () => {
    const values = sample(exponential(50));
    expect(Math.abs(mean(values) - 50)).toBeLessThan(0.8);
    expect(quantile(values, 1 - Math.exp(-1)) / 50).toBeCloseTo(1, 1);
  });

  test("lognormal: its median, sigma, and mean", () => {
    const values = sample(lognormal(50, 0.4));
    expect(Math.abs(quantile(values, 0.5) - 50)).toBeLessThan(0.4);
    expect(Math.abs(quantile(values, 0.8413447) / 50 - Math.exp(0.4))).toBeLessThan(0.015);
    expect(Math.abs(mean(values) - 50 * Math.exp(0.08))).toBeLessThan(0.4);
  });

  test("plane: the known mean distance of two points in a square", () => {
    const values = sample(plane("7", 1000, 0.1));
    expect(Math.abs(mean(values) - 52.14)).toBeLessThan(0.4);
    expect(quantile(values, 0.999999)).toBeLessThan(100 * Math.SQRT2);
  });

  test("space3d: the mean that was asked for", () => {
    const values = sample(space3d("7", 90));
    expect(Math.abs(mean(values) - 90)).toBeLessThan(0.6);
    expect(quantile(values, 0.999999)).toBeLessThan((90 / 0.6617) * Math.sqrt(3));
  });

  test("sphere: half of the diameter and the floor, and the law of distances on a sphere", () => {
    const values = sample(sphere("7", 200, 2));
    expect(Math.abs(mean(values) - 102)).toBeLessThan(0.7);
    expect(values[0]).toBeGreaterThanOrEqual(2);
    // The share within angle a is (1 - cos a) / 2: a quarter within 60 degrees, which is a third of the diameter.
    expect(Math.abs(quantile(values, 0.25) - (200 / 3 + 2))).toBeLessThan(1);
  });

  test("synthetic: the published round trips of King's hosts and of Gnutella's peers", () => {
    for (const seed of ["7", "8", "9"]) {
      const values = sample(synthetic(seed));
      expect(Math.abs(2 * mean(values) - 180)).toBeLessThan(5);
      expect(Math.abs(2 * quantile(values, 0.2) - 70)).toBeLessThan(4);
      expect(Math.abs(2 * quantile(values, 0.8) - 280)).toBeLessThan(5);
    }
  });

  test("transit-stub: links of 5, 20 and 50 ms and nothing between", () => {
    const latency = transitStub("7");
    const random = new RandomStream("7", "links");
    let within = 0;
    const seen = new Set<number>();
    for (let i = 0; i < PAIRS; i++) {
      const ms = latency(random.below(PEERS), random.below(PEERS), random);
      seen.add(ms);
      // Out of a stub domain the way has two links of 20 ms; within it is a few of 5 ms.
      if (ms < 40) within++;
    }
    expect([...seen].filter((ms) => ms % 5 !== 0 || ms > 1000)).toEqual([]);
    // There are 200 stub domains.
    expect(Math.abs(within - PAIRS / 200)).toBeLessThan(120);
  });

  test("transit-stub of one node and one domain: everybody is at the same place", () => {
    const tiny = transitStub("7", { transitDomains: 1, transitNodes: 1, stubDomains: 1, stubNodes: 1 });
    expect(tiny(0, 1, new RandomStream("7", ""))).toBe(0);
  });
});

test("a seed gives these latencies", () => {
  const random = new RandomStream("7", "pin");
  const pairs = [
    [0, 1],
    [17, 999_999],
  ] as const;
  const models = [exponential(50), lognormal(50, 0.4), ...placed.map(([, make]) => make("7"))];
  expect(models.map((model) => pairs.map(([from, to]) => model(from, to, random)))).toEqual([
    [53.646755954778705, 114.24937861699071],
    [30.49544166352621, 67.31099330915991],
    [61.63563556756046, 91.16536347134975],
    [106.54958838759192, 145.3154265016748],
    [86.25621268903083, 144.67400195559557],
    [410, 100],
    [20.219098544357372, 67.14241347398138],
  ]);
});
