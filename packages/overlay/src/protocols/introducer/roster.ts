// The peers of one network, and whose turn it is to be given to a newcomer.
//
// Only peers that were reached a moment ago are given. They are drawn by lot, with two rules: whoever was given has to wait until
// half of the others had a turn, so that nobody is given more than twice as often as all are on average, whatever the lot says; and
// a peer that is loaded by so many percent gives up its turn as often. Where too few are left under these rules, as in a small
// network, those come that were given longest ago. A peer that joins waits for half a round too: newcomers are not swamped.
import { hostOf } from "../../base/ipv4.ts";
import type { Address, Millis } from "../../host/host.ts";
import { blockOf } from "./block-of.ts";
import { LIMITS } from "./limits.ts";
import type { Reachable } from "./messages.ts";

export interface Entry {
  readonly address: Address;
  load: number;
  /** When it last said that it is there. */
  seenAt: Millis;
  reachable: Reachable;
  /** The last check that went well; null: none did. */
  reachedAt: Millis | null;
  /** When it is to be dialled again. */
  checkAt: Millis;
  checkedAt: Millis;
  /** The number of the turn in which it was last given. */
  turn: number;
  /** Where it stands among those that can be given; -1: nowhere. */
  place: number;
}

export interface Choice {
  readonly count: number;
  /** Who asks: it is not told of itself, and of others at its own host only where there is nobody else. */
  readonly asker: Address;
  /** Hosts that the answer names already; those chosen are added, for two peers of one host are no two chances. */
  readonly hosts: Set<number>;
}

/** Draws for each peer that is wanted: half of the places are waiting for their turn, and some are loaded. */
const DRAWS_PER_PEER = 8;

export class Roster {
  readonly network: string;
  private readonly entries = new Map<Address, Entry>();
  private readonly ready: Entry[] = [];
  private readonly perHost = new Map<number, number>();
  private readonly perBlock = new Map<number, number>();
  private readonly freshMs: Millis;
  /** Peers given so far. */
  private turns = 0;

  constructor(network: string, freshMs: Millis) {
    this.network = network;
    this.freshMs = freshMs;
  }

  get size(): number {
    return this.entries.size;
  }

  /** Peers that can be given. */
  get readyCount(): number {
    return this.ready.length;
  }

  get(address: Address): Entry | undefined {
    return this.entries.get(address);
  }

  all(): IterableIterator<Entry> {
    return this.entries.values();
  }

  /** Takes a peer in, or notes that it is still there; undefined where its host or its neighbourhood has enough in the table. */
  note(address: Address, load: number, now: Millis): Entry | undefined {
    const known = this.entries.get(address);
    if (known !== undefined) {
      known.load = load;
      known.seenAt = now;
      return known;
    }
    if (!this.hasRoomFor(address)) return undefined;
    if (this.entries.size >= LIMITS.peersPerNetworkMax) this.dropWorst();
    const entry: Entry = {
      address,
      load,
      seenAt: now,
      reachable: "unknown",
      reachedAt: null,
      checkAt: now,
      checkedAt: now,
      turn: this.turns,
      place: -1,
    };
    this.entries.set(address, entry);
    count(this.perHost, hostOf(address), 1);
    count(this.perBlock, blockOf(address), 1);
    return entry;
  }

  forget(entry: Entry): void {
    if (!this.entries.delete(entry.address)) return;
    this.withdraw(entry);
    count(this.perHost, hostOf(entry.address), -1);
    count(this.perBlock, blockOf(entry.address), -1);
  }

  /** It was reached, so it may be given. */
  offer(entry: Entry): void {
    if (entry.place >= 0) return;
    entry.place = this.ready.length;
    this.ready.push(entry);
  }

  withdraw(entry: Entry): void {
    if (entry.place < 0) return;
    const last = this.ready.pop() as Entry;
    if (last !== entry) {
      this.ready[entry.place] = last;
      last.place = entry.place;
    }
    entry.place = -1;
  }

  /** Drops the peer that is worth least; false: there is none. */
  dropWorst(): boolean {
    let worst: Entry | undefined;
    for (const entry of this.entries.values()) if (worst === undefined || isWorse(entry, worst)) worst = entry;
    if (worst !== undefined) this.forget(worst);
    return worst !== undefined;
  }

  /** At most `count` peers of different hosts, in random order; each has had its turn then. `u32` draws the lots. */
  choose(choice: Choice, now: Millis, u32: () => number): Entry[] {
    const chosen: Entry[] = [];
    const perBlock = new Map<number, number>();
    const isCrowded = ({ address }: Entry): boolean => {
      const block = blockOf(address);
      return block !== undefined && (perBlock.get(block) ?? 0) >= LIMITS.blockPerAnswerMax;
    };
    const take = (entry: Entry): void => {
      entry.turn = ++this.turns;
      choice.hosts.add(hostOf(entry.address));
      count(perBlock, blockOf(entry.address), 1);
      chosen.push(entry);
    };
    const own = hostOf(choice.asker);
    const { length } = this.ready;
    let draws = length === 0 ? 0 : DRAWS_PER_PEER * choice.count;
    for (; draws > 0 && chosen.length < choice.count; draws--) {
      const entry = this.ready[u32() % length] as Entry;
      const isLoaded = u32() % 100 < entry.load;
      const isWaiting = this.turns - entry.turn < length / 2;
      const isWelcome = hostOf(entry.address) !== own && !isCrowded(entry);
      if (!isLoaded && !isWaiting && isWelcome && this.isFree(entry, choice, now)) take(entry);
    }
    const missing = (): number => choice.count - chosen.length;
    if (missing() > 0) this.fill(missing(), choice, now, (entry) => !isCrowded(entry), take);
    // Neighbours of one owner are better than nobody.
    if (missing() > 0) this.fill(missing(), choice, now, () => true, take);
    return chosen;
  }

  /** Those whose turn was longest ago; who is full, or at the asker's own host, only after the others. */
  private fill(
    missing: number,
    choice: Choice,
    now: Millis,
    isWelcome: (entry: Entry) => boolean,
    take: (entry: Entry) => void,
  ): void {
    const own = hostOf(choice.asker);
    const rank = (entry: Entry): number => (hostOf(entry.address) === own ? 2 : 0) + (entry.load >= 100 ? 1 : 0);
    const order = this.ready.toSorted((a, b) => rank(a) - rank(b) || a.turn - b.turn);
    for (const entry of order) {
      if (missing === 0) return;
      if (!isWelcome(entry) || !this.isFree(entry, choice, now)) continue;
      take(entry);
      missing--;
    }
  }

  private isFree(entry: Entry, { asker, hosts }: Choice, now: Millis): boolean {
    const { address, reachedAt } = entry;
    const isFresh = reachedAt !== null && now - reachedAt <= this.freshMs;
    return address !== asker && isFresh && !hosts.has(hostOf(address));
  }

  private hasRoomFor(address: Address): boolean {
    const block = blockOf(address);
    return (
      (this.perHost.get(hostOf(address)) ?? 0) < LIMITS.peersPerHostMax &&
      (block === undefined || (this.perBlock.get(block) ?? 0) < LIMITS.peersPerBlockMax)
    );
  }
}

/** Whoever cannot be reached goes first, then who was never tried, then who was silent longest: no flood of names drives out peers that answer. */
function isWorse(one: Entry, other: Entry): boolean {
  const difference = WORTH[one.reachable] - WORTH[other.reachable];
  return difference === 0 ? one.seenAt < other.seenAt : difference < 0;
}

const WORTH: Readonly<Record<Reachable, number>> = { no: 0, unknown: 1, yes: 2 };

function count(counts: Map<number, number>, key: number | undefined, change: number): void {
  if (key === undefined) return;
  const sum = (counts.get(key) ?? 0) + change;
  if (sum > 0) counts.set(key, sum);
  else counts.delete(key);
}
