// Rows found by a hash: buckets of chains. It grows by one bucket for each row (linear hashing, Litwin 1980), so no row that
// comes ever waits for a table to be made anew.
import type { Rows } from "./rows.ts";

const PAGE_BITS = 14;
const PAGE_MASK = (1 << PAGE_BITS) - 1;

export class HashChains {
  private readonly rows: Rows;
  private readonly hashField: number;
  private readonly linkField: number;
  /** The first row of each bucket; 0: none. */
  private readonly pages: Int32Array[] = [new Int32Array(1 << PAGE_BITS)];
  private buckets = 1;
  private count = 0;

  /** The rows keep two of the fields for it: their hash, and the next row of the same bucket. */
  constructor(rows: Rows, hashField: number, linkField: number) {
    this.rows = rows;
    this.hashField = hashField;
    this.linkField = linkField;
  }

  get bytes(): number {
    return this.pages.length * 4 * 2 ** PAGE_BITS;
  }

  /** The first row of that hash, or 0. */
  first(hash: number): number {
    return this.from(this.head(this.bucketOf(hash)), hash);
  }

  /** The next one of the same hash. */
  next(row: number): number {
    return this.from(this.rows.get(row, this.linkField), this.rows.get(row, this.hashField));
  }

  insert(row: number, hash: number): void {
    this.rows.set(row, this.hashField, hash);
    this.push(this.bucketOf(hash), row);
    if (++this.count > this.buckets) this.split();
  }

  remove(row: number): void {
    const bucket = this.bucketOf(this.rows.get(row, this.hashField));
    const next = this.rows.get(row, this.linkField);
    this.rows.set(row, this.linkField, 0);
    this.count--;
    let before = this.head(bucket);
    if (before === row) return this.setHead(bucket, next);
    while (this.rows.get(before, this.linkField) !== row) before = this.rows.get(before, this.linkField);
    this.rows.set(before, this.linkField, next);
  }

  private from(row: number, hash: number): number {
    let at = row;
    while (at !== 0 && this.rows.get(at, this.hashField) !== hash) at = this.rows.get(at, this.linkField);
    return at;
  }

  private push(bucket: number, row: number): void {
    this.rows.set(row, this.linkField, this.head(bucket));
    this.setHead(bucket, row);
  }

  /** Makes one bucket more; what belongs there stands in one other. */
  private split(): void {
    const added = this.buckets++;
    if (added >>> PAGE_BITS === this.pages.length) this.pages.push(new Int32Array(1 << PAGE_BITS));
    const old = added - 2 ** (31 - Math.clz32(added));
    let row = this.head(old);
    this.setHead(old, 0);
    while (row !== 0) {
      const next = this.rows.get(row, this.linkField);
      this.push(this.bucketOf(this.rows.get(row, this.hashField)), row);
      row = next;
    }
  }

  private bucketOf(hash: number): number {
    const { buckets } = this;
    const half = 2 ** (31 - Math.clz32(buckets));
    const bucket = hash & (2 * half - 1);
    return bucket < buckets ? bucket : bucket & (half - 1);
  }

  private head(bucket: number): number {
    return (this.pages[bucket >>> PAGE_BITS] as Int32Array)[bucket & PAGE_MASK] as number;
  }

  private setHead(bucket: number, row: number): void {
    (this.pages[bucket >>> PAGE_BITS] as Int32Array)[bucket & PAGE_MASK] = row;
  }
}
