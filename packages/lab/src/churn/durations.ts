// How long peers stay and how long they stay away. A population that has lived for a long time is met in the middle of its
// sessions, more often in long ones: `drawResidual` gives what is left of a session met at a random instant (the equilibrium
// distribution). To start every session at time 0 instead would bias a heavy-tailed run for hours of virtual time.
import { assert } from "@servent/overlay/base/assert.ts";
import type { Millis } from "@servent/overlay/host/host.ts";
import type { RandomStream } from "../engine/random.ts";
import { gamma, power } from "../exact-math.ts";
import { exponentialDraw, gammaDraw, openUniform, uniform53 } from "../random-draws.ts";

export interface Durations {
  readonly meanMs: Millis;
  /** A whole duration. */
  draw(random: RandomStream): Millis;
  /** What is left of the one that holds at a random instant. */
  drawResidual(random: RandomStream): Millis;
}

/** No memory: what is left is distributed as the whole. */
export function exponential(meanMs: Millis): Durations {
  assert(meanMs > 0, "a mean duration is above 0");
  const draw = (random: RandomStream): Millis => meanMs * exponentialDraw(random);
  return { meanMs, draw, drawResidual: draw };
}

/** P(longer than x) = exp(-(x / scale)^shape). Shapes of 0.4 to 0.6 fit measured sessions (Stutzbach and Rejaie 2006). */
export function weibull(shape: number, meanMs: Millis): Durations {
  assert(shape >= SHAPE_LEAST && meanMs > 0, "shape and mean are above 0");
  const scaleMs = meanMs / gamma(1 + 1 / shape);
  return {
    meanMs,
    draw: (random) => scaleMs * power(exponentialDraw(random), 1 / shape),
    // A session met at random is as long as x with density x f(x) / mean; then (x / scale)^shape has a gamma distribution
    // with shape 1 + 1 / shape. The instant lies anywhere in it.
    drawResidual: (random) => scaleMs * power(gammaDraw(1 + 1 / shape, random), 1 / shape) * uniform53(random),
  };
}

/** P(longer than x) = (1 + x / scale)^-alpha, shifted to begin at 0; alpha above 1, or there is no mean. */
export function pareto(alpha: number, meanMs: Millis): Durations {
  assert(alpha > 1 && meanMs > 0, "alpha is above 1 and the mean above 0");
  const scaleMs = meanMs * (alpha - 1);
  const tail = (random: RandomStream, exponent: number): Millis =>
    scaleMs * (power(openUniform(random), -1 / exponent) - 1);
  return {
    meanMs,
    draw: (random) => tail(random, alpha),
    // The integral of the tail is again such a tail, with exponent alpha - 1.
    drawResidual: (random) => tail(random, alpha - 1),
  };
}

/** One of the given durations, each as likely. */
export function empirical(durationsMs: Float64Array): Durations {
  assert(durationsMs.length > 0, "there is a duration to draw");
  const ends = new Float64Array(durationsMs.length);
  let totalMs = 0;
  for (const [i, ms] of durationsMs.entries()) {
    assert(ms > 0, "a duration is above 0");
    totalMs += ms;
    ends[i] = totalMs;
  }
  return {
    meanMs: totalMs / durationsMs.length,
    draw: (random) => durationsMs[random.below(durationsMs.length)] as Millis,
    // An instant of all of them laid end to end.
    drawResidual: (random) => {
      const atMs = totalMs * uniform53(random);
      return (ends[firstAbove(ends, atMs)] as Millis) - atMs;
    },
  };
}

/** Weibull shapes below have a mean that is astronomically far from the median. */
export const SHAPE_LEAST = 0.1;

/** Where the first number above `value` stands in sorted ones; the last, where there is none. */
function firstAbove(sorted: Float64Array, value: number): number {
  let low = 0;
  let high = sorted.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] as number) > value) high = middle;
    else low = middle + 1;
  }
  return low;
}
