// What somebody may cause: so much at once, and so much a second on average. Times are milliseconds of a clock that only goes forward.

export class Budget {
  private left: number;
  private at: number;
  private readonly burst: number;
  private readonly perSecond: number;

  constructor(now: number, burst: number, perSecond: number) {
    this.left = burst;
    this.at = now;
    this.burst = burst;
    this.perSecond = perSecond;
  }

  /** Whether there is so much left. */
  has(now: number, cost = 1): boolean {
    this.left = Math.min(this.burst, this.left + ((now - this.at) * this.perSecond) / 1000);
    this.at = now;
    return this.left >= cost;
  }

  /** False: it is used up, and nothing is taken. */
  take(now: number, cost = 1): boolean {
    if (!this.has(now, cost)) return false;
    this.left -= cost;
    return true;
  }

  /** What was taken was not used after all. */
  giveBack(cost = 1): void {
    this.left = Math.min(this.burst, this.left + cost);
  }

  /** Milliseconds until there will be so much, if nothing is taken; 0: it is there. A cost beyond the burst never is. */
  waitMs(now: number, cost = 1): number {
    return this.has(now, cost) ? 0 : Math.ceil(((cost - this.left) * 1000) / this.perSecond);
  }
}
