// SHA-256 (FIPS 180-4 §6.2) of small inputs, whole, and HMAC over it (RFC 2104): proofs that somebody knows a key, without
// saying it. Files are hashed by the product, not here.
import { concatBytes } from "./bytes.ts";
import { BLOCK_BYTES, paddedBlocks } from "./padded-blocks.ts";

export const SHA256_BYTES = 32;

// Used within one call only.
const words = new Int32Array(64);

/** The 32 bytes of the hash. */
export function sha256(bytes: Uint8Array): Uint8Array {
  const blocks = paddedBlocks(bytes, false);
  const state = Int32Array.from(START);
  for (let at = 0; at < blocks.byteLength; at += BLOCK_BYTES) absorb(state, blocks, at);

  const hash = new Uint8Array(SHA256_BYTES);
  const out = new DataView(hash.buffer);
  state.forEach((word, i) => out.setInt32(4 * i, word));
  return hash;
}

/** HMAC-SHA-256 (RFC 2104 §2): 32 bytes that only who knows the key can make of this text. */
export function hmacSha256(key: Uint8Array, text: Uint8Array): Uint8Array {
  const block = new Uint8Array(BLOCK_BYTES);
  block.set(key.length > BLOCK_BYTES ? sha256(key) : key);
  const inner = sha256(concatBytes([block.map((byte) => byte ^ 0x36), text]));
  return sha256(concatBytes([block.map((byte) => byte ^ 0x5c), inner]));
}

function absorb(state: Int32Array, view: DataView, at: number): void {
  for (let t = 0; t < 16; t++) words[t] = view.getInt32(at + 4 * t);
  for (let t = 16; t < 64; t++) {
    const w15 = word(words, t - 15);
    const w2 = word(words, t - 2);
    const s0 = rotate(w15, 7) ^ rotate(w15, 18) ^ (w15 >>> 3);
    const s1 = rotate(w2, 17) ^ rotate(w2, 19) ^ (w2 >>> 10);
    words[t] = word(words, t - 16) + s0 + word(words, t - 7) + s1;
  }

  let a = word(state, 0);
  let b = word(state, 1);
  let c = word(state, 2);
  let d = word(state, 3);
  let e = word(state, 4);
  let f = word(state, 5);
  let g = word(state, 6);
  let h = word(state, 7);
  for (let t = 0; t < 64; t++) {
    const s1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
    const first = (h + s1 + ((e & f) ^ (~e & g)) + word(ROUNDS, t) + word(words, t)) | 0;
    const s0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22);
    const second = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + first) | 0;
    d = c;
    c = b;
    b = a;
    a = (first + second) | 0;
  }
  state[0] = word(state, 0) + a;
  state[1] = word(state, 1) + b;
  state[2] = word(state, 2) + c;
  state[3] = word(state, 3) + d;
  state[4] = word(state, 4) + e;
  state[5] = word(state, 5) + f;
  state[6] = word(state, 6) + g;
  state[7] = word(state, 7) + h;
}

/** The first 32 bits of the fractional parts of roots of the first primes: square roots (§5.3.3), cube roots (§4.2.2). */
const PRIMES = firstPrimes(64);
const START = PRIMES.slice(0, 8).map((prime) => fraction(Math.sqrt(prime)));
const ROUNDS = Int32Array.from(PRIMES, (prime) => fraction(cubeRoot(prime)));

function firstPrimes(count: number): number[] {
  const primes: number[] = [];
  for (let n = 2; primes.length < count; n++) if (primes.every((prime) => n % prime !== 0)) primes.push(n);
  return primes;
}

/** Rounded as IEEE 754 says only for square roots, so a step of Newton's makes every engine's cube root the same. */
function cubeRoot(n: number): number {
  const root = Math.cbrt(n);
  return root - (root * root * root - n) / (3 * root * root);
}

function fraction(root: number): number {
  return Math.floor((root % 1) * 0x1_0000_0000) | 0;
}

function rotate(word: number, by: number): number {
  return (word >>> by) | (word << (32 - by));
}

function word(list: Int32Array, at: number): number {
  return list[at] as number;
}
