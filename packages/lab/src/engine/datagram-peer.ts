// A peer of a world that sends datagrams.
import { assert } from "@servent/overlay/base/assert.ts";
import type { Address, DatagramCodec, DatagramNode, DatagramPort } from "@servent/overlay/host/host.ts";
import { DATAGRAM } from "./event-kinds.ts";
import { Peer } from "./peer.ts";
import type { World } from "./world.ts";

export class DatagramPeer<M> extends Peer implements DatagramPort<M> {
  private readonly codec: DatagramCodec<M>;
  private attached: DatagramNode<M> | undefined;

  constructor(world: World, address: Address, codec: DatagramCodec<M>) {
    super(world, address);
    this.codec = codec;
  }

  get port(): DatagramPort<M> {
    return this;
  }

  /** Names the node; once, before time passes. */
  attach(node: DatagramNode<M>): void {
    assert(this.attached === undefined, "a peer has one node");
    this.attached = node;
  }

  send(to: Address, message: M): void {
    const { world, codec } = this;
    if (!this.alive) return;
    const size = codec.size(message);
    if (size > codec.datagramBytesMax) {
      world.datagramsRefused++;
      return;
    }
    const hash = world.charge(message, size);
    // Both are drawn for every datagram, so that turning loss on shifts nothing else.
    const lost = world.drawLoss();
    const latency = world.drawLatency(this.address, to);
    if (lost) {
      world.datagramsLost++;
      return;
    }
    // An address that no peer can have: nobody will get it.
    if (world.peerAt(to) === undefined) return;
    let payload: unknown = message;
    if (world.fidelity === "wire") {
      const bytes = codec.encode(message);
      assert(bytes.length === size, "a codec's size is the length of what it encodes");
      payload = bytes;
    }
    world.scheduleWith(payload, hash, world.now + latency, DATAGRAM, to, this.address, 0);
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
    const decoded = this.codec.decode(payload as Uint8Array);
    // As a socket's port: what cannot be decoded never reaches the node.
    if (decoded.ok) this.node.onMessage(from, decoded.value);
  }

  fire(timer: number): void {
    this.node.onTimer(timer);
  }

  warm(): number {
    return this.attached?.warm?.() ?? 0;
  }

  crashed(): void {}

  private get node(): DatagramNode<M> {
    assert(this.attached !== undefined, "the peer has a node");
    return this.attached;
  }
}
