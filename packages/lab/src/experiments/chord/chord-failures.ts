// Lookups in a ring of which a share failed at once, before anybody has noticed (ToN 2003, §V-D): nobody stabilizes, and dead
// peers stay in the tables. An iterative lookup meets them as timeouts and has to find its way around.
import { randomId, Ring } from "../../chord/chord-world.ts";
import { WholeCounts } from "../../measures/distribution.ts";
import type { Findings, Program, RunContext } from "../program.ts";
import { crashSome } from "./crash-some.ts";
import { hopValues } from "./hop-values.ts";
import { answeredInTime, idealRing, memoryOf } from "./ideal-ring.ts";
import { numberOf } from "../setting-values.ts";
import { runLookups } from "./steady-lookups.ts";

/** One way, on average. */
const DELAY_MS = 50;
const TIMEOUT_MS = 500;

/** The time in which the lookups start. */
const OVER_MS = 100_000;

/** Longer than a lookup that meets as many dead peers as it may. */
const PATIENCE_MS = 300_000;

export const chordFailures: Program = {
  name: "chord-failures",
  summary: "lookups in a Chord ring of which a share has just failed",
  settings: {
    peers: { default: 1000, least: 2, most: 100_000, whole: true, summary: "peers in the ring before" },
    successors: { default: 20, least: 1, most: 64, whole: true, summary: "length of the successor list" },
    failed: { default: 0.1, least: 0, most: 0.9, summary: "share of the peers that fail at once" },
    lookups: { default: 10_000, least: 1, most: 10_000_000, whole: true, summary: "lookups of random keys" },
  },

  memory: (settings) => memoryOf(numberOf(settings, "peers"), numberOf(settings, "successors"), true),

  run(context: RunContext): Findings {
    const { settings, progress } = context;
    const { chord } = idealRing(context, {
      latency: answeredInTime(DELAY_MS, TIMEOUT_MS),
      peers: numberOf(settings, "peers"),
      successors: numberOf(settings, "successors"),
      node: { timeoutMs: TIMEOUT_MS, tries: 1, rounds: false, forgets: false, silentMax: Number.POSITIVE_INFINITY },
    });
    const { world } = chord;
    for (const node of chord.nodes) node.enter();
    const live = crashSome(chord, numberOf(settings, "failed"));
    const ring = new Ring(live);

    const hops = new WholeCounts();
    const timeouts = new WholeCounts();
    const ownerTimeouts = new WholeCounts();
    let wrong = 0;
    const unanswered = runLookups(
      chord,
      {
        count: numberOf(settings, "lookups"),
        kind: "iterative",
        overMs: OVER_MS,
        patienceMs: PATIENCE_MS,
        random: world.random("lookups"),
        origins: live,
        key: randomId,
        onResult: (_origin, result) => {
          if (result.owner?.address !== ring.owner(result.key).address) wrong++;
          hops.add(result.hops);
          timeouts.add(result.timeouts);
          ownerTimeouts.add(result.ownerTimeouts);
        },
      },
      progress,
    );
    return {
      values: {
        ...hopValues(hops),
        timeouts: timeouts.mean,
        ownerTimeouts: ownerTimeouts.mean,
        wrong,
        unanswered,
      },
      tables: { hops: hops.table("hops"), timeouts: timeouts.table("timeouts") },
      digest: world.digest(),
      events: world.events,
    };
  },
};
