// Memory in blocks of 4, 8, … 1024 numbers of 32 bits, taken and given back in any order. A page holds blocks of one size; when
// all of them are back, the page may serve another size. Nothing is ever moved or copied, so no request waits for a large one.

const PAGE_BITS = 16;
const PAGE_MASK = (1 << PAGE_BITS) - 1;
const SIZE_BITS_MIN = 2;
const SIZE_BITS_MAX = 10;

/** Numbers in the largest block. */
export const BLOCK_MAX = 1 << SIZE_BITS_MAX;

interface Page {
  readonly number: number;
  sizeBits: number;
  used: number;
  /** The first block that was given back, as its place in the page, or -1. */
  free: number;
  /** From here on no block was ever given out. */
  fresh: number;
  /** Neighbours among the pages of the same size that have room. */
  next: Page | null;
  previous: Page | null;
}

/** An address is a page and a place in it; 0 is no address. */
export class Pool {
  /** Numbers of each page. What stands at an address: `words[address >>> 16][address & 0xffff]`. */
  readonly words: Int32Array[] = [new Int32Array(0)];
  private readonly bytesOf: Uint8Array[] = [new Uint8Array(0)];
  private readonly pages: (Page | null)[] = [null];
  /** By the bits of the size: pages that have room, and how many blocks they have room for. */
  private readonly open: (Page | null)[] = Array.from({ length: SIZE_BITS_MAX + 1 }, () => null);
  private readonly room: number[] = Array.from({ length: SIZE_BITS_MAX + 1 }, () => 0);
  private readonly empty: Page[] = [];
  private usedNumbers = 0;

  /** Bytes of memory, used or not. */
  get bytes(): number {
    return (this.words.length - 1) * 4 * 2 ** PAGE_BITS;
  }

  /** Bytes of the blocks that are given out. */
  get bytesUsed(): number {
    return this.usedNumbers * 4;
  }

  /** Whether so many blocks of each size can be had without more memory; a page holds 64 of the largest. */
  hasRoom(blocks: number): boolean {
    let pages = this.empty.length;
    for (let bits = SIZE_BITS_MIN; bits <= SIZE_BITS_MAX; bits++) if ((this.room[bits] as number) < blocks) pages--;
    return pages >= 0;
  }

  /** A block for at least so many numbers, whatever stands in it. */
  take(numbers: number): number {
    const bits = Math.max(SIZE_BITS_MIN, 32 - Math.clz32(numbers - 1));
    const page = this.open[bits] ?? this.openPage(bits);
    let at = page.free;
    if (at >= 0) page.free = this.wordsOf(page)[at] as number;
    else {
      at = page.fresh;
      page.fresh += 1 << bits;
    }
    page.used++;
    this.room[bits] = (this.room[bits] as number) - 1;
    this.usedNumbers += 1 << bits;
    if (page.free < 0 && page.fresh > PAGE_MASK) this.unlink(page);
    return page.number * 2 ** PAGE_BITS + at;
  }

  release(address: number): void {
    const page = this.pages[address >>> PAGE_BITS] as Page;
    const wasFull = page.free < 0 && page.fresh > PAGE_MASK;
    this.wordsOf(page)[address & PAGE_MASK] = page.free;
    page.free = address & PAGE_MASK;
    page.used--;
    this.room[page.sizeBits] = (this.room[page.sizeBits] as number) + 1;
    this.usedNumbers -= 1 << page.sizeBits;
    if (wasFull) this.link(page);
    if (page.used > 0) return;
    this.unlink(page);
    this.room[page.sizeBits] = (this.room[page.sizeBits] as number) - 2 ** (PAGE_BITS - page.sizeBits);
    this.empty.push(page);
  }

  /** Numbers that the block at an address can hold. */
  sizeOf(address: number): number {
    return 1 << (this.pages[address >>> PAGE_BITS] as Page).sizeBits;
  }

  get(address: number): number {
    return (this.words[address >>> PAGE_BITS] as Int32Array)[address & PAGE_MASK] as number;
  }

  set(address: number, value: number): void {
    (this.words[address >>> PAGE_BITS] as Int32Array)[address & PAGE_MASK] = value;
  }

  /** The bytes of the page of an address; the first of its own is at `byteAt(address)`. */
  bytesAt(address: number): Uint8Array {
    return this.bytesOf[address >>> PAGE_BITS] as Uint8Array;
  }

  byteAt(address: number): number {
    return (address & PAGE_MASK) * 4;
  }

  private openPage(bits: number): Page {
    let page = this.empty.pop();
    if (page === undefined) {
      const words = new Int32Array(1 << PAGE_BITS);
      page = { number: this.words.length, sizeBits: 0, used: 0, free: -1, fresh: 0, next: null, previous: null };
      this.words.push(words);
      this.bytesOf.push(new Uint8Array(words.buffer));
      this.pages.push(page);
    }
    page.sizeBits = bits;
    page.free = -1;
    page.fresh = 0;
    this.room[bits] = (this.room[bits] as number) + 2 ** (PAGE_BITS - bits);
    this.link(page);
    return page;
  }

  private link(page: Page): void {
    const first = this.open[page.sizeBits] ?? null;
    page.next = first;
    page.previous = null;
    if (first !== null) first.previous = page;
    this.open[page.sizeBits] = page;
  }

  private unlink(page: Page): void {
    if (page.next !== null) page.next.previous = page.previous;
    if (page.previous !== null) page.previous.next = page.next;
    else this.open[page.sizeBits] = page.next;
    page.next = null;
    page.previous = null;
  }

  private wordsOf(page: Page): Int32Array {
    return this.words[page.number] as Int32Array;
  }
}
