// An overlay that grows as Gnutella did: one node after another joins through hosts that it was told of, and keeps as many links
// as its user wanted. What law do the degrees follow then? Beside it the generator that draws such graphs without any node.
import { assert } from "@servent/overlay/base/assert.ts";
import { uniform } from "../../network/latency.ts";
import { uniform53 } from "../../random-draws.ts";
import { components } from "../../topology/components.ts";
import { edgeCount, type Graph } from "../../topology/graph.ts";
import { grownByJoins, KNOWN_MAX } from "../../topology/grown-by-joins.ts";
import { degreeCounts, fitPowerLaw } from "../../topology/power-law-fit.ts";
import { numberOf, numbersOf, wordOf } from "../setting-values.ts";
import type { Findings, Program, RunContext, Settings } from "../program.ts";
import { Catalogue } from "./catalogue.ts";
import { GnutellaWorld, type Tier } from "./gnutella-world.ts";

const PINGS = ["cached", "flooded"] as const;
/** One way, between peers anywhere in the world. */
const LATENCY_MS = [20, 200] as const;
/** TTL of flooded pings. */
const TTL = 7;
/** After the last join, peers that still want links look for them. */
const SETTLE_MS = 60_000;
/** Standard errors to each side of a 95 % interval. */
const NORMAL_95 = 1.96;

export const gnutellaGrown: Program = {
  name: "gnutella-grown",
  summary: "Degrees of an overlay that grew by joins of nodes, against the generator of such graphs",
  settings: {
    peers: { default: 2000, least: 10, most: 50_000, whole: true, summary: "peers that join, one after another" },
    joinEveryMs: { default: 200, least: 1, most: 600_000, whole: true, summary: "time between two joins" },
    wanted: { default: [2, 3, 4, 8, 16], least: 1, most: 1000, whole: true, summary: "links that users ask for" },
    wantedShares: { default: [30, 30, 25, 12, 3], least: 0, most: 100, summary: "so many users of each kind" },
    letsIn: { default: 1000, least: 1, most: 1000, summary: "a peer takes calls up to so many times what it wants" },
    firstHosts: { default: 5, least: 1, most: 100, whole: true, summary: "peers that a newcomer was told of" },
    known: { default: 50, least: 2, most: KNOWN_MAX, whole: true, summary: "addresses that a peer remembers" },
    pings: { default: "cached", choices: PINGS, summary: "how hosts hear of each other" },
    pingEverySeconds: {
      default: 60,
      least: 10,
      most: 86_400,
      whole: true,
      summary: "how often a peer asks for others",
    },
  },

  memory: (settings) => ({ peers: numberOf(settings, "peers"), bytesPerPeer: 20_000, fixedBytes: 200_000_000 }),

  run(context: RunContext): Findings {
    const { settings } = context;
    const { gnutella, wantedMean } = grow(context);
    const graph = gnutella.graph();
    const peers = numberOf(settings, "peers");
    const known = numberOf(settings, "known");
    // Its hosts open the same number of links each, and take all calls.
    const links = Math.min(known - 1, Math.max(1, Math.floor(wantedMean + 0.5)));
    const generated = grownByJoins({ nodes: peers, links, known }, gnutella.world.random("generator"));
    return {
      values: {
        peers,
        "wanted.mean": wantedMean,
        ...lawValues("", graph),
        ...lawValues("generator.", generated),
        "generator.links": links,
      },
      tables: { degrees: { columns: ["degree", "peers", "generator"], rows: degreeRows(graph, generated) } },
      digest: gnutella.world.digest(),
      events: gnutella.world.events,
    };
  },
};

function grow({ settings, seed, fidelity, progress }: RunContext): { gnutella: GnutellaWorld; wantedMean: number } {
  const latency = uniform(...LATENCY_MS);
  const gnutella = new GnutellaWorld({ seed, fidelity, latency, catalogue: new Catalogue(1, 0) });
  const { world } = gnutella;
  const random = world.random("joins");
  const users = new Users(settings);
  const peers = numberOf(settings, "peers");
  let wantedSum = 0;
  for (let peer = 0; peer < peers; peer++) {
    const linksWanted = users.wanted(uniform53(random));
    wantedSum += linksWanted;
    gnutella.add(tierOf(settings, linksWanted), NO_FILES);
    const node = gnutella.node(peer);
    const told = peer === 0 ? 0 : numberOf(settings, "firstHosts");
    for (let i = 0; i < told; i++) node.hosts.learn(gnutella.addressOf(random.below(peer)), undefined);
    node.start();
    world.runFor(numberOf(settings, "joinEveryMs"));
    progress(peer, peers, "joining");
  }
  world.runFor(SETTLE_MS);
  return { gnutella, wantedMean: wantedSum / peers };
}

function tierOf(settings: Settings, linksWanted: number): Tier {
  return {
    role: "classic",
    linksWanted,
    linksMax: Math.ceil(numberOf(settings, "letsIn") * linksWanted),
    leavesMax: 0,
    ttl: TTL,
    pings: wordOf(settings, "pings", PINGS),
    pingEveryMs: 1000 * numberOf(settings, "pingEverySeconds"),
    hostsMax: numberOf(settings, "known"),
  };
}

/** How many links users ask for. */
class Users {
  private readonly kinds: readonly number[];
  private readonly shares: readonly number[];
  private readonly total: number;

  constructor(settings: Settings) {
    this.kinds = numbersOf(settings, "wanted");
    this.shares = numbersOf(settings, "wantedShares");
    this.total = this.shares.reduce((sum, share) => sum + share, 0);
    assert(this.kinds.length === this.shares.length, "each number of links that is wanted has its share of users");
    assert(this.total > 0, "there are users");
  }

  /** That of the user at this place, 0 … 1, where users stand in a row by their kind. */
  wanted(place: number): number {
    let left = place * this.total;
    const kind = this.shares.findIndex((share) => {
      left -= share;
      return left < 0;
    });
    return this.kinds[kind === -1 ? this.kinds.length - 1 : kind] as number;
  }
}

/** The law that fits the tail best, where one can be fitted. */
function lawValues(prefix: string, graph: Graph): Record<string, number> {
  const counts = degreeCounts(graph);
  const fit = fitPowerLaw(counts);
  const values: Record<string, number> = {
    "degree.mean": (2 * edgeCount(graph)) / graph.nodes,
    "degree.most": counts.length - 1,
    "component.share": (components(graph).sizes[0] ?? 0) / graph.nodes,
  };
  if (fit !== undefined) {
    values["exponent"] = fit.exponent;
    values["exponent.low"] = fit.exponent - NORMAL_95 * fit.error;
    values["exponent.high"] = fit.exponent + NORMAL_95 * fit.error;
    values["exponent.from"] = fit.least;
    values["exponent.peers"] = fit.nodes;
    values["exponent.distance"] = fit.distance;
  }
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [prefix + name, value]));
}

/** Shares of the peers that have a degree or a higher one. */
function degreeRows(graph: Graph, generated: Graph): number[][] {
  const [counts, others] = [degreeCounts(graph), degreeCounts(generated)];
  const rows: number[][] = [];
  let [above, othersAbove] = [0, 0];
  for (let degree = Math.max(counts.length, others.length) - 1; degree >= 1; degree--) {
    above += counts[degree] ?? 0;
    othersAbove += others[degree] ?? 0;
    if (counts[degree] || others[degree]) rows.unshift([degree, above / graph.nodes, othersAbove / graph.nodes]);
  }
  return rows;
}

const NO_FILES = new Int32Array(0);
