// What goes between the hash pool and its workers. Orders and results are messages; cancelling, the rate and the progress
// of a running job are numbers in shared memory, since a worker that hashes does not look at messages.

export interface HashOrder {
  readonly id: number;
  readonly path: string;
  /** The memory of a HashControl. */
  readonly control: SharedArrayBuffer;
}

export type HashResult =
  | {
      readonly id: number;
      readonly ok: true;
      readonly sha1: Uint8Array;
      readonly tigerRoot: Uint8Array;
      readonly blockSize: number;
      readonly nodes: Uint8Array;
      readonly size: number;
      readonly modified: number;
      readonly inode: number;
    }
  | {
      readonly id: number;
      readonly ok: false;
      readonly code: "changed" | "unreadable" | "cancelled";
      readonly text: string;
    };

/** One job's shared numbers. */
export class HashControl {
  readonly memory: SharedArrayBuffer;
  private readonly flags: Int32Array;
  private readonly numbers: BigInt64Array;

  constructor(memory = new SharedArrayBuffer(24)) {
    this.memory = memory;
    this.flags = new Int32Array(memory, 0, 2);
    this.numbers = new BigInt64Array(memory, 8, 2);
  }

  get cancelled(): boolean {
    return Atomics.load(this.flags, 0) === 1;
  }

  cancel(): void {
    Atomics.store(this.flags, 0, 1);
    Atomics.notify(this.flags, 0);
  }

  /** Sleeps, but not past a cancel. Worker threads only. */
  sleep(ms: number): void {
    Atomics.wait(this.flags, 0, 0, ms);
  }

  /** Bytes per second; 0 is without limit. */
  get rate(): number {
    return Number(Atomics.load(this.numbers, 0));
  }

  set rate(bytesPerSecond: number) {
    Atomics.store(this.numbers, 0, BigInt(Math.round(bytesPerSecond)));
  }

  /** Bytes read so far. */
  get done(): number {
    return Number(Atomics.load(this.numbers, 1));
  }

  set done(bytes: number) {
    Atomics.store(this.numbers, 1, BigInt(bytes));
  }
}

const BLOCK_MIN = 1024 * 1024;
/** Nodes of the kept level: 96 KiB per file at most; files over 4 GiB get coarser blocks. */
const NODES_MAX = 4096;

/** The block size of the tree level that is kept for a file. */
export function treeBlockSize(size: number): number {
  let block = BLOCK_MIN;
  while (size > block * NODES_MAX) block *= 2;
  return block;
}
