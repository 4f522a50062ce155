// The query routing table that a node tells its neighbours: a leaf's own words, an ultrapeer's and those of all its leaves.
import type { Host } from "../../host/host.ts";
import type { GnutellaLibrary } from "./answers.ts";
import { newGuid } from "./guid.ts";
import type { Role } from "./handshake.ts";
import type { Links } from "./links.ts";
import type { PatchMemory } from "./memory.ts";
import type { Neighbour } from "./neighbour.ts";
import { QueryRoutingTable, TABLE_BITS, type TableMessage, tableMessages, type WantedSlots } from "./query-routing.ts";
import type { Zlib } from "./zlib.ts";

const NOBODY: readonly Neighbour[] = [];

export class OwnTable {
  /** A leaf's table came, changed or went. */
  leavesChanged = false;
  private readonly host: Host;
  private readonly links: Links;
  private readonly library: GnutellaLibrary;
  private readonly patches: PatchMemory;
  private words: QueryRoutingTable | undefined = undefined;
  private libraryVersion = -1;
  private table: QueryRoutingTable | undefined = undefined;
  /** Leaves that share anything, and their tables beside them: most leaves share nothing. */
  private readonly sharers: Neighbour[] = [];
  private readonly tables: QueryRoutingTable[] = [];
  /** The table that every neighbour who takes one was told. */
  private told: QueryRoutingTable | undefined = undefined;

  constructor(host: Host, links: Links, library: GnutellaLibrary, patches: PatchMemory) {
    this.host = host;
    this.links = links;
    this.library = library;
    this.patches = patches;
  }

  /** Sealed; the same object as long as nothing changes. */
  current(): QueryRoutingTable {
    const words = this.ownWords();
    if (this.table !== undefined && !this.leavesChanged) return this.table;
    this.leavesChanged = false;
    this.sharers.length = 0;
    this.tables.length = 0;
    for (const leaf of this.links.leaves) {
      if (leaf.table === null || leaf.table.isEmpty) continue;
      this.sharers.push(leaf);
      this.tables.push(leaf.table);
    }
    const table = new QueryRoutingTable(TABLE_BITS);
    for (const part of [words, ...this.tables]) table.addTable(part);
    this.table = this.tables.length === 0 ? words : table.seal();
    return this.table;
  }

  /** Leaves that may have what is wanted. Our table holds those of all of them, so mostly one look is enough. */
  leavesFor(wanted: WantedSlots): readonly Neighbour[] {
    if (this.links.leaves.length === 0 || !wanted.mayBeIn(this.current())) return NOBODY;
    return this.sharers.filter((_, i) => wanted.mayBeIn(this.tables[i] as QueryRoutingTable));
  }

  private ownWords(): QueryRoutingTable {
    if (this.words !== undefined && this.libraryVersion === this.library.version) return this.words;
    const words = new QueryRoutingTable(TABLE_BITS);
    this.library.addWords(words);
    this.words = words.seal();
    this.libraryVersion = this.library.version;
    this.table = undefined;
    return this.words;
  }

  /** Tells everybody what can be found here, as far as they do not know it yet. */
  tellAll(role: Role, zlib: Zlib | undefined): void {
    if (role === "classic" || this.current() === this.told) return;
    this.tell(this.links.peers, role, zlib);
    this.told = this.current();
  }

  tell(neighbours: readonly Neighbour[], role: Role, zlib: Zlib | undefined): void {
    let known: QueryRoutingTable | null = null;
    let messages: readonly TableMessage[] | undefined;
    for (const neighbour of neighbours) {
      const { facts, tableOut } = neighbour;
      if (role === "classic" || facts.role !== "ultrapeer") continue;
      if (role === "leaf" ? !facts.queryRouting : !facts.ultrapeerQueryRouting) continue;
      const table = this.current();
      if (tableOut === table || tableOut?.equals(table) === true) continue;
      // Most neighbours hold the same of us, so what was said to one is said to the next.
      if (messages === undefined || known !== tableOut) {
        known = tableOut;
        messages = tableMessages(tableOut ?? undefined, table, zlib, this.patches);
      }
      for (const message of messages) {
        this.links.send(neighbour, { ...message, header: { id: newGuid(this.host), ttl: 1, hops: 0 } });
      }
      neighbour.tableOut = table;
    }
  }
}
