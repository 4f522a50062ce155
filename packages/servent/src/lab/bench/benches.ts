// What the lab promises of its speed, and how each promise is measured. The figures are for one core of an ordinary machine.
import { assert } from "@servent/overlay/base/assert.ts";
import { buildId } from "../build-id.ts";
import type { Document, Job } from "../job.ts";
import { loadScenario } from "../loaded-scenario.ts";
import { runJob } from "../run-job.ts";
import { shippedSource } from "../scenario-source.ts";
import { holdQueue, holdTimers } from "./engine-hold.ts";

export interface Measured {
  /** Of the part in which events are delivered; what it takes to set up the peers is not in it. */
  readonly events: number;
  readonly cpuMs: number;
  /** What was found, by name. */
  readonly values: Readonly<Record<string, number>>;
}

export interface Bound {
  /** As it is shown: `events per CPU second`. */
  readonly what: string;
  readonly least?: number;
  readonly most?: number;
  /** Holds for the full size only. */
  readonly isFullSize?: true;
  of(figures: BenchFigures): number | undefined;
}

export interface BenchFigures extends Measured {
  readonly residentBytes: number;
}

export interface Bench {
  readonly name: "queue" | "engine" | "chord" | "gnutella";
  readonly summary: string;
  readonly peers: number;
  readonly quickPeers: number;
  readonly bounds: readonly Bound[];
  /** `cpuMs` tells the processor time so far. */
  measure(peers: number, cpuMs: () => number): Measured;
}

const RATE = "events per CPU second";
const rateOf = ({ events, cpuMs }: BenchFigures): number => (1000 * events) / cpuMs;

export const BENCHES: readonly Bench[] = [
  {
    name: "queue",
    summary: "the bare engine: events that go back into the queue when they are due, a million pending",
    peers: 1_000_000,
    quickPeers: 100_000,
    bounds: [{ what: RATE, least: 6e6, of: rateOf }],
    measure: (pending, cpuMs) => ({ ...holdQueue(pending, 20 * pending, cpuMs), values: {} }),
  },
  {
    name: "engine",
    summary: "timers that arm themselves again, each through its host and a node of its own",
    peers: 1_000_000,
    quickPeers: 100_000,
    // Memory decides it: five lines of it at random for each event, where the bare engine reads in order.
    bounds: [{ what: RATE, least: 6e6, of: rateOf }],
    measure: (peers, cpuMs) => ({ ...holdTimers(peers, 20 * peers, cpuMs), values: {} }),
  },
  {
    name: "chord",
    summary: "lookups in an ideal Chord ring, by the real node",
    peers: 1_000_000,
    quickPeers: 100_000,
    bounds: [
      { what: RATE, least: 1e6, of: rateOf },
      { what: "peak of memory", most: 2e9, of: ({ residentBytes }) => residentBytes },
      { what: "mean forwards", least: 10.81, most: 10.85, isFullSize: true, of: ({ values }) => values["mean"] },
      { what: "wrong answers", most: 0, of: ({ values }) => values["wrong"] },
      { what: "unanswered", most: 0, of: ({ values }) => values["unanswered"] },
    ],
    measure: (peers, cpuMs) => {
      const { jobs } = loadScenario(
        shippedSource("chord-million"),
        { set: [`peers=${peers}`, `lookups=${peers}`] },
        () => undefined,
      );
      const [placed] = jobs;
      assert(placed !== undefined, "the scenario has a run");
      return measured(placed.job, "lookups", cpuMs);
    },
  },
  {
    name: "gnutella",
    summary: "queries that flood a network of equals with four links each",
    peers: 20_000,
    quickPeers: 2_000,
    bounds: [{ what: RATE, of: rateOf }],
    measure: (peers, cpuMs) =>
      measured({ build: buildId(), document: flood(peers), fidelity: "message", seed: "1", files: {} }, "time", cpuMs),
  },
];

function flood(peers: number): Document {
  return {
    schema: "servent.scenario/1",
    protocol: "gnutella",
    peers,
    topology: { kind: "regular", degree: 4 },
    link: { latency: "50ms" },
    load: [{ at: "1s", every: "200ms", do: "query", words: "tide", ttl: 7 }],
    until: "60s",
  };
}

/** The run's events, and its processor time from the moment when it first told of `phase`. */
function measured(job: Job, phase: string, cpuMs: () => number): Measured {
  let since: number | undefined;
  const { events, values } = runJob(job, (_done, _total, what) => {
    if (what === phase) since ??= cpuMs();
  });
  assert(since !== undefined, "the run told of the phase");
  return { events, cpuMs: cpuMs() - since, values };
}
