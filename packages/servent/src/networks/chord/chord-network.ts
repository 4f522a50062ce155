// Chord as one of the product's networks: members of a ring on one side, files, sources and hits on the other.
import type { Socket } from "node:net";
import { networkInterfaces } from "node:os";
import { endpointOf as addressAt, formatEndpoint, ipv4Of, parseIpv4, portOf } from "@servent/overlay/base/ipv4.ts";
import type { Address } from "@servent/overlay/host/host.ts";
import type { Message } from "@servent/overlay/protocols/chord/messages.ts";
import type { ChordOptions } from "@servent/overlay/protocols/chord/options.ts";
import { NO_PEER, Routes } from "@servent/overlay/protocols/chord/routes.ts";
import { LIMITS as INTRODUCER } from "@servent/overlay/protocols/introducer/limits.ts";
import { KINDS } from "@servent/overlay/protocols/introducer/messages.ts";
import { NOTHING_SOUGHT, type Situation } from "@servent/overlay/protocols/introducer/newcomer.ts";
import { ServentError } from "../../base/servent-error.ts";
import type { Library } from "../../library/library.ts";
import { endpointOf, isPublic } from "../../runtime/address.ts";
import type { Listener } from "../../runtime/listener.ts";
import { HttpClient } from "../http/http-client.ts";
import {
  type ByteRange,
  type Dht,
  type Endpoint,
  type HashTree,
  type Hit,
  type Introduced,
  type NeighbourInfo,
  type Network,
  type NetworkStatus,
  type RunningSearch,
  type SearchQuery,
  type Source,
  SourceError,
  type SourceStream,
} from "../network.ts";
import { Standing } from "../standing.ts";
import { openDoors } from "./doors.ts";
import type { FileRecord } from "./file-record.ts";
import { type ChordLocator, hitOf, locatorOf } from "./hits.ts";
import { Inspector } from "./inspector.ts";
import { KeySearch } from "./key-search.ts";
import { Meter } from "./meter.ts";
import { Publisher } from "./publisher.ts";
import { CODEC, RingMember } from "./ring-member.ts";
import { peerRule, RING, RING_SHAPE } from "./ring.ts";
import { WayIn } from "./way-in.ts";

export interface ChordNetworkOptions {
  readonly library: Pick<Library, "list" | "version" | "totals">;
  /** Takes HTTP requests for shared files; `head` was read from the socket already. */
  readonly uploads: { take(socket: Socket, head: Uint8Array): void };
  /** Address to listen on and dial from, in digits; `0.0.0.0`: every one of this machine. */
  readonly bind: string;
  /** What peers are told, where `bind` is not an address of its own. */
  readonly advertise: string;
  /** 0: the system chooses; `rememberPorts` hears which. */
  readonly port: number;
  /** Ports of the last run, that of the first member first. */
  readonly knownPorts: readonly number[];
  /** Members of the ring that we are: each takes its part of the keys. */
  readonly virtualNodes: number;
  readonly userAgent: string;
  /** Peers to ask first. */
  readonly bootstrap: readonly Endpoint[];
  /** Addresses known from before. */
  readonly knownHosts: readonly Address[];
  readonly rememberHosts: (hosts: readonly Address[]) => void;
  readonly rememberPorts: (ports: readonly number[]) => void;
  /** May an address that a peer told us be dialled or passed on? */
  readonly mayDial: (address: Address) => boolean;
  /** Time between two rounds of stabilization, where it is not the usual one. */
  readonly roundMs?: ChordOptions<bigint>["roundMs"];
  readonly emit: (type: string, data: Readonly<Record<string, unknown>>) => void;
}

/** How often we look whether the ring around us changed. */
const LOOK_MS = 1000;
const SAVE_HOSTS_MS = 60_000;
const HOSTS_SAVED_MAX = 200;
/** Somebody who is our predecessor says so within a round or two; after this nobody does because nobody reaches us. */
const UNREACHED_MS = 60_000;
/** Searches under way: the product runs 20, and a few for its transfers. */
const SEARCHES_MAX = 200;

interface Running {
  readonly members: readonly [RingMember, ...RingMember[]];
  readonly listener: Listener;
  readonly client: HttpClient;
  readonly wayIn: WayIn;
  readonly publisher: Publisher;
  readonly timers: readonly NodeJS.Timeout[];
}

interface KnownNeighbour {
  readonly info: NeighbourInfo;
  readonly since: number;
  readonly traffic: Traffic;
}

/** Since it became a neighbour. */
interface Traffic {
  messagesIn: number;
  messagesOut: number;
  bytesIn: number;
  bytesOut: number;
}

export class ChordNetwork implements Network {
  readonly id = "chord";
  readonly dht: Dht;
  private options: ChordNetworkOptions;
  private running: Running | undefined = undefined;
  private readonly standing = new Standing("chord", "Chord", () =>
    this.options.emit("network.state", { network: this.status() }),
  );
  /** Somebody came to fetch a file, so others can come too. */
  private isReached = false;
  /** Without a predecessor since then, by the monotonic clock. */
  private unreachedSince: number | undefined = undefined;
  private readonly meter = new Meter(CODEC);
  private neighbourhood = new Map<Address, KnownNeighbour>();
  private knownHosts: readonly Address[];
  /** Named by our owner since the start. */
  private readonly named = new Set<Address>();
  /** Named by introducers, the last first. */
  private introduced: readonly Address[] = [];
  private readonly searches = new Set<KeySearch>();

  constructor(options: ChordNetworkOptions) {
    this.options = options;
    this.knownHosts = options.knownHosts;
    this.dht = new Inspector({ members: () => this.running?.members ?? [], liveness: () => this.liveness() });
  }

  async start(): Promise<void> {
    if (this.running !== undefined) return;
    this.running = await this.standing.starting(() => this.launch());
    this.standing.enter("connecting");
    this.running.wayIn.start();
    this.running.publisher.start();
  }

  /** Takes back what it published and says goodbye, unless nobody will be left to care. */
  async stop(farewell = true): Promise<void> {
    const { running } = this;
    if (running === undefined) return;
    this.standing.enter("stopping");
    this.saveHosts();
    for (const timer of running.timers) clearInterval(timer);
    for (const search of this.searches) search.stop();
    this.searches.clear();
    running.listener.close();
    running.client.close();
    running.wayIn.stop();
    await running.publisher.stop(farewell);
    if (farewell) await Promise.all(running.members.map((member) => member.leave()));
    for (const member of running.members) member.close();
    this.running = undefined;
    this.neighbourhood.clear();
    this.unreachedSince = undefined;
    this.standing.enter("off");
  }

  /** Changes settings; ports, addresses and the number of members count from the next start. */
  configure(changes: Partial<ChordNetworkOptions>): void {
    this.options = { ...this.options, ...changes };
  }

  status(): NetworkStatus {
    this.look();
    const members = this.running?.members;
    return {
      id: this.id,
      state: this.standing.state,
      since: this.standing.since,
      liveness: this.liveness(),
      role: members === undefined || members[0].phase === "member" ? "member" : "newcomer",
      endpoint: members === undefined ? undefined : endpointOf(members[0].address),
      peers: this.neighbourhood.size,
      counters: this.counters(),
    };
  }

  search(query: SearchQuery, onHit: (hit: Hit) => void): RunningSearch {
    const search = new KeySearch(query, {
      member: () => this.member(),
      meter: this.meter,
      onRecord: (file, provider) => this.onRecord(file, provider, onHit),
    });
    if (this.running !== undefined) {
      for (const oldest of this.searches) {
        if (this.searches.size < SEARCHES_MAX) break;
        this.searches.delete(oldest);
        oldest.stop();
      }
      this.searches.add(search);
      void search.run();
    }
    return {
      cost: () => search.cost(),
      stop: () => {
        search.stop();
        this.searches.delete(search);
      },
    };
  }

  async open(source: Source, range: ByteRange, signal: AbortSignal): Promise<SourceStream> {
    const { client, locator } = this.wayTo(source);
    return client.open(client.peer(locator), locator.path, range, signal);
  }

  async hashTree(source: Source, signal: AbortSignal): Promise<HashTree | undefined> {
    const { client, locator } = this.wayTo(source);
    return client.treeOf(client.peer(locator), locator.path, signal);
  }

  neighbours(): readonly NeighbourInfo[] {
    this.look();
    const now = performance.now();
    return Array.from(this.neighbourhood.values(), ({ info, since, traffic }) => ({
      ...info,
      ...traffic,
      ageMs: Math.round(now - since),
    }));
  }

  connect(peer: Endpoint): void {
    const { running } = this;
    if (running === undefined) throw this.standing.offError();
    const address = addressOf(peer);
    if (this.isOwn(address)) {
      throw new ServentError(
        "invalid_value",
        `${formatEndpoint(address)} is this servent itself.`,
        "Name another peer.",
      );
    }
    this.named.add(address);
    running.wayIn.meet(address);
  }

  introductions(): Situation {
    const { running } = this;
    if (running === undefined) return NOTHING_SOUGHT;
    return {
      // A ring that we see whole may be one of several that began at the same time.
      seeks: this.neighbourhood.size < RING_SHAPE.successors ? [KINDS.chord] : [],
      offer: { network: KINDS.chord, port: portOf(running.members[0].address), load: 0 },
      hasAddresses: this.candidates().length > 0,
    };
  }

  introduce(peers: readonly Introduced[]): void {
    const fresh = peers.flatMap(({ endpoint }) => addressOfName(endpoint) ?? []);
    this.introduced = [...new Set([...fresh, ...this.introduced])].slice(0, INTRODUCER.introducedMax);
    // One of them leads to all others.
    const [first] = fresh.filter((address) => !this.isOwn(address) && !this.neighbourhood.has(address));
    if (first !== undefined) this.running?.wayIn.meet(first);
  }

  disconnect(id: string): boolean {
    if (!this.neighbours().some((neighbour) => neighbour.id === id)) return false;
    throw new ServentError(
      "refused",
      "In a ring neighbours follow from their ids, so none of them can be put away.",
      "To leave the ring: `servent networks disable chord`.",
    );
  }

  // --- starting

  private async launch(): Promise<Running> {
    const { bind, advertise, port, knownPorts, virtualNodes, mayDial, roundMs, userAgent, library } = this.options;
    const members: RingMember[] = [];
    const places = virtualNodes * Routes.places(RING_SHAPE);
    const routes = new Routes<bigint>(RING, RING_SHAPE, {
      ids: Array.from({ length: places }, () => 0n),
      addresses: Array.from({ length: places }, () => NO_PEER),
      areInterleaved: false,
    });
    const accepts = peerRule({
      isOwn: (address) => members.some((member) => member.address === address),
      isAlias: (address) => this.isAlias(address),
      mayDial,
    });
    const openMember = (row: number, at: number): Promise<RingMember> =>
      RingMember.open({
        bind,
        advertise: bind === "0.0.0.0" ? advertise : bind,
        port: at,
        routes,
        row,
        accepts,
        roundMs,
        meter: this.meter,
        onPhase: () => this.look(),
        onDatagram: (peer, direction, message) => this.count(peer, direction, message),
      });
    const serve = (socket: Socket, head: Uint8Array): void => {
      this.isReached = true;
      this.options.uploads.take(socket, head);
    };
    const { listener, member: first } = await openDoors({
      bind,
      port,
      knownPort: knownPorts[0] ?? 0,
      handlers: [
        { prefix: "GET ", take: serve },
        { prefix: "HEAD ", take: serve },
      ],
      openMember: (at) => openMember(0, at),
    });
    members.push(first);
    try {
      for (let row = 1; row < virtualNodes; row++) {
        const known = knownPorts[row] ?? 0;
        members.push(await openMember(row, known).catch(() => openMember(row, 0)));
      }
    } catch (error) {
      listener.close();
      for (const member of members) member.close();
      throw error;
    }
    const ports = members.map(({ address }) => portOf(address));
    this.options.rememberPorts(ports);
    // Whoever learnt where we listen finds us there after a pause too.
    this.options = { ...this.options, knownPorts: ports };
    const all = [first, ...members.slice(1)] as const;
    return {
      members: all,
      listener,
      client: new HttpClient({ userAgent, ...(bind === "0.0.0.0" ? {} : { localAddress: bind }) }),
      wayIn: new WayIn({
        members: all,
        candidates: () => this.candidates(),
        mayAsk: (address) => this.mayAsk(address),
      }),
      publisher: new Publisher({
        library,
        member: () => (this.neighbourhood.size === 0 ? undefined : this.member()),
        provider: first.address,
        isFirewalled: () => !this.isReachable(first.address),
      }),
      timers: [
        setInterval(() => this.look(), LOOK_MS).unref(),
        setInterval(() => this.saveHosts(), SAVE_HOSTS_MS).unref(),
      ],
    };
  }

  /** Peers that our owner named, then those from before; these only where the rules still let us dial them. */
  private candidates(): Address[] {
    const named = [...this.named, ...this.options.bootstrap.flatMap((peer) => addressOfName(peer) ?? [])];
    const known = this.knownHosts.filter((address) => this.options.mayDial(address));
    return [...new Set([...named.toReversed(), ...this.introduced, ...known])].filter(
      (address) => !this.isAlias(address),
    );
  }

  private mayAsk(address: Address): boolean {
    return this.options.mayDial(address) && !this.isAlias(address);
  }

  private isOwn(address: Address): boolean {
    return this.running?.members.some((member) => member.address === address) === true || this.isAlias(address);
  }

  /** Another address of this machine, with a port of ours: we would talk to ourselves and not know it. */
  private isAlias(address: Address): boolean {
    const members = this.running?.members ?? [];
    if (this.options.bind !== "0.0.0.0" || !members.some((member) => portOf(member.address) === portOf(address))) {
      return false;
    }
    return !members.some((member) => member.address === address) && isOfThisMachine(ipv4Of(address));
  }

  /** On an address of our own everybody reaches us; behind a translator nobody does, until somebody did. */
  private isReachable(self: Address): boolean {
    return this.isReached || isPublic(self) || ipv4Of(self) >>> 24 === LOOPBACK || this.options.mayDial(self);
  }

  // --- what goes on

  /** The member that speaks for us: the first that is in a ring. */
  private member(): RingMember | undefined {
    return this.running?.members.find(({ phase }) => phase === "member");
  }

  /** Sees who is around us now, and tells what changed. */
  private look(): void {
    const { running } = this;
    if (running === undefined || (this.standing.state !== "connecting" && this.standing.state !== "online")) return;
    const now = performance.now();
    const before = this.neighbourhood;
    const after = new Map<Address, KnownNeighbour>();
    for (const member of running.members) {
      for (const { address } of member.neighbours()) {
        if (after.has(address) || running.members.some((own) => own.address === address)) continue;
        const { since = now, traffic = { messagesIn: 0, messagesOut: 0, bytesIn: 0, bytesOut: 0 } } =
          before.get(address) ?? {};
        after.set(address, { info: infoOf(address, roleOf(member, address)), since, traffic });
      }
    }
    this.neighbourhood = after;
    const [first] = running.members;
    const isUnreached = first.phase === "member" && after.size > 0 && first.node.predecessor === undefined;
    this.unreachedSince = isUnreached ? (this.unreachedSince ?? now) : undefined;
    for (const [address, { info }] of after) if (!before.has(address)) this.options.emit("peer.up", { peer: info });
    for (const [address, { info }] of before) {
      if (!after.has(address))
        this.options.emit("peer.down", { peer: info, reason: "No longer beside us in the ring" });
    }
    this.standing.enter(after.size > 0 && first.phase === "member" ? "online" : "connecting");
    if (before.size === 0 && after.size > 0) {
      running.wayIn.lookAgain();
      running.publisher.renewAll();
    }
    running.wayIn.lookAtStrangers();
  }

  private count(peer: Address, direction: "in" | "out", message: Message<bigint>): void {
    const traffic = this.neighbourhood.get(peer)?.traffic;
    if (traffic === undefined) return;
    const bytes = CODEC.size(message);
    if (direction === "in") {
      traffic.messagesIn++;
      traffic.bytesIn += bytes;
    } else {
      traffic.messagesOut++;
      traffic.bytesOut += bytes;
    }
  }

  private onRecord(file: FileRecord, provider: Address, onHit: (hit: Hit) => void): void {
    const { running } = this;
    // What we share ourselves is no hit, and what may not be dialled cannot be had.
    if (running === undefined || provider === running.members[0].address || this.isAlias(provider)) return;
    if (portOf(provider) !== 0 && this.options.mayDial(provider)) onHit(hitOf(file, provider));
  }

  private wayTo(source: Source): { readonly client: HttpClient; readonly locator: ChordLocator } {
    const { running } = this;
    if (running === undefined) throw this.standing.sourceOff();
    const locator = locatorOf(source);
    const address = addressOfName(locator);
    // A source may be older than the rules about whom we dial.
    if (address === undefined || !this.options.mayDial(address)) {
      throw new SourceError("refused", `The rules of this servent do not let it dial ${locator.host}:${locator.port}.`);
    }
    if (source.firewalled) {
      throw new SourceError("both_firewalled", "Nobody can dial this peer, and a ring has no way to ask it to call.");
    }
    return { client: running.client, locator };
  }

  private saveHosts(): void {
    const now = [...this.neighbourhood.keys()];
    this.knownHosts = [...new Set([...now, ...this.knownHosts])].slice(0, HOSTS_SAVED_MAX);
    this.options.rememberHosts(this.knownHosts);
  }

  // --- what people read

  private counters(): Record<string, number> {
    const { running } = this;
    if (running === undefined) return {};
    const sum = (count: (member: RingMember) => number): number =>
      running.members.reduce((total, member) => total + count(member), 0);
    const published = running.publisher.status();
    return {
      messagesOut: sum(({ port }) => port.counts.sent),
      messagesIn: sum(({ port }) => port.counts.received),
      bytesOut: sum(({ port }) => port.counts.bytesSent),
      bytesIn: sum(({ port }) => port.counts.bytesReceived),
      undecodable: sum(({ port }) => port.counts.undecodable),
      lookups: sum(({ lookups }) => lookups),
      lookupsFailed: sum(({ lookupsFailed }) => lookupsFailed),
      knownHosts: this.knownHosts.length,
      recordsKept: sum(({ node }) => node.recordCount),
      recordsPublished: published.records,
      keysWaiting: published.waiting,
      keysRefused: published.refused,
      filesPublished: published.files,
      filesNotPublished: published.filesLeftOut,
    };
  }

  private liveness(): string {
    const { sentence } = this.standing;
    if (sentence !== undefined) return sentence;
    const { running } = this;
    if (running === undefined) return "Off.";
    const { size } = this.neighbourhood;
    if (size === 0 || running.members[0].phase !== "member") return this.lonely(running);
    if (this.unreachedSince !== undefined && performance.now() - this.unreachedSince > UNREACHED_MS) {
      const self = formatEndpoint(running.members[0].address);
      return `Beside a ring, not in it: nobody there reaches us at ${self}. Open that port for UDP and TCP, or check the address.`;
    }
    return `Member of a ring; ${size} ${size === 1 ? "neighbour" : "neighbours"} known.${this.published(running)}`;
  }

  private published({ publisher }: Running): string {
    const { files, filesLeftOut, waiting, refused } = publisher.status();
    const parts = [
      ...(waiting > 0 ? [`${waiting} keys of what you share still wait to be published`] : []),
      ...(filesLeftOut > 0
        ? [`${filesLeftOut} of ${files + filesLeftOut} files are not published: no more records can be kept fresh`]
        : []),
      ...(refused > 0 ? [`${refused} keys were refused, or their keepers were silent; they are tried again`] : []),
    ];
    return parts.map((part) => ` ${part}.`).join("");
  }

  private lonely({ wayIn }: Running): string {
    const { unwilling } = wayIn;
    if (unwilling === undefined) {
      return "Alone: nobody else is here yet; give a peer: `servent networks bootstrap chord HOST:PORT`, or wait for one to come.";
    }
    const how = unwilling.answered
      ? "which answered and let us into no ring; are its neighbours' addresses allowed (net.allowPrivate)?"
      : "which did not answer.";
    return `Looking for ${formatEndpoint(unwilling.address)}, ${how}`;
  }
}

const LOOPBACK = 127;

function isOfThisMachine(ip: number): boolean {
  if (ip >>> 24 === LOOPBACK) return true;
  return Object.values(networkInterfaces()).some((list) => list?.some(({ address }) => parseIpv4(address) === ip));
}

function roleOf({ node }: RingMember, address: Address): string {
  if (node.successors.some((peer) => peer.address === address)) return "successor";
  return node.predecessor?.address === address ? "predecessor" : "finger";
}

/** Datagrams know no links, so nobody dialled; `neighbours` adds what is counted. */
function infoOf(address: Address, role: string): NeighbourInfo {
  return {
    // Twelve hexadecimal digits are the whole address.
    id: `p_chord_${address.toString(16).padStart(12, "0")}`,
    network: "chord",
    endpoint: endpointOf(address),
    state: "open",
    inbound: false,
    role,
    vendor: "",
    ageMs: 0,
    messagesIn: 0,
    messagesOut: 0,
    bytesIn: 0,
    bytesOut: 0,
  };
}

function addressOfName(peer: Endpoint): Address | undefined {
  const ip = parseIpv4(peer.host);
  return ip === undefined ? undefined : addressAt(ip, peer.port);
}

/** Throws ServentError `invalid_value` where the host is no IPv4 address. */
function addressOf(peer: Endpoint): Address {
  const address = addressOfName(peer);
  if (address === undefined) {
    throw new ServentError("invalid_value", `"${peer.host}" is not an IPv4 address.`, "Write it as 192.0.2.7:6346.");
  }
  return address;
}
