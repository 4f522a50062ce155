// One finished part of the keyword index: sorted words, each with a packed list of the documents that have it, in four
// typed arrays. It never changes; neighbours are merged into a new one. The arrays are also the form on disk.
import { utf8Length, utf8Encode } from "@servent/overlay/base/bytes.ts";
import { type Cursor, END, openList, packDocuments, PackedLists } from "./document-list.ts";

export interface Segment {
  /** No document has a lower number. */
  readonly base: number;
  /** UTF-8 of all words, in byte order. */
  readonly wordBytes: Uint8Array;
  /** For each word the end of its bytes; it begins where the one before ends. */
  readonly wordEnds: Uint32Array;
  /** For each word the end of its documents in `lists`. */
  readonly listEnds: Uint32Array;
  readonly lists: Uint8Array;
}

/** `words` in the order of their bytes, each with its ascending documents, of which there is at least one. */
export function buildSegment(base: number, words: readonly string[], documents: Iterable<Uint32Array>): Segment {
  const wordEnds = new Uint32Array(words.length);
  const listEnds = new Uint32Array(words.length);
  const lists = new PackedLists();
  let wordEnd = 0;
  let at = 0;
  for (const list of documents) {
    wordEnds[at] = wordEnd += utf8Length(words[at] as string);
    packDocuments(list, base, lists);
    listEnds[at] = lists.length;
    at++;
  }
  return { base, wordBytes: utf8Encode(words.join("")), wordEnds, listEnds, lists: lists.done() };
}

/** The documents of a word; none where the word is not there. */
export function documentsOf(segment: Segment, word: Uint8Array): Cursor {
  let low = 0;
  let high = segment.wordEnds.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const from = startOf(segment.wordEnds, middle);
    const order = compareBytes(segment.wordBytes, from, segment.wordEnds[middle] as number, word);
    if (order === 0) return listAt(segment, middle);
    if (order < 0) low = middle + 1;
    else high = middle;
  }
  return openList(segment.lists, 0, 0, segment.base);
}

export function listAt(segment: Segment, at: number): Cursor {
  return openList(segment.lists, startOf(segment.listEnds, at), segment.listEnds[at] as number, segment.base);
}

export function wordAt(segment: Segment, at: number): Uint8Array {
  return segment.wordBytes.subarray(startOf(segment.wordEnds, at), segment.wordEnds[at]);
}

/** Documents copied between two breaths of a merge: about a millisecond. */
const MERGE_STEP = 32768;

/**
 * Merges neighbours, whose documents must ascend from one to the next; documents that are not `alive` and words without
 * documents are left out. Yields often, so that the caller can do other things in between.
 */
export function* mergeSegments(
  parts: readonly Segment[],
  alive: (document: number) => boolean,
): Generator<undefined, Segment, undefined> {
  const base = (parts[0] as Segment).base;
  // As large as the result can become. What stays unused costs no memory: the system gives pages when they are touched.
  const sum = (size: (part: Segment) => number): number => parts.reduce((all, part) => all + size(part), 0);
  const wordBytes = new Uint8Array(sum((part) => part.wordBytes.length));
  const wordEnds = new Uint32Array(sum((part) => part.wordEnds.length));
  const listEnds = new Uint32Array(wordEnds.length);
  const lists = new PackedLists();
  const at = parts.map(() => 0);
  let documents = new Uint32Array(1024);
  let words = 0;
  let wordEnd = 0;
  let sinceBreath = 0;
  for (let lowest = lowestWord(parts, at); lowest !== undefined; lowest = lowestWord(parts, at)) {
    let count = 0;
    for (const [i, part] of parts.entries()) {
      const here = at[i] as number;
      if (here >= part.wordEnds.length || !isWordAt(part, here, lowest)) continue;
      at[i] = here + 1;
      const list = listAt(part, here);
      for (let document = list.seek(0); document !== END; document = list.seek(document + 1)) {
        sinceBreath++;
        if (!alive(document)) continue;
        if (count === documents.length) documents = doubled(documents);
        documents[count++] = document;
      }
      sinceBreath += 16;
    }
    if (count > 0) {
      wordBytes.set(lowest, wordEnd);
      wordEnds[words] = wordEnd += lowest.length;
      packDocuments(documents.subarray(0, count), base, lists);
      listEnds[words] = lists.length;
      words++;
    }
    if (sinceBreath >= MERGE_STEP) {
      sinceBreath = 0;
      yield undefined;
    }
  }
  return {
    base,
    wordBytes: wordBytes.slice(0, wordEnd),
    wordEnds: wordEnds.slice(0, words),
    listEnds: listEnds.slice(0, words),
    lists: lists.done(),
  };
}

function doubled(array: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(2 * array.length);
  larger.set(array);
  return larger;
}

function lowestWord(parts: readonly Segment[], at: readonly number[]): Uint8Array | undefined {
  let lowest: Uint8Array | undefined;
  for (const [i, part] of parts.entries()) {
    const here = at[i] as number;
    if (here >= part.wordEnds.length) continue;
    const from = startOf(part.wordEnds, here);
    if (lowest === undefined || compareBytes(part.wordBytes, from, part.wordEnds[here] as number, lowest) < 0) {
      lowest = wordAt(part, here);
    }
  }
  return lowest;
}

function isWordAt(part: Segment, at: number, word: Uint8Array): boolean {
  return compareBytes(part.wordBytes, startOf(part.wordEnds, at), part.wordEnds[at] as number, word) === 0;
}

function startOf(ends: Uint32Array, at: number): number {
  return at === 0 ? 0 : (ends[at - 1] as number);
}

/** The bytes of `a` from `from` to `to` against all of `b`. */
function compareBytes(a: Uint8Array, from: number, to: number, b: Uint8Array): number {
  const common = Math.min(to - from, b.length);
  for (let i = 0; i < common; i++) {
    const difference = (a[from + i] as number) - (b[i] as number);
    if (difference !== 0) return difference;
  }
  return to - from - b.length;
}
