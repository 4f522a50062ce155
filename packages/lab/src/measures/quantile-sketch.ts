// Quantiles of numbers that come one by one, in bounded memory and without chance: a histogram whose bins follow the bits of
// the number. Every octave (1 to 2, 2 to 4, …) has 2048 bins of equal width, so
//  - whole numbers below 4096, and any number of twelve significant bits, are kept exactly;
//  - any other is counted as the lower end of its bin: too small by less than 1 part in 2048 (0.05 %).
// Bins are found from the bits, not by a logarithm, so every engine fills the same ones; two sketches add up exactly.
// Numbers below 2^-32 count as 0, those from 2^48 on as the largest below it (but `max` is kept). An octave takes 16 KB when
// its first number comes; all 80 together 1.3 MB.
import { assert } from "@servent/overlay/base/assert.ts";

const BINS_BITS = 11;
const BINS = 2 ** BINS_BITS;

const EXPONENT_MIN = -32;
const EXPONENT_MAX = 47;
const SMALLEST = 2 ** EXPONENT_MIN;
const TOO_LARGE = 2 ** (EXPONENT_MAX + 1);
const EXPONENT_BIAS = 1023;

/** A view, not a typed array: those have the byte order of the machine. */
const bits = new DataView(new ArrayBuffer(8));

export class QuantileSketch {
  private readonly octaves = new Map<number, Float64Array>();
  private zeros = 0;
  private n = 0;
  private total = 0;
  private smallest = Number.POSITIVE_INFINITY;
  private largest = Number.NEGATIVE_INFINITY;

  /** Counts a number of 0 or more, `times` times. */
  add(value: number, times = 1): void {
    assert(value >= 0 && value < Number.POSITIVE_INFINITY, "a sketch takes numbers of 0 or more");
    this.n += times;
    this.total += value * times;
    if (value < this.smallest) this.smallest = value;
    if (value > this.largest) this.largest = value;
    if (value < SMALLEST) {
      this.zeros += times;
      return;
    }
    bits.setFloat64(0, Math.min(value, LARGEST_BINNED));
    const high = bits.getUint32(0);
    const exponent = (high >>> 20) - EXPONENT_BIAS;
    const bin = (high >>> (20 - BINS_BITS)) & (BINS - 1);
    const octave = this.octave(exponent);
    octave[bin] = (octave[bin] as number) + times;
  }

  /** Counts all that the other one did. */
  addAll(other: QuantileSketch): void {
    this.n += other.n;
    this.total += other.total;
    this.zeros += other.zeros;
    this.smallest = Math.min(this.smallest, other.smallest);
    this.largest = Math.max(this.largest, other.largest);
    for (const [exponent, counts] of other.octaves) {
      const octave = this.octave(exponent);
      for (let bin = 0; bin < BINS; bin++) octave[bin] = (octave[bin] as number) + (counts[bin] as number);
    }
  }

  get count(): number {
    return this.n;
  }

  get mean(): number {
    return this.n === 0 ? Number.NaN : this.total / this.n;
  }

  /** Exact; infinite where nothing was added, as `max` is. */
  get min(): number {
    return this.smallest;
  }

  get max(): number {
    return this.largest;
  }

  /** The least number that at least this share of all do not exceed (nearest rank), 0 … 1; NaN where nothing was added. */
  quantile(share: number): number {
    assert(share >= 0 && share <= 1, "a quantile belongs to a share");
    if (this.n === 0) return Number.NaN;
    const rank = Math.max(1, Math.ceil(share * this.n - RANK_ROUNDING));
    if (rank >= this.n) return this.largest;
    let passed = this.zeros;
    if (rank <= passed) return 0;
    for (let exponent = EXPONENT_MIN; exponent <= EXPONENT_MAX; exponent++) {
      const octave = this.octaves.get(exponent);
      if (octave === undefined) continue;
      for (let bin = 0; bin < BINS; bin++) {
        passed += octave[bin] as number;
        if (rank <= passed) return Math.max(this.smallest, lowerEnd(exponent, bin));
      }
    }
    return this.largest;
  }

  private octave(exponent: number): Float64Array {
    const known = this.octaves.get(exponent);
    if (known !== undefined) return known;
    const added = new Float64Array(BINS);
    this.octaves.set(exponent, added);
    return added;
  }
}

/** 0.07 * 100 is a little more than 7, and rank 8 would be wrong. */
const RANK_ROUNDING = 1e-6;

const LARGEST_BINNED = TOO_LARGE * (1 - 2 ** -53);

function lowerEnd(exponent: number, bin: number): number {
  bits.setUint32(0, ((exponent + EXPONENT_BIAS) << 20) | (bin << (20 - BINS_BITS)));
  bits.setUint32(4, 0);
  return bits.getFloat64(0);
}
