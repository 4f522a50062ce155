// The process in which a worker runs one job at a time: BullMQ loads it and calls what it exports.
import { hostname } from "node:os";
import type { Job as QueuedJob } from "bullmq";
import { parseSize } from "../config/units.ts";
import { writeFindings } from "./exact-json.ts";
import type { Job } from "./job.ts";
import type { MachineAnswer } from "./machine-queue.ts";
import { needsOf, planMemory } from "./memory-plan.ts";
import { jobScenario, runJob, timed } from "./run-job.ts";

const startedBy = process.ppid;

/** A run does not come to hear that its worker was killed: it shows only here. */
function endWithWorker(): void {
  if (process.ppid !== startedBy) process.exit(1);
}

export default async function run({ data: job }: QueuedJob<Job>): Promise<MachineAnswer> {
  try {
    const scenario = jobScenario(job);
    const maxBytes = parseSize(process.env.SERVENT_LAB_MAX_MEMORY ?? "") ?? Number.POSITIVE_INFINITY;
    planMemory(needsOf(scenario), 1, { maxBytes, freeBytes: process.availableMemory() });
    const { findings, cost } = timed(() => runJob(job, endWithWorker, scenario));
    return { findings: writeFindings(findings), cost, worker: `${hostname()}/${process.pid}` };
  } catch (error) {
    // It would fail again, and that name is how BullMQ knows.
    if (error instanceof Error) error.name = "UnrecoverableError";
    throw error;
  }
}
