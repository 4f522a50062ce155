// Whether the neighbours of a node are neighbours of each other.
import type { Graph } from "./graph.ts";

export interface Clustering {
  /** Three nodes that are all linked. */
  readonly triangles: number;
  /** The mean over all nodes of the share of pairs of neighbours that are linked; 0 for a node with fewer than two. */
  readonly average: number;
  /** Of all pairs of links that meet in a node, the share whose other ends are linked too. */
  readonly transitivity: number;
}

export function clustering({ nodes, offsets, neighbours }: Graph): Clustering {
  const isNeighbour = new Uint8Array(nodes);
  let [corners, pairs, shares] = [0, 0, 0];
  for (let node = 0; node < nodes; node++) {
    const first = offsets[node] as number;
    const end = offsets[node + 1] as number;
    const degree = end - first;
    if (degree < 2) continue;
    for (let at = first; at < end; at++) isNeighbour[neighbours[at] as number] = 1;
    let linked = 0;
    for (let at = first; at < end; at++) {
      const other = neighbours[at] as number;
      for (let way = offsets[other] as number; way < (offsets[other + 1] as number); way++) {
        linked += isNeighbour[neighbours[way] as number] as number;
      }
    }
    for (let at = first; at < end; at++) isNeighbour[neighbours[at] as number] = 0;
    // Every link between two neighbours was seen from both.
    linked /= 2;
    const possible = (degree * (degree - 1)) / 2;
    corners += linked;
    pairs += possible;
    shares += linked / possible;
  }
  return {
    triangles: corners / 3,
    average: nodes === 0 ? 0 : shares / nodes,
    transitivity: pairs === 0 ? 0 : corners / pairs,
  };
}
