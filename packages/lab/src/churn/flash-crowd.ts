// Many peers that come within a short time, and stay: each at an instant drawn evenly from the window.
import { assert } from "@servent/overlay/base/assert.ts";
import type { Address, Millis } from "@servent/overlay/host/host.ts";
import type { RandomStream } from "../engine/random.ts";
import { uniform53 } from "../random-draws.ts";
import type { ChurnStream } from "./churn-stream.ts";

export interface FlashCrowdOptions {
  /** They are numbered from `first`, 0 where absent, in the order in which they come. */
  readonly first?: Address;
  readonly peers: number;
  /** When the first of them may come. */
  readonly atMs: Millis;
  readonly windowMs: Millis;
  readonly random: RandomStream;
}

export class FlashCrowd implements ChurnStream {
  readonly up = true;

  private readonly first: Address;
  private readonly instants: Float64Array;
  private come = 0;

  constructor({ first = 0, peers, atMs, windowMs, random }: FlashCrowdOptions) {
    assert(peers >= 0 && atMs >= 0 && windowMs >= 0, "neither peers nor times are negative");
    this.first = first;
    // Who comes when makes no difference, so sorted instants are given to the peers in a row.
    this.instants = new Float64Array(peers).map(() => atMs + windowMs * uniform53(random)).sort();
  }

  get at(): Millis {
    return Math.ceil(this.instants[this.come] ?? Number.POSITIVE_INFINITY);
  }

  get peer(): Address {
    return this.first + this.come;
  }

  advance(): void {
    if (this.come < this.instants.length) this.come++;
  }
}
