// The query routing table that a node tells its neighbours: a leaf's own words, an ultrapeer's and those of all its leaves.
import type { Host } from "../../host/host.ts";
import type { GnutellaLibrary } from "./answers.ts";
import { newGuid } from "./guid.ts";
import type { Role } from "./handshake.ts";
import { LeafIndex } from "./leaf-index.ts";
import type { Links } from "./links.ts";
import type { PatchMemory } from "./memory.ts";
import type { Neighbour } from "./neighbour.ts";
import { QueryRoutingTable, TABLE_BITS, type TableMessage, tableMessages, type WantedSlots } from "./query-routing.ts";
import type { Zlib } from "./zlib.ts";

const NOBODY: readonly Neighbour[] = [];
const NOTHING: readonly TableMessage[] = [];

export class OwnTable {
  private readonly host: Host;
  private readonly links: Links;
  private readonly library: GnutellaLibrary;
  private readonly patches: PatchMemory;
  private words: QueryRoutingTable | undefined = undefined;
  private libraryVersion = -1;
  private table: QueryRoutingTable | undefined = undefined;
  /** Of leaves that share anything, which most do not; made with the first of them. */
  private index: LeafIndex | null = null;
  private leavesChanged = false;
  /** The table that every neighbour who takes one was told. */
  private told: QueryRoutingTable | undefined = undefined;

  constructor(host: Host, links: Links, library: GnutellaLibrary, patches: PatchMemory) {
    this.host = host;
    this.links = links;
    this.library = library;
    this.patches = patches;
  }

  warm(): number {
    return this.table?.bits ?? 0;
  }

  /** Sealed; the same object as long as nothing changes. */
  current(): QueryRoutingTable {
    const words = this.ownWords();
    if (this.table !== undefined && !this.leavesChanged) return this.table;
    this.leavesChanged = false;
    const tables = this.index?.held() ?? [];
    if (tables.length === 0) {
      this.table = words;
      return words;
    }
    const all = new QueryRoutingTable(TABLE_BITS);
    for (const table of [words, ...tables]) all.addTable(table);
    this.table = all.seal();
    return this.table;
  }

  /** A leaf's table came or changed; null: the leaf is gone. */
  onLeafTable(leaf: Neighbour, table: QueryRoutingTable | null): void {
    if (this.index === null && (table === null || table.isEmpty)) return;
    this.index ??= new LeafIndex();
    if (this.index.put(leaf, table)) this.leavesChanged = true;
  }

  /** Leaves that may have what is wanted. */
  leavesFor(wanted: WantedSlots): readonly Neighbour[] {
    return this.index?.mayHave(wanted) ?? NOBODY;
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
    let known: QueryRoutingTable | null | undefined;
    let messages = NOTHING;
    for (const neighbour of neighbours) {
      const { facts, tableOut } = neighbour;
      if (role === "classic" || facts.role !== "ultrapeer") continue;
      if (role === "leaf" ? !facts.queryRouting : !facts.ultrapeerQueryRouting) continue;
      const table = this.current();
      if (tableOut === table) continue;
      // Most neighbours hold the same of us, so what was said to one is said to the next.
      if (known !== tableOut) {
        known = tableOut;
        const isSame = tableOut?.equals(table) === true;
        messages = isSame ? NOTHING : tableMessages(tableOut ?? undefined, table, zlib, this.patches);
      }
      if (messages === NOTHING) continue;
      for (const message of messages) {
        this.links.send(neighbour, { ...message, header: { id: newGuid(this.host), ttl: 1, hops: 0 } });
      }
      neighbour.tableOut = table;
    }
  }
}
