// The event queue: one bucket per tick, first in, first out, so (tick, order of insertion) is a total order without sequence
// numbers. Records are packed words in chunks from a free list: no object per event, and nothing is ever copied to grow a
// bucket. Ticks near the present have their own bucket; those of later epochs share one per epoch and are dealt out before
// it begins.
import { assert } from "@servent/overlay/base/assert.ts";

/** Words of a record, an even number. The first is its tick; what the others mean is up to the user. */
export const RECORD_WORDS = 10;

const CHUNK_RECORDS = 64;
const CHUNK_WORDS = CHUNK_RECORDS * RECORD_WORDS;

/** Chunks are made by the slab of 640 kB: a single array would be copied whenever it grows. */
const SLAB_BITS = 8;
const SLAB_CHUNKS = 1 << SLAB_BITS;
const CHUNK_MASK = SLAB_CHUNKS - 1;

const EPOCH_BITS = 12;
const EPOCH_TICKS = 1 << EPOCH_BITS;

/** This epoch and the next have a bucket per tick. */
const NEAR_TICKS = 2 * EPOCH_TICKS;
const NEAR_MASK = NEAR_TICKS - 1;

/** Records are read in blocks, so that the reader can touch all of a block's memory before it works on it. */
export const BLOCK_RECORDS = 32;

/** Ticks are 32-bit words: 24 days of milliseconds. */
export const TICK_MAX = 0x7fff_ffff;

const NONE = -1;

interface Chain {
  head: number;
  tail: number;
}

/** Chunks by the slab, as words and as doubles: a double at 2 · n takes the words 2 · n and 2 · n + 1. */
class Slab {
  readonly words = new Int32Array(SLAB_CHUNKS * CHUNK_WORDS);
  readonly doubles = new Float64Array(this.words.buffer);
}

const NO_WORDS = new Int32Array(0);
const NO_DOUBLES = new Float64Array(0);

export class CalendarQueue {
  /** The words of the current block; its first record starts at `at`. `doubles` is the same memory. */
  words: Int32Array = NO_WORDS;
  doubles: Float64Array = NO_DOUBLES;
  at = 0;
  /** Where `add` made room for a record. */
  newWords: Int32Array = NO_WORDS;
  newDoubles: Float64Array = NO_DOUBLES;

  private slabs: Slab[] = [];
  private nextChunk = new Int32Array(SLAB_CHUNKS);
  private counts = new Uint8Array(SLAB_CHUNKS);
  private freeChunk = NONE;

  private readonly heads = new Int32Array(NEAR_TICKS).fill(NONE);
  private readonly tails = new Int32Array(NEAR_TICKS).fill(NONE);
  private readonly far = new Map<number, Chain>();
  private nearRecords = 0;
  private farRecords = 0;

  private present = 0;
  private epoch = 0;

  /** What is left of the current tick: its chain, and how far the first chunk was read. */
  private reading = NONE;
  private readAt = 0;

  /** The tick that is being read, or up to which all was read. */
  get tick(): number {
    return this.present;
  }

  /** Records that have not been read. */
  get size(): number {
    return this.nearRecords + this.farRecords;
  }

  /**
   * Makes room for a record of a tick in the future. It starts at the answer, an even number, in `newWords`; its first word is
   * set, the others hold what was there before.
   */
  add(tick: number): number {
    assert(tick > this.present && tick <= TICK_MAX, "an event lies in the future, and within the clock");
    const epoch = tick >> EPOCH_BITS;
    let chunk: number;
    if (epoch <= this.epoch + 1) {
      chunk = this.nearChunk(tick);
      this.nearRecords++;
    } else {
      chunk = this.farChunk(epoch);
      this.farRecords++;
    }
    const slab = this.slabs[chunk >> SLAB_BITS] as Slab;
    const count = this.counts[chunk] as number;
    const at = (chunk & CHUNK_MASK) * CHUNK_WORDS + count * RECORD_WORDS;
    this.counts[chunk] = count + 1;
    this.newWords = slab.words;
    this.newDoubles = slab.doubles;
    slab.words[at] = tick;
    return at;
  }

  /** Moves to the next tick that has records, at most to `limit`. False: there is none, and the present is `limit`. */
  advance(limit: number): boolean {
    assert(this.reading === NONE, "the present tick was read to its end");
    for (;;) {
      if (this.nearRecords === 0 && !this.jump(limit)) return false;
      while (this.present < limit) {
        this.present++;
        if ((this.present & (EPOCH_TICKS - 1)) === 0) this.enter(this.present >> EPOCH_BITS);
        const slot = this.present & NEAR_MASK;
        if (this.heads[slot] !== NONE) {
          this.reading = this.heads[slot] as number;
          this.readAt = 0;
          this.heads[slot] = NONE;
          this.tails[slot] = NONE;
          return true;
        }
        if (this.nearRecords === 0) break;
      }
      if (this.present >= limit) return false;
    }
  }

  /** Records in the next block of the present tick, now at `words` and `at`; 0: the tick is read. */
  nextBlock(): number {
    if (this.reading === NONE) return 0;
    if (this.readAt === this.counts[this.reading]) {
      const next = this.nextChunk[this.reading] as number;
      this.release(this.reading);
      this.reading = next;
      this.readAt = 0;
      if (next === NONE) return 0;
    }
    const chunk = this.reading;
    const count = Math.min(BLOCK_RECORDS, (this.counts[chunk] as number) - this.readAt);
    const slab = this.slabs[chunk >> SLAB_BITS] as Slab;
    this.words = slab.words;
    this.doubles = slab.doubles;
    this.at = (chunk & CHUNK_MASK) * CHUNK_WORDS + this.readAt * RECORD_WORDS;
    this.readAt += count;
    this.nearRecords -= count;
    return count;
  }

  /** Nothing is near: goes to just before the first far epoch, or to `limit` where that is nearer. */
  private jump(limit: number): boolean {
    let first = Number.POSITIVE_INFINITY;
    for (const epoch of this.far.keys()) if (epoch < first) first = epoch;
    if (first * EPOCH_TICKS > limit) {
      this.present = Math.max(this.present, limit);
      this.enter(this.present >> EPOCH_BITS);
      return false;
    }
    this.present = Math.max(this.present, first * EPOCH_TICKS - 1);
    this.enter(this.present >> EPOCH_BITS);
    return true;
  }

  /**
   * Deals out what was put aside for the epochs that are near from now on. This keeps insertion order: until now every record of
   * theirs went into the epoch's chain, and from now on every one goes behind it into its tick's bucket.
   */
  private enter(epoch: number): void {
    this.epoch = epoch;
    if (this.farRecords === 0) return;
    this.deal(epoch);
    this.deal(epoch + 1);
  }

  private deal(epoch: number): void {
    const chain = this.far.get(epoch);
    if (chain === undefined) return;
    this.far.delete(epoch);
    for (let chunk = chain.head; chunk !== NONE; ) {
      const { words } = this.slabs[chunk >> SLAB_BITS] as Slab;
      const from = (chunk & CHUNK_MASK) * CHUNK_WORDS;
      const count = this.counts[chunk] as number;
      for (let i = 0; i < count; i++) this.moveNear(words, from + i * RECORD_WORDS);
      this.farRecords -= count;
      this.nearRecords += count;
      const next = this.nextChunk[chunk] as number;
      this.release(chunk);
      chunk = next;
    }
  }

  private moveNear(source: Int32Array, from: number): void {
    const chunk = this.nearChunk(source[from] as number);
    const target = (this.slabs[chunk >> SLAB_BITS] as Slab).words;
    const count = this.counts[chunk] as number;
    const at = (chunk & CHUNK_MASK) * CHUNK_WORDS + count * RECORD_WORDS;
    this.counts[chunk] = count + 1;
    for (let word = 0; word < RECORD_WORDS; word++) target[at + word] = source[from + word] as number;
  }

  /** The chunk that takes the next record of a near tick. */
  private nearChunk(tick: number): number {
    const slot = tick & NEAR_MASK;
    const tail = this.tails[slot] as number;
    if (tail !== NONE && (this.counts[tail] as number) < CHUNK_RECORDS) return tail;
    const chunk = this.take();
    if (tail === NONE) this.heads[slot] = chunk;
    else this.nextChunk[tail] = chunk;
    this.tails[slot] = chunk;
    return chunk;
  }

  private farChunk(epoch: number): number {
    const chain = this.far.get(epoch);
    if (chain === undefined) {
      const chunk = this.take();
      this.far.set(epoch, { head: chunk, tail: chunk });
      return chunk;
    }
    if ((this.counts[chain.tail] as number) < CHUNK_RECORDS) return chain.tail;
    const chunk = this.take();
    this.nextChunk[chain.tail] = chunk;
    chain.tail = chunk;
    return chunk;
  }

  private take(): number {
    if (this.freeChunk === NONE) this.addSlab();
    const chunk = this.freeChunk;
    this.freeChunk = this.nextChunk[chunk] as number;
    this.nextChunk[chunk] = NONE;
    this.counts[chunk] = 0;
    return chunk;
  }

  private release(chunk: number): void {
    this.nextChunk[chunk] = this.freeChunk;
    this.freeChunk = chunk;
  }

  private addSlab(): void {
    const first = this.slabs.length * SLAB_CHUNKS;
    this.slabs.push(new Slab());
    if (first + SLAB_CHUNKS > this.nextChunk.length) {
      const links = new Int32Array(2 * this.nextChunk.length);
      links.set(this.nextChunk);
      this.nextChunk = links;
      const counts = new Uint8Array(links.length);
      counts.set(this.counts);
      this.counts = counts;
    }
    for (let chunk = first + SLAB_CHUNKS - 1; chunk >= first; chunk--) this.release(chunk);
  }
}
