// Mean and variance of numbers that come one by one (Welford's method): nothing is kept but three numbers, and no sum of
// squares cancels. The same numbers in the same order give the same bits everywhere.

export class RunningMean {
  private n = 0;
  private average = 0;
  /** Sum of the squared distances from the mean. */
  private squares = 0;
  private smallest = Number.POSITIVE_INFINITY;
  private largest = Number.NEGATIVE_INFINITY;

  add(value: number): void {
    this.n++;
    const distance = value - this.average;
    this.average += distance / this.n;
    this.squares += distance * (value - this.average);
    if (value < this.smallest) this.smallest = value;
    if (value > this.largest) this.largest = value;
  }

  get count(): number {
    return this.n;
  }

  /** NaN where nothing was added. */
  get mean(): number {
    return this.n === 0 ? Number.NaN : this.average;
  }

  /** Of the sample (divided by one less than the count); NaN below two values. */
  get variance(): number {
    return this.n < 2 ? Number.NaN : this.squares / (this.n - 1);
  }

  get standardDeviation(): number {
    return Math.sqrt(this.variance);
  }

  /** Infinite where nothing was added. */
  get min(): number {
    return this.smallest;
  }

  get max(): number {
    return this.largest;
  }
}
