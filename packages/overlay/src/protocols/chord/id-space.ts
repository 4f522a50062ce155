// The circle of ids: 2^bits places, clockwise. Its type is pluggable: the lab counts in doubles, servents in bigints of
// 160 bits; on the wire an id is its `bytes` bytes, big endian. Use one type per process, or calls become slow.
import { assert } from "../../base/assert.ts";

export interface IdSpace<Id> {
  readonly bits: number;
  /** Bytes of an id on the wire. */
  readonly bytes: number;
  readonly zero: Id;
  /** How far it is clockwise; 0 from an id to itself. */
  distance(from: Id, to: Id): Id;
  isLess(a: Id, b: Id): boolean;
  isEqual(a: Id, b: Id): boolean;
  /** The whole binary logarithm of a distance above 0: 0 … bits - 1. */
  log2(distance: Id): number;
  /** The place 2^exponent further on. */
  ahead(id: Id, exponent: number): Id;
  /** The first `bits` bits of a hash, which has at least as many. */
  fromHash(hash: Uint8Array): Id;
  write(id: Id, bytes: Uint8Array, at: number): void;
  /** Undefined where the bytes name a place beyond the circle. */
  read(bytes: Uint8Array, at: number): Id | undefined;
}

/** Circles of up to 52 bits in doubles: sums of two ids stay exact. */
export class NumberSpace implements IdSpace<number> {
  readonly bits: number;
  readonly bytes: number;
  readonly zero = 0;
  private readonly size: number;
  /** Bits of the first byte that belong to ids; on the wire the others are zero. */
  private readonly firstBits: number;

  constructor(bits = 52) {
    assert(Number.isInteger(bits) && bits >= 1 && bits <= 52, "a circle of doubles has 1 to 52 bits");
    this.bits = bits;
    this.bytes = Math.ceil(bits / 8);
    this.size = 2 ** bits;
    this.firstBits = bits - 8 * (this.bytes - 1);
  }

  distance(from: number, to: number): number {
    const way = to - from;
    return way < 0 ? way + this.size : way;
  }

  isLess(a: number, b: number): boolean {
    return a < b;
  }

  isEqual(a: number, b: number): boolean {
    return a === b;
  }

  log2(distance: number): number {
    return distance < 0x1_0000_0000 ? 31 - Math.clz32(distance) : 63 - Math.clz32(Math.floor(distance / 0x1_0000_0000));
  }

  ahead(id: number, exponent: number): number {
    const sum = id + 2 ** exponent;
    return sum >= this.size ? sum - this.size : sum;
  }

  fromHash(hash: Uint8Array): number {
    // All the bytes together may have more bits than a double, so the last one is cut before it is added.
    const last = this.bytes - 1;
    return this.number(hash, 0, last) * 2 ** this.firstBits + ((hash[last] as number) >> (8 - this.firstBits));
  }

  write(id: number, bytes: Uint8Array, at: number): void {
    assert(Number.isInteger(id) && id >= 0 && id < this.size, "an id is a place of its circle");
    let rest = id;
    for (let i = at + this.bytes - 1; i >= at; i--) {
      bytes[i] = rest % 256;
      rest = Math.floor(rest / 256);
    }
  }

  read(bytes: Uint8Array, at: number): number | undefined {
    return (bytes[at] as number) >> this.firstBits === 0 ? this.number(bytes, at, this.bytes) : undefined;
  }

  private number(bytes: Uint8Array, at: number, count: number): number {
    let number = 0;
    for (let i = at; i < at + count; i++) number = number * 256 + (bytes[i] as number);
    return number;
  }
}

/** Circles of any whole number of bytes, in bigints. */
export class BigIntSpace implements IdSpace<bigint> {
  readonly bits: number;
  readonly bytes: number;
  readonly zero = 0n;
  private readonly mask: bigint;

  constructor(bits = 160) {
    assert(Number.isInteger(bits / 8) && bits > 0, "a circle of bigints has a whole number of bytes");
    this.bits = bits;
    this.bytes = bits / 8;
    this.mask = (1n << BigInt(bits)) - 1n;
  }

  distance(from: bigint, to: bigint): bigint {
    return (to - from) & this.mask;
  }

  isLess(a: bigint, b: bigint): boolean {
    return a < b;
  }

  isEqual(a: bigint, b: bigint): boolean {
    return a === b;
  }

  log2(distance: bigint): number {
    let rest = distance;
    let below = 0;
    for (; rest > 0xffff_ffffn; rest >>= 32n) below += 32;
    return below + 31 - Math.clz32(Number(rest));
  }

  ahead(id: bigint, exponent: number): bigint {
    return (id + (1n << BigInt(exponent))) & this.mask;
  }

  fromHash(hash: Uint8Array): bigint {
    return this.read(hash, 0);
  }

  write(id: bigint, bytes: Uint8Array, at: number): void {
    assert(id >= 0n && id <= this.mask, "an id is a place of its circle");
    let rest = id;
    for (let i = at + this.bytes - 1; i >= at; i--) {
      bytes[i] = Number(rest & 255n);
      rest >>= 8n;
    }
  }

  read(bytes: Uint8Array, at: number): bigint {
    let id = 0n;
    for (let i = at; i < at + this.bytes; i++) id = (id << 8n) | BigInt(bytes[i] as number);
    return id;
  }
}
