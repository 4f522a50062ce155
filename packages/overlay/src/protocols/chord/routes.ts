// The pointers of Chord nodes: predecessor, successor list, fingers. A table holds the rows of many nodes, so that a million
// nodes cost one array; a lone servent owns a table of one row. Nothing here sends or decides: it is a memory.
//
// A finger is the first known node at a distance of 2^i up to, but not including, 2^(i+1): exactly the distinct ones among
// the finger[i] = successor(n + 2^(i-1)) of the paper, found by the logarithm of a distance. Only the largest distances have
// a place; what is nearer, the successor list covers.
import type { Address } from "../../host/host.ts";
import type { IdSpace } from "./id-space.ts";
import type { Peer } from "./messages.ts";

/** An array or a typed array. */
export interface Column<T> {
  [at: number]: T;
}

export interface RoutesShape {
  /** Length of the successor list. */
  readonly successors: number;
  /** Distances that have a finger, counted from the largest. */
  readonly fingers: number;
}

export const NO_PEER: Address = -1;

/** Interleaved places in a line of the cache. Rows are whole lines, so that their fronts, which every step reads, lie in one. */
const LINE_PLACES = 4;

const SELF = 0;
const PREDECESSOR = 1;
const FIRST_SUCCESSOR = 2;

/** No place. */
export const NOWHERE = -1;

/** Where a table keeps its places. One array may hold both, ids first: then a place is one access to memory, not two. */
export interface Columns<Id> {
  readonly ids: Column<Id>;
  readonly addresses: Column<Address>;
  /** Both are the same array, of twice as many places. */
  readonly areInterleaved: boolean;
}

export class Routes<Id> {
  readonly shape: RoutesShape;
  /** Places in a row. */
  readonly width: number;
  /** Grows whenever a place gets another peer: whoever watches a table need not look otherwise. */
  changes = 0;
  private readonly space: IdSpace<Id>;
  private readonly ids: Column<Id>;
  private readonly addresses: Column<Address>;
  /** The id of place n is at n · stride, its address at n · stride + addressAt. */
  private readonly stride: number;
  private readonly addressAt: number;
  private readonly firstFinger: number;
  private readonly lastFinger: number;
  /** The logarithm of the distance whose finger comes first. */
  private readonly leastLog2: number;

  /** The columns have `Routes.places(shape)` places for each row; every address must be NO_PEER. */
  constructor(space: IdSpace<Id>, shape: RoutesShape, columns: Columns<Id>) {
    this.space = space;
    this.shape = { successors: shape.successors, fingers: Math.min(shape.fingers, space.bits) };
    this.width = Routes.places(shape);
    this.ids = columns.ids;
    this.addresses = columns.addresses;
    this.stride = columns.areInterleaved ? 2 : 1;
    this.addressAt = columns.areInterleaved ? 1 : 0;
    this.firstFinger = FIRST_SUCCESSOR + shape.successors;
    this.lastFinger = this.firstFinger + this.shape.fingers - 1;
    this.leastLog2 = space.bits - this.shape.fingers;
  }

  static places({ successors, fingers }: RoutesShape): number {
    return (FIRST_SUCCESSOR + successors + fingers + LINE_PLACES - 1) & ~(LINE_PLACES - 1);
  }

  /** A table of one row, for a node by itself. */
  static alone<Id>(space: IdSpace<Id>, shape: RoutesShape): Routes<Id> {
    const places = Routes.places(shape);
    const ids = Array.from({ length: places }, () => space.zero);
    const addresses = Array.from({ length: places }, () => NO_PEER);
    return new Routes(space, shape, { ids, addresses, areInterleaved: false });
  }

  address(row: number, place: number): Address {
    return this.addresses[(row * this.width + place) * this.stride + this.addressAt] as Address;
  }

  id(row: number, place: number): Id {
    return this.ids[(row * this.width + place) * this.stride] as Id;
  }

  peer(row: number, place: number): Peer<Id> | undefined {
    const address = this.address(row, place);
    return address === NO_PEER ? undefined : { id: this.id(row, place), address };
  }

  /** Says whose row it is; before anything else is asked of it. */
  setSelf(row: number, self: Peer<Id>): void {
    this.set(row, SELF, self);
  }

  /** Whose row it is. */
  selfId(row: number): Id {
    return this.id(row, SELF);
  }

  predecessor(row: number): Peer<Id> | undefined {
    return this.peer(row, PREDECESSOR);
  }

  setPredecessor(row: number, peer: Peer<Id> | undefined): void {
    this.set(row, PREDECESSOR, peer);
  }

  /** The first successor's address, NO_PEER where there is none. */
  headAddress(row: number): Address {
    return this.address(row, FIRST_SUCCESSOR);
  }

  successors(row: number): Peer<Id>[] {
    const list: Peer<Id>[] = [];
    for (let i = 0; i < this.shape.successors; i++) {
      const peer = this.peer(row, FIRST_SUCCESSOR + i);
      if (peer === undefined) break;
      list.push(peer);
    }
    return list;
  }

  /** Takes the first so many as there is room for. */
  setSuccessors(row: number, list: readonly Peer<Id>[]): void {
    for (let i = 0; i < this.shape.successors; i++) this.set(row, FIRST_SUCCESSOR + i, list[i]);
  }

  fingers(row: number): Peer<Id>[] {
    const list: Peer<Id>[] = [];
    for (let i = 0; i < this.shape.fingers; i++) {
      const peer = this.peer(row, this.firstFinger + i);
      if (peer !== undefined) list.push(peer);
    }
    return list;
  }

  /** The finger for distances from 2^exponent; undefined where none is known, or where they have no place. */
  finger(row: number, exponent: number): Peer<Id> | undefined {
    return exponent < this.leastLog2 ? undefined : this.peer(row, this.firstFinger + exponent - this.leastLog2);
  }

  /** Notes down who comes first at or after 2^exponent from here: nobody nearer, and everybody up to it is not there. */
  setFinger(row: number, exponent: number, first: Peer<Id>): void {
    const me = this.id(row, SELF);
    const distance = this.space.distance(me, first.id);
    // The way around led back to this node or to somebody before the start: no finger lies that far.
    const reached = this.space.isEqual(first.id, me) ? this.space.bits : this.space.log2(distance);
    for (let i = Math.max(exponent, this.leastLog2); i < Math.min(reached, this.space.bits); i++) {
      this.set(row, this.firstFinger + i - this.leastLog2, undefined);
    }
    if (reached >= Math.max(exponent, this.leastLog2) && reached < this.space.bits) {
      this.set(row, this.firstFinger + reached - this.leastLog2, first);
    }
  }

  /** Takes out all fingers for distances below 2^exponent. */
  dropFingersBelow(row: number, exponent: number): void {
    for (let i = this.leastLog2; i < exponent; i++) this.set(row, this.firstFinger + i - this.leastLog2, undefined);
  }

  /** The least exponent whose finger has a place. */
  get leastExponent(): number {
    return this.leastLog2;
  }

  /** Does the row's first successor own the key: is it in (me, successor]? */
  isHeadOwner(row: number, key: Id): boolean {
    const { space } = this;
    const me = this.id(row, SELF);
    const head = this.id(row, FIRST_SUCCESSOR);
    // In a ring of one the interval (me, me] is the whole circle.
    if (space.isEqual(head, me)) return true;
    return !space.isEqual(key, me) && !space.isLess(space.distance(me, head), space.distance(me, key));
  }

  /** Does the node itself own the key: is it in (predecessor, me]? False while no predecessor is known. */
  owns(row: number, key: Id): boolean {
    if (this.address(row, PREDECESSOR) === NO_PEER) return false;
    const { space } = this;
    const me = this.id(row, SELF);
    const predecessor = this.id(row, PREDECESSOR);
    if (space.isEqual(predecessor, me)) return true;
    if (space.isEqual(key, predecessor)) return false;
    return !space.isLess(space.distance(predecessor, me), space.distance(predecessor, key));
  }

  /**
   * The place of the known node furthest clockwise strictly inside (me, key), NOWHERE where there is none. Where key equals me,
   * that is the whole circle.
   */
  closestPreceding(row: number, key: Id): number {
    const { space } = this;
    const me = this.id(row, SELF);
    const way = space.distance(me, key);
    const isWhole = space.isEqual(key, me);
    const finger = this.precedingFinger(row, me, way, isWhole);
    let best = finger;
    let reached = finger === NOWHERE ? space.zero : space.distance(me, this.id(row, finger));
    for (let place = FIRST_SUCCESSOR; place < this.firstFinger; place++) {
      if (this.address(row, place) === NO_PEER) break;
      const distance = space.distance(me, this.id(row, place));
      // Past the key, or once around: in a small ring the list repeats itself.
      if (space.isEqual(distance, space.zero) || !(isWhole || space.isLess(distance, way))) break;
      if (!space.isLess(reached, distance)) continue;
      best = place;
      reached = distance;
    }
    return best;
  }

  /** The place at which `closestPreceding` looks first, for whoever fetches memory ahead; of what is no key, some place. */
  likelyPlace(row: number, key: Id): number {
    const { space, firstFinger, lastFinger } = this;
    const me = this.id(row, SELF);
    if (space.isEqual(key, me)) return lastFinger;
    const place = firstFinger + space.log2(space.distance(me, key)) - this.leastLog2;
    return Math.min(Math.max(place, SELF), lastFinger);
  }

  /** Like `closestPreceding`, up to `most` nodes, best first, without those to avoid. */
  preceding(row: number, key: Id, avoid: readonly Address[], most: number): Peer<Id>[] {
    const { space } = this;
    const me = this.id(row, SELF);
    const way = space.distance(me, key);
    const isWhole = space.isEqual(key, me);
    const found: { readonly peer: Peer<Id>; readonly distance: Id }[] = [];
    for (let place = FIRST_SUCCESSOR; place < this.width; place++) {
      const peer = this.peer(row, place);
      if (peer === undefined || avoid.includes(peer.address)) continue;
      const distance = space.distance(me, peer.id);
      if (!space.isLess(space.zero, distance) || !(isWhole || space.isLess(distance, way))) continue;
      if (found.some((other) => other.peer.address === peer.address)) continue;
      found.push({ peer, distance });
    }
    found.sort((a, b) => (space.isLess(b.distance, a.distance) ? -1 : 1));
    return found.slice(0, most).map(({ peer }) => peer);
  }

  /** Takes a peer that is gone out of the list and the fingers. True: it was in the list. */
  forget(row: number, address: Address): boolean {
    const list = this.successors(row);
    const left = list.filter((peer) => peer.address !== address);
    if (left.length < list.length) this.setSuccessors(row, left);
    for (let place = this.firstFinger; place < this.width; place++) {
      if (this.address(row, place) === address) this.set(row, place, undefined);
    }
    return left.length < list.length;
  }

  /** Empties the row; it stays whose it was. */
  clear(row: number): void {
    for (let place = PREDECESSOR; place < this.width; place++) this.set(row, place, undefined);
  }

  private precedingFinger(row: number, me: Id, way: Id, isWhole: boolean): number {
    const { space, firstFinger } = this;
    const top = isWhole ? this.lastFinger : firstFinger + space.log2(way) - this.leastLog2;
    if (top < firstFinger) return NOWHERE;
    // Only in its own place may a finger lie at or beyond the key.
    if (this.address(row, top) !== NO_PEER) {
      if (isWhole || space.isLess(space.distance(me, this.id(row, top)), way)) return top;
    }
    for (let place = top - 1; place >= firstFinger; place--) if (this.address(row, place) !== NO_PEER) return place;
    return NOWHERE;
  }

  private set(row: number, place: number, peer: Peer<Id> | undefined): void {
    const at = (row * this.width + place) * this.stride;
    const address = peer?.address ?? NO_PEER;
    if (this.addresses[at + this.addressAt] !== address) this.changes++;
    this.addresses[at + this.addressAt] = address;
    if (peer !== undefined) this.ids[at] = peer.id;
  }
}
