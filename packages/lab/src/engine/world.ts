// A world of peers in memory: virtual time, modelled lines, one seed. It carries what the nodes send and calls them when it
// arrives, in one total order; the same seed gives the same run, and the digest proves it.
import { assert } from "@servent/overlay/base/assert.ts";
import type { Address, DatagramCodec, Millis, StreamCodec } from "@servent/overlay/host/host.ts";
import { CalendarQueue, RECORD_WORDS, TICK_MAX } from "./calendar-queue.ts";
import { DatagramPeer } from "./datagram-peer.ts";
import { DIAL, REFUSED, TIMER } from "./event-kinds.ts";
import { constant, type Latency } from "../network/latency.ts";
import { LinkEnds } from "./link-ends.ts";
import type { Peer } from "./peer.ts";
import { drawU32, hashText, RandomStream, seedStream, STREAM_WORDS } from "./random.ts";
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
  /** Queued bytes of a link from which on `send` answers false. */
  readonly markBytes?: number;
  /** Timers are numbered from 0 to one less. */
  readonly timersMax?: number;
  /** Freezes every message deeply when it is sent, so that changing it later throws. For tests; costs time. */
  readonly freeze?: boolean;
}

export interface Traffic {
  readonly messages: number;
  readonly bytes: number;
}

const LATENCY_MS = 10;

/** As on sockets, so that a node meets back-pressure at the same place. */
const MARK_BYTES = 96 * 1024;

const TIMERS_MAX = 16;

const FIRST_PEERS = 64;

const NOT_ARMED = -1;
const NO_PAYLOAD = -1;

export class World {
  readonly fidelity: Fidelity;
  readonly markBytes: number;
  readonly bytesPerMs: number;
  readonly ends = new LinkEnds();
  /** Datagrams that were larger than their codec allows. */
  datagramsRefused = 0;
  datagramsLost = 0;
  /** Events delivered, timers included. */
  events = 0;

  private readonly seed: string;
  private readonly latency: Latency;
  private readonly latencyRandom: RandomStream;
  private readonly lossRandom: RandomStream;
  /** A datagram whose draw is below is lost. */
  private readonly lossBelow: number;
  private readonly freeze: boolean;

  private readonly queue = new CalendarQueue();
  private readonly trace = new TraceDigest();
  private readonly peers: Peer[] = [];
  private randoms = new Int32Array(FIRST_PEERS * STREAM_WORDS);
  private readonly timersMax: number;
  private timersDue: Int32Array;
  private readonly payloads: unknown[] = [];
  private readonly freePayloads: number[] = [];
  /** Events that are not timers. */
  private inFlight = 0;
  private readonly traffic = new Map<string, { messages: number; bytes: number }>();
  private readonly kindHashes = new Map<string, number>();
  /** What `warm` read; kept only so that the reads are not optimised away. */
  private warmth = 0;

  constructor(options: WorldOptions) {
    const loss = options.loss ?? 0;
    assert(loss >= 0 && loss <= 1, "loss is a share");
    this.seed = String(options.seed);
    this.fidelity = options.fidelity ?? "message";
    this.latency = options.latency ?? constant(LATENCY_MS);
    this.latencyRandom = new RandomStream(this.seed, "network/latency");
    this.lossRandom = new RandomStream(this.seed, "network/loss");
    this.lossBelow = loss * 2 ** 32;
    this.bytesPerMs = options.bytesPerMs ?? Number.POSITIVE_INFINITY;
    this.markBytes = options.markBytes ?? MARK_BYTES;
    this.timersMax = options.timersMax ?? TIMERS_MAX;
    this.timersDue = new Int32Array(FIRST_PEERS * this.timersMax).fill(NOT_ARMED);
    this.freeze = options.freeze ?? false;
  }

  /** A peer with streams. Peers are numbered from 0; the number is the address. */
  peer<M>(codec: StreamCodec<M>, options: StreamPeerOptions = {}): StreamPeer<M> {
    const peer = new StreamPeer(this, this.peers.length, codec, options);
    this.add(peer);
    return peer;
  }

  /** A peer with datagrams. */
  datagramPeer<M>(codec: DatagramCodec<M>): DatagramPeer<M> {
    const peer = new DatagramPeer(this, this.peers.length, codec);
    this.add(peer);
    return peer;
  }

  get now(): Millis {
    return this.queue.tick;
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
    const limit = Math.min(this.now + ms, TICK_MAX);
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
    peer.alive = false;
    const first = peer.address * this.timersMax;
    this.timersDue.fill(NOT_ARMED, first, first + this.timersMax);
    peer.crashed();
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
    return this.peers[address];
  }

  drawU32(peer: Address): number {
    return drawU32(this.randoms, peer * STREAM_WORDS);
  }

  arm(peer: Address, timer: number, delay: Millis): void {
    assert(timer >= 0 && timer < this.timersMax, "a timer's number is below the world's timersMax");
    if ((this.peers[peer] as Peer).alive === false) return;
    const due = this.now + Math.max(1, Math.ceil(delay));
    // Past the end of the clock: it can never be due.
    if (due > TICK_MAX) {
      this.disarm(peer, timer);
      return;
    }
    this.timersDue[peer * this.timersMax + timer] = due;
    this.queue.push(due, TIMER, peer, timer, 0, NO_PAYLOAD, 0);
  }

  disarm(peer: Address, timer: number): void {
    this.timersDue[peer * this.timersMax + timer] = NOT_ARMED;
  }

  /** How long something sent now is on its way. */
  drawLatency(from: Address, to: Address): Millis {
    return Math.max(1, Math.ceil(this.latency(from, to, this.latencyRandom)));
  }

  drawLoss(): boolean {
    return this.lossRandom.u32() < this.lossBelow;
  }

  /** Counts a message as sent. The answer stands for it in the digest. */
  charge(message: unknown, bytes: number): number {
    if (this.freeze) freezeDeeply(message);
    const kind = kindOf(message);
    let traffic = this.traffic.get(kind);
    if (traffic === undefined) {
      traffic = { messages: 0, bytes: 0 };
      this.traffic.set(kind, traffic);
      this.kindHashes.set(kind, hashText(kind, 0));
    }
    traffic.messages++;
    traffic.bytes += bytes;
    return Math.imul((this.kindHashes.get(kind) as number) ^ bytes, 0x01000193);
  }

  /** An event with nothing attached. `end` and `generation` name the stream's end at the receiver. */
  schedule(tick: Millis, type: number, to: Address, end: number, generation: number): void {
    this.inFlight++;
    this.queue.push(tick, type, to, end, generation, NO_PAYLOAD, 0);
  }

  /** An event that carries a message, bytes or a reason. */
  scheduleWith(
    payload: unknown,
    hash: number,
    tick: Millis,
    type: number,
    to: Address,
    end: number,
    generation: number,
  ): void {
    const slot = this.freePayloads.pop() ?? this.payloads.length;
    this.payloads[slot] = payload;
    this.inFlight++;
    this.queue.push(tick, type, to, end, generation, slot, hash);
  }

  private add(peer: Peer): void {
    const address = peer.address;
    this.peers.push(peer);
    if (this.peers.length * STREAM_WORDS > this.randoms.length) {
      const randoms = new Int32Array(2 * this.randoms.length);
      randoms.set(this.randoms);
      this.randoms = randoms;
      const due = new Int32Array(2 * this.timersDue.length).fill(NOT_ARMED);
      due.set(this.timersDue);
      this.timersDue = due;
    }
    seedStream(this.randoms, address * STREAM_WORDS, this.seed, `peer/${address}`);
  }

  private deliverTick(): void {
    for (let count = this.queue.nextBlock(); count > 0; count = this.queue.nextBlock()) {
      const { words, at } = this.queue;
      const end = at + count * RECORD_WORDS;
      // Two loops before the work: first each peer, then what its next step will read. The loads overlap, and a world too
      // large for the caches runs about twice as fast.
      for (let record = at; record < end; record += RECORD_WORDS) {
        this.warmth ^= (this.peers[words[record + 2] as number] as Peer | undefined)?.address ?? 0;
      }
      for (let record = at; record < end; record += RECORD_WORDS) {
        this.warmth ^= (this.peers[words[record + 2] as number] as Peer | undefined)?.warm() ?? 0;
      }
      for (let record = at; record < end; record += RECORD_WORDS) this.deliver(words, record);
    }
  }

  private deliver(words: Int32Array, at: number): void {
    const type = words[at + 1] as number;
    const to = words[at + 2] as number;
    const subject = words[at + 3] as number;
    if (type === TIMER) {
      this.deliverTimer(to, subject);
      return;
    }
    this.inFlight--;
    const generation = words[at + 4] as number;
    const hash = words[at + 6] as number;
    const payload = this.takePayload(words[at + 5] as number);
    const peer = this.peers[to];
    if (peer === undefined || !peer.alive) {
      if (type === DIAL) this.refuse(subject);
      return;
    }
    if (!peer.expects(type, subject, generation)) return;
    this.events++;
    this.trace.add(this.now, type, to, peer.sender(type, subject), hash);
    peer.deliver(type, subject, payload);
  }

  private deliverTimer(to: Address, timer: number): void {
    const slot = to * this.timersMax + timer;
    if (this.timersDue[slot] !== this.now) return;
    this.timersDue[slot] = NOT_ARMED;
    this.events++;
    this.trace.add(this.now, TIMER, to, timer, 0);
    (this.peers[to] as Peer).fire(timer);
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
  const named = typeof message === "object" && message !== null && "kind" in message;
  return named && typeof message.kind === "string" ? message.kind : "message";
}

function freezeDeeply(value: unknown): void {
  // Byte arrays cannot be frozen.
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value) || Object.isFrozen(value)) return;
  Object.freeze(value);
  for (const part of Object.values(value)) freezeDeeply(part);
}
