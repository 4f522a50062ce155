// An undirected graph in two arrays of numbers: the neighbours of all nodes in a row, and where those of each node begin
// (compressed sparse rows). A million nodes of degree 4 take 20 MB and no objects.
import { assert } from "@servent/overlay/base/assert.ts";

export interface Graph {
  readonly nodes: number;
  /** `nodes` + 1 numbers: those of node n stand from offsets[n] up to, but not including, offsets[n + 1]. */
  readonly offsets: Int32Array;
  /** Ascending for each node. Every edge stands in it twice, once at each end. */
  readonly neighbours: Int32Array;
}

/** The lab has a million peers at most; a file may have a few more nodes. */
export const NODES_MAX = 2_000_000;

/** The neighbours take 8 bytes for an edge, and what keeps a generated graph simple up to 32. */
export const EDGES_MAX = 10_000_000;

export function edgeCount({ neighbours }: Graph): number {
  return neighbours.length / 2;
}

export function degreeOf({ offsets }: Graph, node: number): number {
  return (offsets[node + 1] as number) - (offsets[node] as number);
}

export function degreesOf(graph: Graph): Int32Array {
  return new Int32Array(graph.nodes).map((_, node) => degreeOf(graph, node));
}

export function neighboursOf({ offsets, neighbours }: Graph, node: number): Int32Array {
  return neighbours.subarray(offsets[node], offsets[node + 1]);
}

/** Edges that are still being found; `graph` makes them fast to walk. */
export class EdgeList {
  count = 0;
  readonly nodes: number;
  private ends = new Int32Array(64);

  constructor(nodes: number) {
    assert(Number.isInteger(nodes) && nodes >= 0 && nodes <= NODES_MAX, "a graph has 0 to NODES_MAX nodes");
    this.nodes = nodes;
  }

  add(one: number, other: number): void {
    assert(this.count < EDGES_MAX, "a graph has at most EDGES_MAX edges");
    if (2 * this.count === this.ends.length) {
      const ends = new Int32Array(2 * this.ends.length);
      ends.set(this.ends);
      this.ends = ends;
    }
    this.ends[2 * this.count] = one;
    this.ends[2 * this.count + 1] = other;
    this.count++;
  }

  graph(): Graph {
    return graphOf(this.nodes, this.ends.subarray(0, 2 * this.count));
  }
}

/** `ends` has two nodes for each edge. The caller sees to it that no edge is there twice and none leads from a node to itself. */
export function graphOf(nodes: number, ends: Int32Array): Graph {
  const offsets = new Int32Array(nodes + 1);
  for (let i = 0; i < ends.length; i++) {
    const next = (ends[i] as number) + 1;
    offsets[next] = (offsets[next] as number) + 1;
  }
  for (let node = 0; node < nodes; node++) {
    offsets[node + 1] = (offsets[node + 1] as number) + (offsets[node] as number);
  }

  const unsorted = new Int32Array(ends.length);
  const filled = offsets.slice(0, nodes);
  const put = (into: Int32Array, node: number, neighbour: number): void => {
    const at = filled[node] as number;
    into[at] = neighbour;
    filled[node] = at + 1;
  };
  for (let i = 0; i < ends.length; i += 2) {
    put(unsorted, ends[i] as number, ends[i + 1] as number);
    put(unsorted, ends[i + 1] as number, ends[i] as number);
  }
  // Every node in ascending order tells its neighbours of itself, so each of these hears in ascending order.
  const neighbours = new Int32Array(ends.length);
  filled.set(offsets.subarray(0, nodes));
  for (let node = 0; node < nodes; node++) {
    const end = offsets[node + 1] as number;
    for (let at = offsets[node] as number; at < end; at++) put(neighbours, unsorted[at] as number, node);
  }
  return { nodes, offsets, neighbours };
}
