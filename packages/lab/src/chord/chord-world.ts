// Rings of Chord nodes in a world: what the experiments and scenarios share. The first ring is ideal, filled by hand; whoever
// comes later joins through the protocol.
import type { Address } from "@servent/overlay/host/host.ts";
import { chordCodec } from "@servent/overlay/protocols/chord/codec.ts";
import { NumberSpace } from "@servent/overlay/protocols/chord/id-space.ts";
import type { LookupResult } from "@servent/overlay/protocols/chord/lookup.ts";
import type { Message, Peer } from "@servent/overlay/protocols/chord/messages.ts";
import { type ChordEvents, ChordNode } from "@servent/overlay/protocols/chord/node.ts";
import { OpenRoutes } from "@servent/overlay/protocols/chord/open-routes.ts";
import { type ChordOptions, USUAL_OPTIONS } from "@servent/overlay/protocols/chord/options.ts";
import { NO_PEER, Routes, type RoutesShape } from "@servent/overlay/protocols/chord/routes.ts";
import type { DatagramPeer } from "../engine/datagram-peer.ts";
import type { RandomStream } from "../engine/random.ts";
import type { World } from "../engine/world.ts";
import { chordPacking, keyOf } from "./chord-packing.ts";

/** 2^52 places: exact in doubles, and far more than peers squared. */
export const RING_BITS = 52;
export const ringSpace = new NumberSpace(RING_BITS);
const codec = chordCodec(ringSpace);

export interface ChordWorldOptions {
  /** Rows of the table: peers that can ever be. */
  readonly peersMax: number;
  readonly shape: RoutesShape;
  readonly node?: Partial<ChordOptions<number>>;
}

/** What the nodes of a world tell; an experiment sets what it wants to hear. */
export class ChordListener implements ChordEvents<number> {
  onLookup: (self: Address, result: LookupResult<number>) => void = () => {};
  onPhase: ChordEvents<number>["onPhase"] = () => {};
  onRecords: ChordEvents<number>["onRecords"] = () => {};
  onStored: ChordEvents<number>["onStored"] = () => {};
}

export class ChordWorld {
  readonly world: World;
  readonly routes: Routes<number>;
  readonly listener = new ChordListener();
  readonly nodes: ChordNode<number>[] = [];
  readonly peers: DatagramPeer<Message<number>>[] = [];
  private readonly openRoutes = new OpenRoutes<number>();
  private readonly options: ChordOptions<number>;

  constructor(world: World, { peersMax, shape, node = {} }: ChordWorldOptions) {
    this.world = world;
    this.options = { ...USUAL_OPTIONS, ...node };
    const cells = new Float64Array(2 * peersMax * Routes.places(shape));
    for (let at = 1; at < cells.length; at += 2) cells[at] = NO_PEER;
    this.routes = new Routes(ringSpace, shape, { ids: cells, addresses: cells, areInterleaved: true });
    const { routes } = this;
    const words = new Int32Array(cells.buffer);
    // A place is two doubles, four words. Whatever the message is, its image has the double of a key's there, if any.
    const rowWords = 4 * routes.width;
    world.shares({
      words,
      rowWords,
      placeOf: (to, _i32, f64, at) => to * rowWords + 4 * routes.likelyPlace(to, keyOf(f64, at)),
    });
  }

  /** A peer with its node, in no ring yet. Its row is its address. */
  add(id: number): ChordNode<number> {
    const peer = this.world.datagramPeer(codec, chordPacking);
    const node = this.nodeOf(peer, id);
    peer.attach(node);
    this.peers.push(peer);
    this.nodes.push(node);
    return node;
  }

  /** A new node, with nothing, for a peer that started again. Whoever calls it attaches it. */
  renew(row: number): ChordNode<number> {
    const peer = this.peers[row] as DatagramPeer<Message<number>>;
    const old = this.nodes[row] as ChordNode<number>;
    // Its lookups will never be answered.
    this.openRoutes.cancel(old);
    const node = this.nodeOf(peer, old.id);
    this.nodes[row] = node;
    return node;
  }

  /** So many peers with random ids, in no ring yet. */
  addMany(peers: number, random: RandomStream): void {
    for (let i = 0; i < peers; i++) this.add(randomId(random));
  }

  private nodeOf(peer: DatagramPeer<Message<number>>, id: number): ChordNode<number> {
    const { host, port, address: row } = peer;
    this.routes.clear(row);
    return new ChordNode(host, port, ringSpace, this.routes, row, id, this.options, this.listener, this.openRoutes);
  }

  /** Fills the tables of all nodes as if they had always been there. Says who is where. */
  fillIdeal(): Ring {
    const ring = new Ring(this.nodes);
    const { routes } = this;
    const { shape } = routes;
    for (let rank = 0; rank < ring.size; rank++) {
      const row = ring.peer(rank).address;
      routes.setPredecessor(row, ring.peer(rank - 1));
      routes.setSuccessors(
        row,
        Array.from({ length: shape.successors }, (_, i) => ring.peer(rank + 1 + i)),
      );
      const id = ring.peer(rank).id;
      for (let exponent = RING_BITS - 1; exponent >= routes.leastExponent; exponent--) {
        routes.setFinger(row, exponent, ring.owner(ringSpace.ahead(id, exponent)));
      }
    }
    return ring;
  }
}

/** The members of an ideal ring in the order of their ids: the oracle that knows every owner. */
export class Ring {
  private readonly ids: Float64Array;
  private readonly addresses: Int32Array;

  constructor(nodes: readonly ChordNode<number>[]) {
    const ids = Float64Array.from(nodes, ({ id }) => id);
    const order = Int32Array.from(nodes.keys());
    order.sort((a, b) => (ids[a] as number) - (ids[b] as number));
    this.ids = Float64Array.from(order, (at) => ids[at] as number);
    this.addresses = Int32Array.from(order, (at) => (nodes[at] as ChordNode<number>).self.address);
  }

  get size(): number {
    return this.ids.length;
  }

  /** The member of a rank; ranks go around. */
  peer(rank: number): Peer<number> {
    const at = ((rank % this.size) + this.size) % this.size;
    return { id: this.ids[at] as number, address: this.addresses[at] as number };
  }

  /** The rank of the first member at or after a key. */
  rankOf(key: number): number {
    let low = 0;
    let high = this.size;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.ids[middle] as number) < key) low = middle + 1;
      else high = middle;
    }
    return low === this.size ? 0 : low;
  }

  owner(key: number): Peer<number> {
    return this.peer(this.rankOf(key));
  }
}

export function randomId(random: RandomStream): number {
  return random.u32() * 2 ** (RING_BITS - 32) + (random.u32() >>> (64 - RING_BITS));
}
