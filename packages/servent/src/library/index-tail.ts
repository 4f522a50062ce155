// The open end of the keyword index: the newest documents, in a form that is quick to add to. Each term has a chain of
// its documents, newest first, through three growing arrays: an array per term would be a hundred thousand objects.
import { utf8Encode } from "@servent/overlay/base/bytes.ts";
import { buildSegment, type Segment } from "./segment.ts";

/** The end of a chain. */
const NONE = 0xffff_ffff;

export class IndexTail {
  private readonly terms = new Map<string, number>();
  /** Per term: its newest link, and how many it has. */
  private heads = new Uint32Array(4096);
  private counts = new Uint32Array(4096);
  /** Per link: its document, and the next older link of the term. */
  private documents = new Uint32Array(16384);
  private older = new Uint32Array(16384);
  private links = 0;
  private first = 0;

  /** Documents that were added. */
  count = 0;
  /** The newest of them. */
  last = 0;

  add(document: number, terms: Iterable<string>): void {
    if (this.count++ === 0) this.first = document;
    this.last = document;
    for (const term of terms) {
      let at = this.terms.get(term);
      if (at === undefined) {
        at = this.terms.size;
        this.terms.set(term, at);
        this.heads = withRoom(this.heads, at);
        this.counts = withRoom(this.counts, at);
        this.heads[at] = NONE;
        this.counts[at] = 0;
      }
      const link = this.links++;
      this.documents = withRoom(this.documents, link);
      this.older = withRoom(this.older, link);
      this.documents[link] = document;
      this.older[link] = this.heads[at] as number;
      this.heads[at] = link;
      this.counts[at] = (this.counts[at] as number) + 1;
    }
  }

  /** Ascending; none where the term is not there. */
  documentsOf(term: string): Uint32Array {
    const at = this.terms.get(term);
    return at === undefined ? new Uint32Array(0) : this.chain(at);
  }

  names(): Iterable<string> {
    return this.terms.keys();
  }

  /** All of it as a segment. The tail must not be used afterwards. */
  seal(): { readonly segment: Segment; readonly first: number; readonly last: number } {
    const terms = [...this.terms.keys()];
    sortByBytes(terms);
    const lists = terms.values().map((term) => this.documentsOf(term));
    return { segment: buildSegment(this.first, terms, lists), first: this.first, last: this.last };
  }

  private chain(at: number): Uint32Array {
    const found = new Uint32Array(this.counts[at] as number);
    let link = this.heads[at] as number;
    for (let i = found.length - 1; i >= 0; i--) {
      found[i] = this.documents[link] as number;
      link = this.older[link] as number;
    }
    return found;
  }
}

function withRoom(array: Uint32Array<ArrayBuffer>, at: number): Uint32Array<ArrayBuffer> {
  if (at < array.length) return array;
  const larger = new Uint32Array(2 * array.length);
  larger.set(array);
  return larger;
}

/** Code units from here on do not sort as their UTF-8 does. */
const UNSORTED_UNITS = /[\ud800-\uffff]/;

/** By the bytes of UTF-8, which is what JavaScript's own order is for nearly all words; and that is ten times faster. */
function sortByBytes(words: string[]): void {
  if (!words.some((word) => UNSORTED_UNITS.test(word))) {
    words.sort();
    return;
  }
  const bytes = new Map(words.map((word) => [word, utf8Encode(word)]));
  words.sort((a, b) => Buffer.compare(bytes.get(a) as Uint8Array, bytes.get(b) as Uint8Array));
}
