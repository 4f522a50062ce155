// Gnutella as one of the product's networks: the protocol node on one side, files, sources and hits on the other.
import type { Socket } from "node:net";
import { hexDecode, hexEncode } from "@servent/overlay/base/bytes.ts";
import { endpointOf as addressAt, formatEndpoint, ipv4Of, parseIpv4, portOf } from "@servent/overlay/base/ipv4.ts";
import type { Address } from "@servent/overlay/host/host.ts";
import { gnutellaCodec } from "@servent/overlay/protocols/gnutella/codec.ts";
import type { Role } from "@servent/overlay/protocols/gnutella/handshake.ts";
import type { Guid, Message, QueryHit } from "@servent/overlay/protocols/gnutella/messages.ts";
import type { Neighbour } from "@servent/overlay/protocols/gnutella/neighbour.ts";
import { GnutellaNode } from "@servent/overlay/protocols/gnutella/node.ts";
import type { GnutellaOptions } from "@servent/overlay/protocols/gnutella/options.ts";
import { LIMITS as INTRODUCER } from "@servent/overlay/protocols/introducer/limits.ts";
import { KINDS } from "@servent/overlay/protocols/introducer/messages.ts";
import { NOTHING_SOUGHT, type Situation } from "@servent/overlay/protocols/introducer/newcomer.ts";
import { ServentError } from "../../base/servent-error.ts";
import type { Library } from "../../library/library.ts";
import { endpointOf, isPublic } from "../../runtime/address.ts";
import { Listener } from "../../runtime/listener.ts";
import { SocketHost } from "../../runtime/socket-host.ts";
import { SocketStreamPort } from "../../runtime/socket-stream-port.ts";
import { nodeZlib } from "../../runtime/zlib.ts";
import { HttpClient, type HttpPeer } from "../http/http-client.ts";
import {
  type ByteRange,
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
import { PushWaits } from "../push-waits.ts";
import { Standing } from "../standing.ts";
import { SharedFiles } from "./gnutella-library.ts";
import { type GnutellaLocator, hitsOf, locatorOf, pathOf } from "./hit-sources.ts";
import { PushCalls, receiveGiv } from "./push-calls.ts";

export interface GnutellaNetworkOptions {
  readonly library: Library;
  /** Takes HTTP requests for shared files; `head` was read from the socket already. */
  readonly uploads: { take(socket: Socket, head: Uint8Array): void };
  /** True while no upload slot is free. */
  readonly busy: () => boolean;
  /** Address to listen on and dial from, in digits; `0.0.0.0`: every one of this machine. */
  readonly bind: string;
  /** What peers are told, where `bind` is not an address of its own. */
  readonly advertise: string;
  /** 0: the system chooses; `onPort` hears which. */
  readonly port: number;
  readonly role: Role;
  /** A leaf that meets nobody but leaves becomes an ultrapeer: somebody has to. */
  readonly mayPromote: boolean;
  /** Neighbours to keep; 0: by role. */
  readonly links: number;
  /** TTL of our queries; 0: by role. */
  readonly ttl: number;
  readonly guid: Guid;
  readonly userAgent: string;
  /** Peers to ask first. */
  readonly bootstrap: readonly Endpoint[];
  /** Addresses known from before. */
  readonly knownHosts: readonly Address[];
  readonly rememberHosts: (hosts: readonly Address[]) => void;
  readonly rememberPort: (port: number) => void;
  /** May an address that a peer told us be dialled or passed on? */
  readonly mayDial: (address: Address) => boolean;
  /** `no`: we do not listen at all, and say so; `auto`: reachable once somebody reached us. */
  readonly reachable: "auto" | "yes" | "no";
  readonly speedKbps: number;
  readonly emit: (type: string, data: Readonly<Record<string, unknown>>) => void;
}

/** Four letters by which other servents know our hits. */
const VENDOR = "SRVT";
/** Neighbours that each role keeps where the user does not say: LimeWire's figures, and 0.4's for the classic one. */
const LINKS: Readonly<Record<Role, number>> = { leaf: 3, ultrapeer: 32, classic: 4 };
const LEAVES_MAX = 60;
const TTL: Readonly<Record<Role, number>> = { leaf: 4, ultrapeer: 4, classic: 7 };
/** How long a pushed peer may take: its route has several hops, and it has to dial us. */
const PUSH_WAIT_MS = 30_000;
const SAVE_HOSTS_MS = 60_000;
/** A search that nobody was there to hear is asked again when the first neighbour comes, within this time. */
const LATE_ASK_MS = 30_000;
const HOSTS_SAVED_MAX = 500;
const FAILURES_MAX = 20;
/** With so many neighbours a servent hears of others by itself, and asks nobody for introductions. */
const PEERS_ENOUGH = 2;

interface AskedSearch {
  readonly query: SearchQuery;
  readonly onHit: (hit: Hit) => void;
  readonly startedAt: number;
  ids: Guid[];
}

interface Running {
  readonly host: SocketHost;
  readonly port: SocketStreamPort<Message>;
  readonly node: GnutellaNode;
  readonly listener: Listener | undefined;
  readonly client: HttpClient;
  readonly calls: PushCalls;
  readonly saving: NodeJS.Timeout;
}

export class GnutellaNetwork implements Network {
  readonly id = "gnutella";
  private options: GnutellaNetworkOptions;
  private running: Running | undefined = undefined;
  private readonly standing = new Standing("gnutella", "Gnutella", () =>
    this.options.emit("network.state", { network: this.status() }),
  );
  private reached = false;
  /** The last answers of peers that did not become neighbours. */
  private readonly failures = new Map<Address, string>();
  private readonly waits = new PushWaits<Socket>();
  /** Named by introducers, the last first. Kept here because a servent that becomes an ultrapeer starts a new node. */
  private introduced: readonly Introduced[] = [];
  private readonly searches = new Map<Guid, AskedSearch>();

  constructor(options: GnutellaNetworkOptions) {
    this.options = options;
  }

  async start(): Promise<void> {
    if (this.running !== undefined) return;
    this.running = await this.standing.starting(() => this.launch());
    const { node } = this.running;
    for (const address of this.options.knownHosts) node.hosts.learn(address, undefined);
    for (const endpoint of this.options.bootstrap) this.learn(node, endpoint);
    this.learnIntroduced(node);
    node.start();
    this.standing.enter("connecting");
  }

  async stop(): Promise<void> {
    const { running } = this;
    if (running === undefined) return;
    this.standing.enter("stopping");
    this.saveHosts();
    clearInterval(running.saving);
    running.listener?.close();
    running.client.close();
    running.calls.close();
    running.node.stop();
    await running.port.stop("the servent goes off the network");
    running.host.stop();
    this.running = undefined;
    this.searches.clear();
    this.standing.enter("off");
  }

  /** Changes settings; role, port and addresses count from the next start. */
  configure(changes: Partial<GnutellaNetworkOptions>): void {
    this.options = { ...this.options, ...changes };
    const links = this.linksWanted;
    this.running?.node.configure({ linksWanted: links, linksMax: links, ttl: this.ttl });
  }

  status(): NetworkStatus {
    const node = this.running?.node;
    return {
      id: this.id,
      state: this.standing.state,
      since: this.standing.since,
      liveness: this.liveness(),
      role: node?.role ?? this.options.role,
      endpoint:
        this.running === undefined || this.options.reachable === "no" ? undefined : endpointOf(this.running.port.self),
      peers: node?.openLinks ?? 0,
      counters: node === undefined ? {} : { ...node.counters, knownHosts: node.hosts.size },
    };
  }

  search(query: SearchQuery, onHit: (hit: Hit) => void): RunningSearch {
    const asked: AskedSearch = { query, onHit, startedAt: performance.now(), ids: [] };
    if (this.running !== undefined) this.ask(this.running.node, asked);
    return {
      cost: () => {
        const costs = asked.ids.map((id) => this.running?.node.cost(id));
        return {
          messages: costs.reduce((sum, cost) => sum + (cost?.messages ?? 0), 0),
          bytes: costs.reduce((sum, cost) => sum + (cost?.bytes ?? 0), 0),
        };
      },
      stop: () => {
        for (const id of asked.ids) {
          this.searches.delete(id);
          this.running?.node.stopSearch(id);
        }
      },
    };
  }

  open(source: Source, range: ByteRange, signal: AbortSignal): Promise<SourceStream> {
    const locator = locatorOf(source);
    return this.withPeer(source, ({ client }, peer) => client.open(peer, pathOf(locator), range, signal));
  }

  hashTree(source: Source, signal: AbortSignal): Promise<HashTree | undefined> {
    const path = pathOf(locatorOf(source));
    return this.withPeer(source, ({ client }, peer) => client.treeOf(peer, path, signal));
  }

  neighbours(): readonly NeighbourInfo[] {
    const { running } = this;
    if (running === undefined) return [];
    return Array.from(running.node.neighbours(), (neighbour) => describe(running.port, neighbour));
  }

  connect(peer: Endpoint): void {
    if (this.running === undefined) throw this.standing.offError();
    this.running.node.connect(addressOf(peer));
  }

  introductions(): Situation {
    const node = this.running?.node;
    if (node === undefined) return NOTHING_SOUGHT;
    const open = [...node.neighbours()].filter(({ phase }) => phase === "open");
    const peers = open.filter(({ facts }) => facts.role !== "leaf").length;
    const isEnough = peers >= Math.min(PEERS_ENOUGH, this.linksWanted);
    return {
      seeks: isEnough ? [] : this.seeks(node.role),
      offer: this.offer(node.role, peers, open.length - peers),
      hasAddresses: node.hosts.size > 0,
    };
  }

  introduce(peers: readonly Introduced[]): void {
    this.introduced = [...peers, ...this.introduced].slice(0, INTRODUCER.introducedMax);
    if (this.running !== undefined) this.learnIntroduced(this.running.node);
  }

  disconnect(id: string): boolean {
    const { running } = this;
    for (const neighbour of running?.node.neighbours() ?? []) {
      if (neighbourId(neighbour) === id) return running?.node.disconnect(neighbour.link, "Closed by the user") ?? false;
    }
    return false;
  }

  // --- starting

  private async launch(): Promise<Running> {
    const { options } = this;
    let taken: SocketStreamPort<Message> | undefined = undefined;
    const adopt = (socket: Socket, head: Uint8Array): void => {
      if (taken === undefined) socket.destroy();
      else taken.adopt(socket, head, true);
    };
    const serve = (socket: Socket, head: Uint8Array): void => {
      this.onReached();
      options.uploads.take(socket, head);
    };
    const takeCall = (socket: Socket, head: Uint8Array): void => {
      this.onReached();
      receiveGiv(socket, head, this.waits);
    };
    const listener =
      options.reachable === "no"
        ? undefined
        : await Listener.open({
            host: options.bind,
            port: options.port,
            handlers: [
              { prefix: "GNUTELLA ", take: adopt },
              { prefix: "GET ", take: serve },
              { prefix: "HEAD ", take: serve },
              { prefix: "GIV ", take: takeCall },
            ],
          });
    const listening = listener === undefined ? 0 : portOf(listener.address);
    if (listener !== undefined) options.rememberPort(listening);
    // Whoever learnt where we listen finds us there after a restart too.
    this.options = { ...this.options, port: listening };

    const self = addressAt(parseIpv4(options.bind === "0.0.0.0" ? options.advertise : options.bind) ?? 0, listening);
    const local = options.bind === "0.0.0.0" ? {} : { localAddress: options.bind };
    const host = new SocketHost();
    const port = new SocketStreamPort<Message>(gnutellaCodec, { self, ...local });
    const node = new GnutellaNode(host, port, new SharedFiles(options.library, options.busy), this.nodeOptions(self), {
      onHit: (_self, search, hit) => this.onHit(search, hit),
      onPush: (_self, push) => this.running?.calls.call(push),
      onLinkOpen: (_self, neighbour) => this.onLinkOpen(neighbour),
      onLinkClosed: (_self, neighbour, reason) => this.onLinkClosed(neighbour, reason),
      onDialFailed: (_self, address, reason) => this.onDialFailed(address, reason),
    });
    host.attach(node);
    port.attach(node);
    taken = port;
    const client = new HttpClient({ userAgent: options.userAgent, ...local });
    const calls = new PushCalls({
      guid: options.guid,
      localAddress: local.localAddress,
      mayDial: options.mayDial,
      serve: (socket) => options.uploads.take(socket, new Uint8Array(0)),
    });
    const saving = setInterval(() => this.saveHosts(), SAVE_HOSTS_MS);
    saving.unref();
    return { host, port, node, listener, client, calls, saving };
  }

  private nodeOptions(self: Address): GnutellaOptions {
    const { role, guid, userAgent, mayDial, speedKbps } = this.options;
    const links = this.linksWanted;
    const ttl = this.ttl;
    return {
      role,
      linksWanted: links,
      linksMax: links,
      leavesMax: LEAVES_MAX,
      ttl,
      ttlMax: Math.max(ttl, TTL[role]),
      guid,
      userAgent,
      firewalled: !this.isReachable(self),
      speedKbps,
      minimumSpeedKbps: 0,
      deflate: true,
      zlib: nodeZlib,
      accepts: mayDial,
      vendor: VENDOR,
    };
  }

  private get linksWanted(): number {
    return this.options.links === 0 ? LINKS[this.options.role] : this.options.links;
  }

  /** Only leaves that may become more look for other leaves: who meets one starts again as ultrapeer. */
  private seeks(role: Role): readonly string[] {
    if (role === "classic") return [KINDS.classic];
    return role === "leaf" && this.options.mayPromote ? [KINDS.ultrapeers, KINDS.leaves] : [KINDS.ultrapeers];
  }

  private offer(role: Role, peers: number, leaves: number): Situation["offer"] {
    const { running, options } = this;
    if (running?.listener === undefined) return undefined;
    const port = portOf(running.port.self);
    const percent = (part: number, whole: number): number => Math.min(100, Math.round((100 * part) / whole));
    switch (role) {
      case "classic":
        return { network: KINDS.classic, port, load: percent(peers, this.linksWanted) };
      case "ultrapeer":
        return { network: KINDS.ultrapeers, port, load: percent(leaves, LEAVES_MAX) };
      case "leaf":
        return options.mayPromote ? { network: KINDS.leaves, port, load: 0 } : undefined;
    }
  }

  private get ttl(): number {
    return this.options.ttl === 0 ? TTL[this.options.role] : this.options.ttl;
  }

  /** Behind a translator nobody reaches us until somebody did; on an address of our own everybody does. */
  private isReachable(self: Address): boolean {
    const { reachable } = this.options;
    if (reachable !== "auto") return reachable === "yes";
    return this.reached || isPublic(self) || ipv4Of(self) >>> 24 === 127;
  }

  /** Somebody dialled us, so everybody may. */
  private onReached(): void {
    if (this.reached) return;
    this.reached = true;
    this.running?.node.configure({ firewalled: !this.isReachable(this.running.port.self) });
  }

  // --- what the node tells

  private onHit(search: Guid, hit: QueryHit): void {
    const asked = this.searches.get(search);
    if (asked === undefined) return;
    for (const each of hitsOf(hit, this.options.mayDial)) asked.onHit(each);
  }

  private onLinkOpen(neighbour: Neighbour): void {
    const { running } = this;
    if (running === undefined) return;
    if (neighbour.inbound) this.onReached();
    this.standing.enter("online");
    this.options.emit("peer.up", { peer: describe(running.port, neighbour) });
    const now = performance.now();
    for (const asked of new Set(this.searches.values())) {
      if (running.node.openLinks === 1 && now - asked.startedAt < LATE_ASK_MS) this.ask(running.node, asked);
    }
  }

  private onLinkClosed(neighbour: Neighbour, reason: string): void {
    const { running } = this;
    if (running === undefined) return;
    this.options.emit("peer.down", { peer: describe(running.port, neighbour), reason });
    if (running.node.openLinks === 0 && this.standing.state === "online") this.standing.enter("connecting");
  }

  private onDialFailed(address: Address, reason: string): void {
    this.failures.delete(address);
    this.failures.set(address, reason);
    for (const oldest of this.failures.keys()) {
      if (this.failures.size <= FAILURES_MAX) break;
      this.failures.delete(oldest);
    }
    this.options.emit("peer.failed", { network: this.id, endpoint: endpointOf(address), reason });
    const { running } = this;
    const isLonelyLeaf = running?.node.role === "leaf" && running.node.openLinks === 0;
    if (this.options.mayPromote && isLonelyLeaf && /leaf node|we're leaves/i.test(reason)) void this.promote();
  }

  /** Starts again as ultrapeer. */
  private async promote(): Promise<void> {
    const asked = new Set(this.searches.values());
    this.options = { ...this.options, role: "ultrapeer" };
    await this.stop();
    await this.start().catch(() => undefined);
    if (this.running !== undefined) for (const search of asked) this.ask(this.running.node, search);
  }

  private ask(node: GnutellaNode, asked: AskedSearch): void {
    const id = node.search(asked.query.words, asked.query.urn);
    asked.ids.push(id);
    this.searches.set(id, asked);
  }

  private liveness(): string {
    const node = this.running?.node;
    const { sentence } = this.standing;
    if (sentence !== undefined) return sentence;
    if (node === undefined) return "Off.";
    const known = `${node.hosts.size} ${node.hosts.size === 1 ? "address" : "addresses"} known`;
    const open = node.openLinks;
    if (open > 0) return `${open} ${open === 1 ? "neighbour" : "neighbours"}, ${known}.`;
    if (node.hosts.size === 0) {
      return "No address to ask. Name a peer (`servent networks bootstrap gnutella HOST:PORT`) or an introducer, or wait for one to call.";
    }
    const [address, reason] = [...this.failures].at(-1) ?? [];
    const last = address === undefined ? "" : ` ${formatEndpoint(address)} did not become one: ${reason}.`;
    return `Looking for neighbours, ${known}.${last}`;
  }

  private learn(node: GnutellaNode, peer: Endpoint): void {
    node.hosts.learn(addressOf(peer), undefined, true);
  }

  private learnIntroduced(node: GnutellaNode): void {
    for (const { network, endpoint } of this.introduced)
      node.hosts.learn(addressOf(endpoint), network === KINDS.ultrapeers);
  }

  private saveHosts(): void {
    const hosts = this.running?.node.hosts.list() ?? [];
    const useful = hosts.filter(({ ultrapeer }) => ultrapeer !== false).sort((a, b) => b.successes - a.successes);
    this.options.rememberHosts(useful.slice(0, HOSTS_SAVED_MAX).map(({ address }) => address));
  }

  // --- reaching a source

  /** Runs `use` on the peer: dialled where that may work, else called back by a push. */
  private async withPeer<T>(source: Source, use: (running: Running, peer: HttpPeer) => Promise<T>): Promise<T> {
    const { running } = this;
    if (running === undefined) throw this.standing.sourceOff();
    const locator = locatorOf(source);
    const { client, node } = running;
    const pushed = client.pushedPeer(source.key, source.peer, (signal) => this.callBack(running, locator, signal));
    if (source.firewalled) {
      if (!node.firewalled) return use(running, pushed);
      throw new SourceError(
        "both_firewalled",
        "Neither this peer nor we can be reached from outside, so nobody can open the connection.",
      );
    }
    const direct = client.peer(endpointOf(locator.address));
    return use(running, {
      ...direct,
      connect: (signal) =>
        direct.connect(signal).catch((error: unknown) => {
          // It may sit behind a translator without knowing; whoever can be reached asks it to call.
          if (node.firewalled || signal.aborted) throw error;
          return pushed.connect(signal).catch(() => {
            throw error;
          });
        }),
    });
  }

  /** Asks the peer to connect to us, and waits for it. */
  private async callBack(running: Running, { servent, index }: GnutellaLocator, signal: AbortSignal): Promise<Socket> {
    const guid = hexDecode(servent);
    if (guid === undefined || !running.node.push(servent, index, running.port.self)) {
      throw new SourceError(
        "peer_gone",
        "The way to this peer is lost: it can only be asked through the neighbours that knew it.",
      );
    }
    return this.waits.expect(hexEncode(guid), PUSH_WAIT_MS, signal);
  }
}

function describe(port: SocketStreamPort<Message>, neighbour: Neighbour): NeighbourInfo {
  const { facts, phase, inbound, link } = neighbour;
  const stats = port.stats(link);
  return {
    id: neighbourId(neighbour),
    network: "gnutella",
    endpoint: endpointOf(neighbour.listen ?? neighbour.remote),
    state: phase === "dialling" ? "dialling" : phase === "open" || phase === "closing" ? "open" : "handshaking",
    inbound,
    role: facts.role,
    vendor: facts.vendor,
    ageMs: stats?.ageMs ?? 0,
    messagesIn: neighbour.messagesIn,
    messagesOut: neighbour.messagesOut,
    bytesIn: stats?.wireBytesIn ?? 0,
    bytesOut: stats?.wireBytesOut ?? 0,
  };
}

function neighbourId(neighbour: Neighbour): string {
  return `p_gnutella_${neighbour.route}`;
}

/** Throws ServentError `invalid_value` where the host is no IPv4 address. */
function addressOf(peer: Endpoint): Address {
  const ip = parseIpv4(peer.host);
  if (ip === undefined) {
    throw new ServentError("invalid_value", `"${peer.host}" is not an IPv4 address.`, "Write it as 192.0.2.7:6346.");
  }
  return addressAt(ip, peer.port);
}
