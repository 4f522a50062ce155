// Pongs of peers that we heard of lately. Pings are answered from here, so their traffic does not grow with the network.
import type { Address, Millis } from "../../host/host.ts";
import { LIMITS } from "./limits.ts";

export interface CachedPong {
  readonly address: Address;
  readonly files: number;
  readonly kilobytes: number;
  readonly hops: number;
  /** The neighbour that told us, so that it is not told again. */
  readonly route: number;
  readonly extensions: Uint8Array;
  readonly at: Millis;
}

export class PongCache {
  private readonly pongs: CachedPong[] = [];

  /** Keeps the pong; one per address, the youngest `pongCacheMax` in all. */
  add(pong: CachedPong): void {
    const known = this.pongs.findIndex(({ address }) => address === pong.address);
    if (known >= 0) this.pongs.splice(known, 1);
    else if (this.pongs.length >= LIMITS.pongCacheMax) this.pongs.shift();
    this.pongs.push(pong);
  }

  /** At most `count`, spread over hop counts, none from `route` and none too old. */
  some(count: number, route: number, now: Millis): CachedPong[] {
    // The youngest of each hop count first, then the second of each, and so on.
    const rounds: CachedPong[][] = [];
    const taken: number[] = [];
    for (let i = this.pongs.length - 1; i >= 0; i--) {
      const pong = this.pongs[i] as CachedPong;
      if (pong.route === route || now - pong.at > LIMITS.pongAgeMaxMs) continue;
      const round = taken[pong.hops] ?? 0;
      taken[pong.hops] = round + 1;
      // Rounds after so many could not be reached.
      if (round < count) (rounds[round] ??= []).push(pong);
    }
    const chosen: CachedPong[] = [];
    for (const pongs of rounds) {
      for (const pong of pongs) if (chosen.push(pong) === count) return chosen;
    }
    return chosen;
  }
}
