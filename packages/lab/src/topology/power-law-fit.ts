// Which power law a set of degrees follows, if one: the estimate of largest likelihood for whole numbers (A. Clauset, C. R.
// Shalizi, M. E. J. Newman, Power-law distributions in empirical data, SIAM Review 2009, section 3).
//
// For P(k) = k^-a / zeta(a, x) with k >= x, where zeta(a, x) is the sum of (x + i)^-a over i >= 0, the logarithm of the likelihood
// of n degrees is   L(a) = -n ln zeta(a, x) - a (sum of ln k).   It has one maximum, which is searched for. Fitting a straight line
// to a plot of logarithms instead gives a wrong exponent.
import { assert } from "@servent/overlay/base/assert.ts";
import { exp, ln, power } from "../exact-math.ts";
import { degreesOf, type Graph } from "./graph.ts";

export interface PowerLawFit {
  readonly exponent: number;
  /** The law holds from this degree on. */
  readonly least: number;
  /** Nodes that it holds for. */
  readonly nodes: number;
  /** One standard error of the exponent, (exponent - 1) / sqrt(nodes). */
  readonly error: number;
  /** The greatest distance of the two distribution functions (Kolmogorov and Smirnov): small where the law fits. */
  readonly distance: number;
}

/** Nodes of each degree, from 0 up to the highest there is. */
export function degreeCounts(graph: Graph): number[] {
  const counts: number[] = [0];
  for (const degree of degreesOf(graph)) {
    while (counts.length <= degree) counts.push(0);
    counts[degree] = (counts[degree] as number) + 1;
  }
  return counts;
}

/**
 * The law from degree `least` on. Without it the degree is taken from which the law fits best: that with the smallest distance,
 * as long as LEAST_NODES nodes are left. Nothing where fewer nodes, or only one degree, are left.
 */
export function fitPowerLaw(counts: readonly number[], least?: number): PowerLawFit | undefined {
  if (least !== undefined) return fitFrom(counts, least);
  let best: PowerLawFit | undefined;
  for (let degree = 1; degree < counts.length && degree <= LEAST_MOST; degree++) {
    if (counts[degree] === 0) continue;
    const fit = fitFrom(counts, degree);
    if (fit === undefined) break;
    if (best === undefined || fit.distance < best.distance) best = fit;
  }
  return best;
}

/** Below so many nodes an exponent says nothing. */
export const LEAST_NODES = 50;

/** A law that begins later is not looked for. */
export const LEAST_MOST = 200;

const EXPONENT_LEAST = 1.01;
const EXPONENT_MOST = 20;

function fitFrom(counts: readonly number[], least: number): PowerLawFit | undefined {
  assert(least >= 1, "a power law begins at 1 at the earliest");
  let [nodes, logs, kinds] = [0, 0, 0];
  for (let degree = least; degree < counts.length; degree++) {
    const count = counts[degree] as number;
    if (count === 0) continue;
    nodes += count;
    logs += count * ln(degree);
    kinds++;
  }
  if (nodes < LEAST_NODES || kinds < 2) return undefined;
  const exponent = highest((a) => -nodes * ln(hurwitzZeta(a, least)) - a * logs, EXPONENT_LEAST, EXPONENT_MOST);
  const error = (exponent - 1) / Math.sqrt(nodes);
  return { exponent, least, nodes, error, distance: distanceFrom(counts, least, nodes, exponent) };
}

function distanceFrom(counts: readonly number[], least: number, nodes: number, exponent: number): number {
  const total = hurwitzZeta(exponent, least);
  let [found, expected, greatest] = [0, 0, 0];
  for (let degree = least; degree < counts.length; degree++) {
    found += (counts[degree] as number) / nodes;
    expected += exp(-exponent * ln(degree)) / total;
    greatest = Math.max(greatest, Math.abs(found - expected));
  }
  return greatest;
}

/** Where a function with a single maximum has it: the range shrinks by the golden section. */
function highest(f: (x: number) => number, from: number, to: number): number {
  const golden = (Math.sqrt(5) - 1) / 2;
  let [low, high] = [from, to];
  let [left, right] = [high - golden * (high - low), low + golden * (high - low)];
  let [atLeft, atRight] = [f(left), f(right)];
  // 60 steps shrink it by 3e-13; the likelihood itself is flat within about 1e-7.
  for (let step = 0; step < 60; step++) {
    if (atLeft < atRight) {
      low = left;
      [left, atLeft] = [right, atRight];
      right = low + golden * (high - low);
      atRight = f(right);
    } else {
      high = right;
      [right, atRight] = [left, atLeft];
      left = high - golden * (high - low);
      atLeft = f(left);
    }
  }
  return (low + high) / 2;
}

/** The sum of (q + i)^-s over i >= 0, for s > 1 and q >= 1: ten terms, and Euler and Maclaurin's formula for the others. */
export function hurwitzZeta(s: number, q: number): number {
  let sum = 0;
  for (let i = 0; i < 10; i++) sum += power(q + i, -s);
  const x = q + 10;
  const last = power(x, -s);
  const square = 1 / (x * x);
  const third = ((s + 1) * (s + 2) * square) / 60;
  const fifth = ((s + 1) * (s + 2) * (s + 3) * (s + 4) * square * square) / 2520;
  return sum + last * (x / (s - 1) + 0.5 + (s / (12 * x)) * (1 - third + fifth));
}
