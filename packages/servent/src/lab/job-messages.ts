// What a process that runs jobs and the one that started it tell each other.
import type { Findings } from "@servent/lab/experiments/program.ts";
import type { Job } from "./job.ts";

/** To the process that runs: the next job, when it has none. */
export interface JobOrder {
  readonly job: Job;
}

export interface JobProgress {
  readonly done: number;
  readonly total: number;
  /** What is counted: `lookups`. */
  readonly what: string;
}

/** What a run cost, on this machine and at this time; no part of what it found. */
export interface JobCost {
  /** User and system time of the run. */
  readonly cpuMs: number;
  readonly wallMs: number;
  /** Peak of the whole process. */
  readonly residentBytes: number;
}

/** From the process that runs. */
export type JobReport =
  | ({ readonly kind: "progress" } & JobProgress)
  | { readonly kind: "done"; readonly findings: Findings; readonly cost: JobCost }
  /** The run stopped itself: an assertion did not hold, or a checker saw a violation; then it says how to see that again. */
  | { readonly kind: "failed"; readonly problem: string; readonly stack: string; readonly again?: string };
