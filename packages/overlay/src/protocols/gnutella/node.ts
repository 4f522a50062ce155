// A Gnutella servent: keeps neighbours, floods queries, answers from its library, routes hits and pushes back.
// It holds no files and fetches nothing; transfers are HTTP and the product's business.
import { ByteReader } from "../../base/bytes.ts";
import { endpointOf } from "../../base/ipv4.ts";
import { RecentRoutes } from "../../base/recent-routes.ts";
import { splitWords } from "../../base/words.ts";
import type { Address, Host, Link, StreamNode, StreamPort } from "../../host/host.ts";
import { type Answerer, Answers, type GnutellaLibrary } from "./answers.ts";
import { gnutellaCodec } from "./codec.ts";
import { queryExtensions, readExtensions } from "./extensions.ts";
import { encodeGgep } from "./ggep.ts";
import { isBlank, newGuid } from "./guid.ts";
import type { Role } from "./handshake.ts";
import type { HostCache } from "./host-cache.ts";
import { LIMITS } from "./limits.ts";
import { CONNECT, DEADLINES, Links, PINGS, TABLES } from "./links.ts";
import type {
  Bye,
  Descriptor,
  Guid,
  Header,
  Message,
  Ping,
  Pong,
  Push,
  Query,
  QueryHit,
  TablePatch,
  TableReset,
} from "./messages.ts";
import type { Neighbour } from "./neighbour.ts";
import type { GnutellaOptions } from "./options.ts";
import { PongCache } from "./pong-cache.ts";
import { minimumSpeedWord, QUERY_FLAGS } from "./query-flags.ts";
import { QueryRoutingTable, TABLE_BITS, TableReceiver, tableMessages } from "./query-routing.ts";

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

const PINGS_EVERY_MS = 10_000;
/** A quiet link is probed after this, and given up after so many probes without an answer. */
const ALIVE_PEER_MS = 20_000;
const ALIVE_LEAF_MS = 120_000;
const ALIVE_PEER_PROBES = 6;
const ALIVE_LEAF_PROBES = 4;
/** The neighbour list is refreshed by a ping of small TTL to one neighbour at a time. */
const DISCOVERY_TTL = 3;
/** How often; a leaf needs few neighbours, and gtk-gnutella answers it once a minute only. */
const DISCOVERY_EVERY_MS = 10_000;
const DISCOVERY_LEAF_EVERY_MS = 60_000;
const TABLES_EVERY_MS = 10_000;
const NOBODY: Iterable<Neighbour> = [];
/** Route of our own queries. */
const OWN = -1;

export class GnutellaNode implements StreamNode<Message> {
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
    pongs: 0,
    pushes: 0,
    pushesUnroutable: 0,
  };

  private readonly host: Host;
  private readonly port: StreamPort<Message>;
  private readonly links: Links;
  private readonly library: GnutellaLibrary;
  private readonly events: GnutellaEvents;
  private readonly answers: Answers;
  private options: GnutellaOptions;
  private readonly queries: RecentRoutes;
  private readonly pushRoutes: RecentRoutes;
  private readonly pushes: RecentRoutes;
  private readonly pongCache = new PongCache();
  private readonly searches = new Map<Guid, SearchCost>();
  private running = false;
  private aggregate: QueryRoutingTable | undefined = undefined;
  private aggregateVersion = -1;
  private leafTablesChanged = false;

  constructor(
    host: Host,
    port: StreamPort<Message>,
    library: GnutellaLibrary,
    options: GnutellaOptions,
    events: GnutellaEvents,
  ) {
    this.host = host;
    this.port = port;
    this.library = library;
    this.options = options;
    this.events = events;
    this.answers = new Answers(library);
    this.links = new Links(host, port, options, {
      onLinkOpen: (neighbour) => this.onLinkOpen(neighbour),
      onLinkGone: (neighbour, reason) => this.onLinkGone(neighbour, reason),
      onDialFailed: (address, reason) => this.events.onDialFailed(this.port.self, address, reason),
    });
    const period = { generationMax: LIMITS.seenGenerationMax, periodMs: LIMITS.seenPeriodMs };
    this.queries = new RecentRoutes(period);
    this.pushes = new RecentRoutes(period);
    this.pushRoutes = new RecentRoutes({ ...period, generationMax: LIMITS.pushRoutesGenerationMax });
  }

  // --- commands

  start(): void {
    this.running = true;
    this.host.arm(PINGS, 1 + (this.host.u32() % PINGS_EVERY_MS));
    this.host.arm(TABLES, TABLES_EVERY_MS);
    this.links.start();
  }

  /** Says goodbye to every neighbour; `onLinkClosed` follows for each. */
  stop(): void {
    this.running = false;
    this.host.disarm(PINGS);
    this.host.disarm(TABLES);
    this.links.stop();
  }

  /** Changes what may change while running; the role needs a new node. */
  configure(changes: Partial<Omit<GnutellaOptions, "role" | "guid">>): void {
    this.options = { ...this.options, ...changes };
    this.links.configure(this.options);
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
    if (this.searches.size >= LIMITS.searchesMax) this.searches.delete(this.searches.keys().next().value as Guid);
    this.searches.set(header.id, { messages: 0, bytes: 0 });
    this.queries.add(header.id, OWN, this.host.now());
    this.flood(query, undefined);
    return header.id;
  }

  stopSearch(search: Guid): void {
    this.searches.delete(search);
  }

  cost(search: Guid): Readonly<SearchCost> | undefined {
    return this.searches.get(search);
  }

  /** Asks the servent that sent a hit to connect to `back`. False: no way to reach it is known. */
  push(servent: Guid, index: number, back: Address): boolean {
    const neighbour = this.links.routeTo(this.pushRoutes.route(servent, this.host.now()));
    if (neighbour === undefined) return false;
    const header: Header = { id: newGuid(this.host), ttl: this.options.ttlMax + 3, hops: 0 };
    this.pushes.add(header.id, OWN, this.host.now());
    this.links.send(neighbour, { kind: "push", header, servent, index, address: back, extensions: new Uint8Array(0) });
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

  private onLinkOpen(neighbour: Neighbour): void {
    const { guid } = neighbour.facts;
    if (guid !== undefined) this.pushRoutes.renew(guid, neighbour.route, this.host.now());
    // A leaf knows nobody.
    if (neighbour.facts.role !== "leaf") this.askForHosts(neighbour);
    this.sendTable(neighbour);
    this.events.onLinkOpen(this.port.self, neighbour);
  }

  private onLinkGone(neighbour: Neighbour, reason: string): void {
    if (neighbour.facts.role === "leaf") this.leafTablesChanged = true;
    this.events.onLinkClosed(this.port.self, neighbour, reason);
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
    if (neighbour.facts.role === "leaf" && hops > 0) {
      this.links.bye(neighbour, 414, "Leaf node relayed a descriptor");
      return;
    }
    if (!this.mayWork(neighbour, message)) return;
    switch (message.kind) {
      case "ping":
        return this.onPing(neighbour, message);
      case "pong":
        return this.onPong(neighbour, message);
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
    const earned = ((now - neighbour.workAt) * LIMITS.workPerSecond) / 1000;
    neighbour.work = Math.min(LIMITS.workBurst, neighbour.work + earned);
    neighbour.workAt = now;
    neighbour.work -= message.kind === "query" ? LIMITS.workOfQuery : 1;
    if (neighbour.work >= 0) return true;
    neighbour.work = 0;
    this.counters.tooMuch++;
    if (++neighbour.overworked % LIMITS.overworkPerFault === 0) this.links.fault(neighbour, 403, "Too much traffic");
    return false;
  }

  private onPing(neighbour: Neighbour, ping: Ping): void {
    this.counters.pings++;
    const now = this.host.now();
    const { ttl, hops, id } = ping.header;
    const discovery = ttl > 1;
    if (discovery && now - neighbour.pingAnsweredAt < LIMITS.pingEveryMinMs) {
      this.counters.pingsIgnored++;
      return;
    }
    if (!this.options.firewalled || !discovery) this.sendOwnPong(neighbour, { id, ttl: hops + 1, hops: 0 });
    // What a leaf says comes from itself alone; anything with hops would end its link (BYE 414).
    if (!discovery || this.options.role === "leaf") return;
    neighbour.pingAnsweredAt = now;
    for (const cached of this.pongCache.some(LIMITS.pongsPerPing, neighbour.route, now)) {
      const { address, files, kilobytes, extensions } = cached;
      const header = { id, ttl: hops + 1, hops: cached.hops };
      this.links.send(neighbour, {
        kind: "pong",
        header,
        address,
        files,
        kilobytes,
        extensions: neighbour.facts.ggep ? extensions : NO_BYTES,
      });
    }
  }

  private sendOwnPong(neighbour: Neighbour, header: Header): void {
    const extensions =
      neighbour.facts.ggep && this.options.role === "ultrapeer"
        ? encodeGgep([["UP", Uint8Array.of(0, this.links.freeSlots("leaf"), this.links.freeSlots("ultrapeer"))]], false)
        : NO_BYTES;
    const { files, kilobytes } = this.library;
    this.links.send(neighbour, { kind: "pong", header, address: this.port.self, files, kilobytes, extensions });
  }

  private onPong(neighbour: Neighbour, pong: Pong): void {
    this.counters.pongs++;
    const { ggep } = readExtensions(pong.extensions, this.options.zlib);
    for (const address of packedAddresses(ggep.get("IPP"))) this.links.learn(address, true);
    const { address, files, kilobytes, extensions } = pong;
    if (address === this.port.self || !this.options.accepts(address)) return;
    // What an ultrapeer says of a peer without the mark: a leaf, no neighbour for us.
    const ultrapeer = this.options.role === "classic" ? undefined : ggep.has("UP");
    this.links.hosts.learn(address, ultrapeer);
    const hops = Math.min(pong.header.hops + 1, LIMITS.hardTtl - 1);
    this.pongCache.add({ address, files, kilobytes, hops, route: neighbour.route, extensions, at: this.host.now() });
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
        : neighbour.tableIn.onPatch(message, this.options.zlib);
    if (problem !== undefined) this.links.bye(neighbour, 413, `Bad query routing: ${problem}`);
    else if (neighbour.facts.role === "leaf") this.leafTablesChanged = true;
  }

  /** A kilobyte can inflate to a table of a million slots, so how many come is bounded. */
  private mayChangeTable(neighbour: Neighbour): boolean {
    const now = this.host.now();
    const earned = (now - neighbour.tablesAt) / LIMITS.tableEveryMs;
    neighbour.tables = Math.min(LIMITS.tablesBurst, neighbour.tables + earned) - 1;
    neighbour.tablesAt = now;
    return neighbour.tables >= 0;
  }

  private onBye(neighbour: Neighbour, bye: Bye): void {
    this.links.drop(neighbour, `bye ${bye.code}: ${bye.text.split("\r\n")[0]?.slice(0, 120) ?? ""}`);
  }

  private onQuery(neighbour: Neighbour, query: Query): void {
    this.counters.queries++;
    if (!this.queries.add(query.header.id, neighbour.route, this.host.now())) {
      this.counters.duplicates++;
      neighbour.duplicates++;
      return;
    }
    const hits = this.answers.to(query, this.own());
    if (hits.length > 0) this.counters.answered++;
    for (const hit of hits) this.links.send(neighbour, hit);
    this.flood(query, neighbour);
  }

  /** Passes a query on: to everybody but its sender, and as the roles of both sides allow. */
  private flood(query: Query, from: Neighbour | undefined): void {
    const { role, zlib } = this.options;
    const own = from === undefined;
    if (role === "leaf" && !own) return;
    const size = gnutellaCodec.size(query);
    if (!own && size > LIMITS.queryForwardBytesMax) return;
    // Nobody gets further through us than a fresh query of our own would.
    const { id, hops } = query.header;
    const ttl = Math.min(query.header.ttl, Math.max(1, this.options.ttlMax - hops));
    const passed: Query = own ? query : { ...query, header: { id, ttl: ttl - 1, hops: hops + 1 } };
    const remaining = passed.header.ttl;
    const search = own ? this.searches.get(id) : undefined;

    let words: readonly string[] | undefined;
    let urns: readonly string[] = [];
    const mayMatch = (table: QueryRoutingTable): boolean => {
      if (words === undefined) {
        words = splitWords(query.text);
        urns = readExtensions(query.extensions, zlib).urns;
      }
      return table.mayMatch(words, urns);
    };
    for (const neighbour of this.links.all()) {
      if (neighbour.phase !== "open" || neighbour === from) continue;
      let message = passed;
      if (neighbour.facts.role === "leaf") {
        // A leaf is the last stop, and gets what it may answer whatever TTL is left.
        const table = neighbour.tableIn?.table;
        if (table === undefined || !mayMatch(table)) continue;
        message = { ...passed, header: { ...passed.header, ttl: 1 } };
      } else {
        if (remaining === 0) continue;
        const table = neighbour.tableIn?.table;
        if (role === "ultrapeer" && remaining === 1 && table !== undefined && !mayMatch(table)) continue;
      }
      if (search !== undefined) {
        search.messages++;
        search.bytes += size;
      } else this.counters.queriesForwarded++;
      this.links.send(neighbour, message);
    }
  }

  private onHit(neighbour: Neighbour, hit: QueryHit): void {
    const now = this.host.now();
    const route = this.queries.route(hit.header.id, now);
    if (route === undefined) {
      this.counters.hitsUnroutable++;
      return;
    }
    if (!isBlank(hit.servent)) this.pushRoutes.renew(hit.servent, neighbour.route, now);
    if (route === OWN) {
      const search = this.searches.get(hit.header.id);
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
    if (!this.pushes.add(push.header.id, neighbour.route, now)) {
      this.counters.duplicates++;
      return;
    }
    this.counters.pushes++;
    if (push.servent === this.options.guid) {
      this.events.onPush(this.port.self, push);
      return;
    }
    const next = this.links.routeTo(this.pushRoutes.route(push.servent, now));
    if (next === undefined || next === neighbour || this.options.role === "leaf") {
      this.counters.pushesUnroutable++;
      return;
    }
    const { id, ttl, hops } = push.header;
    // The last hop to a leaf is ours to give, whatever TTL is left, as with queries.
    if (ttl <= 1 && next.facts.role !== "leaf") {
      this.counters.expired++;
      return;
    }
    this.links.send(next, { ...push, header: { id, ttl: Math.max(1, ttl - 1), hops: hops + 1 } });
  }

  // --- input: time

  onTimer(timer: number): void {
    if (!this.running) return;
    switch (timer) {
      case PINGS:
        this.refreshNeighbours();
        this.host.arm(PINGS, PINGS_EVERY_MS);
        return;
      case TABLES:
        for (const neighbour of this.links.all()) this.sendTable(neighbour);
        this.host.arm(TABLES, TABLES_EVERY_MS);
        return;
      case CONNECT:
      case DEADLINES:
        this.links.onTimer(timer);
    }
  }

  /** Probes quiet links, gives up dead ones, and asks one neighbour for news of others. */
  private refreshNeighbours(): void {
    const now = this.host.now();
    let oldest: Neighbour | undefined;
    for (const neighbour of this.links.all()) {
      if (neighbour.phase !== "open") continue;
      const leafLink = neighbour.facts.role === "leaf" || this.options.role === "leaf";
      if (neighbour.probesUnanswered >= (leafLink ? ALIVE_LEAF_PROBES : ALIVE_PEER_PROBES)) {
        this.links.bye(neighbour, 406, "No reply to alive pings");
        continue;
      }
      const alive = leafLink ? ALIVE_LEAF_MS : ALIVE_PEER_MS;
      if (now - Math.max(neighbour.heardAt, neighbour.probedAt) >= alive) this.probe(neighbour);
      if (neighbour.facts.role !== "leaf" && (oldest === undefined || neighbour.askedAt < oldest.askedAt))
        oldest = neighbour;
    }
    const every = this.options.role === "leaf" ? DISCOVERY_LEAF_EVERY_MS : DISCOVERY_EVERY_MS;
    if (oldest !== undefined && now - oldest.askedAt >= every) this.askForHosts(oldest);
  }

  /** Everybody answers a ping that goes no further, so silence tells something. */
  private probe(neighbour: Neighbour): void {
    neighbour.probedAt = this.host.now();
    neighbour.probesUnanswered++;
    this.ping(neighbour, 1);
  }

  /** Whoever is asked often stays silent (gtk-gnutella answers a leaf once a minute), so silence tells nothing here. */
  private askForHosts(neighbour: Neighbour): void {
    neighbour.askedAt = this.host.now();
    this.ping(neighbour, DISCOVERY_TTL);
  }

  private ping(neighbour: Neighbour, ttl: number): void {
    this.links.send(neighbour, {
      kind: "ping",
      header: { id: newGuid(this.host), ttl, hops: 0 },
      extensions: NO_BYTES,
    });
  }

  // --- query routing tables

  /** Tells a neighbour what can be found here: a leaf its own words, an ultrapeer also those of its leaves. */
  private sendTable(neighbour: Neighbour): void {
    const { role, zlib } = this.options;
    if (role === "classic" || neighbour.phase !== "open" || neighbour.facts.role !== "ultrapeer") return;
    if (role === "leaf" ? !neighbour.facts.queryRouting : !neighbour.facts.ultrapeerQueryRouting) return;
    const table = this.currentTable();
    if (neighbour.tableOut === table || neighbour.tableOut?.equals(table) === true) return;
    for (const part of tableMessages(neighbour.tableOut ?? undefined, table, zlib)) {
      this.links.send(neighbour, { ...part, header: { id: newGuid(this.host), ttl: 1, hops: 0 } });
    }
    neighbour.tableOut = table;
  }

  private currentTable(): QueryRoutingTable {
    if (this.aggregate !== undefined && this.aggregateVersion === this.library.version && !this.leafTablesChanged)
      return this.aggregate;
    const table = new QueryRoutingTable(TABLE_BITS);
    this.library.addWords(table);
    const leaves = this.options.role === "ultrapeer" ? this.links.all() : NOBODY;
    for (const { facts, tableIn } of leaves)
      if (facts.role === "leaf" && tableIn?.table !== undefined) table.addTable(tableIn.table);
    this.aggregate = table;
    this.aggregateVersion = this.library.version;
    this.leafTablesChanged = false;
    return table;
  }

  private own(): Answerer {
    return { ...this.options, address: this.port.self };
  }
}

const NO_BYTES = new Uint8Array(0);

/** GGEP IPP: 6 bytes a host, the port little endian. */
function packedAddresses(packed: Uint8Array | undefined): Address[] {
  const found: Address[] = [];
  if (packed === undefined) return found;
  for (let at = 0; at + 6 <= packed.length && found.length < LIMITS.tryHostsMax; at += 6) {
    const reader = new ByteReader(packed.subarray(at, at + 6));
    const ip = reader.u32be();
    found.push(endpointOf(ip, reader.u16le()));
  }
  return found;
}
