import { expect, test } from "vitest";
import { RandomStream } from "./engine/random.ts";
import { exponentialDraw, gammaDraw, normalDraw, openUniform, shuffle, uniform53 } from "./random-draws.ts";

const DRAWS = 200_000;

function moments(draw: (random: RandomStream) => number): { mean: number; variance: number } {
  const random = new RandomStream("draws", "moments");
  let sum = 0;
  let squares = 0;
  for (let i = 0; i < DRAWS; i++) {
    const value = draw(random);
    sum += value;
    squares += value * value;
  }
  const mean = sum / DRAWS;
  return { mean, variance: squares / DRAWS - mean * mean };
}

/** A stream that gives what it is told to. */
class Scripted extends RandomStream {
  private readonly value: number;

  constructor(value: number) {
    super("", "");
    this.value = value;
  }

  override u32(): number {
    return this.value;
  }
}

test("the moments are those of the distributions", () => {
  // Bounds of five standard errors of the mean.
  const uniform = moments(uniform53);
  expect(Math.abs(uniform.mean - 1 / 2)).toBeLessThan(0.0033);
  expect(Math.abs(uniform.variance - 1 / 12)).toBeLessThan(0.001);
  const exponential = moments(exponentialDraw);
  expect(Math.abs(exponential.mean - 1)).toBeLessThan(0.0112);
  expect(Math.abs(exponential.variance - 1)).toBeLessThan(0.032);
  const normal = moments(normalDraw);
  expect(Math.abs(normal.mean)).toBeLessThan(0.0112);
  expect(Math.abs(normal.variance - 1)).toBeLessThan(0.016);
  for (const shape of [1, 1.5, 3, 20]) {
    const gamma = moments((random) => gammaDraw(shape, random));
    expect(Math.abs(gamma.mean - shape)).toBeLessThan(0.0112 * Math.sqrt(shape));
    expect(Math.abs(gamma.variance / shape - 1)).toBeLessThan(0.04);
  }
});

test("the ends of the range stay in it", () => {
  const least = new Scripted(0);
  const most = new Scripted(2 ** 32 - 1);
  expect(uniform53(least)).toBe(0);
  expect(uniform53(most)).toBe(1 - 2 ** -53);
  expect(openUniform(least)).toBe(2 ** -54);
  expect(openUniform(most)).toBeLessThan(1);
  expect(exponentialDraw(least)).toBeCloseTo(54 * Math.LN2, 10);
  expect(exponentialDraw(most)).toBeGreaterThan(0);
  expect(normalDraw(least)).toBeLessThan(-8);
  expect(normalDraw(most)).toBeGreaterThan(8);
});

test("the tails of the gamma distribution are those of its closed forms", () => {
  const random = new RandomStream("draws", "gamma-tail");
  for (const shape of [1, 2]) {
    const values = Array.from({ length: DRAWS }, () => gammaDraw(shape, random));
    for (const x of [0.05, 0.5, 1, 2, 5]) {
      const tail = (shape === 1 ? 1 : 1 + x) * Math.exp(-x);
      const above = values.filter((value) => value > x).length / DRAWS;
      expect(Math.abs(above - tail)).toBeLessThan(0.0056);
    }
  }
});

test("every order of a shuffle is as likely", () => {
  const random = new RandomStream("draws", "shuffle");
  const seen = new Map<string, number>();
  for (let i = 0; i < 24_000; i++) {
    const values = Int32Array.of(0, 1, 2, 3);
    shuffle(values, random);
    seen.set(values.join(), (seen.get(values.join()) ?? 0) + 1);
  }
  expect(seen.size).toBe(24);
  for (const count of seen.values()) expect(Math.abs(count - 1000)).toBeLessThan(160);
});

test("a seed gives these values", () => {
  const random = new RandomStream("7", "draws");
  expect([uniform53(random), exponentialDraw(random), normalDraw(random)]).toEqual([
    0.7702732828264017, 0.9210014415980211, 0.21389375474857442,
  ]);
});
