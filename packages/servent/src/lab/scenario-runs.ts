// Makes all runs of a scenario, wherever they are made: those that are kept already are taken, the rest is given to whoever
// executes jobs.
import type { JobCost, JobProgress } from "./job-messages.ts";
import type { Findings } from "@servent/lab/experiments/program.ts";
import type { PlacedJob } from "./job.ts";
import type { RunCache } from "./run-cache.ts";
import type { Run } from "./run-result.ts";

export interface DoneJob {
  readonly placed: PlacedJob;
  readonly findings: Findings;
  readonly cost: JobCost;
}

export interface ExecuteOptions {
  readonly signal: AbortSignal;
  onDone(done: DoneJob): void;
  /** What is under way, whenever one of them told something. */
  onProgress(running: readonly JobProgress[]): void;
}

/** Runs jobs, no two with the same id. Returns early when the signal aborts; throws the first failure as ServentError. */
export type Execute = (jobs: readonly PlacedJob[], options: ExecuteOptions) => Promise<void>;

export interface RunsProgress {
  readonly total: number;
  readonly done: number;
  /** Of those that are done, taken from the cache. */
  readonly kept: number;
  /** Of those that were made now. */
  readonly events: number;
  readonly running: readonly JobProgress[];
}

export interface ScenarioRunsOptions {
  readonly execute: Execute;
  readonly cache: RunCache | undefined;
  readonly signal: AbortSignal;
  onProgress(progress: RunsProgress): void;
}

/** In the order of the jobs; fewer where the signal aborted. */
export async function makeRuns(jobs: readonly PlacedJob[], options: ScenarioRunsOptions): Promise<Run[]> {
  const { cache, signal } = options;
  const found = new Map<string, { readonly findings: Findings; readonly cost: JobCost }>();
  const missing = new Map<string, PlacedJob>();
  for (const placed of jobs) {
    const kept = cache?.read(placed.id);
    if (kept !== undefined) found.set(placed.id, kept);
    else missing.set(placed.id, placed);
  }
  const kept = found.size;
  const total = kept + missing.size;
  let events = 0;
  const tell = (running: readonly JobProgress[]): void =>
    options.onProgress({ total, done: found.size, kept, events, running });
  if (missing.size > 0) {
    await options.execute([...missing.values()], {
      signal,
      onDone: ({ placed, findings, cost }) => {
        found.set(placed.id, { findings, cost });
        events += findings.events;
        cache?.keep(placed.id, { findings, cost });
        tell([]);
      },
      onProgress: tell,
    });
  }
  return jobs.flatMap(({ id, job, point }) => {
    const run = found.get(id);
    return run === undefined ? [] : [{ point, seed: job.seed, ...run }];
  });
}
