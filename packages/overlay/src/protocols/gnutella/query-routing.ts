// Query routing (QRP): a table of slots into which words hash, so that a neighbour is spared what it cannot answer.
import { concatBytes } from "../../base/bytes.ts";
import { assert } from "../../base/assert.ts";
import { LIMITS } from "./limits.ts";
import type { TablePatch, TableReset } from "./messages.ts";
import type { Zlib } from "./zlib.ts";

/** Slots of the tables that we send; what LimeWire and Phex use. */
export const TABLE_BITS = 16;
/** LimeWire's value; only the sign of a patch entry matters to anybody. */
const INFINITY_SENT = 7;
/** Bytes of patch data in one descriptor: small enough not to hold up a query behind it. */
const PATCH_BYTES_MAX = 4096;
/** Trailing characters cut from a word for the table, and the shortest prefix left. */
const PREFIX_CUT_MAX = 5;
const PREFIX_MIN = 4;
/** gtk-gnutella's ultrapeers skip query words shorter than this. */
const WORD_MIN = 3;

/** Slot of a word in a table of 2^bits slots. The word must be lower case already. */
export function slotOf(word: string, bits: number): number {
  let x = 0;
  let shift = 0;
  for (let i = 0; i < word.length; i++) {
    x ^= (word.charCodeAt(i) & 0xff) << shift;
    shift = (shift + 8) & 24;
  }
  return bits === 0 ? 0 : Math.imul(x, 0x4f1bbcdc) >>> (32 - bits);
}

/** The set of present slots. Built once, then not changed: neighbours and senders share it. */
export class QueryRoutingTable {
  readonly bits: number;
  private readonly present: Uint8Array;

  constructor(bits: number, present = new Uint8Array(Math.max(1, 2 ** bits / 8))) {
    assert(present.length === Math.max(1, 2 ** bits / 8), "one bit per slot");
    this.bits = bits;
    this.present = present;
  }

  get slots(): number {
    return 2 ** this.bits;
  }

  has(slot: number): boolean {
    return ((this.present[slot >>> 3] as number) & (0x80 >>> (slot & 7))) !== 0;
  }

  addSlot(slot: number): void {
    this.present[slot >>> 3] = (this.present[slot >>> 3] as number) | (0x80 >>> (slot & 7));
  }

  set(slot: number, isPresent: boolean): void {
    if (isPresent) this.addSlot(slot);
    else this.present[slot >>> 3] = (this.present[slot >>> 3] as number) & ~(0x80 >>> (slot & 7));
  }

  copy(): QueryRoutingTable {
    return new QueryRoutingTable(this.bits, this.present.slice());
  }

  /** Adds a word of a file name, and its prefixes: ultrapeers of all makes then find it (§6.3 of the QRP notes). */
  addWord(word: string): void {
    this.addSlot(slotOf(word, this.bits));
    for (let cut = 1; cut <= PREFIX_CUT_MAX && word.length - cut >= PREFIX_MIN; cut++) {
      this.addSlot(slotOf(word.slice(0, word.length - cut), this.bits));
    }
  }

  /** Adds a URN as a whole; LimeWire folds its case before hashing, gtk-gnutella does not. */
  addUrn(urn: string): void {
    this.addSlot(slotOf(urn, this.bits));
    this.addSlot(slotOf(urn.toLowerCase(), this.bits));
  }

  /** Adds all slots of a table of any size. */
  addTable(other: QueryRoutingTable): void {
    if (other.bits === this.bits) {
      for (let i = 0; i < this.present.length; i++) {
        this.present[i] = (this.present[i] as number) | (other.present[i] as number);
      }
      return;
    }
    for (let slot = 0; slot < other.slots; slot++) {
      if ((slot & 7) === 0 && other.present[slot >>> 3] === 0) {
        slot += 7;
        continue;
      }
      if (!other.has(slot)) continue;
      if (other.bits > this.bits) this.addSlot(slot >>> (other.bits - this.bits));
      else {
        const copies = 2 ** (this.bits - other.bits);
        for (let i = 0; i < copies; i++) this.addSlot(slot * copies + i);
      }
    }
  }

  /** Whether the owner may have what all words, or one URN, ask for. Short words say nothing, as at other servents. */
  mayMatch(words: readonly string[], urns: readonly string[]): boolean {
    for (const urn of urns) {
      if (this.has(slotOf(urn, this.bits)) || this.has(slotOf(urn.toLowerCase(), this.bits))) return true;
    }
    const telling = words.filter((word) => word.length >= WORD_MIN);
    if (telling.length === 0) return words.some((word) => this.has(slotOf(word, this.bits)));
    return telling.every((word) => this.has(slotOf(word, this.bits)));
  }

  equals(other: QueryRoutingTable): boolean {
    return this.bits === other.bits && this.present.every((byte, i) => byte === other.present[i]);
  }
}

/** What `sendTable` says; the node adds the header. */
export type TableMessage = Omit<TableReset, "header"> | Omit<TablePatch, "header">;

/** The descriptors that turn `known` (what the peer holds of us; undefined: nothing yet) into `table`, 4 bits a slot. */
export function tableMessages(
  known: QueryRoutingTable | undefined,
  table: QueryRoutingTable,
  zlib?: Zlib,
): TableMessage[] {
  const messages: TableMessage[] = [];
  const fresh = known === undefined || known.bits !== table.bits;
  if (fresh) messages.push({ kind: "table-reset", slots: table.slots, infinity: INFINITY_SENT });
  const entries = new Uint8Array(table.slots / 2);
  for (let slot = 0; slot < table.slots; slot++) {
    const before = !fresh && known.has(slot);
    const after = table.has(slot);
    if (before === after) continue;
    // 1 - infinity makes a slot present, infinity - 1 absent: -6 and 6 in four bits.
    const nibble = after ? 0x0a : 0x06;
    entries[slot >>> 1] = (entries[slot >>> 1] as number) | ((slot & 1) === 0 ? nibble << 4 : nibble);
  }
  const data = zlib?.deflate(entries) ?? entries;
  const total = Math.max(1, Math.ceil(data.length / PATCH_BYTES_MAX));
  for (let part = 0; part < total; part++) {
    messages.push({
      kind: "table-patch",
      sequence: part + 1,
      total,
      compressor: zlib === undefined ? 0 : 1,
      entryBits: 4,
      data: data.slice(part * PATCH_BYTES_MAX, (part + 1) * PATCH_BYTES_MAX),
    });
  }
  return messages;
}

/** A neighbour's table as it arrives. A problem in words means that the link must end (BYE 413). */
export class TableReceiver {
  /** The live table; undefined until the first patch was complete. */
  table: QueryRoutingTable | undefined = undefined;
  private base: QueryRoutingTable | undefined = undefined;
  private parts: Uint8Array[] = [];
  private first: TablePatch | undefined = undefined;

  onReset(reset: TableReset): string | undefined {
    const bits = Math.log2(reset.slots);
    if (!Number.isInteger(bits) || bits < 3 || reset.slots > LIMITS.tableSlotsMax)
      return `a table of ${reset.slots} slots`;
    if (reset.infinity < 1) return "infinity 0";
    this.base = new QueryRoutingTable(bits);
    this.parts = [];
    this.first = undefined;
    return undefined;
  }

  onPatch(patch: TablePatch, zlib?: Zlib): string | undefined {
    const base = this.base;
    if (base === undefined) return "PATCH before RESET";
    if (![1, 2, 4, 8].includes(patch.entryBits)) return `entries of ${patch.entryBits} bits`;
    if (patch.compressor > 1) return `compressor ${patch.compressor}`;
    if (patch.total === 0 || patch.sequence !== this.parts.length + 1) return `part ${patch.sequence} out of order`;
    const first = this.first ?? patch;
    if (patch.total !== first.total || patch.compressor !== first.compressor || patch.entryBits !== first.entryBits) {
      return "parts of one patch disagree";
    }
    this.first = first;
    this.parts.push(patch.data);
    const wanted = (base.slots * patch.entryBits) / 8;
    const held = this.parts.reduce((sum, part) => sum + part.length, 0);
    // A compressed patch never needs more than the plain one and a little.
    if (held > wanted + 1024) return "patch longer than the table";
    if (patch.sequence < patch.total) return undefined;

    const joined = concatBytes(this.parts);
    this.parts = [];
    this.first = undefined;
    const entries = patch.compressor === 0 ? joined : zlib?.inflate(joined, Math.ceil(wanted) + 1);
    if (entries === undefined) return "patch does not inflate";
    if (entries.length !== Math.ceil(wanted)) return `patch of ${entries.length} bytes for ${wanted}`;
    this.base = applyPatch(base, entries, patch.entryBits);
    this.table = this.base;
    return undefined;
  }
}

/** Entries lie most significant first; signed deltas, of which only the sign matters, or one bit that flips. */
function applyPatch(base: QueryRoutingTable, entries: Uint8Array, entryBits: number): QueryRoutingTable {
  const next = base.copy();
  const perByte = 8 / entryBits;
  const mask = 2 ** entryBits - 1;
  const sign = 2 ** (entryBits - 1);
  for (let at = 0; at < entries.length; at++) {
    const byte = entries[at] as number;
    // Most of a patch says that nothing changes.
    if (byte === 0) continue;
    for (let n = 0; n < perByte; n++) {
      const entry = (byte >>> (8 - entryBits * (n + 1))) & mask;
      const slot = at * perByte + n;
      if (entry !== 0) next.set(slot, entryBits === 1 ? !base.has(slot) : (entry & sign) !== 0);
    }
  }
  return next;
}
