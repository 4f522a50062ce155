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
  /** The oldest first. */
  private readonly pongs = new Map<Address, CachedPong>();
  /** The same by their hops, in the same order. */
  private readonly byHops: CachedPong[][] = [];

  /** Keeps the pong; one per address, the youngest `pongCacheMax` in all. */
  add(pong: CachedPong): void {
    const known = this.pongs.get(pong.address);
    if (known !== undefined) this.drop(known);
    else if (this.pongs.size >= LIMITS.pongCacheMax) this.drop(this.pongs.values().next().value as CachedPong);
    this.pongs.set(pong.address, pong);
    (this.byHops[pong.hops] ??= []).push(pong);
  }

  /** At most `count`, spread over hop counts, none from `route` and none too old. */
  some(count: number, route: number, now: Millis): CachedPong[] {
    const chosen: CachedPong[] = [];
    // The youngest of each hop count, then the second of each, and so on.
    const groups = this.byHops.flatMap((pongs) => (pongs.length > 0 ? [{ pongs, left: pongs.length }] : []));
    for (let found = true; found; ) {
      found = false;
      for (const group of groups) {
        const pong = nextOf(group, route, now);
        if (pong === undefined) continue;
        if (chosen.push(pong) >= count) return chosen;
        found = true;
      }
    }
    return chosen;
  }

  private drop(pong: CachedPong): void {
    this.pongs.delete(pong.address);
    const group = this.byHops[pong.hops] as CachedPong[];
    group.splice(group.indexOf(pong), 1);
  }
}

/** The youngest of those that are left which may be told. */
function nextOf(group: { readonly pongs: CachedPong[]; left: number }, route: number, now: Millis) {
  while (group.left > 0) {
    const pong = group.pongs[--group.left] as CachedPong;
    if (pong.route !== route && now - pong.at <= LIMITS.pongAgeMaxMs) return pong;
  }
  return undefined;
}
