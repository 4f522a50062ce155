// The graphs over which floods are measured, as settings describe them.
import { assert } from "@servent/overlay/base/assert.ts";
import type { RandomStream } from "../../engine/random.ts";
import { configurationModel } from "../../topology/configuration-model.ts";
import { type DegreeLaw, drawDegrees, naturalCutoff, powerLaw, twoRegimes } from "../../topology/degree-laws.ts";
import type { Graph } from "../../topology/graph.ts";
import { GRAPHS_TRIED_MAX, randomGraph, regularGraph } from "../../topology/random-graphs.ts";
import { tree, treeNodes } from "../../topology/regular-shapes.ts";
import { numberOf, wordOf } from "../setting-values.ts";
import type { Setting, Settings } from "../program.ts";

export const SHAPES = ["power-law", "random", "regular", "two-regimes", "tree"] as const;

export const GRAPH_SETTINGS = {
  topology: { default: "power-law", choices: SHAPES, summary: "how peers are linked" },
  peers: {
    default: 1000,
    least: 2,
    most: 200_000,
    whole: true,
    summary: "peers; a tree has as many as its levels say",
  },
  meanDegree: { default: 4, least: 1, most: 50, summary: "mean links of a peer: random, two-regimes" },
  degree: { default: 4, least: 2, most: 50, whole: true, summary: "links of every peer (regular), or children (tree)" },
  levels: { default: 5, least: 2, most: 12, whole: true, summary: "levels of a tree" },
  exponent: { default: 2.3, least: 1.1, most: 5, summary: "of the power law" },
  leastDegree: { default: 1, least: 1, most: 20, whole: true, summary: "where the power law begins" },
  mostDegree: { default: 0, least: 0, most: 5000, whole: true, summary: "where it ends; 0: at its natural cutoff" },
  edges: { default: 0, least: 0, most: 2_000_000, whole: true, summary: "power law: links in all; 0: as they come" },
} as const satisfies Readonly<Record<string, Setting>>;

/** Above so many links two-regime degrees follow their power law. */
const KNEE = 10;

export function floodGraph(settings: Settings, random: RandomStream): Graph {
  const peers = numberOf(settings, "peers");
  const exponent = numberOf(settings, "exponent");
  const most = numberOf(settings, "mostDegree");
  switch (wordOf(settings, "topology", SHAPES)) {
    case "random":
      return randomGraph(peers, numberOf(settings, "meanDegree"), random);
    case "regular":
      return found(regularGraph(peers, numberOf(settings, "degree"), random));
    case "tree":
      return tree(numberOf(settings, "degree"), numberOf(settings, "levels"));
    case "two-regimes": {
      const end = most === 0 ? naturalCutoff(peers, exponent, KNEE) : most;
      const law = twoRegimes(numberOf(settings, "meanDegree"), exponent, KNEE, end);
      return lawGraph(found(law), peers, 0, random);
    }
    case "power-law": {
      const least = numberOf(settings, "leastDegree");
      const law = powerLaw(exponent, least, most === 0 ? naturalCutoff(peers, exponent, least) : most);
      return lawGraph(law, peers, numberOf(settings, "edges"), random);
    }
  }
}

/** How many peers such a graph has, and how many links each of them has at most on average. */
export function graphSize(settings: Settings): { readonly peers: number; readonly degree: number } {
  const peers = numberOf(settings, "peers");
  switch (wordOf(settings, "topology", SHAPES)) {
    case "random":
    case "two-regimes":
      return { peers, degree: numberOf(settings, "meanDegree") };
    case "regular":
      return { peers, degree: numberOf(settings, "degree") };
    case "tree":
      return { peers: treeNodes(numberOf(settings, "degree"), numberOf(settings, "levels")), degree: 2 };
    case "power-law": {
      const edges = numberOf(settings, "edges");
      // The means of steep laws stay near their least degree.
      return { peers, degree: edges > 0 ? (2 * edges) / peers : 4 * numberOf(settings, "leastDegree") };
    }
  }
}

/** A graph whose degrees follow the law; with exactly so many edges where they are not 0. */
function lawGraph(law: DegreeLaw, peers: number, edges: number, random: RandomStream): Graph {
  for (let tries = 0; tries < GRAPHS_TRIED_MAX; tries++) {
    const degrees = drawDegrees(law, peers, random);
    if (edges > 0) adjust(degrees, 2 * edges, law, random);
    const graph = configurationModel(degrees, random);
    if (graph !== undefined) return graph;
  }
  return found<Graph>(undefined);
}

/** Gives a link more or less to peers drawn at random, none beyond the law's ends, until the degrees have this sum. */
function adjust(degrees: Int32Array, sum: number, law: DegreeLaw, random: RandomStream): void {
  const most = law.least + law.upTo.length - 1;
  assert(sum >= degrees.length * law.least && sum <= degrees.length * most, "so many links fit the law");
  let left = sum - degrees.reduce((total, degree) => total + degree, 0);
  while (left !== 0) {
    const peer = random.below(degrees.length);
    const step = left > 0 ? 1 : -1;
    const degree = (degrees[peer] as number) + step;
    if (degree < law.least || degree > most) continue;
    degrees[peer] = degree;
    left -= step;
  }
}

function found<T>(value: T | undefined): T {
  assert(value !== undefined, "there is a simple graph with the degrees that were asked for");
  return value;
}
