// A Gnutella servent: keeps neighbours, floods queries, answers from its library, routes hits and pushes back.
// It holds no files and fetches nothing; transfers are HTTP and the product's business.
import { splitWords } from "../../base/words.ts";
import type { Address, Host, Link, StreamNode, StreamPort } from "../../host/host.ts";
import { Answers, type GnutellaLibrary } from "./answers.ts";
import { gnutellaCodec } from "./codec.ts";
import { queryExtensions, readExtensions } from "./extensions.ts";
import { isBlank, newGuid } from "./guid.ts";
import type { Role } from "./handshake.ts";
import type { HostCache } from "./host-cache.ts";
import { LIMITS } from "./limits.ts";
import { CONNECT, DEADLINES, type LinkEvents, Links, UPKEEP } from "./links.ts";
import { type GnutellaMemory, ownMemory } from "./memory.ts";
import type {
  Bye,
  Descriptor,
  Guid,
  Header,
  Message,
  Push,
  Query,
  QueryHit,
  TablePatch,
  TableReset,
} from "./messages.ts";
import type { Neighbour } from "./neighbour.ts";
import type { GnutellaOptions } from "./options.ts";
import { OwnTable } from "./own-table.ts";
import { Pings } from "./pings.ts";
import { minimumSpeedWord, QUERY_FLAGS } from "./query-flags.ts";
import { TableReceiver, WantedSlots } from "./query-routing.ts";

/** What the application hears. One object may serve many nodes: `self` says which one speaks. */
export interface GnutellaEvents {
  onHit(self: Address, search: Guid, hit: QueryHit): void;
  /** We are asked to connect to `push.address` and offer a file. */
  onPush(self: Address, push: Push): void;
  onLinkOpen(self: Address, neighbour: Neighbour): void;
  onLinkClosed(self: Address, neighbour: Neighbour, reason: string): void;
  /** A dial came to nothing: nobody there, or refused. */
  onDialFailed(self: Address, address: Address, reason: string): void;
}

/** What a search has cost so far. */
export interface SearchCost {
  messages: number;
  bytes: number;
}

/** Links are looked after, and neighbours told what changed in the library, this often. */
const UPKEEP_EVERY_MS = 10_000;
const NO_BYTES = new Uint8Array(0);
/** Route of our own queries. */
const OWN = -1;

export class GnutellaNode implements StreamNode<Message>, LinkEvents {
  readonly counters = {
    queries: 0,
    queriesForwarded: 0,
    duplicates: 0,
    expired: 0,
    malformed: 0,
    unknown: 0,
    tooMuch: 0,
    answered: 0,
    hits: 0,
    hitsForwarded: 0,
    hitsUnroutable: 0,
    pings: 0,
    pingsIgnored: 0,
    pingsForwarded: 0,
    pongs: 0,
    pongsForwarded: 0,
    pongsUnroutable: 0,
    pushes: 0,
    pushesUnroutable: 0,
  };

  private readonly host: Host;
  private readonly port: StreamPort<Message>;
  private readonly links: Links;
  private readonly events: GnutellaEvents;
  private readonly answers: Answers;
  private readonly memory: GnutellaMemory;
  private readonly pings: Pings;
  private readonly table: OwnTable;
  private options: GnutellaOptions;
  /** Made with the first search: of many nodes few search. */
  private searches: Map<Guid, SearchCost> | null = null;
  private running = false;

  constructor(
    host: Host,
    port: StreamPort<Message>,
    library: GnutellaLibrary,
    options: GnutellaOptions,
    events: GnutellaEvents,
    memory: GnutellaMemory = ownMemory(),
  ) {
    this.host = host;
    this.port = port;
    this.options = options;
    this.events = events;
    this.memory = memory;
    this.answers = new Answers(library, port.self);
    this.links = new Links(host, port, options, this);
    this.pings = new Pings(host, port.self, this.links, library, options, memory.pings, this.counters);
    this.table = new OwnTable(host, this.links, library, memory.patches);
  }

  // --- commands

  start(): void {
    this.running = true;
    this.host.arm(UPKEEP, 1 + (this.host.u32() % UPKEEP_EVERY_MS));
    this.links.start();
  }

  /** Says goodbye to every neighbour; `onLinkClosed` follows for each. */
  stop(): void {
    this.running = false;
    this.host.disarm(UPKEEP);
    this.links.stop();
  }

  /** Changes what may change while running; the role needs a new node. */
  configure(changes: Partial<Omit<GnutellaOptions, "role" | "guid">>): void {
    this.options = { ...this.options, ...changes };
    this.links.configure(this.options);
    this.pings.configure(this.options);
  }

  get hosts(): HostCache {
    return this.links.hosts;
  }

  /** Descriptors lost because a neighbour did not read. */
  get queueDropped(): number {
    return this.links.dropped;
  }

  get role(): Role {
    return this.options.role;
  }

  get firewalled(): boolean {
    return this.options.firewalled;
  }

  /** Dials an address that the user named, now. */
  connect(address: Address): void {
    this.links.connect(address);
  }

  disconnect(link: Link, text: string): boolean {
    const neighbour = this.links.get(link);
    if (neighbour === undefined) return false;
    this.links.bye(neighbour, 202, text);
    return true;
  }

  neighbours(): Iterable<Neighbour> {
    return this.links.all();
  }

  get openLinks(): number {
    return this.links.openCount;
  }

  /** Asks the overlay; hits come through `onHit`. The words may be empty where a URN is given. */
  search(words: string, urn?: string, ttl = this.options.ttl): Guid {
    const header: Header = { id: newGuid(this.host), ttl: Math.min(ttl, LIMITS.hardTtl), hops: 0 };
    const flags =
      this.options.role === "classic"
        ? minimumSpeedWord(this.options.minimumSpeedKbps)
        : QUERY_FLAGS.mark | QUERY_FLAGS.binaryHashes | (this.options.firewalled ? QUERY_FLAGS.firewalled : 0);
    const query: Query = { kind: "query", header, flags, text: words, extensions: queryExtensions(urn) };
    this.searches ??= new Map();
    if (this.searches.size >= LIMITS.searchesMax) this.searches.delete(this.searches.keys().next().value as Guid);
    this.searches.set(header.id, { messages: 0, bytes: 0 });
    this.memory.queries.add(header.id, OWN, this.host.now());
    this.flood(query, undefined);
    return header.id;
  }

  stopSearch(search: Guid): void {
    this.searches?.delete(search);
  }

  cost(search: Guid): Readonly<SearchCost> | undefined {
    return this.searches?.get(search);
  }

  /** Asks the servent that sent a hit to connect to `back`. False: no way to reach it is known. */
  push(servent: Guid, index: number, back: Address): boolean {
    const neighbour = this.links.routeTo(this.memory.pushRoutes.route(servent, this.host.now()));
    if (neighbour === undefined) return false;
    const header: Header = { id: newGuid(this.host), ttl: this.options.ttlMax + 3, hops: 0 };
    this.memory.pushes.add(header.id, OWN, this.host.now());
    this.links.send(neighbour, { kind: "push", header, servent, index, address: back, extensions: NO_BYTES });
    return true;
  }

  // --- input: links and their handshake

  onOpen(link: Link, remote: Address, inbound: boolean): void {
    this.links.onOpen(link, remote, inbound);
  }

  onClose(link: Link, reason: string): void {
    this.links.onClose(link, reason);
  }

  onMessage(link: Link, message: Message): void {
    const neighbour = this.links.get(link);
    if (neighbour === undefined || neighbour.phase === "closing") return;
    neighbour.heardAt = this.host.now();
    if (message.kind === "handshake") {
      this.links.onHandshake(neighbour, message);
      return;
    }
    if (neighbour.phase !== "open") {
      this.links.drop(neighbour, "descriptor before the end of the handshake");
      return;
    }
    neighbour.messagesIn++;
    neighbour.probesUnanswered = 0;
    this.onDescriptor(neighbour, message);
  }

  onMalformed(link: Link, problem: string): void {
    const neighbour = this.links.get(link);
    if (neighbour === undefined) return;
    this.counters.malformed++;
    this.links.fault(neighbour, 409, `Too many errors: ${problem}`);
  }

  onWritable(link: Link): void {
    this.links.onWritable(link);
  }

  onLinkOpen(neighbour: Neighbour): void {
    const { guid } = neighbour.facts;
    if (guid !== undefined) this.memory.pushRoutes.renew(guid, neighbour.route, this.host.now());
    this.pings.onLinkOpen(neighbour);
    this.table.tell([neighbour], this.options.role, this.options.zlib);
    this.events.onLinkOpen(this.port.self, neighbour);
  }

  onLinkGone(neighbour: Neighbour, reason: string): void {
    if (neighbour.isLeaf) this.table.onLeafTable(neighbour, null);
    this.events.onLinkClosed(this.port.self, neighbour, reason);
  }

  onDialFailed(address: Address, reason: string): void {
    this.events.onDialFailed(this.port.self, address, reason);
  }

  // --- input: descriptors

  private onDescriptor(neighbour: Neighbour, message: Descriptor): void {
    const { id, ttl, hops } = message.header;
    if (ttl === 0 || ttl + hops > LIMITS.hardTtl) {
      this.counters.expired++;
      return;
    }
    // Nothing can be routed by an id that broken servents share. Link-local descriptors carry one quite often.
    if ((message.kind === "query" || message.kind === "push") && isBlank(id))
      return this.links.fault(neighbour, 409, "Blank ids");
    if (neighbour.isLeaf && hops > 0) {
      this.links.bye(neighbour, 414, "Leaf node relayed a descriptor");
      return;
    }
    if (!this.mayWork(neighbour, message)) return;
    switch (message.kind) {
      case "ping":
        return this.pings.onPing(neighbour, message);
      case "pong":
        return this.pings.onPong(neighbour, message);
      case "bye":
        return this.onBye(neighbour, message);
      case "query":
        return this.onQuery(neighbour, message);
      case "hit":
        return this.onHit(neighbour, message);
      case "push":
        return this.onPush(neighbour, message);
      case "table-reset":
      case "table-patch":
        return this.onTable(neighbour, message);
      case "vendor":
        // We announce none, so whatever comes asks for what we do not do.
        return;
      case "unknown":
        // Servents have extensions that we never heard of (HSEP is one); dropping them costs nobody.
        this.counters.unknown++;
    }
  }

  /** Whether the neighbour has not asked for too much lately; what is too much is dropped, and in the end its sender. */
  private mayWork(neighbour: Neighbour, message: Descriptor): boolean {
    const now = this.host.now();
    const earned = (now - neighbour.workAt) * LIMITS.workPerSecond;
    const cost = 1000 * (message.kind === "query" ? LIMITS.workOfQuery : 1);
    const left = Math.min(1000 * LIMITS.workBurst, neighbour.work + earned) - cost;
    neighbour.work = Math.max(0, left);
    neighbour.workAt = now;
    if (left >= 0) return true;
    this.counters.tooMuch++;
    if (++neighbour.overworked % LIMITS.overworkPerFault === 0) this.links.fault(neighbour, 403, "Too much traffic");
    return false;
  }

  private onTable(neighbour: Neighbour, message: TableReset | TablePatch): void {
    neighbour.tableIn ??= new TableReceiver();
    if (message.kind === "table-patch" && message.sequence === message.total && !this.mayChangeTable(neighbour)) {
      this.links.bye(neighbour, 413, "Too many query routing tables");
      return;
    }
    const problem =
      message.kind === "table-reset"
        ? neighbour.tableIn.onReset(message)
        : neighbour.tableIn.onPatch(message, this.options.zlib, this.memory.patches);
    if (problem !== undefined) return this.links.bye(neighbour, 413, `Bad query routing: ${problem}`);
    neighbour.table = neighbour.tableIn.table ?? null;
    if (neighbour.isLeaf) this.table.onLeafTable(neighbour, neighbour.table);
  }

  /** A kilobyte can inflate to a table of a million slots, so how many come is bounded. */
  private mayChangeTable(neighbour: Neighbour): boolean {
    const now = this.host.now();
    const { tableEveryMs, tablesBurst } = LIMITS;
    const saved = Math.min(tablesBurst * tableEveryMs, neighbour.tablesMs + now - neighbour.tablesAt);
    neighbour.tablesMs = saved - tableEveryMs;
    neighbour.tablesAt = now;
    return neighbour.tablesMs >= 0;
  }

  private onBye(neighbour: Neighbour, bye: Bye): void {
    this.links.drop(neighbour, `bye ${bye.code}: ${bye.text.split("\r\n")[0]?.slice(0, 120) ?? ""}`);
  }

  private onQuery(neighbour: Neighbour, query: Query): void {
    this.counters.queries++;
    if (!this.memory.queries.add(query.header.id, neighbour.route, this.host.now())) {
      this.counters.duplicates++;
      neighbour.duplicates++;
      return;
    }
    const hits = this.answers.to(query, this.options);
    if (hits.length > 0) this.counters.answered++;
    for (const hit of hits) this.links.send(neighbour, hit);
    this.flood(query, neighbour);
  }

  /** Passes a query on: to everybody but its sender, and as the roles of both sides allow. */
  private flood(query: Query, from: Neighbour | undefined): void {
    const { role, zlib } = this.options;
    const own = from === undefined;
    if (role === "leaf" && !own) return;
    if (!own && gnutellaCodec.size(query) > LIMITS.queryForwardBytesMax) return;
    // Nobody gets further through us than a fresh query of our own would.
    const { id, hops } = query.header;
    const ttl = Math.min(query.header.ttl, Math.max(1, this.options.ttlMax - hops));
    const passed: Query = own ? query : { ...query, header: { id, ttl: ttl - 1, hops: hops + 1 } };
    const remaining = passed.header.ttl;
    const search = own ? this.searches?.get(id) : undefined;
    // Tables are for ultrapeers to look at: they keep the last hop from whoever cannot answer.
    const wanted =
      role === "ultrapeer"
        ? new WantedSlots(splitWords(query.text), readExtensions(query.extensions, zlib).urns)
        : undefined;

    for (const neighbour of this.links.peers) {
      if (neighbour === from || remaining === 0) continue;
      const table = remaining === 1 ? neighbour.table : null;
      if (table === null || wanted === undefined || wanted.mayBeIn(table)) this.pass(neighbour, passed, search);
    }
    const leaves = wanted === undefined ? [] : this.table.leavesFor(wanted);
    if (leaves.length === 0) return;
    // A leaf is the last stop, and gets what it may answer whatever TTL is left.
    const last: Query = { ...passed, header: { ...passed.header, ttl: 1 } };
    for (const leaf of leaves) if (leaf !== from && leaf.phase === "open") this.pass(leaf, last, search);
  }

  private pass(neighbour: Neighbour, query: Query, search: SearchCost | undefined): void {
    if (search !== undefined) {
      search.messages++;
      search.bytes += gnutellaCodec.size(query);
    } else this.counters.queriesForwarded++;
    this.links.send(neighbour, query);
  }

  private onHit(neighbour: Neighbour, hit: QueryHit): void {
    const now = this.host.now();
    const route = this.memory.queries.route(hit.header.id, now);
    if (route === undefined) {
      this.counters.hitsUnroutable++;
      return;
    }
    if (!isBlank(hit.servent)) this.memory.pushRoutes.renew(hit.servent, neighbour.route, now);
    if (route === OWN) {
      const search = this.searches?.get(hit.header.id);
      if (search === undefined) return;
      search.messages++;
      search.bytes += gnutellaCodec.size(hit);
      this.counters.hits++;
      this.events.onHit(this.port.self, hit.header.id, hit);
      return;
    }
    const back = this.links.routeTo(route);
    if (back === undefined || back === neighbour) {
      this.counters.hitsUnroutable++;
      return;
    }
    const { id, ttl, hops } = hit.header;
    if (ttl <= 1) {
      this.counters.expired++;
      return;
    }
    if (gnutellaCodec.size(hit) > LIMITS.hitForwardBytesMax) return;
    this.counters.hitsForwarded++;
    this.links.send(back, { ...hit, header: { id, ttl: ttl - 1, hops: hops + 1 } });
  }

  private onPush(neighbour: Neighbour, push: Push): void {
    const now = this.host.now();
    if (!this.memory.pushes.add(push.header.id, neighbour.route, now)) {
      this.counters.duplicates++;
      return;
    }
    this.counters.pushes++;
    if (push.servent === this.options.guid) {
      this.events.onPush(this.port.self, push);
      return;
    }
    const next = this.links.routeTo(this.memory.pushRoutes.route(push.servent, now));
    if (next === undefined || next === neighbour || this.options.role === "leaf") {
      this.counters.pushesUnroutable++;
      return;
    }
    const { id, ttl, hops } = push.header;
    // The last hop to a leaf is ours to give, whatever TTL is left, as with queries.
    if (ttl <= 1 && !next.isLeaf) {
      this.counters.expired++;
      return;
    }
    this.links.send(next, { ...push, header: { id, ttl: Math.max(1, ttl - 1), hops: hops + 1 } });
  }

  // --- input: time

  warm(): number {
    return this.links.warm() + this.table.warm() + this.counters.pings + this.options.ttl;
  }

  onTimer(timer: number): void {
    if (!this.running) return;
    switch (timer) {
      case UPKEEP:
        this.pings.upkeep();
        this.table.tellAll(this.options.role, this.options.zlib);
        this.host.arm(UPKEEP, UPKEEP_EVERY_MS);
        return;
      case CONNECT:
      case DEADLINES:
        this.links.onTimer(timer);
    }
  }
}
