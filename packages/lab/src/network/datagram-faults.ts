// What can happen to a datagram on its way: it is lost, it arrives twice, it is held up so that later ones overtake it. One object
// serves all peers. Every datagram takes the same number of random values, whatever happens to it, so turning one fault on shifts
// no other.
import { assert } from "@servent/overlay/base/assert.ts";
import type { Millis } from "@servent/overlay/host/host.ts";
import type { RandomStream } from "../engine/random.ts";
import { ln } from "../exact-math.ts";

/** Bits of a fate; 0 is a datagram that arrives once and in time. A lost one has no other bit. */
export const LOST = 1;
export const DUPLICATED = 2;
export const DELAYED = 4;

/**
 * A distribution by its quantiles: what a share of all delays (above 0, below 1) stays below. So the random value is drawn for
 * every datagram, and the delay computed for the few that have one.
 */
export type ExtraDelay = (share: number) => Millis;

/** Exponentially distributed. */
export function exponentialDelay(meanMs: Millis): ExtraDelay {
  assert(meanMs >= 0, "a mean delay is not negative");
  return (share) => -meanMs * ln(1 - share);
}

export interface DatagramFaultOptions {
  /** Shares of all datagrams, 0 … 1; 0 where absent. */
  readonly loss?: number;
  readonly duplication?: number;
  readonly reordering?: number;
  /** How long a delayed datagram is held up, and how long after the original a copy comes; with mean 100 ms where absent. */
  readonly extraDelay?: ExtraDelay;
}

export class DatagramFaults {
  /** Of the last fate: what a delayed datagram takes longer; 0 where it is not delayed. */
  extraMs: Millis = 0;
  /** Of the last fate: how long after the original the copy arrives; 0 where there is none. */
  copyAfterMs: Millis = 0;

  private readonly lossBelow: number;
  private readonly duplicationBelow: number;
  private readonly reorderingBelow: number;
  private readonly extraDelay: ExtraDelay;

  constructor({
    loss = 0,
    duplication = 0,
    reordering = 0,
    extraDelay = exponentialDelay(EXTRA_MS),
  }: DatagramFaultOptions) {
    this.lossBelow = limitOf(loss);
    this.duplicationBelow = limitOf(duplication);
    this.reorderingBelow = limitOf(reordering);
    this.extraDelay = extraDelay;
  }

  /** The fate of the next datagram as bits; `extraMs` and `copyAfterMs` belong to it until the next is drawn. */
  drawFate(random: RandomStream): number {
    const isLost = random.u32() < this.lossBelow;
    const isDuplicated = random.u32() < this.duplicationBelow && !isLost;
    const isDelayed = random.u32() < this.reorderingBelow && !isLost;
    const copyShare = shareOf(random.u32());
    const extraShare = shareOf(random.u32());
    this.copyAfterMs = isDuplicated ? this.extraDelay(copyShare) : 0;
    this.extraMs = isDelayed ? this.extraDelay(extraShare) : 0;
    return (isLost ? LOST : 0) | (isDuplicated ? DUPLICATED : 0) | (isDelayed ? DELAYED : 0);
  }
}

/** A draw of 32 bits below this happens with probability `share`. */
function limitOf(share: number): number {
  assert(share >= 0 && share <= 1, "a share lies between 0 and 1");
  return share * 2 ** 32;
}

/** Longer than most ways, so that a delayed datagram is really overtaken. */
const EXTRA_MS = 100;

/** The middle of the interval that a draw of 32 bits stands for: never 0 and never 1. */
function shareOf(draw: number): number {
  return (draw + 0.5) / 2 ** 32;
}
