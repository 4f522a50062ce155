// Degrees drawn from a law, for the configuration model: a power law, and the two regimes of Gnutella in 2001.
import { assert } from "@servent/overlay/base/assert.ts";
import type { RandomStream } from "../engine/random.ts";
import { ln, power, exp } from "../exact-math.ts";
import { uniform53 } from "../random-draws.ts";
import type { Graph } from "./graph.ts";
import { firstSimple } from "./random-graphs.ts";

/** The share of nodes with each degree, from `least` on. */
export interface DegreeLaw {
  readonly least: number;
  /** Running sums of the shares; the last is 1. */
  readonly upTo: Float64Array;
  readonly mean: number;
}

/**
 * P(degree k) is proportional to k^-exponent for `least` <= k <= `most`. Gnutella in November 2000: about 2.3 (Ripeanu, and
 * Saroiu for 2001).
 */
export function powerLaw(exponent: number, least: number, most: number): DegreeLaw {
  return lawOf(least, most, (degree) => exp(-exponent * ln(degree)));
}

/**
 * Gnutella in 2001 (Ripeanu, Foster and Iamnitchi): almost as many nodes of each degree up to `knee`, about 10, and above it a
 * power law. P(k) is proportional to k^-head up to the knee and to k^-exponent above, continuous at the knee; `head` is chosen
 * so that the mean degree is right, and is 0 where the head is really flat.
 *
 * The published 3.4 connections per host fit that picture only as links per host, and a link has two ends: a flat head up to 10
 * has a mean degree of 5.5 by itself. With a mean of 6.8 and exponent 3.5 the head is nearly flat (0.5); with a mean of 3.4 it is
 * steep (1.5). Nothing where no head gives the mean.
 */
export function twoRegimes(meanDegree: number, exponent: number, knee: number, most: number): DegreeLaw | undefined {
  const law = (head: number): DegreeLaw =>
    lawOf(1, most, (degree) => exp(-head * ln(Math.min(degree, knee)) - exponent * ln(Math.max(1, degree / knee))));
  // The mean falls as the head becomes steeper.
  let [low, high] = [HEAD_LEAST, HEAD_MOST];
  if (law(low).mean < meanDegree || law(high).mean > meanDegree) return undefined;
  for (let step = 0; step < 50; step++) {
    const middle = (low + high) / 2;
    if (law(middle).mean > meanDegree) low = middle;
    else high = middle;
  }
  return law((low + high) / 2);
}

/** The largest degree that one of `nodes` nodes of a power law is likely to have: nodes^(1 / (exponent - 1)) times the least. */
export function naturalCutoff(nodes: number, exponent: number, least: number): number {
  const cutoff = exponent > 1 ? least * power(nodes, 1 / (exponent - 1)) : nodes;
  return Math.max(least, Math.min(nodes - 1, Math.floor(cutoff)));
}

/** A simple graph whose degrees follow the law. Nothing where none was found. */
export function graphOfLaw(law: DegreeLaw, nodes: number, random: RandomStream): Graph | undefined {
  assert(law.least + law.upTo.length - 1 < nodes, "a degree is below the number of nodes");
  // Degrees that are all the same may be odd; then no further draw would help.
  if (law.upTo.length === 1 && (law.least * nodes) % 2 === 1) return undefined;
  return firstSimple(() => drawDegrees(law, nodes, random), random);
}

export function drawDegrees(law: DegreeLaw, nodes: number, random: RandomStream): Int32Array {
  const degrees = new Int32Array(nodes).map(() => drawDegree(law, random));
  let total = degrees.reduce((sum, degree) => sum + degree, 0);
  // Every edge has two ends: one node draws again until the sum is even.
  for (let tries = 0; total % 2 === 1; tries++) {
    assert(tries < PARITY_TRIES_MAX, "the law has both even and odd degrees");
    const node = random.below(nodes);
    total -= degrees[node] as number;
    degrees[node] = drawDegree(law, random);
    total += degrees[node];
  }
  return degrees;
}

function drawDegree({ least, upTo }: DegreeLaw, random: RandomStream): number {
  const share = uniform53(random);
  let low = 0;
  let high = upTo.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((upTo[middle] as number) > share) high = middle;
    else low = middle + 1;
  }
  return least + low;
}

function lawOf(least: number, most: number, weight: (degree: number) => number): DegreeLaw {
  assert(least >= 1 && most >= least, "degrees begin at 1 and do not end before they begin");
  const upTo = new Float64Array(most - least + 1);
  let total = 0;
  let moment = 0;
  for (let i = 0; i < upTo.length; i++) {
    const share = weight(least + i);
    total += share;
    moment += share * (least + i);
    upTo[i] = total;
  }
  for (let i = 0; i < upTo.length; i++) upTo[i] = (upTo[i] as number) / total;
  return { least, upTo, mean: moment / total };
}

/** Slopes of the head that still make sense: rising as fast as k^3, or falling faster than any tail. */
const HEAD_LEAST = -3;
const HEAD_MOST = 8;

/** Half of the redraws change the parity, so a thousand fail once in 2^1000 runs. */
const PARITY_TRIES_MAX = 1000;
