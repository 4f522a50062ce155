// Compression for nodes in the lab: real zlib streams (RFC 1950 and 1951), made of run lengths in fixed codes only. Query
// routing tables are nearly all zeros, so they come out at most three times as long as zlib makes them. It reads back what it
// wrote, and no streams with codes of their own, which nobody in a world writes.
import type { Zlib } from "@servent/overlay/protocols/gnutella/zlib.ts";

export const runLengthZlib: Zlib = { deflate, inflate };

/** Deflate with a window of 32 KiB, fastest; the two bytes together are a multiple of 31. */
const HEADER = [0x78, 0x01];
const TRAILER_BYTES = 4;
/** The only block: the last, in fixed codes. Three bits, the lowest first. */
const BLOCK = 0b011;
const END_OF_BLOCK = 256;
const FIRST_LENGTH = 257;
const RUN_MIN = 3;
const RUN_MAX = 258;
/** What each length symbol stands for at least, and the bits that say how much more. */
const LENGTHS = [
  3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258,
];
const LENGTH_BITS = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
/** Runs repeat the byte before: distance 1, whose code is five zeros. */
const DISTANCE_BITS = 5;

const SYMBOLS = 286;
const CODES = new Uint16Array(SYMBOLS);
const CODE_BITS = new Uint8Array(SYMBOLS);
for (let symbol = 0; symbol < SYMBOLS; symbol++) {
  const [code, bits] =
    symbol < 144
      ? [0x30 + symbol, 8]
      : symbol < 256
        ? [0x190 + symbol - 144, 9]
        : symbol < 280
          ? [symbol - 256, 7]
          : [0xc0 + symbol - 280, 8];
  CODE_BITS[symbol] = bits;
  // Codes are written with their highest bit first, everything else with its lowest.
  for (let bit = 0; bit < bits; bit++)
    if ((code & (1 << bit)) !== 0) CODES[symbol] = (CODES[symbol] as number) | (1 << (bits - 1 - bit));
}

function deflate(plain: Uint8Array): Uint8Array {
  const out = new BitWriter();
  for (const byte of HEADER) out.bits(byte, 8);
  out.bits(BLOCK, 3);
  const put = (symbol: number): void => out.bits(CODES[symbol] as number, CODE_BITS[symbol] as number);
  const sum = new Checksum();
  const aligned = plain.byteOffset % 4 === 0;
  const words = aligned ? new Int32Array(plain.buffer, plain.byteOffset, plain.length >>> 2) : NO_WORDS;
  for (let at = 0; at < plain.length; ) {
    const byte = plain[at] as number;
    const end = endOfRun(plain, words, at);
    sum.add(byte, end - at);
    put(byte);
    at++;
    while (end - at >= RUN_MIN) {
      const run = Math.min(end - at, RUN_MAX);
      let length = LENGTHS.length - 1;
      while ((LENGTHS[length] as number) > run) length--;
      put(FIRST_LENGTH + length);
      out.bits(run - (LENGTHS[length] as number), LENGTH_BITS[length] as number);
      out.bits(0, DISTANCE_BITS);
      at += run;
    }
    for (; at < end; at++) put(byte);
  }
  put(END_OF_BLOCK);
  return out.done(sum.value);
}

/** Where the run of equal bytes that begins at `at` ends. */
function endOfRun(plain: Uint8Array, words: Int32Array, at: number): number {
  const byte = plain[at] as number;
  let end = at + 1;
  // What is compressed here is nearly all zeros, so those are skipped by the word.
  while (end < plain.length && plain[end] === byte) {
    if (byte === 0 && (end & 3) === 0) while (words[end >>> 2] === 0) end += 4;
    if (plain[end] === byte) end++;
  }
  return end;
}

const NO_WORDS = new Int32Array(0);

function inflate(stream: Uint8Array, most: number): Uint8Array | undefined {
  if (stream[0] !== HEADER[0] || stream[1] !== HEADER[1]) return undefined;
  const source = new BitReader(stream, HEADER.length);
  if (source.bits(3) !== BLOCK) return undefined;
  const plain = new Uint8Array(most);
  const sum = new Checksum();
  let length = 0;
  for (;;) {
    const symbol = source.symbol();
    if (symbol === undefined || symbol >= SYMBOLS) return undefined;
    if (symbol === END_OF_BLOCK) break;
    if (symbol < END_OF_BLOCK) {
      if (length === most) return undefined;
      sum.add(symbol, 1);
      plain[length++] = symbol;
      continue;
    }
    const run = (LENGTHS[symbol - FIRST_LENGTH] as number) + source.bits(LENGTH_BITS[symbol - FIRST_LENGTH] as number);
    if (source.bits(DISTANCE_BITS) !== 0 || length === 0 || length + run > most) return undefined;
    const byte = plain[length - 1] as number;
    sum.add(byte, run);
    plain.fill(byte, length, length + run);
    length += run;
  }
  return source.checksum() === sum.value ? plain.subarray(0, length) : undefined;
}

/** Adler-32, fed by the run. */
class Checksum {
  private low = 1;
  private high = 0;

  add(byte: number, count: number): void {
    // The low sums of a run grow evenly. All of it is exact below 2^53.
    this.high = (this.high + count * this.low + (byte * count * (count + 1)) / 2) % ADLER_BASE;
    this.low = (this.low + byte * count) % ADLER_BASE;
  }

  get value(): number {
    return this.high * 65_536 + this.low;
  }
}

const ADLER_BASE = 65_521;

class BitWriter {
  private bytes = new Uint8Array(256);
  private length = 0;
  private waiting = 0;
  private waitingBits = 0;

  /** At most 16 bits, the lowest first. */
  bits(value: number, count: number): void {
    this.waiting |= value << this.waitingBits;
    this.waitingBits += count;
    while (this.waitingBits >= 8) {
      this.byte(this.waiting & 0xff);
      this.waiting >>>= 8;
      this.waitingBits -= 8;
    }
  }

  done(checksum: number): Uint8Array {
    if (this.waitingBits > 0) this.byte(this.waiting);
    for (let byte = TRAILER_BYTES - 1; byte >= 0; byte--) this.byte(Math.floor(checksum / 2 ** (8 * byte)) & 0xff);
    return this.bytes.slice(0, this.length);
  }

  private byte(value: number): void {
    if (this.length === this.bytes.length) {
      const larger = new Uint8Array(2 * this.length);
      larger.set(this.bytes);
      this.bytes = larger;
    }
    this.bytes[this.length++] = value;
  }
}

class BitReader {
  private readonly source: Uint8Array;
  private at: number;
  private bit = 0;

  constructor(source: Uint8Array, at: number) {
    this.source = source;
    this.at = at;
  }

  bits(count: number): number {
    let value = 0;
    for (let i = 0; i < count; i++) value |= this.one() << i;
    return value;
  }

  /** Undefined after the end, and where there is no such code. */
  symbol(): number | undefined {
    let code = 0;
    for (let i = 0; i < 7; i++) code = (code << 1) | this.one();
    if (this.at > this.source.length) return undefined;
    if (code < 0x18) return 256 + code;
    code = (code << 1) | this.one();
    if (code < 0xc0) return code - 0x30;
    if (code < 0xc8) return 280 + code - 0xc0;
    code = (code << 1) | this.one();
    return 144 + code - 0x190;
  }

  /** The four bytes after the last begun one. */
  checksum(): number {
    let at = this.bit === 0 ? this.at : this.at + 1;
    let sum = 0;
    for (let i = 0; i < TRAILER_BYTES; i++) sum = sum * 256 + (this.source[at++] ?? 0);
    return sum;
  }

  private one(): number {
    const value = ((this.source[this.at] ?? 0) >>> this.bit) & 1;
    if (++this.bit === 8) {
      this.bit = 0;
      this.at++;
    }
    return value;
  }
}
