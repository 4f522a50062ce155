// A table of rows of 32-bit numbers: what a struct array would be. It grows by the page, so nothing is ever copied, and a row
// that was given back is the next to be given out.

const ROWS_BITS = 13;
const ROWS_MASK = (1 << ROWS_BITS) - 1;

/** The field that links free rows; all others of a free row are zero. */
const FREE_NEXT = 0;

export class Rows {
  /** Rows that are in use. */
  used = 0;
  /** Every row in use has a number below this. */
  end = 1;
  private readonly width: number;
  private readonly pages: Int32Array[] = [];
  private firstFree = 0;

  /** `width`: numbers in a row. */
  constructor(width: number) {
    this.width = width;
  }

  /** Bytes of memory, used or not. */
  get bytes(): number {
    return this.pages.length * this.width * 4 * 2 ** ROWS_BITS;
  }

  get bytesUsed(): number {
    return this.used * this.width * 4;
  }

  /** Rows that can be had without more memory. */
  get free(): number {
    return this.pages.length * 2 ** ROWS_BITS - 1 - this.used;
  }

  /** A row of zeros. Row numbers begin at 1, so 0 can mean none. */
  take(): number {
    this.used++;
    let row = this.firstFree;
    if (row === 0) {
      row = this.end++;
      if (row >>> ROWS_BITS >= this.pages.length) this.pages.push(new Int32Array(this.width << ROWS_BITS));
      return row;
    }
    this.firstFree = this.get(row, FREE_NEXT);
    this.set(row, FREE_NEXT, 0);
    return row;
  }

  release(row: number): void {
    this.used--;
    for (let field = 0; field < this.width; field++) this.set(row, field, 0);
    this.set(row, FREE_NEXT, this.firstFree);
    this.firstFree = row;
  }

  get(row: number, field: number): number {
    return (this.pages[row >>> ROWS_BITS] as Int32Array)[(row & ROWS_MASK) * this.width + field] as number;
  }

  set(row: number, field: number, value: number): void {
    (this.pages[row >>> ROWS_BITS] as Int32Array)[(row & ROWS_MASK) * this.width + field] = value;
  }

  /** Adds to a field and says what it is then. */
  add(row: number, field: number, more: number): number {
    const page = this.pages[row >>> ROWS_BITS] as Int32Array;
    const at = (row & ROWS_MASK) * this.width + field;
    const sum = (page[at] as number) + more;
    page[at] = sum;
    return sum;
  }
}
