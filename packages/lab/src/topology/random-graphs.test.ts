// Random graphs are simple, have the degrees they were asked for, and each possible one is about as likely.
import { describe, expect, test } from "vitest";
import { RandomStream } from "../engine/random.ts";
import { configurationModel } from "./configuration-model.ts";
import { drawDegrees, graphOfLaw, naturalCutoff, powerLaw, twoRegimes, type DegreeLaw } from "./degree-laws.ts";
import { degreesOf, edgeCount, neighboursOf, type Graph } from "./graph.ts";
import { grownByJoins } from "./grown-by-joins.ts";
import { degreeCounts, fitPowerLaw } from "./power-law-fit.ts";
import { randomGraph, regularGraph } from "./random-graphs.ts";

const random = (name: string): RandomStream => new RandomStream("7", `random-graphs/${name}`);

/** What a simple graph must not have: loops, double edges, edges at one end only. */
function faults(graph: Graph): string[] {
  const found: string[] = [];
  for (let node = 0; node < graph.nodes; node++) {
    const neighbours = neighboursOf(graph, node);
    neighbours.forEach((other, i) => {
      if (other === node) found.push(`loop at ${node}`);
      if (i > 0 && other <= (neighbours[i - 1] as number)) found.push(`order or double edge at ${node}`);
      if (!neighboursOf(graph, other).includes(node)) found.push(`edge ${node}-${other} has one end`);
    });
  }
  return found;
}

function some(graph: Graph | undefined): Graph {
  if (graph === undefined) throw new Error("no graph was found");
  return graph;
}

describe("a random graph", () => {
  test("has the number of edges, and degrees as chance makes them", () => {
    const graph = randomGraph(20_000, 5, random("sparse"));
    expect(faults(graph)).toEqual([]);
    expect(edgeCount(graph)).toBe(50_000);
    // Poisson: a share exp(-5) of the nodes has no neighbour, 0.1755 have five.
    const counts = degreeCounts(graph);
    expect(Math.abs((counts[0] as number) / 20_000 - Math.exp(-5))).toBeLessThan(0.003);
    expect(Math.abs((counts[5] as number) / 20_000 - 0.1755)).toBeLessThan(0.014);
  });

  test("may have all edges, nearly all, or none", () => {
    for (const meanDegree of [0, 3, 9.8, 29, 28.6]) {
      const graph = randomGraph(30, meanDegree, random(`dense/${meanDegree}`));
      expect(faults(graph)).toEqual([]);
      expect(edgeCount(graph)).toBe(Math.floor(15 * meanDegree + 0.5));
    }
  });
});

describe("a regular graph", () => {
  test.each([
    [10_000, 3],
    [10_000, 4],
    [501, 40],
    [60, 31],
    [12, 11],
    [7, 6],
    [10, 0],
  ])("of %i nodes has degree %i everywhere", (nodes, degree) => {
    const graph = some(regularGraph(nodes, degree, random(`regular/${nodes}/${degree}`)));
    expect(faults(graph)).toEqual([]);
    expect(new Set(degreesOf(graph))).toEqual(new Set([degree]));
  });

  test("every one is about as likely: of two links for each of six nodes, one in seven is two triangles", () => {
    const stream = random("uniform");
    let triangles = 0;
    const seen = new Map<string, number>();
    for (let i = 0; i < 14_000; i++) {
      const graph = some(regularGraph(6, 2, stream));
      const text = graph.neighbours.join();
      seen.set(text, (seen.get(text) ?? 0) + 1);
      const [one = 0, other = 0] = neighboursOf(graph, 0);
      if (neighboursOf(graph, one).includes(other)) triangles++;
    }
    // There are 60 rings and 10 pairs of triangles. Bounds of five standard errors.
    expect(seen.size).toBe(70);
    expect(Math.abs(triangles / 14_000 - 1 / 7)).toBeLessThan(0.015);
    for (const count of seen.values()) expect(Math.abs(count - 200)).toBeLessThan(71);
  });
});

describe("the configuration model", () => {
  test("gives every node its own degree, hubs that see nearly everybody too", () => {
    const degrees = Int32Array.from({ length: 200 }, (_, node) => (node < 4 ? 150 : 4 + (node % 3)));
    const odd = degrees.reduce((sum, degree) => sum + degree, 0) % 2;
    degrees[199] = (degrees[199] as number) + odd;
    const graph = some(configurationModel(degrees, random("hubs")));
    expect(faults(graph)).toEqual([]);
    expect(degreesOf(graph)).toEqual(degrees);
  });

  test("gives nothing where no simple graph has such degrees", () => {
    expect(configurationModel(Int32Array.of(3, 3, 1, 1), random("none"))).toBeUndefined();
  });

  test("an odd sum, or a degree as large as the graph, is our own fault", () => {
    expect(() => configurationModel(Int32Array.of(1, 1, 1), random("odd"))).toThrow("even");
    expect(() => configurationModel(Int32Array.of(3, 1, 2), random("large"))).toThrow("below the number");
  });
});

describe("degrees of a power law", () => {
  function shares({ least, upTo }: DegreeLaw): Map<number, number> {
    const all = [...upTo].map((sum, i) => [least + i, sum - (i === 0 ? 0 : (upTo[i - 1] as number))] as const);
    return new Map(all);
  }

  test("fall by the exponent, and have the mean that the law says", () => {
    const law = powerLaw(2.3, 1, 1000);
    const share = shares(law);
    expect((share.get(1) as number) / (share.get(10) as number)).toBeCloseTo(10 ** 2.3, 8);
    const mean = [...share].reduce((sum, [degree, part]) => sum + degree * part, 0);
    expect(law.mean).toBeCloseTo(mean, 10);
    const drawn = drawDegrees(law, 100_000, random("draw"));
    const ones = drawn.filter((degree) => degree === 1).length / drawn.length;
    expect(Math.abs(ones - (share.get(1) as number))).toBeLessThan(0.008);
    expect(drawn.reduce((sum, degree) => sum + degree, 0) % 2).toBe(0);
  });

  test.each([
    [2.3, 1],
    [2.1, 1],
    [2.6, 2],
    [3, 3],
  ])("of exponent %d from degree %i on are found again in the graph", (exponent, least) => {
    const nodes = 40_000;
    const law = powerLaw(exponent, least, naturalCutoff(nodes, exponent, least));
    const graph = some(graphOfLaw(law, nodes, random(`law/${exponent}`)));
    expect(faults(graph)).toEqual([]);
    const fit = fitPowerLaw(degreeCounts(graph), least);
    // The cut of the tail makes the fit a little steeper than the law.
    expect(Math.abs((fit?.exponent as number) - exponent)).toBeLessThan(0.05);
  });

  test("two regimes: the mean that was asked for, a power law above the knee, a head that is flat where it can be", () => {
    const law = twoRegimes(6.8, 3.5, 10, 1000) as DegreeLaw;
    const share = shares(law);
    expect(law.mean).toBeCloseTo(6.8, 9);
    const ratio = (one: number, other: number): number => (share.get(one) as number) / (share.get(other) as number);
    expect(ratio(20, 40)).toBeCloseTo(2 ** 3.5, 8);
    expect(ratio(10, 20)).toBeCloseTo(2 ** 3.5, 8);
    expect(Math.log2(ratio(1, 2))).toBeCloseTo(0.51, 2);
    expect(Math.log2(ratio(4, 8))).toBeCloseTo(Math.log2(ratio(1, 2)), 8);
    // Gnutella's published mean, taken as a mean degree, leaves nothing flat.
    const steep = shares(twoRegimes(3.4, 3.5, 10, 1000) as DegreeLaw);
    expect(Math.log2((steep.get(1) as number) / (steep.get(2) as number))).toBeCloseTo(1.47, 2);
    expect(twoRegimes(300, 3.5, 10, 1000)).toBeUndefined();

    const graph = some(graphOfLaw(law, 20_000, random("regimes")));
    expect(faults(graph)).toEqual([]);
    expect(Math.abs((2 * edgeCount(graph)) / 20_000 - 6.8)).toBeLessThan(0.4);
    expect(Math.abs((fitPowerLaw(degreeCounts(graph), 12)?.exponent as number) - 3.5)).toBeLessThan(0.2);
  });

  test("a law of one odd degree on an odd number of nodes has no graph", () => {
    expect(graphOfLaw(powerLaw(2.3, 3, 3), 5, random("one"))).toBeUndefined();
    expect(some(graphOfLaw(powerLaw(2.3, 3, 3), 6, random("one"))).neighbours.length).toBe(18);
  });
});

describe("a graph grown by joins", () => {
  test("is connected link by link: each newcomer opens its links to hosts that were there", () => {
    const graph = grownByJoins({ nodes: 5000, links: 3, known: 13 }, random("grown"));
    expect(faults(graph)).toEqual([]);
    for (let node = 3; node < graph.nodes; node++) {
      const earlier = neighboursOf(graph, node).filter((other) => other < node).length;
      if (earlier !== 3) throw new Error(`node ${node} opened ${earlier} links`);
    }
    expect(edgeCount(graph)).toBe(3 * 5000 - 6);
  });

  test.each([
    [5, 3.5, 0.35],
    [10, 2.43, 0.15],
    [13, 2.3, 0.15],
    [20, 2.18, 0.15],
  ])("with lists of %i hosts and 3 links its tail has an exponent near %d", (known, exponent, tolerance) => {
    const graph = grownByJoins({ nodes: 50_000, links: 3, known }, random(`tail/${known}`));
    const fit = fitPowerLaw(degreeCounts(graph), 20);
    expect(Math.abs((fit?.exponent as number) - exponent)).toBeLessThan(tolerance);
  });
});

test("a seed gives these graphs", () => {
  const hash = (graph: Graph): number =>
    graph.neighbours.reduce((sum, node) => (Math.imul(sum, 31) + node) | 0, graph.neighbours.length);
  const pinned = [
    hash(randomGraph(1000, 4, random("pin"))),
    hash(some(regularGraph(1000, 4, random("pin")))),
    hash(some(graphOfLaw(powerLaw(2.3, 1, 100), 1000, random("pin")))),
    hash(some(graphOfLaw(twoRegimes(6.8, 3.5, 10, 100) as DegreeLaw, 1000, random("pin")))),
    hash(grownByJoins({ nodes: 1000, links: 3, known: 13 }, random("pin"))),
  ];
  expect(pinned).toEqual([-897069830, 151377078, 1822596488, -1935566175, -1591556466]);
});
