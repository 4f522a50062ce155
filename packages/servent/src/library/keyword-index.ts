// The inverted index over names: which documents have all of these terms? A million names answer in microseconds.
// New documents go to a small open tail; full tails become segments, and neighbouring segments of one size are merged.
// Deleting is not its matter: the caller says at each question which documents count, and at a merge which still live.
import { assert } from "@servent/overlay/base/assert.ts";
import { utf8Decode, utf8Encode } from "@servent/overlay/base/bytes.ts";
import { ArrayCursor, type Cursor, END } from "./document-list.ts";
import { IndexTail } from "./index-tail.ts";
import { documentsOf, listAt, mergeSegments, type Segment, wordAt } from "./segment.ts";

/** Documents in the open tail: sealing them holds everything up for 15 ms, and a restart reads them again. */
const TAIL_DOCUMENTS_MAX = 4096;
/** So many segments of about one size become one: each document moves four times on the way to a million. */
const MERGE_FAN = 4;

/** What the index asks about documents. */
export interface Documents {
  has(document: number): boolean;
}

/** A segment and the documents it was built from, `first` to `last`; it need not have each of them. */
export interface IndexedRange {
  readonly segment: Segment;
  readonly first: number;
  readonly last: number;
  /** 0 for a sealed tail; one more after each merge. */
  readonly tier: number;
}

export class KeywordIndex {
  private ranges: IndexedRange[] = [];
  private tail = new IndexTail();

  /** The last document that has been added. */
  get last(): number {
    return this.tail.count > 0 ? this.tail.last : (this.ranges.at(-1)?.last ?? 0);
  }

  get tailIsFull(): boolean {
    return this.tail.count >= TAIL_DOCUMENTS_MAX;
  }

  /** Documents come with ascending numbers, each once. */
  add(document: number, terms: Iterable<string>): void {
    assert(document > this.last, "documents are added in order");
    this.tail.add(document, terms);
  }

  /** The finished parts, in order. */
  get sealed(): readonly IndexedRange[] {
    return this.ranges;
  }

  /** Closes the tail: its documents are a segment now. */
  seal(): void {
    if (this.tail.count === 0) return;
    this.ranges.push({ ...this.tail.seal(), tier: 0 });
    this.tail = new IndexTail();
  }

  /** Takes a range that was kept elsewhere; ranges come in order, before any document. */
  load(range: IndexedRange): void {
    assert(this.tail.count === 0 && range.first > this.last, "ranges are loaded in order");
    this.ranges.push(range);
  }

  /** The neighbours that should be merged now, or none. */
  mergeable(): readonly IndexedRange[] {
    for (let end = this.ranges.length; end >= MERGE_FAN; end--) {
      const group = this.ranges.slice(end - MERGE_FAN, end);
      const tier = (group[0] as IndexedRange).tier;
      if (group.every((range) => range.tier === tier)) return group;
    }
    return [];
  }

  /** Merges a group of `mergeable`; drive it to its end, with breaks as you like, then `replace` the group by it. */
  *merge(group: readonly IndexedRange[], alive: Documents): Generator<undefined, IndexedRange, undefined> {
    const segment = yield* mergeSegments(
      group.map((range) => range.segment),
      (document) => alive.has(document),
    );
    const [first, last] = [group[0] as IndexedRange, group.at(-1) as IndexedRange];
    return { segment, first: first.first, last: last.last, tier: first.tier + 1 };
  }

  replace(group: readonly IndexedRange[], merged: IndexedRange): void {
    const at = this.ranges.indexOf(group[0] as IndexedRange);
    assert(at >= 0 && this.ranges[at + group.length - 1] === group.at(-1), "a merged group is still there");
    this.ranges.splice(at, group.length, merged);
  }

  /** The documents that have all terms and are among `wanted`, ascending, at most `limit`. None for no terms. */
  match(terms: Iterable<string>, limit: number, wanted: Documents): number[] {
    const words = Array.from(terms, (term) => ({ term, bytes: utf8Encode(term) }));
    const found: number[] = [];
    if (words.length === 0) return found;
    for (const { segment } of this.ranges) {
      if (found.length >= limit) return found;
      intersect(
        words.map(({ bytes }) => documentsOf(segment, bytes)),
        limit,
        wanted,
        found,
      );
    }
    intersect(
      words.map(({ term }) => new ArrayCursor(this.tail.documentsOf(term))),
      limit,
      wanted,
      found,
    );
    return found;
  }

  /** Calls back once for each term that one of the `wanted` has. */
  forEachTerm(wanted: Documents, visit: (term: string) => void): void {
    const has = (list: Cursor): boolean => {
      let document = list.seek(0);
      while (document !== END && !wanted.has(document)) document = list.seek(document + 1);
      return document !== END;
    };
    const tail = new Set<string>();
    for (const term of this.tail.names()) if (has(new ArrayCursor(this.tail.documentsOf(term)))) tail.add(term);
    tail.forEach(visit);
    // A term is told by the first part that has a wanted document for it: the tail, then the segments in order.
    for (const [i, { segment }] of this.ranges.entries()) {
      for (let at = 0; at < segment.wordEnds.length; at++) {
        if (!has(listAt(segment, at))) continue;
        const word = wordAt(segment, at);
        const term = utf8Decode(word) as string;
        if (tail.has(term) || this.ranges.slice(0, i).some((earlier) => has(documentsOf(earlier.segment, word))))
          continue;
        visit(term);
      }
    }
  }
}

/** Adds what all lists share, and `wanted` has, until `found` has `limit`. Each list leaps to the next candidate. */
function intersect(lists: Cursor[], limit: number, wanted: Documents, found: number[]): void {
  lists.sort((a, b) => a.weight - b.weight);
  const [shortest, ...others] = lists as [Cursor, ...Cursor[]];
  let document = shortest.seek(0);
  next: while (document !== END && found.length < limit) {
    for (const other of others) {
      const there = other.seek(document);
      if (there === document) continue;
      if (there === END) return;
      document = shortest.seek(there);
      continue next;
    }
    if (wanted.has(document)) found.push(document);
    document = shortest.seek(document + 1);
  }
}
