// Random graphs without any structure: a given number of edges, or a given degree for every node.
import { assert } from "@servent/overlay/base/assert.ts";
import type { RandomStream } from "../engine/random.ts";
import { configurationModel } from "./configuration-model.ts";
import { EdgeSet } from "./edge-set.ts";
import { EdgeList, type Graph } from "./graph.ts";

/** Graphs that failed to be made simple before the degrees are given up. */
export const GRAPHS_TRIED_MAX = 20;

/** Erdős and Rényi: nodes · meanDegree / 2 edges (rounded) between any two nodes, each set of edges as likely. */
export function randomGraph(nodes: number, meanDegree: number, random: RandomStream): Graph {
  const pairs = (nodes * (nodes - 1)) / 2;
  const count = Math.floor((nodes * meanDegree) / 2 + 0.5);
  assert(count >= 0 && count <= pairs, "a graph has at most one edge between two nodes");
  const drawn = new EdgeSet(nodes, Math.min(count, pairs - count));
  // Where most edges are there, those that are missing are drawn.
  const isDense = count > pairs / 2;
  const edges = new EdgeList(nodes);
  while (drawn.size < (isDense ? pairs - count : count)) {
    const [one, other] = [random.below(nodes), random.below(nodes)];
    if (one !== other && drawn.add(one, other) && !isDense) edges.add(one, other);
  }
  if (isDense) {
    for (let one = 0; one < nodes; one++) {
      for (let other = one + 1; other < nodes; other++) if (!drawn.has(one, other)) edges.add(one, other);
    }
  }
  return edges.graph();
}

/** Every node has `degree` neighbours. Nothing where no graph was found. */
export function regularGraph(nodes: number, degree: number, random: RandomStream): Graph | undefined {
  assert(degree >= 0 && degree < nodes, "a degree is below the number of nodes");
  assert((nodes * degree) % 2 === 0, "nodes times degree is even");
  const isDense = degree > (nodes - 1) / 2;
  const degrees = new Int32Array(nodes).fill(isDense ? nodes - 1 - degree : degree);
  const graph = firstSimple(() => degrees, random);
  return graph !== undefined && isDense ? complement(graph) : graph;
}

/** A graph with degrees that are drawn again when no graph with them was found. */
export function firstSimple(drawDegrees: () => Int32Array, random: RandomStream): Graph | undefined {
  for (let tried = 0; tried < GRAPHS_TRIED_MAX; tried++) {
    const graph = configurationModel(drawDegrees(), random);
    if (graph !== undefined) return graph;
  }
  return undefined;
}

/** The edges that are not there. */
function complement({ nodes, offsets, neighbours }: Graph): Graph {
  const edges = new EdgeList(nodes);
  for (let node = 0; node < nodes; node++) {
    let at = offsets[node] as number;
    for (let other = 0; other < nodes; other++) {
      if (at < (offsets[node + 1] as number) && neighbours[at] === other) at++;
      else if (node < other) edges.add(node, other);
    }
  }
  return edges.graph();
}
