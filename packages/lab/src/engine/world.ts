// A world of peers in memory: virtual time, modelled lines, one seed. It carries what the nodes send and calls them when it
// arrives, in one total order; the same seed gives the same run, and the digest proves it.
import { assert } from "@servent/overlay/base/assert.ts";
import type { Address, DatagramCodec, Millis, StreamCodec } from "@servent/overlay/host/host.ts";
import { CalendarQueue, RECORD_WORDS, TICK_MAX } from "./calendar-queue.ts";
import { type Carriage, DatagramPeer } from "./datagram-peer.ts";
import { DATAGRAM, DIAL, ENDED, PACKED, REFUSED, TIMER } from "./event-kinds.ts";
import { BYTES, GENERATION, HASH, IMAGE, PAYLOAD, SUBJECT, THROUGH, TO, TYPE } from "./event-record.ts";
import { FetchAhead, type SharedRows } from "./fetch-ahead.ts";
import { constant, type Latency } from "../network/latency.ts";
import { DIALLING, EXPECTED, LinkEnds, OPEN } from "./link-ends.ts";
import type { DatagramFaults } from "../network/datagram-faults.ts";
import { DROPPED, type Rates } from "../network/rates.ts";
import { type Packing, PACKING_WORDS } from "./packing.ts";
import type { Peer, Seated } from "./peer.ts";
import { PeerTable } from "./peer-table.ts";
import { hashText, RandomStream } from "./random.ts";
import { StreamPeer, type StreamPeerOptions } from "./stream-peer.ts";
import { TraceDigest } from "./trace-digest.ts";

/**
 * `wire`: every message is encoded and decoded again, and its size checked. `message`: the object is handed over and its size
 * charged. Both make the same decisions.
 */
export type Fidelity = "wire" | "message";

export interface WorldOptions {
  readonly seed: number | string;
  /** 10 ms for everybody where absent. */
  readonly latency?: Latency;
  readonly fidelity?: Fidelity;
  /** Share of datagrams that vanish, 0 … 1. Streams lose nothing. */
  readonly loss?: number;
  /** What a link carries in each direction, bytes per millisecond; no limit where absent. */
  readonly bytesPerMs?: number;
  /** What else happens to datagrams: some arrive twice, some late. */
  readonly faults?: DatagramFaults;
  /** What each peer's line carries, for all that it sends and receives together; no limit where absent. */
  readonly lines?: Rates;
  /** Queued bytes of a link from which on `send` answers false. */
  readonly markBytes?: number;
  /** Timers are numbered from 0 to one less. */
  readonly timersMax?: number;
  /** 1 where absent; a power of two up to 1024 for worlds in which bandwidth is studied. Nodes see whole milliseconds all the same. */
  readonly ticksPerMs?: number;
  /** Freezes every message deeply when it is sent, so that changing it later throws. For tests; costs time. */
  readonly freeze?: boolean;
}

export interface Traffic {
  readonly messages: number;
  readonly bytes: number;
}

/** A peer's own clock: it showed `local` at the world's time `since`. */
interface LocalClock {
  readonly since: Millis;
  readonly local: Millis;
  readonly rate: number;
}

interface Counter {
  readonly kind: string;
  /** Stands for the kind in the digest. */
  readonly hash: number;
  readonly sum: { messages: number; bytes: number };
}

/** What is delivered: `from` is the sender, or the number of a timer; `message` is undefined where the event carries none. */
export type Tracer = (
  tick: number,
  type: number,
  to: Address,
  from: number,
  message: string | undefined,
  bytes: number,
) => void;

/** FNV's prime, and what undoes it modulo 2^32. */
const HASH_FACTOR = 0x01000193;
const HASH_INVERSE = 0x359c449b;

/** No protocol has larger ones; so the kind of a message can be told from its hash. */
const MESSAGE_BYTES_MAX = 1 << 20;

const LATENCY_MS = 10;

/** As on sockets, so that a node meets back-pressure at the same place. */
const MARK_BYTES = 96 * 1024;

const TIMERS_MAX = 16;

const NO_PAYLOAD = -1;

export class World {
  readonly fidelity: Fidelity;
  readonly markBytes: number;
  readonly bytesPerMs: number;
  readonly ends = new LinkEnds();
  readonly faults: DatagramFaults | null;
  readonly lines: Rates | null;
  /** Datagrams that were larger than their codec allows. */
  datagramsRefused = 0;
  datagramsLost = 0;
  /** Events delivered, timers included. */
  events = 0;

  private readonly seed: string;
  private readonly latency: Latency;
  private readonly latencyRandom: RandomStream;
  private readonly lossRandom: RandomStream;
  private readonly faultRandom: RandomStream;
  /** A datagram whose draw is below is lost. */
  private lossBelow = 0;
  private readonly freeze: boolean;
  private readonly ticksPerMs: number;
  private readonly msPerTick: number;

  private readonly queue = new CalendarQueue();
  private readonly trace = new TraceDigest();
  private readonly table: PeerTable;
  /** The latest: mostly all peers of a world speak the same. */
  private carriage: Carriage<never> | null = null;
  private readonly timersMax: number;
  private readonly payloads: unknown[] = [];
  private readonly freePayloads: number[] = [];
  /** Events that are not timers. */
  private inFlight = 0;
  private readonly traffic = new Map<string, Traffic>();
  private readonly counters = new Map<string, Counter>();
  private lastCounter: Counter = { kind: "", hash: 0, sum: { messages: 0, bytes: 0 } };
  /** Where a message is packed before it is known to have an image. */
  private readonly image = new Int32Array(PACKING_WORDS + 1);
  private readonly imageDoubles = new Float64Array(this.image.buffer);
  // Faults. Null while there are none, so that they cost nothing.
  private cuts: ((from: Address, to: Address) => boolean) | null = null;
  private slowness: Map<Address, number> | null = null;
  private clocks: Map<Address, LocalClock> | null = null;
  private watcher: (() => void) | null = null;
  private tracer: Tracer | null = null;
  private readonly ahead: FetchAhead;
  constructor(options: WorldOptions) {
    this.seed = String(options.seed);
    this.fidelity = options.fidelity ?? "message";
    this.latency = options.latency ?? constant(LATENCY_MS);
    this.latencyRandom = new RandomStream(this.seed, "network/latency");
    this.lossRandom = new RandomStream(this.seed, "network/loss");
    this.faultRandom = new RandomStream(this.seed, "network/faults");
    this.lose(options.loss ?? 0);
    this.bytesPerMs = options.bytesPerMs ?? Number.POSITIVE_INFINITY;
    this.markBytes = options.markBytes ?? MARK_BYTES;
    this.timersMax = options.timersMax ?? TIMERS_MAX;
    this.table = new PeerTable(this.timersMax);
    this.ahead = new FetchAhead(this.table);
    this.freeze = options.freeze ?? false;
    this.ticksPerMs = options.ticksPerMs ?? 1;
    // Only then are the instants of ticks exact.
    assert([1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024].includes(this.ticksPerMs), "ticks are a power of two");
    this.msPerTick = 1 / this.ticksPerMs;
    this.faults = options.faults ?? null;
    this.lines = options.lines ?? null;
  }

  /** A peer with streams. Peers are numbered from 0; the number is the address. */
  peer<M>(codec: StreamCodec<M>, options: StreamPeerOptions = {}): StreamPeer<M> {
    const peer = new StreamPeer(this, this.table.size, codec, options);
    this.table.add(peer, this.seed);
    return peer;
  }

  /** A peer with datagrams; at `message` fidelity those that `packing` has an image for travel as such. */
  datagramPeer<M>(codec: DatagramCodec<M>, packing: Packing<M> | null = null): DatagramPeer<M> {
    const peer = new DatagramPeer(this, this.table.size, this.carriageOf(codec, packing));
    this.table.add(peer, this.seed);
    return peer;
  }

  /** Whole milliseconds where a tick is one. */
  get now(): Millis {
    return this.queue.tick * this.msPerTick;
  }

  /** The instant of the first tick at or after this one. */
  atTick(at: Millis): Millis {
    return Math.ceil(at * this.ticksPerMs) * this.msPerTick;
  }

  /** A stream of random numbers for a purpose outside the nodes: placement, load, faults. */
  random(purpose: string): RandomStream {
    return new RandomStream(this.seed, `purpose/${purpose}`);
  }

  /** Lets time pass. */
  runFor(ms: Millis): void {
    this.runUntil(() => false, ms);
  }

  /** Runs until the condition holds after a tick, at most so long; whether it holds. */
  runUntil(condition: () => boolean, ms: Millis): boolean {
    const limit = Math.min(this.queue.tick + Math.ceil(ms * this.ticksPerMs), TICK_MAX);
    while (!condition()) {
      if (!this.queue.advance(limit)) return condition();
      this.deliverTick();
    }
    return true;
  }

  /** Runs until nothing is on its way, at most so long; timers do not count. Whether it became quiet. */
  runUntilQuiet(ms: Millis): boolean {
    return this.runUntil(() => this.inFlight === 0, ms);
  }

  /** The peer vanishes with all it had: no timer and no message reaches it again, and its links break. */
  crash(peer: Peer): void {
    if (!peer.alive) return;
    this.table.remove(peer.address);
    peer.crashed();
  }

  /** Says what the nodes share: then the world fetches that, too, before it delivers. It changes nothing but the speed. */
  shares(rows: SharedRows): void {
    this.ahead.rows = rows;
  }

  /** Fetches what these peers read when they are told to do something, all at a time. It changes nothing but the speed. */
  fetch(addresses: readonly Address[]): void {
    this.ahead.peers(addresses);
  }

  /** Calls back after every event, when all nodes are settled. It must change nothing; what it throws ends the run. */
  watch(watcher: (() => void) | undefined): void {
    this.watcher = watcher ?? null;
  }

  /** Tells of every event that is delivered, in order: what the digest is made of. */
  traceTo(tracer: Tracer | undefined): void {
    this.tracer = tracer ?? null;
  }

  /** A crashed peer is there again, with nothing: `attach` gives it a node. */
  restart(peer: Peer): void {
    assert(!peer.alive, "only a crashed peer starts again");
    this.table.seat(peer.address, undefined);
  }

  /**
   * From now on nothing passes from one peer to another where `cuts` says so: datagrams vanish, streams across are dead, dials
   * fail. A stream needs both directions. Undefined: everything passes again.
   */
  partition(cuts: ((from: Address, to: Address) => boolean) | undefined): void {
    this.cuts = cuts ?? null;
    if (cuts === undefined) return;
    const { ends } = this;
    for (let end = 0; end < ends.size; end++) {
      const state = ends.state[end] as number;
      if (state !== OPEN && state !== DIALLING) continue;
      const owner = ends.owner[end] as Address;
      if (!this.isLineCut(owner, ends.owner[end ^ 1] as Address)) continue;
      const generation = ends.generation[end] as number;
      if (state === OPEN) this.scheduleWith("the line is dead", 0, this.now + 1, ENDED, owner, end, generation);
      else this.schedule(this.now + 1, REFUSED, owner, end, generation);
      if (ends.state[end ^ 1] === EXPECTED) ends.leave(end ^ 1);
    }
  }

  /** From now on whatever the peer sends or is sent takes so many times as long; 1: as usual. */
  slow(peer: Address, factor: number): void {
    assert(factor >= 1, "a slow peer is not a fast one");
    this.slowness ??= new Map();
    if (factor === 1) this.slowness.delete(peer);
    else this.slowness.set(peer, factor);
    if (this.slowness.size === 0) this.slowness = null;
  }

  /** From now on the peer's clock goes `rate` times as fast as the world's; it jumps by `offsetMs` at once. */
  skew(peer: Address, rate: number, offsetMs: Millis): void {
    assert(rate > 0 && offsetMs >= 0, "a clock goes on, and never back");
    const local = this.localNow(peer) + offsetMs;
    this.clocks ??= new Map();
    this.clocks.set(peer, { since: this.now, local, rate });
  }

  /** From now on such a share of the datagrams vanishes. */
  lose(share: number): void {
    assert(share >= 0 && share <= 1, "loss is a share");
    this.lossBelow = share * 2 ** 32;
  }

  /** The digest of everything delivered so far. */
  digest(): string {
    return this.trace.text();
  }

  /** What was sent, by kind of message. */
  sent(): ReadonlyMap<string, Traffic> {
    return this.traffic;
  }

  // What follows is for the peers.

  peerAt(address: Address): Peer | undefined {
    return this.table.peer(address);
  }

  nodeAt(address: Address): Seated | undefined {
    return this.table.node(address);
  }

  seat(address: Address, node: Seated): void {
    this.table.seat(address, node);
  }

  isAlive(address: Address): boolean {
    return this.table.isAlive(address);
  }

  /** Without a look at the peer, which lies somewhere else in memory. */
  hasAddress(address: Address): boolean {
    return address >= 0 && address < this.table.size;
  }

  drawU32(peer: Address): number {
    return this.table.drawU32(peer);
  }

  arm(peer: Address, timer: number, delay: Millis): void {
    assert(timer >= 0 && timer < this.timersMax, "a timer's number is below the world's timersMax");
    if (!this.isAlive(peer)) return;
    const due = this.queue.tick + this.ticksOf(peer, delay);
    // Past the end of the clock: it can never be due.
    if (due > TICK_MAX) {
      this.disarm(peer, timer);
      return;
    }
    this.table.arm(peer, timer, due);
    const { queue } = this;
    const at = queue.add(due);
    const words = queue.newWords;
    words[at + TYPE] = TIMER;
    words[at + TO] = peer;
    words[at + SUBJECT] = timer;
  }

  private ticksOf(peer: Address, delay: Millis): number {
    const ms = this.clocks === null ? delay : delay / (this.clocks.get(peer)?.rate ?? 1);
    return ms < 1 ? this.ticksPerMs : Math.ceil(ms) * this.ticksPerMs;
  }

  disarm(peer: Address, timer: number): void {
    this.table.disarm(peer, timer);
  }

  /** What else happens to a datagram, as bits of datagram-faults.ts; `faults` has the times. */
  drawFate(): number {
    return this.faults === null ? 0 : this.faults.drawFate(this.faultRandom);
  }

  /** When what a peer sends now has left its line; DROPPED where it does not. */
  departs(from: Address, bytes: number): Millis {
    return this.lines === null ? this.now : this.lines.departs(from, bytes, this.now);
  }

  /** How long something sent now is on its way. */
  drawLatency(from: Address, to: Address): Millis {
    const latency = this.latency(from, to, this.latencyRandom);
    if (this.slowness === null) return Math.max(this.msPerTick, this.atTick(latency));
    const factor = Math.max(this.slowness.get(from) ?? 1, this.slowness.get(to) ?? 1);
    return Math.max(this.msPerTick, this.atTick(latency * factor));
  }

  /** Does a datagram from one to the other vanish, now? */
  isCut(from: Address, to: Address): boolean {
    return this.cuts?.(from, to) ?? false;
  }

  /** A stream between them is dead when either direction is. */
  isLineCut(a: Address, b: Address): boolean {
    return this.cuts !== null && (this.cuts(a, b) || this.cuts(b, a));
  }

  /** What the peer's own clock shows. */
  localNow(peer: Address): Millis {
    const clock = this.clocks?.get(peer);
    return Math.floor(clock === undefined ? this.now : clock.local + (this.now - clock.since) * clock.rate);
  }

  drawLoss(): boolean {
    return this.lossRandom.u32() < this.lossBelow;
  }

  /** Counts a message as sent. The answer stands for it in the digest. */
  charge(message: unknown, bytes: number): number {
    if (this.freeze) freezeDeeply(message);
    const kind = kindOf(message);
    // Most messages are of the kind of the one before.
    const counter = kind === this.lastCounter.kind ? this.lastCounter : this.counterOf(kind);
    counter.sum.messages++;
    counter.sum.bytes += bytes;
    return Math.imul(counter.hash ^ bytes, HASH_FACTOR);
  }

  /** An event with nothing attached. `end` and `generation` name the stream's end at the receiver. */
  schedule(at: Millis, type: number, to: Address, end: number, generation: number): void {
    this.push(at, type, to, end, generation, NO_PAYLOAD, 0, THROUGH);
  }

  /** An event that carries a message, encoded or not, or a reason. `bytes` come in over the receiver's line. */
  scheduleWith(
    payload: unknown,
    hash: number,
    at: Millis,
    type: number,
    to: Address,
    end: number,
    generation: number,
    bytes: number = THROUGH,
  ): void {
    const slot = this.freePayloads.pop() ?? this.payloads.length;
    this.payloads[slot] = payload;
    this.push(at, type, to, end, generation, slot, hash, bytes);
  }

  /** A datagram whose message lies in the event. False: it has no image. */
  schedulePacked<M>(packing: Packing<M>, message: M, hash: number, at: Millis, to: Address, from: Address): boolean {
    const { image, imageDoubles, queue } = this;
    const tick = Math.ceil(at * this.ticksPerMs);
    if (tick > TICK_MAX || this.lines !== null || !packing.pack(message, image, imageDoubles, 0)) return false;
    this.inFlight++;
    const record = queue.add(tick);
    const words = queue.newWords;
    words[record + TYPE] = PACKED;
    words[record + TO] = to;
    words[record + SUBJECT] = from;
    for (let word = 0; word < PACKING_WORDS; word++) words[record + IMAGE + word] = image[word] as number;
    words[record + HASH] = hash;
    return true;
  }

  private push(
    at: Millis,
    type: number,
    to: Address,
    subject: number,
    generation: number,
    payload: number,
    hash: number,
    bytes: number,
  ): void {
    const tick = Math.ceil(at * this.ticksPerMs);
    // Past the end of the clock nothing arrives.
    if (tick > TICK_MAX) {
      this.takePayload(payload);
      return;
    }
    this.inFlight++;
    const { queue } = this;
    const record = queue.add(tick);
    const words = queue.newWords;
    words[record + TYPE] = type;
    words[record + TO] = to;
    words[record + SUBJECT] = subject;
    words[record + GENERATION] = generation;
    words[record + PAYLOAD] = payload;
    words[record + BYTES] = bytes;
    words[record + HASH] = hash;
  }

  private counterOf(kind: string): Counter {
    let counter = this.counters.get(kind);
    if (counter === undefined) {
      counter = { kind, hash: hashText(kind, 0), sum: { messages: 0, bytes: 0 } };
      this.counters.set(kind, counter);
      this.traffic.set(kind, counter.sum);
    }
    this.lastCounter = counter;
    return counter;
  }

  private carriageOf<M>(codec: DatagramCodec<M>, packing: Packing<M> | null): Carriage<M> {
    const last = this.carriage as Carriage<M> | null;
    if (last !== null && last.codec === codec && last.packing === packing) return last;
    const carriage = { codec, packing };
    this.carriage = carriage as Carriage<never>;
    return carriage;
  }

  private deliverTick(): void {
    for (let count = this.queue.nextBlock(); count > 0; count = this.queue.nextBlock()) {
      const { words, doubles, at } = this.queue;
      const end = at + count * RECORD_WORDS;
      this.ahead.events(words, doubles, at, count);
      for (let record = at; record < end; record += RECORD_WORDS) {
        this.deliver(words, record);
        if (this.watcher !== null) this.watcher();
      }
    }
  }

  private deliver(words: Int32Array, at: number): void {
    const type = words[at + TYPE] as number;
    const to = words[at + TO] as number;
    const subject = words[at + SUBJECT] as number;
    if (type === TIMER) {
      this.deliverTimer(to, subject);
      return;
    }
    this.inFlight--;
    const hash = words[at + HASH] as number;
    if (type === PACKED) {
      if (!this.isAlive(to)) return;
      this.events++;
      this.note(DATAGRAM, to, subject, hash);
      (this.table.peer(to) as Peer).deliverPacked(subject, words, this.queue.doubles, at + IMAGE);
      return;
    }
    if (this.lines !== null && !this.isThrough(words, at)) return;
    const payload = this.takePayload(words[at + PAYLOAD] as number);
    const peer = this.table.peer(to);
    if (peer === undefined || !this.isAlive(to)) {
      if (type === DIAL) this.refuse(subject);
      return;
    }
    if (!peer.expects(type, subject, words[at + GENERATION] as number)) return;
    this.events++;
    this.note(type, to, peer.sender(type, subject), hash);
    peer.deliver(type, subject, payload);
  }

  private note(type: number, to: Address, from: number, hash: number): void {
    this.trace.add(this.queue.tick, type, to, from, hash);
    if (this.tracer === null) return;
    const message = hash === 0 ? undefined : this.messageOf(hash);
    this.tracer(this.queue.tick, type, to, from, message?.kind, message?.bytes ?? 0);
  }

  /** Which kind of message, of how many bytes, stands for itself as this number: `charge` the other way round. */
  private messageOf(hash: number): { readonly kind: string; readonly bytes: number } | undefined {
    const mixed = Math.imul(hash, HASH_INVERSE);
    for (const { kind, hash: ofKind } of this.counters.values()) {
      const bytes = mixed ^ ofKind;
      if (bytes >= 0 && bytes <= MESSAGE_BYTES_MAX) return { kind, bytes };
    }
    return undefined;
  }

  /** Has it come in over the receiver's line? If not, it comes again when it has, or never. */
  private isThrough(words: Int32Array, at: number): boolean {
    const bytes = words[at + BYTES] as number;
    if (bytes === THROUGH || this.lines === null) return true;
    const to = words[at + TO] as Address;
    const through = this.lines.arrives(to, bytes, this.now, words[at + TYPE] !== DATAGRAM);
    if (through !== DROPPED && through <= this.now) return true;
    const payload = words[at + PAYLOAD] as number;
    if (through === DROPPED) {
      this.takePayload(payload);
      this.datagramsLost++;
      return false;
    }
    const [type, subject] = [words[at + TYPE] as number, words[at + SUBJECT] as number];
    const generation = words[at + GENERATION] as number;
    this.push(through, type, to, subject, generation, payload, words[at + HASH] as number, THROUGH);
    return false;
  }

  private deliverTimer(to: Address, timer: number): void {
    if (!this.table.takeDue(to, timer, this.queue.tick)) return;
    this.events++;
    this.note(TIMER, to, timer, 0);
    const node = this.table.node(to);
    assert(node !== undefined, "the peer has a node");
    node.onTimer(timer);
  }

  /** Nobody is there to take a dial: the other end learns it a way back later. */
  refuse(end: number): void {
    const caller = end ^ 1;
    const address = this.ends.owner[caller] as Address;
    const generation = this.ends.generation[caller] as number;
    this.ends.leave(end);
    this.schedule(this.now + this.drawLatency(address, address), REFUSED, address, caller, generation);
  }

  private takePayload(slot: number): unknown {
    if (slot === NO_PAYLOAD) return undefined;
    const payload = this.payloads[slot];
    this.payloads[slot] = undefined;
    this.freePayloads.push(slot);
    return payload;
  }
}

/** Messages are unions told apart by `kind`. */
function kindOf(message: unknown): string {
  const kind = (message as { readonly kind?: unknown } | null)?.kind;
  return typeof kind === "string" ? kind : "message";
}

function freezeDeeply(value: unknown): void {
  // Byte arrays cannot be frozen.
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value) || Object.isFrozen(value)) return;
  Object.freeze(value);
  for (const part of Object.values(value)) freezeDeeply(part);
}
