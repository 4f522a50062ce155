// How often each whole number came: hops, degrees, tries. And how far two such distributions are from each other.
import { assert } from "@servent/overlay/base/assert.ts";
import type { Table } from "../experiments/program.ts";

/** Larger numbers are no small counts; they belong into a quantile sketch. */
const VALUE_MAX = 1_000_000;

export class WholeCounts {
  private counts = new Float64Array(64);
  private n = 0;
  private top = -1;

  /** Counts a whole number, 0 … 1,000,000, `times` times. */
  add(value: number, times = 1): void {
    assert(Number.isInteger(value) && value >= 0 && value <= VALUE_MAX, "only small whole numbers are counted");
    if (value >= this.counts.length) this.grow(value);
    this.counts[value] = (this.counts[value] as number) + times;
    this.n += times;
    if (value > this.top) this.top = value;
  }

  get total(): number {
    return this.n;
  }

  /** The largest number that came, -1 where none did. */
  get largest(): number {
    return this.top;
  }

  of(value: number): number {
    return this.counts[value] ?? 0;
  }

  get mean(): number {
    let sum = 0;
    for (let value = 0; value <= this.top; value++) sum += value * (this.counts[value] as number);
    return this.n === 0 ? Number.NaN : sum / this.n;
  }

  /** The share of each number from 0 to the largest. */
  shares(): number[] {
    return Array.from(this.counts.subarray(0, this.top + 1), (count) => count / this.n);
  }

  /** A row for each number from the least to the largest that came. */
  table(name: string): Table {
    const rows: number[][] = [];
    for (let value = 0; value <= this.top; value++) {
      const count = this.counts[value] as number;
      if (rows.length > 0 || count > 0) rows.push([value, count, count / this.n]);
    }
    return { columns: [name, "count", "share"], rows };
  }

  private grow(value: number): void {
    const larger = new Float64Array(Math.max(value + 1, 2 * this.counts.length));
    larger.set(this.counts);
    this.counts = larger;
  }
}

/**
 * Total variation distance: half the sum of the differences between the shares, 0 (equal) to 1 (nothing in common). Where one
 * list is shorter its further shares are 0.
 */
export function totalVariation(a: readonly number[], b: readonly number[]): number {
  let sum = 0;
  for (let i = 0; i < Math.max(a.length, b.length); i++) sum += Math.abs((a[i] ?? 0) - (b[i] ?? 0));
  return sum / 2;
}
