// SHA-1 (FIPS 180-4 §6.1) of small inputs, whole: names that become ids. Files are hashed by the product, not here.
// It is no longer safe against who makes both inputs of a collision; ids need only that nobody finds a second input.
import { BLOCK_BYTES, paddedBlocks } from "./padded-blocks.ts";

export const SHA1_BYTES = 20;

// Used within one call only.
const words = new Int32Array(80);

export function sha1(bytes: Uint8Array): Uint8Array {
  const blocks = paddedBlocks(bytes, false);
  const state = Int32Array.of(0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0);
  for (let at = 0; at < blocks.byteLength; at += BLOCK_BYTES) absorb(state, blocks, at);

  const hash = new Uint8Array(SHA1_BYTES);
  const out = new DataView(hash.buffer);
  state.forEach((word, i) => out.setInt32(4 * i, word));
  return hash;
}

function absorb(state: Int32Array, view: DataView, at: number): void {
  for (let t = 0; t < 16; t++) words[t] = view.getInt32(at + 4 * t);
  for (let t = 16; t < 80; t++) {
    words[t] = rotate(word(words, t - 3) ^ word(words, t - 8) ^ word(words, t - 14) ^ word(words, t - 16), 1);
  }

  let a = word(state, 0);
  let b = word(state, 1);
  let c = word(state, 2);
  let d = word(state, 3);
  let e = word(state, 4);
  for (let t = 0; t < 80; t++) {
    const next = (rotate(a, 5) + mix(t, b, c, d) + e + (ROUNDS[Math.floor(t / 20)] as number) + word(words, t)) | 0;
    e = d;
    d = c;
    c = rotate(b, 30);
    b = a;
    a = next;
  }
  state[0] = word(state, 0) + a;
  state[1] = word(state, 1) + b;
  state[2] = word(state, 2) + c;
  state[3] = word(state, 3) + d;
  state[4] = word(state, 4) + e;
}

const ROUNDS = [0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6];

function mix(t: number, b: number, c: number, d: number): number {
  if (t < 20) return (b & c) | (~b & d);
  return t >= 40 && t < 60 ? (b & c) | (b & d) | (c & d) : b ^ c ^ d;
}

function rotate(word: number, by: number): number {
  return (word << by) | (word >>> (32 - by));
}

function word(list: Int32Array, at: number): number {
  return list[at] as number;
}
