// Three index servers, each a process of its own, in a union of our own links or on a real nats-server; thirty clients on sockets, each
// logged in to one of them. Each server is killed once: within ten seconds everybody is logged in again, and all files are found.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseEndpoint } from "@servent/overlay/base/ipv4.ts";
import { napsterCodec } from "@servent/overlay/protocols/napster/codec.ts";
import { LIMITS } from "@servent/overlay/protocols/napster/limits.ts";
import { type NapsterEvents, NapsterNode } from "@servent/overlay/protocols/napster/node.ts";
import { NO_MD5, type SharedFile } from "@servent/overlay/protocols/napster/shared-file.ts";
import { SocketHost } from "../../packages/servent/src/runtime/socket-host.ts";
import { SocketStreamPort } from "../../packages/servent/src/runtime/socket-stream-port.ts";
import { eventually } from "../support/eventually.ts";
import { IndexServerProcess } from "../support/index-server-process.ts";
import { NatsProcess, natsProblem } from "../support/nats-process.ts";

const CLIENTS = 30;
const FILES = 5;
const GATE_SECONDS = 10;
const ASK_EVERY_MS = 1000;
const KEY = "one-key-for-all-three-servers";

const folder = mkdtempSync(path.join(tmpdir(), "union-"));
const servers: IndexServerProcess[] = [];
const clients: Client[] = [];

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const hostOf = (server: number): string => `127.0.71.${server + 1}`;

function byLinks(server: number): string {
  const others = [0, 1, 2].filter((other) => other !== server).map((other) => `server ${hostOf(other)}:8890`);
  return [`key ${KEY}`, `listen ${hostOf(server)}:8890`, ...others].join("\n");
}

/** @param union How it reaches the others, as in the file that says so. */
async function startServer(number: number, union: string): Promise<IndexServerProcess> {
  const file = (name: string): string => path.join(folder, `${name}${number}`);
  writeFileSync(file("union"), union);
  const listen = ["--listen", `${hostOf(number)}:8888`, "--name", `server${number}`];
  return IndexServerProcess.start(...listen, "--union", file("union"), "--accounts", file("accounts"));
}

/** A client that is logged in to one server and shares files that nobody else has. */
class Client {
  readonly number: number;
  readonly nick: string;
  readonly node: NapsterNode;
  private readonly host = new SocketHost();
  private readonly port: SocketStreamPort<Parameters<NapsterNode["onMessage"]>[1]>;
  private asked = { search: 0, at: Number.NEGATIVE_INFINITY, paths: new Set<string>() };

  constructor(number: number) {
    this.number = number;
    this.nick = `user${number}`;
    const localAddress = `127.0.72.${number + 1}`;
    const self = parseEndpoint(`${localAddress}:6699`) as number;
    this.port = new SocketStreamPort(napsterCodec(LIMITS.serverPayloadBytesMax), { self, localAddress });
    const files = Array.from({ length: FILES }, (_, file) => fileOf(number, file));
    const nothing = (): void => {};
    const events: NapsterEvents = {
      onServerUp: nothing,
      onServerDown: nothing,
      onServersWanted: nothing,
      onHit: (_self, search, { nick, file }) => {
        if (search === this.asked.search && nick === `user${this.sought}`) this.asked.paths.add(file.path);
      },
      onSearchEnd: nothing,
      onWant: nothing,
      onPush: nothing,
      onBrowsePush: nothing,
      onBrowseFile: nothing,
      onBrowseEnd: nothing,
      onPrivateMessage: nothing,
    };
    const options = { nick: this.nick, password: "secret", client: "test", linkSpeed: 8, dataPort: 6699 };
    this.node = new NapsterNode(
      this.host,
      this.port,
      { version: 1, files: () => files },
      { request: () => ({ kind: "accepted" }) },
      { ...options, passwordAt: () => "other", servers: 1, accepts: () => true },
      events,
    );
    this.host.attach(this.node);
    this.port.attach(this.node);
    for (const server of [0, 1, 2]) this.node.learn(parseEndpoint(`${hostOf(server)}:8888`) as number, true);
    this.node.start();
  }

  /** Which server it is logged in to, with all its files; undefined: none. */
  get home(): number | undefined {
    for (const { phase, isRegistered, server } of this.node.all()) {
      if (phase === "online" && isRegistered) return (Math.floor(server / 65_536) & 0xff) - 1;
    }
    return undefined;
  }

  /** The client whose files it looks for. */
  get sought(): number {
    return (this.number + 1) % CLIENTS;
  }

  /** Forgets what it found before. */
  beginToSeek(): void {
    this.asked = { search: 0, at: Number.NEGATIVE_INFINITY, paths: new Set() };
  }

  /** Asks once a second; true when one search has found everything that the other shares. */
  hasFound(): boolean {
    if (this.asked.paths.size === FILES) return true;
    const now = performance.now();
    if (now - this.asked.at < ASK_EVERY_MS) return false;
    if (this.asked.search > 0) this.node.stopSearch(this.asked.search);
    const search = this.node.search({ words: `album${this.sought}`, urn: "", name: "" });
    this.asked = { search, at: now, paths: new Set() };
    return false;
  }

  async stop(): Promise<void> {
    this.node.stop();
    await this.port.stop("the test is over");
    this.host.stop();
  }
}

function fileOf(client: number, file: number): SharedFile {
  return {
    path: `album${client}\\track${file}.mp3`,
    md5: NO_MD5,
    size: 1_000_000 + file,
    bitrate: 128,
    frequency: 44_100,
    seconds: 200,
    media: "mp3",
    urn: "",
  };
}

/** Seconds, from an instant on, until all are logged in to a server that is up, and until all have found what they look for. */
async function secondsToRecover(
  since: number,
  dead?: number,
): Promise<{ readonly back: number; readonly found: number }> {
  const passed = (): number => (performance.now() - since) / 1000;
  for (const client of clients) client.beginToSeek();
  let back: number | undefined;
  const found = await eventually(
    "everybody is back and has found the next one's files",
    3 * GATE_SECONDS,
    () => {
      if (clients.every(({ home }) => home !== undefined && home !== dead)) back ??= passed();
      const missing = clients.filter((client) => !client.hasFound());
      return back !== undefined && missing.length === 0 ? passed() : undefined;
    },
    () => clients.map(({ home, nick, sought }) => `${nick} at ${home}, seeks user${sought}`).join("\n"),
  );
  return { back: back ?? Number.NaN, found };
}

/** Servers with their clients, before and behind the tests of a suite. */
function aroundAll(unionOf: (server: number) => string): void {
  beforeAll(async () => {
    servers.push(...(await Promise.all([0, 1, 2].map((number) => startServer(number, unionOf(number))))));
    for (let number = 0; number < CLIENTS; number++) clients.push(new Client(number));
    await secondsToRecover(performance.now());
  }, 60_000);

  afterAll(async () => {
    await Promise.all(clients.splice(0).map((client) => client.stop()));
    await Promise.all(servers.splice(0).map((server) => server.end("SIGTERM")));
  });
}

/** Kills a server, measures, and starts it again. */
async function killAndMeasure(victim: number, union: string): Promise<void> {
  const orphans = clients.filter(({ home }) => home === victim);
  expect(orphans.length).toBeGreaterThan(0);

  const killedAt = performance.now();
  await servers[victim]?.end("SIGKILL");
  const { back, found } = await secondsToRecover(killedAt, victim);

  expect(clients.filter(({ home }) => home === victim)).toEqual([]);
  expect(back).toBeLessThan(GATE_SECONDS);
  expect(found).toBeLessThan(GATE_SECONDS);
  servers[victim] = await startServer(victim, union);
}

describe("three index servers with links of their own", () => {
  aroundAll(byLinks);

  test.each([0, 1, 2])(
    "when server %d is killed everybody is back and found within ten seconds",
    (victim) => killAndMeasure(victim, byLinks(victim)),
    90_000,
  );
});

const natsSuite = natsProblem === undefined ? "three index servers on NATS" : `on NATS (skipped: ${natsProblem})`;
describe.skipIf(natsProblem !== undefined)(natsSuite, () => {
  let nats: NatsProcess;
  const onBus = (): string => `nats nats://${nats.place}\nunion test`;
  beforeAll(async () => {
    nats = await NatsProcess.start();
  });
  aroundAll(onBus);
  afterAll(() => nats.stop());

  test(
    "when a server is killed everybody is back and found within ten seconds",
    () => killAndMeasure(0, onBus()),
    90_000,
  );

  test("when NATS is killed nobody loses his server, and when it is back all are found within ten seconds", async () => {
    const homes = clients.map(({ home }) => home);
    await nats.kill();
    await nats.restart();
    const { found } = await secondsToRecover(performance.now());

    expect(clients.map(({ home }) => home)).toEqual(homes);
    expect(found).toBeLessThan(GATE_SECONDS);
  }, 90_000);
});
