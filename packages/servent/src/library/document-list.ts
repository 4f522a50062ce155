// The ascending document numbers of one word, packed: as gaps of one or two bytes where the word is rare, as a bit map
// where it is frequent. Four times smaller than plain numbers, and read without unpacking.
import { assert } from "@servent/overlay/base/assert.ts";

/** Behind all documents. */
export const END = 0xffff_ffff;

/** Walks a list upwards. */
export interface Cursor {
  /** About how many steps a walk takes; an intersection begins with the shortest. */
  readonly weight: number;
  /** The first document that is at least `document`, or END. Calls must ascend. */
  seek(document: number): number;
}

const GAPS = 0;
const BITS = 1;
/** A word that more than one in 16 documents have is kept as bits: two bytes per document, and no walk to any of them. */
const BITS_WHEN_ONE_IN = 16;

/** Packs ascending `documents`, all of them at least `base`, to the end of `out`. */
export function packDocuments(documents: Uint32Array, base: number, out: PackedLists): void {
  const last = documents.at(-1);
  assert(last !== undefined && (documents[0] as number) >= base, "a list has documents of its range");
  const span = last - base + 1;
  if (documents.length * BITS_WHEN_ONE_IN > span) {
    const at = out.grow(1 + Math.ceil(span / 8));
    out.bytes[at] = BITS;
    for (const document of documents) {
      const bit = document - base;
      const byte = at + 1 + (bit >>> 3);
      out.bytes[byte] = (out.bytes[byte] as number) | (1 << (bit & 7));
    }
    return;
  }
  // At most five bytes for a gap; what is not used is given back.
  let at = out.grow(1 + 5 * documents.length);
  out.bytes[at++] = GAPS;
  let before = base - 1;
  for (const document of documents) {
    let gap = document - before;
    before = document;
    for (; gap >= 0x80; gap >>>= 7) out.bytes[at++] = gap | 0x80;
    out.bytes[at++] = gap;
  }
  out.length = at;
}

/** Packed lists one behind the other, growing. */
export class PackedLists {
  bytes = new Uint8Array(4096);
  length = 0;

  /** Makes room for `count` zero bytes and answers where they are. */
  grow(count: number): number {
    const at = this.length;
    this.length += count;
    if (this.length > this.bytes.length) {
      const larger = new Uint8Array(Math.max(this.length, Math.ceil(this.bytes.length * 1.5)));
      larger.set(this.bytes.subarray(0, at));
      this.bytes = larger;
    } else this.bytes.fill(0, at, this.length);
    return at;
  }

  /** Exactly what was packed. */
  done(): Uint8Array {
    return this.bytes.slice(0, this.length);
  }
}

/** A cursor over one packed list in `bytes`, from `from` to `to`. */
export function openList(bytes: Uint8Array, from: number, to: number, base: number): Cursor {
  if (from === to) return EMPTY;
  return bytes[from] === BITS ? new BitsCursor(bytes, from + 1, to, base) : new GapsCursor(bytes, from + 1, to, base);
}

const EMPTY: Cursor = { weight: 0, seek: () => END };

class GapsCursor implements Cursor {
  readonly weight: number;
  private readonly bytes: Uint8Array;
  private readonly to: number;
  private readonly base: number;
  private at: number;
  private document: number;

  constructor(bytes: Uint8Array, from: number, to: number, base: number) {
    this.weight = to - from;
    this.bytes = bytes;
    this.base = base;
    this.at = from;
    this.to = to;
    this.document = base - 1;
  }

  seek(document: number): number {
    const { bytes, to } = this;
    let at = this.at;
    // The list begins one below its first possible document.
    const wanted = Math.max(document, this.base);
    let here = this.document;
    while (here < wanted) {
      if (at >= to) {
        here = END;
        break;
      }
      let byte = bytes[at++] as number;
      let gap = byte & 0x7f;
      for (let shift = 7; byte >= 0x80; shift += 7) {
        byte = bytes[at++] as number;
        gap |= (byte & 0x7f) << shift;
      }
      here += gap >>> 0;
    }
    this.at = at;
    this.document = here;
    return here;
  }
}

class BitsCursor implements Cursor {
  readonly weight: number;
  private readonly bytes: Uint8Array;
  private readonly from: number;
  private readonly to: number;
  private readonly base: number;

  constructor(bytes: Uint8Array, from: number, to: number, base: number) {
    this.weight = (to - from) * 8;
    this.bytes = bytes;
    this.from = from;
    this.to = to;
    this.base = base;
  }

  seek(document: number): number {
    const bit = Math.max(0, document - this.base);
    let at = this.from + (bit >>> 3);
    if (at >= this.to) return END;
    let byte = (this.bytes[at] as number) & (0xff << (bit & 7));
    while (byte === 0) {
      if (++at >= this.to) return END;
      byte = this.bytes[at] as number;
    }
    return this.base + (at - this.from) * 8 + 31 - Math.clz32(byte & -byte);
  }
}

/** A cursor over plain ascending numbers. */
export class ArrayCursor implements Cursor {
  readonly weight: number;
  private readonly documents: Uint32Array;
  private at = 0;

  constructor(documents: Uint32Array) {
    this.weight = documents.length;
    this.documents = documents;
  }

  seek(document: number): number {
    while (this.at < this.documents.length && (this.documents[this.at] as number) < document) this.at++;
    return this.documents[this.at] ?? END;
  }
}
