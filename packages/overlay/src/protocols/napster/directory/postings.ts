// Which files have a word: for each word a chain of chunks, newest first. A posting is the number of a file's row and its
// signature, two bits for each of the file's words: most files that lack another word are passed over without a look at them,
// at 2 ns a posting and in the order of memory.
//
// A file that goes leaves its postings behind. Sweeps take them out, a chunk at a time.
import { ALIVE, CHUNK, type Dictionary, GONE, HASH, QUEUED } from "./dictionary.ts";
import { type FileRows, SHELF } from "./file-rows.ts";
import type { Pool } from "./pool.ts";

/** A chunk: the next older one, how many postings, then those, the oldest first. */
const OLDER = 0;
const COUNT = 1;
const HEAD = 2;
const POSTING = 2;
/** Words with fewer postings of files that are gone are not worth a sweep, unless nothing else is left. */
const GONE_MIN = 8;
const LAST = -1;
/** What it costs to go on to another chunk or word, in postings. */
const STEP_COST = 8;

export class Postings {
  private readonly pool: Pool;
  private readonly words: Dictionary;
  private readonly files: FileRows;
  /** Words that wait for a sweep. */
  private firstQueued = 0;
  private lastQueued = 0;
  /** The word that is being swept, and the chunk behind which the sweep goes on; 0: at the newest. */
  private swept = 0;
  private sweptTo = 0;
  /** The word up to which the round over all words has come. */
  private round = 0;

  constructor(pool: Pool, words: Dictionary, files: FileRows) {
    this.pool = pool;
    this.words = words;
    this.files = files;
  }

  /** Whether words wait for a sweep. */
  get isWaiting(): boolean {
    return this.swept !== 0 || this.firstQueued !== 0;
  }

  /** The bits that a word sets in the signature of a file. */
  signatureOf(word: number): number {
    const hash = this.words.get(word, HASH);
    return (1 << (hash >>> 27)) | (1 << ((hash >>> 22) & 31));
  }

  /** Postings of a word, those included that are not swept yet: what it costs to read them all. */
  length(word: number): number {
    return this.words.get(word, ALIVE) + this.words.get(word, GONE);
  }

  add(word: number, row: number, signature: number): void {
    const { pool, words } = this;
    let chunk = words.get(word, CHUNK);
    let count = chunk === 0 ? 0 : pool.get(chunk + COUNT);
    if (chunk === 0 || HEAD + POSTING * (count + 1) > pool.sizeOf(chunk)) {
      const older = chunk;
      chunk = pool.take(chunkSize(this.length(word)));
      count = 0;
      pool.set(chunk + OLDER, older);
      words.set(word, CHUNK, chunk);
    }
    const at = chunk + HEAD + POSTING * count;
    pool.set(at, row);
    pool.set(at + 1, signature);
    pool.set(chunk + COUNT, count + 1);
    words.add(word, ALIVE, 1);
  }

  /** A file that had this word is gone. */
  leave(word: number): void {
    const { words } = this;
    const alive = words.add(word, ALIVE, -1);
    const gone = words.add(word, GONE, 1);
    const isWorthIt = alive === 0 || (gone > alive && gone >= GONE_MIN);
    if (!isWorthIt || words.get(word, QUEUED) !== 0) return;
    words.set(word, QUEUED, LAST);
    if (this.lastQueued === 0) this.firstQueued = word;
    else words.set(this.lastQueued, QUEUED, word);
    this.lastQueued = word;
  }

  /**
   * Rows that have a word and all bits of a signature, newest first, of `most` postings at the most. Some lack what the bits
   * stand for, and some are gone. `visit` returns false where it wants no more; then so does this.
   */
  scan(word: number, signature: number, most: number, visit: (row: number) => boolean): boolean {
    let left = most;
    for (let chunk = this.words.get(word, CHUNK); chunk !== 0 && left > 0; ) {
      const page = this.pool.words[chunk >>> 16] as Int32Array;
      const start = chunk & 0xffff;
      const count = page[start + COUNT] as number;
      for (let at = start + HEAD + POSTING * (count - 1); at > start; at -= POSTING) {
        if (((page[at + 1] as number) & signature) === signature && !visit(page[at] as number)) return false;
      }
      left -= count;
      chunk = page[start + OLDER] as number;
    }
    return true;
  }

  /** Sweeps waiting words for so many units of work. The answer is what is left of them. */
  sweep(units: number): number {
    let left = units;
    while (left > 0 && this.isWaiting) {
      if (this.swept === 0) this.begin(this.dequeue());
      left -= this.step();
    }
    return left;
  }

  /** Goes round all words and sweeps those where any file is gone, while `isNeeded`. The answer is what is left of the units. */
  sweepRound(units: number, isNeeded: () => boolean): number {
    let left = units;
    while (left > 0 && isNeeded()) {
      if (this.swept !== 0) left -= this.step();
      else {
        left--;
        this.round = this.round + 1 < this.words.end ? this.round + 1 : 1;
        const word = this.round;
        if (this.words.has(word) && this.words.get(word, GONE) > 0) this.begin(word);
      }
    }
    return left;
  }

  private dequeue(): number {
    const word = this.firstQueued;
    const next = this.words.get(word, QUEUED);
    this.words.set(word, QUEUED, 0);
    this.firstQueued = next === LAST ? 0 : next;
    if (next === LAST) this.lastQueued = 0;
    return word;
  }

  private begin(word: number): void {
    this.swept = word;
    this.sweptTo = 0;
  }

  /** Sweeps one chunk. The answer is what it cost. */
  private step(): number {
    const { pool, words, swept, sweptTo } = this;
    const chunk = sweptTo === 0 ? words.get(swept, CHUNK) : pool.get(sweptTo + OLDER);
    if (chunk === 0) {
      this.swept = 0;
      // A word that waits is forgotten when it has its turn, since nothing may be forgotten that stands in the queue.
      if (words.get(swept, CHUNK) === 0 && words.get(swept, QUEUED) === 0) words.forget(swept);
      return STEP_COST;
    }
    const count = pool.get(chunk + COUNT);
    const kept = this.compact(chunk, count);
    words.add(swept, GONE, kept - count);
    const newer = sweptTo;
    if (kept === 0 || (newer !== 0 && this.pushInto(newer, chunk, kept))) {
      this.relink(newer, pool.get(chunk + OLDER));
      pool.release(chunk);
    } else this.sweptTo = this.shrink(newer, chunk, kept);
    return count + STEP_COST;
  }

  /** Takes out of a chunk what is gone; the answer is how many postings are left. */
  private compact(chunk: number, count: number): number {
    const { files } = this;
    const page = this.pool.words[chunk >>> 16] as Int32Array;
    const start = (chunk & 0xffff) + HEAD;
    let to = start;
    for (let at = start; at < start + POSTING * count; at += POSTING) {
      const row = page[at] as number;
      if (files.get(row, SHELF) === 0) {
        files.unname(row);
        continue;
      }
      page[to] = row;
      page[to + 1] = page[at + 1] as number;
      to += POSTING;
    }
    const kept = (to - start) / POSTING;
    this.pool.set(chunk + COUNT, kept);
    return kept;
  }

  /** Puts the postings of a chunk before those of the newer one, if they fit. */
  private pushInto(newer: number, chunk: number, kept: number): boolean {
    const { pool } = this;
    const count = pool.get(newer + COUNT);
    if (HEAD + POSTING * (count + kept) > pool.sizeOf(newer)) return false;
    for (let i = POSTING * count - 1; i >= 0; i--)
      pool.set(newer + HEAD + POSTING * kept + i, pool.get(newer + HEAD + i));
    for (let i = 0; i < POSTING * kept; i++) pool.set(newer + HEAD + i, pool.get(chunk + HEAD + i));
    pool.set(newer + COUNT, count + kept);
    return true;
  }

  /** Puts what is left of a chunk into a smaller one, if half as large a one is large enough; the answer is where it is. */
  private shrink(newer: number, chunk: number, kept: number): number {
    const { pool } = this;
    const length = HEAD + POSTING * kept;
    if (2 * length > pool.sizeOf(chunk)) return chunk;
    const smaller = pool.take(length);
    for (let i = 0; i < length; i++) pool.set(smaller + i, pool.get(chunk + i));
    this.relink(newer, smaller);
    pool.release(chunk);
    return smaller;
  }

  /** What follows a chunk, or stands first where there is none before. */
  private relink(newer: number, older: number): void {
    if (newer === 0) this.words.set(this.swept, CHUNK, older);
    else this.pool.set(newer + OLDER, older);
  }
}

/** Numbers of the next chunk of a list of that length: so large that a quarter of it stands empty on average. */
function chunkSize(postings: number): number {
  if (postings === 0) return 4;
  return 1 << Math.min(9, Math.max(3, 31 - Math.clz32(postings)));
}
