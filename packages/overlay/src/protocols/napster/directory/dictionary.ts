// Words and their numbers. It knows a word as long as postings name it and forgets it then.
import { HashChains } from "./hash-chains.ts";
import { type HashKey, keyedHash } from "./keyed-hash.ts";
import { LIMITS } from "./limits.ts";
import type { Pool } from "./pool.ts";
import { Rows } from "./rows.ts";

const LINK = 0;
/** Where its letters are: a byte that counts them, and they. 0: no word has this number. */
const TEXT = 1;
export const HASH = 2;
/** The newest chunk of its postings. */
export const CHUNK = 3;
/** Postings of files that are there, and of those that are gone. */
export const ALIVE = 4;
export const GONE = 5;
/** The next word that waits for a sweep; -1: it is the last one; 0: it does not wait. */
export const QUEUED = 6;
const WIDTH = 7;

/** All words are hashed alike, unlike paths and contents, whose salt is another. */
const SALT = 0;

export class Dictionary extends Rows {
  private readonly pool: Pool;
  private readonly key: HashKey;
  private readonly chains = new HashChains(this, HASH, LINK);

  constructor(pool: Pool, key: HashKey) {
    super(WIDTH);
    this.pool = pool;
    this.key = key;
  }

  override get bytes(): number {
    return super.bytes + this.chains.bytes;
  }

  /** The number of a word, or 0. */
  find(word: string): number {
    return this.findHashed(word, keyedHash(this.key, SALT, word));
  }

  /** The number of a word that may be new. It is at most 63 bytes long. */
  intern(word: string): number {
    const hash = keyedHash(this.key, SALT, word);
    const known = this.findHashed(word, hash);
    if (known !== 0) return known;
    const number = this.take();
    const text = this.pool.take((word.length >>> 2) + 1);
    const bytes = this.pool.bytesAt(text);
    const start = this.pool.byteAt(text);
    bytes[start] = word.length;
    for (let i = 0; i < word.length; i++) bytes[start + 1 + i] = word.charCodeAt(i);
    this.set(number, TEXT, text);
    this.chains.insert(number, hash);
    return number;
  }

  forget(number: number): void {
    this.chains.remove(number);
    this.pool.release(this.get(number, TEXT));
    this.release(number);
  }

  has(number: number): boolean {
    return this.get(number, TEXT) !== 0;
  }

  private findHashed(word: string, hash: number): number {
    if (word.length > LIMITS.wordBytesMax) return 0;
    let number = this.chains.first(hash);
    while (number !== 0 && !this.isCalled(number, word)) number = this.chains.next(number);
    return number;
  }

  private isCalled(number: number, word: string): boolean {
    const text = this.get(number, TEXT);
    const bytes = this.pool.bytesAt(text);
    const start = this.pool.byteAt(text);
    if (bytes[start] !== word.length) return false;
    for (let i = 0; i < word.length; i++) if (bytes[start + 1 + i] !== word.charCodeAt(i)) return false;
    return true;
  }
}
