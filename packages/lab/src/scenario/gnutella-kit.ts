// Gnutella in scenarios: classic peers that flood, or leaves behind ultrapeers.
import { assert } from "@servent/overlay/base/assert.ts";
import type { Address } from "@servent/overlay/host/host.ts";
import { newGuid } from "@servent/overlay/protocols/gnutella/guid.ts";
import type { Role } from "@servent/overlay/protocols/gnutella/handshake.ts";
import { LIMITS } from "@servent/overlay/protocols/gnutella/limits.ts";
import type { Guid, Message, Query, QueryHit } from "@servent/overlay/protocols/gnutella/messages.ts";
import { GnutellaNode } from "@servent/overlay/protocols/gnutella/node.ts";
import type { RandomStream } from "../engine/random.ts";
import type { StreamPeer } from "../engine/stream-peer.ts";
import type { Checker } from "./checkers.ts";
import { about, choice, type Described, either, object, optional, text, whole, withDefault } from "./description.ts";
import { GnutellaPeer, HOSTILITIES, type Hostility, type PeerFiles, type PeerWitness } from "./gnutella-peer.ts";
import type { ActionProblem, NetworkSetup, ProtocolKit, ProtocolNetwork } from "./protocol-kit.ts";

const optionFields = {
  role: about(
    "A flat overlay of equals, or leaves behind ultrapeers.",
    withDefault(choice(["classic", "two-tier"]), "classic", "classic"),
  ),
  ttl: about(
    "TTL of queries; 7 in a flat overlay, 4 among ultrapeers, where absent.",
    optional(whole(1, LIMITS.hardTtl)),
  ),
  links: about(
    "Neighbours that a peer looks for by itself; 0: only those of the topology.",
    withDefault(whole(0, 64), 0, 0),
  ),
  linksMax: about(
    "Neighbours that a peer takes at most, leaves apart; no limit where it looks for none, else twice as many as it looks for.",
    optional(whole(1, 1000)),
  ),
  ultrapeers: about(
    "Two tiers: how many ultrapeers there are, the first numbers; a tenth of all where absent.",
    optional(whole(1, 1_000_000)),
  ),
  leafLinks: about("Two tiers: ultrapeers that a leaf wants.", withDefault(whole(1, 10), 3, 3)),
  pings: about(
    "How peers learn of others in a flat overlay: pings flooded as in the first days, or answered from a cache.",
    withDefault(choice(["cached", "flooded"]), "cached", "cached"),
  ),
};

export type GnutellaKitOptions = Described<typeof gnutellaOptions>;
const gnutellaOptions = object(optionFields);

const queryFields = {
  words: about("What is asked for.", optional(text(200))),
  file: about(
    "Or a file: its number, `popular` for one drawn by popularity, `any` for one of all alike.",
    optional(either(whole(0, 1_000_000), choice(["popular", "any"]), (value) => typeof value === "string")),
  ),
  ttl: about("How many hops it may go.", optional(whole(1, LIMITS.hardTtl))),
};

const shareFields = {
  name: about("The name of the file that the peer shares from now on.", text(200)),
};

export type GnutellaAction =
  | ({ readonly do: "query" } & { readonly [K in keyof typeof queryFields]: Described<(typeof queryFields)[K]> })
  | ({ readonly do: "share" } & { readonly [K in keyof typeof shareFields]: Described<(typeof shareFields)[K]> });

const CHECKERS = ["asked-once", "links-bounded", "hits-wanted"] as const;

export const gnutellaKit: ProtocolKit<GnutellaKitOptions, GnutellaAction> = {
  name: "gnutella",
  summary: "Gnutella: queries flood over links that peers keep, hits come back the way they went",
  messageKinds: ["handshake", "ping", "pong", "bye", "table-reset", "table-patch", "vendor", "push", "query", "hit"],
  loadKinds: ["query", "hit", "push"],
  options: gnutellaOptions,
  actions: { query: queryFields, share: shareFields },
  hostilities: HOSTILITIES,
  checkers: CHECKERS,
  corePeers,
  actionProblem,
  open: (setup) => new GnutellaNetwork(setup),
};

function actionProblem(action: GnutellaAction, files: number): ActionProblem | undefined {
  if (action.do !== "query") return undefined;
  const { words, file } = action;
  if ((words === undefined) === (file === undefined)) {
    return { key: undefined, problem: "a query asks for words or for a file", expected: '"words" or "file"' };
  }
  if (file === undefined) return undefined;
  if (files === 0) return { key: "file", problem: "this world has no files", expected: '"files": { "count": … }' };
  if (typeof file === "string" || file < files) return undefined;
  return { key: "file", problem: `there is no file ${file}`, expected: `a number below ${files}` };
}

function corePeers({ role, ultrapeers }: GnutellaKitOptions, peers: number): number {
  if (role === "classic") return peers;
  return Math.min(peers, ultrapeers ?? Math.max(1, Math.floor(peers / 10)));
}

/** A topology may have hubs, and all its links are wanted. */
function linksMax(options: GnutellaKitOptions, peers: number): number {
  return options.linksMax ?? (options.links === 0 ? peers : 2 * options.links);
}

const CLASSIC_TTL = 7;
const ULTRAPEER_TTL = 4;
/** An ultrapeer of a scenario takes every leaf that comes: who may not come is no question here. */
const LEAVES_MAX = 1000;
/** Bytes of an address on the wire. */
const ADDRESS_BYTES = 6;

/** What somebody types who looks for this file. */
function wordsOf(name: string): string {
  return name.replace(/\.ogg$/, "");
}

class GnutellaNetwork implements ProtocolNetwork<GnutellaAction>, PeerWitness {
  private readonly setup: NetworkSetup<GnutellaKitOptions>;
  private readonly peers: GnutellaPeer[] = [];
  private readonly random: RandomStream;
  /** Operations by the id of their query. */
  private readonly queries = new Map<Guid, number>();
  /** The query that a node was given last, and whether it had it before. */
  private latest: { readonly peer: Address; readonly words: string; readonly isSecond: boolean } | undefined;
  private askedTwice: string | undefined;
  private unwantedHit: string | undefined;

  constructor(setup: NetworkSetup<GnutellaKitOptions>) {
    this.setup = setup;
    this.random = setup.world.random("gnutella/load");
  }

  // --- peers

  addPeer(): void {
    const number = this.peers.length;
    const added = new GnutellaPeer(this.setup.world, this);
    assert(added.address === number, "the numbers of peers are their addresses");
    this.peers.push(added);
    for (const file of this.setup.files.held[number] ?? []) added.files.share(this.setup.files.name(file));
  }

  makeNode(peer: StreamPeer<Message>, library: PeerFiles): GnutellaNode {
    const { options, peers } = this.setup;
    const role = this.roleOf(peer.address);
    const ttl = options.ttl ?? (role === "classic" ? CLASSIC_TTL : ULTRAPEER_TTL);
    return new GnutellaNode(
      peer.host,
      peer.port,
      library,
      {
        role,
        linksWanted: role === "leaf" ? options.leafLinks : options.links,
        linksMax: linksMax(options, peers),
        leavesMax: LEAVES_MAX,
        ttl,
        ttlMax: ttl,
        guid: newGuid(peer.host),
        userAgent: "Lab/1.0",
        firewalled: false,
        speedKbps: 1000,
        minimumSpeedKbps: 0,
        deflate: false,
        accepts: () => true,
        vendor: "SRVT",
        pings: options.pings,
      },
      {
        onHit: (self, search, hit) => this.onHit(self, search, hit),
        onPush: () => {},
        onLinkOpen: () => {},
        onLinkClosed: () => {},
        onDialFailed: () => {},
      },
    );
  }

  start(peer: number): void {
    this.peer(peer).start();
  }

  join(peer: number, via: number): void {
    this.peer(peer).start();
    this.link(peer, via);
  }

  leave(peer: number): void {
    this.peer(peer).leave();
  }

  crash(peer: number, keepsState: boolean): void {
    this.peer(peer).crash(keepsState);
  }

  isUp(peer: number): boolean {
    return this.peer(peer).node !== undefined;
  }

  link(one: number, other: number): void {
    this.peer(one).node?.connect(other);
  }

  isLinked(one: number, other: number): boolean {
    return this.peer(one).isLinked(other);
  }

  links(peer: number): number {
    return this.peer(peer).node?.openLinks ?? 0;
  }

  // --- load

  perform(action: GnutellaAction, peer: number): void {
    if (action.do === "share") {
      this.peer(peer).files.share(action.name);
      return;
    }
    const { operations, world } = this.setup;
    const { node } = this.peer(peer);
    assert(node !== undefined, "only a peer that is up asks");
    const search = node.search(this.wordsOf(action), undefined, action.ttl);
    this.queries.set(search, operations.begin("query", peer, world.now));
  }

  setHostile(peer: number, what: string | undefined): void {
    const known: Hostility | undefined = HOSTILITIES.find((each) => each === what);
    this.peer(peer).setHostile(known);
  }

  private wordsOf({ words, file }: Extract<GnutellaAction, { do: "query" }>): string {
    const { files } = this.setup;
    if (file === undefined) return words ?? "";
    if (file === "popular") return wordsOf(files.name(files.draw(this.random)));
    return wordsOf(files.name(file === "any" ? this.random.below(files.count) : file));
  }

  // --- what peers tell

  onQuery(peer: Address, query: Query): void {
    const operation = this.queries.get(query.header.id);
    if (operation === undefined) return;
    const isFirst = this.setup.operations.arrive(operation, peer, query.header.hops + 1);
    this.latest = { peer, words: query.text, isSecond: !isFirst };
  }

  onAsked(peer: Address, words: string): void {
    const { latest } = this;
    if (latest?.isSecond === true && latest.peer === peer && latest.words === words) {
      this.askedTwice = `peer ${peer} answered a query that it had before`;
    }
    this.latest = undefined;
  }

  private onHit(self: Address, search: Guid, hit: QueryHit): void {
    const operation = this.queries.get(search);
    if (operation === undefined) return;
    const { operations, world } = this.setup;
    const from = this.peers[hit.address];
    const isTrue = from !== undefined && hit.records.every(({ name }) => from.files.has(name));
    operations.answer(operation, hit.header.hops + 1, world.now, isTrue);
    if (operations.originOf(operation) !== self) this.unwantedHit = `peer ${self} was given a hit to another's query`;
  }

  // --- what is measured

  /** What it knows of others: their addresses, and the tables of its neighbours as maps. */
  stateBytes(peer: number): number {
    const { node } = this.peer(peer);
    if (node === undefined) return 0;
    let bytes = ADDRESS_BYTES * node.hosts.size;
    for (const { phase, tableIn } of node.neighbours()) {
      if (phase === "open") bytes += ADDRESS_BYTES + (tableIn?.table?.slots ?? 0) / 8;
    }
    return bytes;
  }

  counters(): Readonly<Record<string, number>> {
    let [expired, dropped, tooMuch] = [0, 0, 0];
    for (const { node } of this.peers) {
      if (node === undefined) continue;
      expired += node.counters.expired;
      tooMuch += node.counters.tooMuch;
      dropped += node.queueDropped;
    }
    return { expired, "queue.dropped": dropped, "work.refused": tooMuch };
  }

  checker(name: string): Checker {
    switch (name as (typeof CHECKERS)[number]) {
      case "asked-once":
        return { name, check: () => this.askedTwice };
      case "hits-wanted":
        return { name, check: () => this.unwantedHit };
      case "links-bounded":
        return { name, check: () => this.tooManyLinks() };
    }
  }

  private tooManyLinks(): string | undefined {
    const most = linksMax(this.setup.options, this.setup.peers);
    for (const [number, { node }] of this.peers.entries()) {
      let [leaves, others] = [0, 0];
      for (const { phase, facts } of node?.neighbours() ?? []) {
        if (phase !== "open") continue;
        if (facts.role === "leaf") leaves++;
        else others++;
      }
      if (leaves > LEAVES_MAX || others > most) return `peer ${number} has ${leaves + others} links`;
    }
    return undefined;
  }

  private roleOf(peer: Address): Role {
    if (this.setup.options.role === "classic") return "classic";
    return peer < this.setup.core ? "ultrapeer" : "leaf";
  }

  private peer(number: number): GnutellaPeer {
    const peer = this.peers[number];
    assert(peer !== undefined, "a peer's number is below their count");
    return peer;
  }
}
