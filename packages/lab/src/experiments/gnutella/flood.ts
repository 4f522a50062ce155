// What a flooded query reaches and costs in a flat overlay of given links, beside what graph theory says of it.
import { constant, uniform } from "../../network/latency.ts";
import { components } from "../../topology/components.ts";
import { floodOracle } from "../../topology/distances.ts";
import { degreeOf, edgeCount, type Graph } from "../../topology/graph.ts";
import { numberOf, wordOf } from "../setting-values.ts";
import type { Findings, Program, RunContext } from "../program.ts";
import { Catalogue } from "./catalogue.ts";
import { floodGraph, graphSize, GRAPH_SETTINGS } from "./flood-graphs.ts";
import { GnutellaWorld, type Tier } from "./gnutella-world.ts";

const DELAY_MS = 10;
const ORIGINS = ["random", "first"] as const;

export const gnutellaFlood: Program = {
  name: "gnutella-flood",
  summary: "Reach and cost of flooded queries over a graph, against breadth-first search and closed formulas",
  settings: {
    ...GRAPH_SETTINGS,
    ttl: { default: 7, least: 1, most: 15, whole: true, summary: "TTL of the queries; 15 is the protocol's limit" },
    everyTtl: { default: false, summary: "also measure every smaller TTL" },
    queries: { default: 10, least: 1, most: 10_000, whole: true, summary: "queries for each TTL" },
    origins: { default: "random", choices: ORIGINS, summary: "who asks: peers at random, or the first one" },
    delaySpreadMs: {
      default: 0,
      least: 0,
      most: 1000,
      whole: true,
      summary: "delays differ by so much; then a TTL that does not cover the network reaches less than is expected",
    },
  },

  memory(settings) {
    const { peers, degree } = graphSize(settings);
    return { peers, bytesPerPeer: 10_000 + 4000 * degree, fixedBytes: 120_000_000 };
  },

  run(context: RunContext): Findings {
    const { settings, seed, fidelity, progress } = context;
    const spread = numberOf(settings, "delaySpreadMs");
    const latency = spread === 0 ? constant(DELAY_MS) : uniform(DELAY_MS, DELAY_MS + spread);
    const gnutella = new GnutellaWorld({ seed, fidelity, latency, catalogue: new Catalogue(1, 0) });
    const graph = floodGraph(settings, gnutella.world.random("graph"));
    const ttl = numberOf(settings, "ttl");
    const tier: Tier = {
      role: "classic",
      linksWanted: 0,
      linksMax: graph.nodes,
      leavesMax: 0,
      // Nothing is trimmed on its way: a query of this TTL is the widest that there is.
      ttl,
    };
    for (let peer = 0; peer < graph.nodes; peer++) gnutella.add(tier, NO_FILES);
    progress(0, 1, "linking");
    const linked = gnutella.link(graph);

    const random = gnutella.world.random("origins");
    const first = wordOf(settings, "origins", ORIGINS) === "first";
    const patienceMs = (ttl + 2) * (DELAY_MS + spread);
    const queries = numberOf(settings, "queries");
    const rows: number[][] = [];
    let last: Flooded = new Flooded(graph);
    const from = settings["everyTtl"] === true ? 1 : ttl;
    for (let each = from; each <= ttl; each++) {
      last = new Flooded(graph);
      for (let query = 0; query < queries; query++) {
        last.measure(gnutella, first ? 0 : random.below(graph.nodes), each, patienceMs);
        progress((each - from) * queries + query, (ttl - from + 1) * queries, "flooding");
      }
      const { reach, messages, duplicates, expected } = last;
      rows.push(
        [each, reach, messages, duplicates, expected.reach, expected.messages, expected.duplicates].map((sum, i) =>
          i === 0 ? sum : sum / queries,
        ),
      );
    }
    return {
      values: {
        peers: graph.nodes,
        edges: edgeCount(graph),
        degree: (2 * edgeCount(graph)) / graph.nodes,
        "component.share": (components(graph).sizes[0] ?? 0) / graph.nodes,
        linked: linked ? 1 : 0,
        ...last.values(),
        "formula.reach": treeReach(numberOf(settings, "degree"), ttl),
      },
      tables: {
        ttl: {
          columns: [
            "ttl",
            "reach",
            "messages",
            "duplicates",
            "expectedReach",
            "expectedMessages",
            "expectedDuplicates",
          ],
          rows,
        },
      },
      digest: gnutella.world.digest(),
      events: gnutella.world.events,
    };
  },
};

const NO_FILES = new Int32Array(0);

/** Peers that a flood reaches where every peer has `degree` links and no two ways meet. */
function treeReach(degree: number, ttl: number): number {
  let [reach, ring] = [0, degree];
  for (let hop = 0; hop < ttl; hop++) {
    reach += ring;
    ring *= degree - 1;
  }
  return reach;
}

interface Cost {
  reach: number;
  messages: number;
  duplicates: number;
}

/** Sums over all queries of one TTL: what happened, and what must happen. */
class Flooded implements Cost {
  reach = 0;
  messages = 0;
  duplicates = 0;
  /** By a breadth-first search that knows nothing of nodes. */
  readonly expected: Cost = { reach: 0, messages: 0, duplicates: 0 };
  /** Where a flood covers what the origin is connected with: 2 E - (n - 1) messages, of which 2 E - 2 (n - 1) are heard twice. */
  private readonly identity: Cost = { reach: 0, messages: 0, duplicates: 0 };
  private queries = 0;
  private different = 0;
  private readonly graph: Graph;
  private readonly componentOf: Int32Array;
  private readonly sizes: readonly number[];
  private readonly edges: number[] = [];

  constructor(graph: Graph) {
    this.graph = graph;
    const { of, sizes } = components(graph);
    this.componentOf = of;
    this.sizes = sizes;
    for (let node = 0; node < graph.nodes; node++) {
      const component = of[node] as number;
      this.edges[component] = (this.edges[component] ?? 0) + degreeOf(graph, node) / 2;
    }
  }

  measure(gnutella: GnutellaWorld, origin: number, ttl: number, patienceMs: number): void {
    const before = gnutella.totals();
    const sentBefore = gnutella.sent("query").messages;
    gnutella.search(origin, 0, ttl);
    gnutella.world.runFor(patienceMs);
    const after = gnutella.totals();
    const duplicates = after.duplicates - before.duplicates;
    const reach = after.queries - before.queries - duplicates;
    const messages = gnutella.sent("query").messages - sentBefore;
    this.queries++;
    this.reach += reach;
    this.messages += messages;
    this.duplicates += duplicates;

    const oracle = floodOracle(this.graph, origin, ttl);
    if (oracle.reach !== reach || oracle.messages !== messages || oracle.duplicates !== duplicates) this.different++;
    add(this.expected, oracle);
    const component = this.componentOf[origin] as number;
    const others = (this.sizes[component] as number) - 1;
    const ends = 2 * (this.edges[component] as number);
    add(this.identity, { reach: others, messages: ends - others, duplicates: ends - 2 * others });
  }

  /** Means over all queries. */
  values(): Record<string, number> {
    const { queries } = this;
    return {
      reach: this.reach / queries,
      "reach.share": this.reach / queries / Math.max(1, this.graph.nodes - 1),
      messages: this.messages / queries,
      duplicates: this.duplicates / queries,
      "duplicates.share": this.messages === 0 ? 0 : this.duplicates / this.messages,
      "expected.reach": this.expected.reach / queries,
      "expected.messages": this.expected.messages / queries,
      "expected.duplicates": this.expected.duplicates / queries,
      "identity.reach": this.identity.reach / queries,
      "identity.messages": this.identity.messages / queries,
      "identity.duplicates": this.identity.duplicates / queries,
      different: this.different,
    };
  }
}

function add(sum: Cost, { reach, messages, duplicates }: Cost): void {
  sum.reach += reach;
  sum.messages += messages;
  sum.duplicates += duplicates;
}
