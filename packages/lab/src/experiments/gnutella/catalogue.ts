// The files of a file-sharing network: names of made-up words, and how popular each file is. What peers hold and what they ask
// for are drawn from the same popularity. Names are made when they are asked for, so half a million files take little room.
import type { GnutellaLibrary, SharedRecord } from "@servent/overlay/protocols/gnutella/answers.ts";
import type { QueryRoutingTable } from "@servent/overlay/protocols/gnutella/query-routing.ts";
import { assert } from "@servent/overlay/base/assert.ts";
import { splitWords } from "@servent/overlay/base/words.ts";
import type { RandomStream } from "../../engine/random.ts";
import { power } from "../../exact-math.ts";

const SYLLABLES = "ba ce di fo gu ha je ki lo mu na pe ri so tu va".split(" ");
const SYLLABLES_PER_WORD = 5;
/** So many different words there are of each kind, and files at most. */
const WORDS_MAX = 16 ** SYLLABLES_PER_WORD;
const ARTIST = 0x9e375;
const FIRST = 0x7feb5;
const SECOND = 0x2c1b3;
/** Files by one artist. */
const FILES_PER_ARTIST = 12;
const FILE_BYTES = 4_000_000;
/** Queries whose matches are remembered: each is looked up again by every peer that it reaches. */
const MATCHES_MAX = 4096;

export class Catalogue {
  /** Files, numbered from 0, the most popular first. */
  readonly files: number;
  private readonly artists: number;
  private readonly byArtist = new Map<string, number>();
  /** Popularity of the file and of all before it. */
  private readonly cumulative: Float64Array;
  private readonly matches = new Map<string, readonly number[]>();

  /** `exponent`: file number n, counted from 1, is drawn as often as n to the power of minus so much says. */
  constructor(files: number, exponent: number) {
    assert(files >= 1 && files <= WORDS_MAX, "every file has words of its own");
    this.files = files;
    this.artists = Math.ceil(files / FILES_PER_ARTIST);
    for (let artist = 0; artist < this.artists; artist++) this.byArtist.set(word(ARTIST, artist), artist);
    this.cumulative = new Float64Array(files);
    let sum = 0;
    for (let file = 0; file < files; file++) {
      sum += power(file + 1, -exponent);
      this.cumulative[file] = sum;
    }
  }

  /** A file by popularity. */
  draw(random: RandomStream): number {
    const { cumulative } = this;
    const lot = (random.u32() / 2 ** 32) * (cumulative[cumulative.length - 1] as number);
    let low = 0;
    let high = cumulative.length - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((cumulative[middle] as number) > lot) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /** `count` files by popularity, fewer where one was drawn twice, in ascending order. */
  drawSome(count: number, random: RandomStream): Int32Array {
    if (count === 0) return NO_FILES;
    const files = new Set<number>();
    for (let i = 0; i < count; i++) files.add(this.draw(random));
    return Int32Array.from(files).sort();
  }

  name(file: number): string {
    const [artist, first, second, kind] = this.words(file) as [string, string, string, string];
    return `${artist} ${first} ${second}.${kind}`;
  }

  /** What somebody types who wants this file. */
  query(file: number): string {
    const [artist, first] = this.words(file) as [string, string, string, string];
    return `${artist} ${first}`;
  }

  /** Files that hold all words of the text, of which the first is the artist, in ascending order. */
  matching(text: string): readonly number[] {
    const known = this.matches.get(text);
    if (known !== undefined) return known;
    const [first, ...others] = splitWords(text);
    const found: number[] = [];
    const artist = this.byArtist.get(first ?? "") ?? this.files;
    for (let file = artist; file < this.files; file += this.artists) {
      const words = this.words(file);
      if (others.every((other) => words.includes(other))) found.push(file);
    }
    if (this.matches.size >= MATCHES_MAX) this.matches.delete(this.matches.keys().next().value as string);
    this.matches.set(text, found);
    return found;
  }

  /** The words of a file's name: the artist, two of a title, and what kind of file it is. */
  words(file: number): readonly string[] {
    const artist = word(ARTIST, file % this.artists);
    return [artist, word(FIRST, file), word(SECOND, file), "ogg"];
  }
}

const NO_FILES = new Int32Array(0);

/** A word of syllables that no other number gives: each kind of word multiplies by an odd number of its own. */
function word(odd: number, number: number): string {
  let left = Math.imul(number + 1, odd);
  let text = "";
  for (let i = 0; i < SYLLABLES_PER_WORD; i++) {
    text += SYLLABLES[left & 15];
    left >>>= 4;
  }
  return text;
}

/** What one peer shares: some files of the catalogue. */
export class Shelf implements GnutellaLibrary {
  readonly busy = false;
  readonly version = 0;
  private readonly catalogue: Catalogue;
  /** In ascending order. */
  readonly held: Int32Array;

  constructor(catalogue: Catalogue, held: Int32Array) {
    this.catalogue = catalogue;
    this.held = held;
  }

  get files(): number {
    return this.held.length;
  }

  get kilobytes(): number {
    return Math.floor((this.held.length * FILE_BYTES) / 1024);
  }

  holds(file: number): boolean {
    let low = 0;
    let high = this.held.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.held[middle] as number) < file) low = middle + 1;
      else high = middle;
    }
    return this.held[low] === file;
  }

  match(words: string, _sha1s: readonly Uint8Array[], limit: number): readonly SharedRecord[] {
    const found: SharedRecord[] = [];
    for (const file of this.catalogue.matching(words)) {
      if (found.length === limit) break;
      if (this.holds(file)) found.push(this.record(file));
    }
    return found;
  }

  addWords(table: QueryRoutingTable): void {
    for (const file of this.held) for (const part of this.catalogue.words(file)) table.addWord(part);
  }

  private record(file: number): SharedRecord {
    return {
      index: file + 1,
      name: this.catalogue.name(file),
      size: FILE_BYTES,
      sha1: undefined,
      tigerRoot: undefined,
    };
  }
}
