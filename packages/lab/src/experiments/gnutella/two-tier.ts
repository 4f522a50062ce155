// Leaves behind ultrapeers, as Gnutella was from 2002 on, at any size: peers come and go, look for files, and the run says what
// that costs each of them and what they find.
import { exponential } from "../../churn/durations.ts";
import { ChurnSchedule } from "../../churn/churn-schedule.ts";
import { type ChurnStream, MergedChurn } from "../../churn/churn-stream.ts";
import type { RandomStream } from "../../engine/random.ts";
import { uniform } from "../../network/latency.ts";
import { uniform53 } from "../../random-draws.ts";
import type { Findings, Program, RunContext, Settings, Table } from "../program.ts";
import { numberOf } from "../setting-values.ts";
import { Catalogue } from "./catalogue.ts";
import { GnutellaWorld, type Tier } from "./gnutella-world.ts";
import { SEARCH_OVER_MS, SearchLoad } from "./search-load.ts";
import { TrafficSince } from "./traffic-since.ts";

const MINUTE = 60_000;
const STEP_MS = 1000;
/** One way; between peers anywhere in the world. */
const LATENCY_MS = [20, 200] as const;
/** Ultrapeers are there before the leaves come: they join in this part of the time in which everybody does. */
const ULTRAPEERS_FIRST = 0.2;
/** Ultrapeers that a newcomer is told by whoever it asks first. */
const FIRST_HOSTS = 10;
/** Addresses that a peer remembers. A leaf needs few, and there are many leaves. */
const LEAF_HOSTS = 30;
const ULTRAPEER_HOSTS = 200;
/** A leaf that has its links asks each of its ultrapeers for others so often only. */
const LEAF_PING_EVERY_MS = 3 * MINUTE;
/** Slots for more links and leaves than there are on average, since peers choose by chance. */
const SPARE = 1.5;

export const gnutellaTwoTier: Program = {
  name: "gnutella-two-tier",
  summary: "Gnutella with leaves and ultrapeers, churn and searches, at any size",
  settings: {
    peers: { default: 2000, least: 50, most: 1_000_000, whole: true, summary: "peers that are there, on average" },
    ultrapeerShare: { default: 0.04, least: 0.005, most: 0.5, summary: "share of peers that are ultrapeers" },
    links: {
      default: 6,
      least: 2,
      most: 32,
      whole: true,
      summary: "ultrapeers that an ultrapeer wants as neighbours",
    },
    leafLinks: { default: 3, least: 1, most: 10, whole: true, summary: "ultrapeers that a leaf wants" },
    ttl: { default: 4, least: 1, most: 7, whole: true, summary: "TTL of queries" },
    minutes: { default: 15, least: 2, most: 1440, summary: "virtual minutes in all" },
    joinMinutes: { default: 5, least: 0.5, most: 60, summary: "minutes in which the first peers join; not measured" },
    sessionMinutes: { default: 60, least: 1, most: 100_000, summary: "mean time that a leaf stays (exponential)" },
    ultrapeerSessionMinutes: { default: 240, least: 1, most: 100_000, summary: "mean time that an ultrapeer stays" },
    awayMinutes: { default: 5, least: 0.1, most: 10_000, summary: "mean time until a peer that went comes back" },
    queriesPerPeerPerHour: { default: 1, least: 0, most: 100, summary: "searches that a peer begins in an hour" },
    freeRiders: { default: 0.7, least: 0, most: 1, summary: "share of peers that share nothing" },
    filesPerSharer: {
      default: 50,
      least: 1,
      most: 1000,
      whole: true,
      summary: "files of a peer that shares, on average",
    },
    files: { default: 100_000, least: 1, most: 1_000_000, whole: true, summary: "different files" },
    popularity: { default: 0.7, least: 0, most: 2, summary: "file number n is as popular as n to minus this" },
  },

  memory: (settings) => ({
    peers: population(settings, "leaf") + population(settings, "ultrapeer"),
    bytesPerPeer: 14_000,
    fixedBytes: 150_000_000 + 10 * numberOf(settings, "files"),
  }),

  run: (context) => new TwoTierRun(context).run(),
};

/** Peers of the tier in all: those that are away too. */
function population(settings: Settings, tier: "leaf" | "ultrapeer"): number {
  const peers = numberOf(settings, "peers");
  const ultrapeers = Math.max(2, Math.round(peers * numberOf(settings, "ultrapeerShare")));
  const isLeaf = tier === "leaf";
  const session = numberOf(settings, isLeaf ? "sessionMinutes" : "ultrapeerSessionMinutes");
  return Math.round((isLeaf ? peers - ultrapeers : ultrapeers) * (1 + numberOf(settings, "awayMinutes") / session));
}

/** From the end of the joining on. */
interface Mark {
  readonly at: number;
  readonly traffic: TrafficSince;
  readonly queries: number;
  readonly duplicates: number;
}

class TwoTierRun {
  private readonly context: RunContext;
  private readonly gnutella: GnutellaWorld;
  private readonly random: RandomStream;
  private readonly ultrapeers: number;
  private readonly size: number;
  private readonly churn: ChurnStream;
  private readonly load: SearchLoad;
  /** Peers that are there. */
  private upCount = 0;
  private peerSeconds = 0;
  private readonly minutes: number[][] = [];

  constructor(context: RunContext) {
    const { settings, seed, fidelity } = context;
    this.context = context;
    const catalogue = new Catalogue(numberOf(settings, "files"), numberOf(settings, "popularity"));
    this.gnutella = new GnutellaWorld({ seed, fidelity, latency: uniform(...LATENCY_MS), catalogue });
    const { world } = this.gnutella;
    this.random = world.random("load");
    this.ultrapeers = population(settings, "ultrapeer");
    this.size = this.ultrapeers + population(settings, "leaf");
    this.load = new SearchLoad(this.gnutella, numberOf(settings, "peers"), numberOf(settings, "queriesPerPeerPerHour"));
    this.addPeers(catalogue);
    const schedule = (first: number, peers: number, session: string): ChurnSchedule =>
      new ChurnSchedule({
        first,
        peers,
        up: exponential(numberOf(settings, session) * MINUTE),
        down: exponential(numberOf(settings, "awayMinutes") * MINUTE),
        random: world.random(`churn/${session}`),
      });
    const leaves = schedule(this.ultrapeers, this.size - this.ultrapeers, "sessionMinutes");
    const ultrapeers = schedule(0, this.ultrapeers, "ultrapeerSessionMinutes");
    for (let peer = 0; peer < this.size; peer++) {
      if (!(peer < this.ultrapeers ? ultrapeers : leaves).isUp(peer)) this.gnutella.crash(peer);
    }
    this.churn = new MergedChurn([ultrapeers, leaves]);
  }

  run(): Findings {
    const { settings, progress } = this.context;
    const { world } = this.gnutella;
    const joinMs = numberOf(settings, "joinMinutes") * MINUTE;
    const endMs = Math.max(joinMs + MINUTE, numberOf(settings, "minutes") * MINUTE);
    this.join(joinMs);
    const from = this.mark();
    while (world.now < endMs) {
      const until = Math.min(endMs, world.now + STEP_MS);
      // The schedule begins when everybody has joined.
      while (joinMs + this.churn.at <= until) this.change();
      // Searches of the last half minute would not be over at the end.
      if (until <= endMs - SEARCH_OVER_MS) this.load.begin(until - world.now);
      this.peerSeconds += (this.upCount * (until - world.now)) / 1000;
      world.runFor(until - world.now);
      this.load.settle(world.now - SEARCH_OVER_MS);
      if (world.now % MINUTE === 0) this.noteMinute();
      progress(world.now, endMs, "running");
    }
    this.load.settle(world.now);
    return this.findings(from);
  }

  private addPeers(catalogue: Catalogue): void {
    const { settings } = this.context;
    const random = this.gnutella.world.random("placement");
    const links = numberOf(settings, "links");
    const leafLinks = numberOf(settings, "leafLinks");
    const ttl = numberOf(settings, "ttl");
    const leavesPerUltrapeer = (leafLinks * (this.size - this.ultrapeers)) / this.ultrapeers;
    const ultrapeer: Tier = {
      role: "ultrapeer",
      linksWanted: links,
      linksMax: Math.ceil(SPARE * links),
      leavesMax: Math.ceil(SPARE * leavesPerUltrapeer) + 2,
      ttl,
      hostsMax: ULTRAPEER_HOSTS,
    };
    const leaf: Tier = {
      role: "leaf",
      linksWanted: leafLinks,
      linksMax: leafLinks,
      leavesMax: 0,
      ttl,
      hostsMax: LEAF_HOSTS,
      pingEveryMs: LEAF_PING_EVERY_MS,
    };
    const freeRiders = numberOf(settings, "freeRiders");
    const filesPerSharer = numberOf(settings, "filesPerSharer");
    for (let peer = 0; peer < this.size; peer++) {
      const shares = uniform53(random) >= freeRiders;
      const count = shares ? 1 + random.below(2 * filesPerSharer - 1) : 0;
      this.gnutella.add(peer < this.ultrapeers ? ultrapeer : leaf, catalogue.drawSome(count, random));
      if (peer % 10_000 === 0) this.context.progress(peer, this.size, "placing peers");
    }
  }

  /** Ultrapeers first, then the leaves, evenly over the time. */
  private join(joinMs: number): void {
    const { world } = this.gnutella;
    const ultrapeersMs = ULTRAPEERS_FIRST * joinMs;
    let started = 0;
    while (world.now < joinMs) {
      const { now } = world;
      const due =
        now < ultrapeersMs
          ? Math.ceil((this.ultrapeers * (now + STEP_MS)) / ultrapeersMs)
          : this.ultrapeers +
            Math.ceil(((this.size - this.ultrapeers) * (now + STEP_MS - ultrapeersMs)) / (joinMs - ultrapeersMs));
      for (; started < Math.min(due, this.size); started++)
        if (this.gnutella.nodes[started] !== undefined) this.start(started);
      world.runFor(Math.min(STEP_MS, joinMs - now));
      this.context.progress(world.now, joinMs, "joining");
    }
  }

  private start(peer: number): void {
    const node = this.gnutella.node(peer);
    for (let i = 0; i < FIRST_HOSTS; i++) {
      const host = this.random.below(this.ultrapeers);
      if (this.gnutella.nodes[host] !== undefined && host !== peer) {
        node.hosts.learn(this.gnutella.addressOf(host), true);
      }
    }
    node.start();
    this.upCount++;
    this.load.arrive(peer);
  }

  /** The next peer of the schedule comes or goes. */
  private change(): void {
    const { peer, up } = this.churn;
    this.churn.advance();
    if (up) {
      this.gnutella.restart(peer);
      this.start(peer);
      return;
    }
    this.gnutella.crash(peer);
    this.upCount--;
    this.load.depart(peer);
  }

  private mark(): Mark {
    const { queries, duplicates } = this.gnutella.totals();
    const { world } = this.gnutella;
    return { at: world.now, traffic: new TrafficSince(world), queries, duplicates };
  }

  private noteMinute(): void {
    const { searches, answered, records } = this.load;
    this.minutes.push([this.gnutella.world.now / MINUTE, this.upCount, searches, answered, records]);
  }

  private findings(from: Mark): Findings {
    const { world } = this.gnutella;
    const { queries, duplicates } = this.gnutella.totals();
    const searches = Math.max(1, this.load.searches);
    const { values, traffic } = this.trafficOf(from.traffic);
    return {
      values: {
        peers: this.peerSeconds / ((world.now - from.at) / 1000),
        ...this.load.values(),
        reach: (queries - duplicates - from.queries + from.duplicates) / searches,
        "duplicates.share": (duplicates - from.duplicates) / Math.max(1, queries - from.queries),
        ...values,
        ...this.state(),
      },
      tables: {
        traffic,
        minutes: { columns: ["minute", "peers", "searches", "answered", "records"], rows: this.minutes },
      },
      digest: world.digest(),
      events: world.events,
    };
  }

  /** What each peer sent in a second, by kind. */
  private trafficOf(since: TrafficSince): { values: Record<string, number>; traffic: Table } {
    const all = since.of();
    const values: Record<string, number> = {
      messages: all.messages / this.peerSeconds,
      bytes: all.bytes / this.peerSeconds,
    };
    const rows = since.kinds().map((kind) => {
      const { messages, bytes } = since.of(kind);
      values[`messages.${kind}`] = messages / this.peerSeconds;
      return [kind, messages / this.peerSeconds, bytes / this.peerSeconds];
    });
    return { values, traffic: { columns: ["kind", "messages", "bytes"], rows } };
  }

  /** What nodes hold at the end, per peer that is there. */
  private state(): Record<string, number> {
    let [links, leaves, linkedLeaves, leafCount, ultrapeerCount, hosts] = [0, 0, 0, 0, 0, 0];
    const wanted = numberOf(this.context.settings, "leafLinks");
    for (const [peer, node] of this.gnutella.nodes.entries()) {
      if (node === undefined) continue;
      hosts += node.hosts.size;
      if (peer >= this.ultrapeers) {
        leafCount++;
        if (node.openLinks >= wanted) linkedLeaves++;
        continue;
      }
      ultrapeerCount++;
      for (const { phase, facts } of node.neighbours()) {
        if (phase === "open" && facts.role === "leaf") leaves++;
        else if (phase === "open") links++;
      }
    }
    return {
      "links.perUltrapeer": links / Math.max(1, ultrapeerCount),
      "leaves.perUltrapeer": leaves / Math.max(1, ultrapeerCount),
      "leaves.linked": linkedLeaves / Math.max(1, leafCount),
      "hosts.known": hosts / Math.max(1, leafCount + ultrapeerCount),
      "routes.held": this.gnutella.memory.size / Math.max(1, leafCount + ultrapeerCount),
    };
  }
}
