// A Chord node: keeps its place in the ring, answers for the keys it owns, looks up the owners of others. What it knows of the
// ring lies in a row of a Routes table; how that is kept right is the upkeep's business, how a key is found a Lookup's.
// It keeps small records for others (who has a file), no files.
import { hostOf } from "../../base/ipv4.ts";
import { Rations } from "../../base/rations.ts";
import type { Address, DatagramNode, DatagramPort, Host, Millis } from "../../host/host.ts";
import type { IdSpace } from "./id-space.ts";
import { Lookup, type LookupNode, type LookupResult, type Step } from "./lookup.ts";
import { LIMITS } from "./limits.ts";
import type { Message, Peer, Record } from "./messages.ts";
import { LAST, NO_ROUTE, ON, OpenRoutes, OWN, type RoutingNode } from "./open-routes.ts";
import type { ChordOptions } from "./options.ts";
import { OriginalUpkeep } from "./original-upkeep.ts";
import { RecordAsker, type Records } from "./record-asker.ts";
import { RecordDesk } from "./record-desk.ts";
import { RepairedUpkeep } from "./repaired-upkeep.ts";
import { Requests } from "./requests.ts";
import { NO_PEER, NOWHERE, type Routes } from "./routes.ts";
import {
  DEADLINE,
  FAREWELL,
  FIX_FINGER,
  type Phase,
  REJOIN,
  STABILIZE,
  type Upkeep,
  type UpkeepNode,
} from "./upkeep.ts";

/** What the application hears, never before the command that caused it has returned. One object may serve many nodes. */
export interface ChordEvents<Id> {
  onLookup(self: Address, result: LookupResult<Id>): void;
  onPhase(self: Address, phase: Phase): void;
  /** The answer to `fetch`; undefined: silence. */
  onRecords(self: Address, number: number, answer: Records | undefined): void;
  /** The answer to `store`: seconds for which the record is kept, 0 where it was refused or nobody answered. */
  onStored(self: Address, number: number, seconds: number): void;
}

/** Timers of the node itself; those below are the upkeep's. */
const ROUTE_DEADLINE = 5;
const READY = 6;
const SWEEP = 7;

/** Records that are out of date go within this time. */
const SWEEP_MS = 60_000;

export class ChordNode<Id> implements DatagramNode<Message<Id>>, LookupNode<Id>, RoutingNode<Id>, UpkeepNode<Id> {
  // What each step of a lookup reads stands first: then it is one or two lines of the cache, not four.
  readonly routes: Routes<Id>;
  readonly row: number;
  private readonly port: DatagramPort<Message<Id>>;
  private readonly options: ChordOptions<Id>;
  // What most nodes of a large world never need is null until it is used.
  private upkeepMade: Upkeep<Id> | null = null;
  lastRoute = NO_ROUTE;
  private lastNumber = 0;
  private readonly openRoutes: OpenRoutes<Id>;
  private readonly host: Host;
  private readonly events: ChordEvents<Id>;
  readonly space: IdSpace<Id>;
  private requestsMade: Requests<Id> | null = null;
  private asking: RecordAsker<Id> | null = null;
  private desk: RecordDesk<Id> | null = null;
  private rations: Rations | null = null;
  /** What the application will hear once its command has returned. */
  private ready: (() => void)[] | null = null;
  private isInCommand = false;

  constructor(
    host: Host,
    port: DatagramPort<Message<Id>>,
    space: IdSpace<Id>,
    routes: Routes<Id>,
    row: number,
    id: Id,
    options: ChordOptions<Id>,
    events: ChordEvents<Id>,
    openRoutes = new OpenRoutes<Id>(),
  ) {
    this.host = host;
    this.port = port;
    this.space = space;
    this.routes = routes;
    this.row = row;
    this.options = options;
    this.events = events;
    this.openRoutes = openRoutes;
    routes.setSelf(row, { id, address: port.self });
  }

  // --- commands

  /** Begins a ring of one. */
  create(): void {
    this.upkeep.create();
  }

  /** Enters the ring of a peer. */
  join(bootstrap: Address): void {
    this.upkeep.join(bootstrap);
  }

  /** Starts the rounds of a node whose row was filled from outside: a member of a first, ideal ring. */
  enter(): void {
    this.upkeep.enter();
  }

  /** Asks a peer that may be in another ring whether we have a place there. */
  meet(address: Address): void {
    this.upkeep.meet(address);
  }

  /** Says goodbye; `onPhase("out")` follows. */
  leave(): void {
    this.upkeep.leave();
  }

  /** Goes at once. */
  stop(): void {
    this.upkeep.stop();
    this.openRoutes.cancel(this);
    // What it kept for others belongs to its place in the ring.
    this.desk = null;
    this.ready = null;
    this.host.disarm(SWEEP);
    this.host.disarm(READY);
  }

  /** Looks for the owner of a key, asking node after node. `onLookup` follows. */
  lookup(key: Id): number {
    const lookup = new Lookup<Id>(this, ++this.lastNumber, key, this.options.confirms, true);
    this.isInCommand = true;
    if (this.requests.isFull) this.onLookupDone(lookup, failed(lookup.number, key));
    else if (this.routes.owns(this.row, key)) this.onLookupDone(lookup, this.own(lookup.number, key));
    else lookup.begin();
    this.isInCommand = false;
    return lookup.number;
  }

  /** The same, each node sending the question on. Takes half as long, and is lost where a node on the way is silent. */
  route(key: Id): number {
    const number = ++this.lastNumber;
    const { openRoutes } = this;
    if (openRoutes.isFull(this)) this.deferResult(failed(number, key));
    else if (this.routes.owns(this.row, key)) openRoutes.ask(this, number, key, this.address, OWN);
    else {
      const owner = this.knownOwner(key);
      if (owner !== NO_PEER) openRoutes.ask(this, number, key, owner, LAST);
      else openRoutes.ask(this, number, key, this.nextHop(key), ON);
    }
    return number;
  }

  /** Asks a peer for the records under a key, after the first `skip`. `onRecords` follows. */
  fetch(from: Address, key: Id, skip = 0): number {
    const number = ++this.lastNumber;
    if (this.requests.isFull) this.defer(() => this.events.onRecords(this.port.self, number, undefined));
    else this.records.fetch(number, from, key, skip);
    return number;
  }

  /** Asks a peer to keep a record; the permit is from its answer to `fetch`. `onStored` follows. */
  store(at: Address, permit: number, key: Id, record: Record, seconds: number): number {
    const number = ++this.lastNumber;
    if (this.requests.isFull) this.defer(() => this.events.onStored(this.port.self, number, 0));
    else this.records.store(number, at, permit, key, record, seconds);
    return number;
  }

  get phase(): Phase {
    return this.upkeepMade?.phase ?? "out";
  }

  /** A question is out whose answer will change our successors. */
  get isChanging(): boolean {
    return this.upkeepMade?.isChanging ?? false;
  }

  get predecessor(): Peer<Id> | undefined {
    return this.routes.predecessor(this.row);
  }

  get successors(): Peer<Id>[] {
    return this.routes.successors(this.row);
  }

  /** Records kept for others. */
  get recordCount(): number {
    return this.desk?.size ?? 0;
  }

  // --- input

  onMessage(from: Address, message: Message<Id>): void {
    switch (message.kind) {
      case "arrived":
        this.openRoutes.onArrived(this, from, message.token, message.id, message.hops);
        return;
      case "pong":
      case "neighbours":
      case "found":
      case "records":
      case "stored":
        this.requestsMade?.answer(from, message.token, message);
        return;
      case "busy":
        this.requestsMade?.onBusy(from, message.token);
        return;
      default:
        if (this.options.rations && !this.mayAsk(from, message)) return;
        this.onRequest(from, message);
    }
  }

  onTimer(timer: number): void {
    switch (timer) {
      case STABILIZE:
      case FIX_FINGER:
      case REJOIN:
      case FAREWELL:
        this.upkeepMade?.onTimer(timer);
        return;
      case DEADLINE:
        this.requestsMade?.onTimer();
        return;
      case ROUTE_DEADLINE:
        this.openRoutes.onDeadline(this);
        return;
      case READY:
        for (const tell of this.ready?.splice(0) ?? []) tell();
        return;
      case SWEEP:
        if (this.desk === null || this.desk.sweep(this.host.now()) === 0) return;
        this.host.arm(SWEEP, SWEEP_MS);
    }
  }

  /** The row is the business of whoever made the table. */
  warm(): number {
    return this.row + this.lastRoute;
  }

  private onRequest(from: Address, message: Message<Id>): void {
    switch (message.kind) {
      case "route":
        this.onRoute(message);
        return;
      case "find":
        this.onFind(from, message);
        return;
      case "ping":
        this.upkeep.onPing(from, message.token);
        return;
      case "ask-neighbours":
        this.upkeep.onAskNeighbours(from, message.token);
        return;
      case "notify":
        this.upkeep.onNotify({ id: message.id, address: from });
        return;
      case "look-again":
        this.upkeep.onLookAgain(from);
        return;
      case "leave":
        // As an answer to our ping it is true; otherwise we ask.
        if (this.requestsMade?.answer(from, message.token, message) !== true) this.upkeep.onLeave(from);
        return;
      case "fetch":
        if (this.phase === "member") this.recordDesk.onFetch(from, message);
        return;
      case "store":
        if (this.phase !== "member") return;
        if (this.recordDesk.size === 0) this.host.arm(SWEEP, SWEEP_MS);
        this.recordDesk.onStore(from, message, this.mayHold(message.key));
    }
  }

  private onRoute(message: Extract<Message<Id>, { kind: "route" }>): void {
    if (!this.options.sendsOn || (this.upkeepMade !== null && this.phase !== "member")) return;
    const { key, token, origin, hops, isLast } = message;
    const { routes, row } = this;
    if (isLast && !this.isOwnedBehind(key)) {
      this.port.send(origin, { kind: "arrived", token, id: this.id, hops });
      return;
    }
    if (hops >= LIMITS.hopsMax) return;
    const owner = isLast ? (routes.predecessor(row) as Peer<Id>).address : this.knownOwner(key);
    const isNextLast = owner !== NO_PEER;
    const to = isNextLast ? owner : this.nextHop(key);
    if (to === NO_PEER) return;
    this.port.send(to, { kind: "route", token, key, origin, hops: hops + 1, isLast: isNextLast });
  }

  private onFind(from: Address, message: Extract<Message<Id>, { kind: "find" }>): void {
    if (this.upkeepMade !== null && this.phase !== "member") return;
    const { isOwner, peers } = this.step(message.key, message.avoid);
    this.port.send(from, { kind: "found", token: message.token, isOwner, peers });
  }

  // --- for lookups and the upkeep

  /** From its row, which a step reads anyway: in a field it would be a box somewhere else in memory. */
  get id(): Id {
    return this.routes.selfId(this.row);
  }

  get address(): Address {
    return this.port.self;
  }

  get self(): Peer<Id> {
    return { id: this.id, address: this.port.self };
  }

  get requests(): Requests<Id> {
    this.requestsMade ??= new Requests(this.host, this.port, DEADLINE, this.options);
    return this.requestsMade;
  }

  step(key: Id, avoid: readonly Address[]): Step<Id> {
    const { routes, row, id, space } = this;
    const list = routes.successors(row).filter(({ address }) => !avoid.includes(address));
    const head = list[0];
    if (head === undefined) return { isOwner: false, peers: [] };
    const isWhole = space.isEqual(head.id, id);
    const isOwner =
      isWhole || (!space.isEqual(key, id) && !space.isLess(space.distance(id, head.id), space.distance(id, key)));
    if (isOwner) return { isOwner, peers: distinct(list) };
    const ending = this.options.listEnds ? this.firstAtOrAfter(key, list) : -1;
    if (ending >= 0) return { isOwner: true, peers: distinct(list.slice(ending)) };
    return { isOwner, peers: routes.preceding(row, key, avoid, this.options.alternatives) };
  }

  lookUp(key: Id, startAt: Address | undefined, confirms: boolean): Lookup<Id> {
    const lookup = new Lookup<Id>(this, ++this.lastNumber, key, confirms, startAt === undefined);
    if (startAt === undefined) lookup.begin();
    else lookup.beginAt(startAt);
    return lookup;
  }

  onLookupDone(lookup: Lookup<Id>, result: LookupResult<Id>): void {
    if (this.upkeepMade?.onLookupDone(lookup, result) === true) return;
    if (this.isInCommand) this.deferResult(result);
    else this.events.onLookup(this.port.self, result);
  }

  onRouted(result: LookupResult<Id>): void {
    this.events.onLookup(this.port.self, result);
  }

  onSilentPeer(address: Address): void {
    this.forget(address);
  }

  forget(address: Address): void {
    if (!this.options.forgets) return;
    const { routes, row } = this;
    routes.forget(row, address);
    if (routes.predecessor(row)?.address === address) routes.setPredecessor(row, undefined);
  }

  onPhase(phase: Phase): void {
    this.events.onPhase(this.port.self, phase);
  }

  accepts(peer: Peer<Id>): boolean {
    return this.options.accepts(peer);
  }

  get confirms(): boolean {
    return this.options.confirms;
  }

  get routeTimeoutMs(): Millis {
    return this.options.routeTimeoutMs;
  }

  get routeTries(): number {
    return this.options.routeTries;
  }

  get silentMax(): number {
    return this.options.silentMax;
  }

  now(): Millis {
    return this.host.now();
  }

  u32(): number {
    return this.host.u32();
  }

  arm(timer: number, delay: Millis): void {
    this.host.arm(timer, delay);
  }

  disarm(timer: number): void {
    this.host.disarm(timer);
  }

  armRoute(delay: Millis): void {
    this.host.arm(ROUTE_DEADLINE, delay);
  }

  disarmRoute(): void {
    this.host.disarm(ROUTE_DEADLINE);
  }

  send(to: Address, message: Message<Id>): void {
    this.port.send(to, message);
  }

  get hasRounds(): boolean {
    return this.options.rounds;
  }

  get restRounds(): number {
    return this.options.restRounds;
  }

  roundMs(): Millis {
    const [least, most] = this.options.roundMs;
    return least + (this.host.u32() % (most - least + 1));
  }

  // --- private

  private get upkeep(): Upkeep<Id> {
    this.upkeepMade ??= this.options.upkeep === "original" ? new OriginalUpkeep(this) : new RepairedUpkeep(this);
    return this.upkeepMade;
  }

  private get records(): RecordAsker<Id> {
    this.asking ??= new RecordAsker(this.requests, this.port.self, this.events);
    return this.asking;
  }

  private get recordDesk(): RecordDesk<Id> {
    this.desk ??= new RecordDesk(this.host, this.port);
    return this.desk;
  }

  private mayAsk(from: Address, { kind }: Message<Id>): boolean {
    this.rations ??= new Rations({
      burst: LIMITS.requestsBurst,
      perSecond: LIMITS.requestsPerSecond,
      hostsMax: LIMITS.hostsMax,
    });
    // Answers to these are long. Whoever asks in the name of another must not make us flood him.
    const cost = kind === "fetch" ? LIMITS.fetchCost : kind === "ask-neighbours" ? LIMITS.neighboursCost : 1;
    return this.rations.take(hostOf(from), this.host.now(), cost) === 0;
  }

  /** The owner, as far as our successors tell it. */
  private knownOwner(key: Id): Address {
    const { routes, row } = this;
    if (routes.isHeadOwner(row, key)) return routes.headAddress(row);
    if (!this.options.listEnds) return NO_PEER;
    const list = routes.successors(row);
    return list[this.firstAtOrAfter(key, list)]?.address ?? NO_PEER;
  }

  /** Where in our successor list the first stands whom the key does not lie beyond; -1 where the list does not reach it. */
  private firstAtOrAfter(key: Id, list: readonly Peer<Id>[]): number {
    const { space, id } = this;
    if (space.isEqual(key, id)) return -1;
    const way = space.distance(id, key);
    // In small rings a list comes back to us, and has passed every key.
    return list.findIndex((peer) => space.isEqual(peer.id, id) || !space.isLess(space.distance(id, peer.id), way));
  }

  private nextHop(key: Id): Address {
    const place = this.routes.closestPreceding(this.row, key);
    return place === NOWHERE ? this.routes.headAddress(this.row) : this.routes.address(this.row, place);
  }

  /** Somebody joined behind us whom the sender does not know yet, and the key is his. */
  private isOwnedBehind(key: Id): boolean {
    const predecessor = this.routes.predecessor(this.row);
    if (predecessor === undefined || predecessor.address === this.port.self) return false;
    return !this.routes.owns(this.row, key);
  }

  /**
   * Does the key lie near enough before us to be ours to keep, as its owner or one of the next? Twice as far as our list
   * reaches the other way is more than these need; so nobody fills us with keys from all around the ring.
   */
  private mayHold(key: Id): boolean {
    const { space, id } = this;
    const list = this.routes.successors(this.row);
    const last = list.at(-1);
    if (last === undefined || list.some((peer) => space.isEqual(peer.id, id))) return true;
    const reach = space.log2(space.distance(id, last.id));
    const way = space.distance(key, id);
    return space.isEqual(key, id) || space.log2(way) <= reach + 1;
  }

  private own(number: number, key: Id): LookupResult<Id> {
    return { ...failed(number, key), owner: this.self, followers: distinct(this.routes.successors(this.row)) };
  }

  private deferResult(result: LookupResult<Id>): void {
    this.defer(() => this.events.onLookup(this.port.self, result));
  }

  private defer(tell: () => void): void {
    this.ready ??= [];
    this.ready.push(tell);
    this.host.arm(READY, 1);
  }
}

function failed<Id>(number: number, key: Id): LookupResult<Id> {
  const none = { hops: 0, timeouts: 0, ownerTimeouts: 0, ms: 0, path: [] };
  return { number, key, owner: undefined, followers: [], ...none };
}

/** In small rings a list goes around more than once. */
function distinct<Id>(list: readonly Peer<Id>[]): Peer<Id>[] {
  return list.filter((peer, at) => list.findIndex(({ address }) => address === peer.address) === at);
}
