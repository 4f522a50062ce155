// Latencies that know nothing of the two peers: drawn anew for every message. `latency.ts` has the simplest two.
import { assert } from "@servent/overlay/base/assert.ts";
import type { Millis } from "@servent/overlay/host/host.ts";
import { exp } from "../exact-math.ts";
import { exponentialDraw, normalDraw } from "../random-draws.ts";
import { LATENCY_MS_MAX, type Latency } from "./latency.ts";

/** Exponentially distributed with mean `meanMs`, milliseconds one way. Chord's simulations (ToN 2003) have a mean of 50 ms. */
export function exponential(meanMs: Millis): Latency {
  assert(meanMs >= 0, "a mean latency is not negative");
  return (_from, _to, random) => Math.min(meanMs * exponentialDraw(random), LATENCY_MS_MAX);
}

/**
 * Half of the messages take less than `medianMs` (milliseconds one way); its logarithm is normal with standard deviation
 * `sigma`, so the mean is exp(sigma^2 / 2) times the median.
 */
export function lognormal(medianMs: Millis, sigma: number): Latency {
  assert(medianMs >= 0 && sigma >= 0, "neither median nor sigma is negative");
  return (_from, _to, random) => Math.min(medianMs * exp(sigma * normalDraw(random)), LATENCY_MS_MAX);
}

/** The sum of two: where the peers are, and the jitter of each message. Both draw every time. */
export function sum(base: Latency, jitter: Latency): Latency {
  return (from, to, random) => base(from, to, random) + jitter(from, to, random);
}
