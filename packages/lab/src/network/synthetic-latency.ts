// Latencies like those measured between hosts of the Internet, without anybody's data: a place and an access line for each
// peer, fitted to published quantiles. The King data set (1,740 hosts) has a mean round trip of about 180 ms; Saroiu, Gummadi
// and Gribble (2002) found a fifth of Gnutella's peers below 70 ms and a fifth above 280 ms. This model gives a mean of 183 ms,
// 20 % below 72 ms and 20 % above 278 ms (all round trips, two random peers), a median of 171 ms and 1 % above 0.5 s.
import type { Address } from "@servent/overlay/host/host.ts";
import type { Latency } from "./latency.ts";
import { PeerHash } from "./peer-hash.ts";

/** Milliseconds one way; a function of the seed and the two peers, symmetric, and draws nothing. */
export function synthetic(seed: string): Latency {
  const regions = new PeerHash(seed, "synthetic/region");
  const easts = new PeerHash(seed, "synthetic/east");
  const norths = new PeerHash(seed, "synthetic/north");
  const lines = new PeerHash(seed, "synthetic/access");
  return (from, to) => {
    const one = regionOf(regions.share(from));
    const other = regionOf(regions.share(to));
    const east = one.eastMs - other.eastMs + SPREAD_MS * (easts.share(from) - easts.share(to));
    const north = one.northMs - other.northMs + SPREAD_MS * (norths.share(from) - norths.share(to));
    const access = accessMs(lines, from) + accessMs(lines, to);
    return access + Math.sqrt(east * east + north * north);
  };
}

/** What a peer's own line adds each way: a few milliseconds for most, as much as an ocean for a modem. */
function accessMs(lines: PeerHash, peer: Address): number {
  const share = lines.share(peer);
  let knot = 1;
  while ((ACCESS_SHARES[knot] as number) <= share) knot++;
  const low = ACCESS_SHARES[knot - 1] as number;
  const high = ACCESS_SHARES[knot] as number;
  const lowMs = ACCESS_MS[knot - 1] as number;
  const highMs = ACCESS_MS[knot] as number;
  return lowMs + ((share - low) / (high - low)) * (highMs - lowMs);
}

interface Region {
  /** The share of peers that live in it or in one before. */
  readonly until: number;
  readonly eastMs: number;
  readonly northMs: number;
}

function regionOf(share: number): Region {
  if (share < MIDDLE.until) return MIDDLE;
  return share < EAST.until ? EAST : WEST;
}

/** Three regions two oceans apart, distances in milliseconds one way; half of the peers live in the middle one. */
const MIDDLE: Region = { until: 0.5, eastMs: 0, northMs: 0 };
const EAST: Region = { until: 0.8, eastMs: 62, northMs: 6 };
const WEST: Region = { until: 1, eastMs: -74, northMs: 31 };
/** Peers of a region lie in a square of this side. */
const SPREAD_MS = 25;

/** Quantiles of the access delay, straight lines between them. */
const ACCESS_SHARES = [0, 0.5, 0.75, 0.9, 1];
const ACCESS_MS = [1, 6.3, 16, 42, 126];
