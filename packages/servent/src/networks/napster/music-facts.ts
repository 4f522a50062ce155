// What old clients say of music: bit rate, frequency and length of its first frame, and an MD5 of its beginning. All of it is read from
// the first bytes of the file, so it costs one short read each.
import { createHash } from "node:crypto";

export interface MusicFacts {
  /** 32 hexadecimal digits. */
  readonly md5: string;
  /** Kbit/s. */
  readonly bitrate: number;
  /** Hz. */
  readonly frequency: number;
  readonly seconds: number;
}

/** What the official client of 2001 hashed, from the first frame on; shorter files whole. */
const HASHED_BYTES = 300_032;
/** Bytes behind the ID3 tag in which the first frame is looked for: encoders put no more than some padding there. */
const PADDING_BYTES_MAX = 16 * 1024;
/** A tag may carry pictures; beyond this the file is not looked at. */
export const TAG_BYTES_MAX = 4 * 1024 * 1024;
const TAG_HEAD_BYTES = 10;
/** Of the beginning behind the tag: enough for padding, the frame and all that is hashed. */
export const BEGINNING_BYTES = PADDING_BYTES_MAX + HASHED_BYTES;

/** Bytes of the ID3v2 tag with which the file begins; 0: there is none. @param head Ten bytes. */
export function tagBytes(head: Uint8Array): number {
  const [i, d, three] = head;
  if (head.length < TAG_HEAD_BYTES || i !== 0x49 || d !== 0x44 || three !== 0x33) return 0;
  const size = head.subarray(6, 10).reduce((sum, byte) => sum * 128 + (byte & 127), 0);
  const hasFooter = ((head[5] as number) & 0x10) !== 0;
  return TAG_HEAD_BYTES + size + (hasFooter ? TAG_HEAD_BYTES : 0);
}

/** @param beginning The bytes behind the tag. @param size Bytes of the file behind the tag. Undefined: no MPEG frame is there. */
export function musicFacts(beginning: Uint8Array, size: number): MusicFacts | undefined {
  for (let at = 0; at + 4 <= Math.min(beginning.length, PADDING_BYTES_MAX); at++) {
    const frame = readFrame(beginning, at);
    if (frame === undefined || readFrame(beginning, at + frame.bytes) === undefined) continue;
    const md5 = createHash("md5")
      .update(beginning.subarray(at, at + HASHED_BYTES))
      .digest("hex");
    const seconds = Math.round(((size - at) * 8) / (frame.bitrate * 1000));
    return { md5, bitrate: frame.bitrate, frequency: frame.frequency, seconds };
  }
  return undefined;
}

const BITRATES: Readonly<Record<string, readonly number[]>> = {
  // By version and layer, ISO 11172-3 and 13818-3.
  "1.1": [0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448],
  "1.2": [0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384],
  "1.3": [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
  "2.1": [0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256],
  "2.2": [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
  "2.3": [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
};
const FREQUENCIES = [44_100, 48_000, 32_000] as const;

interface Frame {
  readonly bitrate: number;
  readonly frequency: number;
  readonly bytes: number;
}

/** The frame whose header stands here; undefined where none does. */
function readFrame(bytes: Uint8Array, at: number): Frame | undefined {
  const [a, b, c] = bytes.subarray(at, at + 3);
  if (a !== 0xff || b === undefined || c === undefined || (b & 0xe0) !== 0xe0) return undefined;
  const version = (b >>> 3) & 3;
  const layer = 4 - ((b >>> 1) & 3);
  if (version === 1 || layer === 4) return undefined;
  const bitrate = BITRATES[`${version === 3 ? 1 : 2}.${layer}`]?.[c >>> 4];
  const base = FREQUENCIES[(c >>> 2) & (3 as 0 | 1 | 2)];
  if (bitrate === undefined || bitrate === 0 || base === undefined) return undefined;
  const frequency = base / (version === 3 ? 1 : version === 2 ? 2 : 4);
  const padding = (c >>> 1) & 1;
  const samples = layer === 1 ? 384 : layer === 3 && version !== 3 ? 576 : 1152;
  const slot = layer === 1 ? 4 : 1;
  const length = (Math.floor((samples / 8 / slot) * ((bitrate * 1000) / frequency)) + padding) * slot;
  return { bitrate, frequency, bytes: length };
}
