// Three servers on a bus, with a real nats-server.
import { writeFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { generate } from "selfsigned";
import { afterEach, describe, expect, test } from "vitest";
import type { UnionMessage } from "@servent/overlay/protocols/napster/server/union.ts";
import { eventually } from "../../../../../test/support/eventually.ts";
import { NatsProcess, natsProblem } from "../../../../../test/support/nats-process.ts";
import { NatsUnion, type NatsUnionOptions } from "./nats-union.ts";

const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

async function startNats(...args: readonly string[]): Promise<NatsProcess> {
  const nats = await NatsProcess.start(...args);
  cleanups.push(() => nats.stop());
  return nats;
}

function server(name: string, url: string, options: Partial<NatsUnionOptions> = {}) {
  const heard: { readonly from: string; readonly message: UnionMessage }[] = [];
  const told: string[] = [];
  const union = NatsUnion.open(
    { name, union: "test", urls: [url], timing: { beatMs: 100, silenceMs: 600 }, ...options },
    {
      onUnionMessage: (from, message) => heard.push({ from, message }),
      onServerUp: (other) => told.push(`+${other}`),
      onServerDown: (other) => told.push(`-${other}`),
      onBus: (isThere) => told.push(isThere ? "bus" : "no bus"),
      onRefused: (reason) => told.push(reason),
    },
  );
  cleanups.push(() => union.close());
  return { union, heard, told };
}
type Server = ReturnType<typeof server>;

const knows = (of: Server, count: number): Promise<unknown> =>
  eventually(
    `${count} other servers`,
    10,
    () => (of.union.servers().length === count ? true : undefined),
    () => of.told.join("\n"),
  );
const hears = (of: Server, count: number): Promise<unknown> =>
  eventually(`${count} messages`, 10, () => (of.heard.length >= count ? true : undefined));

const asker = { nick: "anna", ip: 1, port: 6699, linkSpeed: 8, client: "Test" };
const search = (id: number): UnionMessage => ({ kind: "search", id, asker, request: 'FILENAME CONTAINS "blue"' });

const suite = natsProblem === undefined ? "on a nats-server" : `on a nats-server (skipped: ${natsProblem})`;
describe.skipIf(natsProblem !== undefined)(suite, () => {
  test("three servers scatter a search, gather the answers, and know at once who stops", async () => {
    const nats = await startNats();
    const url = `nats://${nats.place}`;
    const [north, south, west] = [server("north", url), server("south", url), server("west", url)];
    for (const each of [north, south, west]) await knows(each, 2);

    expect(north.union.broadcast(search(7)).toSorted()).toEqual(["south", "west"]);
    for (const each of [south, west]) {
      await hears(each, 1);
      expect(each.heard).toEqual([{ from: "north", message: search(7) }]);
      each.union.send("north", { kind: "hits", id: 7, hits: [], isLast: true });
    }
    await hears(north, 2);
    expect(north.heard.map(({ from }) => from).toSorted()).toEqual(["south", "west"]);
    // An answer to one is nobody else's.
    expect([south.heard.length, west.heard.length]).toEqual([1, 1]);

    await south.union.close();
    await knows(west, 1);
    expect(west.told).toContain("-south");
  });

  test("when NATS is killed all others are down, nothing waits for it, and all are there again when it is back", async () => {
    const nats = await startNats();
    const url = `nats://${nats.place}`;
    const [north, south, west] = [server("north", url), server("south", url), server("west", url)];
    for (const each of [north, south, west]) await knows(each, 2);

    await nats.kill();
    for (const each of [north, south, west]) await knows(each, 0);
    await eventually("word of it", 5, () => (north.told.includes("no bus") ? true : undefined));
    expect(north.union.broadcast(search(1))).toEqual([]);

    await nats.restart();
    for (const each of [north, south, west]) await knows(each, 2);
    expect(north.union.broadcast(search(2)).length).toBe(2);
    await hears(south, 1);
    expect(south.heard.map(({ message }) => message)).toEqual([search(2)]);
  });

  test("a server that starts before NATS is there comes when it comes", async () => {
    const nats = await startNats();
    await nats.kill();
    const north = server("north", `nats://${nats.place}`);
    await eventually("a complaint", 10, () => north.told[0]);
    await nats.restart();
    const south = server("south", `nats://${nats.place}`);
    await knows(north, 1);
    await knows(south, 1);
  });

  test("a server ends at once, also while NATS is away", async () => {
    const nats = await startNats();
    const north = server("north", `nats://${nats.place}`);
    await eventually("the bus", 10, () => (north.told.includes("bus") ? true : undefined));
    await nats.kill();
    await eventually("no bus", 10, () => (north.told.includes("no bus") ? true : undefined));
    const since = performance.now();
    await north.union.close();
    // Only the promise that the client is closed says that it will not come again.
    expect(performance.now() - since).toBeLessThan(900);
    await nats.restart();
    const south = server("south", `nats://${nats.place}`);
    await eventually("the bus", 10, () => (south.told.includes("bus") ? true : undefined));
    expect(north.told.filter((line) => line === "bus").length).toBe(1);
  });

  test("unions of different names on one bus do not hear each other", async () => {
    const nats = await startNats();
    const url = `nats://${nats.place}`;
    const [a, b] = [server("north", url), server("south", url)];
    const other = server("north", url, { union: "another" });
    await knows(a, 1);
    await knows(b, 1);
    expect(other.union.servers()).toEqual([]);
  });

  test("a second server of one name is refused in words, and taken when the first is gone", async () => {
    const nats = await startNats();
    const url = `nats://${nats.place}`;
    const [north, south] = [server("north", url), server("south", url)];
    await knows(south, 1);
    const twin = server("North", url);
    await eventually("a refusal", 10, () => (twin.told.length > 1 ? twin.told[1] : undefined));
    expect(twin.told.find((line) => line.includes("called"))).toBe("another server of this union is called North");
    expect(twin.union.broadcast(search(1))).toEqual([]);
    expect(south.union.servers()).toEqual(["north"]);

    await north.union.close();
    await eventually("the twin", 10, () => (south.union.servers()[0] === "North" ? true : undefined));
  });

  test("lets in who has its password, by the URL; others are told that they are not", async () => {
    const nats = await startNats("--user", "index", "--pass", "s3cr:t@");
    const url = `nats://index:${encodeURIComponent("s3cr:t@")}@${nats.place}`;
    const [north, south] = [server("north", url), server("south", url)];
    const stranger = server("stranger", `nats://index:wrong@${nats.place}`);
    await knows(north, 1);
    await knows(south, 1);
    const complaint = await eventually("a complaint", 10, () => stranger.told[0]);
    expect(complaint).toMatch(/authorization/i);
    expect(stranger.union.servers()).toEqual([]);
  });

  test("is reached by TLS where the URL says so, with the authority that it names", async () => {
    const folder = mkdtempSync(path.join(tmpdir(), "nats-tls-"));
    cleanups.push(() => rmSync(folder, { recursive: true, force: true }));
    const file = (name: string): string => path.join(folder, name);
    const { cert, private: key } = await generate([{ name: "commonName", value: "127.0.0.1" }], {
      keyType: "ec",
      curve: "P-256",
      algorithm: "sha256",
      extensions: [{ name: "subjectAltName", altNames: [{ type: 7, ip: "127.0.0.1" }] }],
    });
    writeFileSync(file("cert.pem"), cert);
    writeFileSync(file("key.pem"), key);
    const nats = await startNats("--tls", "--tlscert", file("cert.pem"), "--tlskey", file("key.pem"));

    const url = `tls://${nats.place}?ca=${encodeURIComponent(file("cert.pem"))}`;
    const [north, south] = [server("north", url), server("south", url)];
    const careless = server("careless", `tls://${nats.place}`);
    await knows(north, 1);
    await knows(south, 1);
    await eventually("a complaint", 10, () => careless.told[0]);
    expect(careless.union.servers()).toEqual([]);
  });
});

test("what the operator writes wrongly is refused with a hint, and without the password", () => {
  const bad = (url: string, options: Partial<NatsUnionOptions> = {}): string => {
    try {
      server("north", url, options);
    } catch (error) {
      return String(error);
    }
    return "taken";
  };
  expect(bad("http://127.0.0.1:4222")).toContain("no address of a NATS server");
  expect(bad("ftp://index:secret@127.0.0.1")).not.toContain("secret");
  expect(bad("nats://127.0.0.1:4222?password=x")).toContain("no such part");
  expect(bad("nats://127.0.0.1:4222?creds=/does/not/exist")).toContain("cannot be read");
  expect(bad("nats://127.0.0.1:4222", { union: "two words" })).toContain("no name of a union");
  expect(bad("nats://127.0.0.1:4222", { name: "two words" })).toContain("no name for a server");
  expect(bad("nats://127.0.0.1:4222", { urls: [] })).toContain("No NATS server");
});
