// A ring of which a share failed heals by its own upkeep; what was stored at the failed peers alone is lost, and nothing else
// (SIGCOMM 2001, §6.4). Keys are not replicated: a lookup fails when the peer that it names is not the one that held the key.
import type { Address } from "@servent/overlay/host/host.ts";
import { randomId, Ring } from "../../chord/chord-world.ts";
import { WholeCounts } from "../../measures/distribution.ts";
import type { Findings, Program, RunContext } from "../program.ts";
import { crashSome } from "./crash-some.ts";
import { hopValues } from "./hop-values.ts";
import { answeredInTime, idealRing, memoryOf } from "./ideal-ring.ts";
import { numberOf, wordOf } from "../setting-values.ts";
import { runLookups } from "./steady-lookups.ts";

const UPKEEPS = ["original", "repaired"] as const;

/** One way, on average. */
const DELAY_MS = 50;
const TIMEOUT_MS = 500;

/** A round of the paper: 30 s on average. */
const ROUND_MS = [15_000, 45_000] as const;

/** The time in which the lookups start. */
const OVER_MS = 60_000;
const PATIENCE_MS = 60_000;

/** Virtual time between two reports of progress. */
const STEP_MS = 1000;

export const chordHealing: Program = {
  name: "chord-healing",
  summary: "lookups in a Chord ring that has healed after a share of its peers failed",
  settings: {
    peers: { default: 10_000, least: 2, most: 100_000, whole: true, summary: "peers in the ring before" },
    successors: { default: 20, least: 1, most: 64, whole: true, summary: "length of the successor list" },
    upkeep: { default: "repaired", choices: UPKEEPS, summary: "as published, or with Zave's repairs" },
    failed: { default: 0.1, least: 0, most: 0.9, summary: "share of the peers that fail at once" },
    keys: {
      default: 1_000_000,
      least: 1,
      most: 10_000_000,
      whole: true,
      summary: "keys stored before, each at its owner",
    },
    lookups: { default: 10_000, least: 1, most: 1_000_000, whole: true, summary: "lookups, each of one of the keys" },
    healingSeconds: {
      default: 300,
      least: 0,
      most: 100_000,
      whole: true,
      summary: "time between failures and lookups",
    },
  },

  memory: (settings) => {
    const { peers, bytesPerPeer, fixedBytes } = memoryOf(
      numberOf(settings, "peers"),
      numberOf(settings, "successors"),
      true,
    );
    return { peers, bytesPerPeer, fixedBytes: fixedBytes + BYTES_PER_KEY * numberOf(settings, "keys") };
  },

  run(context: RunContext): Findings {
    const { settings, progress } = context;
    const { chord, ring } = idealRing(context, {
      latency: answeredInTime(DELAY_MS, TIMEOUT_MS),
      peers: numberOf(settings, "peers"),
      successors: numberOf(settings, "successors"),
      node: { upkeep: wordOf(settings, "upkeep", UPKEEPS), roundMs: ROUND_MS, timeoutMs: TIMEOUT_MS, tries: 1 },
    });
    const { world } = chord;
    const random = world.random("keys");
    const keys = Float64Array.from({ length: numberOf(settings, "keys") }, () => randomId(random));
    const isAlive = (address: Address): boolean => chord.peers[address]?.alive === true;

    for (const node of chord.nodes) node.enter();
    const live = crashSome(chord, numberOf(settings, "failed"));
    const healed = new Ring(live);
    const healingMs = 1000 * numberOf(settings, "healingSeconds");
    while (world.now < healingMs) {
      world.runFor(STEP_MS);
      progress(world.now, healingMs, "milliseconds of healing");
    }

    const hops = new WholeCounts();
    let failed = 0;
    let wrong = 0;
    let timeouts = 0;
    const unanswered = runLookups(
      chord,
      {
        count: numberOf(settings, "lookups"),
        kind: "iterative",
        overMs: OVER_MS,
        patienceMs: PATIENCE_MS,
        random: world.random("lookups"),
        origins: live,
        key: (draws) => keys[draws.below(keys.length)] as number,
        onResult: (_origin, { key, owner, hops: length, timeouts: silent }) => {
          hops.add(length);
          timeouts += silent;
          if (owner?.address !== ring.owner(key).address) failed++;
          if (owner?.address !== healed.owner(key).address) wrong++;
        },
      },
      progress,
    );
    let lost = 0;
    for (const key of keys) if (!isAlive(ring.owner(key).address)) lost++;
    return {
      values: {
        ...hopValues(hops),
        failures: failed / hops.total,
        lost: lost / keys.length,
        timeouts: timeouts / hops.total,
        wrong,
        unanswered,
      },
      tables: { hops: hops.table("hops") },
      digest: world.digest(),
      events: world.events,
    };
  },
};

const BYTES_PER_KEY = 8;
