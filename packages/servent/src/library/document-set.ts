// A set of file indexes as a bit map: 125 kB for a million. It remembers which of its pages changed, so that they can be
// written beside the rows they belong to, and can take back what was not written.

/** Documents of one page: 4 KiB of bits, the unit in which a set is kept on disk. */
export const PAGE_DOCUMENTS = 32768;
const PAGE_WORDS = PAGE_DOCUMENTS / 32;

export class DocumentSet {
  private words = new Uint32Array(PAGE_WORDS);
  private held = 0;
  /** Documents toggled since the last `keep` or `undo`, in order. */
  private toggled: number[] = [];

  get count(): number {
    return this.held;
  }

  has(document: number): boolean {
    return (((this.words[document >>> 5] ?? 0) >>> (document & 31)) & 1) === 1;
  }

  /** False where it was there already. */
  add(document: number): boolean {
    if (this.has(document)) return false;
    this.toggle(document);
    this.toggled.push(document);
    return true;
  }

  /** False where it was not there. */
  delete(document: number): boolean {
    if (!this.has(document)) return false;
    this.toggle(document);
    this.toggled.push(document);
    return true;
  }

  /** The documents of rank `from` to `from + count - 1`, lowest first. */
  slice(from: number, count: number): number[] {
    const found: number[] = [];
    let rank = 0;
    for (let at = 0; at < this.words.length && found.length < count; at++) {
      const word = this.words[at] as number;
      if (word === 0) continue;
      const inside = bitCount(word);
      if (rank + inside > from) {
        for (let rest = word; rest !== 0 && found.length < count; rest &= rest - 1) {
          if (rank++ >= from) found.push(at * 32 + 31 - Math.clz32(rest & -rest));
        }
      } else rank += inside;
    }
    return found;
  }

  /** The pages that changed since the last `keep`, as bits with the lowest document first. */
  changedPages(): { readonly page: number; readonly bits: Uint8Array }[] {
    const pages = new Set(this.toggled.map((document) => Math.floor(document / PAGE_DOCUMENTS)));
    return Array.from(pages, (page) => {
      const words = this.words.subarray(page * PAGE_WORDS, (page + 1) * PAGE_WORDS);
      return { page, bits: new Uint8Array(words.buffer, words.byteOffset, words.byteLength) };
    });
  }

  /** The changes are on disk. */
  keep(): void {
    this.toggled = [];
  }

  /** Takes the changes back. */
  undo(): void {
    for (const document of this.toggled) this.toggle(document);
    this.toggled = [];
  }

  loadPage(page: number, bits: Uint8Array): void {
    const start = page * PAGE_WORDS;
    this.reserve(start + PAGE_WORDS);
    new Uint8Array(this.words.buffer).set(bits.subarray(0, PAGE_WORDS * 4), start * 4);
    for (let at = start; at < start + PAGE_WORDS; at++) this.held += bitCount(this.words[at] as number);
  }

  private toggle(document: number): void {
    const at = document >>> 5;
    const bit = 1 << (document & 31);
    this.reserve(at + 1);
    const word = ((this.words[at] as number) ^ bit) >>> 0;
    this.words[at] = word;
    this.held += (word & bit) !== 0 ? 1 : -1;
  }

  private reserve(words: number): void {
    if (words <= this.words.length) return;
    const larger = new Uint32Array(Math.ceil(Math.max(words, this.words.length * 1.5) / PAGE_WORDS) * PAGE_WORDS);
    larger.set(this.words);
    this.words = larger;
  }
}

function bitCount(word: number): number {
  let n = word - ((word >>> 1) & 0x55555555);
  n = (n & 0x33333333) + ((n >>> 2) & 0x33333333);
  return Math.imul((n + (n >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
