// How far nodes are from each other, in hops, and what a flood from one of them costs.
import { assert } from "@servent/overlay/base/assert.ts";
import { degreeOf, type Graph } from "./graph.ts";

export interface Distances {
  /** Pairs (source, node) at each distance; at 0 the sources themselves. */
  readonly pairs: readonly number[];
  readonly unreachable: number;
}

/** From each of the sources to every node. A few hundred random sources say about a large graph what all would. */
export function distancesFrom(graph: Graph, sources: readonly number[]): Distances {
  const pairs: number[] = [];
  const walk = new BreadthFirst(graph);
  let reached = 0;
  for (const source of sources) {
    for (const [distance, count] of walk.from(source, Number.POSITIVE_INFINITY).entries()) {
      pairs[distance] = (pairs[distance] ?? 0) + count;
      reached += count;
    }
  }
  return { pairs, unreachable: sources.length * graph.nodes - reached };
}

/**
 * The distance within which this share of the pairs that are connected lie, pairs of a node with itself left out; between two
 * whole distances by a straight line, as SNAP computes its effective diameter (share 0.9).
 */
export function effectiveDistance({ pairs }: Distances, share: number): number {
  const total = pairs.reduce((sum, count) => sum + count, 0) - (pairs[0] ?? 0);
  let within = 0;
  for (let distance = 1; distance < pairs.length; distance++) {
    const count = pairs[distance] as number;
    if (within + count >= share * total) return distance - 1 + (share * total - within) / count;
    within += count;
  }
  return 0;
}

/** The share of connected pairs at most `hops` apart, pairs of a node with itself left out. */
export function shareWithin({ pairs }: Distances, hops: number): number {
  const others = pairs.slice(1);
  const total = others.reduce((sum, count) => sum + count, 0);
  return total === 0 ? 1 : others.slice(0, hops).reduce((sum, count) => sum + count, 0) / total;
}

export interface Flood {
  /** Nodes that hear it, without the origin. */
  readonly reach: number;
  /** Sent on any link. */
  readonly messages: number;
  /** Messages to a node that had heard it before. */
  readonly duplicates: number;
  /** Nodes that hear it first at each hop, from hop 1 on. */
  readonly byHop: readonly number[];
}

/**
 * What a flood must cost when all lines are equally long, so that everybody hears it first over a shortest way. The origin sends
 * on all its links; who hears it with hops left sends it on all its links but the one it came by; whoever hears it again drops it.
 * With a `ttl` that covers the component, messages = 2 E - (n - 1) and duplicates = 2 E - 2 (n - 1), with lines of any length.
 */
export function floodOracle(graph: Graph, origin: number, ttl: number): Flood {
  assert(ttl >= 0, "a time to live is not negative");
  const walk = new BreadthFirst(graph);
  const byHop = walk.from(origin, ttl).slice(1);
  const reach = byHop.reduce((sum, count) => sum + count, 0);
  let messages = 0;
  for (let i = 0; i < walk.reached; i++) {
    const node = walk.queue[i] as number;
    const hop = walk.distance[node] as number;
    if (hop < ttl) messages += hop === 0 ? degreeOf(graph, node) : degreeOf(graph, node) - 1;
  }
  return { reach, messages, duplicates: messages - reach, byHop };
}

/** A walk in rings around a node; its columns are used again for the next. */
class BreadthFirst {
  /** Who was reached, nearest first. */
  readonly queue: Int32Array;
  reached = 0;
  /** Of those who were reached. */
  readonly distance: Int32Array;
  private readonly graph: Graph;

  constructor(graph: Graph) {
    this.graph = graph;
    this.queue = new Int32Array(graph.nodes);
    this.distance = new Int32Array(graph.nodes).fill(-1);
  }

  /** How many nodes are at each distance up to `limit`. */
  from(source: number, limit: number): number[] {
    const { queue, distance } = this;
    const { offsets, neighbours } = this.graph;
    for (let i = 0; i < this.reached; i++) distance[queue[i] as number] = -1;
    const counts = [1];
    queue[0] = source;
    distance[source] = 0;
    this.reached = 1;
    for (let next = 0; next < this.reached; next++) {
      const node = queue[next] as number;
      const hop = (distance[node] as number) + 1;
      if (hop > limit) break;
      for (let at = offsets[node] as number; at < (offsets[node + 1] as number); at++) {
        const other = neighbours[at] as number;
        if (distance[other] !== -1) continue;
        distance[other] = hop;
        queue[this.reached++] = other;
        counts[hop] = (counts[hop] ?? 0) + 1;
      }
    }
    return counts;
  }
}
