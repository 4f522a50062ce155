// A world with one introducer and peers that come and go, and a record of whom it named to whom.
import { assert } from "@servent/overlay/base/assert.ts";
import type { Address, Millis } from "@servent/overlay/host/host.ts";
import { introducerCodec } from "@servent/overlay/protocols/introducer/codec.ts";
import { DESK_TIMER } from "@servent/overlay/protocols/introducer/desk.ts";
import type { IntroducedPeer, Message } from "@servent/overlay/protocols/introducer/messages.ts";
import { IntroducerNode } from "@servent/overlay/protocols/introducer/node.ts";
import type { StreamPeer } from "../engine/stream-peer.ts";
import { type Fidelity, World } from "../engine/world.ts";
import type { Latency } from "../network/latency.ts";
import { EdgeList, type Graph } from "../topology/graph.ts";
import { type IntroducedPeerEvents, IntroducedPeerNode } from "./introduced-peer.ts";

export interface IntroducerWorldOptions {
  readonly seed: string;
  readonly fidelity: Fidelity;
  readonly latency: Latency;
  readonly linksWanted: number;
  readonly linksMax: number;
  readonly count: number;
}

/** What the introducer said, and how true it was. */
export interface Said {
  /** Newcomers that were named somebody, from the one on from which they count. */
  newcomers: number;
  /** For each peer how many of them were told of it … */
  readonly given: Map<Address, number>;
  /** … and how many would have been, if each answer had been drawn by lot among all that could be named. */
  readonly fair: Map<Address, number>;
  /** Newcomers that came in its time. */
  readonly inItsTime: Map<Address, number>;
  /** Peers named in all answers, those that were gone, how long the longest of these had been, and those that nobody can dial. */
  named: number;
  namedGone: number;
  goneLongestMs: Millis;
  namedUndialable: number;
}

const NETWORK = "gnutella/classic";
/** Goodbyes are through by then. */
const GOODBYE_MS = 2000;
/** Address 0 would read 0.0.0.0:0, which is nobody, and only numbers below 2^16 can stand for a port too. */
export const PEERS_MAX = 65_000;

export class IntroducerWorld implements IntroducedPeerEvents {
  readonly world: World;
  readonly introducer: IntroducerNode;
  readonly said: Said = {
    newcomers: 0,
    given: new Map(),
    fair: new Map(),
    inItsTime: new Map(),
    named: 0,
    namedGone: 0,
    goneLongestMs: 0,
    namedUndialable: 0,
  };
  /** Newcomers before this one are not counted: the first find next to nobody, so each of these is given to all. */
  countFrom = 0;
  /** Peers that ever came. */
  joined = 0;
  private readonly options: IntroducerWorldOptions;
  private readonly introducerAddress: Address;
  private readonly peers = new Map<
    Address,
    { readonly peer: StreamPeer<Message>; readonly node: IntroducedPeerNode }
  >();
  private readonly goneAt = new Map<Address, Millis>();
  /** Said goodbye; their programs end a moment later. */
  private readonly ending: { readonly peer: StreamPeer<Message>; readonly at: Millis }[] = [];
  private readonly undialable = new Set<Address>();
  /** What a peer that was there all the time would have got by lot. */
  private fairSum = 0;
  /** That, and the newcomers, when each peer came. */
  private readonly before = new Map<Address, { readonly fairSum: number; readonly newcomers: number }>();
  /** Those whose first answer is still to come. */
  private readonly fresh = new Set<Address>();

  constructor(options: IntroducerWorldOptions) {
    this.options = options;
    const { seed, fidelity, latency } = options;
    this.world = new World({ seed, fidelity, latency, timersMax: DESK_TIMER + 1 });
    this.world.peer(introducerCodec);
    const peer = this.world.peer(introducerCodec);
    this.introducerAddress = peer.address;
    this.introducer = new IntroducerNode(peer.host, peer.port, { networks: [NETWORK], mayList: () => true });
    peer.attach(this.introducer);
    this.introducer.start();
  }

  /** Peers that are there, in the order in which they came. */
  get present(): Address[] {
    return [...this.peers.keys()];
  }

  /** A newcomer, which knows the introducer and nobody else. `isDialable`: others can connect to it. */
  join(isDialable: boolean): Address {
    assert(this.joined < PEERS_MAX, "no more peers than there are addresses that can stand for a port too");
    this.endPrograms();
    const peer = this.world.peer(introducerCodec, { dialable: isDialable });
    const { linksWanted, linksMax, count } = this.options;
    const port = peer.address;
    const introducer = this.introducerAddress;
    const node = new IntroducedPeerNode(
      peer.host,
      peer.port,
      { network: NETWORK, introducer, port, linksWanted, linksMax, count },
      this,
    );
    peer.attach(node);
    this.peers.set(peer.address, { peer, node });
    this.fresh.add(peer.address);
    this.before.set(peer.address, { fairSum: this.fairSum, newcomers: this.said.newcomers });
    if (!isDialable) this.undialable.add(peer.address);
    this.joined++;
    node.start();
    return peer.address;
  }

  /** The peer ends: with a goodbye, or without a word. */
  leave(address: Address, isPolite: boolean): void {
    const found = this.peers.get(address);
    if (found === undefined) return;
    this.peers.delete(address);
    this.fresh.delete(address);
    this.goneAt.set(address, this.world.now);
    this.sumUp(address);
    this.endPrograms();
    if (!isPolite) {
      this.world.crash(found.peer);
      return;
    }
    found.node.stop();
    this.ending.push({ peer: found.peer, at: this.world.now + GOODBYE_MS });
  }

  onNamed(self: Address, named: readonly IntroducedPeer[]): void {
    const { said } = this;
    const isFirst = this.fresh.delete(self);
    const isCounted = isFirst && this.joined > this.countFrom;
    if (isCounted) {
      said.newcomers++;
      const ready = this.introducer.desk.numbers()[0]?.ready ?? 0;
      this.fairSum += named.length / Math.max(ready, named.length);
    }
    for (const { address } of named) {
      said.named++;
      if (this.undialable.has(address)) said.namedUndialable++;
      const goneAt = this.goneAt.get(address);
      if (goneAt !== undefined) {
        said.namedGone++;
        said.goneLongestMs = Math.max(said.goneLongestMs, this.world.now - goneAt);
      }
      if (isCounted) said.given.set(address, (said.given.get(address) ?? 0) + 1);
    }
  }

  /** Call at the end: what those that are still there got. */
  sumUpAll(): void {
    for (const address of this.peers.keys()) this.sumUp(address);
  }

  /** Who is linked with whom at this moment; the numbers of the nodes are places in `present`. */
  graph(): Graph {
    const numbers = new Map(this.present.map((address, number) => [address, number]));
    const edges = new EdgeList(numbers.size);
    for (const [address, { node }] of this.peers) {
      const own = numbers.get(address) as number;
      // Each link is known at both ends; an end that hears of it later is not counted.
      const others = new Set([...node.linked()].flatMap((other) => numbers.get(other) ?? []));
      for (const other of others) if (other > own && this.isLinkedBack(other, address)) edges.add(own, other);
    }
    return edges.graph();
  }

  private endPrograms(): void {
    for (let next = this.ending[0]; next !== undefined && next.at <= this.world.now; next = this.ending[0]) {
      this.world.crash(next.peer);
      this.ending.shift();
    }
  }

  private sumUp(address: Address): void {
    const before = this.before.get(address);
    if (before === undefined) return;
    this.said.fair.set(address, this.fairSum - before.fairSum);
    this.said.inItsTime.set(address, this.said.newcomers - before.newcomers);
  }

  private isLinkedBack(number: number, address: Address): boolean {
    const other = this.present[number];
    const node = other === undefined ? undefined : this.peers.get(other)?.node;
    return node !== undefined && [...node.linked()].includes(address);
  }
}
