// One memory for all Gnutella nodes of a world: where ids came from, in one table keyed by node and id, and query routing
// tables, held once by their sender and all its neighbours. Tables of each node's own would take most of a large world's memory.
import { assert } from "@servent/overlay/base/assert.ts";
import type { Routes } from "@servent/overlay/base/recent-routes.ts";
import type { GnutellaMemory, PatchMemory } from "@servent/overlay/protocols/gnutella/memory.ts";
import type { QueryRoutingTable } from "@servent/overlay/protocols/gnutella/query-routing.ts";

export interface SharedMemoryOptions {
  /** An id is known for this long at least and twice as long at most. What it belongs to must be over by then. */
  readonly periodMs: number;
}

/** Node plus one (0: the row is free), 64 bits of the id, route: a cache line holds four rows. */
const ROW_WORDS = 4;
const ROW_SHIFT = 2;
const FIRST_ROWS = 1024;

export class SharedMemory implements PatchMemory {
  private readonly periodMs: number;
  private young = new Int32Array(FIRST_ROWS * ROW_WORDS);
  private old = new Int32Array(FIRST_ROWS * ROW_WORDS);
  private youngRows = 0;
  private oldRows = 0;
  private bornAt = 0;
  /** As long as the patch is on its way. */
  private readonly patches = new WeakMap<Uint8Array, { base: QueryRoutingTable; table: QueryRoutingTable }>();

  constructor(options: SharedMemoryOptions) {
    this.periodMs = options.periodMs;
  }

  /** What node number `node` takes for its own. */
  of(node: number): GnutellaMemory {
    return new NodeMemory(this, node);
  }

  /** Ids held, each for one node. */
  get size(): number {
    return this.youngRows + this.oldRows;
  }

  add(node: number, id: string, route: number, now: number): boolean {
    this.turn(now);
    const high = wordOf(id, 0);
    const low = wordOf(id, 8);
    if (this.old[find(this.old, node, high, low)] !== 0) return false;
    const at = find(this.young, node, high, low);
    if (this.young[at] !== 0) return false;
    this.write(at, node, high, low, route);
    return true;
  }

  renew(node: number, id: string, route: number, now: number): void {
    this.turn(now);
    const high = wordOf(id, 0);
    const low = wordOf(id, 8);
    const at = find(this.young, node, high, low);
    if (this.young[at] === 0) this.write(at, node, high, low, route);
    else this.young[at + 3] = route;
  }

  route(node: number, id: string, now: number): number | undefined {
    this.turn(now);
    const high = wordOf(id, 0);
    const low = wordOf(id, 8);
    for (const rows of [this.young, this.old]) {
      const at = find(rows, node, high, low);
      if (rows[at] !== 0) return rows[at + 3];
    }
    return undefined;
  }

  note(patch: Uint8Array, base: QueryRoutingTable, table: QueryRoutingTable): void {
    this.patches.set(patch, { base, table });
  }

  result(patch: Uint8Array, base: QueryRoutingTable): QueryRoutingTable | undefined {
    const known = this.patches.get(patch);
    return known?.base === base ? known.table : undefined;
  }

  private write(at: number, node: number, high: number, low: number, route: number): void {
    assert((route | 0) === route, "routes of a world's nodes fit a word");
    const { young } = this;
    young[at] = node + 1;
    young[at + 1] = high;
    young[at + 2] = low;
    young[at + 3] = route;
    this.youngRows++;
    // Half full at most, so that a search ends soon.
    if (2 * this.youngRows * ROW_WORDS > young.length) this.grow();
  }

  private grow(): void {
    const before = this.young;
    this.young = new Int32Array(2 * before.length);
    for (let row = 0; row < before.length; row += ROW_WORDS) {
      if (before[row] === 0) continue;
      const node = (before[row] as number) - 1;
      const at = find(this.young, node, before[row + 1] as number, before[row + 2] as number);
      for (let word = 0; word < ROW_WORDS; word++) this.young[at + word] = before[row + word] as number;
    }
  }

  private turn(now: number): void {
    const age = now - this.bornAt;
    if (age < this.periodMs) return;
    const spare = this.old;
    this.old = this.young;
    this.oldRows = this.youngRows;
    this.young = spare.length === this.old.length ? spare.fill(0) : new Int32Array(this.old.length);
    this.youngRows = 0;
    this.bornAt = now;
    if (age < 2 * this.periodMs) return;
    this.old.fill(0);
    this.oldRows = 0;
  }
}

/** The shared memory as one node sees it. Ids are random, so those of queries, pushes, pings and servents never meet. */
class NodeMemory implements GnutellaMemory, Routes {
  private readonly memory: SharedMemory;
  private readonly node: number;

  constructor(memory: SharedMemory, node: number) {
    this.memory = memory;
    this.node = node;
  }

  get queries(): Routes {
    return this;
  }

  get pushes(): Routes {
    return this;
  }

  get pushRoutes(): Routes {
    return this;
  }

  get pings(): Routes {
    return this;
  }

  add(id: string, route: number, now: number): boolean {
    return this.memory.add(this.node, id, route, now);
  }

  renew(id: string, route: number, now: number): void {
    this.memory.renew(this.node, id, route, now);
  }

  route(id: string, now: number): number | undefined {
    return this.memory.route(this.node, id, now);
  }

  get patches(): PatchMemory {
    return this.memory;
  }
}

/** The row that holds the key, or the free one where it belongs; there always is a free one. */
function find(rows: Int32Array, node: number, high: number, low: number): number {
  let hash = Math.imul(high ^ Math.imul(node + 1, 0x9e3779b1), 0x85ebca6b) ^ low;
  hash = Math.imul(hash ^ (hash >>> 15), 0xc2b2ae35);
  const mask = rows.length - 1;
  let at = ((hash ^ (hash >>> 13)) << ROW_SHIFT) & mask;
  while (rows[at] !== 0 && (rows[at] !== node + 1 || rows[at + 1] !== high || rows[at + 2] !== low)) {
    at = (at + ROW_WORDS) & mask;
  }
  return at;
}

/** 32 bits of an id from eight of its hex digits. */
function wordOf(id: string, from: number): number {
  let word = 0;
  for (let i = from; i < from + 8; i++) {
    const code = id.charCodeAt(i);
    // "0" is 48 and "a" is 97.
    word = (word << 4) | (code < 58 ? code - 48 : code - 87);
  }
  return word;
}
