// Draws from the usual distributions. Each takes a fixed number of values from the stream, two where nothing else is said,
// so what is drawn later does not depend on what came out earlier.
import { assert } from "@servent/overlay/base/assert.ts";
import type { RandomStream } from "./engine/random.ts";
import { ln, normalQuantile } from "./exact-math.ts";

/** Every multiple of 2^-53 from 0 up to, but not including, 1 is as likely. */
export function uniform53(random: RandomStream): number {
  const high = random.u32() >>> 5;
  const low = random.u32() >>> 6;
  return (high * 67_108_864 + low) / 9_007_199_254_740_992;
}

/** Between 0 and 1 and never either. */
export function openUniform(random: RandomStream): number {
  // The midpoint of the interval that a draw stands for; the last of them would round to 1.
  return Math.min((uniform53(random) * 9_007_199_254_740_992 + 0.5) / 9_007_199_254_740_992, LARGEST_BELOW_1);
}

/** Exponentially distributed, with mean 1. */
export function exponentialDraw(random: RandomStream): number {
  return -ln(openUniform(random));
}

/** Normally distributed, with mean 0 and standard deviation 1. */
export function normalDraw(random: RandomStream): number {
  return normalQuantile(openUniform(random));
}

/** Gamma distributed with this shape, 1 or more, and scale 1 (Marsaglia and Tsang 2000). Four draws, seldom more. */
export function gammaDraw(shape: number, random: RandomStream): number {
  assert(shape >= 1, "this method is for shapes of 1 and more");
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const normal = normalDraw(random);
    const chance = openUniform(random);
    const root = 1 + c * normal;
    const cube = root * root * root;
    if (cube > 0 && ln(chance) < 0.5 * normal * normal + d * (1 - cube + ln(cube))) return d * cube;
  }
}

/** Puts the values into random order: every order is as likely. One draw for each value, seldom more. */
export function shuffle(values: Int32Array, random: RandomStream): void {
  for (let i = values.length - 1; i > 0; i--) {
    const j = random.below(i + 1);
    const kept = values[i] as number;
    values[i] = values[j] as number;
    values[j] = kept;
  }
}

const LARGEST_BELOW_1 = 1 - 1 / 9_007_199_254_740_992;
