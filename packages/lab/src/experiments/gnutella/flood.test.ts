import { expect, test } from "vitest";
import type { Fidelity } from "../../engine/world.ts";
import type { Findings, Settings } from "../program.ts";
import { gnutellaFlood } from "./flood.ts";

function run(settings: Settings, seed = "1", fidelity: Fidelity = "message"): Findings {
  const defaults = Object.fromEntries(
    Object.entries(gnutellaFlood.settings).map(([name, setting]) => [name, setting.default]),
  );
  return gnutellaFlood.run({ seed, settings: { ...defaults, ...settings }, fidelity, progress: () => {} });
}

test("in a tree of three children each a query of TTL 3 from the root costs 39 messages, none of them twice", () => {
  const { values } = run({ topology: "tree", degree: 3, levels: 5, ttl: 3, origins: "first", queries: 1 });
  expect(values).toMatchObject({ peers: 121, linked: 1, messages: 39, reach: 39, duplicates: 0, different: 0 });
});

test("a flood that covers the network costs 2 E - (n - 1) messages, whatever the delays", () => {
  const peers = 400;
  const edges = 1300;
  const { values } = run({
    topology: "power-law",
    peers,
    edges,
    leastDegree: 3,
    mostDegree: 60,
    ttl: 15,
    queries: 3,
    delaySpreadMs: 150,
  });
  expect(values).toMatchObject({
    edges,
    linked: 1,
    "component.share": 1,
    reach: peers - 1,
    messages: 2 * edges - (peers - 1),
    duplicates: 2 * edges - 2 * (peers - 1),
  });
});

test("each TTL reaches what breadth-first search says, over random links and over hubs", () => {
  for (const topology of ["random", "power-law"]) {
    const { values, tables } = run({ topology, peers: 300, meanDegree: 4, ttl: 6, everyTtl: true, queries: 4 });
    expect(values).toMatchObject({ linked: 1, different: 0 });
    const rows = tables.ttl?.rows ?? [];
    expect(rows.map(([ttl]) => ttl)).toEqual([1, 2, 3, 4, 5, 6]);
    for (const [, reach, messages, duplicates, ...expected] of rows) {
      expect([reach, messages, duplicates]).toEqual(expected);
    }
  }
});

test("where every peer has four links and ways hardly meet, the reach is that of a tree", () => {
  const { values } = run({ topology: "regular", degree: 4, peers: 3000, ttl: 3, queries: 20 });
  expect(values["formula.reach"]).toBe(4 + 12 + 36);
  expect(values["reach"]).toBeGreaterThan(0.95 * 52);
  expect(values["reach"]).toBeLessThanOrEqual(52);
});

test("both fidelities and the same seed give the same trace, another seed another", () => {
  const settings: Settings = { topology: "random", peers: 60, ttl: 4, queries: 3 };
  const { digest } = run(settings);
  expect(run(settings).digest).toBe(digest);
  expect(run(settings, "1", "wire").digest).toBe(digest);
  expect(run(settings, "2").digest).not.toBe(digest);
});
