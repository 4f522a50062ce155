// Random numbers that a seed decides: sfc32 (C. Doty-Humphrey), integers only, so every engine draws the same. Each purpose
// has its own named stream, so that drawing more for one shifts nothing for another.

/** Words of state that one stream needs in a pool. */
export const STREAM_WORDS = 4;

/** The first outputs still resemble the seed; the author of the generator skips as many. */
const WARM_UP = 15;

/** A stream of its own; many small ones share a pool instead (`seedStream`, `drawU32`). */
export class RandomStream {
  private readonly state = new Int32Array(STREAM_WORDS);

  constructor(seed: string, name: string) {
    seedStream(this.state, 0, seed, name);
  }

  /** 0 … 2^32 - 1. */
  u32(): number {
    return drawU32(this.state, 0);
  }

  /** 0 … `bound` - 1, each as likely; `bound` 1 … 2^32. Draws again where the rest would favour small numbers. */
  below(bound: number): number {
    const fair = 2 ** 32 - (2 ** 32 % bound);
    let value = this.u32();
    while (value >= fair) value = this.u32();
    return value % bound;
  }
}

/** Writes the start of the stream called `name` into four words of a pool. */
export function seedStream(pool: Int32Array, at: number, seed: string, name: string): void {
  const text = `${seed}/${name}`;
  pool[at] = hashText(text, 0x9e3779b9);
  pool[at + 1] = hashText(text, 0x243f6a88);
  pool[at + 2] = hashText(text, 0xb7e15162);
  pool[at + 3] = 1;
  for (let i = 0; i < WARM_UP; i++) drawU32(pool, at);
}

/** The next value, 0 … 2^32 - 1, of the stream whose state stands at `at`. */
export function drawU32(pool: Int32Array, at: number): number {
  const a = pool[at] as number;
  const b = pool[at + 1] as number;
  const c = pool[at + 2] as number;
  const counter = pool[at + 3] as number;
  const value = (a + b + counter) | 0;
  pool[at] = b ^ (b >>> 9);
  pool[at + 1] = c + (c << 3);
  pool[at + 2] = ((c << 21) | (c >>> 11)) + value;
  pool[at + 3] = counter + 1;
  return value >>> 0;
}

/** 32 bits of a text: FNV-1a over its code units, then the finalizer of MurmurHash3, which spreads the last ones. */
export function hashText(text: string, basis: number): number {
  let hash = basis | 0;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
