// Joins and leaves at a steady rate, whoever it is: what Chord's experiments under churn use (ToN 2003, table III). Joins and
// leaves are Poisson processes of the same rate; who leaves is drawn among all that are up.
import { assert } from "@servent/overlay/base/assert.ts";
import type { Address, Millis } from "@servent/overlay/host/host.ts";
import type { RandomStream } from "../engine/random.ts";
import { exponentialDraw } from "../random-draws.ts";
import type { ChurnStream } from "./churn-stream.ts";

export interface PoissonChurnOptions {
  /** Peers 0 … `initial` - 1 are up at the start. */
  readonly initial: number;
  /** Numbers there are. A newcomer takes one that nobody had; when those are used up, that of who left longest ago. */
  readonly peers: number;
  /** Joins in a second, and as many leaves. */
  readonly perSecond: number;
  readonly random: RandomStream;
}

export class PoissonChurn implements ChurnStream {
  /** Joins that found every number taken, and leaves that found nobody up. */
  skipped = 0;

  private readonly random: RandomStream;
  private readonly meanGapMs: Millis;
  private joinDue: Millis;
  private leaveDue: Millis;
  /** Who is up, in no order: the first `upCount`. */
  private readonly upPeers: Int32Array;
  private upCount: number;
  /** A ring of who is down, the next newcomer first. */
  private readonly downPeers: Int32Array;
  private downFirst = 0;
  private downCount: number;
  /** Where in `upPeers` the next to leave stands. */
  private leaver = 0;

  constructor({ initial, peers, perSecond, random }: PoissonChurnOptions) {
    assert(perSecond > 0, "a rate is above 0");
    assert(initial >= 0 && peers >= 1 && initial <= peers, "who is up at the start is among the peers");
    this.random = random;
    this.meanGapMs = 1000 / perSecond;
    this.upPeers = new Int32Array(peers).map((_, i) => i);
    this.upCount = initial;
    this.downPeers = new Int32Array(peers).map((_, i) => (initial + i) % peers);
    this.downCount = peers - initial;
    this.joinDue = this.gap();
    this.leaveDue = this.gap();
    this.settle();
  }

  get at(): Millis {
    return Math.ceil(Math.min(this.joinDue, this.leaveDue));
  }

  get up(): boolean {
    return this.joinDue <= this.leaveDue;
  }

  get peer(): Address {
    return (this.up ? this.downPeers[this.downFirst] : this.upPeers[this.leaver]) as Address;
  }

  advance(): void {
    const { peer, downPeers } = this;
    if (this.up) {
      this.downFirst = (this.downFirst + 1) % downPeers.length;
      this.downCount--;
      this.upPeers[this.upCount++] = peer;
      this.joinDue += this.gap();
    } else {
      this.upPeers[this.leaver] = this.upPeers[--this.upCount] as number;
      downPeers[(this.downFirst + this.downCount++) % downPeers.length] = peer;
      this.leaveDue += this.gap();
    }
    this.settle();
  }

  /** Passes over events that cannot happen, and draws who leaves. */
  private settle(): void {
    while (this.up ? this.downCount === 0 : this.upCount === 0) {
      this.skipped++;
      if (this.up) this.joinDue += this.gap();
      else this.leaveDue += this.gap();
    }
    if (!this.up) this.leaver = this.random.below(this.upCount);
  }

  private gap(): Millis {
    return this.meanGapMs * exponentialDraw(this.random);
  }
}
