// Graphs of a fixed shape, which nothing random decides.
import { assert } from "@servent/overlay/base/assert.ts";
import { EdgeList, type Graph } from "./graph.ts";

/** A root with `arity` children, each of which has as many; `levels` counts the root's. Node 0 is the root, rows follow. */
export function tree(arity: number, levels: number): Graph {
  assert(arity >= 1 && levels >= 1, "a tree has an arity and a level");
  const nodes = treeNodes(arity, levels);
  const edges = new EdgeList(nodes);
  for (let node = 1; node < nodes; node++) edges.add(Math.floor((node - 1) / arity), node);
  return edges.graph();
}

export function treeNodes(arity: number, levels: number): number {
  let [nodes, row] = [1, 1];
  for (let level = 1; level < levels; level++) {
    row *= arity;
    nodes += row;
  }
  return nodes;
}

/** Each node and the next, the last and the first. */
export function ring(nodes: number): Graph {
  const edges = new EdgeList(nodes);
  for (let node = 1; node < nodes; node++) edges.add(node - 1, node);
  if (nodes > 2) edges.add(nodes - 1, 0);
  return edges.graph();
}

/** A square of `side` by `side` nodes, each linked with those left, right, above and below; its edge is an edge. */
export function grid(side: number): Graph {
  const edges = new EdgeList(side * side);
  for (let row = 0; row < side; row++) {
    for (let column = 0; column < side; column++) {
      const node = row * side + column;
      if (column + 1 < side) edges.add(node, node + 1);
      if (row + 1 < side) edges.add(node, node + side);
    }
  }
  return edges.graph();
}
