import { expect, test } from "vitest";
import { PeerHash } from "./peer-hash.ts";

const PEERS = 100_000;

function correlation(one: (peer: number) => number, other: (peer: number) => number): number {
  let [both, first, second] = [0, 0, 0];
  for (let peer = 0; peer < PEERS; peer++) {
    both += (one(peer) - 0.5) * (other(peer) - 0.5);
    first += (one(peer) - 0.5) ** 2;
    second += (other(peer) - 0.5) ** 2;
  }
  return both / Math.sqrt(first * second);
}

test("the values of peers in a row are even, and have nothing to do with their neighbours'", () => {
  const hash = new PeerHash("7", "x");
  const cells = Array.from({ length: 64 }, () => 0);
  for (let peer = 0; peer < PEERS; peer++) {
    const cell = hash.below(peer, 64);
    cells[cell] = (cells[cell] as number) + 1;
  }
  // Chi-square with 63 degrees of freedom: above 110 once in 5,000 seeds.
  const expected = PEERS / 64;
  const chiSquare = cells.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
  expect(chiSquare).toBeLessThan(110);
  for (const step of [1, 2, 16, 1024]) {
    const shifted = correlation(
      (peer) => hash.share(peer),
      (peer) => hash.share(peer + step),
    );
    // Five standard errors.
    expect(Math.abs(shifted)).toBeLessThan(0.016);
  }
});

test("another seed or purpose gives other values, not the same ones for other peers", () => {
  const hash = new PeerHash("7", "x");
  const values = new Set(Array.from({ length: PEERS }, (_, peer) => hash.u32(peer)));
  for (const other of [new PeerHash("7", "y"), new PeerHash("8", "x"), new PeerHash("7/x", "")]) {
    const together = correlation(
      (peer) => hash.share(peer),
      (peer) => other.share(peer),
    );
    expect(Math.abs(together)).toBeLessThan(0.016);
    // Of 100,000 among 2^32 about two meet by chance.
    const met = Array.from({ length: PEERS }, (_, peer) => other.u32(peer)).filter((value) => values.has(value));
    expect(met.length).toBeLessThan(15);
  }
});

test("a seed gives these values", () => {
  const hash = new PeerHash("7", "plane-x");
  expect([0, 1, 999_999].map((peer) => hash.u32(peer))).toEqual([2227925033, 3324744459, 54325070]);
});
