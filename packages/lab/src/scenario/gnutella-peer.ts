// A Gnutella node in a scenario: stands between the world and the node, so that it can note what arrives, take the node away
// and bring it back, and misbehave. The node itself is the one that the product runs.
import { splitWords } from "@servent/overlay/base/words.ts";
import type { Address, Link, StreamNode } from "@servent/overlay/host/host.ts";
import type { GnutellaLibrary, SharedRecord } from "@servent/overlay/protocols/gnutella/answers.ts";
import { gnutellaCodec } from "@servent/overlay/protocols/gnutella/codec.ts";
import { newGuid } from "@servent/overlay/protocols/gnutella/guid.ts";
import { encodeTrailer } from "@servent/overlay/protocols/gnutella/hit-trailer.ts";
import type { KnownHost } from "@servent/overlay/protocols/gnutella/host-cache.ts";
import type { Message, Query } from "@servent/overlay/protocols/gnutella/messages.ts";
import { GnutellaNode } from "@servent/overlay/protocols/gnutella/node.ts";
import type { QueryRoutingTable } from "@servent/overlay/protocols/gnutella/query-routing.ts";
import type { StreamPeer } from "../engine/stream-peer.ts";
import type { World } from "../engine/world.ts";

/** What a hostile peer does: floods queries, answers everything, or swallows what it should pass on. */
export const HOSTILITIES = ["flood", "lie", "mute"] as const;
export type Hostility = (typeof HOSTILITIES)[number];

/** A timer beyond those of the node, for the flood. */
const FLOOD_TIMER = 15;
/** 200 queries a second: twice what a neighbour may cause. */
const FLOOD_EVERY_MS = 5;
/** What all peers of a network tell. */
export interface PeerWitness {
  /** A query came to a peer that is up. */
  onQuery(peer: Address, query: Query): void;
  /** A node asks its library because of the query that it was just given. */
  onAsked(peer: Address, words: string): void;
  makeNode(peer: StreamPeer<Message>, library: PeerFiles): GnutellaNode;
}

/** The names that a peer shares. */
export class PeerFiles implements GnutellaLibrary {
  version = 0;
  readonly busy = false;
  readonly kilobytes = 1;
  private readonly names: string[] = [];
  private readonly words: (readonly string[])[] = [];
  private readonly onAsked: (words: string) => void;

  constructor(onAsked: (words: string) => void) {
    this.onAsked = onAsked;
  }

  /** A peer that shares nothing is never asked; here every peer must see its queries. */
  get files(): number {
    return Math.max(1, this.names.length);
  }

  share(name: string): void {
    if (this.has(name)) return;
    this.names.push(name);
    this.words.push(splitWords(name));
    this.version++;
  }

  has(name: string): boolean {
    return this.names.includes(name);
  }

  match(words: string, _sha1s: readonly Uint8Array[], limit: number): readonly SharedRecord[] {
    this.onAsked(words);
    if (this.names.length === 0) return [];
    const wanted = splitWords(words);
    const found: SharedRecord[] = [];
    for (const [i, known] of this.words.entries()) {
      if (found.length === limit) break;
      if (!wanted.every((word) => known.includes(word))) continue;
      found.push({
        index: i + 1,
        name: this.names[i] as string,
        size: FILE_BYTES,
        sha1: undefined,
        tigerRoot: undefined,
      });
    }
    return found;
  }

  addWords(table: QueryRoutingTable): void {
    for (const words of this.words) for (const word of words) table.addWord(word);
  }
}

/** Nothing is fetched here, so one size does for all. */
const FILE_BYTES = 1000;

export class GnutellaPeer implements StreamNode<Message> {
  readonly files: PeerFiles;
  private readonly world: World;
  private readonly peer: StreamPeer<Message>;
  private readonly witness: PeerWitness;
  private running: GnutellaNode | undefined;
  /** What a node that went left behind for the next one. */
  private known: readonly KnownHost[] = [];
  private hostility: Hostility | undefined;

  constructor(world: World, witness: PeerWitness) {
    this.world = world;
    this.peer = world.peer<Message>(gnutellaCodec);
    this.witness = witness;
    this.files = new PeerFiles((words) => witness.onAsked(this.peer.address, words));
    // It is there from the start, so that its number is its address; but nobody can reach it yet.
    world.crash(this.peer);
  }

  get address(): Address {
    return this.peer.address;
  }

  /** Undefined while the peer is down. */
  get node(): GnutellaNode | undefined {
    return this.running;
  }

  start(): void {
    if (this.running !== undefined) return;
    this.world.restart(this.peer);
    const node = this.witness.makeNode(this.peer, this.files);
    this.running = node;
    this.peer.attach(this);
    for (const { address, ultrapeer } of this.known) node.hosts.learn(address, ultrapeer);
    node.start();
    this.setHostile(this.hostility);
  }

  /** Says goodbye, and is down. */
  leave(): void {
    this.running?.stop();
    this.crash(true);
  }

  crash(keepsState: boolean): void {
    if (this.running === undefined) return;
    this.known = keepsState ? this.running.hosts.list() : [];
    this.running = undefined;
    this.world.crash(this.peer);
  }

  setHostile(what: Hostility | undefined): void {
    this.hostility = what;
    if (what === "flood") this.peer.arm(FLOOD_TIMER, FLOOD_EVERY_MS);
    else this.peer.disarm(FLOOD_TIMER);
  }

  /** Whether a link with the other peer is open. */
  isLinked(to: Address): boolean {
    if (this.running === undefined) return false;
    for (const { phase, remote } of this.running.neighbours()) if (phase === "open" && remote === to) return true;
    return false;
  }

  onOpen(link: Link, remote: Address, inbound: boolean): void {
    this.running?.onOpen(link, remote, inbound);
  }

  onMessage(link: Link, message: Message): void {
    if (message.kind === "query") {
      this.witness.onQuery(this.peer.address, message);
      if (this.hostility === "lie") this.lie(link, message);
    }
    if (this.hostility === "mute" && (message.kind === "query" || message.kind === "hit")) return;
    this.running?.onMessage(link, message);
  }

  onMalformed(link: Link, problem: string): void {
    this.running?.onMalformed(link, problem);
  }

  onWritable(link: Link): void {
    this.running?.onWritable(link);
  }

  onClose(link: Link, reason: string): void {
    this.running?.onClose(link, reason);
  }

  onTimer(timer: number): void {
    if (timer === FLOOD_TIMER) this.flood();
    else this.running?.onTimer(timer);
  }

  /** Says that it has exactly what is asked for. */
  private lie(link: Link, { header, text }: Query): void {
    this.peer.send(link, {
      kind: "hit",
      header: { id: header.id, ttl: header.hops + 1, hops: 0 },
      address: this.peer.address,
      speedKbps: 1000,
      records: [{ index: 1, size: FILE_BYTES, name: `${text}.ogg`, latin1: false, extensions: NO_BYTES }],
      trailer: encodeTrailer({ vendor: "SRVT", push: false, busy: false, ggep: [] }),
      servent: newGuid(this.peer.host),
    });
  }

  private flood(): void {
    this.running?.search(`flood ${this.peer.u32()}`);
    this.peer.arm(FLOOD_TIMER, FLOOD_EVERY_MS);
  }
}

const NO_BYTES = new Uint8Array(0);
