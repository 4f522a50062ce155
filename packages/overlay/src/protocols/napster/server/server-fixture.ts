// A server on a host and a port made by hand, and clients that say what a test wants. Everything passes the codec, as on sockets.
import { assert } from "../../../base/assert.ts";
import { endpointOf, parseIpv4 } from "../../../base/ipv4.ts";
import type { Address, Host, Link, StreamPort } from "../../../host/host.ts";
import { encodeMessage, napsterCodec } from "../codec.ts";
import { LIMITS } from "../limits.ts";
import { decodeUnionMessage, encodeUnionMessages } from "../mesh/union-codec.ts";
import type { Message } from "../messages.ts";
import { foldNick } from "../nick.ts";
import type { Account, Accounts, Verdict } from "./accounts.ts";
import type { Ban } from "./bans.ts";
import { SERVER_LIMITS } from "./limits.ts";
import { SERVER_OPTIONS, type ServerOptions } from "./options.ts";
import { NapsterServer } from "./server.ts";
import type { Union, UnionMessage } from "./union.ts";
import { CARRIED } from "./union-desk.ts";

const MARK_BYTES = 96 * 1024;

/** Accounts that check passwords in clear, and answer when `settle` is called. */
export class TestAccounts implements Accounts {
  mayCreate = true;
  isBusy = false;
  readonly known = new Map<string, Account & { readonly password: string }>();
  private readonly answers: [number, Verdict][] = [];

  constructor(...known: (Omit<Account, "email" | "lastSeen"> & { readonly password: string })[]) {
    for (const account of known) this.known.set(account.nick, { email: "", lastSeen: 0, ...account });
  }

  find(nick: string): Account | undefined {
    return this.known.get(foldNick(nick));
  }

  check(nick: string, password: string, ticket: number): void {
    this.later(ticket, this.known.get(foldNick(nick))?.password === password);
  }

  create(account: Account, password: string, ticket: number): void {
    this.known.set(foldNick(account.nick), { ...account, password });
    this.later(ticket, true);
  }

  setPassword(nick: string, password: string, ticket: number): void {
    this.later(ticket, this.change(nick, { password }));
  }

  setLevel(nick: string, level: Account["level"]): boolean {
    return this.change(nick, { level });
  }

  setEmail(nick: string, email: string): boolean {
    return this.change(nick, { email });
  }

  remove(nick: string): boolean {
    return this.known.delete(foldNick(nick));
  }

  seen(): void {}

  settle(server: NapsterServer): void {
    for (const [ticket, verdict] of this.answers.splice(0)) server.onAccount(ticket, verdict);
  }

  private change(nick: string, changes: Partial<Account & { password: string }>): boolean {
    const account = this.known.get(foldNick(nick));
    if (account !== undefined) this.known.set(foldNick(nick), { ...account, ...changes });
    return account !== undefined;
  }

  private later(ticket: number, isRight: boolean): void {
    this.answers.push([ticket, this.isBusy ? "busy" : isRight ? "right" : "wrong"]);
  }
}

export class TestClient {
  readonly server: TestServer;
  readonly link: Link;
  /** What came since the last `take`, as `type text`. */
  readonly heard: string[] = [];
  /** Why the server hung up. */
  closed: string | undefined;
  /** Reads nothing: what is sent to it fills the port. */
  isStuck = false;
  queuedBytes = 0;

  constructor(server: TestServer, link: Link) {
    this.server = server;
    this.link = link;
  }

  /** Says something, and lets the server answer. */
  send(type: number, text = ""): this {
    this.server.deliver(this, { type, text });
    return this;
  }

  /** What it has heard, and forgets it. */
  take(): string[] {
    return this.heard.splice(0);
  }

  /** Says something, and what comes of it. */
  ask(type: number, text = ""): string[] {
    this.take();
    return this.send(type, text).take();
  }

  hangUp(): void {
    this.server.end(this, "closed by the other side");
  }

  /** Reads all that the port holds. */
  read(): void {
    this.isStuck = false;
    this.queuedBytes = 0;
    this.server.node.onWritable(this.link);
  }
}

export interface TestServerOptions {
  readonly options?: Partial<ServerOptions>;
  readonly accounts?: TestAccounts;
  readonly bans?: readonly Ban[];
  readonly self?: string;
}

export class TestServer {
  readonly node: NapsterServer;
  readonly accounts: TestAccounts;
  readonly bans: (readonly Ban[])[] = [];
  /** Whom the server has dialled; nobody answers before `answer`. */
  readonly dialled: { readonly to: Address; readonly client: TestClient }[] = [];
  now = 1000;
  private readonly timers = new Map<number, number>();
  private readonly clients: (TestClient | undefined)[] = [];
  private readonly toClients = napsterCodec(LIMITS.serverPayloadBytesMax).link(false);
  private readonly fromClients = napsterCodec(LIMITS.clientPayloadBytesMax).link(false);

  constructor({ options = {}, accounts, bans, self = "10.9.9.9" }: TestServerOptions = {}) {
    let random = 1;
    const host: Host = {
      now: () => this.now,
      u32: () => (random = (random * 1_664_525 + 1_013_904_223) >>> 0),
      arm: (timer, delay) => this.timers.set(timer, this.now + Math.max(1, delay)),
      disarm: (timer) => this.timers.delete(timer),
    };
    const port: StreamPort<Message> = {
      self: endpointOf(parseIpv4(self) ?? 0, 8888),
      dial: (to) => this.dial(to),
      send: (link, message) => this.toClient(link, message),
      room: (link) => MARK_BYTES - (this.clients[link]?.queuedBytes ?? 0),
      close: (link, reason) => {
        const client = this.clients[link];
        if (client !== undefined) client.closed = reason;
      },
    };
    const all = {
      ...SERVER_OPTIONS,
      name: "test",
      version: "0.0.0",
      date: () => 1_000_000 + this.now / 1000,
      ...options,
    };
    const events = {
      onUserIn: () => {},
      onUserGone: () => {},
      onBans: (_self: Address, list: readonly Ban[]) => void this.bans.push(list),
    };
    this.accounts = accounts ?? new TestAccounts();
    this.node = new NapsterServer(host, port, all, events, { accounts: this.accounts, ...(bans ? { bans } : {}) });
    this.node.start();
  }

  /** Somebody connects. */
  connect(ip = "10.0.0.1", port = 40_000): TestClient {
    const client = this.newClient();
    this.node.onOpen(client.link, endpointOf(parseIpv4(ip) ?? 0, port + client.link));
    return client;
  }

  /** Whom the server dialled last answers. */
  answer(): TestClient {
    const last = this.dialled.at(-1);
    assert(last !== undefined, "the server has dialled somebody");
    this.node.onOpen(last.client.link, last.to);
    return last.client;
  }

  /** Somebody who has logged in; what he was told is forgotten. */
  login(
    nick: string,
    { ip = "10.0.0.1", port = 6699, speed = 7, client = "test 1", password = "pw" } = {},
  ): TestClient {
    const who = this.connect(ip).send(2, `${nick} ${password} ${port} "${client}" ${speed}`);
    const heard = who.take();
    assert(
      heard.some((line) => line.startsWith("3 ")),
      `${nick} was let in: ${heard.join("; ")}`,
    );
    return who;
  }

  deliver(client: TestClient, message: Message): void {
    if (client.closed !== undefined) return;
    const framed = this.fromClients.decode(encodeMessage(message));
    if (framed.at === "message") this.node.onMessage(client.link, framed.message);
    else if (framed.at === "lost") client.closed = framed.problem;
    this.settle();
  }

  /** The connection is gone. */
  end(client: TestClient, reason: string): void {
    if (this.clients[client.link] !== client) return;
    client.closed ??= reason;
    this.clients[client.link] = undefined;
    this.node.onClose(client.link, client.closed);
  }

  /** Runs until this timer, where it is no further away; false: it is, or was not armed. */
  awaitTimer(timer: number, msMax: number): boolean {
    const ms = (this.timers.get(timer) ?? Number.POSITIVE_INFINITY) - this.now;
    if (ms <= msMax) this.runFor(ms);
    return ms <= msMax;
  }

  runFor(ms: number): void {
    for (const end = this.now + ms; ; ) {
      const [next] = [...this.timers].sort(([, a], [, b]) => a - b);
      if (next === undefined || next[1] > end) {
        this.now = end;
        return;
      }
      const [timer, at] = next;
      this.now = Math.max(this.now, at);
      this.timers.delete(timer);
      this.node.onTimer(timer);
      this.settle();
    }
  }

  /** Lets answers about passwords come, and ends what was closed. */
  settle(): void {
    this.accounts.settle(this.node);
    for (const client of this.clients) if (client?.closed !== undefined) this.end(client, client.closed);
  }

  private dial(to: Address): Link {
    const client = this.newClient();
    this.dialled.push({ to, client });
    return client.link;
  }

  private newClient(): TestClient {
    let link = this.clients.indexOf(undefined);
    if (link < 0) link = this.clients.length;
    const client = new TestClient(this, link);
    this.clients[link] = client;
    return client;
  }

  private toClient(link: Link, message: Message): boolean {
    const client = this.clients[link];
    assert(client !== undefined && client.closed === undefined, "the server sends to lines that are open");
    const bytes = encodeMessage(message);
    const framed = this.toClients.decode(bytes);
    assert(framed.at === "message" && framed.used === bytes.length, "every message passes the codec");
    client.heard.push(`${message.type} ${message.text}`.trimEnd());
    if (client.isStuck) client.queuedBytes += bytes.length;
    return client.queuedBytes < MARK_BYTES;
  }
}

/** Servers that hear each other when `settle` is called. */
export class TestUnion {
  private readonly servers = new Map<string, TestServer>();
  private readonly down = new Set<string>();
  private readonly onTheWay: { from: string; to: string; message: UnionMessage }[] = [];
  /** All that passed, as `from>to kind`. */
  readonly passed: string[] = [];

  add(name: string, server: TestServer): void {
    this.servers.set(name, server);
    server.node.join(this.of(name));
  }

  /** Nothing reaches it and nothing comes from it; the others are told if `isNoticed`. */
  kill(name: string, isNoticed: boolean): void {
    this.down.add(name);
    if (isNoticed) for (const [other, { node }] of this.servers) if (other !== name) node.onServerDown(name);
  }

  /** What is on its way never arrives. */
  lose(): void {
    this.onTheWay.length = 0;
  }

  /** Delivers until nothing is on its way, and nobody waits for a better word of where a user is. */
  settle(): void {
    do this.deliver();
    while ([...this.servers.values()].filter((server) => server.awaitTimer(CARRIED, SERVER_LIMITS.claimMs)).length > 0);
  }

  private deliver(): void {
    for (let next = this.onTheWay.shift(); next !== undefined; next = this.onTheWay.shift()) {
      const { from, to, message } = next;
      if (this.down.has(from) || this.down.has(to)) continue;
      this.passed.push(`${from}>${to} ${message.kind}`);
      const server = this.servers.get(to);
      for (const payload of encodeUnionMessages(message) ?? []) {
        const decoded = decodeUnionMessage(payload);
        assert(decoded.ok, "servers send what others can read");
        server?.node.onUnionMessage(from, decoded.value);
      }
      server?.settle();
    }
  }

  private of(name: string): Union {
    const others = (): string[] => [...this.servers.keys()].filter((each) => each !== name);
    return {
      servers: others,
      broadcast: (message) => {
        for (const to of others()) this.onTheWay.push({ from: name, to, message });
        return others();
      },
      send: (to, message) => void this.onTheWay.push({ from: name, to, message }),
    };
  }
}
