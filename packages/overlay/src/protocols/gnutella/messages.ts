// Gnutella's messages: the text blocks of the handshake, then one entry per descriptor in the order of their type codes.
// Areas that a relay must pass on unchanged (extensions, trailers) stay bytes; `extensions.ts` reads them when asked.
import type { Address } from "../../host/host.ts";

/** 16 bytes as 32 lower-case hex digits. */
export type Guid = string;

export interface Header {
  readonly id: Guid;
  readonly ttl: number;
  readonly hops: number;
}

/** One block of the handshake: a start line and header fields, names as they came. */
export interface Handshake {
  readonly kind: "handshake";
  readonly line: string;
  readonly fields: readonly (readonly [name: string, value: string])[];
}

export interface Ping {
  readonly kind: "ping";
  readonly header: Header;
  readonly extensions: Uint8Array;
}

export interface Pong {
  readonly kind: "pong";
  readonly header: Header;
  readonly address: Address;
  readonly files: number;
  readonly kilobytes: number;
  readonly extensions: Uint8Array;
}

export interface Bye {
  readonly kind: "bye";
  readonly header: Header;
  readonly code: number;
  readonly text: string;
}

/** Query routing, RESET: the sender's table becomes `slots` empty slots. */
export interface TableReset {
  readonly kind: "table-reset";
  readonly header: Header;
  readonly slots: number;
  readonly infinity: number;
}

/** Query routing, PATCH: part `sequence` of `total` of one change of all slots. */
export interface TablePatch {
  readonly kind: "table-patch";
  readonly header: Header;
  readonly sequence: number;
  readonly total: number;
  /** 0 none, 1 zlib over all parts together. */
  readonly compressor: number;
  readonly entryBits: number;
  readonly data: Uint8Array;
}

export interface Vendor {
  readonly kind: "vendor";
  readonly header: Header;
  /** True: type 0x32 instead of 0x31; the layout is the same. */
  readonly standard: boolean;
  /** Four characters, U+0000 … U+00FF. */
  readonly vendor: string;
  readonly selector: number;
  readonly version: number;
  readonly data: Uint8Array;
}

export interface Push {
  readonly kind: "push";
  readonly header: Header;
  /** Who is to connect. */
  readonly servent: Guid;
  readonly index: number;
  /** Where to. */
  readonly address: Address;
  readonly extensions: Uint8Array;
}

export interface Query {
  readonly kind: "query";
  readonly header: Header;
  /** The first two bytes, big endian: flags where bit 15 is set, else a minimum speed (see `query-flags.ts`). */
  readonly flags: number;
  readonly text: string;
  /** All bytes after the text's NUL, the closing NUL included where there is one. */
  readonly extensions: Uint8Array;
}

export interface HitRecord {
  readonly index: number;
  readonly size: number;
  readonly name: string;
  /** The name was not UTF-8: each character stands for one byte. */
  readonly latin1: boolean;
  /** Without the NUL that ends it. */
  readonly extensions: Uint8Array;
}

export interface QueryHit {
  readonly kind: "hit";
  readonly header: Header;
  readonly address: Address;
  readonly speedKbps: number;
  readonly records: readonly HitRecord[];
  /** What lies between the last record and the servent id. */
  readonly trailer: Uint8Array;
  readonly servent: Guid;
}

/** A descriptor of a type that we do not know: counted, never forwarded. */
export interface Unknown {
  readonly kind: "unknown";
  readonly header: Header;
  readonly type: number;
  readonly payload: Uint8Array;
}

export type Descriptor = Ping | Pong | Bye | TableReset | TablePatch | Vendor | Push | Query | QueryHit | Unknown;

export type Message = Handshake | Descriptor;

/** The value of a header field, its name in any case; repeated fields joined by commas; undefined where absent. */
export function field(block: Handshake, name: string): string | undefined {
  const wanted = name.toLowerCase();
  const values = block.fields.filter(([key]) => key.toLowerCase() === wanted).map(([, value]) => value);
  return values.length < 2 ? values[0] : values.join(", ");
}
