// What a world keeps of each of its peers, in two arrays. In a large world each read at random is a wait for memory, so what is used
// together lies together.
import type { Address, DatagramNode, StreamNode } from "@servent/overlay/host/host.ts";
import type { Peer, Seated } from "./peer.ts";
import { drawU32, seedStream, STREAM_WORDS } from "./random.ts";

const FIRST_PEERS = 64;

/** Ticks begin at 1. */
const NOT_ARMED = 0;

/** In the seat of a peer that crashed, and hears nothing any more. */
const GONE: DatagramNode<never> & StreamNode<never> = {
  onTimer: () => undefined,
  onMessage: () => undefined,
  onOpen: () => undefined,
  onMalformed: () => undefined,
  onWritable: () => undefined,
  onClose: () => undefined,
};

/**
 * The allocator puts large arrays 16 bytes behind the start of a line of the cache. With 48 more in front, a row of 32 or 64 bytes
 * does not lie across two lines. Where that is otherwise, only the speed is.
 */
const FRONT_WORDS = 12;

export class PeerTable {
  /**
   * A peer is at twice its address, its node behind it. The collector copies what an array holds in the array's order, so the two
   * objects lie side by side in memory as well.
   */
  readonly seats: (Peer | Seated | undefined)[] = [];
  /** A row for each peer: its stream of random numbers, then the tick at which each of its timers is due. */
  words: Int32Array;
  size = 0;
  private readonly rowWords: number;

  constructor(timersMax: number) {
    this.rowWords = (STREAM_WORDS + timersMax + 3) & ~3;
    this.words = new Int32Array(FRONT_WORDS + FIRST_PEERS * this.rowWords);
  }

  add(peer: Peer, seed: string): void {
    const { address } = peer;
    this.seats.push(peer, undefined);
    this.size++;
    const end = this.rowAt(this.size);
    if (end > this.words.length) {
      const words = new Int32Array(FRONT_WORDS + 2 * (this.words.length - FRONT_WORDS));
      words.set(this.words);
      this.words = words;
    }
    seedStream(this.words, this.rowAt(address), seed, `peer/${address}`);
  }

  /** Where the row of a peer begins. */
  rowAt(peer: Address): number {
    return FRONT_WORDS + peer * this.rowWords;
  }

  peer(address: Address): Peer | undefined {
    return this.seats[2 * address] as Peer | undefined;
  }

  node(address: Address): Seated | undefined {
    return this.seats[2 * address + 1] as Seated | undefined;
  }

  isAlive(address: Address): boolean {
    return this.seats[2 * address + 1] !== GONE;
  }

  seat(address: Address, node: Seated | undefined): void {
    this.seats[2 * address + 1] = node;
  }

  /** Nothing reaches it again, until it gets another seat. */
  remove(address: Address): void {
    const row = this.rowAt(address);
    this.words.fill(NOT_ARMED, row + STREAM_WORDS, row + this.rowWords);
    this.seat(address, GONE);
  }

  drawU32(peer: Address): number {
    return drawU32(this.words, this.rowAt(peer));
  }

  arm(peer: Address, timer: number, due: number): void {
    this.words[this.rowAt(peer) + STREAM_WORDS + timer] = due;
  }

  disarm(peer: Address, timer: number): void {
    this.words[this.rowAt(peer) + STREAM_WORDS + timer] = NOT_ARMED;
  }

  /** Whether the timer is due at this tick; then it is no longer armed. */
  takeDue(peer: Address, timer: number, tick: number): boolean {
    const at = this.rowAt(peer) + STREAM_WORDS + timer;
    if (this.words[at] !== tick) return false;
    this.words[at] = NOT_ARMED;
    return true;
  }
}
