import { expect, test } from "vitest";
import { RandomStream } from "../engine/random.ts";
import { edgeCount, type Graph } from "./graph.ts";
import { parseTopology, type Topology, type TopologyContext } from "./parse-topology.ts";
import { grid, ring, tree } from "./regular-shapes.ts";

function topology(value: unknown, context: Partial<TopologyContext> = {}): Topology {
  const parsed = parseTopology(value, { path: "topology", ...context });
  if (!parsed.ok) throw new Error(parsed.problem);
  return parsed.value;
}

function built(value: unknown, context: Partial<TopologyContext> = {}): Graph {
  const graph = topology(value, context).build(new RandomStream("7", "topology"));
  if (!graph.ok) throw new Error(graph.problem);
  return graph.value;
}

test("fixed shapes are those of their functions, and draw nothing", () => {
  expect(built({ kind: "tree", arity: 3, levels: 5 })).toEqual(tree(3, 5));
  expect(built({ kind: "ring", nodes: 10 })).toEqual(ring(10));
  expect(built({ kind: "grid", side: 4 })).toEqual(grid(4));
  expect(topology({ kind: "tree", arity: 3, levels: 5 }).nodes).toBe(121);
  expect(topology({ kind: "grid", side: 4 }).nodes).toBe(16);
});

test("random shapes have as many nodes as the scenario has peers, unless they say", () => {
  const peers = 500;
  for (const value of [
    { kind: "random", meanDegree: 4 },
    { kind: "regular", degree: 4 },
    { kind: "powerlaw", exponent: 2.3 },
    { kind: "powerlaw", exponent: 2.3, degreeLeast: 2, degreeMost: 50 },
    { kind: "two-regimes" },
    { kind: "two-regimes", meanDegree: 3.4, exponent: 2.3, knee: 10, degreeMost: 100 },
    { kind: "grown-by-joins" },
    { kind: "grown-by-joins", links: 2, known: 20 },
  ]) {
    expect(topology(value, { peers }).nodes).toBe(500);
    expect(built(value, { peers }).nodes).toBe(500);
    expect(built({ ...value, nodes: 200 }, { peers }).nodes).toBe(200);
    expect(built(value, { peers })).toEqual(built(value, { peers }));
  }
  expect(edgeCount(built({ kind: "random", meanDegree: 4 }, { peers }))).toBe(1000);
});

test("a file is read when the topology is, so that what is wrong in it is said at once", () => {
  const files = (name: string): string | undefined => (name === "g.txt" ? "5 9\n9 12\n" : undefined);
  expect(topology({ kind: "file", name: "g.txt" }, { files }).nodes).toBe(3);
  expect(edgeCount(built({ kind: "file", name: "g.txt" }, { files }))).toBe(2);
  const broken = parseTopology({ kind: "file", name: "g.txt" }, { path: "topology", files: () => "1 2\nx\n" });
  expect(broken).toEqual({ ok: false, problem: expect.stringContaining("topology.name, g.txt: edge list, line 2") });
});

test("chance may find no graph: then it says so", () => {
  const graph = topology({ kind: "powerlaw", nodes: 4, exponent: 2, degreeLeast: 3, degreeMost: 3 });
  expect(graph.build(new RandomStream("7", "x")).ok).toBe(true);
  const none = topology({ kind: "powerlaw", nodes: 5, exponent: 2, degreeLeast: 3, degreeMost: 3 });
  expect(none.build(new RandomStream("7", "x"))).toEqual({
    ok: false,
    problem: expect.stringContaining("no simple graph"),
  });
});

test.each([
  [undefined, "topology: expected an object such as"],
  ["tree", 'topology: expected an object such as {"kind":"random","meanDegree":4}, got "tree"'],
  [[], "topology: expected an object"],
  [{}, "topology.kind: expected one of tree, ring, grid, random, regular, powerlaw, two-regimes, grown-by-joins, file"],
  [{ kind: "star" }, "topology.kind: expected one of tree, ring, grid, random, regular, powerlaw"],
  [
    { kind: "tree", arty: 3, levels: 5 },
    "topology.arty: there is no such key; a topology of kind tree has arity, levels",
  ],
  [{ kind: "tree", toString: 3 }, "topology.toString: there is no such key"],
  [{ kind: "tree", arity: 3 }, "topology.levels: expected a whole number (rows, the root's too), got nothing"],
  [{ kind: "tree", arity: 2.5, levels: 3 }, "topology.arity: expected a whole number (children of a node), got 2.5"],
  [{ kind: "tree", arity: "3", levels: 3 }, 'topology.arity: expected a whole number (children of a node), got "3"'],
  [{ kind: "tree", arity: 0, levels: 3 }, "topology.arity: expected 1 to 1000 (children of a node), got 0"],
  [{ kind: "tree", arity: 10, levels: 10 }, "topology.levels: expected at most 2000000 nodes"],
  [{ kind: "ring" }, "topology.nodes: expected a whole number (nodes), got nothing"],
  [{ kind: "grid", side: 5000 }, "topology.side: expected 1 to 1400"],
  [{ kind: "random", nodes: 5, meanDegree: 4.5 }, "topology.meanDegree: expected at most 4, got 4.5"],
  [{ kind: "random", nodes: 1_000_000, meanDegree: 100 }, "topology.nodes: expected at most 10000000 edges"],
  [{ kind: "random", nodes: 5, meanDegree: Number.NaN }, "topology.meanDegree: expected a number (links of a node)"],
  [{ kind: "regular", nodes: 5, degree: 5 }, "topology.degree: expected at most 4, got 5"],
  [{ kind: "regular", nodes: 5, degree: 3 }, "topology.degree: expected an even number of nodes or an even degree"],
  [{ kind: "powerlaw", nodes: 5, exponent: 2, degreeLeast: 9 }, "topology.degreeLeast: expected at most 4, got 9"],
  [{ kind: "powerlaw", nodes: 5, exponent: 2, degreeMost: 5 }, "topology.degreeMost: expected 1 to 4, got 5"],
  [{ kind: "powerlaw", nodes: 5, exponent: 1 }, "topology.exponent: expected 1.5 to 10 (of the power law), got 1"],
  [
    { kind: "two-regimes", nodes: 500, meanDegree: 300 },
    "topology.meanDegree: no head below the knee gives a mean of 300",
  ],
  [{ kind: "two-regimes", nodes: 2 }, "topology.nodes: expected at least 3, got 2"],
  [{ kind: "grown-by-joins", nodes: 9, links: 5, known: 5 }, "topology.known: expected more than the 5 links, got 5"],
  [{ kind: "grown-by-joins", nodes: 1_000_000, known: 100 }, "topology.known: expected at most 50000000 entries"],
  [{ kind: "file" }, "topology.name: expected the name of a file, got nothing"],
  [{ kind: "file", name: "gone.txt" }, 'topology.name: there is no file "gone.txt"'],
])("of %j it says which key is wrong, and what was expected", (value, expected) => {
  expect(parseTopology(value, { path: "topology" })).toEqual({ ok: false, problem: expect.stringContaining(expected) });
});
