// How long lookups are in an ideal ring that nobody joins or leaves (ToN 2003, §V-C): the nodes that an iterative lookup asks,
// or the times that a recursive one is sent on.
import { randomId } from "../../chord/chord-world.ts";
import { totalVariation, WholeCounts } from "../../measures/distribution.ts";
import { constant } from "../../network/latency.ts";
import type { Findings, Program, RunContext } from "../program.ts";
import { hopValues } from "./hop-values.ts";
import { idealRing, memoryOf } from "./ideal-ring.ts";
import { numberOf, numbersOf, wordOf } from "../setting-values.ts";
import { KINDS, runLookups } from "./steady-lookups.ts";

/** One way. The length of a lookup does not depend on it. */
const DELAY_MS = 10;

/** The time in which the lookups start: so few are on their way at once. */
const OVER_MS = 10_000;

/** The longest path takes a second. */
const PATIENCE_MS = 60_000;

export const chordLookups: Program = {
  name: "chord-lookups",
  summary: "lengths of lookups in an ideal Chord ring",
  settings: {
    peers: { default: 1000, least: 2, most: 1_000_000, whole: true, summary: "peers in the ring" },
    lookups: { default: 10_000, least: 1, most: 100_000_000, whole: true, summary: "lookups of random keys" },
    kind: { default: "iterative", choices: KINDS, summary: "whether the asker asks each node, or each sends it on" },
    successors: { default: 1, least: 1, most: 64, whole: true, summary: "length of the successor list" },
    expectedShares: {
      default: [],
      least: 0,
      most: 1,
      summary: "shares of lookups of 0, 1, 2 … hops to compare with: `variation` is the distance, 0 to 1",
    },
  },

  memory: (settings) => memoryOf(numberOf(settings, "peers"), numberOf(settings, "successors"), false),

  run(context: RunContext): Findings {
    const { settings, progress } = context;
    const expectedShares = numbersOf(settings, "expectedShares");
    const { chord } = idealRing(context, {
      latency: constant(DELAY_MS),
      peers: numberOf(settings, "peers"),
      successors: numberOf(settings, "successors"),
      // Everybody is there: an owner need not be asked whether it is.
      node: { confirms: false },
    });
    const { world } = chord;

    const hops = new WholeCounts();
    let wrong = 0;
    const unanswered = runLookups(
      chord,
      {
        count: numberOf(settings, "lookups"),
        kind: wordOf(settings, "kind", KINDS),
        overMs: OVER_MS,
        patienceMs: PATIENCE_MS,
        random: world.random("lookups"),
        origins: chord.nodes,
        key: randomId,
        onResult: (_origin, { key, owner, hops: length }) => {
          // In an ideal ring the owner's own pointers say whose a key is; its row is its address.
          if (owner === undefined || !chord.routes.owns(owner.address, key)) wrong++;
          else hops.add(length);
        },
      },
      progress,
    );
    return {
      values: {
        ...hopValues(hops),
        wrong,
        unanswered,
        ...(expectedShares.length === 0 ? {} : { variation: totalVariation(hops.shares(), expectedShares) }),
      },
      tables: { hops: hops.table("hops") },
      digest: world.digest(),
      events: world.events,
    };
  },
};
