// MD5 (RFC 1321) of small inputs, whole: proofs that old servers ask of each other. It is broken against who makes both inputs of a
// collision; nothing of ours may rely on it.
import { BLOCK_BYTES, paddedBlocks } from "./padded-blocks.ts";

export const MD5_BYTES = 16;

/** The 16 bytes of the hash. */
export function md5(bytes: Uint8Array): Uint8Array {
  const blocks = paddedBlocks(bytes, true);
  const state = Int32Array.of(0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476);
  for (let at = 0; at < blocks.byteLength; at += BLOCK_BYTES) absorb(state, blocks, at);

  const hash = new Uint8Array(MD5_BYTES);
  const out = new DataView(hash.buffer);
  state.forEach((word, i) => out.setInt32(4 * i, word, true));
  return hash;
}

function absorb(state: Int32Array, view: DataView, at: number): void {
  let a = word(state, 0);
  let b = word(state, 1);
  let c = word(state, 2);
  let d = word(state, 3);
  for (let t = 0; t < 64; t++) {
    const round = t >> 4;
    const input = view.getInt32(at + 4 * wordOf(round, t), true);
    const sum = (a + mix(round, b, c, d) + word(SINES, t) + input) | 0;
    a = d;
    d = c;
    c = b;
    b = (b + rotate(sum, (SHIFTS[round] as readonly number[])[t & 3] as number)) | 0;
  }
  state[0] = word(state, 0) + a;
  state[1] = word(state, 1) + b;
  state[2] = word(state, 2) + c;
  state[3] = word(state, 3) + d;
}

/** §3.4: the order in which each round takes the words of the block. */
function wordOf(round: number, t: number): number {
  if (round === 0) return t & 15;
  if (round === 1) return (5 * t + 1) & 15;
  return (round === 2 ? 3 * t + 5 : 7 * t) & 15;
}

function mix(round: number, b: number, c: number, d: number): number {
  if (round === 0) return (b & c) | (~b & d);
  if (round === 1) return (d & b) | (~d & c);
  return round === 2 ? b ^ c ^ d : c ^ (b | ~d);
}

const SHIFTS = [
  [7, 12, 17, 22],
  [5, 9, 14, 20],
  [4, 11, 16, 23],
  [6, 10, 15, 21],
] as const;

/** §3.4: 2^32 times the sine of 1, 2, 3 … radians, written down because no engine promises the last bit of a sine. */
const SINES = Int32Array.of(
  0xd76aa478,
  0xe8c7b756,
  0x242070db,
  0xc1bdceee,
  0xf57c0faf,
  0x4787c62a,
  0xa8304613,
  0xfd469501,
  0x698098d8,
  0x8b44f7af,
  0xffff5bb1,
  0x895cd7be,
  0x6b901122,
  0xfd987193,
  0xa679438e,
  0x49b40821,
  0xf61e2562,
  0xc040b340,
  0x265e5a51,
  0xe9b6c7aa,
  0xd62f105d,
  0x02441453,
  0xd8a1e681,
  0xe7d3fbc8,
  0x21e1cde6,
  0xc33707d6,
  0xf4d50d87,
  0x455a14ed,
  0xa9e3e905,
  0xfcefa3f8,
  0x676f02d9,
  0x8d2a4c8a,
  0xfffa3942,
  0x8771f681,
  0x6d9d6122,
  0xfde5380c,
  0xa4beea44,
  0x4bdecfa9,
  0xf6bb4b60,
  0xbebfbc70,
  0x289b7ec6,
  0xeaa127fa,
  0xd4ef3085,
  0x04881d05,
  0xd9d4d039,
  0xe6db99e5,
  0x1fa27cf8,
  0xc4ac5665,
  0xf4292244,
  0x432aff97,
  0xab9423a7,
  0xfc93a039,
  0x655b59c3,
  0x8f0ccc92,
  0xffeff47d,
  0x85845dd1,
  0x6fa87e4f,
  0xfe2ce6e0,
  0xa3014314,
  0x4e0811a1,
  0xf7537e82,
  0xbd3af235,
  0x2ad7d2bb,
  0xeb86d391,
);

function rotate(word: number, by: number): number {
  return (word << by) | (word >>> (32 - by));
}

function word(list: Int32Array, at: number): number {
  return list[at] as number;
}
