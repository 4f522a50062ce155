// How long a message is on its way. A model draws the same number of random values for every message.
import type { Address, Millis } from "@servent/overlay/host/host.ts";
import { assert } from "@servent/overlay/base/assert.ts";
import type { RandomStream } from "../engine/random.ts";

/** Milliseconds from one peer to another; the world rounds up, to at least 1. */
export type Latency = (from: Address, to: Address, random: RandomStream) => Millis;

/** No message is on its way for longer than a day, whatever a model with a long tail draws. */
export const LATENCY_MS_MAX = 86_400_000;

export function constant(ms: Millis): Latency {
  return () => ms;
}

/** Every whole number from `least` to `most` is as likely. */
export function uniform(least: Millis, most: Millis): Latency {
  assert(least <= most, "least is at most most");
  return (_from, _to, random) => least + random.below(most - least + 1);
}
