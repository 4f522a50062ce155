// Napster as one of the product's networks: a client of index servers on one side, files, sources and hits on the other.
import {
  endpointOf as addressAt,
  formatEndpoint,
  formatIpv4,
  ipv4Of,
  parseIpv4,
  portOf,
} from "@servent/overlay/base/ipv4.ts";
import { sha1OfUrn, sha1Urn } from "@servent/overlay/base/urn.ts";
import type { Address } from "@servent/overlay/host/host.ts";
import type { Situation } from "@servent/overlay/protocols/introducer/newcomer.ts";
import { fromByteText, toByteText } from "@servent/overlay/protocols/napster/byte-text.ts";
import { napsterCodec } from "@servent/overlay/protocols/napster/codec.ts";
import { HostChoice } from "@servent/overlay/protocols/napster/host-choice.ts";
import { LIMITS } from "@servent/overlay/protocols/napster/limits.ts";
import { linkSpeedOf } from "@servent/overlay/protocols/napster/login.ts";
import type { Message } from "@servent/overlay/protocols/napster/messages.ts";
import { foldNick } from "@servent/overlay/protocols/napster/nick.ts";
import { NapsterNode } from "@servent/overlay/protocols/napster/node.ts";
import type { Opening } from "@servent/overlay/protocols/napster/peer/opening.ts";
import type { NapsterQuery } from "@servent/overlay/protocols/napster/searches.ts";
import type { Session } from "@servent/overlay/protocols/napster/session.ts";
import type { SearchHit, SharedFile } from "@servent/overlay/protocols/napster/shared-file.ts";
import { withUrnOfMd5 } from "@servent/overlay/protocols/napster/urn-in-md5.ts";
import { ServentError } from "../../base/servent-error.ts";
import type { Library } from "../../library/library.ts";
import { SocketHost } from "../../runtime/socket-host.ts";
import { SocketStreamPort } from "../../runtime/socket-stream-port.ts";
import type { Trust } from "../../runtime/tls-dial.ts";
import type { Uploads } from "../../transfers/uploads.ts";
import {
  type ByteRange,
  type Endpoint,
  type HashTree,
  type Hit,
  type Introduced,
  type NeighbourInfo,
  type Network,
  type NetworkState,
  type NetworkStatus,
  type RunningSearch,
  type SearchQuery,
  type Source,
  SourceError,
  type SourceStream,
} from "../network.ts";
import { type Caller, DataPort } from "./data-port.ts";
import { Giving } from "./giving.ts";
import { hitOf, locatorOf } from "./hit-sources.ts";
import { PushWaits } from "./push-waits.ts";
import { type FactsSource, SharedPaths } from "./shared-paths.ts";
import { Taking } from "./taking.ts";
import { type Entry, WayIn } from "./way-in.ts";

export interface NapsterNetworkOptions {
  readonly library: Pick<Library, "list" | "byIndex" | "bySha1" | "tigerLevel" | "open" | "version">;
  readonly uploads: Uploads;
  /** What is known of music files besides their hashes. */
  readonly facts: FactsSource;
  /** Address to listen on and dial from, in digits; `0.0.0.0`: every one of this machine. */
  readonly bind: string;
  /** Port for peers. 0: the system chooses; `rememberPort` hears which. */
  readonly port: number;
  readonly rememberPort: (port: number) => void;
  /** False: we do not listen, and are asked to call instead. */
  readonly isReachable: boolean;
  /** Index servers and redirectors to begin with. */
  readonly entries: readonly Entry[];
  /** Servers known from before. */
  readonly knownServers: readonly Address[];
  readonly rememberServers: (servers: readonly Address[]) => void;
  /** Index servers to be logged in to at the same time. */
  readonly servers: number;
  readonly nick: string;
  /** Goes over the wire in clear. */
  readonly password: string;
  readonly userAgent: string;
  readonly speedKbps: number;
  /** May an address that a server or peer told us be dialled? */
  readonly mayDial: (address: Address) => boolean;
  readonly emit: (type: string, data: Readonly<Record<string, unknown>>) => void;
}

/** How introducers call them. */
const INDEX_SERVERS = "napster/server";
const NOBODY_WANTED: Situation = { seeks: [], offer: undefined, hasAddresses: false };
const SAVE_SERVERS_MS = 60_000;
const SERVERS_SAVED_MAX = 50;

interface Running {
  readonly host: SocketHost;
  readonly port: SocketStreamPort<Message>;
  readonly node: NapsterNode;
  /** Undefined: nobody can reach us. */
  readonly dataPort: DataPort | undefined;
  readonly giving: Giving;
  readonly taking: Taking;
  readonly waits: PushWaits;
  readonly wayIn: WayIn;
  readonly saving: NodeJS.Timeout;
}

export class NapsterNetwork implements Network {
  readonly id = "napster";
  private options: NapsterNetworkOptions;
  private readonly paths: SharedPaths;
  private readonly choice = new HostChoice<string>();
  private running: Running | undefined = undefined;
  private state: NetworkState = "off";
  private since = new Date();
  private problem = "";
  private readonly searches = new Map<number, (hit: Hit) => void>();
  /** Lists of users that are asked for, by token. */
  private readonly listings = new Map<number, Listing>();
  /** Servers that speak TLS first. They are not remembered: what is, is dialled in clear. */
  private readonly secure = new Map<Address, Trust>();

  constructor(options: NapsterNetworkOptions) {
    this.options = options;
    this.paths = new SharedPaths(options.library, options.facts);
  }

  async start(): Promise<void> {
    if (this.running !== undefined) return;
    this.changeState("starting");
    try {
      this.running = await this.launch();
    } catch (error) {
      this.problem = error instanceof Error ? error.message : String(error);
      this.changeState("failed");
      throw error;
    }
    this.problem = "";
    const { node, wayIn } = this.running;
    for (const address of this.options.knownServers) if (this.options.mayDial(address)) node.learn(address, false);
    node.start();
    this.changeState("connecting");
    void wayIn.look();
  }

  async stop(): Promise<void> {
    const { running } = this;
    if (running === undefined) return;
    this.changeState("stopping");
    this.saveServers();
    clearInterval(running.saving);
    running.wayIn.close();
    running.dataPort?.close();
    running.giving.close();
    running.taking.close();
    running.node.stop();
    await running.port.stop("the servent goes off the network");
    running.host.stop();
    this.running = undefined;
    this.searches.clear();
    this.listings.clear();
    this.changeState("off");
  }

  /** Changes settings; ports and addresses count from the next start, name and password from the next log-in. */
  configure(changes: Partial<NapsterNetworkOptions>): void {
    this.options = { ...this.options, ...changes };
    const { running } = this;
    if (running === undefined) return;
    const { servers, nick, password, speedKbps } = this.options;
    running.node.configure({ servers, nick, password, linkSpeed: linkSpeedOf(speedKbps) });
    if (changes.entries !== undefined) void running.wayIn.look();
  }

  status(): NetworkStatus {
    const { running } = this;
    return {
      id: this.id,
      state: this.state,
      since: this.since.toISOString(),
      liveness: this.liveness(),
      role: "client",
      endpoint: running?.dataPort === undefined ? undefined : endpointOf(running.dataPort.address),
      peers: running?.node.onlineCount ?? 0,
      counters:
        running === undefined
          ? {}
          : {
              ...running.node.counters,
              ...running.giving.counters,
              ...running.dataPort?.counters,
              knownServers: running.node.servers.size,
            },
    };
  }

  search(query: SearchQuery, onHit: (hit: Hit) => void): RunningSearch {
    const { running } = this;
    if (running === undefined) return { cost: () => ({ messages: 0, bytes: 0 }), stop: () => undefined };
    const [, nick] = BROWSE.exec(query.words) ?? [];
    if (nick !== undefined) return this.browse(running.node, toByteText(nick), onHit);
    const [, md5 = "", size] = LIKENESS.exec(query.likeness ?? "") ?? [];
    const token = size === undefined ? running.node.search(queryOf(query)) : running.node.resume(md5, Number(size));
    this.searches.set(token, onHit);
    // What it cost is asked for after it has ended, too.
    let last = { messages: 0, bytes: 0 };
    return {
      cost: () => {
        last = { ...(running.node.cost(token) ?? last) };
        return last;
      },
      stop: () => {
        last = { ...(running.node.cost(token) ?? last) };
        this.searches.delete(token);
        running.node.stopSearch(token);
      },
    };
  }

  /** What one user shares, as hits. */
  private browse(node: NapsterNode, nick: string, onHit: (hit: Hit) => void): RunningSearch {
    const token = node.browse(nick, undefined);
    const listing: Listing = { nick, onHit, server: node.serversFrom(0)[0] ?? 0, messages: 0, bytes: 0 };
    if (token !== undefined) {
      this.listings.set(token, listing);
      charge(listing, nick.length);
    }
    return {
      cost: () => ({ messages: listing.messages, bytes: listing.bytes }),
      stop: () => {
        if (token !== undefined) this.listings.delete(token);
      },
    };
  }

  async open(source: Source, range: ByteRange, signal: AbortSignal): Promise<SourceStream> {
    return this.on().taking.open(source, range, signal);
  }

  async hashTree(source: Source, signal: AbortSignal): Promise<HashTree | undefined> {
    return this.on().taking.hashTree(source, signal);
  }

  /** Bytes per second that the owner is thought to give: by what it gave, how near it is, what it claims. */
  expectedRate(source: Source): number {
    return this.choice.expected(foldNick(locatorOf(source).nick), Math.floor(performance.now()));
  }

  neighbours(): readonly NeighbourInfo[] {
    const { running } = this;
    if (running === undefined) return [];
    return Array.from(running.node.all(), (session) => describe(running.port, session));
  }

  connect(peer: Endpoint): void {
    if (this.running === undefined) {
      throw new ServentError("network_off", "Napster is off.", "Switch it on: `servent networks enable napster`.");
    }
    const ip = parseIpv4(peer.host);
    if (ip === undefined) {
      throw new ServentError("invalid_value", `"${peer.host}" is not an IPv4 address.`, "Write it as 192.0.2.7:8888.");
    }
    this.running.node.learn(addressAt(ip, peer.port), true);
  }

  /** Whoever lacks servers looks for some; clients of a server need no other clients, so nobody should come to us. */
  introductions(): Situation {
    const node = this.running?.node;
    if (node === undefined) return NOBODY_WANTED;
    const untried = Iterator.from(node.servers.all()).some(({ isRefused, failures }) => !isRefused && failures === 0);
    return {
      seeks: node.onlineCount >= this.options.servers ? [] : [INDEX_SERVERS],
      offer: undefined,
      hasAddresses: node.onlineCount > 0 || untried,
    };
  }

  introduce(servers: readonly Introduced[]): void {
    for (const { network, endpoint } of servers) {
      const ip = parseIpv4(endpoint.host);
      if (network === INDEX_SERVERS && ip !== undefined) this.running?.node.learn(addressAt(ip, endpoint.port), false);
    }
  }

  disconnect(id: string): boolean {
    for (const session of this.running?.node.all() ?? []) {
      if (neighbourId(session) === id) return this.running?.node.disconnect(session.route) ?? false;
    }
    return false;
  }

  // --- starting

  private async launch(): Promise<Running> {
    const { options, choice } = this;
    const localAddress = options.bind === "0.0.0.0" ? undefined : options.bind;
    const dataPort = options.isReachable
      ? await DataPort.open({
          host: options.bind,
          port: options.port,
          serve: (opening, caller) => this.serve(opening, caller),
        })
      : undefined;
    const dataPortNumber = dataPort === undefined ? 0 : portOf(dataPort.address);
    // Whoever learnt where we listen finds us there after a restart too.
    if (dataPort !== undefined) {
      options.rememberPort(dataPortNumber);
      this.options = { ...this.options, port: dataPortNumber };
    }
    const host = new SocketHost();
    const self = addressAt(parseIpv4(options.bind) ?? 0, dataPortNumber);
    const port = new SocketStreamPort<Message>(napsterCodec(LIMITS.serverPayloadBytesMax), {
      self,
      secure: (to) => this.secure.get(to),
      ...(localAddress === undefined ? {} : { localAddress }),
    });
    const node: NapsterNode = new NapsterNode(
      host,
      port,
      this.paths,
      { request: (_nick, path) => giving.verdict(path) },
      {
        nick: options.nick,
        password: options.password,
        client: options.userAgent,
        linkSpeed: linkSpeedOf(options.speedKbps),
        dataPort: dataPortNumber,
        servers: options.servers,
        accepts: options.mayDial,
      },
      {
        onServerUp: (_self, session) => this.onServerUp(session),
        onServerDown: (_self, session, reason, wasOnline) => this.onServerDown(session, reason, wasOnline),
        onServersWanted: () => void wayIn.look(),
        onHit: (_self, search, hit, session) => this.onHit(search, hit, session),
        onSearchEnd: () => undefined,
        onWant: (_self, token, answer) => taking.onAnswer(token, answer),
        onPush: (_self, order) => void giving.bring(order.nick, order.ownNick, order.address, order.path),
        onBrowsePush: (_self, _nick, address, ownNick) => void giving.bringList(ownNick, address),
        onBrowseFile: (_self, token, file) => this.onBrowseFile(token, file),
        onBrowseEnd: (_self, token) => void this.listings.delete(token),
        onPrivateMessage: (_self, from, text) =>
          options.emit("peer.message", { network: this.id, from: fromByteText(from), text: fromByteText(text) }),
      },
    );
    const giving = new Giving({
      library: options.library,
      paths: this.paths,
      uploads: options.uploads,
      localAddress,
      isAnnounced: (nick, path) => node.isAnnounced(nick, path),
      tell: (step) => node.tellTransfer("up", step),
    });
    const waits = new PushWaits();
    const taking = new Taking({ node: () => node, choice, waits, localAddress, mayDial: options.mayDial });
    const wayIn = new WayIn({
      entries: () => this.options.entries,
      localAddress,
      mayDial: options.mayDial,
      onServer: (address, isNamed, trust) => {
        if (trust !== undefined) this.secure.set(address, trust);
        node.learn(address, isNamed);
      },
    });
    host.attach(node);
    port.attach(node);
    const saving = setInterval(() => this.saveServers(), SAVE_SERVERS_MS).unref();
    return { host, port, node, dataPort, giving, taking, waits, wayIn, saving };
  }

  // --- what comes in

  private async serve(opening: Opening, caller: Caller): Promise<"answered" | "kept"> {
    const { giving, node, waits } = this.on();
    switch (opening.kind) {
      case "get":
        await giving.get(caller, opening.nick, opening.path, opening.offset);
        return "answered";
      case "get-list":
        // The caller does not say who he is, so whoever comes while somebody was announced gets it.
        await giving.list(caller, node.nickAt(undefined) ?? this.options.nick, node.isListAnnounced);
        return "answered";
      case "get-tree":
        await giving.tree(caller, opening.urn);
        return "answered";
      case "send": {
        const { nick, path, size } = opening;
        return waits.onSend(nick, path, { connection: caller.connection, size }) ? "kept" : "answered";
      }
      case "send-list":
        // Lists come through the servers; nobody was asked to bring one.
        return "answered";
    }
  }

  private onHit(search: number, hit: SearchHit, session: Session): void {
    const onHit = this.searches.get(search);
    // What we share ourselves is no hit.
    if (onHit === undefined || foldNick(hit.nick) === foldNick(session.nick)) return;
    this.choice.onClaim(foldNick(hit.nick), hit.linkSpeed);
    onHit(hitOf(hit, session.server));
  }

  private onBrowseFile(token: number, file: SharedFile): void {
    const listing = this.listings.get(token);
    if (listing === undefined) return;
    const { nick, server, onHit } = listing;
    charge(listing, file.path.length + BROWSED_BYTES);
    // A list says nothing of where its owner is; the answer to the first request does.
    onHit(hitOf({ file: withUrnOfMd5(file), nick, ip: 0, linkSpeed: 0 }, server));
  }

  private onServerUp(session: Session): void {
    const { running } = this;
    if (running === undefined) return;
    this.changeState("online");
    this.options.emit("peer.up", { peer: describe(running.port, session) });
  }

  private onServerDown(session: Session, reason: string, wasOnline: boolean): void {
    const { running } = this;
    if (running === undefined) return;
    const peer = describe(running.port, session);
    if (wasOnline) this.options.emit("peer.down", { peer, reason });
    else this.options.emit("peer.failed", { network: this.id, endpoint: peer.endpoint, reason });
    if (running.node.onlineCount === 0 && this.state === "online") this.changeState("connecting");
  }

  // --- what people read

  private on(): Running {
    if (this.running === undefined) throw new SourceError("network_off", "Napster is off.");
    return this.running;
  }

  private changeState(state: NetworkState): void {
    if (this.state === state) return;
    this.state = state;
    this.since = new Date();
    this.options.emit("network.state", { network: this.status() });
  }

  private liveness(): string {
    if (this.state === "failed") return this.problem;
    if (this.state === "starting") return "About to listen.";
    const { running } = this;
    if (running === undefined) return "Off.";
    const { node } = running;
    const online = [...node.all()].filter(({ phase }) => phase === "online");
    const refused = [...node.servers.all()].filter(({ isRefused }) => isRefused);
    const notes = refused.map(({ address, problem }) => ` ${formatEndpoint(address)} will not have us: ${problem}.`);
    if (online.length > 0) {
      const where = online.map(({ server, nick }) => `${formatEndpoint(server)} as ${fromByteText(nick)}`).join(", ");
      const { users, files } = online.reduce((most, each) => (each.files > most.files ? each : most));
      return `Logged in at ${where}; ${users} users share ${files} files there.${notes.join("")}`;
    }
    if (node.servers.size === 0) {
      return "No index server is known. Name one: `servent networks bootstrap napster HOST:PORT`.";
    }
    const tried = [...node.servers.all()].filter(({ problem, isRefused }) => problem !== "" && !isRefused);
    const last = tried.map(({ address, problem }) => ` ${formatEndpoint(address)}: ${problem}.`).slice(0, 3);
    return `Looking for an index server; ${node.servers.size} known.${last.join("")}${notes.join("")}`;
  }

  private saveServers(): void {
    const known = [...(this.running?.node.servers.all() ?? [])].filter(
      ({ isRefused, address }) => !isRefused && !this.secure.has(address),
    );
    known.sort((a, b) => a.failures - b.failures);
    this.options.rememberServers(known.slice(0, SERVERS_SAVED_MAX).map(({ address }) => address));
  }
}

/** As hit-sources.ts writes it where there is an MD5. */
const LIKENESS = /^md5:([0-9a-f]{32}):(\d+)$/;
/** Words that ask for all that one user shares: `@anna`. */
const BROWSE = /^\s*@(\S+)\s*$/;
const HEAD_BYTES = 4;
/** Of a line of a list, besides its path: MD5 and numbers, about. */
const BROWSED_BYTES = 70;

interface Listing {
  readonly nick: string;
  readonly server: Address;
  readonly onHit: (hit: Hit) => void;
  messages: number;
  bytes: number;
}

function charge(listing: Listing, bytes: number): void {
  listing.messages++;
  listing.bytes += HEAD_BYTES + bytes;
}

function queryOf({ words, urn, name }: SearchQuery): NapsterQuery {
  // A Tiger root means nothing to a directory.
  const sha1 = urn === undefined ? undefined : sha1OfUrn(urn);
  return {
    words: toByteText(words.toWellFormed()),
    urn: sha1 === undefined ? "" : sha1Urn(sha1),
    name: toByteText(name?.toWellFormed() ?? ""),
  };
}

function describe(port: SocketStreamPort<Message>, session: Session): NeighbourInfo {
  const stats = port.stats(session.link);
  return {
    id: neighbourId(session),
    network: "napster",
    endpoint: endpointOf(session.server),
    state: session.phase === "dialling" ? "dialling" : session.phase === "logging-in" ? "handshaking" : "open",
    inbound: false,
    role: "index server",
    vendor: session.version,
    ageMs: stats?.ageMs ?? 0,
    messagesIn: session.messagesIn,
    messagesOut: session.messagesOut,
    bytesIn: stats?.wireBytesIn ?? 0,
    bytesOut: stats?.wireBytesOut ?? 0,
  };
}

function neighbourId(session: Session): string {
  return `p_napster_${session.route}`;
}

function endpointOf(address: Address): Endpoint {
  return { host: formatIpv4(ipv4Of(address)), port: portOf(address) };
}
