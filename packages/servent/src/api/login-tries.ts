// Slows down whoever guesses: per address, doubling. This machine itself is only slowed, never shut out.

interface Failures {
  count: number;
  /** When the window of these failures began. */
  since: number;
  last: number;
}

/** Addresses remembered; beyond it the one that failed longest ago is forgotten. */
const ADDRESSES_MAX = 4096;
const FIRST_WAIT_MS = 250;
/** How long an answer to this machine is held back at most. */
const LOOPBACK_WAIT_MS_MAX = 4000;

export class LoginTries {
  private readonly rule: () => { readonly tries: number; readonly windowMs: number };
  private readonly now: () => number;
  private readonly failures = new Map<string, Failures>();

  constructor(rule: () => { readonly tries: number; readonly windowMs: number }, now: () => number) {
    this.rule = rule;
    this.now = now;
  }

  /** Milliseconds until this address may try again; 0: now. */
  refusedFor(address: string): number {
    if (isLoopback(address)) return 0;
    const found = this.failures.get(address);
    return found === undefined ? 0 : Math.max(0, found.last + this.wait(found) - this.now());
  }

  /** Counts a wrong secret; returns how long to hold back the answer. */
  failed(address: string): number {
    const now = this.now();
    const before = this.failures.get(address);
    this.failures.delete(address);
    const isFresh = before === undefined || now - before.since > this.rule().windowMs;
    const found = isFresh ? { count: 1, since: now, last: now } : { ...before, count: before.count + 1, last: now };
    const oldest = this.failures.keys().next().value;
    if (this.failures.size >= ADDRESSES_MAX && oldest !== undefined) this.failures.delete(oldest);
    this.failures.set(address, found);
    return isLoopback(address) ? Math.min(LOOPBACK_WAIT_MS_MAX, this.wait(found)) : 0;
  }

  succeeded(address: string): void {
    this.failures.delete(address);
  }

  private wait(failures: Failures): number {
    const { tries, windowMs } = this.rule();
    return failures.count < tries ? 0 : Math.min(windowMs, FIRST_WAIT_MS * 2 ** Math.min(30, failures.count - tries));
  }
}

/** "" stands for the local socket. */
export function isLoopback(address: string): boolean {
  return address === "" || address === "::1" || /^(?:::ffff:)?127\./.test(address);
}
