// Query routing (QRP): a table of slots into which words hash, so that a neighbour is spared what it cannot answer.
import { concatBytes, equalBytes } from "../../base/bytes.ts";
import { LIMITS } from "./limits.ts";
import { NO_PATCHES, type PatchMemory } from "./memory.ts";
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
  return slotOfHash(hashOf(word), bits);
}

function hashOf(word: string): number {
  let x = 0;
  let shift = 0;
  for (let i = 0; i < word.length; i++) {
    x ^= (word.charCodeAt(i) & 0xff) << shift;
    shift = (shift + 8) & 24;
  }
  return Math.imul(x, 0x4f1bbcdc);
}

/** Tables of all sizes take the same hash, of which each uses the highest bits. */
function slotOfHash(hash: number, bits: number): number {
  return bits === 0 ? 0 : hash >>> (32 - bits);
}

/** What a query asks for, hashed once for the tables of all neighbours. Short words say nothing, as at other servents. */
export class WantedSlots {
  private readonly words: readonly number[];
  private readonly urns: readonly number[];
  /** Whether all words must be there, or one is enough because none of them tells much. */
  private readonly allWords: boolean;

  constructor(words: readonly string[], urns: readonly string[]) {
    const telling = words.filter((word) => word.length >= WORD_MIN);
    this.allWords = telling.length > 0;
    this.words = (this.allWords ? telling : words).map(hashOf);
    this.urns = urns.length === 0 ? NO_HASHES : urns.flatMap((urn) => [hashOf(urn), hashOf(urn.toLowerCase())]);
  }

  /** Whether the table's owner may have what all words, or one URN, ask for. */
  mayBeIn(table: QueryRoutingTable): boolean {
    const { bits } = table;
    for (const urn of this.urns) if (table.has(slotOfHash(urn, bits))) return true;
    for (const word of this.words) if (table.has(slotOfHash(word, bits)) !== this.allWords) return !this.allWords;
    return this.allWords;
  }

  /** The same of 32 tables at once: of those whose bits stand in 2^bits rows, the ones whose owners may have it. */
  bitsIn(rows: Int32Array, bits: number): number {
    let found = this.allWords ? -1 : 0;
    for (const word of this.words) {
      const row = rows[slotOfHash(word, bits)] as number;
      found = this.allWords ? found & row : found | row;
    }
    for (const urn of this.urns) found |= rows[slotOfHash(urn, bits)] as number;
    return found;
  }
}

const NO_HASHES: readonly number[] = [];

/**
 * The set of present slots. Built once, then sealed and not changed: neighbours and senders share it. A map has one bit a
 * slot; a sealed table of few slots is a list of them instead, since an ultrapeer holds one for each of its leaves.
 */
export class QueryRoutingTable {
  readonly bits: number;
  private map: Uint8Array | null = null;
  /** In ascending order; what counts while there is no map. */
  private list: Uint32Array = NO_SLOTS;

  constructor(bits: number) {
    this.bits = bits;
  }

  get slots(): number {
    return 2 ** this.bits;
  }

  /** Only a sealed table knows. */
  get isEmpty(): boolean {
    return this.map === null && this.list.length === 0;
  }

  has(slot: number): boolean {
    const { map, list } = this;
    if (map !== null) return ((map[slot >>> 3] as number) & (0x80 >>> (slot & 7))) !== 0;
    // Slots are hashes and lie evenly, so one is found near where its number says: in one line of memory instead of many.
    let at = Math.floor((slot * list.length) / 2 ** this.bits);
    while (at > 0 && (list[at - 1] as number) >= slot) at--;
    while ((list[at] as number) < slot) at++;
    return list[at] === slot;
  }

  addSlot(slot: number): void {
    const map = this.open();
    map[slot >>> 3] = (map[slot >>> 3] as number) | (0x80 >>> (slot & 7));
  }

  set(slot: number, isPresent: boolean): void {
    if (isPresent) return this.addSlot(slot);
    const map = this.open();
    map[slot >>> 3] = (map[slot >>> 3] as number) & ~(0x80 >>> (slot & 7));
  }

  /** A table of the same slots that may be changed. */
  copy(): QueryRoutingTable {
    const copy = new QueryRoutingTable(this.bits);
    copy.map = this.map === null ? this.bytes() : this.map.slice();
    return copy;
  }

  /** The table made as small as it can be, now that it is complete; it must not be changed any more. */
  seal(): QueryRoutingTable {
    const { map } = this;
    if (map === null) return this.list.length === 0 ? emptyTable(this.bits) : this;
    const listMax = Math.min(LIST_SLOTS_MAX, Math.floor(map.length / (LIST_BYTES_PER_SLOT * LIST_GAIN_MIN)));
    const slots: number[] = [];
    const words = wordsOf(map);
    for (let i = 0; i < map.length; i++) {
      if ((i & 3) === 0 && words[i >>> 2] === 0) {
        i += 3;
        continue;
      }
      if (map[i] === 0) continue;
      for (let slot = 8 * i; slot < 8 * i + 8; slot++) if (this.has(slot)) slots.push(slot);
      if (slots.length > listMax) return this;
    }
    if (slots.length === 0) return emptyTable(this.bits);
    this.list = Uint32Array.from(slots);
    this.map = null;
    return this;
  }

  /** One bit a slot, the first slot highest. Not to be changed. */
  bytes(): Uint8Array {
    if (this.map !== null) return this.map;
    const bytes = new Uint8Array(Math.max(1, this.slots / 8));
    for (const slot of this.list) bytes[slot >>> 3] = (bytes[slot >>> 3] as number) | (0x80 >>> (slot & 7));
    return bytes;
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
    if (other.map !== null && other.bits === this.bits) {
      const map = this.open();
      for (let i = 0; i < map.length; i++) map[i] = (map[i] as number) | (other.map[i] as number);
      return;
    }
    other.forEachSlot((slot) => this.addScaled(slot, other.bits));
  }

  /** In ascending order. */
  forEachSlot(visit: (slot: number) => void): void {
    const { map, list } = this;
    if (map === null) {
      for (let i = 0; i < list.length; i++) visit(list[i] as number);
      return;
    }
    for (let i = 0; i < map.length; i++) {
      if (map[i] === 0) continue;
      for (let slot = 8 * i; slot < 8 * i + 8; slot++) if (this.has(slot)) visit(slot);
    }
  }

  /** Adds what a slot of a table of 2^bits slots is in this one: a part of one, or several. */
  private addScaled(slot: number, bits: number): void {
    if (bits >= this.bits) return this.addSlot(slot >>> (bits - this.bits));
    const copies = 2 ** (this.bits - bits);
    for (let i = 0; i < copies; i++) this.addSlot(slot * copies + i);
  }

  /** Whether the owner may have what all words, or one URN, ask for. */
  mayMatch(words: readonly string[], urns: readonly string[]): boolean {
    return new WantedSlots(words, urns).mayBeIn(this);
  }

  equals(other: QueryRoutingTable): boolean {
    if (this === other) return true;
    if (this.bits !== other.bits) return false;
    if (this.map === null && other.map === null) {
      return this.list.length === other.list.length && this.list.every((slot, i) => slot === other.list[i]);
    }
    return equalBytes(this.bytes(), other.bytes());
  }

  /** The map to change. */
  private open(): Uint8Array {
    this.map ??= this.bytes();
    return this.map;
  }
}

/** A list takes this much for each slot … */
const LIST_BYTES_PER_SLOT = 4;
/** … and is worth while when the map takes so many times its bytes, since it is slower to search. */
const LIST_GAIN_MIN = 2;
/** A longer one is none: who makes all slots lie at one end must not make us search for long. */
const LIST_SLOTS_MAX = 1024;
const NO_SLOTS = new Uint32Array(0);

const EMPTY: QueryRoutingTable[] = [];

/** The sealed table without any slot: there is one of each size, since most peers share nothing. */
function emptyTable(bits: number): QueryRoutingTable {
  return (EMPTY[bits] ??= new QueryRoutingTable(bits));
}

/** What `sendTable` says; the node adds the header. */
export type TableMessage = Omit<TableReset, "header"> | Omit<TablePatch, "header">;

/** The descriptors that turn `known` (what the peer holds of us; undefined: nothing yet) into `table`, 4 bits a slot. */
export function tableMessages(
  known: QueryRoutingTable | undefined,
  table: QueryRoutingTable,
  zlib?: Zlib,
  patches: PatchMemory = NO_PATCHES,
): TableMessage[] {
  const messages: TableMessage[] = [];
  const fresh = known === undefined || known.bits !== table.bits;
  if (fresh) messages.push({ kind: "table-reset", slots: table.slots, infinity: INFINITY_SENT });
  const base = fresh ? emptyTable(table.bits) : known;
  const entries = changes(base, table);
  const data = zlib?.deflate(entries) ?? entries;
  const total = Math.max(1, Math.ceil(data.length / PATCH_BYTES_MAX));
  for (let part = 0; part < total; part++) {
    const piece = data.slice(part * PATCH_BYTES_MAX, (part + 1) * PATCH_BYTES_MAX);
    messages.push({
      kind: "table-patch",
      sequence: part + 1,
      total,
      compressor: zlib === undefined ? 0 : 1,
      entryBits: 4,
      data: piece,
    });
    if (part === total - 1) patches.note(piece, base, table);
  }
  return messages;
}

/** The entries of a patch, 4 bits a slot, the first in the high half of its byte. */
function changes(base: QueryRoutingTable, table: QueryRoutingTable): Uint8Array {
  const entries = new Uint8Array(table.slots / 2);
  if (base === table) return entries;
  const before = base.bytes();
  const after = table.bytes();
  const [wordsBefore, wordsAfter] = [wordsOf(before), wordsOf(after)];
  for (let i = 0; i < after.length; i++) {
    if ((i & 3) === 0 && i + 4 <= after.length && wordsBefore[i >>> 2] === wordsAfter[i >>> 2]) {
      i += 3;
      continue;
    }
    const changed = (before[i] as number) ^ (after[i] as number);
    if (changed === 0) continue;
    for (let n = 0; n < 8; n++) {
      const bit = 0x80 >>> n;
      if ((changed & bit) === 0) continue;
      // 1 - infinity makes a slot present, infinity - 1 absent: -6 and 6 in four bits.
      const nibble = ((after[i] as number) & bit) !== 0 ? 0x0a : 0x06;
      const at = 4 * i + (n >>> 1);
      entries[at] = (entries[at] as number) | ((n & 1) === 0 ? nibble << 4 : nibble);
    }
  }
  return entries;
}

/** A neighbour's table as it arrives. A problem in words means that the link must end (BYE 413). */
export class TableReceiver {
  /** The live table; undefined until the first patch was complete. */
  table: QueryRoutingTable | undefined = undefined;
  private base: QueryRoutingTable | undefined = undefined;
  /** Of the patch that is on its way; null between two. */
  private parts: Uint8Array[] | null = null;
  private first: TablePatch | undefined = undefined;

  onReset(reset: TableReset): string | undefined {
    const bits = Math.log2(reset.slots);
    if (!Number.isInteger(bits) || bits < 3 || reset.slots > LIMITS.tableSlotsMax)
      return `a table of ${reset.slots} slots`;
    if (reset.infinity < 1) return "infinity 0";
    this.base = emptyTable(bits);
    this.parts = null;
    this.first = undefined;
    return undefined;
  }

  onPatch(patch: TablePatch, zlib?: Zlib, patches: PatchMemory = NO_PATCHES): string | undefined {
    const base = this.base;
    if (base === undefined) return "PATCH before RESET";
    if (![1, 2, 4, 8].includes(patch.entryBits)) return `entries of ${patch.entryBits} bits`;
    if (patch.compressor > 1) return `compressor ${patch.compressor}`;
    const parts = this.parts ?? [];
    if (patch.total === 0 || patch.sequence !== parts.length + 1) return `part ${patch.sequence} out of order`;
    const first = this.first ?? patch;
    if (patch.total !== first.total || patch.compressor !== first.compressor || patch.entryBits !== first.entryBits) {
      return "parts of one patch disagree";
    }
    this.first = first;
    this.parts = parts;
    parts.push(patch.data);
    const wanted = (base.slots * patch.entryBits) / 8;
    const held = parts.reduce((sum, part) => sum + part.length, 0);
    // A compressed patch never needs more than the plain one and a little.
    if (held > wanted + 1024) return "patch longer than the table";
    if (patch.sequence < patch.total) return undefined;

    this.parts = null;
    this.first = undefined;
    // The last part stands for all: it was cut from this very patch.
    const known = patches.result(patch.data, base);
    if (known === undefined) {
      const joined = parts.length === 1 ? patch.data : concatBytes(parts);
      const entries = patch.compressor === 0 ? joined : zlib?.inflate(joined, Math.ceil(wanted) + 1);
      if (entries === undefined) return "patch does not inflate";
      if (entries.length !== Math.ceil(wanted)) return `patch of ${entries.length} bytes for ${wanted}`;
      this.base = applyPatch(base, entries, patch.entryBits);
    } else this.base = known;
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
  const words = wordsOf(entries);
  for (let at = 0; at < entries.length; at++) {
    // Most of a patch says that nothing changes, so it is skipped by the word.
    if ((at & 3) === 0 && words[at >>> 2] === 0) {
      at += 3;
      continue;
    }
    const byte = entries[at] as number;
    if (byte === 0) continue;
    for (let n = 0; n < perByte; n++) {
      const entry = (byte >>> (8 - entryBits * (n + 1))) & mask;
      const slot = at * perByte + n;
      if (entry !== 0) next.set(slot, entryBits === 1 ? !base.has(slot) : (entry & sign) !== 0);
    }
  }
  return next.seal();
}

/** The bytes by the word of four, without those left over at the end. */
function wordsOf(bytes: Uint8Array): Int32Array {
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
  return new Int32Array(aligned.buffer, aligned.byteOffset, aligned.length >>> 2);
}
