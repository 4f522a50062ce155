// A job: one run, described so fully that its result is a pure function of the job. The hash of all of it is its name, so the
// same run is never made twice, and a result that was kept is found again.
import type { Fidelity } from "@servent/lab/engine/world.ts";
import { combinations } from "@servent/lab/scenario/sweep.ts";
import { changedScenario } from "@servent/lab/scenario/schema.ts";
import type { Scenario } from "@servent/lab/scenario/scenario.ts";
import { assert } from "@servent/overlay/base/assert.ts";
import { createHash } from "node:crypto";
import { canonicalJson } from "./exact-json.ts";

/** What a scenario file holds, as JSON. */
export type Document = Readonly<Record<string, unknown>>;

export interface Job {
  readonly build: string;
  /** A scenario of one point and one seed, without what only judges or shows it. */
  readonly document: Document;
  readonly fidelity: Fidelity;
  readonly seed: string;
  /** Texts of the files that the document names. */
  readonly files: Readonly<Record<string, string>>;
}

/** A job and its place in the scenario that it belongs to. */
export interface PlacedJob {
  readonly id: string;
  readonly job: Job;
  readonly point: number;
}

/** Keys that say who judges and shows a run, not what it is. */
const BESIDE_THE_RUN: ReadonlySet<string> = new Set([
  "$schema",
  "title",
  "source",
  "text",
  "seed",
  "seeds",
  "fidelity",
  "published",
  "plots",
  "expect",
  "sweepOver",
]);

export function jobId(job: Job): string {
  return createHash("sha256").update(canonicalJson(job)).digest("hex");
}

/** Every run of a scenario: each point with each seed, in the order of the file. */
export function jobsOf(scenario: Scenario, document: Document, build: string, files: Job["files"]): PlacedJob[] {
  const swept = Object.entries((document["sweepOver"] ?? {}) as Readonly<Record<string, readonly unknown[]>>);
  const sets = combinations(swept.map(([name, values]) => ({ name, values })));
  assert(sets.length === scenario.points.length, "a scenario has the points of its file");
  return sets.flatMap((set, point) => {
    const concrete = concreteDocument(document, set);
    return scenario.seeds.map((seed): PlacedJob => {
      const job: Job = { build, document: concrete, fidelity: scenario.fidelity, seed, files };
      return { id: jobId(job), job, point };
    });
  });
}

function concreteDocument(document: Document, set: ReadonlyMap<string, unknown>): Document {
  let concrete: unknown = document;
  for (const [name, value] of set) {
    const changed = changedScenario(concrete, name, value);
    assert(changed.ok, "what is swept over is a place in the file");
    concrete = changed.value;
  }
  return Object.fromEntries(Object.entries(concrete as Document).filter(([key]) => !BESIDE_THE_RUN.has(key)));
}

/** The document as a scenario file would hold it; what is beside the run has to be there, whatever it says. */
export function completeDocument({ document, fidelity }: Job): Document {
  return { ...document, title: "run", seed: 0, fidelity };
}
