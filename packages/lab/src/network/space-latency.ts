// Latencies from places: each peer has a point that the seed decides, and a message takes as long as the way is. They draw
// nothing, are symmetric, and the same for every message between two peers.
import { assert } from "@servent/overlay/base/assert.ts";
import type { Millis } from "@servent/overlay/host/host.ts";
import { acos, cos, PI } from "../exact-math.ts";
import type { Latency } from "./latency.ts";
import { PeerHash } from "./peer-hash.ts";

/**
 * Points in a square with sides of `side` units; the straight way takes `msPerUnit` milliseconds for each unit. Pastry's
 * simulations (Middleware 2001) have a side of 1000. The mean distance is 0.5214 sides.
 */
export function plane(seed: string, side: number, msPerUnit: Millis): Latency {
  assert(side >= 0 && msPerUnit >= 0, "neither a side nor a latency is negative");
  const x = new PeerHash(seed, "plane/x");
  const y = new PeerHash(seed, "plane/y");
  const sideMs = side * msPerUnit;
  return (from, to) => {
    const dx = x.share(from) - x.share(to);
    const dy = y.share(from) - y.share(to);
    return sideMs * Math.sqrt(dx * dx + dy * dy);
  };
}

/** Points in a cube, as in Chord's measurements of stretch (ToN 2003): two random peers are `meanMs` apart on average, one way. */
export function space3d(seed: string, meanMs: Millis): Latency {
  assert(meanMs >= 0, "a mean latency is not negative");
  const x = new PeerHash(seed, "space3d/x");
  const y = new PeerHash(seed, "space3d/y");
  const z = new PeerHash(seed, "space3d/z");
  const sideMs = meanMs / MEAN_DISTANCE_IN_UNIT_CUBE;
  return (from, to) => {
    const dx = x.share(from) - x.share(to);
    const dy = y.share(from) - y.share(to);
    const dz = z.share(from) - z.share(to);
    return sideMs * Math.sqrt(dx * dx + dy * dy + dz * dz);
  };
}

/**
 * Points on a sphere; the way along its surface to the opposite point takes `diameterMs` milliseconds, and every way `floorMs`
 * more. FreePastry's simulator has 200 and 2. The mean is diameterMs / 2 + floorMs.
 */
export function sphere(seed: string, diameterMs: Millis, floorMs: Millis): Latency {
  assert(diameterMs >= 0 && floorMs >= 0, "no latency is negative");
  const heights = new PeerHash(seed, "sphere/height");
  const longitudes = new PeerHash(seed, "sphere/longitude");
  return (from, to) => {
    if (from === to) return floorMs;
    // Equal slices of height have equal surface (Archimedes).
    const one = 2 * heights.share(from) - 1;
    const other = 2 * heights.share(to) - 1;
    const turn = cos(2 * PI * (longitudes.share(from) - longitudes.share(to)));
    const cosine = one * other + Math.sqrt((1 - one * one) * (1 - other * other)) * turn;
    return floorMs + (diameterMs / PI) * acos(Math.max(-1, Math.min(1, cosine)));
  };
}

/** Robbins' constant: the mean distance of two random points in a cube with sides of 1. */
const MEAN_DISTANCE_IN_UNIT_CUBE = 0.6617071822671763;
