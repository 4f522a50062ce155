// A stranger that sends anything at all, at any rate: it costs a bounded share of work and memory, nobody else is served worse,
// and no table of ours changes by its word alone.
import { randomBytes, randomInt } from "node:crypto";
import { createSocket, type Socket } from "node:dgram";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { parseEndpoint } from "@servent/overlay/base/ipv4.ts";
import type { Address } from "@servent/overlay/host/host.ts";
import { LIMITS } from "@servent/overlay/protocols/chord/limits.ts";
import type { Message } from "@servent/overlay/protocols/chord/messages.ts";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { DhtNode, Endpoint } from "../network.ts";
import { ChordNetwork } from "./chord-network.ts";
import { CODEC } from "./ring-member.ts";
import { idOf } from "./ring.ts";

const SOON = { timeout: 20_000 };
/** Datagrams under way at once: the kernel drops more of them unseen. */
const WAVE = 60;
const STRANGER = "127.0.11.66";
/** No memory of strangers is larger: two generations of rations, and some tables of a few hundred entries. */
const MEMORY_BYTES_MAX = 20_000_000;

let victim: ChordNetwork;
let friend: ChordNetwork;
let stranger: Socket;
let strangerAt: Address;
let answers: Message<bigint>[] = [];

async function open(host: string, bootstrap: readonly Endpoint[]): Promise<ChordNetwork> {
  const network = new ChordNetwork({
    library: { version: 1, totals: () => ({ files: 0, bytes: 0 }), list: () => ({ items: [], total: 0 }) },
    uploads: { take: (socket) => socket.destroy() },
    bind: host,
    advertise: host,
    port: 0,
    knownPorts: [],
    virtualNodes: 1,
    userAgent: "Servent/test",
    bootstrap,
    knownHosts: [],
    rememberHosts: () => undefined,
    rememberPorts: () => undefined,
    mayDial: () => true,
    roundMs: [300, 400],
    emit: () => undefined,
  });
  await network.start();
  return network;
}

const endpointOf = (network: ChordNetwork): Endpoint => network.status().endpoint as Endpoint;
const tableOf = (network: ChordNetwork): DhtNode => network.dht.table()[0] as DhtNode;
const neighboursOf = (network: ChordNetwork): string[] => [
  ...new Set(tableOf(network).entries.map(({ endpoint }) => `${endpoint.host}:${endpoint.port}`)),
];

beforeAll(async () => {
  victim = await open("127.0.11.1", []);
  friend = await open("127.0.11.2", [endpointOf(victim)]);
  await vi.waitFor(() => {
    for (const network of [victim, friend]) {
      const roles = tableOf(network).entries.map(({ role }) => role);
      expect(roles).toEqual(expect.arrayContaining(["predecessor", "successor"]));
    }
  }, SOON);
  stranger = createSocket("udp4");
  await new Promise<void>((resolve) => stranger.bind(0, STRANGER, resolve));
  strangerAt = parseEndpoint(`${STRANGER}:${stranger.address().port}`) as Address;
  stranger.on("message", (bytes) => {
    const decoded = CODEC.decode(Uint8Array.from(bytes));
    if (decoded.ok) answers.push(decoded.value);
  });
});

afterAll(async () => {
  stranger.close();
  await Promise.all([victim.stop(), friend.stop()]);
});

/** Sends at the victim, a wave at a time. */
async function flood(datagrams: Iterable<Uint8Array>): Promise<void> {
  const { host, port } = endpointOf(victim);
  let wave: Promise<void>[] = [];
  for (const datagram of datagrams) {
    wave.push(new Promise((resolve) => stranger.send(datagram, port, host, () => resolve())));
    if (wave.length < WAVE) continue;
    await Promise.all(wave);
    wave = [];
    await new Promise((resolve) => setImmediate(resolve));
  }
  await Promise.all(wave);
}

function* times(count: number, make: (i: number) => Message<bigint>): Generator<Uint8Array> {
  for (let i = 0; i < count; i++) yield CODEC.encode(make(i));
}

const token = (): number => randomInt(2 ** 32);
const key = (): bigint => BigInt(`0x${randomBytes(20).toString("hex")}`);

/** The friend is served, and both know each other and nobody else: soon, for a flood costs datagrams of others on its way. */
async function expectUnharmed(): Promise<void> {
  const [left, right] = [victim, friend].map((network) => `${endpointOf(network).host}:${endpointOf(network).port}`);
  const ids = [tableOf(victim).id, tableOf(friend).id].toSorted();
  await vi.waitFor(async () => {
    expect(neighboursOf(victim)).toEqual([right]);
    expect(neighboursOf(friend)).toEqual([left]);
    for (let i = 0; i < 10; i++) {
      const id = key().toString(16).padStart(40, "0");
      const { owner, hops } = await friend.dht.lookup(id, false);
      expect(owner?.id).toBe(ids.find((each) => each >= id) ?? ids[0]);
      expect(hops.every(({ ms }) => ms !== null)).toBe(true);
    }
  }, SOON);
}

function heapBytes(): number {
  setFlagsFromString("--expose-gc");
  (runInNewContext("gc") as () => void)();
  return process.memoryUsage().heapUsed;
}

test("random bytes are counted and forgotten", async () => {
  const before = victim.status().counters.undecodable ?? 0;
  await flood(Array.from({ length: 20_000 }, () => randomBytes(randomInt(1400))));
  await expect.poll(() => (victim.status().counters.undecodable ?? 0) - before, SOON).toBeGreaterThan(5000);
  await expectUnharmed();
}, 60_000);

test("a flood of questions is answered as far as the ration goes, while others are answered whole", async () => {
  answers = [];
  const started = performance.now();
  const flooding = flood(
    times(40_000, (i) =>
      i % 2 === 0
        ? { kind: "find", token: token(), key: key(), avoid: [] }
        : { kind: "fetch", token: token(), key: key(), skip: 0 },
    ),
  );
  await expectUnharmed();
  await flooding;
  const seconds = (performance.now() - started) / 1000;
  expect(answers.length).toBeLessThanOrEqual(LIMITS.requestsBurst + (seconds + 1) * LIMITS.requestsPerSecond);
  await expectUnharmed();
}, 60_000);

test("answers that nobody asked for change nothing, whatever their tokens", async () => {
  const evil = { id: idOf(strangerAt), address: strangerAt };
  const lies = (i: number): Message<bigint> => {
    const kinds: readonly Message<bigint>[] = [
      { kind: "pong", token: token() },
      { kind: "neighbours", token: token(), id: evil.id, predecessor: evil, successors: [evil, evil, evil] },
      { kind: "found", token: token(), isOwner: true, peers: [evil] },
      { kind: "records", token: token(), permit: token(), total: 1, records: [] },
      { kind: "stored", token: token(), seconds: 60 },
      { kind: "busy", token: token() },
      { kind: "leave", token: token(), predecessor: evil, successors: [evil] },
      { kind: "arrived", token: token(), id: evil.id, hops: 1 },
    ];
    return kinds[i % kinds.length] as Message<bigint>;
  };
  await flood(times(16_000, lies));
  await expectUnharmed();
}, 60_000);

test("who claims a place and does not answer for it gets none, and an id that is not his is not heard", async () => {
  await flood(
    times(400, (i) =>
      i % 2 === 0
        ? { kind: "notify", id: idOf(strangerAt) }
        : { kind: "notify", id: (idOf(strangerAt) + 1n) % 2n ** 160n },
    ),
  );
  await expectUnharmed();
}, 60_000);

test("records need a permit, and one host fills no more than its share", async () => {
  const record = { provider: strangerAt, value: new Uint8Array(LIMITS.recordBytesMax) };
  await flood(
    times(300, () => ({ kind: "store", token: token(), permit: token(), key: key(), record, seconds: 3600 })),
  );
  expect(victim.status().counters.recordsKept).toBe(0);

  answers = [];
  await expect
    .poll(async () => {
      await flood(times(1, () => ({ kind: "fetch", token: token(), key: key(), skip: 0 })));
      return answers.find((answer) => answer.kind === "records")?.permit;
    }, SOON)
    .toBeDefined();
  const permit = answers.find((answer) => answer.kind === "records")?.permit as number;
  await expect
    .poll(
      async () => {
        await flood(times(300, () => ({ kind: "store", token: token(), permit, key: key(), record, seconds: 3600 })));
        return victim.status().counters.recordsKept;
      },
      { timeout: 30_000, interval: 500 },
    )
    .toBe(LIMITS.recordsPerHostMax);
  await flood(times(300, () => ({ kind: "store", token: token(), permit, key: key(), record, seconds: 3600 })));
  await expectUnharmed();
  expect(victim.status().counters.recordsKept).toBe(LIMITS.recordsPerHostMax);
}, 60_000);

test("questions from thousands of hosts leave a bounded memory behind", async () => {
  const { host, port } = endpointOf(victim);
  const before = heapBytes();
  // Every loopback address is a host of its own; a socket for each of them would be slow, so they take turns on a few.
  for (let i = 0; i < 600; i++) {
    const socket = createSocket("udp4");
    await new Promise<void>((resolve) => socket.bind(0, `127.${1 + (i % 200)}.${i % 250}.${1 + (i % 250)}`, resolve));
    const sent = Array.from(
      times(20, () => ({ kind: "fetch", token: token(), key: key(), skip: 0 })),
      (datagram) => new Promise<void>((resolve) => socket.send(datagram, port, host, () => resolve())),
    );
    await Promise.all(sent);
    socket.close();
  }
  await expectUnharmed();
  expect(heapBytes() - before).toBeLessThan(MEMORY_BYTES_MAX);
}, 60_000);
