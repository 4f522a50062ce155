// Which edges a graph that is being made already has: a hash set of pairs in one array, with open addressing.
import { assert } from "@servent/overlay/base/assert.ts";

const EMPTY = -1;

export class EdgeSet {
  size = 0;
  private readonly nodes: number;
  /** smaller · nodes + larger: below 2^53 for any graph of the lab. */
  private readonly keys: Float64Array;
  private readonly mask: number;

  /** Room for so many edges; more than half full it would become slow. */
  constructor(nodes: number, edges: number) {
    this.nodes = nodes;
    let slots = 16;
    while (slots < 2 * edges) slots *= 2;
    this.keys = new Float64Array(slots).fill(EMPTY);
    this.mask = slots - 1;
  }

  has(one: number, other: number): boolean {
    return this.keys[this.find(one, other)] !== EMPTY;
  }

  /** False where it was there already. */
  add(one: number, other: number): boolean {
    const slot = this.find(one, other);
    if (this.keys[slot] !== EMPTY) return false;
    assert(this.size <= this.mask >> 1, "an edge set has room");
    this.keys[slot] = this.key(one, other);
    this.size++;
    return true;
  }

  delete(one: number, other: number): void {
    let hole = this.find(one, other);
    if (this.keys[hole] === EMPTY) return;
    this.size--;
    // Whatever stands behind and would have liked to stand at the hole or before it moves up.
    for (let slot = (hole + 1) & this.mask; this.keys[slot] !== EMPTY; slot = (slot + 1) & this.mask) {
      const key = this.keys[slot] as number;
      const home = this.home(key);
      if (((slot - home) & this.mask) < ((slot - hole) & this.mask)) continue;
      this.keys[hole] = key;
      hole = slot;
    }
    this.keys[hole] = EMPTY;
  }

  /** Where the edge stands, or would. */
  private find(one: number, other: number): number {
    const key = this.key(one, other);
    let slot = this.home(key);
    while (this.keys[slot] !== EMPTY && this.keys[slot] !== key) slot = (slot + 1) & this.mask;
    return slot;
  }

  private key(one: number, other: number): number {
    return one < other ? one * this.nodes + other : other * this.nodes + one;
  }

  private home(key: number): number {
    const high = Math.floor(key / 4_294_967_296);
    let hash = Math.imul((key >>> 0) ^ Math.imul(high, 0x85ebca6b), 0x9e3779b1);
    hash = Math.imul(hash ^ (hash >>> 15), 0xc2b2ae35);
    return (hash ^ (hash >>> 13)) & this.mask;
  }
}
