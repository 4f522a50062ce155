// What is left of an overlay, against the same removal done on the graph alone.
import { expect, test } from "vitest";
import { RandomStream } from "../../engine/random.ts";
import { anyNodes } from "../../topology/components.ts";
import { floodOracle } from "../../topology/distances.ts";
import { EdgeList, type Graph, neighboursOf } from "../../topology/graph.ts";
import type { Settings } from "../program.ts";
import { floodGraph } from "./flood-graphs.ts";
import { gnutellaRemoval } from "./removal.ts";

const SEED = "5";
const DEFAULTS = Object.fromEntries(
  Object.entries(gnutellaRemoval.settings).map(([name, setting]) => [name, setting.default]),
);

function run(settings: Settings): Readonly<Record<string, number>> {
  const context = { seed: SEED, settings: { ...DEFAULTS, ...settings }, fidelity: "wire", progress: () => {} } as const;
  return gnutellaRemoval.run(context).values;
}

test("without the three peers below its root a tree falls into its root and nine small trees", () => {
  const values = run({ topology: "tree", degree: 3, levels: 4, random: [], best: [3 / 40], queries: 100 });

  expect(values).toMatchObject({ peers: 40, edges: 39, "giant(none)": 1, "reach7(none)": 1, "left(best=0.075)": 37 });
  expect(values["giant(best=0.075)"]).toBeCloseTo(4 / 37, 12);
  expect(values["second(best=0.075)"]).toBeCloseTo(4 / 37, 12);
  // A query reaches the three others of its tree, or nobody where the root asks.
  expect(values["reach7(best=0.075)"]).toBeGreaterThan((3 / 36) * 0.9);
  expect(values["reach7(best=0.075)"]).toBeLessThanOrEqual(3 / 36);
});

test("real floods among those that are left reach whom a breadth-first search finds", () => {
  const queries = 30;
  const settings = { peers: 200, meanDegree: 2.2, topology: "random", random: [0.25], best: [], queries };
  const values = run(settings);

  const whole = floodGraph({ ...DEFAULTS, ...settings }, new RandomStream(SEED, "purpose/graph"));
  const random = new RandomStream(SEED, "purpose/removal/random");
  const removed = anyNodes(whole, 50, random);
  const rest = without(whole, removed);
  const largest = Math.max(
    ...Array.from({ length: 200 }, (_, peer) => floodOracle(rest, peer, 200).reach + 1 - (removed[peer] as number)),
  );
  const origins = Array.from({ length: queries }, () => {
    let peer = random.below(200);
    while (removed[peer] === 1) peer = random.below(200);
    return peer;
  });

  expect(values["left(random=0.25)"]).toBe(150);
  expect(values["giant(random=0.25)"]).toBeCloseTo(largest / 150, 12);
  for (const ttl of [7, 15]) {
    const reach = origins.reduce((sum, peer) => sum + floodOracle(rest, peer, ttl).reach, 0) / queries;
    expect(values[`reach${ttl}(random=0.25)`]).toBeCloseTo(reach / 149, 12);
  }
});

function without(graph: Graph, removed: Uint8Array): Graph {
  const edges = new EdgeList(graph.nodes);
  for (let peer = 0; peer < graph.nodes; peer++) {
    for (const other of neighboursOf(graph, peer)) {
      if (peer < other && removed[peer] === 0 && removed[other] === 0) edges.add(peer, other);
    }
  }
  return edges.graph();
}
