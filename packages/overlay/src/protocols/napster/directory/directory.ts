// The directory of a Napster server: who shares which files, found by words, by path and by content. It holds no file.
//
// It is made for sharers that come and go. A leaving sharer costs nothing at once: his shelf is marked, searches pass over it,
// and `work` clears it in slices. What is gone is swept out of the lists of words later, so nothing ever waits for a long list.
import { assert } from "../../../base/assert.ts";
import { isWithin } from "../range.ts";
import type { Criteria } from "./criteria.ts";
import { Dictionary } from "./dictionary.ts";
import { ADDRESS, FileRows, NAMED, PATH_HASH, PATH_LINK, SHELF } from "./file-rows.ts";
import { HashChains } from "./hash-chains.ts";
import { Holders } from "./holders.ts";
import { type HashKey, keyedHash } from "./keyed-hash.ts";
import { LIMITS } from "./limits.ts";
import { Pool } from "./pool.ts";
import { Postings } from "./postings.ts";
import * as record from "./record.ts";
import type { FileId, FoundFile, Owner } from "./found-file.ts";
import type { MessageWriter } from "../message-writer.ts";
import { type SharedFile, URN_PREFIX } from "../shared-file.ts";
import { Shelf, Shelves } from "./shelves.ts";
import { fileWords, STOP_WORDS } from "./words.ts";

export interface DirectoryOptions {
  /** Two random numbers of 32 bits that no client knows. */
  readonly hashKey: HashKey;
  /** Words by which nothing is found; the same must be dropped from searches. */
  readonly stopWords?: ReadonlySet<string>;
  /** At most 31. */
  readonly wordsPerFileMax?: number;
  readonly filesMax?: number;
  readonly filesPerOwnerMax?: number;
  /** Of memory; at most 4 GiB. */
  readonly bytesMax?: number;
  readonly bytesPerOwnerMax?: number;
  /** How many files that are gone may stay in lists besides a quarter of all. */
  readonly goneFilesSlack?: number;
}

/** What one file can make the tables grow by: a page of each size of blocks and of each table. */
const GROWTH_MAX = 4 * 1024 * 1024;
/** The most that a posting takes: with its place in a record, and with a word that is new and long. */
const WORD_WEIGHT = 128;
/** What burying a file costs, in units of work: about that many postings could be swept in the time. */
const BURY_COST = 64;
/** What it costs a search to read a record, or to look for one word in it, in looks at rows. */
const RECORD_LOOKS = 3;
/** Files that a search holds back to fetch them together. */
const HELD_MAX = 32;
/** Shelf 0 is none, so that a row's field can say so. */
const NO_SHELF = 0;
const NOBODY = -1;

export class Directory {
  private readonly options: Required<DirectoryOptions>;
  private readonly pool = new Pool();
  private readonly rows = new FileRows();
  private readonly words: Dictionary;
  private readonly postings: Postings;
  private readonly paths = new HashChains(this.rows, PATH_HASH, PATH_LINK);
  private readonly holders = new Holders(this.rows);
  private readonly shelves = new Shelves(this.pool, this.rows);
  private readonly draft = new record.RecordDraft();
  /** By owner: his shelf, or that he has none, or that there is no such owner. */
  private readonly shelfOf: number[] = [];
  private readonly freeOwners: Owner[] = [];
  private readonly shelfByNumber: (Shelf | undefined)[] = [undefined];
  private readonly freeShelves: number[] = [];
  private readonly goneShelves: Shelf[] = [];
  private fileCount = 0;
  /** Keeps reads of `fetch` from being left out as useless. */
  fetched = 0;
  private byteCount = 0;

  constructor(options: DirectoryOptions) {
    this.options = {
      stopWords: STOP_WORDS,
      wordsPerFileMax: LIMITS.wordsPerFileMax,
      filesMax: LIMITS.filesMax,
      filesPerOwnerMax: LIMITS.filesPerOwnerMax,
      bytesMax: LIMITS.bytesMax,
      bytesPerOwnerMax: LIMITS.bytesPerOwnerMax,
      goneFilesSlack: LIMITS.goneFilesSlack,
      ...options,
    };
    assert(this.options.wordsPerFileMax <= LIMITS.wordsPerFileMax, "a record counts words in five bits");
    assert(this.options.bytesMax <= 2 ** 32, "an address has 31 bits, at four bytes each");
    this.words = new Dictionary(this.pool, this.options.hashKey);
    this.postings = new Postings(this.pool, this.words, this.rows);
  }

  /** Files that are shared. */
  get files(): number {
    return this.fileCount;
  }

  /** The sum of their sizes. */
  get bytes(): number {
    return this.byteCount;
  }

  /** Different words that are known; some may be of files that are gone and not swept yet. */
  get wordCount(): number {
    return this.words.used;
  }

  /** Memory that the tables take, used or not. */
  get memoryBytes(): number {
    return this.pool.bytes + this.rows.bytes + this.words.bytes + this.paths.bytes + this.holders.bytes;
  }

  /** Bytes of what stands in the tables, files included that are gone and not swept yet. */
  get memoryUsed(): number {
    return this.pool.bytesUsed + this.rows.bytesUsed + this.words.bytesUsed;
  }

  /** Whoever may share files from now on. */
  addOwner(): Owner {
    const owner = this.freeOwners.pop() ?? this.shelfOf.length;
    this.shelfOf[owner] = NO_SHELF;
    return owner;
  }

  /** He is gone with everything he shares; his number may be given to somebody else at once. */
  removeOwner(owner: Owner): void {
    this.removeAll(owner);
    this.shelfOf[owner] = NOBODY;
    this.freeOwners.push(owner);
  }

  /**
   * Shares a file. Full: this owner, or all together, have as much as they may, or the path is longer than any message can be.
   * It is found by its words at once.
   */
  add(owner: Owner, file: SharedFile): "added" | "duplicate" | "full" {
    this.work(LIMITS.workPerFile);
    if (file.path.length > LIMITS.pathBytesMax) return "full";
    const known = this.shelfByNumber[this.shelfNumber(owner)];
    if (known !== undefined && this.findPath(known, file.path) !== 0) return "duplicate";
    const { options } = this;
    const words = fileWords(file.path, options.stopWords, options.wordsPerFileMax - (file.urn === "" ? 0 : 1));
    // Whoever looks for a content by its SHA-1 asks for this word.
    if (file.urn !== "") words.push(file.urn.slice(URN_PREFIX.length).toLowerCase());
    if (!this.hasRoom(known, weightOf(file.path.length, words.length))) return "full";
    this.put(known ?? this.openShelf(owner), file, words);
    return "added";
  }

  /** Takes a file back. False: he shares no file of that path. */
  remove(owner: Owner, path: string): boolean {
    const shelf = this.shelfByNumber[this.shelfNumber(owner)];
    const row = shelf === undefined ? 0 : this.findPath(shelf, path);
    if (shelf === undefined || row === 0) return false;
    const { pool } = this;
    const address = this.rows.get(row, ADDRESS);
    const bytes = record.sizeOf(pool, address);
    shelf.files--;
    shelf.bytes -= bytes;
    shelf.weight -= weightOf(path.length, record.wordCount(pool, address));
    this.fileCount--;
    this.byteCount -= bytes;
    this.bury(row);
    this.shelves.remove(shelf, address);
    return true;
  }

  /** Takes everything back that he shares. The answer is how many files that were. Its cost does not depend on how many. */
  removeAll(owner: Owner): number {
    const shelf = this.shelfByNumber[this.shelfNumber(owner)];
    if (shelf === undefined) return 0;
    shelf.isGone = true;
    this.shelfOf[owner] = NO_SHELF;
    this.goneShelves.push(shelf);
    this.fileCount -= shelf.files;
    this.byteCount -= shelf.bytes;
    return shelf.files;
  }

  /** How many files he shares. */
  count(owner: Owner): number {
    return this.shelfByNumber[this.shelfNumber(owner)]?.files ?? 0;
  }

  /** The sum of the sizes of the files that he shares. */
  bytesOf(owner: Owner): number {
    return this.shelfByNumber[this.shelfNumber(owner)]?.bytes ?? 0;
  }

  /** The most memory that his files take, bytes. */
  weight(owner: Owner): number {
    return this.shelfByNumber[this.shelfNumber(owner)]?.weight ?? 0;
  }

  /** The files of an owner, the first `max` of them in the order in which they came. `visit` may not change the directory. */
  list(owner: Owner, max: number, visit: (file: FoundFile) => void): void {
    const shelf = this.shelfByNumber[this.shelfNumber(owner)];
    if (shelf === undefined || max <= 0) return;
    let left = max;
    this.shelves.visit(shelf, (row) => {
      visit(this.file(row));
      return --left > 0;
    });
  }

  /** The file that he shares under exactly this path. */
  find(owner: Owner, path: string): FileId | undefined {
    const shelf = this.shelfByNumber[this.shelfNumber(owner)];
    const row = shelf === undefined ? 0 : this.findPath(shelf, path);
    return row === 0 ? undefined : row;
  }

  /** Who shares a file that was just found. */
  ownerOf(id: FileId): Owner {
    return (this.shelfByNumber[this.rows.get(id, SHELF)] as Shelf).owner;
  }

  /** Writes `"path" md5 size bitrate frequency seconds` of a file that was just found. */
  writeFields(id: FileId, to: MessageWriter): void {
    record.writeFields(this.pool, this.rows.get(id, ADDRESS), to);
  }

  /** The URN that its owner claims for a file that was just found; empty where he claims none. */
  urnOf(id: FileId): string {
    return record.urnOf(this.pool, this.rows.get(id, ADDRESS));
  }

  /** What is known of a file that was just found. */
  file(id: FileId): FoundFile {
    return record.readRecord(this.pool, this.rows.get(id, ADDRESS), this.ownerOf(id));
  }

  /**
   * The newest `max` files that have all words and meet all criteria, of owners that are accepted; newest first. Without words
   * nothing is found. `accept` may not change the directory. A search that would take too long ends before the oldest files
   * (`limits.ts`).
   */
  search(criteria: Criteria, max: number, accept: (owner: Owner) => boolean): FileId[] {
    const found: FileId[] = [];
    const wanted = this.wordNumbers(criteria.words);
    if (wanted === undefined || max <= 0) return found;
    const [rarest, ...others] = wanted.toSorted((a, b) => this.postings.length(a) - this.postings.length(b));
    if (rarest === undefined) return found;
    const unwanted = new Set(criteria.without.map((word) => this.words.find(word)));
    unwanted.delete(0);
    // All words count, or hundreds of unwanted ones would make each record a thousand times as dear as it is counted.
    const recordCost = RECORD_LOOKS * (1 + others.length + unwanted.size);
    let signature = 0;
    for (const word of others) signature |= this.postings.signatureOf(word);
    let looks = LIMITS.searchLooksMax;
    const look = (row: number): boolean => {
      const shelf = this.shelfByNumber[this.rows.get(row, SHELF)];
      looks--;
      if (shelf === undefined || shelf.isGone || !accept(shelf.owner)) return looks > 0;
      looks -= recordCost;
      const address = this.rows.get(row, ADDRESS);
      if (this.hasWords(address, others, unwanted) && this.meets(address, criteria)) found.push(row);
      return found.length < max && looks > 0;
    };
    const held = new Int32Array(HELD_MAX);
    let count = 0;
    const lookAtHeld = (): boolean => {
      this.fetch(held, count);
      for (let i = 0; i < count; i++) if (!look(held[i] as number)) return false;
      count = 0;
      return true;
    };
    const isOver = !this.postings.scan(rarest, signature, LIMITS.searchPostingsMax, (row) => {
      held[count++] = row;
      return count < HELD_MAX || lookAtHeld();
    });
    if (!isOver) lookAtHeld();
    return found;
  }

  /** Files of exactly this MD5 and size; none where the MD5 is unknown or no hash. `visit` may not change the directory. */
  byHash(md5: string, size: number, visit: (file: FoundFile) => void): void {
    const { rows } = this;
    const first = this.findContent(this.contentHash(md5, size), md5, size);
    let row = first;
    let found = 0;
    for (let looks = 0; row !== 0 && found < LIMITS.holdersMax && looks < LIMITS.holdersLookedAtMax; looks++) {
      const shelf = this.shelfByNumber[rows.get(row, SHELF)] as Shelf;
      if (!shelf.isGone) {
        found++;
        visit(record.readRecord(this.pool, rows.get(row, ADDRESS), shelf.owner));
      }
      row = this.holders.next(row);
      if (row === first) return;
    }
  }

  /**
   * Housekeeping for about so many units: 10,000 take about half a millisecond. True: there is more to do. Sharing pays for a
   * little of it, too, so memory stays bounded even if nobody calls this.
   */
  work(units: number): boolean {
    let left = units;
    while (left > 0 && this.goneShelves.length > 0) {
      this.clearOne(this.goneShelves.at(-1) as Shelf);
      left -= BURY_COST;
    }
    if (left > 0 && this.postings.isWaiting) left = this.postings.sweep(left);
    if (left > 0 && this.hasManyGone()) this.postings.sweepRound(left, this.hasManyGone);
    return this.goneShelves.length > 0 || this.postings.isWaiting || this.hasManyGone();
  }

  // -------------------------------------------------------------------------------------------------------------------

  private readonly hasManyGone = (): boolean => this.rows.gone > this.fileCount / 4 + this.options.goneFilesSlack;

  private shelfNumber(owner: Owner): number {
    const number = this.shelfOf[owner] ?? NOBODY;
    assert(number !== NOBODY, "only who is there shares files");
    return number;
  }

  private openShelf(owner: Owner): Shelf {
    const number = this.freeShelves.pop() ?? this.shelfByNumber.length;
    const shelf = new Shelf(number, owner);
    this.shelfByNumber[number] = shelf;
    this.shelfOf[owner] = number;
    return shelf;
  }

  private hasRoom(shelf: Shelf | undefined, weight: number): boolean {
    const { options } = this;
    if (this.fileCount >= options.filesMax || (shelf?.files ?? 0) >= options.filesPerOwnerMax) return false;
    if ((shelf?.weight ?? 0) + weight > options.bytesPerOwnerMax) return false;
    return this.memoryBytes + GROWTH_MAX <= options.bytesMax || this.hasRoomInside();
  }

  /** Whether what was given back is enough for any file. */
  private hasRoomInside(): boolean {
    return this.pool.hasRoom(LIMITS.wordsPerFileMax) && this.rows.free > 0 && this.words.free >= LIMITS.wordsPerFileMax;
  }

  private put(shelf: Shelf, file: SharedFile, texts: readonly string[]): void {
    const { rows, draft, postings } = this;
    const words = texts.map((text) => this.words.intern(text));
    const row = rows.take();
    draft.fill(row, file, words);
    rows.set(row, SHELF, shelf.number);
    rows.set(row, ADDRESS, this.shelves.append(shelf, draft));
    rows.set(row, NAMED, words.length);
    let signature = 0;
    for (const word of words) signature |= postings.signatureOf(word);
    for (const word of words) postings.add(word, row, signature);
    this.paths.insert(row, this.pathHash(shelf, file.path));
    const bytes = record.sizeOf(this.pool, rows.get(row, ADDRESS));
    if (draft.hasContentHash) {
      const hash = this.contentHash(file.md5, bytes);
      this.holders.add(row, hash, this.findContent(hash, file.md5, bytes));
    }
    shelf.files++;
    shelf.bytes += bytes;
    shelf.weight += weightOf(file.path.length, words.length);
    this.fileCount++;
    this.byteCount += bytes;
  }

  /** The file is found no more; its record may be given back. */
  private bury(row: number): void {
    const { rows, pool } = this;
    const address = rows.get(row, ADDRESS);
    this.paths.remove(row);
    this.holders.remove(row);
    for (let i = record.wordCount(pool, address) - 1; i >= 0; i--) this.postings.leave(record.wordAt(pool, address, i));
    rows.bury(row);
  }

  private clearOne(shelf: Shelf): void {
    const row = this.shelves.clearNext(shelf);
    if (row !== 0) return this.bury(row);
    this.goneShelves.pop();
    this.shelfByNumber[shelf.number] = undefined;
    this.freeShelves.push(shelf.number);
  }

  private pathHash(shelf: Shelf, path: string): number {
    return keyedHash(this.options.hashKey, shelf.number, path);
  }

  private findPath(shelf: Shelf, path: string): number {
    const { rows } = this;
    let row = this.paths.first(this.pathHash(shelf, path));
    while (row !== 0) {
      if (rows.get(row, SHELF) === shelf.number && record.hasPath(this.pool, rows.get(row, ADDRESS), path)) break;
      row = this.paths.next(row);
    }
    return row;
  }

  private contentHash(md5: string, size: number): number {
    return keyedHash(this.options.hashKey, size | 0, md5);
  }

  private findContent(hash: number, md5: string, size: number): number {
    return this.holders.find(hash, (row) => {
      const address = this.rows.get(row, ADDRESS);
      return record.sizeOf(this.pool, address) === size && record.md5Of(this.pool, address) === md5;
    });
  }

  /** Each once; undefined where no file has them all. */
  private wordNumbers(words: readonly string[]): number[] | undefined {
    if (words.length > LIMITS.wordsPerFileMax) return undefined;
    const numbers = new Set<number>();
    for (const word of words) {
      const number = this.words.find(word);
      if (number === 0) return undefined;
      numbers.add(number);
    }
    return [...numbers];
  }

  /**
   * Reads a little of each of these files, so that memory brings them all at once: a read at a random place takes 200 ns where each
   * waits for the one before, a tenth of that where none does. Of no effect.
   */
  private fetch(files: Int32Array, count: number): void {
    let sum = 0;
    for (let i = 0; i < count; i++) sum ^= this.rows.get(files[i] as number, SHELF);
    for (let i = 0; i < count; i++) sum ^= record.touch(this.pool, this.rows.get(files[i] as number, ADDRESS));
    this.fetched = sum;
  }

  private hasWords(address: number, wanted: readonly number[], unwanted: ReadonlySet<number>): boolean {
    for (const word of wanted) if (!this.hasWord(address, word)) return false;
    for (const word of unwanted) if (this.hasWord(address, word)) return false;
    return true;
  }

  private hasWord(address: number, word: number): boolean {
    const { pool } = this;
    for (let i = record.wordCount(pool, address) - 1; i >= 0; i--) {
      if (record.wordAt(pool, address, i) === word) return true;
    }
    return false;
  }

  private meets(address: number, { size, bitrate, frequency, seconds, media }: Criteria): boolean {
    const { pool } = this;
    return (
      isWithin(record.sizeOf(pool, address), size) &&
      isWithin(record.bitrateOf(pool, address), bitrate) &&
      isWithin(record.frequencyOf(pool, address), frequency) &&
      isWithin(record.secondsOf(pool, address), seconds) &&
      (media === "any" || record.mediaOf(pool, address) === media)
    );
  }
}

/** The most memory that a file takes: of long records a block holds but one, and half of it is lost. */
function weightOf(pathLength: number, words: number): number {
  return 2 * pathLength + WORD_WEIGHT * (words + 1);
}
