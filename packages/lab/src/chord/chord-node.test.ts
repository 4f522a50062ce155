// Chord nodes in a world: joining, keeping the ring, looking up, leaving.
import { describe, expect, test } from "vitest";
import { DatagramFaults } from "../network/datagram-faults.ts";
import { uniform } from "../network/latency.ts";
import { World, type WorldOptions } from "../engine/world.ts";
import type { ChordOptions } from "@servent/overlay/protocols/chord/options.ts";
import type { LookupResult } from "@servent/overlay/protocols/chord/lookup.ts";
import { ChordWorld, randomId, Ring } from "./chord-world.ts";

const SHAPE = { successors: 4, fingers: 20 };

function chordWorld(node: Partial<ChordOptions<number>> = {}, options: Partial<WorldOptions> = {}): ChordWorld {
  const world = new World({ seed: 7, latency: uniform(10, 90), freeze: true, ...options });
  return new ChordWorld(world, { peersMax: 200, shape: SHAPE, node });
}

/** A ring that grew from one node, one joiner every two seconds, and then had ten minutes. */
function grown(peers: number, node: Partial<ChordOptions<number>> = {}, options: Partial<WorldOptions> = {}) {
  const chord = chordWorld(node, options);
  const { world } = chord;
  chord.addMany(peers, world.random("ids"));
  const places = world.random("bootstraps");
  chord.nodes[0]?.create();
  for (let i = 1; i < peers; i++) {
    world.runFor(2000);
    chord.nodes[i]?.join(places.below(i));
  }
  world.runFor(10 * 60_000);
  return chord;
}

function alive(chord: ChordWorld): ChordWorld["nodes"] {
  return chord.nodes.filter((_, i) => chord.peers[i]?.alive && chord.nodes[i]?.phase === "member");
}

/** Every pointer of every living member is what an ideal ring has. */
function expectIdeal(chord: ChordWorld): void {
  const members = alive(chord);
  const ring = new Ring(members);
  for (const node of members) {
    const rank = ring.rankOf(node.id);
    expect(node.predecessor).toEqual(ring.peer(rank - 1));
    expect(node.successors).toEqual(SHAPE.successors < 1 ? [] : [1, 2, 3, 4].map((i) => ring.peer(rank + i)));
  }
}

function lookUpAll(chord: ChordWorld, kind: "lookup" | "route", keys = 300): LookupResult<number>[] {
  const results: LookupResult<number>[] = [];
  chord.listener.onLookup = (_self, result) => results.push(result);
  const random = chord.world.random("keys");
  const members = alive(chord);
  for (let i = 0; i < keys; i++) {
    const node = members[random.below(members.length)] as (typeof members)[0];
    if (kind === "lookup") node.lookup(randomId(random));
    else node.route(randomId(random));
    chord.world.runFor(100);
  }
  chord.world.runFor(60_000);
  expect(results).toHaveLength(keys);
  return results;
}

function expectRight(chord: ChordWorld, results: readonly LookupResult<number>[]): void {
  const ring = new Ring(alive(chord));
  for (const { key, owner } of results) expect(owner).toEqual(ring.owner(key));
}

describe.each(["repaired", "original"] as const)("the %s ring", (upkeep) => {
  test("grows by joins until every pointer is right, and lookups of both kinds find the owner", () => {
    const chord = grown(60, { upkeep });
    expectIdeal(chord);
    expectRight(chord, lookUpAll(chord, "lookup"));
    expectRight(chord, lookUpAll(chord, "route"));
  });

  test("heals after a tenth of its nodes crashed, and again finds every owner", () => {
    const chord = grown(60, { upkeep });
    for (let i = 0; i < 60; i += 10) chord.world.crash(chord.peers[i] as (typeof chord.peers)[0]);
    chord.world.runFor(5 * 60_000);
    expectIdeal(chord);
    expectRight(chord, lookUpAll(chord, "lookup"));
  });

  test("closes behind those who leave, at once", () => {
    const chord = grown(40, { upkeep });
    for (const i of [5, 6, 7, 20]) chord.nodes[i]?.leave();
    chord.world.runFor(60_000);
    expect([5, 20].map((i) => chord.nodes[i]?.phase)).toEqual(["out", "out"]);
    expectIdeal(chord);
  });
});

test("a ring grows under loss", () => {
  const chord = grown(50, {}, { loss: 0.05 });
  expect(alive(chord)).toHaveLength(50);
  const results = lookUpAll(chord, "lookup");
  const ring = new Ring(alive(chord));
  const right = results.filter(({ key, owner }) => owner?.address === ring.owner(key).address);
  expect(right.length).toBeGreaterThan(290);
});

test("two nodes make a ring, and a single one owns everything", () => {
  const alone = grown(1);
  expectRight(alone, lookUpAll(alone, "lookup", 5));
  expectRight(alone, lookUpAll(alone, "route", 5));
  const two = grown(2);
  expectRight(two, lookUpAll(two, "lookup", 20));
  expectRight(two, lookUpAll(two, "route", 20));
});

test("whoever lost all its successors comes back", () => {
  const chord = grown(30);
  const ring = new Ring(alive(chord));
  const rank = 3;
  const lost = chord.nodes[ring.peer(rank).address];
  for (let i = 1; i <= 4; i++) chord.world.crash(chord.peers[ring.peer(rank + i).address] as (typeof chord.peers)[0]);
  chord.world.runFor(10 * 60_000);
  expect(lost?.phase).toBe("member");
  expectIdeal(chord);
});

test("two rings become one when a node of one meets the other", () => {
  const chord = chordWorld();
  chord.addMany(20, chord.world.random("ids"));
  chord.nodes[0]?.create();
  chord.nodes[1]?.create();
  for (let i = 2; i < 20; i++) {
    chord.nodes[i]?.join(i % 2);
    chord.world.runFor(2000);
  }
  chord.world.runFor(3 * 60_000);
  expect(chord.nodes[0]?.successors.every(({ address }) => address % 2 === 0)).toBe(true);
  for (let round = 0; round < 20; round++) {
    for (let i = 0; i < 20; i += 2) chord.nodes[i]?.meet(1);
    chord.world.runFor(60_000);
  }
  expectIdeal(chord);
});

test("nobody can send somebody else away, or answer for another", () => {
  const chord = grown(20);
  const intruder = chord.add(123);
  const ring = new Ring(alive(chord));
  const victim = ring.peer(4);
  const neighbour = chord.nodes[ring.peer(3).address];
  // As if it came from the victim: only the address of a datagram can be forged, its answers go to the true one.
  neighbour?.onMessage(victim.address, { kind: "leave", token: 0, predecessor: undefined, successors: [] });
  chord.world.runFor(30_000);
  expectIdeal(chord);
  expect(intruder.phase).toBe("out");
  const results = lookUpAll(chord, "lookup", 20);
  expectRight(chord, results);
});

test("records are found where they were stored, for as long as they were promised", () => {
  const chord = grown(20);
  const key = 4_000_000_000_000;
  const owner = new Ring(alive(chord)).owner(key).address;
  const asker = chord.nodes[(owner + 1) % 20] as (typeof chord.nodes)[0];
  const records: unknown[] = [];
  const stored: number[] = [];
  let permit = 0;
  chord.listener.onRecords = (_self, _number, answer) => {
    permit = answer?.permit ?? 0;
    records.push(answer?.records);
  };
  chord.listener.onStored = (_self, _number, seconds) => stored.push(seconds);
  const record = { provider: asker.self.address, value: new Uint8Array([1, 2, 3]) };

  asker.fetch(owner, key);
  chord.world.runFor(5000);
  asker.store(owner, permit + 1, key, record, 600);
  asker.store(owner, permit, key, record, 600);
  chord.world.runFor(5000);
  asker.fetch(owner, key);
  chord.world.runFor(700_000);
  asker.fetch(owner, key);
  chord.world.runFor(5000);

  expect(stored.sort()).toEqual([0, 600]);
  expect(records).toEqual([[], [record], []]);
  expect(chord.nodes[owner]?.recordCount).toBe(0);
});

test("both fidelities lead to the same deliveries, from the first join to the last lookup, whatever happens to datagrams", () => {
  const reordering = new DatagramFaults({ duplication: 0.05, reordering: 0.2 });
  for (const options of [{}, { loss: 0.03 }, { faults: reordering }, { ticksPerMs: 8, latency: uniform(1.25, 20) }]) {
    const run = (fidelity: "wire" | "message") => {
      const chord = grown(30, {}, { ...options, fidelity });
      const results = [...lookUpAll(chord, "lookup", 50), ...lookUpAll(chord, "route", 50)];
      if (!("loss" in options)) expectRight(chord, results);
      return { digest: chord.world.digest(), sent: chord.world.sent() };
    };
    expect(run("wire")).toEqual(run("message"));
  }
});

test("a flood of notifications from behind costs one question at a time, and no predecessor", () => {
  const chord = grown(10, { rations: true });
  const ring = new Ring(alive(chord));
  const victim = chord.nodes[ring.peer(5).address] as (typeof chord.nodes)[0];
  const before = chord.world.sent().get("ping")?.messages ?? 0;
  for (let second = 0; second < 20; second++) {
    for (let i = 0; i < 500; i++) {
      const from = ring.peer(i % 4).address;
      victim.onMessage(from, { kind: "notify", id: ring.peer(i % 4).id });
    }
    chord.world.runFor(1000);
    expect(victim.predecessor).toEqual(ring.peer(4));
  }
  expect((chord.world.sent().get("ping")?.messages ?? 0) - before).toBeLessThan(1000);
  expectIdeal(chord);
});
