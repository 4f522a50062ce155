// The entry of a process that runs jobs, one after the other, each sent by the process that started it. Its memory and its
// faults are its own; it ends with who started it.
import type { JobOrder, JobReport } from "./job-messages.ts";
import { BrokenInvariantError, runJob, timed } from "./run-job.ts";

/** A run tells more often than anybody looks. */
const PROGRESS_EVERY_MS = 200;

const startedBy = process.ppid;

process.on("message", ({ job }: JobOrder) => {
  let toldAt = 0;
  const progress = (done: number, total: number, what: string): void => {
    const now = performance.now();
    if (now - toldAt < PROGRESS_EVERY_MS) return;
    toldAt = now;
    // A run does not come to read messages: that nobody waits for it any more shows only here.
    if (process.ppid !== startedBy) process.exit(1);
    tell({ kind: "progress", done, total, what });
  };
  try {
    tell({ kind: "done", ...timed(() => runJob(job, progress)) });
  } catch (error) {
    const { message, stack = "" } = error instanceof Error ? error : new Error(String(error));
    const again = error instanceof BrokenInvariantError ? error.again : undefined;
    tell({ kind: "failed", problem: message, stack, ...(again === undefined ? {} : { again }) });
  }
});
process.on("disconnect", () => process.exit(0));
// Ctrl-C reaches the whole group; the process that started us decides what ends.
process.on("SIGINT", () => undefined);

function tell(report: JobReport): void {
  process.send?.(report);
}
