import { expect, test } from "vitest";
import { drawU32, hashText, RandomStream, seedStream, STREAM_WORDS } from "./random.ts";

function draws(stream: { u32(): number }, count: number): number[] {
  return Array.from({ length: count }, () => stream.u32());
}

test("the generator is sfc32: the same words as its published code in 64-bit arithmetic", () => {
  const pool = Int32Array.of(-5, 77, 0x12345678, 1);
  let [a, b, c, counter] = [2n ** 32n - 5n, 77n, 0x12345678n, 1n];
  const word = 2n ** 32n - 1n;
  for (let i = 0; i < 1000; i++) {
    const value = (a + b + counter) & word;
    counter = (counter + 1n) & word;
    a = b ^ (b >> 9n);
    b = (c + (c << 3n)) & word;
    c = ((((c << 21n) & word) | (c >> 11n)) + value) & word;
    expect(drawU32(pool, 0)).toBe(Number(value));
  }
});

test("the same seed and name give the same values, another seed or name others", () => {
  const first = draws(new RandomStream("7", "network"), 100);
  expect(draws(new RandomStream("7", "network"), 100)).toEqual(first);
  for (const [seed, name] of [
    ["8", "network"],
    ["7", "networl"],
    ["7/n", "etwork"],
  ] as const) {
    const other = draws(new RandomStream(seed, name), 100);
    expect(other.filter((value) => first.includes(value))).toEqual([]);
  }
});

test("streams in a pool are those outside, and do not disturb one another", () => {
  const pool = new Int32Array(3 * STREAM_WORDS);
  for (let i = 0; i < 3; i++) seedStream(pool, i * STREAM_WORDS, "7", `peer/${i}`);
  const alone = draws(new RandomStream("7", "peer/1"), 50);
  const together = alone.map(() => {
    drawU32(pool, 0);
    drawU32(pool, 2 * STREAM_WORDS);
    return drawU32(pool, STREAM_WORDS);
  });
  expect(together).toEqual(alone);
});

test("below is even, for bounds that do not divide 2^32 too", () => {
  const throws = new RandomStream("1", "dice");
  const seen = [0, 0, 0, 0, 0, 0];
  for (let i = 0; i < 60_000; i++) {
    const side = throws.below(6);
    seen[side] = (seen[side] as number) + 1;
  }
  for (const count of seen) expect(Math.abs(count - 10_000)).toBeLessThan(500);
  expect(throws.below(1)).toBe(0);
  // A quarter of all draws lie above the largest multiple of this bound and must be drawn again.
  const bound = 3 * 2 ** 30;
  let upper = 0;
  for (let i = 0; i < 3000; i++) if (throws.below(bound) >= bound / 2) upper++;
  expect(Math.abs(upper - 1500)).toBeLessThan(170);
});

test("texts that differ in one place differ everywhere", () => {
  const hashes = new Set(Array.from({ length: 20_000 }, (_, i) => hashText(`peer/${i}`, 0)));
  expect(hashes.size).toBeGreaterThan(19_990);
});
