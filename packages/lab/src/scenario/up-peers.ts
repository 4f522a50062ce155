// Who is up, so that one of them can be drawn at once.
import { assert } from "@servent/overlay/base/assert.ts";
import type { RandomStream } from "../engine/random.ts";

const DOWN = -1;

export class UpPeers {
  private readonly list: Int32Array;
  /** Where each peer stands in the list. */
  private readonly places: Int32Array;
  private count = 0;

  constructor(peers: number) {
    this.list = new Int32Array(peers);
    this.places = new Int32Array(peers).fill(DOWN);
  }

  get size(): number {
    return this.count;
  }

  has(peer: number): boolean {
    return this.places[peer] !== DOWN;
  }

  add(peer: number): void {
    if (this.has(peer)) return;
    this.places[peer] = this.count;
    this.list[this.count++] = peer;
  }

  /** The last one takes the place. */
  remove(peer: number): void {
    const place = this.places[peer] as number;
    if (place === DOWN) return;
    const last = this.list[--this.count] as number;
    this.list[place] = last;
    this.places[last] = place;
    this.places[peer] = DOWN;
  }

  draw(random: RandomStream): number {
    assert(this.count > 0, "somebody is up");
    return this.list[random.below(this.count)] as number;
  }

  /** Ascending. */
  all(): number[] {
    return Array.from(this.list.subarray(0, this.count)).sort((a, b) => a - b);
  }
}
