// Which pieces of a file are here, and who gave them. Pure: where the bytes are is `part-file.ts`.
import { assert } from "@servent/overlay/base/assert.ts";
import type { ByteRange } from "../networks/network.ts";

/** Lost at most once per source by a crash, refetched when wrong; larger would cost more, smaller more bookkeeping. */
export const PIECE_BYTES = 1024 * 1024;

export const MISSING = 0;
/** All bytes are in the file; nobody has checked them. */
export const WRITTEN = 1;
/** Its hash is the one in the file's tree. */
export const CHECKED = 2;
export type PieceState = typeof MISSING | typeof WRITTEN | typeof CHECKED;

/** Not a source's number: more than one gave bytes of the piece, or nobody knows any more. */
export const SEVERAL = 255;
/** Not a source's number: nobody yet. */
export const NOBODY = 0;

export class PieceMap {
  readonly size: number;
  readonly count: number;
  private readonly states: Uint8Array;
  private readonly givers: Uint8Array;
  /** Bytes at the front of pieces that are not whole. Lost with the process. */
  private readonly partial = new Map<number, number>();
  private doneBytes = 0;
  private doneCount = 0;
  private checkedCount = 0;

  constructor(size: number) {
    assert(Number.isSafeInteger(size) && size >= 0, "a size in bytes");
    this.size = size;
    this.count = Math.ceil(size / PIECE_BYTES);
    this.states = new Uint8Array(this.count);
    this.givers = new Uint8Array(this.count);
  }

  /** All pieces are in the file, checked or not. */
  get isComplete(): boolean {
    return this.doneCount === this.count;
  }

  get isChecked(): boolean {
    return this.checkedCount === this.count;
  }

  /** Bytes in the file, those of unfinished pieces too. */
  get bytesDone(): number {
    let sum = this.doneBytes;
    for (const bytes of this.partial.values()) sum += bytes;
    return sum;
  }

  startOf(piece: number): number {
    return piece * PIECE_BYTES;
  }

  endOf(piece: number): number {
    return Math.min(this.size, (piece + 1) * PIECE_BYTES);
  }

  pieceAt(position: number): number {
    return Math.floor(position / PIECE_BYTES);
  }

  state(piece: number): PieceState {
    return this.states[piece] as PieceState;
  }

  giver(piece: number): number {
    return this.givers[piece] as number;
  }

  /** Where the next byte of a piece belongs. */
  nextOf(piece: number): number {
    return this.states[piece] === MISSING ? this.startOf(piece) + (this.partial.get(piece) ?? 0) : this.endOf(piece);
  }

  /** Bytes were written at the place that `nextOf` says, within one piece. True: the piece is whole now. */
  append(position: number, bytes: number, giver: number): boolean {
    const piece = this.pieceAt(position);
    assert(this.states[piece] === MISSING && this.nextOf(piece) === position, "bytes join those that are there");
    assert(bytes > 0 && position + bytes <= this.endOf(piece), "bytes of one piece");
    const before = this.givers[piece] as number;
    this.givers[piece] = before === NOBODY || before === giver ? giver : SEVERAL;
    if (position + bytes < this.endOf(piece)) {
      this.partial.set(piece, position + bytes - this.startOf(piece));
      return false;
    }
    this.partial.delete(piece);
    this.set(piece, WRITTEN, this.givers[piece] as number);
    return true;
  }

  /** A piece that was there before, or is checked now. */
  set(piece: number, state: typeof WRITTEN | typeof CHECKED, giver: number): void {
    if (this.states[piece] === MISSING) {
      this.doneCount++;
      this.doneBytes += this.endOf(piece) - this.startOf(piece);
    }
    if (state === CHECKED && this.states[piece] !== CHECKED) this.checkedCount++;
    if (state === WRITTEN && this.states[piece] === CHECKED) this.checkedCount--;
    this.states[piece] = state;
    this.givers[piece] = giver;
  }

  /** Its bytes are of no use. */
  reset(piece: number): void {
    if (this.states[piece] !== MISSING) {
      this.doneCount--;
      this.doneBytes -= this.endOf(piece) - this.startOf(piece);
    }
    if (this.states[piece] === CHECKED) this.checkedCount--;
    this.states[piece] = MISSING;
    this.givers[piece] = NOBODY;
    this.partial.delete(piece);
  }

  /** Forgets the checks: the tree they were made against is no longer believed. */
  uncheckAll(): void {
    for (let piece = 0; piece < this.count; piece++) {
      if (this.states[piece] === CHECKED) this.set(piece, WRITTEN, this.givers[piece] as number);
    }
  }

  /** Missing bytes outside `taken`, in order, as long as possible. `taken` need not be sorted. */
  gaps(taken: readonly ByteRange[] = []): readonly ByteRange[] {
    const gaps: { start: number; end: number }[] = [];
    for (let piece = 0; piece < this.count; piece++) {
      if (this.states[piece] !== MISSING) continue;
      const start = this.nextOf(piece);
      const last = gaps.at(-1);
      if (last !== undefined && last.end === start) last.end = this.endOf(piece);
      else gaps.push({ start, end: this.endOf(piece) });
    }
    return taken.reduce<readonly ByteRange[]>(without, gaps);
  }
}

function without(gaps: readonly ByteRange[], taken: ByteRange): readonly ByteRange[] {
  return gaps.flatMap((gap) => {
    if (taken.end <= gap.start || taken.start >= gap.end) return [gap];
    const before = { start: gap.start, end: Math.min(gap.end, taken.start) };
    const after = { start: Math.max(gap.start, taken.end), end: gap.end };
    return [before, after].filter((part) => part.start < part.end);
  });
}
