// What a world knows of each of its peers, whatever their ports.
import { assert } from "@servent/overlay/base/assert.ts";
import type { Address, Host, Millis } from "@servent/overlay/host/host.ts";
import type { World } from "./world.ts";

/** What the world itself asks of a node. */
export interface Seated {
  onTimer(timer: number): void;
  warm?(): number;
}

/** Kept small: in a large world each is read at random. What peers have in common, and their nodes, lie elsewhere. */
export abstract class Peer implements Host {
  readonly address: Address;
  protected readonly world: World;

  constructor(world: World, address: Address) {
    this.world = world;
    this.address = address;
  }

  get alive(): boolean {
    return this.world.isAlive(this.address);
  }

  /** One object serves as host and port: at a million peers each object counts. */
  get host(): Host {
    return this;
  }

  get self(): Address {
    return this.address;
  }

  now(): Millis {
    return this.world.localNow(this.address);
  }

  u32(): number {
    return this.world.drawU32(this.address);
  }

  arm(timer: number, delay: Millis): void {
    this.world.arm(this.address, timer, delay);
  }

  disarm(timer: number): void {
    this.world.disarm(this.address, timer);
  }

  /** Is the event still meant for anybody? Streams end while things are on their way. */
  abstract expects(type: number, subject: number, generation: number): boolean;
  /** Who sent it, for the digest. */
  abstract sender(type: number, subject: number): Address;
  abstract deliver(type: number, subject: number, payload: unknown): void;
  /** A datagram whose image lies in the event's record. */
  deliverPacked(_from: Address, _i32: Int32Array, _f64: Float64Array, _at: number): void {
    assert(false, "only datagrams are packed");
  }
  /** The peer is gone; what it held at others breaks. */
  abstract crashed(): void;

  /** Names the node: once before time passes, and again after a crash. */
  protected seat(node: Seated): void {
    assert(this.world.nodeAt(this.address) === undefined, "a peer has one node");
    this.world.seat(this.address, node);
  }

  protected seated(): Seated {
    const node = this.world.nodeAt(this.address);
    assert(node !== undefined, "the peer has a node");
    return node;
  }
}
