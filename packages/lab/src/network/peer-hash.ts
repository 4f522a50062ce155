// What a seed decides about a peer: where it lives, how fast its line is. A hash, not a stream: any peer can be asked about at
// any time, in any order, and a million peers take no memory.
import type { Address } from "@servent/overlay/host/host.ts";
import { hashText } from "../engine/random.ts";

export class PeerHash {
  private readonly first: number;
  private readonly second: number;

  /** Two purposes give values that have nothing to do with each other. */
  constructor(seed: string, purpose: string) {
    const text = `${seed}/peer-hash/${purpose}`;
    this.first = hashText(text, 0x510e527f);
    this.second = hashText(text, 0x1f83d9ab);
  }

  /** 0 … 2^32 - 1. */
  u32(peer: Address): number {
    // Two finalizers of MurmurHash3 in a row, the second keyed again: with one, a seed would only shift the peers.
    let hash = Math.imul(peer ^ this.first, 0x9e3779b1);
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
    hash = Math.imul(hash ^ (hash >>> 16) ^ this.second, 0x7feb352d);
    hash = Math.imul(hash ^ (hash >>> 15), 0x846ca68b);
    return (hash ^ (hash >>> 16)) >>> 0;
  }

  /** From 0 up to, but not including, 1. */
  share(peer: Address): number {
    return this.u32(peer) / 4_294_967_296;
  }

  /** 0 … `bound` - 1. */
  below(peer: Address, bound: number): number {
    return Math.floor(this.share(peer) * bound);
  }
}
