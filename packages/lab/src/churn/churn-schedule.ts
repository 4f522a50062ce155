// A population whose members come and go for ever: each is up for a session, down for a while, up again. It starts in
// equilibrium, as if it had lived for ever before. Only the next event of each peer is kept: 13 bytes for a peer.
import { assert } from "@servent/overlay/base/assert.ts";
import type { Address, Millis } from "@servent/overlay/host/host.ts";
import type { RandomStream } from "../engine/random.ts";
import { uniform53 } from "../random-draws.ts";
import type { ChurnStream } from "./churn-stream.ts";
import type { Durations } from "./durations.ts";

export interface ChurnScheduleOptions {
  /** The peers are numbered from `first`, 0 where absent. */
  readonly first?: Address;
  readonly peers: number;
  readonly up: Durations;
  readonly down: Durations;
  readonly random: RandomStream;
}

export class ChurnSchedule implements ChurnStream {
  private readonly first: Address;
  private readonly upDurations: Durations;
  private readonly downDurations: Durations;
  private readonly random: RandomStream;
  /** When each peer changes next; with fractions, so that rounding does not add up. */
  private readonly due: Float64Array;
  private readonly isUpNow: Uint8Array;
  /** A heap of the peers, the next one to change at its root. */
  private readonly heap: Int32Array;

  constructor({ first = 0, peers, up, down, random }: ChurnScheduleOptions) {
    assert(peers >= 1, "a population has at least one peer");
    this.first = first;
    this.upDurations = up;
    this.downDurations = down;
    this.random = random;
    this.due = new Float64Array(peers);
    this.isUpNow = new Uint8Array(peers);
    this.heap = new Int32Array(peers);
    const share = up.meanMs / (up.meanMs + down.meanMs);
    for (let i = 0; i < peers; i++) {
      const isUp = uniform53(random) < share;
      this.isUpNow[i] = isUp ? 1 : 0;
      this.due[i] = (isUp ? up : down).drawResidual(random);
      this.heap[i] = i;
    }
    for (let i = (peers >> 1) - 1; i >= 0; i--) this.sink(i);
  }

  get at(): Millis {
    return Math.ceil(this.due[this.heap[0] as number] as Millis);
  }

  get peer(): Address {
    return this.first + (this.heap[0] as number);
  }

  get up(): boolean {
    return this.isUpNow[this.heap[0] as number] === 0;
  }

  /** Before the event that the stream shows. */
  isUp(peer: Address): boolean {
    return this.isUpNow[peer - this.first] === 1;
  }

  advance(): void {
    const changed = this.heap[0] as number;
    const isUp = this.isUpNow[changed] === 0;
    this.isUpNow[changed] = isUp ? 1 : 0;
    const duration = (isUp ? this.upDurations : this.downDurations).draw(this.random);
    this.due[changed] = (this.due[changed] as number) + duration;
    this.sink(0);
  }

  /** Moves what stands at a place of the heap down to where it belongs. */
  private sink(place: number): void {
    const { heap } = this;
    const sinking = heap[place] as number;
    let at = place;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      const right = child + 1;
      if (right < heap.length && this.isBefore(heap[right] as number, heap[child] as number)) child = right;
      if (!this.isBefore(heap[child] as number, sinking)) break;
      heap[at] = heap[child] as number;
      at = child;
    }
    heap[at] = sinking;
  }

  private isBefore(one: number, other: number): boolean {
    const oneDue = this.due[one] as number;
    const otherDue = this.due[other] as number;
    return oneDue < otherDue || (oneDue === otherDue && one < other);
  }
}
