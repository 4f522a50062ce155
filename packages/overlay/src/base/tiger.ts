// Tiger and its hash tree (THEX): the name of a file by which each of its blocks can be checked alone.
// A leaf is Tiger(0x00, up to 1024 bytes), a parent Tiger(0x01, left, right); an odd node goes up unchanged.
import { assert } from "./assert.ts";
import { buildTigerCode, HASH_BYTES, LANES, LEAF_BYTES, TABLES_BYTES, type TigerCode } from "./tiger-wasm.ts";

export const TIGER_BYTES = HASH_BYTES;
export const TIGER_LEAF_BYTES = LEAF_BYTES;

/** Leaves hashed in one go. Small enough to stay in the processor's second cache, large enough to make calls cheap. */
const BATCH_LEAVES = 64;
const BATCH_BYTES = BATCH_LEAVES * LEAF_BYTES;
/** Nodes that are folded in one go. */
const BATCH_NODES = 1024;

const STATE_AT = TABLES_BYTES;
const NODES_AT = STATE_AT + 64;
/** Room for the byte that a leaf's first block begins early, and for the lanes that a batch may run over. */
const INPUT_AT = NODES_AT + (BATCH_NODES + 2 * LANES) * HASH_BYTES + 64;
const MEMORY_BYTES = INPUT_AT + BATCH_BYTES + LANES * LEAF_BYTES + 128;
const PAGE_BYTES = 65536;

const INITIAL = [0x0123456789abcdefn, 0xfedcba9876543210n, 0xf096a5b4c3b2e187n] as const;

/** The compiled loops with their scratch memory, in which nothing lives longer than one call. */
class TigerKernel {
  private readonly code: TigerCode;
  private readonly memory: Uint8Array;
  private readonly view: DataView;

  constructor() {
    this.code = buildTigerCode(Math.ceil(MEMORY_BYTES / PAGE_BYTES));
    this.memory = new Uint8Array(this.code.memory.buffer);
    this.view = new DataView(this.code.memory.buffer);
    this.makeTables();
  }

  /** The published construction of the S-boxes: swaps that are driven by Tiger itself with the tables so far. */
  private makeTables(): void {
    for (let at = 0; at < TABLES_BYTES; at++) this.memory[at] = (at >> 3) & 0xff;
    const text = "Tiger - A Fast New Hash Function, by Ross Anderson and Eli Biham";
    for (let i = 0; i < 64; i++) this.memory[INPUT_AT + i] = text.charCodeAt(i);
    this.resetState();
    let word = 2;
    for (let repeat = 0; repeat < 5; repeat++) {
      for (let entry = 0; entry < 256; entry++) {
        for (let table = 0; table < 4; table++) {
          word = (word + 1) % 3;
          if (word === 0) this.code.absorb(STATE_AT, INPUT_AT, 1);
          for (let column = 0; column < 8; column++) {
            const other = this.memory[STATE_AT + 8 * word + column] as number;
            const here = table * 2048 + entry * 8 + column;
            const there = table * 2048 + other * 8 + column;
            const held = this.memory[here] as number;
            this.memory[here] = this.memory[there] as number;
            this.memory[there] = held;
          }
        }
      }
    }
  }

  private resetState(): void {
    INITIAL.forEach((word, i) => this.view.setBigUint64(STATE_AT + 8 * i, word, true));
  }

  /** Tiger of `prefix` and `bytes`. */
  hash(prefix: readonly number[], bytes: Uint8Array): Uint8Array {
    this.resetState();
    const total = prefix.length + bytes.length;
    this.memory.set(prefix, INPUT_AT);
    let held = prefix.length;
    for (let at = 0; ; ) {
      const count = Math.min(bytes.length - at, BATCH_BYTES - held);
      this.memory.set(bytes.subarray(at, at + count), INPUT_AT + held);
      at += count;
      held += count;
      if (held < BATCH_BYTES) break;
      this.code.absorb(STATE_AT, INPUT_AT, held / 64);
      held = 0;
    }
    // 0x01, zeros, and the length in bits: at least nine bytes, to the end of a block.
    const end = Math.ceil((held + 9) / 64) * 64;
    this.memory.fill(0, INPUT_AT + held, INPUT_AT + end);
    this.memory[INPUT_AT + held] = 0x01;
    this.view.setBigUint64(INPUT_AT + end - 8, BigInt(total) * 8n, true);
    this.code.absorb(STATE_AT, INPUT_AT, end / 64);
    return this.memory.slice(STATE_AT, STATE_AT + HASH_BYTES);
  }

  /** Nodes over blocks of `blockSize` of at most BATCH_BYTES bytes; none of none. */
  batch(bytes: Uint8Array, blockSize: number): Uint8Array {
    const full = Math.floor(bytes.length / LEAF_BYTES);
    let count = Math.ceil(bytes.length / LEAF_BYTES);
    // The short last leaf first: both ways use the same input area.
    const last = count > full ? this.hash([0x00], bytes.subarray(full * LEAF_BYTES)) : undefined;
    if (full > 0) {
      this.memory.set(bytes.subarray(0, full * LEAF_BYTES), INPUT_AT);
      this.code.leaves(INPUT_AT, NODES_AT, full);
    }
    if (last !== undefined) this.memory.set(last, NODES_AT + full * HASH_BYTES);
    for (let size = LEAF_BYTES; size < blockSize; size *= 2) count = this.fold(count);
    return this.memory.slice(NODES_AT, NODES_AT + count * HASH_BYTES);
  }

  /** The next level over at most BATCH_NODES nodes. */
  parents(nodes: Uint8Array): Uint8Array {
    this.memory.set(nodes, NODES_AT);
    const count = this.fold(nodes.length / HASH_BYTES);
    return this.memory.slice(NODES_AT, NODES_AT + count * HASH_BYTES);
  }

  private fold(count: number): number {
    const pairs = count >> 1;
    const odd =
      count % 2 === 1
        ? this.memory.slice(NODES_AT + (count - 1) * HASH_BYTES, NODES_AT + count * HASH_BYTES)
        : undefined;
    if (pairs > 0) this.code.parents(NODES_AT, NODES_AT, pairs);
    if (odd !== undefined) this.memory.set(odd, NODES_AT + pairs * HASH_BYTES);
    return Math.ceil(count / 2);
  }
}

// Built once, on first use: compiling takes milliseconds, and callers cannot see each other's scratch memory.
let kernel: TigerKernel | undefined;

function tigerKernel(): TigerKernel {
  kernel ??= new TigerKernel();
  return kernel;
}

/** Plain Tiger (192 bits, original padding) of a whole message. */
export function tiger(bytes: Uint8Array): Uint8Array {
  return tigerKernel().hash([], bytes);
}

/** The root over the nodes of one level, left to right. At least one node. */
export function tigerRootOf(nodes: Uint8Array): Uint8Array {
  assert(nodes.length > 0 && nodes.length % HASH_BYTES === 0, "a level has at least one whole node");
  const kernel = tigerKernel();
  let level = nodes;
  while (level.length > HASH_BYTES) {
    const next = new Uint8Array(Math.ceil(level.length / HASH_BYTES / 2) * HASH_BYTES);
    let at = 0;
    for (let from = 0; from < level.length; from += BATCH_NODES * HASH_BYTES) {
      const part = kernel.parents(level.subarray(from, from + BATCH_NODES * HASH_BYTES));
      next.set(part, at);
      at += part.length;
    }
    level = next;
  }
  return level.slice();
}

/** The node over one whole block, or over the last and shorter one of a file: compare it with a node of its level. */
export function tigerBlock(bytes: Uint8Array): Uint8Array {
  const hasher = new TigerTreeHasher();
  hasher.update(bytes);
  return hasher.finish().root;
}

export interface TigerTree {
  readonly size: number;
  readonly blockSize: number;
  /** One of 24 bytes for each block, in order; an empty file has one. */
  readonly nodes: Uint8Array;
  readonly root: Uint8Array;
}

/** The Tiger tree of a file that comes in pieces of any length; keeps one level of it. */
export class TigerTreeHasher {
  private readonly blockSize: number;
  private readonly unit: number;
  private size = 0;
  /** Bytes not yet hashed; grows to a batch only where pieces do not come in whole batches. */
  private pending = new Uint8Array(0);
  private pendingBytes = 0;
  private readonly nodes: NodeList;
  /** Nodes over `unit` of the block at work, where a block is more than one batch. */
  private readonly units: NodeList;

  /** `blockSize`: a power of two of at least 1024. The level kept takes 24 bytes per block. */
  constructor(blockSize = LEAF_BYTES) {
    assert(blockSize >= LEAF_BYTES && Math.log2(blockSize) % 1 === 0, "a block is a power of two of leaves");
    this.blockSize = blockSize;
    this.unit = Math.min(blockSize, BATCH_BYTES);
    this.nodes = new NodeList();
    this.units = new NodeList();
  }

  update(bytes: Uint8Array): void {
    this.size += bytes.length;
    let at = 0;
    if (this.pendingBytes > 0) at = this.fill(bytes, 0);
    for (; bytes.length - at >= BATCH_BYTES; at += BATCH_BYTES) this.take(bytes.subarray(at, at + BATCH_BYTES));
    if (at < bytes.length) this.fill(bytes, at);
  }

  /** Ends the hashing; the hasher must not be used afterwards. */
  finish(): TigerTree {
    if (this.pendingBytes > 0) this.take(this.pending.subarray(0, this.pendingBytes));
    if (this.size === 0) this.nodes.push(tigerKernel().hash([0x00], new Uint8Array(0)));
    this.closeBlock();
    const nodes = this.nodes.done();
    return { size: this.size, blockSize: this.blockSize, nodes, root: tigerRootOf(nodes) };
  }

  private fill(bytes: Uint8Array, from: number): number {
    const count = Math.min(bytes.length - from, BATCH_BYTES - this.pendingBytes);
    this.reserve(this.pendingBytes + count);
    this.pending.set(bytes.subarray(from, from + count), this.pendingBytes);
    this.pendingBytes += count;
    if (this.pendingBytes === BATCH_BYTES) {
      this.pendingBytes = 0;
      this.take(this.pending);
    }
    return from + count;
  }

  private reserve(length: number): void {
    if (length <= this.pending.length) return;
    const larger = new Uint8Array(Math.min(BATCH_BYTES, Math.max(length, 2 * this.pending.length)));
    larger.set(this.pending.subarray(0, this.pendingBytes));
    this.pending = larger;
  }

  private take(batch: Uint8Array): void {
    const nodes = tigerKernel().batch(batch, this.unit);
    if (this.unit === this.blockSize) {
      this.nodes.push(nodes);
      return;
    }
    this.units.push(nodes);
    if (this.units.count * this.unit === this.blockSize) this.closeBlock();
  }

  private closeBlock(): void {
    if (this.units.count === 0) return;
    this.nodes.push(tigerRootOf(this.units.done()));
    this.units.clear();
  }
}

/** Nodes in one array that grows by doubling. */
class NodeList {
  private bytes = new Uint8Array(0);
  private length = 0;

  get count(): number {
    return this.length / HASH_BYTES;
  }

  push(nodes: Uint8Array): void {
    const end = this.length + nodes.length;
    if (end > this.bytes.length) {
      const larger = new Uint8Array(Math.max(end, 2 * this.bytes.length));
      larger.set(this.bytes.subarray(0, this.length));
      this.bytes = larger;
    }
    this.bytes.set(nodes, this.length);
    this.length = end;
  }

  done(): Uint8Array {
    return this.bytes.subarray(0, this.length);
  }

  clear(): void {
    this.length = 0;
  }
}
