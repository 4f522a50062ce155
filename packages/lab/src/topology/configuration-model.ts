// A random simple graph in which every node has the degree that was asked for: the configuration model. Every node puts down
// one stub for each link it wants, the stubs are shuffled and joined in pairs. A small graph is shuffled again until no pair is a
// loop or a second edge between the same nodes, which makes every simple graph exactly as likely. In a large one the few such
// pairs are repaired: the pair and an edge drawn at random exchange their ends. That favours no kind of graph noticeably.
import { assert } from "@servent/overlay/base/assert.ts";
import type { RandomStream } from "../engine/random.ts";
import { shuffle } from "../random-draws.ts";
import { EdgeSet } from "./edge-set.ts";
import { EDGES_MAX, graphOf, type Graph } from "./graph.ts";

/** Graphs with more edges are repaired at once: shuffling would take long, and their bad pairs are a vanishing part. */
const SHUFFLED_EDGES_MAX = 1000;

/** One in seven 3-regular graphs is simple at once, one in 43 of degree 4, hardly any of degree 6: those are repaired. */
const SHUFFLES_MAX = 200;

/** Edges drawn to repair one bad pair. Where graphs are possible and not nearly complete, a few are enough. */
const REPAIRS_MAX = 2000;

/** Nothing where no simple graph with these degrees was found. Their sum is even. */
export function configurationModel(degrees: Int32Array, random: RandomStream): Graph | undefined {
  const nodes = degrees.length;
  const stubs = stubsOf(degrees);
  const shuffles = stubs.length <= 2 * SHUFFLED_EDGES_MAX ? SHUFFLES_MAX : 1;
  let edges = new EdgeSet(nodes, 0);
  let bad: readonly number[] = [];
  for (let i = 0; i < shuffles; i++) {
    shuffle(stubs, random);
    edges = new EdgeSet(nodes, stubs.length / 2);
    bad = addPairs(stubs, edges);
    if (bad.length === 0) break;
  }
  const isBad = new Set(bad);
  for (const at of bad) {
    if (!repair(stubs, at, isBad, edges, random)) return undefined;
    isBad.delete(at);
  }
  return graphOf(nodes, stubs);
}

function stubsOf(degrees: Int32Array): Int32Array {
  let total = 0;
  for (const degree of degrees) {
    assert(degree >= 0 && degree < Math.max(1, degrees.length), "a degree is below the number of nodes");
    total += degree;
  }
  assert(total % 2 === 0, "the sum of the degrees is even");
  assert(total / 2 <= EDGES_MAX, "a graph has at most EDGES_MAX edges");
  const stubs = new Int32Array(total);
  let at = 0;
  for (const [node, degree] of degrees.entries()) {
    stubs.fill(node, at, at + degree);
    at += degree;
  }
  return stubs;
}

/** Answers where the pairs stand that are not simple. */
function addPairs(stubs: Int32Array, edges: EdgeSet): readonly number[] {
  const bad: number[] = [];
  for (let at = 0; at < stubs.length; at += 2) {
    const [one, other] = [stubs[at] as number, stubs[at + 1] as number];
    if (one === other || !edges.add(one, other)) bad.push(at);
  }
  return bad;
}

/**
 * Pairs (a, b), bad, and (c, d), good, become (a, c) and (b, d), if both are new edges. They cannot be one and the same: then
 * a = d and b = c, and (c, d) is not new.
 */
function repair(
  stubs: Int32Array,
  at: number,
  isBad: ReadonlySet<number>,
  edges: EdgeSet,
  random: RandomStream,
): boolean {
  const [a, b] = [stubs[at] as number, stubs[at + 1] as number];
  for (let attempt = 0; attempt < REPAIRS_MAX; attempt++) {
    // Either end of the other edge may be the first.
    const drawn = random.below(stubs.length);
    const other = drawn & ~1;
    const c = stubs[drawn] as number;
    const d = stubs[drawn ^ 1] as number;
    if (isBad.has(other) || a === c || b === d || edges.has(a, c) || edges.has(b, d)) continue;
    edges.delete(c, d);
    edges.add(a, c);
    edges.add(b, d);
    stubs[at] = a;
    stubs[at + 1] = c;
    stubs[other] = b;
    stubs[other + 1] = d;
    return true;
  }
  return false;
}
