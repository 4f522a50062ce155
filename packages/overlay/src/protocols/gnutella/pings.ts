// Pings and pongs: whether a neighbour is still there, and which other hosts there are. Pings are answered from a cache of
// pongs (Pong-Caching 0.1); or, as in the days before it, they are flooded and the pongs of all who hear them routed back.
import { ByteReader } from "../../base/bytes.ts";
import { endpointOf } from "../../base/ipv4.ts";
import type { Routes } from "../../base/recent-routes.ts";
import type { Address, Host, Millis } from "../../host/host.ts";
import type { GnutellaLibrary } from "./answers.ts";
import { readExtensions } from "./extensions.ts";
import { encodeGgep } from "./ggep.ts";
import { newGuid } from "./guid.ts";
import { LIMITS } from "./limits.ts";
import type { Links } from "./links.ts";
import type { Header, Ping, Pong } from "./messages.ts";
import { type Neighbour, NEVER } from "./neighbour.ts";
import type { GnutellaOptions } from "./options.ts";
import { PongCache } from "./pong-cache.ts";

export interface PingCounters {
  pings: number;
  pingsIgnored: number;
  pingsForwarded: number;
  pongs: number;
  pongsForwarded: number;
  pongsUnroutable: number;
  duplicates: number;
  expired: number;
}

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
/** Route of our own pings. */
const OWN = -1;
const NO_BYTES = new Uint8Array(0);

export class Pings {
  private readonly host: Host;
  private readonly self: Address;
  private readonly links: Links;
  private readonly library: GnutellaLibrary;
  private readonly routes: Routes;
  private readonly counters: PingCounters;
  private options: GnutellaOptions;
  /** Of whoever answers from it: a leaf tells nobody of others. */
  private readonly cache: PongCache | null;
  private floodedAt: Millis = NEVER;
  /** Until then no link can want a probe, and nobody is to be asked for hosts: most nodes need no look at their links. */
  private aliveUntil: Millis = NEVER;
  private newsUntil: Millis = NEVER;

  constructor(
    host: Host,
    self: Address,
    links: Links,
    library: GnutellaLibrary,
    options: GnutellaOptions,
    routes: Routes,
    counters: PingCounters,
  ) {
    this.host = host;
    this.self = self;
    this.links = links;
    this.library = library;
    this.options = options;
    this.routes = routes;
    this.counters = counters;
    const floods = options.role === "classic" && options.pings === "flooded";
    this.cache = options.role === "leaf" || floods ? null : new PongCache();
  }

  configure(options: GnutellaOptions): void {
    this.options = options;
    this.newsUntil = NEVER;
  }

  onLinkOpen(neighbour: Neighbour): void {
    this.aliveUntil = NEVER;
    this.newsUntil = NEVER;
    // A leaf knows nobody.
    if (neighbour.facts.role === "leaf") return;
    if (!this.floods) return this.askForHosts(neighbour);
    if (this.floodedAt !== NEVER) return;
    // The first neighbour is asked at once. After that each peer has times of its own, also when all began together.
    const now = this.host.now();
    this.flood(now);
    this.floodedAt = now - (this.host.u32() % this.everyMs);
  }

  onPing(neighbour: Neighbour, ping: Ping): void {
    this.counters.pings++;
    const { ttl } = ping.header;
    if (ttl === 1) this.answer(neighbour, ping);
    else if (this.floods) this.passOn(neighbour, ping);
    else this.tellHosts(neighbour, ping);
  }

  onPong(neighbour: Neighbour, pong: Pong): void {
    this.counters.pongs++;
    let ultrapeer = isSlots(pong.extensions);
    if (!ultrapeer) {
      const { ggep } = readExtensions(pong.extensions, this.options.zlib);
      for (const address of packedAddresses(ggep.get("IPP"))) this.links.learn(address, true);
      ultrapeer = ggep.has("UP");
    }
    // What an ultrapeer says of a peer without the mark: a leaf, no neighbour for us.
    this.links.learn(pong.address, this.options.role === "classic" ? undefined : ultrapeer);
    if (this.floods) this.passBack(neighbour, pong);
    else this.remember(neighbour, pong);
  }

  /** Probes quiet links, gives up dead ones, and asks for news of other hosts. */
  upkeep(): void {
    const now = this.host.now();
    if (now >= this.aliveUntil) this.probe(now);
    if (now >= this.newsUntil) this.ask(now);
  }

  /** Gives up who answered no probe, and probes who is quiet. */
  private probe(now: Millis): void {
    this.aliveUntil = Number.MAX_SAFE_INTEGER;
    const lost: Neighbour[] = [];
    const isLeaf = this.options.role === "leaf";
    for (const neighbour of this.links.peers) if (!this.isAlive(neighbour, isLeaf, now)) lost.push(neighbour);
    for (const neighbour of this.links.leaves) if (!this.isAlive(neighbour, true, now)) lost.push(neighbour);
    for (const neighbour of lost) this.links.bye(neighbour, 406, "No reply to alive pings");
  }

  /** Asks for other hosts if it is time: everybody in a flood, or else who was not asked for longest. */
  private ask(now: Millis): void {
    let oldest: Neighbour | undefined;
    for (const neighbour of this.links.peers) {
      if (oldest === undefined || neighbour.askedAt < oldest.askedAt) oldest = neighbour;
    }
    this.newsUntil = Number.MAX_SAFE_INTEGER;
    if (oldest === undefined) return;
    const due = (this.floods ? this.floodedAt : oldest.askedAt) + this.everyMs;
    // When the next one is to be asked shows next time.
    this.newsUntil = now < due ? due : now;
    if (now < due) return;
    if (this.floods) this.flood(now);
    else this.askForHosts(oldest);
  }

  /** How often other hosts are asked for. */
  private get everyMs(): Millis {
    const { pingEveryMs, role } = this.options;
    return pingEveryMs ?? (role === "leaf" ? DISCOVERY_LEAF_EVERY_MS : DISCOVERY_EVERY_MS);
  }

  private get floods(): boolean {
    return this.cache === null && this.options.role === "classic";
  }

  /** False: the neighbour answered none of the probes, so it has to go. A quiet one is probed. */
  private isAlive(neighbour: Neighbour, leafLink: boolean, now: Millis): boolean {
    if (neighbour.probesUnanswered >= (leafLink ? ALIVE_LEAF_PROBES : ALIVE_PEER_PROBES)) return false;
    const quietMax = leafLink ? ALIVE_LEAF_MS : ALIVE_PEER_MS;
    if (now - Math.max(neighbour.heardAt, neighbour.probedAt) >= quietMax) {
      neighbour.probedAt = now;
      neighbour.probesUnanswered++;
      // Everybody answers a ping that goes no further, so silence tells something.
      this.send(neighbour, { id: newGuid(this.host), ttl: 1, hops: 0 });
    }
    this.aliveUntil = Math.min(this.aliveUntil, Math.max(neighbour.heardAt, neighbour.probedAt) + quietMax);
    return true;
  }

  private send(neighbour: Neighbour, header: Header): void {
    this.links.send(neighbour, { kind: "ping", header, extensions: NO_BYTES });
  }

  /** Our own pong; its TTL takes it back along the ping's way. */
  private answer(neighbour: Neighbour, { header: { id, hops } }: Ping): void {
    const extensions =
      neighbour.facts.ggep && this.options.role === "ultrapeer"
        ? slots(this.links.freeSlots("leaf"), this.links.freeSlots("ultrapeer"))
        : NO_BYTES;
    const { files, kilobytes } = this.library;
    const header = { id, ttl: hops + 1, hops: 0 };
    this.links.send(neighbour, { kind: "pong", header, address: this.self, files, kilobytes, extensions });
  }

  // --- cached

  /** Whoever is asked often stays silent (gtk-gnutella answers a leaf once a minute), so silence tells nothing here. */
  private askForHosts(neighbour: Neighbour): void {
    neighbour.askedAt = this.host.now();
    this.send(neighbour, { id: newGuid(this.host), ttl: DISCOVERY_TTL, hops: 0 });
  }

  private tellHosts(neighbour: Neighbour, ping: Ping): void {
    const now = this.host.now();
    if (now - neighbour.pingAnsweredAt < LIMITS.pingEveryMinMs) {
      this.counters.pingsIgnored++;
      return;
    }
    if (!this.options.firewalled) this.answer(neighbour, ping);
    // What a leaf says comes from itself alone; anything with hops would end its link (BYE 414).
    if (this.cache === null) return;
    neighbour.pingAnsweredAt = now;
    const { id, hops } = ping.header;
    for (const cached of this.cache.some(LIMITS.pongsPerPing, neighbour.route, now)) {
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

  private remember(neighbour: Neighbour, { header, address, files, kilobytes, extensions }: Pong): void {
    if (this.cache === null || address === this.self || !this.options.accepts(address)) return;
    const hops = Math.min(header.hops + 1, LIMITS.hardTtl - 1);
    this.cache.add({ address, files, kilobytes, hops, route: neighbour.route, extensions, at: this.host.now() });
  }

  // --- flooded

  private flood(now: Millis): void {
    this.floodedAt = now;
    const header: Header = { id: newGuid(this.host), ttl: this.options.ttl, hops: 0 };
    this.routes.add(header.id, OWN, now);
    for (const neighbour of this.links.peers) this.send(neighbour, header);
  }

  private passOn(neighbour: Neighbour, ping: Ping): void {
    const { id, ttl, hops } = ping.header;
    if (!this.routes.add(id, neighbour.route, this.host.now())) {
      this.counters.duplicates++;
      neighbour.duplicates++;
      return;
    }
    if (!this.options.firewalled) this.answer(neighbour, ping);
    // Nobody gets further through us than a fresh ping of our own would.
    const left = Math.min(ttl, Math.max(1, this.options.ttlMax - hops)) - 1;
    if (left === 0) return;
    const passed: Ping = { ...ping, header: { id, ttl: left, hops: hops + 1 } };
    for (const next of this.links.peers) {
      if (next === neighbour) continue;
      this.counters.pingsForwarded++;
      this.links.send(next, passed);
    }
  }

  private passBack(neighbour: Neighbour, pong: Pong): void {
    const { id, ttl, hops } = pong.header;
    const route = this.routes.route(id, this.host.now());
    // Answers to our own floods and probes end here; a probe's id is known to nobody.
    if (route === OWN || (route === undefined && hops === 0)) return;
    const back = this.links.routeTo(route);
    if (back === undefined || back === neighbour) {
      this.counters.pongsUnroutable++;
      return;
    }
    if (ttl <= 1) {
      this.counters.expired++;
      return;
    }
    this.counters.pongsForwarded++;
    this.links.send(back, { ...pong, header: { id, ttl: ttl - 1, hops: hops + 1 } });
  }
}

/** GGEP UP, the mark of an ultrapeer: a version, then free slots for leaves and for ultrapeers. */
function slots(leaves: number, ultrapeers: number): Uint8Array {
  return encodeGgep([["UP", Uint8Array.of(0, leaves, ultrapeers)]], false);
}

const SLOTS = slots(0, 0);
const SLOTS_HEAD_BYTES = SLOTS.length - 2;

/** Whether the extensions are nothing but free slots, as those of most pongs are: most need no more reading then. */
function isSlots(extensions: Uint8Array): boolean {
  if (extensions.length !== SLOTS.length) return false;
  for (let i = 0; i < SLOTS_HEAD_BYTES; i++) if (extensions[i] !== SLOTS[i]) return false;
  return true;
}

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
