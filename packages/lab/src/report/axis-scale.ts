// Where a number stands on an axis, and at which numbers an axis has its ticks.
import { ln } from "../exact-math.ts";
import type { PlotScale } from "../scenario/scenario.ts";

export interface AxisScale {
  readonly ticks: readonly number[];
  /** 0 at the start of the axis, 1 at its end. */
  share(value: number): number;
}

/** An axis that holds all values and ends at ticks. A logarithmic one is linear where a value is not above 0. */
export function axisScale(
  values: readonly number[],
  scale: PlotScale,
  options: { readonly fromZero: boolean },
): AxisScale {
  const finite = values.filter((value) => Number.isFinite(value));
  let least = Math.min(...finite, Number.POSITIVE_INFINITY);
  let most = Math.max(...finite, Number.NEGATIVE_INFINITY);
  if (finite.length === 0) [least, most] = [0, 1];
  if (scale === "log" && least > 0) return logarithmic(least, most);
  if (options.fromZero && least >= 0) least = 0;
  if (least === most) [least, most] = least === 0 ? [0, 1] : [Math.min(0, least), Math.max(0, most)];
  return linear(least, most);
}

/** Ticks that an axis has about. */
const TICKS_WANTED = 6;

function linear(least: number, most: number): AxisScale {
  const step = niceStep((most - least) / TICKS_WANTED);
  const first = Math.floor(least / step + ROUNDING);
  const last = Math.ceil(most / step - ROUNDING);
  const ticks: number[] = [];
  for (let i = first; i <= last; i++) ticks.push(rounded(i * step));
  const [start, end] = [first * step, last * step];
  return { ticks, share: (value) => (value - start) / (end - start) };
}

/** So little of a step is an error of binary numbers: 0.3 / 0.1 is a little less than 3. */
const ROUNDING = 1e-9;

/** The nearest of 1, 2, 5 and 10 times a power of ten. */
function niceStep(step: number): number {
  const power = powerOfTen(step);
  const head = step / power;
  if (head < 1.5) return power;
  if (head < 3.5) return 2 * power;
  return head < 7.5 ? 5 * power : 10 * power;
}

/** From the nearest of 1, 2 and 5 times a power of ten below the values to the nearest above. */
function logarithmic(least: number, most: number): AxisScale {
  const steps: number[] = [];
  for (let power = powerOfTen(least); power <= 10 * most; power *= 10) {
    steps.push(...[1, 2, 5].map((head) => rounded(head * power)));
  }
  const first = steps.findLastIndex((step) => step <= least * (1 + ROUNDING));
  let last = steps.findIndex((step) => step >= most * (1 - ROUNDING));
  if (last === first) last++;
  const within = steps.slice(first, last + 1);
  const [start, end] = [within[0] as number, within.at(-1) as number];
  // Several decades have no room for more than their powers.
  const decades = within.filter((step) => powerOfTen(step) === step);
  const width = ln(end) - ln(start);
  return {
    ticks: decades.length > 3 ? decades : within,
    share: (value) => (value > 0 ? (ln(value) - ln(start)) / width : 0),
  };
}

/** The largest power of ten that is not above the number. By steps: Math.log10 differs between engines. */
function powerOfTen(value: number): number {
  let power = 1;
  while (power > value && power > 1e-300) power /= 10;
  while (power * 10 <= value && power < 1e300) power *= 10;
  return rounded(power);
}

/** Without the rounding errors of many steps. */
function rounded(value: number): number {
  return Number(value.toPrecision(12));
}
