// Chord as the paper's definitions have it, in plain arrays and with no thought of speed: the oracle in the experiments'
// tests. It shares the order of ids with nothing else here.
import type { Address } from "@servent/overlay/host/host.ts";
import { ringSpace } from "../../chord/chord-world.ts";

const SIZE = 2 ** ringSpace.bits;

interface Walk {
  /** Who answered after the start, the last one preceding the owner. */
  readonly asked: readonly Address[];
  /** Dead peers met on the way, each once. */
  readonly timeouts: number;
}

export class PaperRing {
  /** Of each address. */
  private readonly ids: readonly number[];
  private readonly isDead: (address: Address) => boolean;

  constructor(ids: readonly number[], isDead: (address: Address) => boolean = () => false) {
    this.ids = ids;
    this.isDead = isDead;
  }

  /** Clockwise. */
  distance(from: number, to: number): number {
    return (to - from + SIZE) % SIZE;
  }

  id(address: Address): number {
    return this.ids[address] as number;
  }

  /** Everybody, in the order in which they follow a place on the circle. */
  from(place: number): Address[] {
    const addresses = Array.from(this.ids.keys());
    return addresses.sort((a, b) => this.distance(place, this.id(a)) - this.distance(place, this.id(b)));
  }

  /** The first living peer at or after a key. */
  owner(key: number): Address {
    return this.from(key).find((address) => !this.isDead(address)) as Address;
  }

  successors(address: Address, count: number): Address[] {
    return this.from(this.id(address)).slice(1, 1 + count);
  }

  /** finger[i] = successor(n + 2^(i-1)), dead ones included: the tables are from before. */
  fingers(address: Address): Set<Address> {
    const found = new Set<Address>();
    for (let place = 1; place < SIZE; place *= 2) {
      found.add(this.from((this.id(address) + place) % SIZE)[0] as Address);
    }
    return found;
  }

  /** An iterative lookup: at each peer, the furthest before the key of those it knows, dead ones left out once they are met. */
  walk(start: Address, key: number, listLength: number): Walk {
    const met = new Set<Address>();
    const asked: Address[] = [];
    let at = start;
    for (;;) {
      const way = this.distance(this.id(at), key) || SIZE;
      const list = this.successors(at, listLength).filter((address) => !met.has(address));
      const head = list[0];
      if (head === undefined) throw new Error("a whole list is dead");
      if (this.distance(this.id(at), this.id(head)) >= way) return { asked, timeouts: met.size };
      const known = [...new Set([...this.fingers(at), ...list])]
        .filter((address) => address !== at && !met.has(address) && this.distance(this.id(at), this.id(address)) < way)
        .sort((a, b) => this.distance(this.id(at), this.id(b)) - this.distance(this.id(at), this.id(a)));
      const next = known.find((address) => {
        if (this.isDead(address)) met.add(address);
        return !this.isDead(address);
      });
      if (next === undefined) continue;
      asked.push(next);
      at = next;
    }
  }
}
