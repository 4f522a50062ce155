// A worker: takes jobs of sweeps from the queue, and runs each in a process of its own, so that it can tell that it is alive
// while a run keeps that process busy for minutes.
import { Worker } from "bullmq";
import type { Job } from "./job.ts";
import { connectRedis, type MachineAnswer, queueName } from "./machine-queue.ts";

/** A worker that has not renewed its claim for so long is taken for dead, and its job given to another. */
const CLAIM_MS = 6_000;
const DEAD_LOOK_EVERY_MS = 3_000;
/** Workers may die more than once under the same job before it is given up. */
const DEATHS_MAX = 10;

export interface WorkerOptions {
  readonly redis: string;
  readonly build: string;
  readonly processes: number;
  /** For all processes together. */
  readonly memoryBytesMax: number;
  readonly signal: AbortSignal;
  onReady(): void;
  onDone(job: Job, answer: MachineAnswer): void;
  onFailed(problem: string): void;
}

/** Works until the signal aborts, and then ends with the runs that are under way. */
export async function runWorker(options: WorkerOptions): Promise<void> {
  const { redis: url, build, processes, memoryBytesMax, signal } = options;
  const redis = await connectRedis(url);
  const bytesEach = Math.floor(memoryBytesMax / processes);
  const worker = new Worker<Job, MachineAnswer>(queueName(build), new URL("machine-process.ts", import.meta.url), {
    connection: redis,
    concurrency: processes,
    lockDuration: CLAIM_MS,
    stalledInterval: DEAD_LOOK_EVERY_MS,
    maxStalledCount: DEATHS_MAX,
    workerForkOptions: {
      execArgv: ["--disable-warning=ExperimentalWarning", `--max-old-space-size=${Math.ceil(bytesEach / 2 ** 20)}`],
      env: { ...process.env, SERVENT_LAB_MAX_MEMORY: String(bytesEach) },
    },
  });
  worker.on("completed", (job, answer) => options.onDone(job.data, answer));
  worker.on("failed", (_job, error) => options.onFailed(error.message));
  worker.on("error", (error) => options.onFailed(error.message));
  await worker.waitUntilReady();
  options.onReady();
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve());
  });
  await worker.close();
  redis.disconnect();
}
