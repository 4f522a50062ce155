// How often we may be sent to call somebody. Whoever runs an index server can name any address to us; where nobody waits for our
// call, we come only so often. A call that is greeted costs nothing: a firewalled user gives all his files by such calls.
import { Budget } from "@servent/overlay/base/budget.ts";

/** Calls that nobody greets: in all, so that we are no part of a flood, and to one host, which may be down for a moment. */
const CALLS_PER_MINUTE = 30;
const CALLS_TO_HOST_PER_MINUTE = 3;
/** Hosts remembered: at that rate, several minutes of them, and a minute is all that counts. */
const HOSTS_MAX = 256;

export class CallRations {
  private readonly now: () => number;
  private readonly all: Budget;
  /** The one called longest ago first. */
  private readonly hosts = new Map<string, Budget>();

  /** @param now Milliseconds of a clock that only goes forward. */
  constructor(now: () => number = () => performance.now()) {
    this.now = now;
    this.all = perMinute(now(), CALLS_PER_MINUTE);
  }

  /** False: it must not be called now. */
  take(host: string): boolean {
    const now = this.now();
    const budget = this.hosts.get(host) ?? perMinute(now, CALLS_TO_HOST_PER_MINUTE);
    if (!budget.has(now) || !this.all.take(now)) return false;
    budget.take(now);
    this.hosts.delete(host);
    this.hosts.set(host, budget);
    if (this.hosts.size > HOSTS_MAX) this.hosts.delete(this.hosts.keys().next().value as string);
    return true;
  }

  /** The call was awaited there. */
  giveBack(host: string): void {
    this.all.giveBack();
    this.hosts.get(host)?.giveBack();
  }
}

function perMinute(now: number, calls: number): Budget {
  return new Budget(now, calls, calls / 60);
}
