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
import {
  CONNECT_04,
  confirmBlock,
  connectBlock,
  OK_04,
  type OwnFacts,
  readFacts,
  readStatus,
  refusalBlock,
  type Role,
  roleProblem,
  welcomeBlock,
} from "./handshake.ts";
import { HostCache } from "./host-cache.ts";
import { LIMITS } from "./limits.ts";
import type {
  Bye,
  Descriptor,
  Guid,
  Handshake,
  Header,
  Message,
  Ping,
  Pong,
  Push,
  Query,
  QueryHit,
} from "./messages.ts";
import { Neighbour } from "./neighbour.ts";
import { PongCache } from "./pong-cache.ts";
import { minimumSpeedWord, QUERY_FLAGS } from "./query-flags.ts";
import { QueryRoutingTable, TABLE_BITS, TableReceiver, tableMessages } from "./query-routing.ts";
import { SendQueue } from "./send-queue.ts";
import type { Zlib } from "./zlib.ts";

export interface GnutellaOptions {
  readonly role: Role;
  /** Neighbours (for a leaf: ultrapeers) to look for; 0: only those that `connect` names. */
  readonly linksWanted: number;
  /** Neighbours that are not leaves, at most. */
  readonly linksMax: number;
  readonly leavesMax: number;
  /** TTL of our own queries, and the highest that we let pass for a fresh one. */
  readonly ttl: number;
  readonly ttlMax: number;
  readonly guid: Guid;
  readonly userAgent: string;
  /** Nobody can dial us. */
  readonly firewalled: boolean;
  readonly speedKbps: number;
  /** Classic: peers slower than this (kbit/s) stay silent on our queries. */
  readonly minimumSpeedKbps: number;
  /** The port can carry zlib streams. */
  readonly deflate: boolean;
  readonly zlib?: Zlib;
  /** Whether an address learnt from a peer may be dialled or passed on. */
  readonly accepts: (address: Address) => boolean;
  /** Four letters in our hits. */
  readonly vendor: string;
}

/** What the application hears. One object may serve many nodes: `self` says which one speaks. */
export interface GnutellaEvents {
  onHit(self: Address, search: Guid, hit: QueryHit): void;
  /** We are asked to connect to `push.address` and offer a file. */
  onPush(self: Address, push: Push): void;
  onLinkOpen(self: Address, neighbour: Neighbour): void;
  onLinkClosed(self: Address, neighbour: Neighbour, reason: string): void;
}

/** What a search has cost so far. */
export interface SearchCost {
  messages: number;
  bytes: number;
}

const PINGS = 0;
const CONNECT = 1;
const DEADLINES = 2;
const TABLES = 3;

const CONNECT_EVERY_MS = 1000;
/** Dials under way at once while links are missing. */
const DIALS_MAX = 4;
const PINGS_EVERY_MS = 10_000;
/** A quiet link is probed after this, and given up after so many probes without an answer. */
const ALIVE_PEER_MS = 20_000;
const ALIVE_LEAF_MS = 120_000;
const ALIVE_PEER_PROBES = 6;
const ALIVE_LEAF_PROBES = 4;
/** The neighbour list is refreshed by a ping of small TTL to one neighbour at a time. */
const DISCOVERY_TTL = 3;
const TABLES_EVERY_MS = 10_000;
/** Quiet time for a peer that refused us: full, or for good. */
const FULL_QUIET_MS = 60_000;
const REFUSED_QUIET_MS = 15 * 60_000;
const NOBODY: Iterable<Neighbour> = [];
/** Route of our own queries. */
const OWN = -1;

export class GnutellaNode implements StreamNode<Message> {
  readonly hosts = new HostCache();
  readonly counters = {
    queries: 0,
    queriesForwarded: 0,
    duplicates: 0,
    expired: 0,
    malformed: 0,
    unknown: 0,
    answered: 0,
    hits: 0,
    hitsForwarded: 0,
    hitsUnroutable: 0,
    pings: 0,
    pingsIgnored: 0,
    pongs: 0,
    pushes: 0,
    pushesUnroutable: 0,
    queueDropped: 0,
  };

  private readonly host: Host;
  private readonly port: StreamPort<Message>;
  private readonly library: GnutellaLibrary;
  private readonly events: GnutellaEvents;
  private readonly answers: Answers;
  private options: GnutellaOptions;
  private readonly queries: RecentRoutes;
  private readonly pushRoutes: RecentRoutes;
  private readonly pushes: RecentRoutes;
  private readonly pongCache = new PongCache();
  private readonly byLink = new Map<Link, Neighbour>();
  private readonly byRoute = new Map<number, Neighbour>();
  private readonly searches = new Map<Guid, SearchCost>();
  private nextRoute = 1;
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
    this.host.arm(CONNECT, 1);
  }

  /** Says goodbye to every neighbour; `onLinkClosed` follows for each. */
  stop(): void {
    this.running = false;
    for (const timer of [PINGS, TABLES, CONNECT, DEADLINES]) this.host.disarm(timer);
    for (const neighbour of this.byLink.values()) this.bye(neighbour, 200, "Servent Shutdown");
  }

  /** Changes what may change while running; the role needs a new node. */
  configure(changes: Partial<Omit<GnutellaOptions, "role" | "guid">>): void {
    this.options = { ...this.options, ...changes };
    this.seekLinks();
  }

  get role(): Role {
    return this.options.role;
  }

  get firewalled(): boolean {
    return this.options.firewalled;
  }

  /** Dials an address that the user named, now. */
  connect(address: Address): void {
    this.hosts.learn(address, undefined, true);
    this.hosts.forgive(address);
    if (!this.isNeighbour(address)) this.dial(address, false);
  }

  disconnect(link: Link, text: string): boolean {
    const neighbour = this.byLink.get(link);
    if (neighbour === undefined) return false;
    this.bye(neighbour, 202, text);
    return true;
  }

  neighbours(): Iterable<Neighbour> {
    return this.byLink.values();
  }

  get openLinks(): number {
    let open = 0;
    for (const neighbour of this.byLink.values()) if (neighbour.phase === "open") open++;
    return open;
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
    const neighbour = this.routeTo(this.pushRoutes.route(servent, this.host.now()));
    if (neighbour === undefined) return false;
    const header: Header = { id: newGuid(this.host), ttl: this.options.ttlMax + 3, hops: 0 };
    this.pushes.add(header.id, OWN, this.host.now());
    this.send(neighbour, { kind: "push", header, servent, index, address: back, extensions: new Uint8Array(0) });
    return true;
  }

  // --- input: links and their handshake

  onOpen(link: Link, remote: Address, inbound: boolean): void {
    const now = this.host.now();
    if (inbound) {
      this.remember(new Neighbour(link, this.nextRoute++, remote, true, "greeting", now + LIMITS.handshakeTimeoutMs));
      return;
    }
    const neighbour = this.byLink.get(link);
    if (neighbour === undefined) return;
    neighbour.phase = "greeting";
    neighbour.since = now + LIMITS.handshakeTimeoutMs;
    this.port.send(link, neighbour.legacy ? CONNECT_04 : connectBlock(this.own(), neighbour.remote));
  }

  onClose(link: Link, reason: string): void {
    const neighbour = this.byLink.get(link);
    if (neighbour === undefined) return;
    this.byLink.delete(link);
    this.byRoute.delete(neighbour.route);
    if (neighbour.facts.role === "leaf") this.leafTablesChanged = true;
    const { phase } = neighbour;
    neighbour.phase = "closing";
    if (!neighbour.inbound && (phase === "dialling" || phase === "greeting")) {
      this.hosts.onFailed(neighbour.remote, this.host.now(), 0);
      // A peer of the first days hangs up on a 0.6 greeting; it is greeted once more as it understands.
      if (this.running && phase === "greeting" && this.options.role === "classic" && !neighbour.legacy) {
        this.dial(neighbour.remote, true);
      }
    }
    this.seekLinks();
    if (neighbour.opened) this.events.onLinkClosed(this.port.self, neighbour, reason);
  }

  onMessage(link: Link, message: Message): void {
    const neighbour = this.byLink.get(link);
    if (neighbour === undefined || neighbour.phase === "closing") return;
    neighbour.heardAt = this.host.now();
    if (message.kind === "handshake") {
      this.onHandshake(neighbour, message);
      return;
    }
    if (neighbour.phase !== "open") {
      this.drop(neighbour, "descriptor before the end of the handshake");
      return;
    }
    neighbour.messagesIn++;
    neighbour.pingsUnanswered = 0;
    this.onDescriptor(neighbour, message);
  }

  onMalformed(link: Link, problem: string): void {
    const neighbour = this.byLink.get(link);
    if (neighbour === undefined) return;
    this.counters.malformed++;
    this.fault(neighbour, 409, `Too many errors: ${problem}`);
  }

  onWritable(link: Link): void {
    const neighbour = this.byLink.get(link);
    if (neighbour?.queue == null) return;
    while (this.port.room(link) > 0) {
      const message = neighbour.queue.shift();
      if (message === undefined) {
        neighbour.queue = null;
        return;
      }
      neighbour.messagesOut++;
      this.port.send(link, message);
    }
  }

  private onHandshake(neighbour: Neighbour, block: Handshake): void {
    if (neighbour.phase === "confirming") this.onConfirm(neighbour, block);
    else if (neighbour.phase !== "greeting") this.drop(neighbour, "handshake on an open link");
    else if (neighbour.inbound) this.onGreeting(neighbour, block);
    else this.onAnswer(neighbour, block);
  }

  /** First block, from whoever dialled us. */
  private onGreeting(neighbour: Neighbour, block: Handshake): void {
    const own = this.own();
    if (block.line === CONNECT_04.line) {
      if (own.role !== "classic" || this.isFull("classic")) return this.drop(neighbour, "0.4 peer refused");
      this.port.send(neighbour.link, OK_04);
      this.open(neighbour);
      return;
    }
    if (!/^GNUTELLA CONNECT\/(0\.[6-9]|[1-9])/.test(block.line)) return this.drop(neighbour, "not a Gnutella greeting");
    neighbour.facts = readFacts(block);
    this.learnTryHosts(neighbour);
    const refusal = this.refusal(neighbour);
    if (refusal !== undefined) {
      this.port.send(
        neighbour.link,
        refusalBlock(own, refusal.code, refusal.text, this.hosts.some(LIMITS.tryHostsMax)),
      );
      this.drop(neighbour, refusal.text);
      return;
    }
    neighbour.phase = "confirming";
    const needed = !this.isFull("ultrapeer");
    const tryHosts = this.hosts.some(LIMITS.tryHostsMax);
    this.port.send(neighbour.link, welcomeBlock(own, neighbour.remote, neighbour.facts, needed, tryHosts));
  }

  /** Second block, from whom we dialled. */
  private onAnswer(neighbour: Neighbour, block: Handshake): void {
    if (neighbour.legacy) {
      if (block.line === OK_04.line) this.open(neighbour);
      else this.drop(neighbour, "no 0.4 peer");
      return;
    }
    const status = readStatus(block);
    if (status === undefined) return this.drop(neighbour, "not a Gnutella answer");
    neighbour.facts = readFacts(block);
    this.learnTryHosts(neighbour);
    if (status.code !== 200) {
      const quiet = status.code === 503 || status.code === 204 ? FULL_QUIET_MS : REFUSED_QUIET_MS;
      this.hosts.onFailed(neighbour.remote, this.host.now(), quiet);
      return this.drop(neighbour, `refused: ${status.code} ${status.text}`);
    }
    const refusal = this.refusal(neighbour);
    if (refusal !== undefined) {
      this.port.send(neighbour.link, refusalBlock(this.own(), refusal.code, refusal.text, []));
      this.hosts.onFailed(neighbour.remote, this.host.now(), FULL_QUIET_MS);
      return this.drop(neighbour, refusal.text);
    }
    this.port.send(neighbour.link, confirmBlock(this.own(), neighbour.facts));
    this.open(neighbour);
  }

  /** Third block, from whoever dialled us. */
  private onConfirm(neighbour: Neighbour, block: Handshake): void {
    const status = readStatus(block);
    if (status?.code !== 200) return this.drop(neighbour, `not confirmed: ${status?.code ?? block.line}`);
    // An ultrapeer without leaves may turn leaf here, because we said that no more ultrapeers are needed.
    const { role } = readFacts(block);
    if (role === "leaf" && neighbour.facts.role === "ultrapeer") neighbour.facts = { ...neighbour.facts, role };
    this.open(neighbour);
  }

  /** Why this peer cannot be our neighbour, or undefined. */
  private refusal(neighbour: Neighbour): { readonly code: number; readonly text: string } | undefined {
    const { facts } = neighbour;
    if (facts.guid === this.options.guid) return { code: 409, text: "Connected to self" };
    for (const other of this.byLink.values()) {
      if (other === neighbour || other.phase !== "open") continue;
      if (facts.guid !== undefined && other.facts.guid === facts.guid) return { code: 409, text: "Already connected" };
    }
    const problem = roleProblem(this.options.role, facts.role);
    if (problem !== undefined) return { code: this.options.role === "leaf" ? 503 : 403, text: problem };
    if (neighbour.inbound && this.options.role === "leaf") return { code: 503, text: "Shielded leaf node" };
    return this.isFull(facts.role) ? { code: 503, text: "All slots are taken" } : undefined;
  }

  private open(neighbour: Neighbour): void {
    const now = this.host.now();
    neighbour.phase = "open";
    neighbour.opened = true;
    neighbour.since = now;
    neighbour.heardAt = now;
    if (neighbour.listen !== undefined && neighbour.facts.role !== "leaf" && this.options.accepts(neighbour.listen)) {
      this.hosts.onOpened(neighbour.listen, neighbour.facts.role === "ultrapeer" ? true : undefined);
    }
    if (neighbour.facts.guid !== undefined) this.pushRoutes.renew(neighbour.facts.guid, neighbour.route, now);
    this.ping(neighbour, DISCOVERY_TTL);
    this.sendTable(neighbour);
    this.events.onLinkOpen(this.port.self, neighbour);
  }

  private learnTryHosts(neighbour: Neighbour): void {
    const ultrapeer = this.options.role === "classic" ? undefined : true;
    for (const address of neighbour.facts.tryHosts) this.learn(address, ultrapeer);
  }

  private learn(address: Address, ultrapeer: boolean | undefined): void {
    if (address !== this.port.self && this.options.accepts(address)) this.hosts.learn(address, ultrapeer);
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
      return this.fault(neighbour, 409, "Blank ids");
    if (neighbour.facts.role === "leaf" && hops > 0) {
      this.bye(neighbour, 414, "Leaf node relayed a descriptor");
      return;
    }
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
      case "table-patch": {
        neighbour.tableIn ??= new TableReceiver();
        const problem =
          message.kind === "table-reset"
            ? neighbour.tableIn.onReset(message)
            : neighbour.tableIn.onPatch(message, this.options.zlib);
        if (problem !== undefined) this.bye(neighbour, 413, `Bad query routing: ${problem}`);
        else if (neighbour.facts.role === "leaf") this.leafTablesChanged = true;
        return;
      }
      case "vendor":
        // We announce none, so whatever comes asks for what we do not do.
        return;
      case "unknown":
        // Servents have extensions that we never heard of (HSEP is one); dropping them costs nobody.
        this.counters.unknown++;
    }
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
    if (!discovery) return;
    neighbour.pingAnsweredAt = now;
    for (const cached of this.pongCache.some(LIMITS.pongsPerPing, neighbour.route, now)) {
      const { address, files, kilobytes, extensions } = cached;
      const header = { id, ttl: hops + 1, hops: cached.hops };
      this.send(neighbour, {
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
        ? encodeGgep([["UP", Uint8Array.of(0, this.freeSlots("leaf"), this.freeSlots("ultrapeer"))]], false)
        : NO_BYTES;
    const { files, kilobytes } = this.library;
    this.send(neighbour, { kind: "pong", header, address: this.port.self, files, kilobytes, extensions });
  }

  private onPong(neighbour: Neighbour, pong: Pong): void {
    this.counters.pongs++;
    const { ggep } = readExtensions(pong.extensions, this.options.zlib);
    for (const address of packedAddresses(ggep.get("IPP"))) this.learn(address, true);
    const { address, files, kilobytes, extensions } = pong;
    if (address === this.port.self || !this.options.accepts(address)) return;
    // What an ultrapeer says of a peer without the mark: a leaf, no neighbour for us.
    const ultrapeer = this.options.role === "classic" ? undefined : ggep.has("UP");
    this.hosts.learn(address, ultrapeer);
    const hops = Math.min(pong.header.hops + 1, LIMITS.hardTtl - 1);
    this.pongCache.add({ address, files, kilobytes, hops, route: neighbour.route, extensions, at: this.host.now() });
  }

  private onBye(neighbour: Neighbour, bye: Bye): void {
    this.drop(neighbour, `bye ${bye.code}: ${bye.text.split("\r\n")[0]?.slice(0, 120) ?? ""}`);
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
    for (const hit of hits) this.send(neighbour, hit);
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
    for (const neighbour of this.byLink.values()) {
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
      this.send(neighbour, message);
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
    const back = this.routeTo(route);
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
    this.send(back, { ...hit, header: { id, ttl: ttl - 1, hops: hops + 1 } });
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
    const next = this.routeTo(this.pushRoutes.route(push.servent, now));
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
    this.send(next, { ...push, header: { id, ttl: Math.max(1, ttl - 1), hops: hops + 1 } });
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
        for (const neighbour of this.byLink.values()) this.sendTable(neighbour);
        this.leafTablesChanged = false;
        this.host.arm(TABLES, TABLES_EVERY_MS);
        return;
      case CONNECT:
        this.dialMissing();
        return;
      case DEADLINES:
        this.endLateHandshakes();
    }
  }

  /** Probes quiet links, gives up dead ones, and asks one neighbour for news of others. */
  private refreshNeighbours(): void {
    const now = this.host.now();
    let oldest: Neighbour | undefined;
    for (const neighbour of this.byLink.values()) {
      if (neighbour.phase !== "open") continue;
      const leafLink = neighbour.facts.role === "leaf" || this.options.role === "leaf";
      if (neighbour.pingsUnanswered >= (leafLink ? ALIVE_LEAF_PROBES : ALIVE_PEER_PROBES)) {
        this.bye(neighbour, 406, "No reply to alive pings");
        continue;
      }
      const alive = leafLink ? ALIVE_LEAF_MS : ALIVE_PEER_MS;
      if (now - Math.max(neighbour.heardAt, neighbour.pingSentAt) >= alive) this.ping(neighbour, 1);
      if (neighbour.facts.role !== "leaf" && (oldest === undefined || neighbour.pingSentAt < oldest.pingSentAt))
        oldest = neighbour;
    }
    if (oldest !== undefined && now - oldest.pingSentAt >= PINGS_EVERY_MS) this.ping(oldest, DISCOVERY_TTL);
  }

  private ping(neighbour: Neighbour, ttl: number): void {
    neighbour.pingSentAt = this.host.now();
    neighbour.pingsUnanswered++;
    this.send(neighbour, { kind: "ping", header: { id: newGuid(this.host), ttl, hops: 0 }, extensions: NO_BYTES });
  }

  private endLateHandshakes(): void {
    const now = this.host.now();
    let next = Number.POSITIVE_INFINITY;
    for (const neighbour of this.byLink.values()) {
      if (neighbour.phase !== "greeting" && neighbour.phase !== "confirming") continue;
      if (neighbour.since <= now) {
        if (!neighbour.inbound) this.hosts.onFailed(neighbour.remote, now, 0);
        this.drop(neighbour, "handshake took too long");
      } else next = Math.min(next, neighbour.since);
    }
    if (next !== Number.POSITIVE_INFINITY) this.host.arm(DEADLINES, next - now);
  }

  // --- links

  private seekLinks(): void {
    if (this.running && this.linksMissing() > 0) this.host.arm(CONNECT, 1 + (this.host.u32() % CONNECT_EVERY_MS));
  }

  private linksMissing(): number {
    let links = 0;
    for (const neighbour of this.byLink.values()) if (this.occupiesLink(neighbour)) links++;
    return this.options.linksWanted - links;
  }

  private dialMissing(): void {
    let missing = this.linksMissing();
    if (missing <= 0) return;
    let dials = 0;
    for (const { phase, inbound } of this.byLink.values()) if (phase !== "open" && !inbound) dials++;
    for (; missing > 0 && dials < DIALS_MAX; missing--, dials++) {
      const address = this.hosts.pick(this.host.now(), this.host.u32(), (candidate) => !this.isNeighbour(candidate));
      if (address === undefined) break;
      this.dial(address, false);
    }
    this.host.arm(CONNECT, CONNECT_EVERY_MS);
  }

  private dial(address: Address, legacy: boolean): void {
    const link = this.port.dial(address);
    const neighbour = new Neighbour(link, this.nextRoute++, address, false, "dialling", this.host.now());
    neighbour.legacy = legacy;
    this.remember(neighbour);
  }

  private remember(neighbour: Neighbour): void {
    this.byLink.set(neighbour.link, neighbour);
    this.byRoute.set(neighbour.route, neighbour);
    this.host.arm(DEADLINES, LIMITS.handshakeTimeoutMs);
  }

  private isNeighbour(address: Address): boolean {
    if (address === this.port.self) return true;
    for (const neighbour of this.byLink.values()) {
      if (neighbour.listen === address || (!neighbour.inbound && neighbour.remote === address)) return true;
    }
    return false;
  }

  /** Leaves have slots of their own; everybody else takes a link. */
  private occupiesLink(neighbour: Neighbour): boolean {
    return (
      neighbour.phase !== "closing" &&
      (neighbour.phase === "open" || !neighbour.inbound) &&
      neighbour.facts.role !== "leaf"
    );
  }

  private isFull(role: Role): boolean {
    return this.freeSlots(role) === 0;
  }

  /** Open links of this kind that still fit, at most 255. */
  private freeSlots(role: Role): number {
    const leaves = role === "leaf";
    let used = 0;
    for (const { phase, facts } of this.byLink.values())
      if (phase === "open" && (facts.role === "leaf") === leaves) used++;
    return Math.min(255, Math.max(0, (leaves ? this.options.leavesMax : this.options.linksMax) - used));
  }

  private routeTo(route: number | undefined): Neighbour | undefined {
    const neighbour = route === undefined ? undefined : this.byRoute.get(route);
    return neighbour?.phase === "open" ? neighbour : undefined;
  }

  // --- output

  private send(neighbour: Neighbour, message: Descriptor): void {
    if (neighbour.queue === null && this.port.room(neighbour.link) > 0) {
      neighbour.messagesOut++;
      this.port.send(neighbour.link, message);
      return;
    }
    neighbour.queue ??= new SendQueue();
    if (!neighbour.queue.push(message)) this.counters.queueDropped++;
  }

  private fault(neighbour: Neighbour, code: number, text: string): void {
    const now = this.host.now();
    if (now - neighbour.faultsSince > LIMITS.faultsPeriodMs) {
      neighbour.faults = 0;
      neighbour.faultsSince = now;
    }
    neighbour.faults++;
    if (neighbour.faults > LIMITS.faultsMax) this.bye(neighbour, code, text);
  }

  private bye(neighbour: Neighbour, code: number, text: string): void {
    if (neighbour.phase === "open" && neighbour.facts.bye) {
      const header: Header = { id: newGuid(this.host), ttl: 1, hops: 0 };
      this.port.send(neighbour.link, { kind: "bye", header, code, text });
    }
    this.drop(neighbour, text);
  }

  private drop(neighbour: Neighbour, reason: string): void {
    neighbour.phase = "closing";
    this.port.close(neighbour.link, reason);
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
      this.send(neighbour, { ...part, header: { id: newGuid(this.host), ttl: 1, hops: 0 } });
    }
    neighbour.tableOut = table;
  }

  private currentTable(): QueryRoutingTable {
    if (this.aggregate !== undefined && this.aggregateVersion === this.library.version && !this.leafTablesChanged)
      return this.aggregate;
    const table = new QueryRoutingTable(TABLE_BITS);
    this.library.addWords(table);
    const leaves = this.options.role === "ultrapeer" ? this.byLink.values() : NOBODY;
    for (const { facts, tableIn } of leaves)
      if (facts.role === "leaf" && tableIn?.table !== undefined) table.addTable(tableIn.table);
    this.aggregate = table;
    this.aggregateVersion = this.library.version;
    return table;
  }

  private own(): OwnFacts & Answerer {
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
