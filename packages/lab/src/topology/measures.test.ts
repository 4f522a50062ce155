// What is measured about a graph, against graphs whose figures are known by other means.
import { describe, expect, test } from "vitest";
import { RandomStream } from "../engine/random.ts";
import { clustering } from "./clustering.ts";
import { anyNodes, components, giantShare, mostConnected } from "./components.ts";
import { graphOfLaw, naturalCutoff, powerLaw } from "./degree-laws.ts";
import { distancesFrom, effectiveDistance, floodOracle, shareWithin } from "./distances.ts";
import { parseEdgeList } from "./edge-list-text.ts";
import { edgeCount, EdgeList, neighboursOf, type Graph } from "./graph.ts";
import { randomGraph, regularGraph } from "./random-graphs.ts";
import { grid, ring, tree } from "./regular-shapes.ts";

const random = (name: string): RandomStream => new RandomStream("7", `measures/${name}`);

function graphOf(nodes: number, ...pairs: readonly (readonly [number, number])[]): Graph {
  const edges = new EdgeList(nodes);
  for (const [one, other] of pairs) edges.add(one, other);
  return edges.graph();
}

function some(graph: Graph | undefined): Graph {
  if (graph === undefined) throw new Error("no graph was found");
  return graph;
}

describe("components", () => {
  const islands = graphOf(8, [1, 2], [4, 5], [5, 6], [6, 4], [0, 4]);

  test("are numbered from the largest", () => {
    expect(components(islands).sizes).toEqual([4, 2, 1, 1]);
    expect([...components(islands).of]).toEqual([0, 1, 1, 2, 0, 0, 0, 3]);
    expect(giantShare(islands)).toBe(0.5);
  });

  test("fall apart where nodes are removed", () => {
    const removed = new Uint8Array(8);
    removed[4] = 1;
    expect(components(islands, removed).sizes).toEqual([2, 2, 1, 1, 1]);
    expect(components(islands, removed).of[4]).toBe(-1);
    expect(giantShare(islands, removed)).toBe(2 / 7);
    expect(giantShare(islands, new Uint8Array(8).fill(1))).toBe(0);
  });

  test("of a sparse random graph: the giant one has the share that theory says", () => {
    // s = 1 - exp(-2 s) for a mean degree of 2.
    expect(Math.abs(giantShare(randomGraph(50_000, 2, random("giant"))) - 0.7968)).toBeLessThan(0.012);
    expect(giantShare(randomGraph(50_000, 0.8, random("dust")))).toBeLessThan(0.01);
  });

  test("of a power law of 2.3: failures of 30 % leave a giant, an attack on 4 % shatters it", () => {
    const graph = some(graphOfLaw(powerLaw(2.3, 1, naturalCutoff(1800, 2.3, 1)), 1800, random("saroiu")));
    const whole = giantShare(graph);
    expect(giantShare(graph, anyNodes(graph, 540, random("failures")))).toBeGreaterThan(0.6 * whole);
    expect(giantShare(graph, mostConnected(graph, 72))).toBeLessThan(0.05);
  });

  test("the most connected are just those", () => {
    expect([...mostConnected(islands, 2)]).toEqual([0, 0, 0, 0, 1, 1, 0, 0]);
    expect(anyNodes(islands, 3, random("any")).reduce((sum, mark) => sum + mark, 0)).toBe(3);
  });
});

describe("distances", () => {
  test("of a ring: two nodes at each, one at the far end", () => {
    const distances = distancesFrom(ring(10), [0, 7]);
    expect(distances).toEqual({ pairs: [2, 4, 4, 4, 4, 2], unreachable: 0 });
    expect(shareWithin(distances, 2)).toBe(8 / 18);
    expect(shareWithin(distances, 100)).toBe(1);
    // Of 18 pairs the first nine are used up in the middle of distance 3.
    expect(effectiveDistance(distances, 0.5)).toBeCloseTo(2.25, 12);
  });

  test("of a grid: those of the sides added", () => {
    const { pairs } = distancesFrom(grid(5), [0]);
    expect(pairs).toEqual([1, 2, 3, 4, 5, 4, 3, 2, 1]);
  });

  test("between islands there are none", () => {
    expect(distancesFrom(graphOf(4, [0, 1], [2, 3]), [0])).toEqual({ pairs: [1, 1], unreachable: 2 });
    expect(shareWithin(distancesFrom(graphOf(2), [0]), 1)).toBe(1);
    expect(effectiveDistance(distancesFrom(graphOf(2), [0]), 0.9)).toBe(0);
  });
});

describe("a flood", () => {
  /** Message by message, in rounds, as peers do it: an oracle that knows no shortcut. */
  function played(graph: Graph, origin: number, ttl: number): { reach: number; messages: number; duplicates: number } {
    const heard = new Set([origin]);
    const counts = { reach: 0, messages: 0, duplicates: 0 };
    let arriving = [...neighboursOf(graph, origin)].map((to) => ({ from: origin, to, left: ttl - 1 }));
    if (ttl === 0) arriving = [];
    while (arriving.length > 0) {
      const next: typeof arriving = [];
      for (const { from, to, left } of arriving) {
        counts.messages++;
        if (heard.has(to)) {
          counts.duplicates++;
          continue;
        }
        heard.add(to);
        counts.reach++;
        if (left === 0) continue;
        for (const other of neighboursOf(graph, to))
          if (other !== from) next.push({ from: to, to: other, left: left - 1 });
      }
      arriving = next;
    }
    return counts;
  }

  test("costs what peers that play it out send", () => {
    const graphs = [ring(9), grid(6), tree(3, 5), randomGraph(300, 4, random("played")), graphOf(3, [1, 2])];
    for (const graph of graphs) {
      for (const ttl of [0, 1, 2, 3, 5, 100]) {
        const { reach, messages, duplicates } = floodOracle(graph, 0, ttl);
        expect({ reach, messages, duplicates }).toEqual(played(graph, 0, ttl));
      }
    }
  });

  test("of the exam: a tree of arity 3, three hops from its root", () => {
    expect(floodOracle(tree(3, 5), 0, 3)).toEqual({ reach: 39, messages: 39, duplicates: 0, byHop: [3, 9, 27] });
  });

  test("over a whole component: 2 E - (n - 1) messages, 2 E - 2 (n - 1) duplicates", () => {
    const graph = some(regularGraph(5000, 4, random("whole")));
    const { messages, duplicates, reach } = floodOracle(graph, 17, 1000);
    expect([messages, duplicates, reach]).toEqual([2 * edgeCount(graph) - 4999, 2 * edgeCount(graph) - 2 * 4999, 4999]);
  });

  test("while it has reached little, it reaches d ((d - 1)^T - 1) / (d - 2) nodes of a regular graph", () => {
    const graph = some(regularGraph(100_000, 4, random("regular")));
    const mean = (ttl: number): number => {
      let total = 0;
      for (let origin = 0; origin < 20; origin++) total += floodOracle(graph, origin * 5000, ttl).reach;
      return total / 20;
    };
    for (const [ttl, formula] of [
      [3, 52],
      [5, 484],
      [7, 4372],
    ] as const) {
      expect(Math.abs(mean(ttl) / formula - 1)).toBeLessThan(0.05);
    }
  });
});

describe("clustering", () => {
  test("of a triangle with a tail", () => {
    const result = clustering(graphOf(5, [0, 1], [1, 2], [2, 0], [2, 3]));
    // Node 2 has three neighbours, of which one pair in three is linked; node 3 has one, node 4 none.
    expect(result.triangles).toBe(1);
    expect(result.average).toBeCloseTo((1 + 1 + 1 / 3) / 5, 12);
    expect(result.transitivity).toBeCloseTo(3 / 5, 12);
  });

  test("of everybody with everybody is 1, of a tree 0, of a random graph its density", () => {
    expect(clustering(randomGraph(8, 7, random("complete")))).toEqual({ triangles: 56, average: 1, transitivity: 1 });
    expect(clustering(tree(3, 4))).toEqual({ triangles: 0, average: 0, transitivity: 0 });
    expect(clustering(randomGraph(1000, 50, random("density"))).transitivity).toBeCloseTo(0.05, 2);
    expect(clustering(graphOf(0)).average).toBe(0);
  });
});

describe("an edge list", () => {
  test("is read without its comments, directions, loops and repetitions, nodes in the order of their numbers", () => {
    const text = "# FromNodeId\tToNodeId\n10\t7\n7 10\r\n  7 7\n\n2000000000, 7\n7\t10\n";
    const read = parseEdgeList(text);
    if (!read.ok) throw new Error(read.problem);
    expect([...read.value.ids]).toEqual([7, 10, 2_000_000_000]);
    expect([...neighboursOf(read.value.graph, 0)]).toEqual([1, 2]);
    expect([read.value.loops, read.value.repeated]).toEqual([1, 2]);
  });

  test("of a hundred thousand edges is the graph that wrote it", () => {
    const graph = some(regularGraph(50_000, 4, random("text")));
    const lines: string[] = [];
    for (let node = 0; node < graph.nodes; node++) {
      for (const other of neighboursOf(graph, node)) if (other < node) lines.push(`${node}\t${other}`);
    }
    const read = parseEdgeList(lines.join("\n"));
    if (!read.ok) throw new Error(read.problem);
    expect(read.value.graph).toEqual(graph);
  });

  test.each([
    ["", "there is no edge in it"],
    ["# nothing\n", "there is no edge in it"],
    ["1 2\n1\n", 'line 2: expected two whole numbers, got "1"'],
    ["1 2 3\n", "line 1: expected two whole numbers"],
    ["# a\n\n1 -2\n", "line 3: expected two whole numbers"],
    ["1 2147483648\n", "line 1: expected numbers up to 2147483647"],
  ])("of the text %j it says what is wrong, and where", (text, expected) => {
    expect(parseEdgeList(text)).toEqual({ ok: false, problem: expect.stringContaining(expected) });
  });
});
