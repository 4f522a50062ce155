// Napster as one of the product's networks: a client of index servers on one side, files, sources and hits on the other.
import { endpointOf as addressAt, ipv4Of, parseIpv4, portOf } from "@servent/overlay/base/ipv4.ts";
import type { Address } from "@servent/overlay/host/host.ts";
import { KINDS } from "@servent/overlay/protocols/introducer/messages.ts";
import { NOTHING_SOUGHT, type Situation } from "@servent/overlay/protocols/introducer/newcomer.ts";
import { fromByteText } from "@servent/overlay/protocols/napster/byte-text.ts";
import { napsterCodec } from "@servent/overlay/protocols/napster/codec.ts";
import { HostChoice } from "@servent/overlay/protocols/napster/host-choice.ts";
import { LIMITS } from "@servent/overlay/protocols/napster/limits.ts";
import { linkSpeedOf } from "@servent/overlay/protocols/napster/login.ts";
import type { Message } from "@servent/overlay/protocols/napster/messages.ts";
import { foldNick } from "@servent/overlay/protocols/napster/nick.ts";
import { NapsterNode } from "@servent/overlay/protocols/napster/node.ts";
import type { Opening } from "@servent/overlay/protocols/napster/peer/opening.ts";
import type { Session } from "@servent/overlay/protocols/napster/session.ts";
import { ServentError } from "../../base/servent-error.ts";
import type { Library } from "../../library/library.ts";
import { endpointOf } from "../../runtime/address.ts";
import { SocketHost } from "../../runtime/socket-host.ts";
import { SocketStreamPort, type TlsDial } from "../../runtime/socket-stream-port.ts";
import type { Uploads } from "../../transfers/uploads.ts";
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
  type SourceStream,
} from "../network.ts";
import { Pings } from "./pings.ts";
import { PushWaits } from "../push-waits.ts";
import { Standing } from "../standing.ts";
import { Asked } from "./asked.ts";
import { PORT_LEAST } from "./dial-bounds.ts";
import { type Caller, DataPort } from "./data-port.ts";
import { Giving } from "./giving.ts";
import { locatorOf } from "./hit-sources.ts";
import { inWords, livenessOf, serversOf } from "./server-words.ts";
import { type FactsSource, SharedPaths } from "./shared-paths.ts";
import { bringKey, type Brought, Taking } from "./taking.ts";
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
  /** For servers that our owner named. Goes over the wire in clear. */
  readonly password: string;
  /** For each other server a password of its own, the same each time. */
  readonly passwordAt: (server: Address) => string;
  readonly userAgent: string;
  readonly speedKbps: number;
  /** May an address that a server or peer told us be dialled? */
  readonly mayDial: (address: Address) => boolean;
  readonly emit: (type: string, data: Readonly<Record<string, unknown>>) => void;
}

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
  readonly pings: Pings;
  readonly asked: Asked;
  readonly waits: PushWaits<Brought>;
  readonly wayIn: WayIn;
  readonly saving: NodeJS.Timeout;
}

export class NapsterNetwork implements Network {
  readonly id = "napster";
  readonly knowsUsers = true;
  private options: NapsterNetworkOptions;
  private readonly paths: SharedPaths;
  private readonly choice = new HostChoice<string>();
  private running: Running | undefined = undefined;
  private readonly standing = new Standing("napster", "Napster", () =>
    this.options.emit("network.state", { network: this.status() }),
  );
  /** Servers that speak TLS first. They are not remembered: what is, is dialled in clear. */
  private readonly secure = new Map<Address, TlsDial>();

  constructor(options: NapsterNetworkOptions) {
    this.options = options;
    this.paths = new SharedPaths(options.library, options.facts);
  }

  async start(): Promise<void> {
    if (this.running !== undefined) return;
    this.running = await this.standing.starting(() => this.launch());
    const { node, wayIn, asked } = this.running;
    // First of all what our owner named, for that is dialled as he named it.
    void wayIn.look().then(() => asked.settleSoon());
    for (const address of this.options.knownServers) if (this.options.mayDial(address)) this.learnOf(address);
    node.start();
    this.standing.enter("connecting");
  }

  async stop(): Promise<void> {
    const { running } = this;
    if (running === undefined) return;
    this.standing.enter("stopping");
    this.saveServers();
    clearInterval(running.saving);
    running.wayIn.close();
    running.dataPort?.close();
    running.giving.close();
    running.taking.close();
    running.pings.close();
    running.node.stop();
    await running.port.stop("the servent goes off the network");
    running.host.stop();
    this.running = undefined;
    running.asked.clear();
    this.standing.enter("off");
  }

  /** Changes settings; ports and addresses count from the next start. With another name or password we log in anew. */
  configure(changes: Partial<NapsterNetworkOptions>): void {
    this.options = { ...this.options, ...changes };
    const { running } = this;
    if (running === undefined) return;
    const { servers, nick, password, speedKbps } = this.options;
    running.node.configure({ servers, nick, password, linkSpeed: linkSpeedOf(speedKbps) });
    if (changes.entries !== undefined) void running.wayIn.look().then(() => running.asked.settleSoon());
  }

  status(): NetworkStatus {
    const { running } = this;
    return {
      id: this.id,
      state: this.standing.state,
      since: this.standing.since,
      liveness: this.liveness(),
      role: "client",
      endpoint: running?.dataPort === undefined ? undefined : endpointOf(running.dataPort.address),
      peers: running?.node.onlineCount ?? 0,
      servers: running === undefined ? [] : serversOf(running.node, this.options.nick),
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

  search(query: SearchQuery, onHit: (hit: Hit) => void, onDone: () => void = () => undefined): RunningSearch {
    const { running } = this;
    if (running === undefined) return { cost: () => ({ messages: 0, bytes: 0 }), stop: () => undefined };
    return running.asked.ask(query, onHit, onDone);
  }

  async open(source: Source, range: ByteRange, signal: AbortSignal): Promise<SourceStream> {
    return this.on().taking.open(source, range, signal);
  }

  async hashTree(source: Source, signal: AbortSignal): Promise<HashTree | undefined> {
    return this.on().taking.hashTree(source, signal);
  }

  /** Bytes per second that the owner is thought to give: by what it gave, how near it is, what it claims. */
  expectedRate(source: Source): number {
    const { nick, at } = locatorOf(source);
    const host = foldNick(nick);
    // Whoever asks is about to choose; what is measured now counts at the next choice.
    if (at !== 0) this.running?.pings.measure(host, at);
    return this.choice.expected(host, Math.floor(performance.now()));
  }

  neighbours(): readonly NeighbourInfo[] {
    const { running } = this;
    if (running === undefined) return [];
    return Array.from(running.node.all(), (session) => describe(running.port, session));
  }

  connect(peer: Endpoint): void {
    if (this.running === undefined) throw this.standing.offError();
    const ip = parseIpv4(peer.host);
    if (ip === undefined) {
      throw new ServentError("invalid_value", `"${peer.host}" is not an IPv4 address.`, "Write it as 192.0.2.7:8888.");
    }
    this.running.node.learn(addressAt(ip, peer.port), true);
  }

  /** Whoever lacks servers looks for some; clients of a server need no other clients, so nobody should come to us. */
  introductions(): Situation {
    const node = this.running?.node;
    if (node === undefined) return NOTHING_SOUGHT;
    const untried = Iterator.from(node.servers.all()).some(({ isRefused, failures }) => !isRefused && failures === 0);
    return {
      seeks: node.onlineCount >= this.options.servers ? [] : [KINDS.indexServers],
      offer: undefined,
      hasAddresses: node.onlineCount > 0 || untried,
    };
  }

  introduce(servers: readonly Introduced[]): void {
    for (const { network, endpoint } of servers) {
      const ip = parseIpv4(endpoint.host);
      if (network === KINDS.indexServers && ip !== undefined) this.learnOf(addressAt(ip, endpoint.port));
    }
  }

  /** A server of which somebody else told. Where our owner named a port that speaks TLS, nobody sends us to one in clear. */
  private learnOf(address: Address): void {
    const ip = ipv4Of(address);
    if (Iterator.from(this.secure.keys()).some((secure) => ipv4Of(secure) === ip)) return;
    this.running?.node.learn(address, false);
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
      tls: (to) => this.secure.get(to),
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
        passwordAt: (server) => this.options.passwordAt(server),
        client: options.userAgent,
        linkSpeed: linkSpeedOf(options.speedKbps),
        dataPort: dataPortNumber,
        servers: options.servers,
        accepts: (address) => portOf(address) >= PORT_LEAST && options.mayDial(address),
      },
      {
        onServerUp: (_self, session) => this.onServerUp(session),
        onServerDown: (_self, session, reason, wasOnline) => this.onServerDown(session, reason, wasOnline),
        onServersWanted: () => void wayIn.look().then(() => asked.settleSoon()),
        onHit: (_self, search, hit, session) => asked.onHit(search, hit, session),
        onSearchEnd: () => asked.settleSoon(),
        onWant: (_self, token, answer) => taking.onAnswer(token, answer),
        onPush: (_self, order) => void giving.bring(order.nick, order.ownNick, order.address, order.path),
        onBrowsePush: (_self, _nick, address, ownNick) => void giving.bringList(ownNick, address),
        onBrowseFile: (_self, token, file) => asked.onBrowseFile(token, file),
        onBrowseEnd: (_self, token, isUnknown) => asked.onBrowseEnd(token, isUnknown),
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
    const waits = new PushWaits<Brought>();
    const taking = new Taking({ node: () => node, choice, waits, localAddress, mayDial: options.mayDial });
    const pings = new Pings({ choice, localAddress, mayDial: options.mayDial });
    const asked = new Asked({
      node: () => node,
      isLooking: () => wayIn.isAsking,
      onClaim: (nick, linkSpeed) => choice.onClaim(nick, linkSpeed),
    });
    const wayIn = new WayIn({
      entries: () => this.options.entries,
      localAddress,
      mayDial: options.mayDial,
      onServer: (address, isNamed, tls) => {
        if (tls !== undefined) this.secure.set(address, tls);
        if (isNamed) node.learn(address, true);
        else this.learnOf(address);
      },
    });
    host.attach(node);
    port.attach(node);
    const saving = setInterval(() => this.saveServers(), SAVE_SERVERS_MS).unref();
    return { host, port, node, dataPort, giving, taking, pings, asked, waits, wayIn, saving };
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
        return waits.bring(bringKey(nick, path), { connection: caller.connection, size }) ? "kept" : "answered";
      }
      case "send-list":
        // Lists come through the servers; nobody was asked to bring one.
        return "answered";
    }
  }

  private onServerUp(session: Session): void {
    const { running } = this;
    if (running === undefined) return;
    this.standing.enter("online");
    this.options.emit("peer.up", { peer: describe(running.port, session) });
  }

  private onServerDown(session: Session, reason: string, wasOnline: boolean): void {
    const { running } = this;
    if (running === undefined) return;
    const peer = describe(running.port, session);
    running.asked.settleSoon();
    if (wasOnline) this.options.emit("peer.down", { peer, reason });
    else {
      const why = inWords(reason, session.nick);
      this.options.emit("peer.failed", { network: this.id, endpoint: peer.endpoint, reason: why });
    }
    if (running.node.onlineCount === 0 && this.standing.state === "online") this.standing.enter("connecting");
  }

  // --- what people read

  private on(): Running {
    if (this.running === undefined) throw this.standing.sourceOff();
    return this.running;
  }

  private liveness(): string {
    const { sentence } = this.standing;
    if (sentence !== undefined) return sentence;
    const { running } = this;
    if (running === undefined) return "Off.";
    return livenessOf(running.node, this.options.nick);
  }

  private saveServers(): void {
    const known = [...(this.running?.node.servers.all() ?? [])].filter(
      ({ isRefused, address }) => !isRefused && !this.secure.has(address),
    );
    known.sort((a, b) => a.failures - b.failures);
    this.options.rememberServers(known.slice(0, SERVERS_SAVED_MAX).map(({ address }) => address));
  }
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
