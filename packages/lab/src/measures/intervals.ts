// How far to trust a mean or a share: 95 % confidence intervals. Only + - * / and Math.sqrt, so they are the same everywhere.
import { assert } from "@servent/overlay/base/assert.ts";
import { RunningMean } from "./running-mean.ts";

export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** What several seeds say of one value. */
export interface Estimate {
  readonly count: number;
  readonly mean: number;
  readonly min: number;
  readonly max: number;
  /** Of the seeds' values; NaN below two. */
  readonly standardDeviation: number;
  /** Where the mean of endlessly many seeds lies, at 95 %; undefined below two seeds. */
  readonly interval: Interval | undefined;
}

/** Mean and interval (Student) of independent values; at least one. */
export function estimate(values: readonly number[]): Estimate {
  assert(values.length > 0, "an estimate has values");
  const running = new RunningMean();
  for (const value of values) running.add(value);
  const { count, mean, min, max, standardDeviation } = running;
  if (count < 2) return { count, mean, min, max, standardDeviation, interval: undefined };
  const reach = (studentT(count - 1) * standardDeviation) / Math.sqrt(count);
  return { count, mean, min, max, standardDeviation, interval: { low: mean - reach, high: mean + reach } };
}

/**
 * The interval of a share after `hits` of `tries` (Wilson's score): unlike the plain one it stays within 0 … 1 and says
 * something when nothing, or everything, was hit.
 */
export function shareInterval(hits: number, tries: number): Interval {
  assert(tries > 0 && hits >= 0 && hits <= tries, "hits are among the tries");
  const share = hits / tries;
  const z2 = NORMAL_95 * NORMAL_95;
  const middle = (share + z2 / (2 * tries)) / (1 + z2 / tries);
  const reach = (NORMAL_95 / (1 + z2 / tries)) * Math.sqrt((share * (1 - share)) / tries + z2 / (4 * tries * tries));
  return { low: hits === 0 ? 0 : middle - reach, high: hits === tries ? 1 : middle + reach };
}

/** The value that |t| of Student's distribution stays below with probability 0.95. */
export function studentT(degreesOfFreedom: number): number {
  assert(degreesOfFreedom >= 1, "an interval needs two values");
  const tabled = STUDENT_95[degreesOfFreedom - 1];
  if (tabled !== undefined) return tabled;
  // The Cornish-Fisher expansion (Abramowitz and Stegun 26.7.5); beyond the table its error is below 1e-6.
  const z = NORMAL_95;
  const z2 = z * z;
  const v = degreesOfFreedom;
  const first = (z * (z2 + 1)) / 4;
  const second = (z * ((5 * z2 + 16) * z2 + 3)) / 96;
  const third = (z * (((3 * z2 + 19) * z2 + 17) * z2 - 15)) / 384;
  const fourth = (z * ((((79 * z2 + 776) * z2 + 1482) * z2 - 1920) * z2 - 945)) / 92160;
  return z + (first + (second + (third + fourth / v) / v) / v) / v;
}

const NORMAL_95 = 1.959963984540054;

/** For 1 to 30 degrees of freedom. */
const STUDENT_95 = [
  12.706204736, 4.30265273, 3.182446305, 2.776445105, 2.570581836, 2.446911851, 2.364624252, 2.306004135, 2.262157163,
  2.228138852, 2.20098516, 2.17881283, 2.160368656, 2.144786688, 2.131449546, 2.119905299, 2.109815578, 2.10092204,
  2.093024054, 2.085963447, 2.079613845, 2.073873068, 2.06865761, 2.063898562, 2.059538553, 2.055529439, 2.051830516,
  2.048407142, 2.045229642, 2.042272456,
];
