// How much each host may ask for: a budget each. Two generations of hosts, so that nothing is scanned and strangers cannot fill
// the memory.
import { Budget } from "./budget.ts";

export interface RationsOptions {
  /** What a host may take at once. */
  readonly burst: number;
  /** … and on average. */
  readonly perSecond: number;
  /** Hosts of one generation; at most twice as many are remembered. */
  readonly hostsMax: number;
}

export class Rations {
  private readonly options: RationsOptions;
  private young = new Map<number, Budget>();
  private old = new Map<number, Budget>();

  constructor(options: RationsOptions) {
    this.options = options;
  }

  /** Takes so much for this host (`hostOf`). 0: it was there; else the milliseconds until it will be, and nothing is taken. */
  take(host: number, now: number, cost: number): number {
    const budget = this.budget(host, now);
    return budget.take(now, cost) ? 0 : budget.waitMs(now, cost);
  }

  private budget(host: number, now: number): Budget {
    const known = this.young.get(host);
    if (known !== undefined) return known;
    const { burst, perSecond, hostsMax } = this.options;
    const budget = this.old.get(host) ?? new Budget(now, burst, perSecond);
    if (this.young.size >= hostsMax) {
      this.old = this.young;
      this.young = new Map();
    }
    this.young.set(host, budget);
    return budget;
  }
}
