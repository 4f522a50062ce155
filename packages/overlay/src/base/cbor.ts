// CBOR for datagrams: the part of RFC 8949 that they need, in its core deterministic encoding (§4.2.1), so that a value has
// exactly one form. Numbers are whole and within 2^53 - 1; there are no floats, no tags and no indefinite lengths.
// Items are written and read one by one, in the order that the message's layout says; nothing is ever built in between.
import { assert } from "./assert.ts";
import { ByteReader, ByteWriter, utf8Decode, utf8Encode, utf8Length } from "./bytes.ts";

/** What an entry of a map goes by. */
export type CborKey = number | string;

/** Levels of items inside items that `skip` follows. It calls itself, and the peer chooses how deep. */
const SKIP_DEPTH_MAX = 16;

const UNSIGNED = 0;
const NEGATIVE = 1;
const BYTES = 2;
const TEXT = 3;
const ARRAY = 4;
const MAP = 5;

const FALSE = 0xf4;
const TRUE = 0xf5;
const NULL = 0xf6;

/** Bytes of the head in front of a string of `count` bytes, an array of `count` items or a map of `count` entries. */
export function cborHeadBytes(count: number): number {
  if (count < 24) return 1;
  if (count < 0x100) return 2;
  if (count < 0x1_0000) return 3;
  return count < 0x1_0000_0000 ? 5 : 9;
}

export function cborNumberBytes(value: number): number {
  return cborHeadBytes(value < 0 ? -1 - value : value);
}

/** Bytes of a byte string of `count` bytes. */
export function cborByteStringBytes(count: number): number {
  return cborHeadBytes(count) + count;
}

export function cborTextBytes(text: string): number {
  return cborByteStringBytes(utf8Length(text));
}

/** Booleans and null. */
export const CBOR_SIMPLE_BYTES = 1;

export class CborWriter extends ByteWriter {
  number(value: number): this {
    assert(Number.isSafeInteger(value), "a number is whole and within 2^53 - 1");
    return value < 0 ? this.head(NEGATIVE, -1 - value) : this.head(UNSIGNED, value);
  }

  byteString(value: Uint8Array): this {
    return this.byteStringHead(value.length).bytes(value);
  }

  /** The caller writes the `count` bytes. */
  byteStringHead(count: number): this {
    return this.head(BYTES, count);
  }

  text(value: string): this {
    assert(value.isWellFormed(), "UTF-8 has no lone surrogates");
    const bytes = utf8Encode(value);
    return this.head(TEXT, bytes.length).bytes(bytes);
  }

  /** The caller writes the `count` items. */
  array(count: number): this {
    return this.head(ARRAY, count);
  }

  /** A map of these keys, which are sorted here; `value` writes exactly one item for each. */
  map(keys: readonly CborKey[], value: (key: CborKey) => void): this {
    this.head(MAP, keys.length);
    let before: CborKey | undefined;
    for (const key of keys.toSorted(compareKeys)) {
      assert(key !== before, "no two entries of a map have the same key");
      before = key;
      if (typeof key === "number") this.number(key);
      else this.text(key);
      value(key);
    }
    return this;
  }

  boolean(value: boolean): this {
    return this.u8(value ? TRUE : FALSE);
  }

  null(): this {
    return this.u8(NULL);
  }

  private head(major: number, count: number): this {
    const type = major << 5;
    if (count < 24) return this.u8(type | count);
    if (count < 0x100) return this.u8(type | 24).u8(count);
    if (count < 0x1_0000) return this.u8(type | 25).u16be(count);
    if (count < 0x1_0000_0000) return this.u8(type | 26).u32be(count);
    return this.u8(type | 27)
      .u32be(Math.floor(count / 0x1_0000_0000))
      .u32be(count % 0x1_0000_0000);
  }
}

/** Takes deterministic encoding only. Every bound is checked before anything of that length is made. */
export class CborReader extends ByteReader {
  private readonly encoded: Uint8Array;

  constructor(encoded: Uint8Array) {
    super(encoded);
    this.encoded = encoded;
  }

  /** 0 … `most`. */
  unsigned(most: number = Number.MAX_SAFE_INTEGER): number {
    return this.count(UNSIGNED, most, "number");
  }

  /** Within 2^53 - 1, of either sign. */
  number(): number {
    if (this.nextMajor() !== NEGATIVE) return this.unsigned();
    return -1 - this.count(NEGATIVE, Number.MAX_SAFE_INTEGER - 1, "number below zero");
  }

  /** A copy. */
  byteString(most: number, least = 0): Uint8Array {
    return this.bytes(this.byteStringHead(most, least));
  }

  /** How many bytes follow, which the caller reads. */
  byteStringHead(most: number, least = 0): number {
    const count = this.count(BYTES, Math.min(most, this.left), "byte string");
    if (count < least) this.fail(`a byte string of ${count} bytes where ${least} are the least`);
    return this.problem === undefined ? count : 0;
  }

  /** Text of at most so many bytes of UTF-8. */
  text(bytesMax: number): string {
    const text = utf8Decode(this.bytes(this.count(TEXT, Math.min(bytesMax, this.left), "text")));
    if (text === undefined) this.fail("no UTF-8");
    return text ?? "";
  }

  /** How many items follow, which the caller reads. */
  array(most: number): number {
    return this.count(ARRAY, Math.min(most, this.left), "array");
  }

  /** `value` reads exactly one item for each key; the keys ascend in bytewise order of their encodings. */
  map(entriesMax: number, value: (key: CborKey) => void): void {
    const count = this.count(MAP, Math.min(entriesMax, this.left >> 1), "map");
    let before: CborKey | undefined;
    for (let entry = 0; entry < count && this.problem === undefined; entry++) {
      const key = this.nextMajor() === TEXT ? this.text(this.left) : this.number();
      if (before !== undefined && compareKeys(before, key) >= 0) this.fail("keys out of order");
      if (this.problem === undefined) value(key);
      before = key;
    }
  }

  boolean(): boolean {
    const byte = this.u8();
    if (byte !== FALSE && byte !== TRUE) this.fail("no boolean");
    return byte === TRUE;
  }

  /** True where null comes next, which is taken; anything else stays. */
  null(): boolean {
    const isNull = this.encoded[this.position] === NULL;
    if (isNull) this.u8();
    return isNull;
  }

  /** Passes over one item of any kind that a writer can write, as strict as reading it. */
  skip(depth = 0): void {
    if (depth > SKIP_DEPTH_MAX) this.fail("items too deep inside each other");
    switch (this.nextMajor()) {
      case UNSIGNED:
      case NEGATIVE:
        this.number();
        break;
      case BYTES:
        this.byteString(this.left);
        break;
      case TEXT:
        this.text(this.left);
        break;
      case ARRAY:
        for (let items = this.array(this.left); items > 0 && this.problem === undefined; items--) this.skip(depth + 1);
        break;
      case MAP:
        this.map(this.left, () => this.skip(depth + 1));
        break;
      default:
        if (!this.null()) this.boolean();
    }
  }

  /** Nothing may follow. */
  end(): void {
    if (this.left > 0) this.fail(`${this.left} bytes too many`);
  }

  /** The major type of what comes next; at the end that of no string, list or number. */
  private nextMajor(): number {
    return (this.encoded[this.position] ?? NULL) >> 5;
  }

  /** The head of an item of this major type: its number, or how long it is. Zero once anything has failed. */
  private count(major: number, most: number, what: string): number {
    const first = this.u8();
    if (first >> 5 !== major) this.fail(`no ${what}`);
    const count = this.argument(first & 0x1f);
    if (count > most) this.fail(`${what} of ${count} where ${most} is the most`);
    return this.problem === undefined ? count : 0;
  }

  private argument(info: number): number {
    if (info < 24) return info;
    switch (info) {
      case 24:
        return this.shortest(this.u8(), 24);
      case 25:
        return this.shortest(this.u16be(), 0x100);
      case 26:
        return this.shortest(this.u32be(), 0x1_0000);
      case 27: {
        const high = this.u32be();
        if (high > 0x1f_ffff) this.fail("a number beyond 2^53 - 1");
        return this.shortest(high * 0x1_0000_0000 + this.u32be(), 0x1_0000_0000);
      }
      default:
        // 28 to 30 mean nothing, and 31 is an indefinite length.
        this.fail("no length");
        return 0;
    }
  }

  private shortest(value: number, least: number): number {
    if (value < least) this.fail("a longer form than needed");
    return value;
  }
}

/** Bytewise order of the encoded keys: numbers from 0 up, then from -1 down, then texts, short ones first. */
function compareKeys(a: CborKey, b: CborKey): number {
  if (typeof a === "string") return typeof b === "string" ? compareTexts(utf8Encode(a), utf8Encode(b)) : 1;
  if (typeof b === "string") return -1;
  if (a < 0 !== b < 0) return a < 0 ? 1 : -1;
  return Math.abs(a) - Math.abs(b);
}

function compareTexts(a: Uint8Array, b: Uint8Array): number {
  if (a.length !== b.length) return a.length - b.length;
  const at = a.findIndex((byte, i) => byte !== b[i]);
  return at < 0 ? 0 : (a[at] as number) - (b[at] as number);
}
