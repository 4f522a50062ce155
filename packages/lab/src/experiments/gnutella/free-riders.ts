// Who answers in a network in which most peers share nothing, as Adar and Huberman measured it in 2000: files are unevenly spread
// over those that share, and these do not necessarily have what others want. Each shares files of one taste, as many peers of each
// taste; what is asked for is of a few tastes mostly.
import { assert } from "@servent/overlay/base/assert.ts";
import type { RandomStream } from "../../engine/random.ts";
import { exp, ln, power } from "../../exact-math.ts";
import { constant } from "../../network/latency.ts";
import { shuffle } from "../../random-draws.ts";
import { numberOf } from "../setting-values.ts";
import type { Findings, Program, RunContext, Table } from "../program.ts";
import { Catalogue } from "./catalogue.ts";
import { floodGraph, GRAPH_SETTINGS } from "./flood-graphs.ts";
import { GnutellaWorld, type Search, type Tier } from "./gnutella-world.ts";

const DELAY_MS = 10;
/** When the hits of a query are back. */
const OVER_MS = 1000;

/**
 * Of all peers the first 1 % had 37 % of the files, the first 20 % had 98 %, and 30 % had any (Adar and Huberman). As shares of
 * those that have any, so that it can be asked what a network with more or fewer of them finds:
 */
const FIRST = { peers: 0.01 / 0.3, files: 0.37 };
const MOST = { peers: 0.2 / 0.3, files: 0.98 };
/** Between them by the law 1 - exp(-SCALE x^SHAPE), which meets both. */
const SHAPE = ln(ln(1 - MOST.files) / ln(1 - FIRST.files)) / ln(MOST.peers / FIRST.peers);
const SCALE = -ln(1 - FIRST.files) * power(FIRST.peers, -SHAPE);

export const gnutellaFreeRiders: Program = {
  name: "gnutella-free-riders",
  summary: "Who answers, and what is found, where most peers share nothing",
  settings: {
    ...GRAPH_SETTINGS,
    ttl: { default: 7, least: 1, most: 7, whole: true, summary: "TTL of queries" },
    freeRiders: { default: 0.7, least: 0, most: 0.99, summary: "share of peers that share nothing" },
    filesPerSharer: {
      default: 20,
      least: 1,
      most: 1000,
      whole: true,
      summary: "files of a peer that shares, on average",
    },
    tastes: { default: 100, least: 1, most: 1000, whole: true, summary: "kinds of files; a peer shares files of one" },
    filesPerTaste: { default: 2000, least: 10, most: 100_000, whole: true, summary: "different files of a taste" },
    tastesAsked: {
      default: 1.3,
      least: 0,
      most: 3,
      summary: "taste number n is asked for as often as n to minus this",
    },
    popularity: { default: 0.8, least: 0, most: 2, summary: "of a taste file number n is held and asked for likewise" },
    queries: { default: 500, least: 1, most: 100_000, whole: true, summary: "searches, by any peers" },
  },

  memory: (settings) => ({
    peers: numberOf(settings, "peers"),
    bytesPerPeer: 15_000 + 8 * numberOf(settings, "filesPerSharer"),
    fixedBytes: 150_000_000 + 20 * numberOf(settings, "tastes") * numberOf(settings, "filesPerTaste"),
  }),

  run: (context) => new FreeRiderRun(context).run(),
};

/**
 * Files of each of so many sharers, the one with the most first; they are `total` together. The last third share what is left
 * evenly.
 */
export function filesOfSharers(sharers: number, total: number): number[] {
  const upTo = (x: number): number =>
    x <= MOST.peers
      ? 1 - exp(-SCALE * power(x, SHAPE))
      : MOST.files + ((1 - MOST.files) * (x - MOST.peers)) / (1 - MOST.peers);
  let given = 0;
  return Array.from({ length: sharers }, (_, i) => {
    // Whoever shares has at least one.
    const count = Math.max(1, Math.floor(total * upTo((i + 1) / sharers) + 0.5) - given);
    given += count;
    return count;
  });
}

class FreeRiderRun {
  private readonly context: RunContext;
  private readonly gnutella: GnutellaWorld;
  /** Tastes, and the files of one, as things of which some are more popular. */
  private readonly tastes: Catalogue;
  private readonly ofTaste: Catalogue;
  private readonly random: RandomStream;
  private readonly peers: number;
  /** Files of each peer; 0: a free rider. */
  private readonly counts: readonly number[];
  private readonly copies: Int32Array;
  private answered = 0;
  private possible = 0;
  private responses = 0;

  constructor(context: RunContext) {
    const { settings, seed, fidelity } = context;
    this.context = context;
    this.tastes = new Catalogue(numberOf(settings, "tastes"), numberOf(settings, "tastesAsked"));
    this.ofTaste = new Catalogue(numberOf(settings, "filesPerTaste"), numberOf(settings, "popularity"));
    const catalogue = new Catalogue(this.tastes.files * this.ofTaste.files, 0);
    this.gnutella = new GnutellaWorld({ seed, fidelity, latency: constant(DELAY_MS), catalogue });
    const { world } = this.gnutella;
    const graph = floodGraph(settings, world.random("graph"));
    this.peers = graph.nodes;
    this.random = world.random("load");
    const placement = world.random("placement");
    this.counts = this.filesOfPeers(placement);
    this.copies = new Int32Array(catalogue.files);
    const tier: Tier = {
      role: "classic",
      linksWanted: 0,
      linksMax: graph.nodes,
      leavesMax: 0,
      ttl: numberOf(settings, "ttl"),
    };
    for (const count of this.counts) {
      const shelf = this.shelf(count, placement);
      for (const file of shelf) this.copies[file] = (this.copies[file] as number) + 1;
      this.gnutella.add(tier, shelf);
    }
    context.progress(0, 1, "linking");
    this.gnutella.link(graph);
  }

  run(): Findings {
    const { settings, progress } = this.context;
    const { world } = this.gnutella;
    const queries = numberOf(settings, "queries");
    const before = this.gnutella.totals();
    for (let query = 0; query < queries; query++) {
      this.ask();
      progress(query, queries, "searching");
    }
    const after = this.gnutella.totals();
    const heard = after.queries - after.duplicates - before.queries + before.duplicates;
    return {
      values: {
        peers: this.peers,
        sharers: this.counts.filter((count) => count > 0).length,
        "reach.share": heard / queries / Math.max(1, this.peers - 1),
        success: this.answered / queries,
        /** Of the searches for something that somebody had. */
        "success.possible": this.answered / Math.max(1, this.possible),
        responses: this.responses / queries,
        ...this.whoHasWhat(),
        ...this.whoAnswers(),
        ...this.load(queries),
      },
      tables: { givers: this.giversTable() },
      digest: world.digest(),
      events: world.events,
    };
  }

  /** By peer: the sharers stand anywhere, in any order. */
  private filesOfPeers(random: RandomStream): number[] {
    const { settings } = this.context;
    const sharers = Math.max(1, Math.floor(this.peers * (1 - numberOf(settings, "freeRiders")) + 0.5));
    const counts = filesOfSharers(sharers, sharers * numberOf(settings, "filesPerSharer"));
    assert(
      (counts[0] as number) <= this.ofTaste.files / 2,
      "of each taste there are many more files than any peer has",
    );
    const places = new Int32Array(this.peers).map((_, peer) => peer);
    shuffle(places, random);
    const byPeer = Array.from({ length: this.peers }, () => 0);
    for (const [rank, count] of counts.entries()) byPeer[places[rank] as number] = count;
    return byPeer;
  }

  /** So many different files of one taste, in ascending order. */
  private shelf(count: number, random: RandomStream): Int32Array {
    const taste = random.below(this.tastes.files);
    const files = new Set<number>();
    while (files.size < count) files.add(this.fileOf(taste, random));
    return Int32Array.from(files).sort();
  }

  private fileOf(taste: number, random: RandomStream): number {
    return taste * this.ofTaste.files + this.ofTaste.draw(random);
  }

  private ask(): void {
    const { gnutella, random } = this;
    const peer = random.below(this.peers);
    const file = this.fileOf(this.tastes.draw(random), random);
    const copies = (this.copies[file] as number) - (gnutella.shelf(peer).holds(file) ? 1 : 0);
    const search: Search = gnutella.search(peer, file);
    gnutella.world.runFor(OVER_MS);
    if (copies > 0) this.possible++;
    if (search.answers > 0) this.answered++;
    this.responses += search.records;
    gnutella.forgetSearches(gnutella.world.now);
  }

  /** The peers with the most files, and what part of all these are. */
  private whoHasWhat(): Record<string, number> {
    const counts = this.counts.toSorted((a, b) => b - a);
    return {
      "files.top1": shareOfFirst(counts, 0.01 * this.peers),
      "files.top20": shareOfFirst(counts, 0.2 * this.peers),
    };
  }

  /** The peers that answered most, and what part of all responses came from them. */
  private whoAnswers(): Record<string, number> {
    const given = this.gnutella.given.toSorted((a, b) => b - a);
    const sharers = this.counts.filter((count) => count > 0).length;
    const silent = this.counts.filter((count, peer) => count > 0 && this.gnutella.given[peer] === 0).length;
    return {
      "responses.top1": shareOfFirst(given, 0.01 * sharers),
      "responses.top25": shareOfFirst(given, 0.25 * sharers),
      "responses.top1OfPeers": shareOfFirst(given, 0.01 * this.peers),
      "sharers.silent": silent / sharers,
    };
  }

  /** What one query costs a peer, by whether it shares: queries heard, then what it sends on and what it answers. */
  private load(queries: number): Record<string, number> {
    const values: Record<string, number> = {};
    for (const kind of ["sharer", "freeRider"] as const) {
      let [peers, heard, passedOn, answered] = [0, 0, 0, 0];
      for (const [peer, count] of this.counts.entries()) {
        if (count > 0 !== (kind === "sharer")) continue;
        const { counters } = this.gnutella.node(peer);
        peers++;
        heard += counters.queries;
        passedOn += counters.queriesForwarded + counters.hitsForwarded;
        answered += counters.answered;
      }
      const shares = Math.max(1, peers) * queries;
      values[`load.${kind}.heard`] = heard / shares;
      values[`load.${kind}.passedOn`] = passedOn / shares;
      values[`load.${kind}.answered`] = answered / shares;
    }
    return values;
  }

  /** What the first so many sharers have and give, as shares: by files, and by responses. */
  private giversTable(): Table {
    const counts = this.counts.filter((count) => count > 0).toSorted((a, b) => b - a);
    const given = this.gnutella.given.toSorted((a, b) => b - a);
    const rows = [0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1].map((share) => [
      share,
      shareOfFirst(counts, share * counts.length),
      shareOfFirst(given, share * counts.length),
    ]);
    return { columns: ["sharers", "files", "responses"], rows };
  }
}

/** What the first `count` (rounded, at least one) of the amounts are of all; 0 where there are none. */
function shareOfFirst(amounts: readonly number[], count: number): number {
  const all = amounts.reduce((sum, amount) => sum + amount, 0);
  const first = amounts.slice(0, Math.max(1, Math.floor(count + 0.5))).reduce((sum, amount) => sum + amount, 0);
  return all === 0 ? 0 : first / all;
}
