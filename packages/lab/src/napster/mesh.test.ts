// Servers of a mesh in a world: links and servers break, and the others go on hearing each other.
import { describe, expect, test } from "vitest";
import { utf8Encode } from "@servent/overlay/base/bytes.ts";
import type { Address } from "@servent/overlay/host/host.ts";
import type { MeshOptions } from "@servent/overlay/protocols/napster/mesh/options.ts";
import type { UnionMessage } from "@servent/overlay/protocols/napster/server/union.ts";
import { World } from "../engine/world.ts";
import { uniform } from "../network/latency.ts";
import { addMeshServer, areUnited, type MeshServer, restartMeshServer, startMesh } from "./mesh-world.ts";

const asker = { nick: "anna", ip: 1, port: 6699, linkSpeed: 8, client: "Test" };
const search = (id: number): UnionMessage => ({ kind: "search", id, asker, request: 'FILENAME CONTAINS "blue"' });

/** A new link is there, and known by heartbeats, within so long: a dial, a handshake, a heartbeat. */
const SETTLE_MS = 2000;
/** Three heartbeats after its links broke, a server is down; without a word, after `silenceMs`. Then the next heartbeat sees it. */
const DOWN_MS = 2000 + 100;
const SILENT_MS = 3500 + 100;

function united(count: number, changes: Partial<MeshOptions> = {}, seed = 7): { world: World; servers: MeshServer[] } {
  const fidelity = count < 6 ? "wire" : "message";
  const world = new World({ seed, latency: uniform(5, 40), fidelity, freeze: true });
  const servers = startMesh(world, count, changes);
  expect(world.runUntil(() => areUnited(servers), 2 * SETTLE_MS)).toBe(true);
  return { world, servers };
}

const cutPair =
  (one: Address, two: Address) =>
  (from: Address, to: Address): boolean =>
    (from === one && to === two) || (from === two && to === one);

/** Each of these tells each other one something new; who did not hear what within the time. */
function missing(world: World, servers: readonly MeshServer[], withinMs: number): string[] {
  const sentAt = world.now;
  const stamp = sentAt + 1;
  for (const server of servers) server.node.broadcast(search(stamp));
  world.runFor(withinMs);
  const gaps: string[] = [];
  for (const to of servers) {
    for (const from of servers) {
      const copies = to.heard.filter(({ at, from: name, message }) => {
        return at > sentAt && name === from.name && message.kind === "search" && message.id === stamp;
      });
      if (copies.length !== (from === to ? 0 : 1)) gaps.push(`${from.name} to ${to.name}: ${copies.length}`);
    }
  }
  return gaps;
}

const others = (servers: readonly MeshServer[], without: MeshServer): MeshServer[] =>
  servers.filter((server) => server !== without);

describe("servers that know one address of the union", () => {
  test("hear of each other and link each to each, once", () => {
    const { world, servers } = united(5);
    world.runFor(5000);
    for (const { node, name } of servers) {
      const all = servers.map((server) => server.name).filter((other) => other !== name);
      expect(node.neighbours().toSorted()).toEqual(all);
    }
    expect(missing(world, servers, 100)).toEqual([]);
  });

  test("send to one or to all, and are told whom it went to", () => {
    const { world, servers } = united(3);
    const [north, south, west] = servers as [MeshServer, MeshServer, MeshServer];

    north.node.send("server1", { kind: "gone", nick: "anna" });
    const asked = west.node.broadcast({ kind: "where", nick: "bob" });
    world.runFor(100);

    expect(asked.toSorted()).toEqual(["server0", "server1"]);
    expect(south.heard.map(({ from, message }) => `${from} ${message.kind}`)).toEqual([
      "server0 gone",
      "server2 where",
    ]);
    expect(north.heard.map(({ from, message }) => `${from} ${message.kind}`)).toEqual(["server2 where"]);
    expect(west.heard).toEqual([]);
  });

  test("give the same run for the same seed", () => {
    const digests = [1, 2].map(() => {
      const { world } = united(4);
      world.runFor(3000);
      return world.digest();
    });
    expect(digests[0]).toBe(digests[1]);
  });
});

describe.each([3, 12])("of %d servers", (count) => {
  test("any link may break for good: all go on hearing each other, from the next message on", () => {
    for (const [one, two] of [
      [0, 1],
      [1, 2],
      [0, count - 1],
      [count >> 1, count - 1],
    ] as const) {
      const { world, servers } = united(count);
      world.runFor(SETTLE_MS);
      world.partition(cutPair(one, two));
      world.runFor(2);
      expect(missing(world, servers, 300)).toEqual([]);
      // Three heartbeats later nobody who lost a link believes that somebody else is down.
      world.runFor(DOWN_MS);
      expect(servers.flatMap(({ changes }) => changes.filter(({ change }) => change[0] === "-"))).toEqual([]);
      expect(missing(world, servers, 300)).toEqual([]);
    }
  });

  test("any server may die: the others go on hearing each other at once, and know it within two seconds", () => {
    for (let victim = 0; victim < count; victim += count === 3 ? 1 : 4) {
      const { world, servers } = united(count);
      world.runFor(SETTLE_MS);
      const dead = servers[victim] as MeshServer;
      const rest = others(servers, dead);
      world.crash(dead.peer);
      expect(missing(world, rest, 300)).toEqual([]);
      world.runFor(DOWN_MS - 300);
      expect(areUnited(rest)).toBe(true);
    }
  });
});

describe("with few links each", () => {
  const FEW = { linksWanted: 4, linksMax: 8 };

  test("twelve servers hear each other over servers between them, also when any one of them dies", () => {
    for (let victim = 0; victim < 12; victim += 2) {
      const { world, servers } = united(12, FEW, victim);
      world.runFor(SETTLE_MS);
      expect(Math.max(...servers.map(({ node }) => node.neighbours().length))).toBeLessThanOrEqual(FEW.linksMax);
      expect(missing(world, servers, 500)).toEqual([]);

      const dead = servers[victim] as MeshServer;
      world.crash(dead.peer);
      const rest = others(servers, dead);
      // Where the only way known led over the dead server, the next heartbeat shows another.
      expect(missing(world, rest, 1000)).toEqual([]);
      // Who had no link with it only misses its heartbeats.
      world.runFor(SILENT_MS - 1000);
      expect(areUnited(rest)).toBe(true);
    }
  });

  test("a newcomer that knows only a full server is told of others", () => {
    const world = new World({ seed: 3, fidelity: "wire" });
    const full = startMesh(world, 3, { linksWanted: 2, linksMax: 2 });
    world.runFor(SETTLE_MS);
    const late = [1, 2].map((i) => addMeshServer(world, `late${i}`, { servers: [0], linksWanted: 2, linksMax: 4 }));
    for (const { node } of late) node.start();

    // All three are full of each other: nothing to be told of but full ones, until one of them goes.
    world.runFor(20_000);
    expect(late.map(({ node }) => node.neighbours())).toEqual([[], []]);
    world.crash((full[2] as MeshServer).peer);

    expect(world.runUntil(() => late.every(({ node }) => node.servers().includes("server0")), 30_000)).toBe(true);
  });
});

describe("a link that breaks while much is on it", () => {
  test("loses nothing of what was on its way, and nothing comes twice", () => {
    const { world, servers } = united(3);
    world.runFor(SETTLE_MS);
    const [north, south] = servers as [MeshServer, MeshServer, MeshServer];
    const before = south.heard.length;
    for (let i = 0; i < 500; i++) {
      north.node.send("server1", search(i));
      // The link breaks with some arrived, some under way and some not yet sent.
      if (i === 300) world.partition(cutPair(0, 1));
      world.runFor(1);
    }
    world.runFor(1000);

    const ids = south.heard.slice(before).map(({ message }) => (message.kind === "search" ? message.id : -1));
    expect(ids.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 500 }, (_, i) => i));
    expect(north.node.counters.rerouted).toBeGreaterThan(0);
  });

  test("a search is answered by the other way when the link breaks behind the question", () => {
    const { world, servers } = united(3);
    world.runFor(SETTLE_MS);
    const [north, south] = servers as [MeshServer, MeshServer];
    north.node.send("server1", search(5));
    world.runUntil(() => south.heard.length > 0, 100);

    world.partition(cutPair(0, 1));
    south.node.send("server0", { kind: "hits", id: 5, hits: [], isLast: true });
    world.runFor(200);

    expect(north.heard.map(({ message }) => message.kind)).toEqual(["hits"]);
  });
});

test("in a ring a message whose only known way breaks waits for the next heartbeat, and goes the other way round", () => {
  const world = new World({ seed: 11, latency: uniform(5, 40), fidelity: "wire" });
  const opposite = (from: Address, to: Address): boolean => (from + to) % 2 === 0;
  world.partition(opposite);
  const servers = startMesh(world, 4, { servers: [0, 1, 2, 3] });
  expect(world.runUntil(() => areUnited(servers), 2 * SETTLE_MS)).toBe(true);
  world.runFor(SETTLE_MS);
  expect(missing(world, servers, 200)).toEqual([]);

  const isGone = cutPair(0, 1);
  world.partition((from, to) => opposite(from, to) || isGone(from, to));
  world.runFor(2);
  expect(missing(world, servers, 800)).toEqual([]);
});

describe("a union that falls apart", () => {
  test("is two unions, and one again when the lines are back, within ten seconds", () => {
    const { world, servers } = united(6);
    world.runFor(SETTLE_MS);
    const [left, right] = [servers.slice(0, 3), servers.slice(3)];
    world.partition((from, to) => from < 3 !== to < 3);
    world.runFor(SILENT_MS);
    expect([areUnited(left), areUnited(right)]).toEqual([true, true]);
    world.runFor(5 * 60_000);

    world.partition(undefined);
    expect(world.runUntil(() => areUnited(servers), 10_000)).toBe(true);
    world.runFor(SETTLE_MS);
    expect(missing(world, servers, 200)).toEqual([]);
  });

  test("a server that starts again is taken back under its name at once", () => {
    const { world, servers } = united(3);
    world.runFor(SETTLE_MS);
    const again = servers[1] as MeshServer;
    world.crash(again.peer);
    world.runFor(100);
    restartMeshServer(world, again);

    // Long before its first life would have been taken for over.
    expect(world.runUntil(() => areUnited(servers), 500)).toBe(true);
    expect(missing(world, servers, 200)).toEqual([]);
    world.runFor(SETTLE_MS);
    expect(missing(world, servers, 200)).toEqual([]);
  });

  test("a server that says goodbye is down at once", () => {
    const { world, servers } = united(4);
    world.runFor(SETTLE_MS);
    const leaver = servers[2] as MeshServer;
    leaver.node.stop();
    world.runFor(100);
    expect(areUnited(others(servers, leaver))).toBe(true);
  });
});

describe("who does not belong to the union", () => {
  test("is refused in words where it has another key, and hears nothing", () => {
    const { world, servers } = united(2);
    const stranger = addMeshServer(world, "stranger", {
      servers: [0, 1],
      key: utf8Encode("a key that somebody made up"),
    });
    stranger.node.start();
    world.runFor(5000);
    expect(stranger.node.servers()).toEqual([]);
    expect(stranger.refusals[0]).toBe("another key than this union's");
    expect(servers.map(({ node }) => node.servers().length)).toEqual([1, 1]);
  });

  test("is refused in words where its name is taken, and taken when that server is gone", () => {
    const { world, servers } = united(3);
    const twin = addMeshServer(world, "Server1", { servers: [0] });
    twin.node.start();
    world.runFor(5000);
    expect(twin.refusals[0]).toBe("another server of this union is called Server1");
    expect(areUnited(servers)).toBe(true);

    world.crash((servers[1] as MeshServer).peer);
    expect(world.runUntil(() => twin.node.servers().length === 2, 15_000)).toBe(true);
  });
});
