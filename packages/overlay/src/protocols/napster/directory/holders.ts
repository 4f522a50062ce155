// Who has the same content: files of one MD5 and size form a ring, of which one stands in a hash table for all. So a file that
// a million clients have costs no more to share or to take back than any other.
import { CONTENT_HASH, CONTENT_LINK, type FileRows, RING_NEXT, RING_PREVIOUS } from "./file-rows.ts";
import { HashChains } from "./hash-chains.ts";

/** In the place of a chain's link: another one of the ring stands in the table. */
const STANDS_BEHIND = -1;

export class Holders {
  private readonly rows: FileRows;
  private readonly chains: HashChains;

  constructor(rows: FileRows) {
    this.rows = rows;
    this.chains = new HashChains(rows, CONTENT_HASH, CONTENT_LINK);
  }

  get bytes(): number {
    return this.chains.bytes;
  }

  /** One of the ring of that content, or 0. Hashes may be equal by chance, so `isSame` looks at the content of a row. */
  find(hash: number, isSame: (row: number) => boolean): number {
    let row = this.chains.first(hash);
    while (row !== 0 && !isSame(row)) row = this.chains.next(row);
    return row;
  }

  /** The next one of the ring; after the last comes the first. */
  next(row: number): number {
    return this.rows.get(row, RING_NEXT);
  }

  /** `found`: what `find` said of its content. */
  add(row: number, hash: number, found: number): void {
    const { rows } = this;
    if (found === 0) {
      this.chains.insert(row, hash);
      rows.set(row, RING_NEXT, row);
      rows.set(row, RING_PREVIOUS, row);
      return;
    }
    const after = rows.get(found, RING_NEXT);
    rows.set(row, CONTENT_HASH, hash);
    rows.set(row, CONTENT_LINK, STANDS_BEHIND);
    rows.set(row, RING_PREVIOUS, found);
    rows.set(row, RING_NEXT, after);
    rows.set(found, RING_NEXT, row);
    rows.set(after, RING_PREVIOUS, row);
  }

  /** A row without content hash is in no ring. */
  remove(row: number): void {
    const { rows } = this;
    const next = rows.get(row, RING_NEXT);
    if (next === 0) return;
    const previous = rows.get(row, RING_PREVIOUS);
    rows.set(next, RING_PREVIOUS, previous);
    rows.set(previous, RING_NEXT, next);
    if (rows.get(row, CONTENT_LINK) === STANDS_BEHIND) return;
    this.chains.remove(row);
    if (next !== row) this.chains.insert(next, rows.get(row, CONTENT_HASH));
  }
}
