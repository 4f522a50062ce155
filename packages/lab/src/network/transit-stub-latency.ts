// Latencies of a small Internet in two levels (E. W. Zegura's transit-stub graphs): a few transit domains of backbone nodes, to
// each of these nodes some stub domains, in whose nodes the peers live. A message takes the shortest way, and only a stub's own
// traffic passes through it.
import { assert } from "@servent/overlay/base/assert.ts";
import type { Millis } from "@servent/overlay/host/host.ts";
import { RandomStream } from "../engine/random.ts";
import { uniform53 } from "../random-draws.ts";
import type { Latency } from "./latency.ts";
import { PeerHash } from "./peer-hash.ts";

export interface TransitStubOptions {
  readonly transitDomains: number;
  /** Nodes of each transit domain. */
  readonly transitNodes: number;
  /** Stub domains at each transit node. */
  readonly stubDomains: number;
  /** Nodes of each stub domain. */
  readonly stubNodes: number;
  /** A link between two transit nodes, of one domain or of two; milliseconds one way, as the others. */
  readonly transitMs: Millis;
  /** The link from a stub domain to its transit node. */
  readonly transitStubMs: Millis;
  /** A link within a stub domain. */
  readonly stubMs: Millis;
}

/**
 * Chord's (ToN 2003): 5,000 stub nodes; links of 50, 20 and 5 ms. How the nodes divide into domains is not published. With
 * these numbers two random peers are 190 to 260 ms apart one way, depending on the seed.
 */
export const TRANSIT_STUB: TransitStubOptions = {
  transitDomains: 4,
  transitNodes: 10,
  stubDomains: 5,
  stubNodes: 25,
  transitMs: 50,
  transitStubMs: 20,
  stubMs: 5,
};

/** The tables of ways stay below: 512^2 between transit nodes, 2^24 within stub domains. */
export const TRANSIT_NODES_MAX = 512;
export const STUB_NODES_MAX = 250;
export const STUB_WAYS_MAX = 2 ** 24;

/** Shares of the possible links that exist, as in the sample of Zegura's generator. */
const TRANSIT_LINKS = 0.6;
const STUB_LINKS = 0.42;

/** Milliseconds one way; symmetric, draws nothing. Two peers at one stub node have 0, which the world makes 1. */
export function transitStub(seed: string, options: Partial<TransitStubOptions> = {}): Latency {
  const { transitDomains, transitNodes, stubDomains, stubNodes, transitMs, transitStubMs, stubMs } = {
    ...TRANSIT_STUB,
    ...options,
  };
  const transits = transitDomains * transitNodes;
  const stubs = transits * stubDomains;
  assert(transits >= 1 && transits <= TRANSIT_NODES_MAX, "the number of transit nodes is 1 to TRANSIT_NODES_MAX");
  assert(stubNodes >= 1 && stubNodes <= STUB_NODES_MAX, "the nodes of a stub domain are 1 to STUB_NODES_MAX");
  assert(stubs >= 1 && stubs * stubNodes * stubNodes <= STUB_WAYS_MAX, "the ways within stub domains fit their table");

  const random = new RandomStream(seed, "transit-stub");
  const transitHops = hopsBetween(backbone(transitDomains, transitNodes, random));
  const stubHops = new Uint8Array(stubs * stubNodes * stubNodes);
  for (let stub = 0; stub < stubs; stub++) {
    stubHops.set(hopsBetween(connectedGraph(stubNodes, STUB_LINKS, random)), stub * stubNodes * stubNodes);
  }

  const homes = new PeerHash(seed, "transit-stub/home");
  return (from, to) => {
    const one = homes.below(from, stubs * stubNodes);
    const other = homes.below(to, stubs * stubNodes);
    const oneStub = Math.floor(one / stubNodes);
    const otherStub = Math.floor(other / stubNodes);
    // Hops from a node of a stub domain stand in its row; node 0 has the link to the transit node.
    const oneRow = one * stubNodes;
    const otherRow = other * stubNodes;
    if (oneStub === otherStub) return stubMs * (stubHops[oneRow + (other % stubNodes)] as number);
    const oneTransit = Math.floor(oneStub / stubDomains);
    const otherTransit = Math.floor(otherStub / stubDomains);
    const within = (stubHops[oneRow] as number) + (stubHops[otherRow] as number);
    const across = transitHops[oneTransit * transits + otherTransit] as number;
    return stubMs * within + 2 * transitStubMs + transitMs * across;
  };
}

/** A square of booleans: which of `nodes` nodes are linked. */
interface Links {
  readonly nodes: number;
  readonly linked: Uint8Array;
}

/** Domains that are connected within, and to one another. */
function backbone(domains: number, nodesEach: number, random: RandomStream): Links {
  const nodes = domains * nodesEach;
  const linked = new Uint8Array(nodes * nodes);
  for (let domain = 0; domain < domains; domain++) {
    const inside = connectedGraph(nodesEach, TRANSIT_LINKS, random);
    for (let a = 0; a < nodesEach; a++) {
      for (let b = 0; b < nodesEach; b++) {
        const at = (domain * nodesEach + a) * nodes + domain * nodesEach + b;
        linked[at] = inside.linked[a * nodesEach + b] as number;
      }
    }
  }
  const between = connectedGraph(domains, TRANSIT_LINKS, random);
  for (let one = 0; one < domains; one++) {
    for (let other = 0; other < one; other++) {
      if (between.linked[one * domains + other] === 0) continue;
      link({ nodes, linked }, one * nodesEach + random.below(nodesEach), other * nodesEach + random.below(nodesEach));
    }
  }
  return { nodes, linked };
}

/** A random tree, and of the other possible links a share. */
function connectedGraph(nodes: number, share: number, random: RandomStream): Links {
  const links: Links = { nodes, linked: new Uint8Array(nodes * nodes) };
  for (let node = 1; node < nodes; node++) link(links, node, random.below(node));
  for (let a = 1; a < nodes; a++) {
    for (let b = 0; b < a; b++) if (uniform53(random) < share) link(links, a, b);
  }
  return links;
}

function link({ nodes, linked }: Links, a: number, b: number): void {
  linked[a * nodes + b] = 1;
  linked[b * nodes + a] = 1;
}

/** The fewest links between every two nodes, in rows. All are connected; the bounds keep every number below 2^16. */
function hopsBetween({ nodes, linked }: Links): Uint16Array {
  const hops = new Uint16Array(nodes * nodes).fill(nodes);
  const queue = new Uint16Array(nodes);
  for (let start = 0; start < nodes; start++) {
    const row = start * nodes;
    hops[row + start] = 0;
    queue[0] = start;
    for (let next = 0, known = 1; next < known; next++) {
      const node = queue[next] as number;
      for (let other = 0; other < nodes; other++) {
        if (linked[node * nodes + other] === 0 || (hops[row + other] as number) < nodes) continue;
        hops[row + other] = (hops[row + node] as number) + 1;
        queue[known++] = other;
      }
    }
  }
  return hops;
}
