// The members of a ring that changes: the oracle that knows every owner at every instant, whatever the peers believe.
import type { Address } from "@servent/overlay/host/host.ts";
import type { Peer } from "@servent/overlay/protocols/chord/messages.ts";
import { assert } from "@servent/overlay/base/assert.ts";

export class LiveRing {
  /** In the order of their ids. */
  private readonly members: Peer<number>[];

  constructor(members: readonly Peer<number>[]) {
    this.members = members.toSorted((a, b) => a.id - b.id);
  }

  get size(): number {
    return this.members.length;
  }

  /** In the order of ids, counted from 0. */
  member(rank: number): Peer<number> {
    return this.members[rank] as Peer<number>;
  }

  has({ id, address }: Peer<number>): boolean {
    return this.members[this.rankOf(id)]?.address === address;
  }

  add(peer: Peer<number>): void {
    this.members.splice(this.rankOf(peer.id), 0, peer);
  }

  remove(peer: Peer<number>): void {
    assert(this.has(peer), "who leaves is a member");
    this.members.splice(this.rankOf(peer.id), 1);
  }

  /** The address of the first member at or after a key; undefined where there is none. */
  owner(key: number): Address | undefined {
    return (this.members[this.rankOf(key)] ?? this.members[0])?.address;
  }

  /** How many members stand before a key. */
  private rankOf(key: number): number {
    let low = 0;
    let high = this.members.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.member(middle).id < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
