// Topologies as scenario files have them: `{ "kind": "tree", "arity": 3, "levels": 5 }`. A wrong one is the user's, so the answer
// says which key is wrong and what was expected there.
import { decoded, malformed, type Decoded } from "@servent/overlay/base/decoded.ts";
import type { RandomStream } from "../engine/random.ts";
import type { TextSource } from "../model-text.ts";
import { graphOfLaw, naturalCutoff, powerLaw, twoRegimes } from "./degree-laws.ts";
import { parseEdgeList } from "./edge-list-text.ts";
import { EDGES_MAX, NODES_MAX, type Graph } from "./graph.ts";
import { grownByJoins, KNOWN_MAX, LIST_ENTRIES_MAX } from "./grown-by-joins.ts";
import { randomGraph, regularGraph } from "./random-graphs.ts";
import { grid, ring, tree, treeNodes } from "./regular-shapes.ts";

export interface Topology {
  readonly kind: string;
  readonly nodes: number;
  /** Fails where chance found no simple graph with such degrees. Shapes that are fixed draw nothing. */
  build(random: RandomStream): Decoded<Graph>;
}

export interface TopologyContext {
  /** Where it stands in the scenario, for messages. */
  readonly path: string;
  /** The scenario's number of peers: what `nodes` is where the topology does not say. */
  readonly peers?: number;
  /** The text of a file that a topology of kind `file` names. */
  readonly files?: TextSource;
}

export function parseTopology(value: unknown, { path, peers, files }: TopologyContext): Decoded<Topology> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return malformed(path, `expected an object such as {"kind":"random","meanDegree":4}, got ${shown(value)}`);
  }
  const given = new Map<string, unknown>(Object.entries(value));
  const kind = given.get("kind");
  const shape = typeof kind === "string" ? SHAPES.get(kind) : undefined;
  if (typeof kind !== "string" || shape === undefined) {
    return malformed(`${path}.kind`, `expected one of ${[...SHAPES.keys()].join(", ")}, got ${shown(kind)}`);
  }
  for (const key of given.keys()) {
    if (key === "kind" || Object.hasOwn(shape.keys, key)) continue;
    const known = Object.keys(shape.keys).join(", ");
    return malformed(`${path}.${key}`, `there is no such key; a topology of kind ${kind} has ${known}`);
  }
  const numbers: Record<string, number> = {};
  for (const [name, key] of Object.entries(shape.keys)) {
    if (key === "text") continue;
    const number = given.get(name) ?? (name === "nodes" ? peers : undefined) ?? key.default;
    const place = `${path}.${name}`;
    if (typeof number !== "number" || !Number.isFinite(number) || (key.whole && !Number.isInteger(number))) {
      return malformed(place, `expected a ${key.whole ? "whole " : ""}number (${key.summary}), got ${shown(number)}`);
    }
    if (number < key.least || number > key.most) {
      return malformed(place, `expected ${key.least} to ${key.most} (${key.summary}), got ${number}`);
    }
    numbers[name] = number;
  }
  const built = shape.parse(numbers, () => readFile(given.get("name"), files));
  // A shape names the key that is wrong; what stands before it is known only here.
  return built.ok ? decoded({ kind, ...built.value }) : { ok: false, problem: `${path}.${built.problem}` };
}

export interface NumberKey {
  readonly summary: string;
  readonly whole: boolean;
  readonly least: number;
  readonly most: number;
  readonly default?: number;
}

type Built = Omit<Topology, "kind">;

export interface Shape {
  readonly keys: Readonly<Record<string, NumberKey | "text">>;
  parse(numbers: Readonly<Record<string, number>>, file: () => Decoded<Graph>): Decoded<Built>;
}

function count(summary: string, least: number, most: number): NumberKey {
  return { summary, whole: true, least, most };
}

function real(summary: string, least: number, most: number): NumberKey {
  return { summary, whole: false, least, most };
}

function fixed(nodes: number, make: () => Graph): Decoded<Built> {
  return decoded({ nodes, build: () => decoded(make()) });
}

function found(graph: Graph | undefined): Decoded<Graph> {
  return graph === undefined ? malformed("topology", "no simple graph with such degrees was found") : decoded(graph);
}

function tooManyEdges(edges: number): Decoded<Built> | undefined {
  if (edges <= EDGES_MAX) return undefined;
  return malformed("nodes", `expected at most ${EDGES_MAX} edges, these numbers make ${Math.ceil(edges)}`);
}

/** Problems begin with the key, as those of the shapes do. */
function readFile(name: unknown, files: TextSource | undefined): Decoded<Graph> {
  if (typeof name !== "string" || name === "")
    return malformed("name", `expected the name of a file, got ${shown(name)}`);
  const text = files?.(name);
  if (text === undefined) return malformed("name", `there is no file ${shown(name)}`);
  const read = parseEdgeList(text);
  return read.ok ? decoded(read.value.graph) : malformed(`name, ${name}`, read.problem);
}

function shown(value: unknown): string {
  if (value === undefined) return "nothing";
  const text = JSON.stringify(value) ?? typeof value;
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}

const NODES = count("nodes", 1, NODES_MAX);
const EXPONENT = real("of the power law", 1.5, 10);

export const SHAPES: ReadonlyMap<string, Shape> = new Map<string, Shape>([
  [
    "tree",
    {
      keys: { arity: count("children of a node", 1, 1000), levels: count("rows, the root's too", 1, 1000) },
      parse: ({ arity = 1, levels = 1 }) => {
        const nodes = treeNodes(arity, levels);
        if (nodes > NODES_MAX) return malformed("levels", `expected at most ${NODES_MAX} nodes, such a tree has more`);
        return fixed(nodes, () => tree(arity, levels));
      },
    },
  ],
  ["ring", { keys: { nodes: NODES }, parse: ({ nodes = 1 }) => fixed(nodes, () => ring(nodes)) }],
  [
    "grid",
    {
      keys: { side: count("nodes of a row", 1, 1400) },
      parse: ({ side = 1 }) => fixed(side * side, () => grid(side)),
    },
  ],
  [
    "random",
    {
      keys: { nodes: NODES, meanDegree: real("links of a node", 0, NODES_MAX) },
      parse: ({ nodes = 1, meanDegree = 0 }) => {
        if (meanDegree > nodes - 1) return malformed("meanDegree", `expected at most ${nodes - 1}, got ${meanDegree}`);
        const large = tooManyEdges((nodes * meanDegree) / 2);
        return large ?? decoded({ nodes, build: (random) => decoded(randomGraph(nodes, meanDegree, random)) });
      },
    },
  ],
  [
    "regular",
    {
      keys: { nodes: NODES, degree: count("links of every node", 0, NODES_MAX) },
      parse: ({ nodes = 1, degree = 0 }) => {
        if (degree > nodes - 1) return malformed("degree", `expected at most ${nodes - 1}, got ${degree}`);
        if ((nodes * degree) % 2 === 1)
          return malformed("degree", "expected an even number of nodes or an even degree");
        const large = tooManyEdges((nodes * degree) / 2);
        return large ?? decoded({ nodes, build: (random) => found(regularGraph(nodes, degree, random)) });
      },
    },
  ],
  [
    "powerlaw",
    {
      keys: {
        nodes: NODES,
        exponent: EXPONENT,
        degreeLeast: { ...count("the smallest degree", 1, 1000), default: 1 },
        degreeMost: { ...count("the largest degree, 0 for what such a law has by itself", 0, NODES_MAX), default: 0 },
      },
      parse: ({ nodes = 1, exponent = 2, degreeLeast = 1, degreeMost = 0 }) => {
        const most = degreeMost === 0 ? naturalCutoff(nodes, exponent, degreeLeast) : degreeMost;
        if (degreeLeast > nodes - 1)
          return malformed("degreeLeast", `expected at most ${nodes - 1}, got ${degreeLeast}`);
        if (most < degreeLeast || most > nodes - 1) {
          return malformed("degreeMost", `expected ${degreeLeast} to ${nodes - 1}, got ${most}`);
        }
        const law = powerLaw(exponent, degreeLeast, most);
        const large = tooManyEdges((nodes * law.mean) / 2);
        return large ?? decoded({ nodes, build: (random) => found(graphOfLaw(law, nodes, random)) });
      },
    },
  ],
  [
    "two-regimes",
    {
      keys: {
        nodes: NODES,
        meanDegree: { ...real("links of a node", 1, 1000), default: 6.8 },
        exponent: { ...EXPONENT, default: 3.5 },
        knee: { ...count("the degree from which on it is a power law", 1, 1000), default: 10 },
        degreeMost: { ...count("the largest degree", 2, NODES_MAX), default: 1000 },
      },
      parse: ({ nodes = 1, meanDegree = 1, exponent = 2, knee = 1, degreeMost = 2 }) => {
        if (nodes < 3) return malformed("nodes", `expected at least 3, got ${nodes}`);
        const law = twoRegimes(meanDegree, exponent, knee, Math.min(degreeMost, nodes - 1));
        if (law === undefined) return malformed("meanDegree", `no head below the knee gives a mean of ${meanDegree}`);
        const large = tooManyEdges((nodes * law.mean) / 2);
        return large ?? decoded({ nodes, build: (random) => found(graphOfLaw(law, nodes, random)) });
      },
    },
  ],
  [
    "grown-by-joins",
    {
      keys: {
        nodes: NODES,
        links: { ...count("links that a newcomer opens", 1, KNOWN_MAX - 1), default: 3 },
        known: { ...count("hosts on a list", 2, KNOWN_MAX), default: 13 },
      },
      parse: ({ nodes = 1, links = 1, known = 2 }) => {
        if (known <= links) return malformed("known", `expected more than the ${links} links, got ${known}`);
        if (nodes * known > LIST_ENTRIES_MAX) {
          return malformed("known", `expected at most ${LIST_ENTRIES_MAX} entries on all lists, got ${nodes * known}`);
        }
        const large = tooManyEdges(nodes * links);
        return large ?? decoded({ nodes, build: (random) => decoded(grownByJoins({ nodes, links, known }, random)) });
      },
    },
  ],
  [
    "file",
    {
      keys: { name: "text" },
      parse: (_numbers, file) => {
        const graph = file();
        return graph.ok ? fixed(graph.value.nodes, () => graph.value) : graph;
      },
    },
  ],
]);
