// Checks one download while it comes: each block against the file's hash tree as soon as it is whole, and the hash of
// the whole file in order behind it. Says what is wrong; whose fault it is and what to do is for `download.ts`.
import { base32Encode } from "@servent/overlay/base/base32.ts";
import { equalBytes } from "@servent/overlay/base/bytes.ts";
import { TIGER_BYTES, tigerRootOf } from "@servent/overlay/base/tiger.ts";
import type { HashTree } from "../networks/network.ts";
import type { FileHasher, HashJob, HashResult, WholeHash } from "./file-hasher.ts";
import { CHECKED, MISSING, PIECE_BYTES, type PieceMap, WRITTEN } from "./piece-map.ts";

/** Bytes of one job of the whole-file hash: small enough that other files get their turn. */
const WHOLE_STEP_BYTES = 16 * PIECE_BYTES;

export interface VerificationEvents {
  /** These pieces match the tree. */
  good(first: number, last: number): void;
  /** These pieces, from `first` up to but not including `last`, do not match the tree. They are still in the map. */
  bad(first: number, last: number): void;
  /** Everything is here and checked as far as it can be; `digest` is the hash of the whole file, if one was asked for. */
  complete(digest: Uint8Array | undefined): void;
  /** The file cannot be read. */
  unreadable(error: Error): void;
}

export class Verification {
  private readonly hasher: FileHasher;
  private readonly key: string;
  private readonly map: PieceMap;
  private readonly events: VerificationEvents;
  private readonly whole: WholeHash | undefined;
  private fd: number | undefined = undefined;
  /** Expected node of each unit, 24 bytes each, and how many pieces a unit has. */
  private nodes: Uint8Array | undefined = undefined;
  private unitPieces = 1;
  /** Units that may have become checkable, in the order in which they did. */
  private toCheck: number[] = [];
  /** How far the whole-file hash has come. */
  private wholeAt = 0;
  /** How far the job at work takes it. */
  private wholeReaches = 0;
  private isBusy = false;
  /** Pieces being read for comparing. */
  private reading = 0;
  /** Results of jobs from before a change do not count. */
  private generation = 0;
  private isTold = false;
  /** Who waits for the job at work to end. */
  private readonly idle: (() => void)[] = [];

  constructor(
    hasher: FileHasher,
    key: string,
    map: PieceMap,
    whole: WholeHash | undefined,
    events: VerificationEvents,
  ) {
    this.hasher = hasher;
    this.key = key;
    this.map = map;
    this.whole = whole;
    this.events = events;
  }

  get hasTree(): boolean {
    return this.nodes !== undefined;
  }

  /** Pieces that are checked together: requests that begin and end between units make the blame clear. */
  get unitBytes(): number {
    return this.unitPieces * PIECE_BYTES;
  }

  /** Begins or goes on, reading from this descriptor until `stop`. */
  start(fd: number): void {
    this.fd = fd;
    this.isTold = false;
    this.step();
  }

  /** No job runs any more when this resolves, so the descriptor may be closed. */
  async stop(): Promise<void> {
    this.fd = undefined;
    while (this.isBusy || this.reading > 0) await new Promise<void>((resolve) => this.idle.push(resolve));
  }

  /** False: the tree is not one for this file. */
  setTree(tree: HashTree): boolean {
    const { blockSize, nodes } = tree;
    const count = Math.max(1, Math.ceil(this.map.size / blockSize));
    if (nodes.length !== count * TIGER_BYTES || base32Encode(tigerRootOf(nodes)) !== tree.root) return false;
    this.unitPieces = Math.max(1, blockSize / PIECE_BYTES);
    // A copy of its own memory: sending a view to the thread would send all that lies behind it.
    this.nodes = blockSize >= PIECE_BYTES ? Uint8Array.from(nodes) : foldTo(nodes, PIECE_BYTES / blockSize);
    this.toCheck = Array.from({ length: Math.ceil(this.map.count / this.unitPieces) }, (_, unit) => unit);
    this.changed();
    return true;
  }

  dropTree(): void {
    this.nodes = undefined;
    this.toCheck = [];
    this.unitPieces = 1;
    this.map.uncheckAll();
    this.changed();
  }

  /** Call after pieces were reset: what was hashed of them must not count. */
  forgetFrom(piece: number): void {
    if (this.map.startOf(piece) < Math.max(this.wholeAt, this.wholeReaches)) {
      this.hasher.forget(this.key);
      this.wholeAt = 0;
    }
    this.changed();
  }

  /** Call when a piece became whole. */
  written(piece: number): void {
    if (this.hasTree) this.toCheck.push(Math.floor(piece / this.unitPieces));
    this.step();
  }

  private step(): void {
    if (this.isBusy || this.fd === undefined) return;
    const job = this.nextJob(this.fd);
    if (job !== undefined) void this.run(job);
    else if (this.isReady) void this.finish();
  }

  /** The Tiger node of one piece as it is in the file, for comparing; undefined where the file is closed or unreadable. */
  async nodeOf(piece: number): Promise<Uint8Array | undefined> {
    if (this.fd === undefined) return undefined;
    const range = { start: this.map.startOf(piece), end: this.map.endOf(piece) };
    const job = { key: this.key, fd: this.fd, ...range, node: true, expected: undefined, whole: undefined };
    this.reading++;
    try {
      return (await this.hasher.hash(job)).node;
    } catch {
      // It could only have told who lied; the file is fetched all the same.
      return undefined;
    } finally {
      this.reading--;
      this.wake();
    }
  }

  private changed(): void {
    this.generation++;
    this.isTold = false;
    this.step();
  }

  private get isReady(): boolean {
    if (this.isTold || !this.map.isComplete) return false;
    if (this.hasTree && !this.map.isChecked) return false;
    return this.whole === undefined || this.wholeAt === this.map.size;
  }

  private nextJob(fd: number): HashJob | undefined {
    const unit = this.nextUnit();
    const common = { key: this.key, fd };
    if (unit !== undefined) {
      const start = this.map.startOf(unit * this.unitPieces);
      const end = Math.min(this.map.size, start + this.unitBytes);
      const expected = (this.nodes as Uint8Array).slice(unit * TIGER_BYTES, (unit + 1) * TIGER_BYTES);
      return { ...common, start, end, node: true, expected, whole: start === this.wholeAt ? this.whole : undefined };
    }
    const end = this.whole === undefined ? this.wholeAt : this.wholeReach();
    if (end === this.wholeAt) return undefined;
    return { ...common, start: this.wholeAt, end, node: false, expected: undefined, whole: this.whole };
  }

  /** A unit all of whose pieces are written and not all checked; the one the whole-file hash waits for first. */
  private nextUnit(): number | undefined {
    if (this.nodes === undefined) return undefined;
    const units = Math.ceil(this.map.count / this.unitPieces);
    const waited = Math.floor(this.map.pieceAt(this.wholeAt) / this.unitPieces);
    if (waited < units && this.isCheckable(waited)) return waited;
    for (let unit = this.toCheck.shift(); unit !== undefined; unit = this.toCheck.shift()) {
      if (this.isCheckable(unit)) return unit;
    }
    return undefined;
  }

  private isCheckable(unit: number): boolean {
    let unchecked = 0;
    for (let piece = unit * this.unitPieces; piece < this.lastOf(unit); piece++) {
      if (this.map.state(piece) === MISSING) return false;
      if (this.map.state(piece) === WRITTEN) unchecked++;
    }
    return unchecked > 0;
  }

  private lastOf(unit: number): number {
    return Math.min(this.map.count, (unit + 1) * this.unitPieces);
  }

  /** How far the whole-file hash may go now. */
  private wholeReach(): number {
    const wanted = this.hasTree ? CHECKED : WRITTEN;
    let end = this.wholeAt;
    while (end < this.map.size && end - this.wholeAt < WHOLE_STEP_BYTES) {
      const piece = this.map.pieceAt(end);
      if (this.map.state(piece) < wanted) break;
      end = this.map.endOf(piece);
    }
    return end;
  }

  private async run(job: HashJob): Promise<void> {
    this.isBusy = true;
    this.wholeReaches = job.whole === undefined ? 0 : job.end;
    const { generation } = this;
    let result: HashResult | Error;
    try {
      result = await this.hasher.hash(job);
    } catch (error) {
      result = error instanceof Error ? error : new Error(String(error));
    }
    this.isBusy = false;
    this.wholeReaches = 0;
    this.wake();
    if (result instanceof Error) {
      // The running hash died with its thread, or is behind an unreadable place: either way it begins anew.
      this.wholeAt = 0;
      if (this.fd !== undefined) this.events.unreadable(result);
      return;
    }
    if (generation === this.generation) this.onResult(job, result);
    // The pieces may still be there, only the question has changed: ask again.
    else if (job.node && this.hasTree) this.toCheck.push(Math.floor(this.map.pieceAt(job.start) / this.unitPieces));
    this.step();
  }

  private onResult(job: HashJob, result: HashResult): void {
    if (job.whole !== undefined) this.wholeAt = result.wholeAt;
    if (job.expected === undefined || result.node === undefined) return;
    const first = this.map.pieceAt(job.start);
    const last = Math.ceil(job.end / PIECE_BYTES);
    if (!equalBytes(result.node, job.expected)) {
      this.events.bad(first, last);
      return;
    }
    for (let piece = first; piece < last; piece++) this.map.set(piece, CHECKED, this.map.giver(piece));
    this.events.good(first, last);
  }

  private wake(): void {
    for (const wake of this.idle.splice(0)) wake();
  }

  private async finish(): Promise<void> {
    this.isTold = true;
    if (this.whole === undefined) return this.events.complete(undefined);
    this.isBusy = true;
    const { generation } = this;
    const digest = await this.hasher.digest(this.key, this.whole).catch(() => undefined);
    this.isBusy = false;
    this.wake();
    this.wholeAt = 0;
    if (digest !== undefined && generation === this.generation) this.events.complete(digest);
    else {
      this.isTold = false;
      this.step();
    }
  }
}

/** Every `count` nodes become one. */
function foldTo(nodes: Uint8Array, count: number): Uint8Array {
  const folded = new Uint8Array(Math.ceil(nodes.length / TIGER_BYTES / count) * TIGER_BYTES);
  for (let at = 0, to = 0; at < nodes.length; at += count * TIGER_BYTES, to += TIGER_BYTES) {
    folded.set(tigerRootOf(nodes.subarray(at, at + count * TIGER_BYTES)), to);
  }
  return folded;
}
