// The long half of what is known of a file, packed: five numbers, the numbers of its words, then the bytes of MD5, URN and path.
import { base32Decode, base32Encode } from "../../../base/base32.ts";
import { latin1Decode } from "../../../base/bytes.ts";
import { LIMITS } from "./limits.ts";
import type { Pool } from "./pool.ts";
import type { FoundFile, Owner } from "./found-file.ts";
import type { MessageWriter } from "../message-writer.ts";
import { MEDIA_TYPES, type MediaType, NO_MD5, type SharedFile, URN_PREFIX } from "../shared-file.ts";

/** Places in a record. The row is 0 where the file is gone. */
export const ROW = 0;
const SIZE = 1;
/** Numbers in a line of the cache. */
const LINE = 16;
/** Bitrate in the lower half, seconds in the upper. */
const SOUND = 2;
/** Frequency in 24 bits, media type in three, then whether MD5 and URN are packed. */
const KIND = 3;
/** Bytes of the path in 12 bits, words in five, bytes of the MD5 in six. */
const LENGTHS = 4;
const HEAD = 5;

const MD5_IS_PACKED = 1 << 27;
const HAS_URN = 1 << 28;
const MD5_PACKED_BYTES = 16;
const SHA1_BYTES = 20;
const URN_LENGTH = URN_PREFIX.length + 32;

const RECORD_MAX = HEAD + LIMITS.wordsPerFileMax + (LIMITS.md5BytesMax + SHA1_BYTES + LIMITS.pathBytesMax) / 4;

/** A record in the making; one is enough for all. */
export class RecordDraft {
  readonly words = new Int32Array(RECORD_MAX + 1);
  private readonly bytes = new Uint8Array(this.words.buffer);
  /** Numbers of it that count. */
  length = 0;
  /** Whether the MD5 is one: what else clients write there (zeros, `nomd5computed`) says nothing of the content. */
  hasContentHash = false;

  fill(row: number, file: SharedFile, wordIds: readonly number[]): void {
    const { words, bytes } = this;
    words[ROW] = row;
    words[SIZE] = Math.min(file.size, 0xffff_ffff);
    words[SOUND] = Math.min(file.bitrate, 0xffff) | (Math.min(file.seconds, 0xffff) << 16);
    words[KIND] = Math.min(file.frequency, 0xff_ffff) | (MEDIA_TYPES.indexOf(file.media) << 24);
    let at = HEAD;
    for (const id of wordIds) words[at++] = id;
    at *= 4;
    const md5 = this.putMd5(file.md5, at);
    at += md5;
    if (file.urn !== "") at += this.putUrn(file.urn, at);
    const { path } = file;
    for (let i = 0; i < path.length; i++) bytes[at + i] = path.charCodeAt(i);
    words[LENGTHS] = path.length | (wordIds.length << 12) | (md5 << 17);
    this.length = (at + path.length + 3) >>> 2;
  }

  /** The answer is how many bytes it takes. */
  private putMd5(md5: string, at: number): number {
    const { bytes } = this;
    this.hasContentHash = false;
    if (md5.length === 2 * MD5_PACKED_BYTES) {
      let isHex = true;
      let isOneDigit = true;
      for (let i = 0; i < MD5_PACKED_BYTES; i++) {
        const [high, low] = [digitOf(md5.charCodeAt(2 * i)), digitOf(md5.charCodeAt(2 * i + 1))];
        if ((high | low) < 0) isHex = false;
        const byte = (high << 4) | low;
        bytes[at + i] = byte;
        if (high !== low || byte !== bytes[at]) isOneDigit = false;
      }
      if (isHex) {
        this.words[KIND] = (this.words[KIND] as number) | MD5_IS_PACKED;
        this.hasContentHash = !isOneDigit;
        return MD5_PACKED_BYTES;
      }
    }
    const length = Math.min(md5.length, LIMITS.md5BytesMax);
    for (let i = 0; i < length; i++) bytes[at + i] = md5.charCodeAt(i);
    return length;
  }

  private putUrn(urn: string, at: number): number {
    if (urn.length !== URN_LENGTH || !urn.startsWith(URN_PREFIX)) return 0;
    const sha1 = base32Decode(urn.slice(URN_PREFIX.length));
    if (sha1 === undefined) return 0;
    this.bytes.set(sha1, at);
    this.words[KIND] = (this.words[KIND] as number) | HAS_URN;
    return SHA1_BYTES;
  }
}

/** Numbers that the record at an address has. */
export function recordLength(pool: Pool, address: number): number {
  return HEAD + wordCount(pool, address) + ((tailBytes(pool, address) + 3) >>> 2);
}

export function wordCount(pool: Pool, address: number): number {
  return (pool.get(address + LENGTHS) >>> 12) & 31;
}

export function wordAt(pool: Pool, address: number, index: number): number {
  return pool.get(address + HEAD + index);
}

export function sizeOf(pool: Pool, address: number): number {
  return pool.get(address + SIZE) >>> 0;
}

export function bitrateOf(pool: Pool, address: number): number {
  return pool.get(address + SOUND) & 0xffff;
}

export function secondsOf(pool: Pool, address: number): number {
  return pool.get(address + SOUND) >>> 16;
}

export function frequencyOf(pool: Pool, address: number): number {
  return pool.get(address + KIND) & 0xff_ffff;
}

export function mediaOf(pool: Pool, address: number): MediaType {
  return MEDIA_TYPES[(pool.get(address + KIND) >>> 24) & 7] as MediaType;
}

export function hasPath(pool: Pool, address: number, path: string): boolean {
  if (pathLength(pool, address) !== path.length) return false;
  const bytes = pool.bytesAt(address);
  const start = pathStart(pool, address);
  for (let i = 0; i < path.length; i++) if (bytes[start + i] !== path.charCodeAt(i)) return false;
  return true;
}

/** In lower case, or as the client wrote it where it is no hash. */
export function md5Of(pool: Pool, address: number): string {
  const bytes = pool.bytesAt(address);
  const start = tailStart(pool, address);
  const end = start + md5Bytes(pool, address);
  return (pool.get(address + KIND) & MD5_IS_PACKED) === 0 ? latin1Decode(bytes, start, end) : hexOf(bytes, start, end);
}

export function readRecord(pool: Pool, address: number, owner: Owner): FoundFile {
  const bytes = pool.bytesAt(address);
  const path = pathStart(pool, address);
  return {
    owner,
    path: latin1Decode(bytes, path, path + pathLength(pool, address)),
    md5: md5Of(pool, address),
    size: sizeOf(pool, address),
    bitrate: bitrateOf(pool, address),
    frequency: frequencyOf(pool, address),
    seconds: secondsOf(pool, address),
    media: mediaOf(pool, address),
    urn: urnOf(pool, address),
  };
}

/** `"path" md5 size bitrate frequency seconds`: `quote` and `measures` of what `readRecord` gives. */
export function writeFields(pool: Pool, address: number, to: MessageWriter): void {
  const bytes = pool.bytesAt(address);
  const md5 = tailStart(pool, address);
  const md5End = md5 + md5Bytes(pool, address);
  const path = md5End + (hasUrn(pool, address) ? SHA1_BYTES : 0);
  to.quoted(bytes, path, path + pathLength(pool, address)).byte(BLANK);
  if (md5 === md5End) to.text(NO_MD5);
  else if ((pool.get(address + KIND) & MD5_IS_PACKED) === 0) to.bytes(bytes, md5, md5End);
  else to.hex(bytes, md5, md5End);
  to.byte(BLANK).number(sizeOf(pool, address));
  to.byte(BLANK).number(bitrateOf(pool, address));
  to.byte(BLANK).number(frequencyOf(pool, address));
  to.byte(BLANK).number(secondsOf(pool, address));
}

/** The claimed URN, or empty. */
export function urnOf(pool: Pool, address: number): string {
  if (!hasUrn(pool, address)) return "";
  const end = pathStart(pool, address);
  return URN_PREFIX + base32Encode(pool.bytesAt(address).subarray(end - SHA1_BYTES, end));
}

// ---------------------------------------------------------------------------------------------------------------------

function hasUrn(pool: Pool, address: number): boolean {
  return (pool.get(address + KIND) & HAS_URN) !== 0;
}

function md5Bytes(pool: Pool, address: number): number {
  return pool.get(address + LENGTHS) >>> 17;
}

/** Reads a word of each cache line that a record usually has. */
export function touch(pool: Pool, address: number): number {
  const page = pool.words[address >>> 16] as Int32Array;
  const at = address & 0xffff;
  return (page[at] as number) ^ (page[(at + LINE) & 0xffff] as number) ^ (page[(at + 2 * LINE) & 0xffff] as number);
}

function pathLength(pool: Pool, address: number): number {
  return pool.get(address + LENGTHS) & 0xfff;
}

function tailStart(pool: Pool, address: number): number {
  return pool.byteAt(address) + 4 * (HEAD + wordCount(pool, address));
}

function pathStart(pool: Pool, address: number): number {
  return tailStart(pool, address) + md5Bytes(pool, address) + (hasUrn(pool, address) ? SHA1_BYTES : 0);
}

function tailBytes(pool: Pool, address: number): number {
  return md5Bytes(pool, address) + (hasUrn(pool, address) ? SHA1_BYTES : 0) + pathLength(pool, address);
}

/** Of whole words of four bytes. */
function hexOf(bytes: Uint8Array, start: number, end: number): string {
  let text = "";
  for (let i = start; i < end; i += 4) {
    const a = bytes[i] as number;
    const b = bytes[i + 1] as number;
    const c = bytes[i + 2] as number;
    const d = bytes[i + 3] as number;
    text += String.fromCharCode(
      DIGITS[a >>> 4] as number,
      DIGITS[a & 15] as number,
      DIGITS[b >>> 4] as number,
      DIGITS[b & 15] as number,
      DIGITS[c >>> 4] as number,
      DIGITS[c & 15] as number,
      DIGITS[d >>> 4] as number,
      DIGITS[d & 15] as number,
    );
  }
  return text;
}

const BLANK = 0x20;
const DIGITS = Uint8Array.from("0123456789abcdef", (digit) => digit.charCodeAt(0));

/** -1 where it is no digit of lower case. */
function digitOf(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  return code >= 0x61 && code <= 0x66 ? code - 0x57 : -1;
}
