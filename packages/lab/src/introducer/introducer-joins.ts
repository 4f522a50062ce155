// Ten thousand peers join through one introducer, and most of them leave again, many without a word. Is anybody given to too many of
// the others? How long are the dead still named? And is what comes of it a network, or a star around the first or the steadiest?
import type { Address } from "@servent/overlay/host/host.ts";
import { uniform } from "../network/latency.ts";
import type { RandomStream } from "../engine/random.ts";
import type { Findings, Program, RunContext } from "../experiments/program.ts";
import { numberOf } from "../experiments/setting-values.ts";
import { exponentialDraw, uniform53 } from "../random-draws.ts";
import { giantShare } from "../topology/components.ts";
import { degreesOf, edgeCount, type Graph } from "../topology/graph.ts";
import { IntroducerWorld, PEERS_MAX, type Said } from "./introducer-world.ts";

/** One way, between peers anywhere in the world. */
const LATENCY_MS = [20, 200] as const;
const MINUTE_MS = 60_000;
/** After the last join: who lost neighbours a moment ago has found others. */
const SETTLE_MS = 2 * MINUTE_MS;
/** Below so many, what a peer got is chance. */
const FAIR_LEAST = 10;

export const introducerJoins: Program = {
  name: "introducer-joins",
  summary: "Joins through one introducer while peers come and go: who is given to whom, and what network comes of it",
  settings: {
    joins: { default: 10_000, least: 10, most: PEERS_MAX, whole: true, summary: "peers that join, one after another" },
    joinsPerMinute: { default: 20, least: 0.1, most: 6000, summary: "joins in a minute, at random times" },
    sessionMinutes: { default: 30, least: 0.1, most: 10_000, summary: "how long a peer stays, on average" },
    stayers: { default: 50, least: 0, most: 10_000, whole: true, summary: "of the first peers so many never leave" },
    crashes: { default: 0.5, least: 0, most: 1, summary: "share of those who leave that say no goodbye" },
    undialable: {
      default: 0.3,
      least: 0,
      most: 0.95,
      summary: "share of peers that nobody can dial, and say nothing of it",
    },
    links: { default: 4, least: 1, most: 100, whole: true, summary: "links that a peer looks for" },
    linksMax: { default: 1000, least: 1, most: 10_000, whole: true, summary: "links that it takes in all" },
    count: { default: 10, least: 1, most: 20, whole: true, summary: "peers that are asked for" },
    countFrom: { default: 100, least: 0, most: 10_000, whole: true, summary: "newcomers that do not count yet" },
  },

  memory: (settings) => ({ peers: numberOf(settings, "joins"), bytesPerPeer: 6000, fixedBytes: 150_000_000 }),

  run(context: RunContext): Findings {
    const introduced = joinAll(context);
    const { said, world } = introduced;
    introduced.sumUpAll();
    const graph = introduced.graph();
    return {
      values: {
        joins: introduced.joined,
        present: graph.nodes,
        newcomers: said.newcomers,
        ...givenValues(said),
        named: said.named,
        "gone.share": said.namedGone / Math.max(1, said.named),
        "gone.longestSeconds": said.goneLongestMs / 1000,
        "gone.statedSeconds": introduced.introducer.desk.goneWithinMs / 1000,
        undialable: said.namedUndialable,
        checks: introduced.introducer.desk.counts.checks,
        ...graphValues(graph),
      },
      tables: { degrees: { columns: ["degree", "peers"], rows: degreeRows(graph) } },
      digest: world.digest(),
      events: world.events,
    };
  },
};

function joinAll({ settings, seed, fidelity, progress }: RunContext): IntroducerWorld {
  const introduced = new IntroducerWorld({
    seed,
    fidelity,
    latency: uniform(...LATENCY_MS),
    linksWanted: numberOf(settings, "links"),
    linksMax: numberOf(settings, "linksMax"),
    count: numberOf(settings, "count"),
  });
  introduced.countFrom = numberOf(settings, "countFrom");
  const { world } = introduced;
  const random = world.random("sessions");
  const joins = numberOf(settings, "joins");
  const gapMs = MINUTE_MS / numberOf(settings, "joinsPerMinute");
  const leaving = new Departures();
  for (let joined = 0; joined < joins; joined++) {
    const at = world.now + Math.ceil(gapMs * exponentialDraw(random));
    endSessions(introduced, leaving, at, random, numberOf(settings, "crashes"));
    world.runFor(at - world.now);
    const peer = introduced.join(uniform53(random) >= numberOf(settings, "undialable"));
    const stay = exponentialDraw(random) * numberOf(settings, "sessionMinutes") * MINUTE_MS;
    if (joined >= numberOf(settings, "stayers")) leaving.add(at + Math.ceil(stay), peer);
    if (joined % 100 === 0) progress(joined, joins, "joining");
  }
  world.runFor(SETTLE_MS);
  return introduced;
}

/** Those whose time is over by `until` leave, each in its moment. */
function endSessions(
  introduced: IntroducerWorld,
  leaving: Departures,
  until: number,
  random: RandomStream,
  crashes: number,
): void {
  const { world } = introduced;
  for (let next = leaving.next(until); next !== undefined; next = leaving.next(until)) {
    world.runFor(next.at - world.now);
    introduced.leave(next.peer, uniform53(random) >= crashes);
  }
}

interface Departure {
  readonly at: number;
  readonly peer: Address;
}

/** Who leaves when; the next one last, so that it is taken from the end. */
class Departures {
  private readonly all: Departure[] = [];

  add(at: number, peer: Address): void {
    let place = this.all.length;
    while (place > 0 && (this.all[place - 1] as Departure).at < at) place--;
    this.all.splice(place, 0, { at, peer });
  }

  /** The next that leaves by then, who is taken out; undefined: nobody does. */
  next(until: number): Departure | undefined {
    const last = this.all.at(-1);
    return last !== undefined && last.at <= until ? this.all.pop() : undefined;
  }
}

/** How much any one peer was given: of all newcomers, of those in its own time, and against what the lot would have given it. */
function givenValues({ newcomers, given, fair, inItsTime }: Said): Record<string, number> {
  let [most, mostInItsTime, overFair] = [0, 0, 0];
  for (const [address, count] of given) {
    most = Math.max(most, count);
    const expected = fair.get(address) ?? 0;
    if (expected < FAIR_LEAST) continue;
    overFair = Math.max(overFair, count / expected);
    mostInItsTime = Math.max(mostInItsTime, count / Math.max(1, inItsTime.get(address) ?? 0));
  }
  return {
    "given.mostShare": most / Math.max(1, newcomers),
    "given.mostShareInItsTime": mostInItsTime,
    "given.overFair": overFair,
  };
}

function graphValues(graph: Graph): Record<string, number> {
  const degrees = degreesOf(graph);
  const mean = (2 * edgeCount(graph)) / Math.max(1, graph.nodes);
  const most = degrees.reduce((largest, degree) => Math.max(largest, degree), 0);
  return {
    "degree.mean": mean,
    "degree.most": most,
    "degree.mostOverMean": most / Math.max(1, mean),
    "component.share": giantShare(graph),
  };
}

function degreeRows(graph: Graph): number[][] {
  const counts = new Map<number, number>();
  for (const degree of degreesOf(graph)) counts.set(degree, (counts.get(degree) ?? 0) + 1);
  return [...counts].sort(([a], [b]) => a - b);
}
