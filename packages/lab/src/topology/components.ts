// Which nodes can reach each other, also after some were taken away.
import type { RandomStream } from "../engine/random.ts";
import { shuffle } from "../random-draws.ts";
import { degreesOf, type Graph } from "./graph.ts";

export interface Components {
  /** How many nodes each has, the largest first. */
  readonly sizes: readonly number[];
  /** The component of each node, numbered as in `sizes`; -1 for a node that was removed. */
  readonly of: Int32Array;
}

/** `removed` has a 1 for each node that is taken away, with its edges. */
export function components({ nodes, offsets, neighbours }: Graph, removed?: Uint8Array): Components {
  const of = new Int32Array(nodes).fill(-1);
  const queue = new Int32Array(nodes);
  const sizes: number[] = [];
  for (let start = 0; start < nodes; start++) {
    if (of[start] !== -1 || removed?.[start] === 1) continue;
    of[start] = sizes.length;
    queue[0] = start;
    let known = 1;
    for (let next = 0; next < known; next++) {
      const node = queue[next] as number;
      for (let at = offsets[node] as number; at < (offsets[node + 1] as number); at++) {
        const other = neighbours[at] as number;
        if (of[other] !== -1 || removed?.[other] === 1) continue;
        of[other] = sizes.length;
        queue[known++] = other;
      }
    }
    sizes.push(known);
  }
  const order = sizes.map((_, i) => i).sort((a, b) => (sizes[b] as number) - (sizes[a] as number) || a - b);
  const rank = new Int32Array(sizes.length);
  for (const [place, component] of order.entries()) rank[component] = place;
  return {
    sizes: order.map((component) => sizes[component] as number),
    of: of.map((component) => (component === -1 ? -1 : (rank[component] as number))),
  };
}

/** The share of the nodes that are left which the largest component has; 0 where none is left. */
export function giantShare(graph: Graph, removed?: Uint8Array): number {
  const { sizes } = components(graph, removed);
  const left = sizes.reduce((sum, size) => sum + size, 0);
  return left === 0 ? 0 : (sizes[0] as number) / left;
}

/** Marks so many nodes, each set of them as likely: failures. */
export function anyNodes({ nodes }: Graph, count: number, random: RandomStream): Uint8Array {
  const order = new Int32Array(nodes).map((_, node) => node);
  shuffle(order, random);
  return mark(nodes, order.subarray(0, count));
}

/** Marks the nodes with the most neighbours, of two with as many the first: an attack. */
export function mostConnected(graph: Graph, count: number): Uint8Array {
  const degrees = degreesOf(graph);
  const order = new Int32Array(graph.nodes).map((_, node) => node);
  order.sort((a, b) => (degrees[b] as number) - (degrees[a] as number) || a - b);
  return mark(graph.nodes, order.subarray(0, count));
}

function mark(nodes: number, chosen: Int32Array): Uint8Array {
  const marks = new Uint8Array(nodes);
  for (const node of chosen) marks[node] = 1;
  return marks;
}
