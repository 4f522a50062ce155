// Chord in scenarios: peers that join a ring one after another, look up keys, come and go.
import type { Address, DatagramNode } from "@servent/overlay/host/host.ts";
import type { LookupResult } from "@servent/overlay/protocols/chord/lookup.ts";
import type { Kind, Message } from "@servent/overlay/protocols/chord/messages.ts";
import type { ChordNode } from "@servent/overlay/protocols/chord/node.ts";
import { sha1 } from "@servent/overlay/base/sha1.ts";
import { utf8Encode } from "@servent/overlay/base/bytes.ts";
import { ChordWorld, randomId, Ring, ringSpace } from "../chord/chord-world.ts";
import { lonelyMember } from "../chord/ring-invariants.ts";
import type { DatagramPeer } from "../engine/datagram-peer.ts";
import type { RandomStream } from "../engine/random.ts";
import type { Checker } from "./checkers.ts";
import { about, choice, type Described, flag, object, optional, text, whole, withDefault } from "./description.ts";
import { time } from "./faults.ts";
import type { NetworkSetup, ProtocolKit, ProtocolNetwork } from "./protocol-kit.ts";

const optionFields = {
  upkeep: about(
    "As published in 2001, or with Zave's repairs.",
    withDefault(choice(["repaired", "original"]), "repaired", "repaired"),
  ),
  successors: about("Length of the successor lists.", withDefault(whole(1, 32), 8, 8)),
  fingers: about("Distances that have a finger, from the largest down.", withDefault(whole(1, 52), 24, 24)),
  round: about(
    "Mean time between two rounds of stabilization; each is drawn from half of it to half as much again.",
    withDefault(time, 10_000, "10s"),
  ),
  timeout: about("How long a question waits for its answer.", withDefault(time, 1000, "1s")),
  tries: about("Times that a question is sent.", withDefault(whole(1, 10), 2, 2)),
};

export type ChordKitOptions = Described<typeof chordOptions>;
const chordOptions = object(optionFields);

const lookupFields = {
  key: about("The text whose hash is looked up; a random key where absent.", optional(text(200))),
  recursive: about("Each node sends the question on, instead of answering.", withDefault(flag(), false, false)),
};

export type ChordAction = { readonly do: "lookup" } & {
  readonly [K in keyof typeof lookupFields]: Described<(typeof lookupFields)[K]>;
};

const MESSAGE_KINDS: readonly Kind[] = [
  "ping",
  "pong",
  "ask-neighbours",
  "neighbours",
  "busy",
  "notify",
  "look-again",
  "find",
  "found",
  "route",
  "arrived",
  "leave",
  "fetch",
  "records",
  "store",
  "stored",
];

/** What a hostile peer does: says nothing, or that it owns whatever it is asked for. */
const HOSTILITIES = ["mute", "claim"] as const;
type Hostility = (typeof HOSTILITIES)[number];

export const chordKit: ProtocolKit<ChordKitOptions, ChordAction> = {
  name: "chord",
  summary: "Chord: every key has an owner on a ring, and a lookup finds it in about half of log2 n steps",
  messageKinds: MESSAGE_KINDS,
  // Fingers are refreshed by lookups too, so iterative ones cannot be told from the background.
  loadKinds: ["route", "arrived"],
  options: chordOptions,
  actions: { lookup: lookupFields },
  hostilities: HOSTILITIES,
  checkers: ["living-successor"],
  corePeers: (_options, peers) => peers,
  actionProblem: () => undefined,
  open: (setup) => new ChordNetwork(setup),
};

/** Of an id of 20 bytes and an address of 6. */
const POINTER_BYTES = 26;

class ChordNetwork implements ProtocolNetwork<ChordAction> {
  private readonly setup: NetworkSetup<ChordKitOptions>;
  private readonly chord: ChordWorld;
  private readonly seats: Seat[] = [];
  private readonly ids: RandomStream;
  private readonly keys: RandomStream;
  /** Operations by who looks up, and the number that its node gave. */
  private readonly lookups = new Map<Address, Map<number, number>>();

  constructor(setup: NetworkSetup<ChordKitOptions>) {
    const { world, peers, options } = setup;
    this.setup = setup;
    this.ids = world.random("chord/ids");
    this.keys = world.random("chord/keys");
    const { successors, fingers, upkeep, round, timeout: timeoutMs, tries } = options;
    const roundMs = [Math.ceil(round / 2), Math.ceil((3 * round) / 2)] as const;
    this.chord = new ChordWorld(world, {
      peersMax: peers,
      shape: { successors, fingers },
      node: { upkeep, roundMs, timeoutMs, tries },
    });
    this.chord.listener.onLookup = (self, result) => this.onLookup(self, result);
  }

  // --- peers

  addPeer(): void {
    this.chord.add(randomId(this.ids));
    const number = this.seats.length;
    const peer = this.chord.peers[number] as Seat["peer"];
    this.seats.push(new Seat(peer));
    // It is there from the start, so that its number is its address; but nobody can reach it yet.
    this.setup.world.crash(peer);
  }

  start(peer: number): void {
    this.wake(peer).create();
  }

  join(peer: number, via: number): void {
    this.wake(peer).join(via);
  }

  leave(peer: number): void {
    // It goes when its neighbours have asked it whether that is so; until then it answers nobody else.
    this.lookups.delete(peer);
    this.node(peer).leave();
  }

  crash(peer: number): void {
    this.lookups.delete(peer);
    this.setup.world.crash(this.seat(peer).peer);
  }

  isUp(peer: number): boolean {
    return this.seat(peer).peer.alive && this.node(peer).phase !== "out" && this.node(peer).phase !== "leaving";
  }

  link(one: number, other: number): void {
    this.node(one).meet(other);
  }

  isLinked(one: number, other: number): boolean {
    return this.known(one).has(other);
  }

  links(peer: number): number {
    return this.known(peer).size;
  }

  // --- load

  perform({ key: text, recursive }: ChordAction, peer: number): void {
    const node = this.node(peer);
    const key = text === undefined ? randomId(this.keys) : ringSpace.fromHash(sha1(utf8Encode(text)));
    const number = recursive ? node.route(key) : node.lookup(key);
    const mine = this.lookups.get(peer) ?? new Map<number, number>();
    this.lookups.set(peer, mine);
    mine.set(number, this.setup.operations.begin("lookup", peer, this.setup.world.now));
  }

  setHostile(peer: number, what: string | undefined): void {
    this.seat(peer).hostility = HOSTILITIES.find((each) => each === what);
  }

  private onLookup(self: Address, { number, key, owner, hops }: LookupResult<number>): void {
    const mine = this.lookups.get(self);
    const operation = mine?.get(number);
    if (operation === undefined) return;
    mine?.delete(number);
    const { operations, world } = this.setup;
    if (owner === undefined) operations.fail(operation);
    else operations.answer(operation, hops, world.now, new Ring(this.members()).owner(key).address === owner.address);
  }

  // --- what is measured

  stateBytes(peer: number): number {
    return POINTER_BYTES * this.known(peer).size;
  }

  counters(): Readonly<Record<string, number>> {
    const phases = this.seats.map((_, peer) => this.node(peer).phase);
    return { members: this.members().length, joining: phases.filter((phase) => phase === "joining").length };
  }

  checker(name: string): Checker {
    return { name, check: () => lonelyMember(this.members()) };
  }

  private members(): ChordNode<number>[] {
    return this.chord.nodes.filter((node, peer) => this.seat(peer).peer.alive && node.phase === "member");
  }

  /** Everybody whom it has a pointer to, itself apart. */
  private known(peer: number): Set<Address> {
    const { successors, predecessor, routes, row } = this.node(peer);
    const all = [...successors, ...routes.fingers(row), predecessor].map((each) => each?.address ?? peer);
    return new Set(all.filter((address) => address !== peer));
  }

  private wake(peer: number): ChordNode<number> {
    const seat = this.seat(peer);
    if (seat.peer.alive) this.setup.world.crash(seat.peer);
    this.setup.world.restart(seat.peer);
    const node = this.chord.renew(peer);
    seat.node = node;
    seat.peer.attach(seat);
    return node;
  }

  private node(peer: number): ChordNode<number> {
    return this.chord.nodes[peer] as ChordNode<number>;
  }

  private seat(peer: number): Seat {
    return this.seats[peer] as Seat;
  }
}

/** Stands between the world and a node, so that the node can be replaced, and misbehave. */
class Seat implements DatagramNode<Message<number>> {
  readonly peer: DatagramPeer<Message<number>>;
  node: ChordNode<number> | undefined;
  hostility: Hostility | undefined;

  constructor(peer: DatagramPeer<Message<number>>) {
    this.peer = peer;
  }

  onMessage(from: Address, message: Message<number>): void {
    if (this.hostility === "mute") return;
    if (this.hostility === "claim" && message.kind === "find" && this.node !== undefined) {
      const { token } = message;
      this.peer.send(from, { kind: "found", token, isOwner: true, peers: [this.node.self] });
      return;
    }
    this.node?.onMessage(from, message);
  }

  onTimer(timer: number): void {
    this.node?.onTimer(timer);
  }

  warm(): number {
    return this.node?.warm() ?? 0;
  }
}
