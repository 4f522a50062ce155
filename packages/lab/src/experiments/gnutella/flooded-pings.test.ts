// Pings as they were before pong caching: flooded, with the pong of everybody who hears one routed back.
import { expect, test } from "vitest";
import { RandomStream } from "../../engine/random.ts";
import { constant, uniform } from "../../network/latency.ts";
import { distancesFrom, floodOracle } from "../../topology/distances.ts";
import type { Graph } from "../../topology/graph.ts";
import { randomGraph } from "../../topology/random-graphs.ts";
import { tree } from "../../topology/regular-shapes.ts";
import type { Latency } from "../../network/latency.ts";
import { Catalogue } from "./catalogue.ts";
import { GnutellaWorld } from "./gnutella-world.ts";

/** Long enough that nobody else pings while a test looks. */
const RARELY_MS = 1000 * 3_600_000;
const NO_FILES = new Int32Array(0);

/** Peers that are linked already and who hardly ever ping. */
function linked(graph: Graph, pings: "flooded" | "cached", latency: Latency, ttl = 7): GnutellaWorld {
  const gnutella = new GnutellaWorld({ seed: "pings", fidelity: "wire", latency, catalogue: new Catalogue(1, 0) });
  for (let i = 0; i < graph.nodes; i++) {
    gnutella.add(
      { role: "classic", linksWanted: 0, linksMax: 64, leavesMax: 0, ttl, pings, pingEveryMs: RARELY_MS },
      NO_FILES,
    );
  }
  expect(gnutella.link(graph)).toBe(true);
  gnutella.world.runFor(60_000);
  return gnutella;
}

/** What one more peer's ping costs: that of a newcomer who links with peer 0. */
function newcomer(gnutella: GnutellaWorld): { pings: number; pongs: number; duplicates: number; known: number } {
  const before = gnutella.totals();
  const [pings, pongs] = [gnutella.sent("ping").messages, gnutella.sent("pong").messages];
  const number = gnutella.add(
    { role: "classic", linksWanted: 0, linksMax: 64, leavesMax: 0, ttl: 7, pings: "flooded", pingEveryMs: RARELY_MS },
    NO_FILES,
  );
  const node = gnutella.node(number);
  node.start();
  node.connect(gnutella.addressOf(0));
  gnutella.world.runFor(10_000);
  return {
    pings: gnutella.sent("ping").messages - pings,
    pongs: gnutella.sent("pong").messages - pongs,
    duplicates: gnutella.totals().duplicates - before.duplicates,
    known: node.hosts.size,
  };
}

/** The graph with one more node, which has a link with node 0. */
function withNewcomer(graph: Graph): Graph {
  const { nodes, offsets, neighbours } = graph;
  const first = offsets[1] as number;
  return {
    nodes: nodes + 1,
    offsets: Int32Array.from([0, ...offsets.subarray(1).map((at) => at + 1), neighbours.length + 2]),
    neighbours: Int32Array.from([...neighbours.subarray(0, first), nodes, ...neighbours.subarray(first), 0]),
  };
}

/** Peers are quiet for two minutes at most, so each link also carries probes of TTL 1. */
test("a newcomer hears of everybody within its TTL, at the cost of a flood and of a pong for each hop back", () => {
  for (const graph of [tree(3, 4), randomGraph(60, 5, new RandomStream("pings", "graph"))]) {
    const gnutella = linked(graph, "flooded", constant(10));
    const whole = withNewcomer(graph);
    const flood = floodOracle(whole, graph.nodes, 7);
    const steps = flood.byHop.reduce((sum, count, hop) => sum + count * (hop + 1), 0);

    const cost = newcomer(gnutella);

    expect(cost).toEqual({
      pings: flood.messages,
      pongs: steps,
      duplicates: flood.duplicates,
      known: flood.reach,
    });
  }
});

test("beyond its TTL a ping reaches nobody", () => {
  const gnutella = linked(tree(1, 20), "flooded", constant(10));
  expect(newcomer(gnutella).known).toBe(7);
});

test("every peer that wants one hears from all others, whatever the delays", () => {
  const graph = randomGraph(40, 4, new RandomStream("pings", "other graph"));
  const gnutella = linked(graph, "flooded", uniform(5, 300));
  const { unreachable } = distancesFrom(graph, [0]);
  const ends = graph.nodes - unreachable;
  const known = gnutella.nodes.map((node) => node?.hosts.size ?? 0);
  expect(Math.max(...known)).toBe(ends - 1);
});

test("answered from a cache, a newcomer costs one ping and at most eleven pongs", () => {
  const gnutella = linked(randomGraph(60, 5, new RandomStream("pings", "graph")), "cached", constant(10));
  const before = gnutella.sent("ping").messages;
  const number = gnutella.add(
    { role: "classic", linksWanted: 0, linksMax: 64, leavesMax: 0, ttl: 7, pings: "cached", pingEveryMs: RARELY_MS },
    NO_FILES,
  );
  gnutella.node(number).start();
  gnutella.node(number).connect(gnutella.addressOf(0));
  gnutella.world.runFor(5000);

  expect(gnutella.sent("ping").messages - before).toBeLessThanOrEqual(4);
  expect(gnutella.node(number).hosts.size).toBeGreaterThanOrEqual(2);
  expect(gnutella.node(number).hosts.size).toBeLessThanOrEqual(11);
});
