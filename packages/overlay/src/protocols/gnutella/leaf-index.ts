// Which leaves may have what a query asks for, without a look at the table of each. Slots are put together by the row, and each
// row has a bit for every leaf that has any of its slots: two rows say of two words which few leaves are worth a closer look.
import type { Neighbour } from "./neighbour.ts";
import type { QueryRoutingTable, WantedSlots } from "./query-routing.ts";

/** Rows: the highest bits of a hash. So few of them that an index takes 16 KiB for 32 leaves. */
const ROW_BITS = 12;
const LEAVES_PER_PART = 32;

export class LeafIndex {
  /** By number; a number is used again. */
  private readonly leaves: (Neighbour | undefined)[] = [];
  private readonly tables: (QueryRoutingTable | undefined)[] = [];
  /** For each 32 numbers a word a row. */
  private readonly parts: Int32Array[] = [];

  /** The leaf has this table now, which is sealed; null: it has none. False: that is nothing new. */
  put(leaf: Neighbour, table: QueryRoutingTable | null): boolean {
    const known = this.leaves.indexOf(leaf);
    const isNothing = table === null || table.isEmpty;
    if (known < 0 ? isNothing : this.tables[known] === table) return false;
    if (known >= 0) this.remove(known);
    if (!isNothing) this.add(leaf, table);
    return true;
  }

  /** Leaves that may have what is wanted. */
  mayHave(wanted: WantedSlots): Neighbour[] {
    const found: Neighbour[] = [];
    for (const [part, rows] of this.parts.entries()) {
      for (let left = wanted.bitsIn(rows, ROW_BITS); left !== 0; left &= left - 1) {
        const number = part * LEAVES_PER_PART + 31 - Math.clz32(left & -left);
        const [leaf, table] = [this.leaves[number], this.tables[number]];
        if (leaf !== undefined && table !== undefined && wanted.mayBeIn(table)) found.push(leaf);
      }
    }
    return found;
  }

  /** The tables of all leaves that share anything. */
  held(): QueryRoutingTable[] {
    return this.tables.filter((table) => table !== undefined);
  }

  private add(leaf: Neighbour, table: QueryRoutingTable): void {
    const free = this.leaves.indexOf(undefined);
    const number = free < 0 ? this.leaves.length : free;
    this.leaves[number] = leaf;
    this.tables[number] = table;
    const part = Math.floor(number / LEAVES_PER_PART);
    const rows = (this.parts[part] ??= new Int32Array(2 ** ROW_BITS));
    const bit = 1 << (number % LEAVES_PER_PART);
    // A table of fewer slots than there are rows: each of them stands for several rows.
    const [more, fewer] = [Math.max(0, table.bits - ROW_BITS), Math.max(0, ROW_BITS - table.bits)];
    table.forEachSlot((slot) => {
      const first = (slot >>> more) << fewer;
      for (let row = first; row < first + 2 ** fewer; row++) rows[row] = (rows[row] as number) | bit;
    });
  }

  private remove(number: number): void {
    this.leaves[number] = undefined;
    this.tables[number] = undefined;
    const rows = this.parts[Math.floor(number / LEAVES_PER_PART)] as Int32Array;
    const mask = ~(1 << (number % LEAVES_PER_PART));
    for (let row = 0; row < rows.length; row++) rows[row] = (rows[row] as number) & mask;
  }
}
