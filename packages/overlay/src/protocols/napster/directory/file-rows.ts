// The short half of what is known of each file: where the rest stands, and how it is found. A row outlives its file until no
// posting names it any more, so a posting can never mean another file.
import { Rows } from "./rows.ts";

/** The shelf it lies on; 0: the file is gone. */
export const SHELF = 0;
/** Where its record is. */
export const ADDRESS = 1;
/** Postings that name it. */
export const NAMED = 2;
export const CONTENT_HASH = 3;
export const CONTENT_LINK = 4;
export const RING_NEXT = 5;
export const RING_PREVIOUS = 6;
export const PATH_HASH = 7;
export const PATH_LINK = 8;
const WIDTH = 9;

export class FileRows extends Rows {
  /** Rows of files that are gone, which postings still name. */
  gone = 0;

  constructor() {
    super(WIDTH);
  }

  /** The file is no more. */
  bury(row: number): void {
    this.set(row, SHELF, 0);
    if (this.get(row, NAMED) === 0) this.release(row);
    else this.gone++;
  }

  /** A posting of a file that is gone was swept. */
  unname(row: number): void {
    if (this.add(row, NAMED, -1) > 0) return;
    this.gone--;
    this.release(row);
  }
}
