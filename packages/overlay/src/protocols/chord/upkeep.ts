// How a node gets into the ring, keeps its pointers right, and leaves: what both versions of the protocol have in common.
// They differ in how a joiner starts, in what one round of stabilization does, and in whose word they take
// (repaired-upkeep.ts, original-upkeep.ts).
import { hostOf } from "../../base/ipv4.ts";
import type { Address, Millis } from "../../host/host.ts";
import type { IdSpace } from "./id-space.ts";
import { LIMITS } from "./limits.ts";
import type { Lookup, LookupResult } from "./lookup.ts";
import type { Message, Peer } from "./messages.ts";
import type { Asker, Requests } from "./requests.ts";
import type { Routes } from "./routes.ts";

/** `out`: not a member. `leaving`: it says so to everybody who asks, then goes. */
export type Phase = "out" | "joining" | "member" | "leaving";

export type Neighbours<Id> = Extract<Message<Id>, { kind: "neighbours" }>;
type Leave<Id> = Extract<Message<Id>, { kind: "leave" }>;

/** A node's timers. */
export const STABILIZE = 0;
export const FIX_FINGER = 1;
export const DEADLINE = 2;
export const REJOIN = 3;
export const FAREWELL = 4;

/** What the upkeep needs of its node. */
export interface UpkeepNode<Id> {
  readonly space: IdSpace<Id>;
  readonly requests: Requests<Id>;
  readonly routes: Routes<Id>;
  readonly row: number;
  readonly self: Peer<Id>;
  u32(): number;
  arm(timer: number, delay: Millis): void;
  disarm(timer: number): void;
  send(to: Address, message: Message<Id>): void;
  accepts(peer: Peer<Id>): boolean;
  /** Looks for the owner of a key on the upkeep's behalf: from a peer elsewhere, or from the own tables. */
  lookUp(key: Id, startAt: Address | undefined, confirms: boolean): Lookup<Id>;
  readonly hasRounds: boolean;
  readonly restRounds: number;
  roundMs(): Millis;
  onPhase(phase: Phase): void;
  /** A peer is gone. */
  forget(address: Address): void;
}

/** A joiner whose bootstrap did not answer tries again after this; each time twice as long, up to the most. */
const REJOIN_MS = 1000;
const REJOIN_MAX_MS = 60_000;

/** Ways into the ring that are remembered. */
const BOOTSTRAPS_MAX = 16;

/** Leaving waits so long for the neighbours' question whether it is true. */
const FAREWELL_MS = 2000;

/** Tags of questions. Those of the versions count on from here. */
const CHECK_PREDECESSOR = 0;
const IS_LEAVING = 1;
const ADOPT_PREDECESSOR = 2;
export const FIRST_OWN_TAG = 3;

export abstract class Upkeep<Id> implements Asker<Id> {
  phase: Phase = "out";
  protected readonly node: UpkeepNode<Id>;
  /** Ways into the ring, the one to try next first. */
  private bootstraps: readonly Address[] = [];
  private rejoinMs = REJOIN_MS;
  private joining: Lookup<Id> | undefined = undefined;
  private fixing: Lookup<Id> | undefined = undefined;
  private meeting: Lookup<Id> | undefined = undefined;
  private fixingExponent = -1;
  /** Rounds that will refresh no finger. */
  private restRounds = 0;
  /** Would be our predecessor, once it answers; one of each host, so that a silent one keeps nobody out. */
  private candidates: Peer<Id>[] = [];
  /** Said that it leaves, and is asked whether that is so. */
  private leaver: Address | undefined = undefined;

  constructor(node: UpkeepNode<Id>) {
    this.node = node;
  }

  // --- commands

  /** A ring of one. */
  create(): void {
    const { routes, row, self } = this.node;
    routes.clear(row);
    routes.setSuccessors(row, Array<Peer<Id>>(routes.shape.successors).fill(self));
    this.enter();
  }

  /** Enters the ring that a peer is in. */
  join(bootstrap: Address): void {
    this.bootstraps = [bootstrap];
    this.rejoinMs = REJOIN_MS;
    this.tryToJoin();
  }

  /** Starts the rounds of a node whose tables were filled by hand. */
  enter(): void {
    this.joining = undefined;
    this.setPhase("member");
    if (!this.node.hasRounds) return;
    this.node.arm(STABILIZE, 1 + (this.node.u32() % this.node.roundMs()));
    this.node.arm(FIX_FINGER, 1 + (this.node.u32() % this.node.roundMs()));
  }

  /** Looks from a peer that may be in another ring for our place there, so that two rings become one. */
  meet(address: Address): void {
    if (this.phase === "joining" && !this.bootstraps.includes(address)) {
      this.bootstraps = [address, ...this.bootstraps].slice(0, BOOTSTRAPS_MAX);
    }
    if (this.phase !== "member" || this.meeting !== undefined || address === this.node.self.address) return;
    this.meeting = this.node.lookUp(this.node.self.id, address, false);
  }

  leave(): void {
    const { routes, row } = this.node;
    if (this.phase !== "member") {
      this.stop();
      return;
    }
    const predecessor = routes.predecessor(row);
    const head = routes.headAddress(row);
    this.halt();
    this.setPhase("leaving");
    this.node.arm(FAREWELL, FAREWELL_MS);
    if (head !== this.node.self.address) this.sayLeaving(head, 0);
    if (predecessor !== undefined && predecessor.address !== head) this.sayLeaving(predecessor.address, 0);
  }

  /** Goes without a word. */
  stop(): void {
    this.halt();
    this.setPhase("out");
  }

  // --- input

  onPing(from: Address, token: number): void {
    if (this.phase === "member") this.node.send(from, { kind: "pong", token });
    else if (this.phase === "leaving") this.sayLeaving(from, token);
  }

  /** A question is out whose answer will change our list. */
  abstract readonly isChanging: boolean;
  abstract onAskNeighbours(from: Address, token: number): void;
  abstract onNotify(from: Peer<Id>): void;
  /** One round of stabilization. */
  protected abstract stabilize(): void;
  /** The lookup of our own id ended at its predecessor; `followers` begin with who owns it so far. */
  protected abstract onPlaceFound(predecessor: Address, followers: readonly Peer<Id>[]): void;
  /** A peer of another ring that follows us more closely than our successor does. */
  protected abstract onBetterHead(peer: Peer<Id>): void;
  /** Forgets questions under way. */
  protected abstract reset(): void;
  abstract onAnswer(tag: number, from: Address, answer: Message<Id>): void;
  abstract onSilence(tag: number, to: Address): void;

  /** A peer says that it leaves; we ask it whether that is so. */
  onLeave(from: Address): void {
    if (this.phase !== "member" || this.leaver !== undefined) return;
    const { routes, row } = this.node;
    const isKnown =
      routes.predecessor(row)?.address === from || routes.successors(row).some(({ address }) => address === from);
    if (!isKnown) return;
    this.leaver = from;
    this.ask(from, IS_LEAVING, "ping");
  }

  /** Somebody joined behind us. */
  onLookAgain(from: Address): void {
    if (this.phase === "member" && from === this.node.routes.headAddress(this.node.row)) this.stabilize();
  }

  onTimer(timer: number): void {
    switch (timer) {
      case STABILIZE:
        this.node.arm(STABILIZE, this.node.roundMs());
        this.checkPredecessor();
        this.stabilize();
        break;
      case FIX_FINGER:
        this.node.arm(FIX_FINGER, this.node.roundMs());
        this.fixNextFinger();
        break;
      case REJOIN:
        this.tryToJoin();
        break;
      case FAREWELL:
        this.stop();
        break;
    }
  }

  /** True: it was ours. */
  onLookupDone(lookup: Lookup<Id>, result: LookupResult<Id>): boolean {
    if (lookup === this.joining) {
      this.joining = undefined;
      const found = result.owner === undefined ? [] : [result.owner, ...result.followers];
      const predecessor = lookup.last?.address;
      if (found.length === 0 || predecessor === undefined) this.joinFailed();
      else this.onPlaceFound(predecessor, found);
      return true;
    }
    if (lookup === this.meeting) {
      this.meeting = undefined;
      if (result.owner !== undefined) this.onMet(result.owner);
      return true;
    }
    if (lookup !== this.fixing) return false;
    this.fixing = undefined;
    const { routes, row } = this.node;
    if (result.owner !== undefined) routes.setFinger(row, this.fixingExponent, result.owner);
    return true;
  }

  // --- for the versions

  protected ask(to: Address, tag: number, kind: "ping" | "ask-neighbours"): void {
    const { requests } = this.node;
    const token = requests.newToken();
    requests.ask(token, to, { kind, token }, this, tag);
  }

  /** Answers to the questions that both versions ask. False: it was none of them. */
  protected onCommonAnswer(tag: number, from: Address, answer: Message<Id>): boolean {
    if (tag === IS_LEAVING) this.leaver = undefined;
    const candidate = tag === ADOPT_PREDECESSOR ? this.takeCandidate(from) : undefined;
    if (answer.kind === "leave") this.onLeft(from, answer);
    else if (candidate !== undefined && answer.kind === "pong" && this.isNearer(candidate))
      this.setPredecessor(candidate);
    return tag < FIRST_OWN_TAG;
  }

  protected onCommonSilence(tag: number, to: Address): boolean {
    if (tag === ADOPT_PREDECESSOR) this.takeCandidate(to);
    if (tag === IS_LEAVING) this.leaver = undefined;
    if (tag < FIRST_OWN_TAG) this.node.forget(to);
    return tag < FIRST_OWN_TAG;
  }

  /** Takes a peer as predecessor when it answers. */
  protected adoptPredecessor(peer: Peer<Id>): void {
    const host = hostOf(peer.address);
    if (this.candidates.length >= LIMITS.candidatesMax) return;
    if (this.candidates.some(({ address }) => hostOf(address) === host)) return;
    this.candidates.push(peer);
    this.ask(peer.address, ADOPT_PREDECESSOR, "ping");
  }

  private takeCandidate(address: Address): Peer<Id> | undefined {
    const found = this.candidates.find((peer) => peer.address === address);
    this.candidates = this.candidates.filter((peer) => peer !== found);
    return found;
  }

  /** Others may have answered while this one was asked. */
  private isNearer(candidate: Peer<Id>): boolean {
    const { routes, row, self } = this.node;
    const predecessor = routes.predecessor(row);
    if (predecessor === undefined || predecessor.address === self.address) return true;
    return this.isBetween(candidate.id, predecessor.id, self.id);
  }

  protected setPredecessor(peer: Peer<Id>): void {
    const { routes, row, self } = this.node;
    const before = routes.predecessor(row);
    routes.setPredecessor(row, peer);
    // In a ring of one nobody else stands behind us: the second member is our successor too, and others may come at once.
    if (routes.headAddress(row) === self.address) this.stabilize();
    // It need not wait for its own round to hear of who came between (one more optimisation of the paper's runs).
    if (before !== undefined && before.address !== peer.address) this.node.send(before.address, { kind: "look-again" });
  }

  protected sendNeighbours(to: Address, token: number): void {
    const { routes, row, self } = this.node;
    this.node.send(to, {
      kind: "neighbours",
      token,
      id: self.id,
      predecessor: routes.predecessor(row),
      successors: routes.successors(row),
    });
  }

  /** Is `id` strictly inside (low, high)? Where low equals high, that is everything but low. */
  protected isBetween(id: Id, low: Id, high: Id): boolean {
    const { space } = this.node;
    const way = space.distance(low, id);
    if (!space.isLess(space.zero, way)) return false;
    return space.isEqual(low, high) || space.isLess(way, space.distance(low, high));
  }

  protected joinFailed(): void {
    this.reset();
    const [failed, ...others] = this.bootstraps;
    if (failed !== undefined) this.bootstraps = [...others, failed];
    this.setPhase("joining");
    this.node.arm(REJOIN, this.rejoinMs + (this.node.u32() % this.rejoinMs));
    this.rejoinMs = Math.min(2 * this.rejoinMs, REJOIN_MAX_MS);
  }

  /** Everybody known besides the successors, nearest first: where the list is empty, one of them leads to who follows us. */
  protected others(): Peer<Id>[] {
    const { routes, row, self, space } = this.node;
    const known = [...routes.fingers(row), routes.predecessor(row)].filter(
      (peer): peer is Peer<Id> => peer !== undefined && peer.address !== self.address,
    );
    const way = (peer: Peer<Id>): Id => space.distance(self.id, peer.id);
    return known.sort((a, b) => (space.isLess(way(a), way(b)) ? -1 : 1));
  }

  /** Nobody is left: comes back as it came the first time. */
  protected rejoin(): void {
    this.halt();
    this.rejoinMs = REJOIN_MS;
    if (this.bootstraps.length === 0) this.create();
    else this.tryToJoin();
  }

  // --- private

  private tryToJoin(): void {
    const bootstrap = this.bootstraps[0];
    if (bootstrap === undefined) return;
    this.reset();
    this.node.routes.clear(this.node.row);
    this.setPhase("joining");
    this.joining = this.node.lookUp(this.node.self.id, bootstrap, false);
  }

  private checkPredecessor(): void {
    const predecessor = this.node.routes.predecessor(this.node.row);
    if (predecessor !== undefined && predecessor.address !== this.node.self.address) {
      this.ask(predecessor.address, CHECK_PREDECESSOR, "ping");
    }
  }

  private fixNextFinger(): void {
    const { routes, row, self, space } = this.node;
    if (this.fixing !== undefined) return;
    if (this.restRounds > 0) {
      this.restRounds--;
      return;
    }
    const list = routes.successors(row);
    const last = list.at(-1);
    // What is nearer than the last successor needs no finger; a list that goes all around makes all of them superfluous.
    const reach = last === undefined ? space.zero : space.distance(self.id, last.id);
    const isAround = list.some(({ address }) => address === self.address);
    if (isAround || last === undefined || !space.isLess(space.zero, reach)) return;
    const least = Math.max(routes.leastExponent, space.log2(reach));
    if (this.fixingExponent <= least) {
      this.fixingExponent = space.bits;
      // Nobody would refresh them.
      routes.dropFingersBelow(row, least);
    }
    this.fixingExponent--;
    if (this.fixingExponent === least) this.restRounds = this.node.restRounds;
    this.fixing = this.node.lookUp(space.ahead(self.id, this.fixingExponent), undefined, true);
  }

  private onMet(peer: Peer<Id>): void {
    const { routes, row, self } = this.node;
    const head = routes.successors(row)[0];
    if (this.phase !== "member" || head === undefined || peer.address === self.address) return;
    if (this.isBetween(peer.id, self.id, head.id)) this.onBetterHead(peer);
  }

  private onLeft(from: Address, { predecessor }: Leave<Id>): void {
    const { routes, row, self } = this.node;
    const wasPredecessor = routes.predecessor(row)?.address === from;
    this.node.forget(from);
    if (!wasPredecessor || predecessor === undefined || !this.node.accepts(predecessor)) return;
    if (predecessor.address === self.address) routes.setPredecessor(row, self);
    else this.adoptPredecessor(predecessor);
  }

  private sayLeaving(to: Address, token: number): void {
    const { routes, row } = this.node;
    this.node.send(to, {
      kind: "leave",
      token,
      predecessor: routes.predecessor(row),
      successors: routes.successors(row),
    });
  }

  /** No rounds, no questions. */
  private halt(): void {
    this.reset();
    this.joining = undefined;
    this.fixing = undefined;
    this.meeting = undefined;
    this.candidates = [];
    this.leaver = undefined;
    this.node.requests.cancel();
    for (const timer of [STABILIZE, FIX_FINGER, REJOIN, FAREWELL]) this.node.disarm(timer);
  }

  private setPhase(phase: Phase): void {
    if (this.phase === phase) return;
    this.phase = phase;
    this.node.onPhase(phase);
  }
}
