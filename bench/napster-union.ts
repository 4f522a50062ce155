// What a union of index servers costs: three of them in one process, each puts searches to the other two and gathers what they
// answer, twenty hits each. Our own links with TLS and without, and a nats-server where there is one. Figures are searches of
// which both answers came, per second of this process's time, and the milliseconds until both were there.
//
//   node bench/napster-union.ts [searches]
import type { UnionEvents, UnionMessage } from "../packages/overlay/src/protocols/napster/server/union.ts";
import type { SearchHit } from "../packages/overlay/src/protocols/napster/shared-file.ts";
import type { OpenUnion } from "../packages/servent/src/napster-server/union/open-union.ts";
import { startUnion } from "../packages/servent/src/napster-server/union/start-union.ts";
import type { UnionPlan } from "../packages/servent/src/napster-server/union/union-file.ts";
import { eventually } from "../test/support/eventually.ts";
import { NatsProcess, natsProblem } from "../test/support/nats-process.ts";

const SERVERS = [0, 1, 2];
/** Searches of one server that wait for answers at a time. */
const UNDER_WAY = 16;
const KEY = "a key for the servers of a bench";

const searches = Number(process.argv[2] ?? 5000);
const asker = { nick: "anna", ip: 0x7f00_0001, port: 6699, linkSpeed: 8, client: "bench" };
const request = 'FILENAME CONTAINS "blue train" MAX_RESULTS 100';
const hits = Array.from({ length: 20 }, (_, i): SearchHit => {
  const path = `C:\\Music\\John Coltrane\\Blue Train\\${i} - Moment's Notice.mp3`;
  const md5 = "631072b944eb6196797ab6a534b1ab97";
  const file = { path, md5, size: 5_000_000, bitrate: 192, frequency: 44_100, seconds: 550, media: "mp3", urn: "" };
  return { file: { ...file, media: "mp3" }, nick: `user${i}`, ip: 0x0a00_0001 + i, linkSpeed: 8 };
});

interface Server extends UnionEvents {
  union: OpenUnion | undefined;
  readonly waits: { readonly missing: Map<number, number>; onDone: (id: number) => void };
}

function makeServer(): Server {
  const server: Server = {
    union: undefined,
    waits: { missing: new Map(), onDone: () => {} },
    onServerUp: () => {},
    onServerDown: () => {},
    onUnionMessage: (from: string, message: UnionMessage) => {
      if (message.kind === "search") server.union?.send(from, { kind: "hits", id: message.id, hits, isLast: true });
      if (message.kind !== "hits") return;
      const missing = (server.waits.missing.get(message.id) ?? 0) - 1;
      server.waits.missing.set(message.id, missing);
      if (missing === 0) server.waits.onDone(message.id);
    },
  };
  return server;
}

/** Milliseconds of each search. */
function askAll(server: Server, count: number): Promise<number[]> {
  const { waits, union } = server;
  const since = new Map<number, number>();
  const times: number[] = [];
  let asked = 0;
  const ask = (): void => {
    if (asked === count) return;
    const id = ++asked;
    since.set(id, performance.now());
    waits.missing.set(id, SERVERS.length - 1);
    union?.broadcast({ kind: "search", id, asker, request });
  };
  return new Promise((resolve) => {
    waits.onDone = (id) => {
      waits.missing.delete(id);
      times.push(performance.now() - (since.get(id) ?? 0));
      if (times.length === count) resolve(times);
      else ask();
    };
    for (let i = 0; i < UNDER_WAY; i++) ask();
  });
}

async function measure(name: string, planOf: (server: number) => UnionPlan): Promise<void> {
  const servers = SERVERS.map(makeServer);
  for (const number of SERVERS) {
    const server = servers[number] as Server;
    server.union = await startUnion(planOf(number), `server${number}`, server, () => {});
  }
  await eventually("all servers", 10, () => {
    return servers.every(({ union }) => union?.servers().length === SERVERS.length - 1) ? true : undefined;
  });
  const cpu = process.cpuUsage();
  const times = (
    await Promise.all(servers.map((server) => askAll(server, Math.ceil(searches / SERVERS.length))))
  ).flat();
  const { user, system } = process.cpuUsage(cpu);
  const seconds = (user + system) / 1e6;
  times.sort((a, b) => a - b);
  const at = (share: number): string => (times[Math.floor(times.length * share)] ?? 0).toFixed(1);
  const rate = Math.round(times.length / seconds);
  console.log(`${name.padEnd(22)} ${rate} searches per CPU second, p50 ${at(0.5)} ms, p99 ${at(0.99)} ms`);
  for (const { union } of servers) await union?.close();
}

const place = (server: number): string => `127.0.75.${server + 1}:8890`;
const byLinks =
  (isPlain: boolean) =>
  (server: number): UnionPlan => {
    const others = SERVERS.filter((other) => other !== server).map(place);
    return { by: "links", options: { key: KEY, listen: place(server), servers: others, isPlain } };
  };

console.log(`${searches} searches among ${SERVERS.length} servers in one process, ${UNDER_WAY} at a time each`);
await measure("our links", byLinks(false));
await measure("our links, no TLS", byLinks(true));
if (natsProblem === undefined) {
  const nats = await NatsProcess.start();
  const urls = [`nats://${nats.place}`];
  await measure("NATS, its own aside", () => ({ by: "nats", options: { union: "bench", urls } }));
  await nats.stop();
} else console.log(`NATS: ${natsProblem}`);
