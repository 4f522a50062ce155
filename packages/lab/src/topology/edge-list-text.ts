// A graph from a text with an edge on each line, as the Stanford collection (SNAP) has them: two whole numbers, lines that begin
// with # are comments. Direction does not count here; edges that are there twice, in either direction, count once.
import { decoded, malformed, type Decoded } from "@servent/overlay/base/decoded.ts";
import { EdgeSet } from "./edge-set.ts";
import { EdgeList, EDGES_MAX, NODES_MAX, type Graph } from "./graph.ts";

export interface ReadGraph {
  readonly graph: Graph;
  /** The number that each node has in the text; ascending. */
  readonly ids: Int32Array;
  /** Lines that were left out: edges from a node to itself, and those that were there before. */
  readonly loops: number;
  readonly repeated: number;
}

const ID_MAX = 2 ** 31 - 1;

export function parseEdgeList(text: string): Decoded<ReadGraph> {
  const pairs = readPairs(text);
  if (!pairs.ok) return pairs;
  const ends = pairs.value;
  if (ends.length === 0) return malformed("edge list", "there is no edge in it");
  const ids = ends
    .slice()
    .sort()
    .filter((id, i, sorted) => i === 0 || id !== sorted[i - 1]);
  if (ids.length > NODES_MAX) return malformed("edge list", `it has ${ids.length} nodes, more than ${NODES_MAX}`);

  const nodeOf = new Map<number, number>();
  for (const [node, id] of ids.entries()) nodeOf.set(id, node);
  const edges = new EdgeList(ids.length);
  const seen = new EdgeSet(ids.length, ends.length / 2);
  let [loops, repeated] = [0, 0];
  for (let i = 0; i < ends.length; i += 2) {
    const one = nodeOf.get(ends[i] as number) as number;
    const other = nodeOf.get(ends[i + 1] as number) as number;
    if (one === other) loops++;
    else if (seen.add(one, other)) edges.add(one, other);
    else repeated++;
  }
  return decoded({ graph: edges.graph(), ids, loops, repeated });
}

/** Two numbers for each line that has an edge. */
function readPairs(text: string): Decoded<Int32Array> {
  let ends = new Int32Array(1024);
  let used = 0;
  let line = 0;
  for (let start = 0; start < text.length; ) {
    const newline = text.indexOf("\n", start);
    const end = newline === -1 ? text.length : newline;
    const content = text.slice(start, end);
    start = end + 1;
    line++;
    if (/^\s*(#|$)/.test(content)) continue;
    const match = /^\s*(\d{1,10})[\s,]+(\d{1,10})\s*$/.exec(content);
    const [one, other] = [Number(match?.[1]), Number(match?.[2])];
    if (match === null) {
      return malformed(
        `edge list, line ${line}`,
        `expected two whole numbers, got ${JSON.stringify(content.slice(0, 40))}`,
      );
    }
    if (one > ID_MAX || other > ID_MAX) return malformed(`edge list, line ${line}`, `expected numbers up to ${ID_MAX}`);
    if (used === 2 * EDGES_MAX) return malformed(`edge list, line ${line}`, `there are more than ${EDGES_MAX} edges`);
    if (used === ends.length) {
      const larger = new Int32Array(2 * ends.length);
      larger.set(ends);
      ends = larger;
    }
    ends[used++] = one;
    ends[used++] = other;
  }
  return decoded(ends.slice(0, used));
}
