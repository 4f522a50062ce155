// Row G4: what pings and pongs take of all bytes in a flat overlay, flooded as in the first days and answered from caches.
// The same peers, links, files and searches twice; only the pings differ. Nobody joins or leaves while it is measured.
import { uniform } from "../../network/latency.ts";
import { edgeCount, type Graph } from "../../topology/graph.ts";
import { uniform53 } from "../../random-draws.ts";
import { numberOf } from "../setting-values.ts";
import type { Findings, Program, RunContext, Table } from "../program.ts";
import { Catalogue } from "./catalogue.ts";
import { floodGraph, GRAPH_SETTINGS } from "./flood-graphs.ts";
import { GnutellaWorld, type Tier } from "./gnutella-world.ts";

const HOUR = 3_600_000;
const STEP_MS = 500;
/** One way, between peers anywhere in the world. */
const LATENCY_MS = [20, 200] as const;
/** A peer looks for what is due so often, and then pings and pongs need a while: after this as many are on their way as ever. */
const SETTLE_MS = 12_000;
/** Until a peer's turn to ping has come, it does not. */
const NEVER_MS = 1000 * HOUR;

const WAYS = ["flooded", "cached"] as const;
type Way = (typeof WAYS)[number];

export const gnutellaPings: Program = {
  name: "gnutella-pings",
  summary: "What pings and pongs take of all bytes, flooded and answered from caches",
  settings: {
    ...GRAPH_SETTINGS,
    ttl: { default: 7, least: 1, most: 7, whole: true, summary: "TTL of queries and of flooded pings" },
    pingEverySeconds: {
      default: 60,
      least: 10,
      most: 3600,
      whole: true,
      summary: "a peer floods a ping so often; peers look for what is due every 10 s, so take a multiple",
    },
    queriesPerPeerPerHour: { default: 7, least: 0, most: 1000, summary: "searches that a peer begins in an hour" },
    freeRiders: { default: 0.7, least: 0, most: 1, summary: "share of peers that share nothing" },
    filesPerSharer: { default: 50, least: 1, most: 1000, whole: true, summary: "files of a peer that shares" },
    files: { default: 50_000, least: 1, most: 1_000_000, whole: true, summary: "different files" },
    popularity: { default: 0.7, least: 0, most: 2, summary: "file number n is as popular as n to minus this" },
    seconds: { default: 60, least: 1, most: 3600, summary: "virtual seconds that are measured" },
  },

  memory: (settings) => ({ peers: numberOf(settings, "peers"), bytesPerPeer: 40_000, fixedBytes: 400_000_000 }),

  run(context: RunContext): Findings {
    const flooded = measure(context, "flooded");
    const cached = measure(context, "cached");
    return {
      values: {
        peers: flooded.graph.nodes,
        degree: (2 * edgeCount(flooded.graph)) / flooded.graph.nodes,
        ...prefixed("flooded", flooded.values),
        ...prefixed("cached", cached.values),
        /** How many times smaller the share becomes, and the bytes themselves. */
        gain: ratio(flooded.values.share, cached.values.share),
        "gain.bytes": ratio(flooded.values.pingBytes, cached.values.pingBytes),
      },
      tables: { kinds: kindsTable(flooded, cached) },
      digest: `${flooded.digest}-${cached.digest}`,
      events: flooded.events + cached.events,
    };
  },
};

interface Shares {
  /** Of all bytes, those of pings and pongs; then of queries, and of hits. */
  readonly share: number;
  readonly queries: number;
  readonly hits: number;
  /** Bytes a second: of pings and pongs for a peer, and of everything for a link, both directions. */
  readonly pingBytes: number;
  readonly linkBytes: number;
  /** Pongs that came to a peer in a second. */
  readonly pongs: number;
  /** Descriptors that were too much for whom they came to, as a share of all. */
  readonly refused: number;
  /** Links that were still open at the end, as a share. */
  readonly linked: number;
}

interface Measured {
  readonly graph: Graph;
  readonly values: Shares;
  /** Bytes a second and peer, by kind. */
  readonly kinds: ReadonlyMap<string, number>;
  readonly digest: string;
  readonly events: number;
}

function measure({ settings, seed, fidelity, progress }: RunContext, way: Way): Measured {
  const catalogue = new Catalogue(numberOf(settings, "files"), numberOf(settings, "popularity"));
  const gnutella = new GnutellaWorld({ seed, fidelity, latency: uniform(...LATENCY_MS), catalogue });
  const { world } = gnutella;
  const graph = floodGraph(settings, world.random("graph"));
  const placement = world.random("placement");
  // While links open, a flooding peer greets each of them with a ping; it goes no further than this TTL says.
  const tier: Tier = { role: "classic", linksWanted: 0, linksMax: graph.nodes, leavesMax: 0, ttl: 1, pings: way };
  const quiet: Tier = way === "flooded" ? { ...tier, pingEveryMs: NEVER_MS } : tier;
  for (let peer = 0; peer < graph.nodes; peer++) {
    const isSharer = uniform53(placement) >= numberOf(settings, "freeRiders");
    gnutella.add(quiet, catalogue.drawSome(isSharer ? numberOf(settings, "filesPerSharer") : 0, placement));
  }
  progress(0, 1, `linking, ${way}`);
  gnutella.link(graph);
  const ttl = numberOf(settings, "ttl");
  for (let peer = 0; peer < graph.nodes; peer++) gnutella.node(peer).configure({ ttl, ttlMax: ttl });

  const load = world.random("load");
  const everyMs = 1000 * numberOf(settings, "pingEverySeconds");
  // The greetings count as a peer's last ping: when a period has passed, everybody is due whose turn comes. Caches fill.
  world.runFor(everyMs);
  // Peers began at different times, so their pings are spread over the period evenly.
  const turns = Array.from({ length: graph.nodes }, (_, peer) => ({ peer, at: world.now + load.below(everyMs) }));
  if (way === "cached") turns.length = 0;
  turns.sort((a, b) => b.at - a.at);
  const perMs = (numberOf(settings, "queriesPerPeerPerHour") * graph.nodes) / HOUR;
  let owed = 0;
  const run = (ms: number): void => {
    for (const endMs = world.now + ms; world.now < endMs; ) {
      for (let turn = turns.at(-1); turn !== undefined && turn.at <= world.now; turn = turns.at(-1)) {
        turns.pop();
        gnutella.node(turn.peer).configure({ pingEveryMs: everyMs });
      }
      const stepMs = Math.min(STEP_MS, endMs - world.now);
      for (owed += perMs * stepMs; owed >= 1; owed--) {
        gnutella.search(load.below(graph.nodes), catalogue.draw(load));
      }
      world.runFor(stepMs);
      progress(world.now, endMs, way);
    }
  };
  run(SETTLE_MS);
  const before = sentBytes(gnutella);
  const totals = gnutella.totals();
  const seconds = numberOf(settings, "seconds");
  run(1000 * seconds);

  const after = gnutella.totals();
  const kinds = new Map<string, number>();
  for (const [kind, bytes] of sentBytes(gnutella)) {
    kinds.set(kind, (bytes - (before.get(kind) ?? 0)) / seconds / graph.nodes);
  }
  const of = (...names: string[]): number => names.reduce((sum, name) => sum + (kinds.get(name) ?? 0), 0);
  const all = of(...kinds.keys());
  const heard = (now: typeof after): number => now.pings + now.pongs + now.queries + now.hits + now.tooMuch;
  return {
    graph,
    values: {
      share: ratio(of("ping", "pong"), all),
      queries: ratio(of("query"), all),
      hits: ratio(of("hit"), all),
      pingBytes: of("ping", "pong"),
      linkBytes: ratio(all * graph.nodes, edgeCount(graph)),
      pongs: (after.pongs - totals.pongs) / seconds / graph.nodes,
      refused: ratio(after.tooMuch - totals.tooMuch, heard(after) - heard(totals)),
      linked: ratio(edgeCount(gnutella.graph()), edgeCount(graph)),
    },
    kinds,
    digest: world.digest(),
    events: world.events,
  };
}

function sentBytes(gnutella: GnutellaWorld): Map<string, number> {
  return new Map([...gnutella.world.sent()].map(([kind, { bytes }]) => [kind, bytes]));
}

function kindsTable(flooded: Measured, cached: Measured): Table {
  const kinds = [...new Set([...flooded.kinds.keys(), ...cached.kinds.keys()])];
  const rows = kinds.map((kind) => [kind, flooded.kinds.get(kind) ?? 0, cached.kinds.get(kind) ?? 0]);
  return { columns: ["kind", "flooded", "cached"], rows: rows.filter(([, a, b]) => a !== 0 || b !== 0) };
}

function prefixed(way: Way, values: Shares): Record<string, number> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [`${way}.${name}`, value]));
}

/** 0 where there is nothing to be a share of. */
function ratio(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}
