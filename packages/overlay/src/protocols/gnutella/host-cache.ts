// Addresses of peers that may be there, learnt from pongs, X-Try headers and the user. Bounded; forgets the worst first.
import type { Address, Millis } from "../../host/host.ts";
import { LIMITS } from "./limits.ts";

export interface KnownHost {
  readonly address: Address;
  /** Undefined: it did not say. */
  readonly ultrapeer: boolean | undefined;
  /** Links that were opened to it. */
  readonly successes: number;
}

interface Entry {
  ultrapeer: boolean | undefined;
  successes: number;
  failures: number;
  notBefore: Millis;
  /** The user named it: it is never forgotten. */
  kept: boolean;
}

/** After a failed dial: doubled with each further failure. */
const RETRY_FIRST_MS = 2000;
const RETRY_MAX_MS = 15 * 60_000;
/** Failures in a row after which a learnt address is forgotten. */
const FAILURES_MAX = 8;

export class HostCache {
  private readonly entries = new Map<Address, Entry>();

  get size(): number {
    return this.entries.size;
  }

  /** An address that somebody told us of. */
  learn(address: Address, ultrapeer: boolean | undefined, kept = false): void {
    const known = this.entries.get(address);
    if (known !== undefined) {
      known.ultrapeer = ultrapeer ?? known.ultrapeer;
      known.kept ||= kept;
      return;
    }
    if (this.entries.size >= LIMITS.hostsMax && !this.dropOne()) return;
    this.entries.set(address, { ultrapeer, successes: 0, failures: 0, notBefore: 0, kept });
  }

  onOpened(address: Address, ultrapeer: boolean | undefined): void {
    this.learn(address, ultrapeer);
    const entry = this.entries.get(address);
    if (entry === undefined) return;
    entry.successes++;
    entry.failures = 0;
    entry.notBefore = 0;
  }

  /** A dial or handshake failed; `quietMs` is how long the peer asked for at least. */
  onFailed(address: Address, now: Millis, quietMs: Millis): void {
    const entry = this.entries.get(address);
    if (entry === undefined) return;
    entry.failures++;
    if (entry.failures >= FAILURES_MAX && !entry.kept) this.entries.delete(address);
    entry.notBefore = now + Math.max(quietMs, Math.min(RETRY_MAX_MS, RETRY_FIRST_MS * 2 ** (entry.failures - 1)));
  }

  /** Asks again soon, whatever went wrong before. */
  forgive(address: Address): void {
    const entry = this.entries.get(address);
    if (entry !== undefined) entry.notBefore = 0;
  }

  /** One address worth dialling now, or undefined. Ultrapeers and those that worked before come first; the rest is chance. */
  pick(now: Millis, chance: number, usable: (address: Address) => boolean): Address | undefined {
    let best: Address | undefined;
    let bestRank = -1;
    let i = 0;
    for (const [address, entry] of this.entries) {
      i++;
      if (entry.notBefore > now || !usable(address)) continue;
      // Not a leaf, worked before, few failures; then an arbitrary but seeded order among equals.
      const rank = (entry.ultrapeer === false ? 0 : 8) + (entry.failures === 0 ? 4 : 0) + (entry.successes > 0 ? 1 : 0);
      const lot = (Math.imul(i, 0x9e3779b1) ^ chance) >>> 0;
      const score = rank * 2 ** 32 + lot;
      if (score > bestRank) {
        bestRank = score;
        best = address;
      }
    }
    return best;
  }

  /** At most `count` addresses of peers that take links, for X-Try headers. */
  some(count: number): Address[] {
    const found: Address[] = [];
    for (const [address, entry] of this.entries) {
      if (entry.ultrapeer !== true || entry.failures > 0) continue;
      found.push(address);
      if (found.length === count) break;
    }
    return found;
  }

  list(): KnownHost[] {
    return Array.from(this.entries, ([address, { ultrapeer, successes }]) => ({ address, ultrapeer, successes }));
  }

  private dropOne(): boolean {
    let worst: Address | undefined;
    let worstRank = -1;
    for (const [address, entry] of this.entries) {
      // Whoever answered once is worth more than any number of addresses that nobody has tried.
      const rank = entry.kept ? -1 : entry.failures + (entry.successes === 0 ? FAILURES_MAX : 0);
      if (rank > worstRank) {
        worstRank = rank;
        worst = address;
      }
    }
    return worst !== undefined && this.entries.delete(worst);
  }
}
