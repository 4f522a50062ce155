// Leaves behind ultrapeers against a flat overlay, with as many peers, the same files and the same searches: what each costs and
// what is found.
import { uniform } from "../../network/latency.ts";
import { randomGraph } from "../../topology/random-graphs.ts";
import { uniform53 } from "../../random-draws.ts";
import { numberOf } from "../setting-values.ts";
import type { Findings, Program, RunContext } from "../program.ts";
import { Catalogue } from "./catalogue.ts";
import { GnutellaWorld, type Tier } from "./gnutella-world.ts";
import { SEARCH_OVER_MS, SearchLoad } from "./search-load.ts";
import { TrafficSince } from "./traffic-since.ts";
import { gnutellaTwoTier } from "./two-tier.ts";

const MINUTE = 60_000;
const STEP_MS = 1000;
const LATENCY_MS = [20, 200] as const;
/** Longer than any run: nobody goes, so that nothing but the shape of the overlay differs. */
const STAY_MINUTES = 100_000;
/** A flat overlay is linked at once; then caches fill and first pings are over. */
const SETTLE_MS = MINUTE;

export const gnutellaTiers: Program = {
  name: "gnutella-tiers",
  summary: "Two tiers against a flat overlay of as many peers: messages, bytes, reach and hits",
  settings: {
    peers: { default: 2000, least: 50, most: 200_000, whole: true, summary: "peers of each overlay" },
    minutes: { default: 5, least: 1, most: 600, summary: "virtual minutes that are measured" },
    queriesPerPeerPerHour: { default: 3, least: 0, most: 100, summary: "searches that a peer begins in an hour" },
    freeRiders: { default: 0.7, least: 0, most: 1, summary: "share of peers that share nothing" },
    filesPerSharer: {
      default: 50,
      least: 1,
      most: 1000,
      whole: true,
      summary: "files of a peer that shares, on average",
    },
    files: { default: 20_000, least: 1, most: 1_000_000, whole: true, summary: "different files" },
    popularity: { default: 0.7, least: 0, most: 2, summary: "file number n is as popular as n to minus this" },
    flatDegree: { default: 4, least: 2, most: 32, summary: "flat: mean neighbours of a peer, in a random graph" },
    flatTtl: { default: 7, least: 1, most: 15, whole: true, summary: "flat: TTL of queries" },
    ultrapeerShare: { default: 0.04, least: 0.005, most: 0.5, summary: "two tiers: share of ultrapeers" },
    links: { default: 6, least: 2, most: 32, whole: true, summary: "two tiers: neighbours that an ultrapeer wants" },
    leafLinks: { default: 3, least: 1, most: 10, whole: true, summary: "two tiers: ultrapeers that a leaf wants" },
    ttl: { default: 4, least: 1, most: 7, whole: true, summary: "two tiers: TTL of queries" },
  },

  memory: (settings) => ({ peers: 2 * numberOf(settings, "peers"), bytesPerPeer: 14_000, fixedBytes: 200_000_000 }),

  run(context: RunContext): Findings {
    const flat = flatRun(context);
    const tiers = tiersRun(context);
    return {
      values: {
        ...prefixed("flat", flat.values),
        ...prefixed("tiers", tiers.values),
        "saved.messages": flat.values.messages / tiers.values.messages,
        "saved.bytes": flat.values.bytes / tiers.values.bytes,
      },
      tables: {
        overlays: {
          columns: ["overlay", ...Object.keys(flat.values)],
          rows: [
            ["flat", ...Object.values(flat.values)],
            ["tiers", ...Object.values(tiers.values)],
          ],
        },
      },
      digest: `${flat.digest}-${tiers.digest}`,
      events: flat.events + tiers.events,
    };
  },
};

interface Overlay {
  readonly values: Costs;
  readonly digest: string;
  readonly events: number;
}

interface Costs {
  /** Queries and hits on links, for one search. */
  readonly messages: number;
  /** All that a peer sends in a second, pings and tables too. */
  readonly bytes: number;
  /** Nodes that a query comes to. In two tiers an ultrapeer answers for its leaves whether they may have what is wanted. */
  readonly reach: number;
  readonly duplicates: number;
  readonly hits: number;
  readonly recall: number;
  readonly success: number;
}

function flatRun({ settings, seed, fidelity, progress }: RunContext): Overlay {
  const peers = numberOf(settings, "peers");
  const catalogue = new Catalogue(numberOf(settings, "files"), numberOf(settings, "popularity"));
  const gnutella = new GnutellaWorld({ seed, fidelity, latency: uniform(...LATENCY_MS), catalogue });
  const { world } = gnutella;
  const random = world.random("placement");
  const tier: Tier = {
    role: "classic",
    linksWanted: 0,
    linksMax: peers,
    leavesMax: 0,
    ttl: numberOf(settings, "flatTtl"),
  };
  const load = new SearchLoad(gnutella, peers, numberOf(settings, "queriesPerPeerPerHour"));
  for (let peer = 0; peer < peers; peer++) {
    const shares = uniform53(random) >= numberOf(settings, "freeRiders");
    const count = shares ? 1 + random.below(2 * numberOf(settings, "filesPerSharer") - 1) : 0;
    gnutella.add(tier, catalogue.drawSome(count, random));
    load.arrive(peer);
  }
  gnutella.link(randomGraph(peers, numberOf(settings, "flatDegree"), world.random("graph")));
  world.runFor(SETTLE_MS);

  const before = gnutella.totals();
  const traffic = new TrafficSince(world);
  const durationMs = numberOf(settings, "minutes") * MINUTE;
  for (let ms = 0; ms < durationMs; ms += STEP_MS) {
    if (ms < durationMs - SEARCH_OVER_MS) load.begin(STEP_MS);
    world.runFor(STEP_MS);
    load.settle(world.now - SEARCH_OVER_MS);
    progress(ms, 2 * durationMs, "flat overlay");
  }
  load.settle(world.now);
  const after = gnutella.totals();
  const searches = Math.max(1, load.searches);
  const duplicates = after.duplicates - before.duplicates;
  const queries = after.queries - before.queries;
  const found = load.values();
  return {
    values: {
      messages: traffic.of("query", "hit").messages / searches,
      bytes: traffic.of().bytes / peers / (durationMs / 1000),
      reach: (queries - duplicates) / searches,
      duplicates: duplicates / Math.max(1, queries),
      hits: found["hits"] ?? 0,
      recall: found["recall"] ?? 0,
      success: found["success"] ?? 0,
    },
    digest: world.digest(),
    events: world.events,
  };
}

/** The two-tier program with nobody leaving. */
function tiersRun(context: RunContext): Overlay {
  const { settings } = context;
  const own = Object.entries(gnutellaTwoTier.settings).map(
    ([name, setting]) => [name, settings[name] ?? setting.default] as const,
  );
  const joinMinutes = 2;
  const { values, digest, events } = gnutellaTwoTier.run({
    ...context,
    settings: {
      ...Object.fromEntries(own),
      joinMinutes,
      minutes: joinMinutes + numberOf(settings, "minutes"),
      sessionMinutes: STAY_MINUTES,
      ultrapeerSessionMinutes: STAY_MINUTES,
    },
  });
  const value = (name: string): number => values[name] ?? 0;
  const perSearch = (value("peers") * 60 * numberOf(settings, "minutes")) / Math.max(1, value("searches"));
  return {
    values: {
      messages: (value("messages.query") + value("messages.hit")) * perSearch,
      bytes: value("bytes"),
      reach: value("reach"),
      duplicates: value("duplicates.share"),
      hits: value("hits"),
      recall: value("recall"),
      success: value("success"),
    },
    digest,
    events,
  };
}

function prefixed(name: string, costs: Costs): Record<string, number> {
  return Object.fromEntries(Object.entries(costs).map(([key, cost]) => [`${name}.${key}`, cost]));
}
