// What a classic flood reaches and costs, against counts that know nothing of the node's code.
import { describe, expect, test } from "vitest";
import { uniform } from "@servent/lab/network/latency.ts";
import { RandomStream } from "@servent/lab/engine/random.ts";
import { World } from "@servent/lab/engine/world.ts";
import { askedFor, classicNetwork, type Graph, type GnutellaPeer } from "./gnutella-world.ts";

const WORDS = "blue train";

function link(graph: number[][], a: number, b: number): void {
  if (a === b || graph[a]?.includes(b)) return;
  graph[a]?.push(b);
  graph[b]?.push(a);
}

function grid(side: number): Graph {
  const graph: number[][] = Array.from({ length: side * side }, () => []);
  for (let row = 0; row < side; row++) {
    for (let column = 0; column < side; column++) {
      if (column + 1 < side) link(graph, row * side + column, row * side + column + 1);
      if (row + 1 < side) link(graph, row * side + column, (row + 1) * side + column);
    }
  }
  return graph;
}

/** A random tree, deep because each peer hangs on one of the last few, and some edges across. */
function tangledTree(peers: number, across: number, random: RandomStream): Graph {
  const graph: number[][] = Array.from({ length: peers }, () => []);
  for (let i = 1; i < peers; i++) link(graph, i, Math.max(0, i - 1 - random.below(8)));
  for (let i = 0; i < across; i++) {
    const a = random.below(peers);
    link(graph, a, Math.max(0, a - 1 - random.below(20)));
  }
  return graph;
}

function ringWithChords(peers: number): Graph {
  const graph: number[][] = Array.from({ length: peers }, () => []);
  for (let i = 0; i < peers; i++) link(graph, i, (i + 1) % peers);
  for (let i = 0; i < peers; i += 10) link(graph, i, (i + 7) % peers);
  return graph;
}

interface Expected {
  /** Hops at which each reached peer first hears the query; the origin is not among them. */
  readonly hops: ReadonlyMap<number, number>;
  readonly messages: number;
  readonly duplicates: number;
}

/** Breadth-first search: who is within the TTL, and how many messages that costs when all lines are equally long. */
function breadthFirst(graph: Graph, origin: number, ttl: number): Expected {
  const distance = new Map([[origin, 0]]);
  const queue = [origin];
  for (let at = queue.shift(); at !== undefined; at = queue.shift()) {
    for (const next of graph[at] as readonly number[]) {
      if (distance.has(next)) continue;
      distance.set(next, (distance.get(at) as number) + 1);
      queue.push(next);
    }
  }
  const hops = new Map([...distance].filter(([peer, d]) => peer !== origin && d <= ttl));
  let messages = (graph[origin] as readonly number[]).length;
  for (const [peer, d] of hops) if (d < ttl) messages += (graph[peer] as readonly number[]).length - 1;
  return { hops, messages, duplicates: messages - hops.size };
}

/** The same by events, for lines of different lengths: whoever hears first, forwards what TTL that copy has left. */
function byEvents(
  graph: Graph,
  origin: number,
  ttl: number,
  latency: (from: number, to: number) => number,
): Expected & { ties: number } {
  const pending: { at: number; to: number; from: number; ttl: number; hops: number }[] = [];
  const send = (now: number, from: number, except: number, left: number, hops: number): void => {
    for (const to of graph[from] as readonly number[]) {
      if (to !== except) pending.push({ at: now + latency(from, to), to, from, ttl: left, hops });
    }
  };
  const hops = new Map<number, number>();
  const firstAt = new Map([[origin, 0]]);
  let messages = 0;
  let duplicates = 0;
  let ties = 0;
  send(0, origin, -1, ttl, 1);
  while (pending.length > 0) {
    pending.sort((a, b) => b.at - a.at);
    const next = pending.pop() as (typeof pending)[number];
    messages++;
    const first = firstAt.get(next.to);
    if (first !== undefined) {
      duplicates++;
      if (first === next.at && hops.get(next.to) !== next.hops) ties++;
      continue;
    }
    firstAt.set(next.to, next.at);
    hops.set(next.to, next.hops);
    if (next.ttl > 1) send(next.at, next.to, next.from, next.ttl - 1, next.hops + 1);
  }
  return { hops, messages, duplicates, ties };
}

/** Runs one search and compares everything that can be counted with what is expected. */
function compare(world: World, peers: readonly GnutellaPeer[], origin: number, ttl: number, expected: Expected): void {
  const words = `${WORDS} ${ttl}`;
  // Every third peer has the file.
  peers.forEach(({ files }, i) => i % 3 === 0 && files.share(`${words}.ogg`));
  const sentBefore = world.sent().get("query")?.messages ?? 0;
  const hitsBefore = world.sent().get("hit")?.messages ?? 0;
  const duplicatesBefore = peers.reduce((sum, { node }) => sum + node.counters.duplicates, 0);
  const asker = peers[origin] as GnutellaPeer;

  const search = asker.node.search(words, undefined, ttl);
  world.runFor(120_000);

  const reached = peers.flatMap((peer, i) => (askedFor(peer, words) > 0 ? [i] : []));
  expect(reached).toEqual([...expected.hops.keys()].sort((a, b) => a - b));
  expect(peers.filter((peer) => askedFor(peer, words) > 1)).toEqual([]);
  expect((world.sent().get("query")?.messages ?? 0) - sentBefore).toBe(expected.messages);
  expect(peers.reduce((sum, { node }) => sum + node.counters.duplicates, 0) - duplicatesBefore).toBe(
    expected.duplicates,
  );

  const answering = [...expected.hops.keys()].filter((peer) => peer % 3 === 0).sort((a, b) => a - b);
  const answers = asker.hits.filter((hit) => hit.search === search).map(({ hit }) => hit.address);
  expect(answers.sort((a, b) => a - b)).toEqual(answering.map((peer) => peers[peer]?.address));
  // Along the path that the query took, hop by hop.
  const steps = answering.reduce((sum, peer) => sum + (expected.hops.get(peer) as number), 0);
  expect((world.sent().get("hit")?.messages ?? 0) - hitsBefore).toBe(steps);
}

const graphs: { name: string; graph: Graph; origin: number }[] = [
  { name: "a grid", graph: grid(16), origin: 17 },
  { name: "a ring with chords", graph: ringWithChords(120), origin: 3 },
  { name: "a tangled tree", graph: tangledTree(300, 60, new RandomStream("tree", "graph")), origin: 140 },
];

describe.each(graphs)("a flood over $name", ({ graph, origin }) => {
  test("reaches what a breadth-first search reaches, at each TTL from 1 to 7", () => {
    const world = new World({ seed: 7 });
    const peers = classicNetwork(world, graph);
    for (let ttl = 1; ttl <= 7; ttl++) {
      const expected = breadthFirst(graph, origin, ttl);
      expect(graph.length - 1 - expected.hops.size).toBeGreaterThanOrEqual(20);
      compare(world, peers, origin, ttl, expected);
    }
  });

  test("reaches what an independent event calculation reaches when every line has its own length", () => {
    const random = new RandomStream("lines", "latency");
    const lines = graph.map(() => graph.map(() => 20 + random.below(2000)));
    const latency = (from: number, to: number): number => lines[Math.min(from, to)]?.[Math.max(from, to)] as number;
    const world = new World({ seed: 11, latency });
    const peers = classicNetwork(world, graph);
    for (let ttl = 1; ttl <= 7; ttl++) {
      const expected = byEvents(graph, origin, ttl, latency);
      // Two copies at the same tick would leave the order open.
      expect(expected.ties).toBe(0);
      compare(world, peers, origin, ttl, expected);
    }
  });
});

test("lines of different lengths change what a flood reaches, so the event calculation is not a breadth-first search", () => {
  const graph = graphs[2]?.graph as Graph;
  const random = new RandomStream("lines", "latency");
  const lines = graph.map(() => graph.map(() => 20 + random.below(2000)));
  const latency = (from: number, to: number): number => lines[Math.min(from, to)]?.[Math.max(from, to)] as number;
  expect(byEvents(graph, 140, 7, latency).hops.size).not.toBe(breadthFirst(graph, 140, 7).hops.size);
  expect(byEvents(graph, 140, 7, () => 10).hops).toEqual(breadthFirst(graph, 140, 7).hops);
});

test("the same seed gives the same trace twice, another seed another, and both fidelities decide alike", () => {
  const run = (seed: number, fidelity: "wire" | "message"): { digest: string; answers: number } => {
    const world = new World({ seed, fidelity, latency: uniform(5, 80), freeze: true });
    const peers = classicNetwork(world, graphs[1]?.graph as Graph);
    peers.forEach(({ files }, i) => i % 5 === 0 && files.share("blue train.ogg"));
    peers[3]?.node.search(WORDS, undefined, 6);
    world.runFor(60_000);
    return { digest: world.digest(), answers: peers[3]?.hits.length ?? 0 };
  };

  expect(run(7, "message").answers).toBeGreaterThan(0);
  expect(run(7, "message")).toEqual(run(7, "message"));
  expect(run(7, "wire")).toEqual(run(7, "message"));
  expect(run(8, "message").digest).not.toBe(run(7, "message").digest);
});
