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
  readonly ultrapeer: boolean | undefined;
  readonly successes: number;
  readonly failures: number;
  readonly notBefore: Millis;
  /** The user named it: it is never forgotten. */
  readonly kept: boolean;
}

/** Most addresses are never tried; what is known of those is held once, not once for each. */
const UNTRIED: Entry = { ultrapeer: undefined, successes: 0, failures: 0, notBefore: 0, kept: false };
const UNTRIED_ULTRAPEER: Entry = { ...UNTRIED, ultrapeer: true };
const UNTRIED_LEAF: Entry = { ...UNTRIED, ultrapeer: false };

/** After a failed dial: doubled with each further failure. */
const RETRY_FIRST_MS = 2000;
const RETRY_MAX_MS = 15 * 60_000;
/** Failures in a row after which a learnt address is forgotten. */
const FAILURES_MAX = 8;

export class HostCache {
  /** Side by side, in the order in which they were learnt: in a cache of few hosts a Map takes more room than they do. */
  private readonly addresses: Address[] = [];
  private readonly entries: Entry[] = [];
  private readonly hostsMax: number;

  constructor(hostsMax: number = LIMITS.hostsMax) {
    this.hostsMax = Math.min(hostsMax, LIMITS.hostsMax);
  }

  get size(): number {
    return this.addresses.length;
  }

  /** An address that somebody told us of. */
  learn(address: Address, ultrapeer: boolean | undefined, kept = false): void {
    const at = this.addresses.indexOf(address);
    const known = this.entries[at];
    if (known !== undefined) {
      if ((ultrapeer ?? known.ultrapeer) === known.ultrapeer && (known.kept || !kept)) return;
      this.entries[at] = { ...known, ultrapeer: ultrapeer ?? known.ultrapeer, kept: known.kept || kept };
      return;
    }
    if (this.addresses.length >= this.hostsMax && !this.dropOne()) return;
    const untried = ultrapeer === undefined ? UNTRIED : ultrapeer ? UNTRIED_ULTRAPEER : UNTRIED_LEAF;
    this.addresses.push(address);
    this.entries.push(kept ? { ...untried, kept } : untried);
  }

  onOpened(address: Address, ultrapeer: boolean | undefined): void {
    this.learn(address, ultrapeer);
    const at = this.addresses.indexOf(address);
    const entry = this.entries[at];
    if (entry !== undefined) this.entries[at] = { ...entry, successes: entry.successes + 1, failures: 0, notBefore: 0 };
  }

  /** A dial or handshake failed; `quietMs` is how long the peer asked for at least. */
  onFailed(address: Address, now: Millis, quietMs: Millis): void {
    const at = this.addresses.indexOf(address);
    const entry = this.entries[at];
    if (entry === undefined) return;
    const failures = entry.failures + 1;
    if (failures >= FAILURES_MAX && !entry.kept) {
      this.drop(at);
      return;
    }
    const wait = Math.max(quietMs, Math.min(RETRY_MAX_MS, RETRY_FIRST_MS * 2 ** (failures - 1)));
    this.entries[at] = { ...entry, failures, notBefore: now + wait };
  }

  /** Asks again soon, whatever went wrong before. */
  forgive(address: Address): void {
    const at = this.addresses.indexOf(address);
    const entry = this.entries[at];
    if (entry !== undefined && entry.notBefore > 0) this.entries[at] = { ...entry, notBefore: 0 };
  }

  /** One address worth dialling now, or undefined. Ultrapeers and those that worked before come first; the rest is chance. */
  pick(now: Millis, chance: number, usable: (address: Address) => boolean): Address | undefined {
    let best: Address | undefined;
    let bestRank = -1;
    for (const [i, entry] of this.entries.entries()) {
      const address = this.addresses[i] as Address;
      if (entry.notBefore > now || !usable(address)) continue;
      // Not a leaf, worked before, few failures; then an arbitrary but seeded order among equals.
      const rank = (entry.ultrapeer === false ? 0 : 8) + (entry.failures === 0 ? 4 : 0) + (entry.successes > 0 ? 1 : 0);
      const lot = (Math.imul(i + 1, 0x9e3779b1) ^ chance) >>> 0;
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
    for (const [i, entry] of this.entries.entries()) {
      if (entry.ultrapeer !== true || entry.failures > 0) continue;
      found.push(this.addresses[i] as Address);
      if (found.length === count) break;
    }
    return found;
  }

  list(): KnownHost[] {
    return this.entries.map(({ ultrapeer, successes }, i) => ({
      address: this.addresses[i] as Address,
      ultrapeer,
      successes,
    }));
  }

  private dropOne(): boolean {
    let worst = -1;
    let worstRank = -1;
    for (let i = 0; i < this.entries.length; i++) {
      const entry = this.entries[i] as Entry;
      // Whoever answered once is worth more than any number of addresses that nobody has tried, and a leaf takes nobody.
      const untried = (entry.successes === 0 ? FAILURES_MAX : 0) + (entry.ultrapeer === false ? 1 : 0);
      const rank = entry.kept ? -1 : entry.failures + untried;
      if (rank > worstRank) {
        worstRank = rank;
        worst = i;
      }
    }
    if (worst >= 0) this.drop(worst);
    return worst >= 0;
  }

  private drop(at: number): void {
    this.addresses.splice(at, 1);
    this.entries.splice(at, 1);
  }
}
