// Row G5: what is left of an overlay when peers fail at random, and when the best connected ones are taken out on purpose.
// The peers of each case crash at once; then real queries are flooded among those that are left, before anybody finds new links.
import { assert } from "@servent/overlay/base/assert.ts";
import type { RandomStream } from "../../engine/random.ts";
import { constant } from "../../network/latency.ts";
import { anyNodes, components, mostConnected } from "../../topology/components.ts";
import { edgeCount, type Graph } from "../../topology/graph.ts";
import { numberOf, numbersOf } from "../setting-values.ts";
import type { Findings, Program, RunContext } from "../program.ts";
import { Catalogue } from "./catalogue.ts";
import { floodGraph, GRAPH_SETTINGS } from "./flood-graphs.ts";
import { GnutellaWorld, type Tier } from "./gnutella-world.ts";

const DELAY_MS = 10;
/** After a crash the other end of a link hears within a delay that it is broken. */
const BREAKING_MS = 1000;
/** That of the old programs, and as far as a query may go at all. */
const TTLS = [7, 15] as const;

export const gnutellaRemoval: Program = {
  name: "gnutella-removal",
  summary: "What is left of an overlay, and of its floods, when peers at random or the best connected ones crash",
  settings: {
    ...GRAPH_SETTINGS,
    peers: { ...GRAPH_SETTINGS.peers, default: 1800, most: 50_000 },
    random: { default: [0.3], least: 0, most: 0.99, summary: "shares of peers that crash, chosen by chance" },
    best: { default: [0.01, 0.04], least: 0, most: 0.99, summary: "shares of peers that crash, the best connected" },
    queries: { default: 20, least: 1, most: 10_000, whole: true, summary: "queries in each case, each with both TTLs" },
  },

  memory: (settings) => ({ peers: numberOf(settings, "peers"), bytesPerPeer: 15_000, fixedBytes: 150_000_000 }),

  run(context: RunContext): Findings {
    const { settings, progress } = context;
    const cases: readonly Removal[] = [
      { how: "none", share: 0 },
      ...numbersOf(settings, "random").map((share) => ({ how: "random", share }) as const),
      ...numbersOf(settings, "best").map((share) => ({ how: "best", share }) as const),
    ];
    const found = cases.map((removal, i) => {
      progress(i, cases.length, `${removal.how} ${removal.share}`);
      return new RemovalRun(context, removal).run();
    });
    const { peers, edges, ...values } = Object.assign({}, ...found.map((each) => each.values)) as Values;
    return {
      values: { peers, edges, degree: (2 * edges) / peers, ...values },
      tables: {
        removed: {
          columns: ["how", "removed", "left", "giant", "reach7", "reach15"],
          rows: found.map(({ row }) => row),
        },
        random: { columns: ["removed", "giant", "reach7", "reach15"], rows: rowsOf(found, "random") },
        best: { columns: ["removed", "giant", "reach7", "reach15"], rows: rowsOf(found, "best") },
      },
      digest: found.map(({ digest }) => digest).join("-"),
      events: found.reduce((sum, { events }) => sum + events, 0),
    };
  },
};

interface Removal {
  readonly how: "none" | "random" | "best";
  readonly share: number;
}

type Values = Readonly<Record<string, number>> & { readonly peers: number; readonly edges: number };

interface Found {
  readonly removal: Removal;
  readonly values: Values;
  readonly row: readonly (string | number)[];
  readonly digest: string;
  readonly events: number;
}

/** Without the first column, and with the whole network at 0. */
function rowsOf(found: readonly Found[], how: "random" | "best"): (string | number)[][] {
  return found
    .filter(({ removal }) => removal.how === how || removal.how === "none")
    .map(({ row: [, removed, , ...shares] }) => [removed as number, ...shares]);
}

/** One network, of which some crash. The same seed gives the same network in every case. */
class RemovalRun {
  private readonly context: RunContext;
  private readonly removal: Removal;
  private readonly gnutella: GnutellaWorld;
  private readonly graph: Graph;
  private readonly random: RandomStream;

  constructor(context: RunContext, removal: Removal) {
    const { settings, seed, fidelity } = context;
    this.context = context;
    this.removal = removal;
    const latency = constant(DELAY_MS);
    this.gnutella = new GnutellaWorld({ seed, fidelity, latency, catalogue: new Catalogue(1, 0) });
    this.graph = floodGraph(settings, this.gnutella.world.random("graph"));
    this.random = this.gnutella.world.random(`removal/${removal.how}`);
  }

  run(): Found {
    const { gnutella, graph, removal } = this;
    const ttl = Math.max(...TTLS);
    const tier: Tier = { role: "classic", linksWanted: 0, linksMax: graph.nodes, leavesMax: 0, ttl };
    for (let peer = 0; peer < graph.nodes; peer++) gnutella.add(tier, NO_FILES);
    gnutella.link(graph);
    const removed = this.crash();
    gnutella.world.runFor(BREAKING_MS);

    // What the peers that are left see as their links, not what the graph says.
    const { sizes } = components(gnutella.graph(), removed);
    const left = sizes.reduce((sum, size) => sum + size, 0);
    const giant = (sizes[0] ?? 0) / Math.max(1, left);
    const origins = this.origins(removed);
    const reach = TTLS.map((each) => this.reach(origins, each) / Math.max(1, left - 1));
    const name = removal.how === "none" ? "none" : `${removal.how}=${removal.share}`;
    return {
      removal,
      values: {
        peers: graph.nodes,
        edges: edgeCount(graph),
        [`left(${name})`]: left,
        [`giant(${name})`]: giant,
        [`second(${name})`]: (sizes[1] ?? 0) / Math.max(1, left),
        ...Object.fromEntries(TTLS.map((each, i) => [`reach${each}(${name})`, reach[i] as number])),
      },
      row: [removal.how, removal.share, left, giant, ...reach],
      digest: gnutella.world.digest(),
      events: gnutella.world.events,
    };
  }

  private crash(): Uint8Array {
    const { how, share } = this.removal;
    const count = Math.floor(share * this.graph.nodes + 0.5);
    assert(count < this.graph.nodes, "somebody is left");
    const removed = how === "best" ? mostConnected(this.graph, count) : anyNodes(this.graph, count, this.random);
    for (const [peer, isRemoved] of removed.entries()) if (isRemoved === 1) this.gnutella.crash(peer);
    return removed;
  }

  /** Who asks: peers at random of those that are left. */
  private origins(removed: Uint8Array): number[] {
    return Array.from({ length: numberOf(this.context.settings, "queries") }, () => {
      let peer = this.random.below(removed.length);
      while (removed[peer] === 1) peer = this.random.below(removed.length);
      return peer;
    });
  }

  /** Peers that a query reaches, on average. */
  private reach(origins: readonly number[], ttl: number): number {
    const { gnutella } = this;
    const before = gnutella.totals();
    for (const peer of origins) {
      gnutella.search(peer, 0, ttl);
      gnutella.world.runFor((ttl + 2) * DELAY_MS);
    }
    const after = gnutella.totals();
    return (after.queries - after.duplicates - before.queries + before.duplicates) / origins.length;
  }
}

const NO_FILES = new Int32Array(0);
