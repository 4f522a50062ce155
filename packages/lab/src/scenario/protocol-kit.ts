// What a protocol brings along so that a scenario can name it: how its peers are made and linked, what load they take, what
// can go wrong with them, what they know. One kit per protocol; the runner knows no protocol by name.
import type { World } from "../engine/world.ts";
import type { Checker } from "./checkers.ts";
import type { Description, Fields } from "./description.ts";
import type { FileSet } from "./file-set.ts";
import type { Operations } from "./operations.ts";

/** An entry of the load: the word that says what, and its own fields. */
export interface LoadAction {
  readonly do: string;
}

/** What is wrong with an entry of the load. */
export interface ActionProblem {
  /** The field; undefined: the entry as a whole. */
  readonly key: string | undefined;
  readonly problem: string;
  readonly expected: string;
}

export interface NetworkSetup<O> {
  readonly world: World;
  /** Numbers of peers there will be, those that come later included. */
  readonly peers: number;
  /** Those that the topology links, as `corePeers` said. */
  readonly core: number;
  readonly options: O;
  readonly files: FileSet;
  readonly operations: Operations;
}

export interface ProtocolKit<O = unknown, A extends LoadAction = LoadAction> {
  /** `gnutella` */
  readonly name: string;
  readonly summary: string;
  /** Kinds of message there are, so that one that was never sent is counted as 0. */
  readonly messageKinds: readonly string[];
  /** Those that only load causes; all others are background. */
  readonly loadKinds: readonly string[];
  /** What a scenario may say under `options`. */
  readonly options: Description<O>;
  /** What the load may do, by its word: the fields beside `do`, `at`, `peer` and the like. */
  readonly actions: Readonly<Record<string, Fields>>;
  /** What a hostile peer may do. */
  readonly hostilities: readonly string[];
  /** Invariants that can be watched, by name. */
  readonly checkers: readonly string[];
  /** Peers that the topology links, the first ones: all, or all that are no leaves. */
  corePeers(options: O, peers: number): number;
  /** Whether an entry of the load makes sense in a world with so many different files. */
  actionProblem(action: A, files: number): ActionProblem | undefined;
  open(setup: NetworkSetup<O>): ProtocolNetwork<A>;
}

/** The peers of one world. Peers have numbers from 0; the number is the address. */
export interface ProtocolNetwork<A extends LoadAction = LoadAction> {
  /** Makes the next peer; it is down until `start` or `join`. */
  addPeer(): void;
  /** The peer is up, and knows nobody. */
  start(peer: number): void;
  /** The peer is up, and makes its way in through one that is. */
  join(peer: number, via: number): void;
  /** Says goodbye and is down. */
  leave(peer: number): void;
  /** Vanishes with what it had; `keepsState`: what it would find on its disk again. */
  crash(peer: number, keepsState: boolean): void;
  isUp(peer: number): boolean;

  /** Opens a link between two that are up. */
  link(one: number, other: number): void;
  isLinked(one: number, other: number): boolean;
  /** Links of a peer that are open. */
  links(peer: number): number;

  perform(action: A, peer: number): void;
  /** From now on the peer misbehaves; undefined: no longer. */
  setHostile(peer: number, what: string | undefined): void;

  /** Bytes that the peer's knowledge of others would take when written down. */
  stateBytes(peer: number): number;
  /** One of the kit's checkers. */
  checker(name: string): Checker;
  /** Sums over all peers that only this protocol has, by name. */
  counters(): Readonly<Record<string, number>>;
}
