// Where the records of one owner lie: a chain of blocks that he shares with nobody. So his leaving gives back whole blocks, and
// nobody can hold a page by one record of his among a hundred that have gone.
import { ADDRESS, type FileRows } from "./file-rows.ts";
import { BLOCK_MAX, type Pool } from "./pool.ts";
import { type RecordDraft, ROW, recordLength } from "./record.ts";
import type { Owner } from "./found-file.ts";

/** The head of a block: its neighbours, the numbers that records take or took, and those that records take which still count. */
const NEXT = 0;
const PREVIOUS = 1;
const USED = 2;
const ALIVE = 3;
const HEAD = 4;
const ROOM = BLOCK_MAX - HEAD;

/** What one owner has shared since he came, or since he last took everything back. */
export class Shelf {
  readonly number: number;
  readonly owner: Owner;
  /** Nothing on it is shared any more; housekeeping will clear it. */
  isGone = false;
  files = 0;
  /** Of the files themselves. */
  bytes = 0;
  /** Memory that its files take, by estimate. */
  weight = 0;
  first = 0;
  last = 0;
  /** How far housekeeping has come in the first block. */
  cleared = HEAD;

  constructor(number: number, owner: Owner) {
    this.number = number;
    this.owner = owner;
  }
}

export class Shelves {
  private readonly pool: Pool;
  private readonly rows: FileRows;

  constructor(pool: Pool, rows: FileRows) {
    this.pool = pool;
    this.rows = rows;
  }

  /** The answer is the record's address. */
  append(shelf: Shelf, draft: RecordDraft): number {
    const { pool } = this;
    if (shelf.last === 0 || pool.get(shelf.last + USED) + draft.length > ROOM) this.addBlock(shelf);
    const block = shelf.last;
    const used = pool.get(block + USED);
    const address = block + HEAD + used;
    for (let i = 0; i < draft.length; i++) pool.set(address + i, draft.words[i] as number);
    pool.set(block + USED, used + draft.length);
    pool.set(block + ALIVE, pool.get(block + ALIVE) + draft.length);
    return address;
  }

  /** Two neighbours always hold more than fits into one block: so half of all that a shelf takes is in use. */
  remove(shelf: Shelf, address: number): void {
    const { pool } = this;
    const block = address - (address % BLOCK_MAX);
    const alive = pool.get(block + ALIVE) - recordLength(pool, address);
    pool.set(address + ROW, 0);
    pool.set(block + ALIVE, alive);
    const next = pool.get(block + NEXT);
    const previous = pool.get(block + PREVIOUS);
    if (alive === 0) this.removeBlock(shelf, block);
    else if (next !== 0 && alive + pool.get(next + ALIVE) <= ROOM) this.merge(shelf, block, next);
    else if (previous !== 0 && alive + pool.get(previous + ALIVE) <= ROOM) this.merge(shelf, previous, block);
  }

  /** Rows in the order in which they came; `visit` returns false where it wants no more. */
  visit(shelf: Shelf, visit: (row: number) => boolean): void {
    for (let block = shelf.first; block !== 0; block = this.pool.get(block + NEXT)) {
      const end = block + HEAD + this.pool.get(block + USED);
      for (let at = block + HEAD; at < end; at += recordLength(this.pool, at)) {
        const row = this.pool.get(at + ROW);
        if (row !== 0 && !visit(row)) return;
      }
    }
  }

  /** Of a shelf that is gone: the next row to bury, or 0 when it is clear. Blocks are given back on the way. */
  clearNext(shelf: Shelf): number {
    const { pool } = this;
    while (shelf.first !== 0) {
      const block = shelf.first;
      while (shelf.cleared < HEAD + pool.get(block + USED)) {
        const address = block + shelf.cleared;
        shelf.cleared += recordLength(pool, address);
        const row = pool.get(address + ROW);
        if (row !== 0) return row;
      }
      shelf.cleared = HEAD;
      this.removeBlock(shelf, block);
    }
    return 0;
  }

  private addBlock(shelf: Shelf): void {
    const { pool } = this;
    const block = pool.take(BLOCK_MAX);
    pool.set(block + NEXT, 0);
    pool.set(block + PREVIOUS, shelf.last);
    pool.set(block + USED, 0);
    pool.set(block + ALIVE, 0);
    if (shelf.last === 0) shelf.first = block;
    else pool.set(shelf.last + NEXT, block);
    shelf.last = block;
  }

  private removeBlock(shelf: Shelf, block: number): void {
    const { pool } = this;
    const next = pool.get(block + NEXT);
    const previous = pool.get(block + PREVIOUS);
    if (next === 0) shelf.last = previous;
    else pool.set(next + PREVIOUS, previous);
    if (previous === 0) shelf.first = next;
    else pool.set(previous + NEXT, next);
    pool.release(block);
  }

  /** All that counts in both goes into the earlier one. */
  private merge(shelf: Shelf, earlier: number, later: number): void {
    const end = this.moveRecords(later, this.moveRecords(earlier, earlier + HEAD));
    this.pool.set(earlier + USED, end - earlier - HEAD);
    this.pool.set(earlier + ALIVE, end - earlier - HEAD);
    this.removeBlock(shelf, later);
  }

  /** Moves what counts in a block to an address and on; the answer is the address behind it. */
  private moveRecords(block: number, to: number): number {
    const { pool } = this;
    let target = to;
    const end = block + HEAD + pool.get(block + USED);
    for (let at = block + HEAD; at < end; ) {
      const length = recordLength(pool, at);
      const row = pool.get(at + ROW);
      if (row !== 0) {
        if (at !== target) {
          for (let i = 0; i < length; i++) pool.set(target + i, pool.get(at + i));
          this.rows.set(row, ADDRESS, target);
        }
        target += length;
      }
      at += length;
    }
    return target;
  }
}
