// A peer of a world that dials and is dialled. A stream is two rows of the world's LinkEnds and the events on their way.
import { assert } from "@servent/overlay/base/assert.ts";
import type {
  Address,
  Host,
  Link,
  LinkCodec,
  Millis,
  StreamCodec,
  StreamNode,
  StreamPort,
} from "@servent/overlay/host/host.ts";
import { ACCEPTED, CLOSED, DIAL, ENDED, MESSAGE, REFUSED, WRITABLE } from "./event-kinds.ts";
import { DROPPED } from "../network/rates.ts";
import { CLOSING, DIALLING, EXPECTED, OPEN } from "./link-ends.ts";
import { Peer } from "./peer.ts";
import type { World } from "./world.ts";

export interface StreamPeerOptions {
  /** False: behind a wall; it can dial, but nobody can dial it. */
  readonly dialable?: boolean;
}

/** What a TCP segment carries over Ethernet: in `wire` fidelity messages arrive in pieces of this size. */
const SEGMENT_BYTES = 1460;

/** As on sockets: a node that never reads `room` is cut off when it has queued this many times the mark. */
const OVERRUN_FACTOR = 4;

const NO_END = -1;

export class StreamPeer<M> extends Peer implements Host, StreamPort<M> {
  private readonly codec: StreamCodec<M>;
  private readonly dialable: boolean;
  /** The row of each link, NO_END where the number is free. */
  private readonly ends: number[] = [];
  private readonly free: Link[] = [];
  /** Per link, in `wire` fidelity only. */
  private readonly codecs: LinkCodec<M>[] = [];

  constructor(world: World, address: Address, codec: StreamCodec<M>, options: StreamPeerOptions) {
    super(world, address);
    this.codec = codec;
    this.dialable = options.dialable ?? true;
  }

  get port(): StreamPort<M> {
    return this;
  }

  /** Names the node: once before time passes, and again after a crash. */
  attach(node: StreamNode<M>): void {
    this.seat(node);
  }

  dial(to: Address): Link {
    const { ends } = this.world;
    const end = ends.takePair();
    const link = this.takeLink(end, true);
    ends.state[end] = DIALLING;
    const other = end ^ 1;
    ends.state[other] = EXPECTED;
    ends.owner[other] = to;
    const target = this.world.peerAt(to);
    if (target === undefined || !this.alive || this.world.isLineCut(this.address, to)) {
      this.world.refuse(other);
      return link;
    }
    assert(target instanceof StreamPeer && target.codec === this.codec, "both ends of a stream speak one codec");
    this.world.schedule(this.arrival(end, this.world.now), DIAL, to, other, ends.generation[other] as number);
    return link;
  }

  send(link: Link, message: M): boolean {
    const { world } = this;
    const end = this.endOf(link);
    if (end === NO_END || world.ends.state[end] !== OPEN) return false;
    const size = this.codec.size(message);
    const hash = world.charge(message, size);
    let payload: unknown;
    if (world.fidelity === "wire") {
      const bytes = (this.codecs[link] as LinkCodec<M>).encode(message);
      assert(bytes.length === size, "a codec's size is the length of what it encodes");
      payload = bytes.slice();
    } else payload = this.codec.keep === undefined ? message : this.codec.keep(message);
    const left = world.departs(this.address, size);
    if (left === DROPPED) {
      this.close(link, "the queue of the line overran");
      return false;
    }
    const departs = Math.max(left, world.ends.busyUntil[end] as number) + size / world.bytesPerMs;
    world.ends.busyUntil[end] = departs;
    const other = end ^ 1;
    const to = world.ends.owner[other] as Address;
    const arrives = this.arrival(end, departs);
    const generation = world.ends.generation[other] as number;
    world.scheduleWith(payload, hash, arrives, MESSAGE, to, other, generation, size);
    return this.mark(link, end);
  }

  room(link: Link): number {
    const end = this.endOf(link);
    if (end === NO_END || this.world.ends.state[end] !== OPEN) return 0;
    const { ends, markBytes } = this.world;
    const queued = this.queued(end);
    // Also where no `send` has said so: other links of the peer may fill its line.
    if (queued >= markBytes && ends.overMark[end] === 0) {
      ends.overMark[end] = 1;
      this.awaitWritable(end, queued);
    }
    return markBytes - queued;
  }

  close(link: Link, reason: string): void {
    const { ends, now } = this.world;
    const end = this.endOf(link);
    if (end === NO_END || (ends.state[end] !== OPEN && ends.state[end] !== DIALLING)) return;
    ends.state[end] = CLOSING;
    const sent = Math.max(now, ends.busyUntil[end] as number);
    this.tellEnded(end, sent, "closed by the other side");
    const generation = ends.generation[end] as number;
    const closed = Math.max(now + 1, this.world.atTick(sent));
    this.world.scheduleWith(reason, 0, closed, CLOSED, this.address, end, generation);
  }

  expects(type: number, end: number, generation: number): boolean {
    const { ends } = this.world;
    if (ends.generation[end] !== generation) return false;
    const state = ends.state[end];
    switch (type) {
      case DIAL:
        return state === EXPECTED;
      case ACCEPTED:
      case REFUSED:
        return state === DIALLING;
      case CLOSED:
        return state === CLOSING;
      default:
        // After `close` the node hears nothing but the end.
        return state === OPEN;
    }
  }

  sender(_type: number, end: number): Address {
    return this.world.ends.owner[end ^ 1] as Address;
  }

  deliver(type: number, end: number, payload: unknown): void {
    const { ends } = this.world;
    const link = ends.link[end] as Link;
    switch (type) {
      case DIAL:
        this.accept(end);
        break;
      case ACCEPTED:
        ends.state[end] = OPEN;
        this.node.onOpen(link, ends.owner[end ^ 1] as Address, false);
        break;
      case MESSAGE:
        if (this.world.fidelity === "message") this.node.onMessage(link, payload as M);
        else this.decode(link, payload as Uint8Array);
        break;
      case WRITABLE:
        this.tellWritable(link, end);
        break;
      case REFUSED:
        this.leave(link, end, "connection refused");
        break;
      case ENDED:
      case CLOSED:
        this.leave(link, end, payload as string);
        break;
    }
  }

  crashed(): void {
    const { ends, now } = this.world;
    for (const end of this.ends) {
      if (end === NO_END) continue;
      if (ends.state[end] !== CLOSING) this.tellEnded(end, now, "reset by the other side");
      ends.leave(end);
    }
    this.ends.length = 0;
    this.free.length = 0;
  }

  private get node(): StreamNode<M> {
    // Only `attach` seats nodes.
    return this.seated() as StreamNode<M>;
  }

  private endOf(link: Link): number {
    return this.ends[link] ?? NO_END;
  }

  private takeLink(end: number, initiator: boolean): Link {
    const link = this.free.pop() ?? this.ends.length;
    const { ends } = this.world;
    this.ends[link] = end;
    ends.owner[end] = this.address;
    ends.link[end] = link;
    if (this.world.fidelity === "wire") this.codecs[link] = this.codec.link(initiator);
    return link;
  }

  /** When something that departs from this end at `departs` is there: never before what was sent earlier. */
  private arrival(end: number, departs: Millis): Millis {
    const { ends } = this.world;
    const latency = this.world.drawLatency(this.address, ends.owner[end ^ 1] as Address);
    const arrives = Math.max(this.world.atTick(departs) + latency, ends.lastArrival[end] as number);
    ends.lastArrival[end] = arrives;
    return arrives;
  }

  private tellEnded(end: number, departs: Millis, reason: string): void {
    const { ends } = this.world;
    const other = end ^ 1;
    const to = ends.owner[other] as Address;
    const arrives = this.arrival(end, departs);
    // Behind what is still coming in.
    this.world.scheduleWith(reason, 0, arrives, ENDED, to, other, ends.generation[other] as number, 0);
  }

  /** What waits for the link, or for the line that all links of the peer share. */
  private queued(end: number): number {
    const { ends, now, bytesPerMs, lines } = this.world;
    const ms = (ends.busyUntil[end] as number) - now;
    const linkBytes = ms > 0 && bytesPerMs < Number.POSITIVE_INFINITY ? ms * bytesPerMs : 0;
    return lines === null ? linkBytes : Math.max(linkBytes, lines.uploadQueueBytes(this.address, now));
  }

  /** False: the link is over its mark, and an event will tell when it no longer is. */
  private mark(link: Link, end: number): boolean {
    const { ends, markBytes } = this.world;
    const queued = this.queued(end);
    if (queued > OVERRUN_FACTOR * markBytes) {
      this.close(link, "the send queue overran");
      return false;
    }
    if (ends.overMark[end] === 1) return false;
    if (queued < markBytes) return true;
    ends.overMark[end] = 1;
    this.awaitWritable(end, queued);
    return false;
  }

  private awaitWritable(end: number, queued: number): void {
    const { ends, now, markBytes, bytesPerMs, lines } = this.world;
    const rate = Math.min(bytesPerMs, lines?.uploadBytesPerMs(this.address) ?? Number.POSITIVE_INFINITY);
    const below = now + Math.floor((queued - markBytes) / rate) + 1;
    this.world.schedule(below, WRITABLE, this.address, end, ends.generation[end] as number);
  }

  private tellWritable(link: Link, end: number): void {
    const queued = this.queued(end);
    if (queued >= this.world.markBytes) {
      this.awaitWritable(end, queued);
      return;
    }
    this.world.ends.overMark[end] = 0;
    this.node.onWritable(link);
  }

  private accept(end: number): void {
    const { ends, now } = this.world;
    const caller = end ^ 1;
    const from = ends.owner[caller] as Address;
    if (!this.dialable || this.world.isLineCut(this.address, from)) {
      this.world.refuse(end);
      return;
    }
    const link = this.takeLink(end, false);
    ends.state[end] = OPEN;
    this.world.schedule(this.arrival(end, now), ACCEPTED, from, caller, ends.generation[caller] as number);
    this.node.onOpen(link, from, true);
  }

  private decode(link: Link, bytes: Uint8Array): void {
    const codec = this.codecs[link] as LinkCodec<M>;
    for (let cut = SEGMENT_BYTES; cut < bytes.length; cut += SEGMENT_BYTES) {
      const part = codec.decode(bytes.subarray(0, cut));
      if (part.at === "lost") {
        this.close(link, part.problem);
        return;
      }
      assert(part.at === "more", "a codec finds no message in the start of one");
    }
    const framed = codec.decode(bytes);
    switch (framed.at) {
      case "message":
        assert(framed.used === bytes.length, "a codec takes back what it encoded, to the last byte");
        this.node.onMessage(link, framed.message);
        break;
      case "bad-message":
        this.node.onMalformed(link, framed.problem);
        break;
      case "lost":
        this.close(link, framed.problem);
        break;
      case "more":
        throw new Error("assertion failed: a codec finds the message in the bytes that it made of it");
    }
  }

  /** The end is done: frees the number after the node has heard of it. */
  private leave(link: Link, end: number, reason: string): void {
    this.ends[link] = NO_END;
    this.world.ends.leave(end);
    this.node.onClose(link, reason);
    if (this.alive) this.free.push(link);
  }
}
