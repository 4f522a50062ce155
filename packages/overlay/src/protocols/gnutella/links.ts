// The links of a node: finding neighbours, the handshake, slots, and what is sent over each link. It knows nothing of
// queries; the node hears when a link is open and when it is gone.
import { assert } from "../../base/assert.ts";
import type { Address, Host, Link, StreamPort } from "../../host/host.ts";
import { hostOf } from "../../base/ipv4.ts";
import { newGuid } from "./guid.ts";
import {
  CONNECT_04,
  confirmBlock,
  connectBlock,
  OK_04,
  type OwnFacts,
  readFacts,
  readStatus,
  refusalBlock,
  type Role,
  roleProblem,
  welcomeBlock,
} from "./handshake.ts";
import { HostCache } from "./host-cache.ts";
import { LIMITS } from "./limits.ts";
import type { Descriptor, Handshake, Header, Message } from "./messages.ts";
import { Neighbour } from "./neighbour.ts";
import type { GnutellaOptions } from "./options.ts";
import { SendQueue } from "./send-queue.ts";

/** The timers of a node; `links.ts` owns the first two. */
export const CONNECT = 0;
export const DEADLINES = 1;
export const UPKEEP = 2;

const CONNECT_EVERY_MS = 1000;
/** Dials under way at once while links are missing. */
const DIALS_MAX = 4;
/** Quiet time for a peer that refused us: full, or for good. */
const FULL_QUIET_MS = 60_000;
const REFUSED_QUIET_MS = 15 * 60_000;
/** Links of one node have smaller numbers; a route holds its link's number in as many bits. */
const LINKS_SPAN = 65_536;
const NO_HOSTS: readonly Address[] = [];

export interface LinkEvents {
  onLinkOpen(neighbour: Neighbour): void;
  /** It was open, and is gone. */
  onLinkGone(neighbour: Neighbour, reason: string): void;
  /** A dial came to nothing. */
  onDialFailed(address: Address, reason: string): void;
}

export class Links {
  readonly hosts: HostCache;
  /** Descriptors lost because a link's queue was full. */
  dropped = 0;
  private readonly host: Host;
  private readonly port: StreamPort<Message>;
  private readonly events: LinkEvents;
  private options: GnutellaOptions;
  private readonly byLink: (Neighbour | undefined)[] = [];
  /** The open ones, in the order in which they came: most queries pass all leaves by, so these stand apart. */
  private readonly openPeers: Neighbour[] = [];
  private readonly openLeaves: Neighbour[] = [];
  private linksMade = 0;
  private running = false;
  private deadlineArmed = false;

  constructor(host: Host, port: StreamPort<Message>, options: GnutellaOptions, events: LinkEvents) {
    this.host = host;
    this.port = port;
    this.options = options;
    this.events = events;
    this.hosts = new HostCache(options.hostsMax);
  }

  start(): void {
    this.running = true;
    this.host.arm(CONNECT, 1);
  }

  stop(): void {
    this.running = false;
    this.host.disarm(CONNECT);
    this.host.disarm(DEADLINES);
    for (const neighbour of this.all()) this.bye(neighbour, 200, "Servent Shutdown");
  }

  configure(options: GnutellaOptions): void {
    this.options = options;
    this.seek();
  }

  *all(): Generator<Neighbour> {
    for (const neighbour of this.byLink) if (neighbour !== undefined) yield neighbour;
  }

  /** Open neighbours that are not leaves. */
  get peers(): readonly Neighbour[] {
    return this.openPeers;
  }

  /** Open neighbours that are leaves. */
  get leaves(): readonly Neighbour[] {
    return this.openLeaves;
  }

  get(link: Link): Neighbour | undefined {
    return this.byLink[link];
  }

  /** Reads what most descriptors lead to. */
  warm(): number {
    let sum = this.byLink.length + this.hosts.size;
    for (const neighbour of this.openPeers) sum += neighbour.messagesIn;
    return sum;
  }

  get openCount(): number {
    return this.openPeers.length + this.openLeaves.length;
  }

  /** The open neighbour that a routing table's number stands for. */
  routeTo(route: number | undefined): Neighbour | undefined {
    const neighbour = route === undefined || route < 0 ? undefined : this.byLink[route % LINKS_SPAN];
    return neighbour?.route === route && neighbour?.phase === "open" ? neighbour : undefined;
  }

  /** Dials an address that the user named, now. */
  connect(address: Address): void {
    this.hosts.learn(address, undefined, true);
    this.hosts.forgive(address);
    if (!this.isNeighbour(address)) this.dial(address, false);
  }

  /** Takes note of an address that a peer told us. */
  learn(address: Address, ultrapeer: boolean | undefined): void {
    if (address !== this.port.self && this.options.accepts(address)) this.hosts.learn(address, ultrapeer);
  }

  onTimer(timer: number): void {
    if (timer === CONNECT) this.dialMissing();
    else this.endLateHandshakes();
  }

  onOpen(link: Link, remote: Address, inbound: boolean): void {
    const deadline = this.host.now() + LIMITS.handshakeTimeoutMs;
    if (inbound) {
      this.makeHandshakeRoom(remote);
      this.remember(new Neighbour(link, this.newRoute(link), remote, true, "greeting", deadline));
      return;
    }
    const neighbour = this.byLink[link];
    if (neighbour === undefined) return;
    neighbour.phase = "greeting";
    neighbour.since = deadline;
    this.port.send(link, neighbour.legacy ? CONNECT_04 : connectBlock(this.own(), neighbour.remote));
  }

  onClose(link: Link, reason: string): void {
    const neighbour = this.byLink[link];
    if (neighbour === undefined) return;
    this.byLink[link] = undefined;
    const { phase } = neighbour;
    this.shut(neighbour);
    if (!neighbour.inbound && (phase === "dialling" || phase === "greeting")) {
      this.hosts.onFailed(neighbour.remote, this.host.now(), 0);
      // A peer of the first days hangs up on a 0.6 greeting; it is greeted once more as it understands.
      if (this.running && phase === "greeting" && this.options.role === "classic" && !neighbour.legacy) {
        this.dial(neighbour.remote, true);
      }
    }
    // Leaves have slots of their own, and one that goes leaves no link to look for.
    if (!neighbour.isLeaf) this.seek();
    if (neighbour.opened) this.events.onLinkGone(neighbour, reason);
    else if (!neighbour.inbound) this.events.onDialFailed(neighbour.remote, reason);
  }

  onWritable(link: Link): void {
    const neighbour = this.byLink[link];
    if (neighbour?.queue == null) return;
    while (this.port.room(link) > 0) {
      const message = neighbour.queue.shift();
      if (message === undefined) {
        neighbour.queue = null;
        return;
      }
      neighbour.messagesOut++;
      this.port.send(link, message);
    }
  }

  /** A block of the handshake, in whatever phase it comes. */
  onHandshake(neighbour: Neighbour, block: Handshake): void {
    if (neighbour.phase === "confirming") this.onConfirm(neighbour, block);
    else if (neighbour.phase !== "greeting") this.drop(neighbour, "handshake on an open link");
    else if (neighbour.inbound) this.onGreeting(neighbour, block);
    else this.onAnswer(neighbour, block);
  }

  /** First block, from whoever dialled us. */
  private onGreeting(neighbour: Neighbour, block: Handshake): void {
    const own = this.own();
    if (block.line === CONNECT_04.line) {
      if (own.role !== "classic" || this.freeSlots("classic") === 0) return this.drop(neighbour, "0.4 peer refused");
      this.port.send(neighbour.link, OK_04);
      this.open(neighbour);
      return;
    }
    if (!/^GNUTELLA CONNECT\/(0\.[6-9]|[1-9])/.test(block.line)) return this.drop(neighbour, "not a Gnutella greeting");
    this.takeFacts(neighbour, block);
    const refusal = this.refusal(neighbour);
    if (refusal !== undefined) {
      const { role, listen } = neighbour.facts;
      // A leaf takes nobody in, but an ultrapeer that calls is one to call back.
      if (role === "ultrapeer" && listen !== undefined) this.learn(listen, true);
      this.port.send(
        neighbour.link,
        refusalBlock(own, refusal.code, refusal.text, this.hosts.some(LIMITS.tryHostsMax)),
      );
      this.drop(neighbour, refusal.text);
      return;
    }
    neighbour.phase = "confirming";
    const needed = this.freeSlots("ultrapeer") > 0;
    const tryHosts = this.hosts.some(LIMITS.tryHostsMax);
    this.port.send(neighbour.link, welcomeBlock(own, neighbour.remote, neighbour.facts, needed, tryHosts));
  }

  /** Second block, from whom we dialled. */
  private onAnswer(neighbour: Neighbour, block: Handshake): void {
    if (neighbour.legacy) {
      if (block.line === OK_04.line) this.open(neighbour);
      else this.drop(neighbour, "no 0.4 peer");
      return;
    }
    const status = readStatus(block);
    if (status === undefined) return this.drop(neighbour, "not a Gnutella answer");
    this.takeFacts(neighbour, block);
    if (status.code !== 200) {
      const quiet = status.code === 503 || status.code === 204 ? FULL_QUIET_MS : REFUSED_QUIET_MS;
      this.hosts.onFailed(neighbour.remote, this.host.now(), quiet);
      return this.drop(neighbour, `refused: ${status.code} ${status.text}`);
    }
    const refusal = this.refusal(neighbour);
    if (refusal !== undefined) {
      this.port.send(neighbour.link, refusalBlock(this.own(), refusal.code, refusal.text, []));
      this.hosts.onFailed(neighbour.remote, this.host.now(), FULL_QUIET_MS);
      return this.drop(neighbour, refusal.text);
    }
    this.port.send(neighbour.link, confirmBlock(this.own(), neighbour.facts));
    this.open(neighbour);
  }

  /** Third block, from whoever dialled us. */
  private onConfirm(neighbour: Neighbour, block: Handshake): void {
    const status = readStatus(block);
    if (status?.code !== 200) return this.drop(neighbour, `not confirmed: ${status?.code ?? block.line}`);
    // An ultrapeer without leaves may turn leaf here, because we said that no more ultrapeers are needed.
    const { role } = readFacts(block);
    if (role === "leaf" && neighbour.facts.role === "ultrapeer") neighbour.introduce({ ...neighbour.facts, role });
    // Others may have taken the last slot while this one was greeted.
    if (this.freeSlots(neighbour.facts.role) === 0) return this.drop(neighbour, "all slots are taken");
    this.open(neighbour);
  }

  /** Why this peer cannot be our neighbour, or undefined. */
  private refusal(neighbour: Neighbour): { readonly code: number; readonly text: string } | undefined {
    const { facts } = neighbour;
    if (facts.guid === this.options.guid) return { code: 409, text: "Connected to self" };
    const isSame = (other: Neighbour): boolean => other.facts.guid === facts.guid;
    if (facts.guid !== undefined && (this.openPeers.some(isSame) || this.openLeaves.some(isSame)))
      return { code: 409, text: "Already connected" };
    const problem = roleProblem(this.options.role, facts.role);
    if (problem !== undefined) return { code: this.options.role === "leaf" ? 503 : 403, text: problem };
    if (neighbour.inbound && this.options.role === "leaf") return { code: 503, text: "Shielded leaf node" };
    if (this.isHostFull(neighbour)) return { code: 503, text: "Enough links to your address" };
    return this.freeSlots(facts.role) === 0 ? { code: 503, text: "All slots are taken" } : undefined;
  }

  private open(neighbour: Neighbour): void {
    const now = this.host.now();
    const { facts, listen } = neighbour;
    neighbour.phase = "open";
    neighbour.opened = true;
    neighbour.since = now;
    neighbour.heardAt = now;
    this.openOnes(neighbour).push(neighbour);
    if (listen !== undefined && facts.role !== "leaf" && this.options.accepts(listen)) {
      this.hosts.onOpened(listen, facts.role === "ultrapeer" ? true : undefined);
    }
    this.events.onLinkOpen(neighbour);
  }

  /** It is open no longer. */
  private shut(neighbour: Neighbour): void {
    if (neighbour.phase === "open") {
      const open = this.openOnes(neighbour);
      open.splice(open.indexOf(neighbour), 1);
    }
    neighbour.phase = "closing";
  }

  private openOnes({ isLeaf }: Neighbour): Neighbour[] {
    return isLeaf ? this.openLeaves : this.openPeers;
  }

  private takeFacts(neighbour: Neighbour, block: Handshake): void {
    const facts = readFacts(block);
    const ultrapeer = this.options.role === "classic" ? undefined : true;
    for (const address of facts.tryHosts) this.learn(address, ultrapeer);
    // They are learnt, and would only take room as long as the link lasts.
    neighbour.introduce({ ...facts, tryHosts: NO_HOSTS });
  }

  private endLateHandshakes(): void {
    const now = this.host.now();
    let next = Number.POSITIVE_INFINITY;
    for (const neighbour of this.all()) {
      if (neighbour.phase !== "greeting" && neighbour.phase !== "confirming") continue;
      if (neighbour.since <= now) {
        if (!neighbour.inbound) this.hosts.onFailed(neighbour.remote, now, 0);
        this.drop(neighbour, "handshake took too long");
      } else next = Math.min(next, neighbour.since);
    }
    this.deadlineArmed = next !== Number.POSITIVE_INFINITY;
    if (this.deadlineArmed) this.host.arm(DEADLINES, next - now);
  }

  private seek(): void {
    if (this.running && this.linksMissing() > 0) this.host.arm(CONNECT, 1 + (this.host.u32() % CONNECT_EVERY_MS));
  }

  private linksMissing(): number {
    let links = 0;
    for (const neighbour of this.all()) if (this.occupiesLink(neighbour)) links++;
    return this.options.linksWanted - links;
  }

  private dialMissing(): void {
    let missing = this.linksMissing();
    if (missing <= 0) return;
    let dials = 0;
    for (const { phase, inbound } of this.all()) if (phase !== "open" && !inbound) dials++;
    for (; missing > 0 && dials < DIALS_MAX; missing--, dials++) {
      const address = this.hosts.pick(this.host.now(), this.host.u32(), (candidate) => !this.isNeighbour(candidate));
      if (address === undefined) break;
      this.dial(address, false);
    }
    this.host.arm(CONNECT, CONNECT_EVERY_MS);
  }

  private dial(address: Address, legacy: boolean): void {
    const link = this.port.dial(address);
    const neighbour = new Neighbour(link, this.newRoute(link), address, false, "dialling", this.host.now());
    neighbour.legacy = legacy;
    this.remember(neighbour);
  }

  /** Link numbers are given again, routes never: routing tables remember them when the link is gone. */
  private newRoute(link: Link): number {
    assert(link < LINKS_SPAN, "a node has fewer links than a route can tell apart");
    return ++this.linksMade * LINKS_SPAN + link;
  }

  private remember(neighbour: Neighbour): void {
    this.byLink[neighbour.link] = neighbour;
    // Arming again would push the deadline of those that wait already.
    if (this.deadlineArmed) return;
    this.deadlineArmed = true;
    this.host.arm(DEADLINES, LIMITS.handshakeTimeoutMs);
  }

  /** Who greets and then stays silent must not keep others out: the oldest such link goes. */
  private makeHandshakeRoom(remote: Address): void {
    const pending = [...this.all()]
      .filter(({ inbound, phase }) => inbound && (phase === "greeting" || phase === "confirming"))
      .sort((a, b) => a.route - b.route);
    const sameHost = pending.filter((neighbour) => isSameHost(neighbour.remote, remote));
    const oldest =
      sameHost.length >= LIMITS.handshakesPerHostMax
        ? sameHost[0]
        : pending.length >= LIMITS.handshakesMax
          ? pending[0]
          : undefined;
    if (oldest !== undefined) this.drop(oldest, "too many handshakes at once");
  }

  private isNeighbour(address: Address): boolean {
    if (address === this.port.self) return true;
    for (const neighbour of this.all()) {
      if (neighbour.listen === address || (!neighbour.inbound && neighbour.remote === address)) return true;
    }
    return false;
  }

  /** Leaves have slots of their own; everybody else takes a link. */
  private occupiesLink(neighbour: Neighbour): boolean {
    return (
      neighbour.phase !== "closing" &&
      (neighbour.phase === "open" || !neighbour.inbound) &&
      neighbour.facts.role !== "leaf"
    );
  }

  private isHostFull({ remote, facts }: Neighbour): boolean {
    const leaf = facts.role === "leaf";
    let links = 0;
    for (const other of leaf ? this.openLeaves : this.openPeers) if (isSameHost(other.remote, remote)) links++;
    return links >= (leaf ? LIMITS.leavesPerHostMax : LIMITS.linksPerHostMax);
  }

  /** Open links of this kind that still fit, at most 255. */
  freeSlots(role: Role): number {
    const free =
      role === "leaf" ? this.options.leavesMax - this.openLeaves.length : this.options.linksMax - this.openPeers.length;
    return Math.min(255, Math.max(0, free));
  }

  /** Sends now, or queues by importance while the link is congested. */
  send(neighbour: Neighbour, message: Descriptor): void {
    if (neighbour.queue === null && this.port.room(neighbour.link) > 0) {
      neighbour.messagesOut++;
      this.port.send(neighbour.link, message);
      return;
    }
    neighbour.queue ??= new SendQueue();
    if (!neighbour.queue.push(message)) this.dropped++;
  }

  /** The neighbour did what it must not; too often in a while, and it has to go. */
  fault(neighbour: Neighbour, code: number, text: string): void {
    const now = this.host.now();
    if (now - neighbour.faultsSince > LIMITS.faultsPeriodMs) {
      neighbour.faults = 0;
      neighbour.faultsSince = now;
    }
    neighbour.faults++;
    if (neighbour.faults > LIMITS.faultsMax) this.bye(neighbour, code, text);
  }

  /** Ends a link, saying why to peers that understand. */
  bye(neighbour: Neighbour, code: number, text: string): void {
    if (neighbour.phase === "open" && neighbour.facts.bye) {
      const header: Header = { id: newGuid(this.host), ttl: 1, hops: 0 };
      this.port.send(neighbour.link, { kind: "bye", header, code, text });
    }
    this.drop(neighbour, text);
  }

  drop(neighbour: Neighbour, reason: string): void {
    this.shut(neighbour);
    this.port.close(neighbour.link, reason);
  }

  private own(): OwnFacts {
    return { ...this.options, address: this.port.self };
  }
}

function isSameHost(a: Address, b: Address): boolean {
  return hostOf(a) === hostOf(b);
}
