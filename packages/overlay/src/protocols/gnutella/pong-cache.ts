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
    const fresh = this.pongs.filter((pong) => pong.route !== route && now - pong.at <= LIMITS.pongAgeMaxMs);
    const byHops = new Map<number, CachedPong[]>();
    for (const pong of fresh.toReversed()) {
      const group = byHops.get(pong.hops);
      if (group === undefined) byHops.set(pong.hops, [pong]);
      else group.push(pong);
    }
    const chosen: CachedPong[] = [];
    for (let round = 0; chosen.length < Math.min(count, fresh.length); round++) {
      for (const group of byHops.values()) {
        const pong = group[round];
        if (pong !== undefined && chosen.length < count) chosen.push(pong);
      }
    }
    return chosen;
  }
}
