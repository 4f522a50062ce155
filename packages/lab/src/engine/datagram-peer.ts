// A peer of a world that sends datagrams.
import { assert } from "@servent/overlay/base/assert.ts";
import type { Address, DatagramCodec, DatagramNode, DatagramPort, Millis } from "@servent/overlay/host/host.ts";
import { DUPLICATED, LOST } from "../network/datagram-faults.ts";
import { DROPPED } from "../network/rates.ts";
import { DATAGRAM } from "./event-kinds.ts";
import type { Packing } from "./packing.ts";
import { Peer } from "./peer.ts";
import type { World } from "./world.ts";

/** How a kind of message travels: the same for all peers that speak it. */
export interface Carriage<M> {
  readonly codec: DatagramCodec<M>;
  readonly packing: Packing<M> | null;
}

export class DatagramPeer<M> extends Peer implements DatagramPort<M> {
  private readonly carriage: Carriage<M>;

  constructor(world: World, address: Address, carriage: Carriage<M>) {
    super(world, address);
    this.carriage = carriage;
  }

  get port(): DatagramPort<M> {
    return this;
  }

  /** Names the node: once before time passes, and again after a crash. */
  attach(node: DatagramNode<M>): void {
    this.seat(node);
  }

  send(to: Address, message: M): void {
    const { world } = this;
    const { codec } = this.carriage;
    if (!this.alive) return;
    const size = codec.size(message);
    if (size > codec.datagramBytesMax) {
      world.datagramsRefused++;
      return;
    }
    const hash = world.charge(message, size);
    // Everything is drawn for every datagram, so that turning loss on shifts nothing else.
    const lost = world.drawLoss();
    const fate = world.drawFate();
    const latency = world.drawLatency(this.address, to);
    const departs = world.departs(this.address, size);
    if (lost || departs === DROPPED || (fate & LOST) !== 0 || world.isCut(this.address, to)) {
      world.datagramsLost++;
      return;
    }
    // An address that no peer can have: nobody will get it.
    if (!world.hasAddress(to)) return;
    const arrives = departs + latency;
    if (fate === 0 || world.faults === null) {
      this.schedule(to, message, size, hash, arrives);
      return;
    }
    const { extraMs, copyAfterMs } = world.faults;
    const late = arrives + extraMs;
    this.schedule(to, message, size, hash, late);
    if ((fate & DUPLICATED) !== 0) this.schedule(to, message, size, hash, late + copyAfterMs);
  }

  expects(type: number): boolean {
    return type === DATAGRAM;
  }

  sender(_type: number, subject: number): Address {
    return subject;
  }

  deliver(_type: number, from: Address, payload: unknown): void {
    if (this.world.fidelity === "message") {
      this.node.onMessage(from, payload as M);
      return;
    }
    const decoded = this.carriage.codec.decode(payload as Uint8Array);
    // As a socket's port: what cannot be decoded never reaches the node.
    if (decoded.ok) this.node.onMessage(from, decoded.value);
  }

  override deliverPacked(from: Address, i32: Int32Array, f64: Float64Array, at: number): void {
    const { packing } = this.carriage;
    assert(packing !== null, "what is packed is unpacked where it arrives");
    this.node.onMessage(from, packing.unpack(i32, f64, at));
  }

  crashed(): void {}

  private schedule(to: Address, message: M, size: number, hash: number, arrives: Millis): void {
    const { world } = this;
    const { codec, packing } = this.carriage;
    if (world.fidelity === "wire") {
      const bytes = codec.encode(message);
      assert(bytes.length === size, "a codec's size is the length of what it encodes");
      world.scheduleWith(bytes, hash, arrives, DATAGRAM, to, this.address, 0, size);
    } else if (packing === null || !world.schedulePacked(packing, message, hash, arrives, to, this.address)) {
      world.scheduleWith(message, hash, arrives, DATAGRAM, to, this.address, 0, size);
    }
  }

  private get node(): DatagramNode<M> {
    // Only `attach` seats nodes.
    return this.seated() as DatagramNode<M>;
  }
}
