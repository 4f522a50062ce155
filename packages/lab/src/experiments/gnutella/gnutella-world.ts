// A world of Gnutella nodes, as every experiment with them begins: the product's own nodes with one shared memory, a catalogue of
// files to share and to look for, and what came of each search.
import { assert } from "@servent/overlay/base/assert.ts";
import type { Address, Millis } from "@servent/overlay/host/host.ts";
import { gnutellaCodec } from "@servent/overlay/protocols/gnutella/codec.ts";
import { newGuid } from "@servent/overlay/protocols/gnutella/guid.ts";
import type { Role } from "@servent/overlay/protocols/gnutella/handshake.ts";
import type { Guid, Message, QueryHit } from "@servent/overlay/protocols/gnutella/messages.ts";
import { type GnutellaEvents, GnutellaNode } from "@servent/overlay/protocols/gnutella/node.ts";
import type { GnutellaOptions } from "@servent/overlay/protocols/gnutella/options.ts";
import type { StreamPeer } from "../../engine/stream-peer.ts";
import { type Traffic, World } from "../../engine/world.ts";
import type { Latency } from "../../network/latency.ts";
import { degreeOf, EdgeList, type Graph, neighboursOf } from "../../topology/graph.ts";
import type { Fidelity } from "../../engine/world.ts";
import { type Catalogue, Shelf } from "./catalogue.ts";
import { runLengthZlib } from "./run-length-zlib.ts";
import { SharedMemory } from "./shared-memory.ts";

export interface GnutellaWorldOptions {
  readonly seed: string;
  readonly fidelity: Fidelity;
  readonly latency: Latency;
  readonly catalogue: Catalogue;
}

/** What peers of one kind have in common. */
export interface Tier {
  readonly role: Role;
  /** Neighbours to look for; 0: only those that it is linked with. */
  readonly linksWanted: number;
  readonly linksMax: number;
  readonly leavesMax: number;
  readonly ttl: number;
  readonly pings?: GnutellaOptions["pings"];
  readonly pingEveryMs?: Millis;
  readonly hostsMax?: number;
}

/** What a search has found so far. */
export interface Search {
  readonly file: number;
  readonly startedAt: Millis;
  /** Files in the hits that came. */
  records: number;
  /** Hits that came, and when the first did. */
  answers: number;
  firstAt: Millis;
}

export type Counters = GnutellaNode["counters"];

/** Timers of a node; each takes four bytes a peer. */
const TIMERS = 4;
/** A query, its hits and all copies of them are over in seconds, whatever the latency. */
const ROUTES_MS = 30_000;
/** The first peer has number 1 for an address: 0 would read 0.0.0.0:0 in a header, which is nobody. */
const FIRST = 1;
/** All links of a graph are open within this, or never. */
const LINKING_MS = 120_000;

export class GnutellaWorld implements GnutellaEvents {
  readonly world: World;
  readonly catalogue: Catalogue;
  readonly memory = new SharedMemory({ periodMs: ROUTES_MS });
  /** By number from 0; undefined while the peer is away. A peer's address is one more than its number. */
  readonly nodes: (GnutellaNode | undefined)[] = [];
  /** Records that each peer's hits brought to somebody who had asked, by number. */
  readonly given: number[] = [];
  private readonly peers: StreamPeer<Message>[] = [];
  private readonly shelves: Shelf[] = [];
  private readonly tiers: Tier[] = [];
  private readonly searches = new Map<Guid, Search>();
  /** Counters of nodes that are gone. */
  private readonly past: Partial<Counters> = {};

  constructor({ seed, fidelity, latency, catalogue }: GnutellaWorldOptions) {
    this.world = new World({ seed, fidelity, latency, timersMax: TIMERS });
    this.catalogue = catalogue;
    for (let i = 0; i < FIRST; i++) this.world.peer(gnutellaCodec);
  }

  get size(): number {
    return this.peers.length;
  }

  /** A peer that shares these files; it does nothing before it is started. Answers its number. */
  add(tier: Tier, held: Int32Array): number {
    const number = this.peers.length;
    const peer = this.world.peer(gnutellaCodec);
    assert(peer.address === number + FIRST, "a world of Gnutella nodes has no other peers");
    this.peers.push(peer);
    this.shelves.push(new Shelf(this.catalogue, held));
    this.tiers.push(tier);
    this.given.push(0);
    this.nodes.push(undefined);
    this.place(number);
    return number;
  }

  node(number: number): GnutellaNode {
    const node = this.nodes[number];
    assert(node !== undefined, "the peer is there");
    return node;
  }

  shelf(number: number): Shelf {
    return this.shelves[number] as Shelf;
  }

  addressOf(number: number): Address {
    return number + FIRST;
  }

  numberOf(address: Address): number {
    return address - FIRST;
  }

  /** The peer's program ends: its links break, and what it knew is gone. */
  crash(number: number): void {
    const { counters } = this.node(number);
    for (const [name, count] of entriesOf(counters)) this.past[name] = (this.past[name] ?? 0) + count;
    this.world.crash(this.peers[number] as StreamPeer<Message>);
    this.nodes[number] = undefined;
  }

  /** It is there again, with the files that it had and nothing else; not yet started. */
  restart(number: number): void {
    this.world.restart(this.peers[number] as StreamPeer<Message>);
    this.place(number);
  }

  /** Starts all nodes and links them as the graph says. False: some link did not open. */
  link(graph: Graph): boolean {
    assert(graph.nodes === this.size, "every node of the graph is a peer");
    for (const node of this.nodes) node?.start();
    for (let from = 0; from < graph.nodes; from++) {
      for (const to of neighboursOf(graph, from)) {
        // Whoever has more links dials: a peer takes few calls at once, but makes as many as it likes.
        const more = degreeOf(graph, from) - degreeOf(graph, to);
        if (more > 0 || (more === 0 && from < to)) this.node(from).connect(this.addressOf(to));
      }
    }
    const isLinked = (): boolean => this.nodes.every((node, i) => node?.openLinks === degreeOf(graph, i));
    for (let ms = 0; ms < LINKING_MS && !isLinked(); ms += 1000) this.world.runFor(1000);
    return isLinked();
  }

  /** The open links between peers that are there, as a graph. */
  graph(): Graph {
    const edges = new EdgeList(this.size);
    for (const [number, node] of this.nodes.entries()) {
      for (const neighbour of node?.neighbours() ?? []) {
        if (neighbour.phase !== "open") continue;
        // A peer that was dialled knows where the other listens, which here is where it dials from.
        const other = this.numberOf(neighbour.remote);
        if (number < other && this.nodes[other] !== undefined) edges.add(number, other);
      }
    }
    return edges.graph();
  }

  /** Asks for a file as somebody would who knows its name. */
  search(number: number, file: number, ttl?: number): Search {
    const search: Search = { file, startedAt: this.world.now, records: 0, answers: 0, firstAt: 0 };
    this.searches.set(this.node(number).search(this.catalogue.query(file), undefined, ttl), search);
    return search;
  }

  /** Searches that began before then are over. */
  forgetSearches(before: Millis): void {
    for (const [id, { startedAt }] of this.searches) {
      if (startedAt >= before) return;
      this.searches.delete(id);
    }
  }

  /** Sums over all nodes, those that are gone included. */
  totals(): Counters {
    const sums = { ...this.node(this.nodes.findIndex((node) => node !== undefined)).counters };
    const names = entriesOf(sums).map(([name]) => name);
    for (const name of names) sums[name] = this.past[name] ?? 0;
    for (const node of this.nodes) {
      if (node !== undefined) for (const name of names) sums[name] += node.counters[name];
    }
    return sums;
  }

  sent(kind: string): Traffic {
    return this.world.sent().get(kind) ?? NOTHING;
  }

  // --- what nodes tell

  onHit(_self: Address, id: Guid, hit: QueryHit): void {
    const search = this.searches.get(id);
    if (search === undefined) return;
    if (search.answers++ === 0) search.firstAt = this.world.now;
    search.records += hit.records.length;
    const giver = this.numberOf(hit.address);
    this.given[giver] = (this.given[giver] ?? 0) + hit.records.length;
  }

  onPush(): void {}

  onLinkOpen(): void {}

  onLinkClosed(): void {}

  onDialFailed(): void {}

  private place(number: number): void {
    const peer = this.peers[number] as StreamPeer<Message>;
    const { linksWanted, linksMax, leavesMax, role, ttl, pings, pingEveryMs, hostsMax } = this.tiers[number] as Tier;
    const options: GnutellaOptions = {
      role,
      linksWanted,
      linksMax,
      leavesMax,
      ttl,
      ttlMax: ttl,
      guid: newGuid(peer.host),
      userAgent: "Lab/1.0",
      firewalled: false,
      speedKbps: 1000,
      minimumSpeedKbps: 0,
      deflate: false,
      zlib: runLengthZlib,
      accepts: anybody,
      vendor: "SRVT",
      ...(pings === undefined ? {} : { pings }),
      ...(pingEveryMs === undefined ? {} : { pingEveryMs }),
      ...(hostsMax === undefined ? {} : { hostsMax }),
    };
    const memory = this.memory.of(peer.address);
    const node = new GnutellaNode(peer.host, peer.port, this.shelf(number), options, this, memory);
    peer.attach(node);
    this.nodes[number] = node;
  }
}

const NOTHING: Traffic = { messages: 0, bytes: 0 };

function anybody(): boolean {
  return true;
}

function entriesOf(counters: Counters): [keyof Counters, number][] {
  return Object.entries(counters) as [keyof Counters, number][];
}
