// What somebody may cause: so much at once, and so much a second on average.
import type { Millis } from "../../../host/host.ts";

export class Budget {
  private left: number;
  private at: Millis;
  private readonly burst: number;
  private readonly perSecond: number;

  constructor(now: Millis, burst: number, perSecond: number) {
    this.left = burst;
    this.at = now;
    this.burst = burst;
    this.perSecond = perSecond;
  }

  /** Whether there is so much left. */
  has(now: Millis, cost = 1): boolean {
    this.left = Math.min(this.burst, this.left + ((now - this.at) * this.perSecond) / 1000);
    this.at = now;
    return this.left >= cost;
  }

  /** False: it is used up, and nothing is taken. */
  take(now: Millis, cost = 1): boolean {
    if (!this.has(now, cost)) return false;
    this.left -= cost;
    return true;
  }
}
