// The compact graph, the set of edges behind its generators, and the shapes that nothing random decides.
import { describe, expect, test } from "vitest";
import { RandomStream } from "../engine/random.ts";
import { EdgeSet } from "./edge-set.ts";
import { degreeOf, degreesOf, edgeCount, EdgeList, NODES_MAX, neighboursOf, type Graph } from "./graph.ts";
import { grid, ring, tree } from "./regular-shapes.ts";

function lists(graph: Graph): number[][] {
  return Array.from({ length: graph.nodes }, (_, node) => [...neighboursOf(graph, node)]);
}

describe("a graph", () => {
  test("has every edge at both ends, neighbours ascending", () => {
    const edges = new EdgeList(5);
    for (const [one, other] of [
      [3, 1],
      [0, 3],
      [1, 0],
      [3, 2],
    ] as const) {
      edges.add(one, other);
    }
    const graph = edges.graph();
    expect(lists(graph)).toEqual([[1, 3], [0, 3], [3], [0, 1, 2], []]);
    expect(edgeCount(graph)).toBe(4);
    expect([...degreesOf(graph)]).toEqual([2, 2, 1, 3, 0]);
    expect(degreeOf(graph, 3)).toBe(3);
  });

  test("of nobody is empty, and one beyond the bound is our own fault", () => {
    expect(lists(new EdgeList(0).graph())).toEqual([]);
    expect(() => new EdgeList(NODES_MAX + 1)).toThrow("NODES_MAX");
    expect(() => new EdgeList(1.5)).toThrow("NODES_MAX");
  });
});

describe("a set of edges", () => {
  test("behaves as a set of texts would, over many additions and deletions", () => {
    const random = new RandomStream("7", "edge-set");
    const nodes = 40;
    const edges = new EdgeSet(nodes, (nodes * nodes) / 2);
    const texts = new Set<string>();
    const wrong: string[] = [];
    for (let i = 0; i < 30_000; i++) {
      const [one, other] = [random.below(nodes), random.below(nodes)];
      const text = one < other ? `${one} ${other}` : `${other} ${one}`;
      if (edges.has(one, other) !== texts.has(text)) wrong.push(`has ${text} at ${i}`);
      if (random.below(3) === 0) {
        edges.delete(one, other);
        texts.delete(text);
      } else {
        if (edges.add(one, other) === texts.has(text)) wrong.push(`add ${text} at ${i}`);
        texts.add(text);
      }
      if (edges.size !== texts.size) wrong.push(`size at ${i}`);
    }
    expect(wrong).toEqual([]);
  });

  test("tells nodes with high numbers apart", () => {
    const edges = new EdgeSet(2_000_000, 8);
    edges.add(1_999_998, 1_999_999);
    expect([edges.has(1_999_999, 1_999_998), edges.has(1_999_997, 1_999_999)]).toEqual([true, false]);
  });
});

describe("fixed shapes", () => {
  test("a tree of arity 3 and 5 levels has 121 nodes, each but the root with its parent", () => {
    const graph = tree(3, 5);
    expect(graph.nodes).toBe(121);
    expect(edgeCount(graph)).toBe(120);
    expect([...neighboursOf(graph, 0)]).toEqual([1, 2, 3]);
    expect([...neighboursOf(graph, 1)]).toEqual([0, 4, 5, 6]);
    expect([...neighboursOf(graph, 120)]).toEqual([39]);
    expect(lists(tree(1, 3))).toEqual([[1], [0, 2], [1]]);
    expect(lists(tree(7, 1))).toEqual([[]]);
  });

  test("a ring closes from three nodes on", () => {
    expect(lists(ring(1))).toEqual([[]]);
    expect(lists(ring(2))).toEqual([[1], [0]]);
    expect(lists(ring(3))).toEqual([
      [1, 2],
      [0, 2],
      [0, 1],
    ]);
    expect([...degreesOf(ring(100))].every((degree) => degree === 2)).toBe(true);
  });

  test("a grid has corners, sides and an inside", () => {
    const graph = grid(3);
    expect(lists(graph)[0]).toEqual([1, 3]);
    expect(lists(graph)[1]).toEqual([0, 2, 4]);
    expect(lists(graph)[4]).toEqual([1, 3, 5, 7]);
    expect(edgeCount(grid(20))).toBe(2 * 20 * 19);
  });
});
