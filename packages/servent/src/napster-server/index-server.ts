// An index server on real sockets: its ports, its accounts, and the protocol's server in the middle. One object is one server; a
// daemon may have one, a test three.
import type { Socket } from "node:net";
import type { DatabaseSync } from "node:sqlite";
import { assert } from "@servent/overlay/base/assert.ts";
import { endpointOf, formatEndpoint, formatIpv4, ipv4Of, parseIpv4, portOf } from "@servent/overlay/base/ipv4.ts";
import type { Address } from "@servent/overlay/host/host.ts";
import { KINDS } from "@servent/overlay/protocols/introducer/messages.ts";
import { toByteText } from "@servent/overlay/protocols/napster/byte-text.ts";
import { napsterCodec } from "@servent/overlay/protocols/napster/codec.ts";
import { LIMITS as PROTOCOL } from "@servent/overlay/protocols/napster/limits.ts";
import type { Message } from "@servent/overlay/protocols/napster/messages.ts";
import type { OpenNapLinks } from "@servent/overlay/protocols/napster/opennap-link/node.ts";
import type { PeerServer, TreeEvents } from "@servent/overlay/protocols/napster/opennap-link/options.ts";
import type { Ban } from "@servent/overlay/protocols/napster/server/bans.ts";
import { isIndexServerName, isTreeServerName } from "@servent/overlay/protocols/napster/server-name.ts";
import { SERVER_LIMITS } from "@servent/overlay/protocols/napster/server/limits.ts";
import { SERVER_OPTIONS, type ServerOptions } from "@servent/overlay/protocols/napster/server/options.ts";
import { NapsterServer } from "@servent/overlay/protocols/napster/server/server.ts";
import { ServentError } from "../base/servent-error.ts";
import { VERSION } from "../daemon/version.ts";
import { Joining } from "../joining/joining.ts";
import { isPublic } from "../runtime/address.ts";
import { firstAddress } from "../runtime/first-address.ts";
import { Listener } from "../runtime/listener.ts";
import { placeOf } from "../runtime/place.ts";
import { SocketHost } from "../runtime/socket-host.ts";
import { SocketStreamPort } from "../runtime/socket-stream-port.ts";
import { AccountStore } from "./account-store.ts";
import { ownCertificate, readCertificate, type ServerCertificate } from "./certificate.ts";
import { LIMITS } from "./limits.ts";
import { LinePort } from "./line-port.ts";
import { News } from "./news.ts";
import { checkPlaces, serverPlace } from "./place.ts";
import { Redirector } from "./redirector.ts";
import { TlsDoor } from "./tls-door.ts";
import type { OpenUnion } from "./union/open-union.ts";
import { startUnion } from "./union/start-union.ts";
import type { UnionPlan } from "./union/union-file.ts";

/** Places are `host:port` in digits, port 0: the system chooses. Null: that port is not there. */
export interface IndexServerOptions {
  /** Passwords come here in clear text: that is how the protocol is. */
  readonly listen: string | null;
  readonly tls: string | null;
  /** PEM files; null: a certificate of our own, made once. */
  readonly certificate: { readonly certificateFile: string; readonly keyFile: string } | null;
  /** Names servers to whoever asks. */
  readonly redirector: string | null;
  /** Servers that the redirector names, `ip:port`; where there are none, ourselves. */
  readonly servers: readonly string[];
  /** Says `users files load bytes clients` to whoever asks. */
  readonly statistics: string | null;
  /** Accounts, bans and certificate. It stays open, and the caller's. */
  readonly database: DatabaseSync;
  readonly name: string;
  readonly motd: readonly string[];
  readonly registeredOnly: boolean;
  readonly usersMax: number;
  readonly usersPerHostMax: number;
  /** Memory for what users share, bytes: up to 4 GiB. */
  readonly directoryBytesMax: number;
  readonly connectionsPerMinute: number;
  /** Servers of the OpenNap family that may be linked with this one. */
  readonly links: readonly PeerServer[];
  /** How the servers of our own union are reached; null: we are in none. */
  readonly union: UnionPlan | null;
  /** URLs of introducers that may send clients here. */
  readonly introducers: readonly string[];
  /** Hears, in words, of links that come and go: when something changes. */
  readonly onLink: (news: string) => void;
  /** Hears when the database could not be written; the server goes on without. */
  readonly onUnwritten: (error: unknown) => void;
}

/** What is so where nobody says otherwise. */
export const INDEX_SERVER: Omit<IndexServerOptions, "database"> = {
  listen: "0.0.0.0:8888",
  tls: null,
  certificate: null,
  redirector: null,
  servers: [],
  statistics: null,
  name: "servent",
  motd: [],
  registeredOnly: false,
  usersMax: SERVER_OPTIONS.usersMax,
  usersPerHostMax: SERVER_OPTIONS.usersPerHostMax,
  directoryBytesMax: SERVER_OPTIONS.directoryBytesMax,
  connectionsPerMinute: LIMITS.connectionsPerMinute,
  links: [],
  union: null,
  introducers: [],
  onLink: () => {},
  onUnwritten: () => {},
};

export interface IndexServerStatus {
  readonly users: number;
  readonly files: number;
  /** Of all files, bytes. */
  readonly bytes: number;
  readonly accounts: number;
  readonly searches: number;
  /** Servers and users that are reached through links. */
  readonly linked: { readonly servers: number; readonly users: number };
  /** Of the redirector; null where there is none. */
  readonly redirected: { readonly alive: number; readonly known: number; readonly asked: number } | null;
}

export class IndexServer {
  readonly accounts: AccountStore;
  private readonly options: IndexServerOptions;
  private readonly host = new SocketHost();
  private readonly doors: Listener[] = [];
  private running: { readonly node: NapsterServer; readonly port: SocketStreamPort<Message> } | undefined;
  private tree: OpenNapLinks | undefined;
  private union: OpenUnion | undefined;
  private joining: Joining | undefined;
  private plain: Listener | undefined;
  private tls: Listener | undefined;
  private tlsDoor: TlsDoor | undefined;
  private certificate: ServerCertificate | undefined;
  private redirector: Redirector | undefined;
  private statistics: LinePort | undefined;

  constructor(options: IndexServerOptions) {
    this.options = options;
    this.accounts = new AccountStore(options.database, !options.registeredOnly, options.onUnwritten);
  }

  /** Ready when this resolves. Rejects with a ServentError: as `Listener.open`, or `invalid_value` where an option is wrong. */
  async start(): Promise<void> {
    try {
      await this.open();
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  /** Says goodbye to everybody. */
  async close(): Promise<void> {
    await this.joining?.stop();
    for (const door of this.doors.splice(0)) door.close();
    this.tlsDoor?.close();
    this.redirector?.close();
    this.statistics?.close();
    await this.union?.close();
    this.running?.node.stop();
    await this.running?.port.stop("the server is shutting down");
    this.host.stop();
    this.accounts.close();
  }

  /** The protocol's server; only while it runs. */
  get node(): NapsterServer {
    assert(this.running !== undefined, "the server was started");
    return this.running.node;
  }

  /** Where it listens: `ip:port` each, null where it does not. */
  get places() {
    return {
      clear: placeOfDoor(this.plain),
      tls: placeOfDoor(this.tls),
      redirector: this.redirector?.place ?? null,
      statistics: this.statistics?.place ?? null,
    };
  }

  /** Of the TLS certificate, SHA-256; null without TLS. */
  get fingerprint(): string | null {
    return this.certificate?.fingerprint ?? null;
  }

  /** Others are told of us from now on. */
  async setIntroducers(urls: readonly string[]): Promise<void> {
    await this.joining?.configure(urls);
  }

  status(): IndexServerStatus {
    const { directory, userCount, counters } = this.node;
    return {
      users: userCount,
      files: directory.files,
      bytes: directory.bytes,
      accounts: this.accounts.count,
      searches: counters.searches,
      linked: { servers: this.tree?.servers().length ?? 0, users: this.tree?.userCount ?? 0 },
      redirected: this.redirector?.status() ?? null,
    };
  }

  private async open(): Promise<void> {
    const { listen, tls, certificate, name, redirector, servers, statistics, links, union, onLink } = this.options;
    if (!isIndexServerName(name)) {
      throw new ServentError("invalid_value", `"${name}" is no name for a server.`, "Use ASCII without blanks.");
    }
    if (links.length > 0 && !isTreeServerName(name)) {
      throw new ServentError(
        "invalid_value",
        `"${name}" is no name for a server that is linked with others.`,
        "Leave out quotes and colons, or link with none.",
      );
    }
    if (listen === null && tls === null) {
      throw new ServentError("invalid_value", "The server listens nowhere.", "Give it a port for TLS.");
    }
    checkServerPlaces(this.options);
    if (tls !== null) {
      this.certificate =
        certificate === null
          ? await ownCertificate(this.accounts, name)
          : await readCertificate(certificate.certificateFile, certificate.keyFile);
      const { certificate: cert, key } = this.certificate;
      const door = new TlsDoor({ cert, key, minVersion: "TLSv1.2" }, LIMITS, (socket) => this.take(socket, NOTHING));
      this.tlsDoor = door;
      this.tls = await this.listen(tls, (socket) => door.enter(socket));
    }
    if (listen !== null) this.plain = await this.listen(listen, (socket, head) => this.take(socket, head));
    this.run();
    if (union !== null) {
      this.union = await startUnion(union, name, this.node, onLink);
      this.node.join(this.union);
    }
    this.announce();
    if (statistics !== null) this.statistics = await LinePort.open(statistics, () => this.statisticsLine());
    if (redirector === null) return;
    const known = servers.length > 0 ? servers.map(serverPlace) : [formatEndpoint(this.self)];
    this.redirector = await Redirector.open(redirector, known);
  }

  private run(): void {
    const { options } = this;
    const settings: ServerOptions = {
      ...SERVER_OPTIONS,
      name: options.name,
      version: VERSION,
      motd: options.motd.slice(0, SERVER_LIMITS.motdLinesMax).map(motdLine),
      // Who speaks TLS already need not be told of it.
      motdOfLink: (link) => (port.isTls(link) ? [] : this.tlsLines()),
      registeredOnly: options.registeredOnly,
      usersMax: options.usersMax,
      usersPerHostMax: options.usersPerHostMax,
      directoryBytesMax: options.directoryBytesMax,
      date: () => Math.floor(Date.now() / 1000),
    };
    const port = new SocketStreamPort(napsterCodec(PROTOCOL.clientPayloadBytesMax), {
      self: this.self,
      linksMax: options.usersMax + SERVER_LIMITS.halfOpenMax + options.links.length,
      // Old servers take a link only from the address that its server's name stands for.
      ...(this.ownHost === undefined ? {} : { localAddress: this.ownHost }),
      // Who was refused and does not hang up keeps a connection from others.
      closeWaitMs: LIMITS.closeWaitMs,
      // Somebody waits for each answer.
      compressionWaitMs: 0,
    });
    const events = {
      onUserIn: () => {},
      onUserGone: () => {},
      onBans: (_self: Address, bans: readonly Ban[]) => this.accounts.setBans(bans),
    };
    const { accounts } = this;
    const node = new NapsterServer(this.host, port, settings, events, { accounts, bans: accounts.bans() });
    this.host.attach(node);
    port.attach(node);
    accounts.attach(node);
    this.running = { node, port };
    if (options.links.length > 0) this.tree = node.linkTree({ peers: options.links }, this.treeEvents());
    node.start();
  }

  /** Says where clients come in; introducers look for themselves, so a port for TLS alone is not named. */
  private announce(): void {
    const { introducers, usersMax } = this.options;
    const door = this.plain;
    if (door === undefined) return;
    const load = (): number => Math.min(100, Math.floor((100 * this.node.userCount) / usersMax));
    const offer = () => ({ network: KINDS.indexServers, port: portOf(door.address), load: load() });
    this.joining = new Joining({
      networks: [{ id: "napster", introductions: () => ({ seeks: [], offer: offer(), hasAddresses: false }) }],
      introducers,
      userAgent: `Servent/${VERSION}`,
      localAddress: () => this.ownHost,
      // For introducers that send us on to others: a stranger must not make us ask inside a private network.
      mayDial: isPublic,
    });
    this.joining.start();
  }

  private async listen(place: string, take: (socket: Socket, head: Uint8Array) => void): Promise<Listener> {
    const listener = await Listener.open({
      ...placeOf(place),
      handlers: [{ prefix: "", take }],
      perMinuteMax: this.options.connectionsPerMinute,
    });
    this.doors.push(listener);
    return listener;
  }

  /** The address that we listen at; undefined where it is every one. */
  private get ownHost(): string | undefined {
    const ip = ipv4Of(this.plain?.address ?? 0);
    return ip === 0 ? undefined : formatIpv4(ip);
  }

  private treeEvents(): TreeEvents {
    const news = new News(this.options.onLink);
    return {
      onLinked: (server) => news.tell(server, `linked with ${server}`),
      onLinkLost: (server, reason) => news.tell(server, `link with ${server} lost: ${reason}`),
      onLinkRefused: (server, reason) => news.tell(server, `no link with ${server}: ${reason}`),
    };
  }

  /** Who comes while the doors are still being opened comes too early. */
  private take(socket: Socket, head: Uint8Array): void {
    if (this.running === undefined) socket.destroy();
    else this.running.port.adopt(socket, head, true);
  }

  /** What others are told of where we are. */
  private get self(): Address {
    const door = this.plain ?? this.tls;
    assert(door !== undefined, "one door is open");
    const { address } = door;
    return ipv4Of(address) === 0 ? endpointOf(parseIpv4(firstAddress()) ?? 0, portOf(address)) : address;
  }

  private tlsLines(): readonly string[] {
    if (this.tls === undefined) return [];
    const port = portOf(this.tls.address);
    return [
      `Port ${port} of this server speaks TLS: what you say there, your password too, cannot be read on the way.`,
    ];
  }

  /** `users files load bytes clients`; we measure no load. */
  private statisticsLine(): string {
    const { users, files, bytes } = this.status();
    return `${users} ${files} 0 ${bytes} ${users}`;
  }
}

/** Each of its ports is a place, and another. Throws ServentError `invalid_value`. */
export function checkServerPlaces(
  options: Pick<IndexServerOptions, "listen" | "tls" | "redirector" | "statistics">,
): void {
  const { listen, tls, redirector, statistics } = options;
  checkPlaces({ "clear text": listen, TLS: tls, redirector, statistics });
}

const NOTHING = new Uint8Array(0);

function placeOfDoor(door: Listener | undefined): string | null {
  return door === undefined ? null : formatEndpoint(door.address);
}

function motdLine(line: string): string {
  return toByteText(line).slice(0, SERVER_LIMITS.motdLineCharsMax);
}
