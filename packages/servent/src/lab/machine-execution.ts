// Executes jobs on other machines. A few of them are run a second time: where the two answers differ, nothing that came from
// these machines can be trusted, and the sweep says so rather than going on.
import { Job, Queue, QueueEvents } from "bullmq";
import type { Redis } from "ioredis";
import { ServentError } from "../base/servent-error.ts";
import { canonicalJson, readFindings } from "./exact-json.ts";
import type { PlacedJob } from "./job.ts";
import { connectRedis, type MachineAnswer, queueName } from "./machine-queue.ts";
import type { Execute, ExecuteOptions } from "./scenario-runs.ts";

/** Results stay so long where another sweep may find them. */
const KEPT_S = 24 * 3600;
/** A job whose process ended is tried again; one that failed by itself would fail again. */
const ATTEMPTS = 3;
/** Jobs added with one command. */
const BATCH = 500;
/** An event that was missed is made up for after this time. */
const LOOK_EVERY_MS = 10_000;
const WORKERS_LOOK_EVERY_MS = 2_000;
/** One job of so many is run twice. */
const CHECKED_ONE_OF = 100;
const SECOND = "-again";

export interface MachineOptions {
  readonly redis: string;
  readonly build: string;
  /** How many workers there are, whenever that has changed. */
  onWorkers(count: number): void;
}

export function machineExecution(options: MachineOptions): Execute {
  return async (jobs, hooks) => {
    const redis = await connectRedis(options.redis);
    const sweep = new MachineSweep(redis, jobs, options, hooks);
    try {
      await sweep.run();
    } finally {
      await sweep.close();
      redis.disconnect();
    }
  };
}

/** The jobs that are run twice: chosen by their hash, so that everybody chooses the same; at least one. */
export function checkedJobs(jobs: readonly PlacedJob[]): PlacedJob[] {
  const chosen = jobs.filter(({ id }) => Number.parseInt(id.slice(0, 8), 16) % CHECKED_ONE_OF === 0);
  if (chosen.length > 0) return chosen;
  return jobs.toSorted((a, b) => (a.id < b.id ? -1 : 1)).slice(0, 1);
}

/** Taking back what no worker has begun. */
const WITHDRAW_MS = 3000;

class MachineSweep {
  private readonly options: MachineOptions;
  private readonly hooks: ExecuteOptions;
  private readonly queue: Queue;
  private readonly events: QueueEvents;
  /** Jobs without an answer, by their id in the queue. */
  private readonly open = new Map<string, PlacedJob>();
  /** The first answer of those that are run twice, until the second is there. */
  private readonly answers = new Map<string, MachineAnswer>();
  private readonly checked: ReadonlySet<string>;
  private readonly ended = Promise.withResolvers<void>();
  private workers = -1;

  constructor(redis: Redis, jobs: readonly PlacedJob[], options: MachineOptions, hooks: ExecuteOptions) {
    this.options = options;
    this.hooks = hooks;
    const name = queueName(options.build);
    this.queue = new Queue(name, { connection: redis });
    this.events = new QueueEvents(name, { connection: redis });
    const checked = checkedJobs(jobs);
    this.checked = new Set(checked.map(({ id }) => id));
    for (const placed of jobs) this.open.set(placed.id, placed);
    for (const placed of checked) this.open.set(placed.id + SECOND, placed);
    // It may be rejected before anybody waits for it.
    this.ended.promise.catch(() => undefined);
  }

  async run(): Promise<void> {
    const { queue, events, ended, hooks } = this;
    // Both reconnect by themselves; without a listener an error would end the process.
    queue.on("error", () => undefined);
    events.on("error", () => undefined);
    events.on("completed", ({ jobId }) => void this.look([jobId]).catch(ended.reject));
    events.on("failed", ({ jobId }) => void this.look([jobId]).catch(ended.reject));
    const onAbort = (): void => ended.resolve();
    hooks.signal.addEventListener("abort", onAbort);
    const looks = setInterval(() => void this.look([...this.open.keys()]).catch(ended.reject), LOOK_EVERY_MS);
    const counts = setInterval(() => void this.countWorkers().catch(ended.reject), WORKERS_LOOK_EVERY_MS);
    try {
      await events.waitUntilReady();
      await this.add([...this.open]);
      await this.look([...this.open.keys()]);
      await this.countWorkers();
      if (hooks.signal.aborted) return;
      await ended.promise;
    } finally {
      clearInterval(looks);
      clearInterval(counts);
      hooks.signal.removeEventListener("abort", onAbort);
      // A queue that is out of reach must not keep anybody from leaving.
      await Promise.race([this.withdraw(), new Promise((resolve) => setTimeout(resolve, WITHDRAW_MS).unref())]);
    }
  }

  async close(): Promise<void> {
    const closed = Promise.allSettled([this.queue.close(), this.events.close()]);
    await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, WITHDRAW_MS).unref())]);
  }

  /** What is there already stays as it is, but for failures of an earlier sweep. */
  private async add(entries: readonly (readonly [id: string, placed: PlacedJob])[]): Promise<void> {
    for (let from = 0; from < entries.length; from += BATCH) {
      const batch = entries.slice(from, from + BATCH);
      const known = await Promise.all(batch.map(([id]) => Job.fromId(this.queue, id)));
      await Promise.all(known.map(async (job) => ((await job?.isFailed()) ? job?.remove() : undefined)));
      await this.queue.addBulk(
        batch.map(([jobId, { job }]) => ({
          name: "run",
          data: job,
          opts: {
            jobId,
            attempts: ATTEMPTS,
            removeOnComplete: { age: KEPT_S },
            removeOnFail: { age: KEPT_S },
          },
        })),
      );
    }
  }

  /** Takes the answers of those that have ended. */
  private async look(ids: readonly string[]): Promise<void> {
    for (let from = 0; from < ids.length; from += BATCH) {
      await Promise.all(ids.slice(from, from + BATCH).map((id) => this.lookAt(id)));
    }
  }

  private async lookAt(id: string): Promise<void> {
    if (!this.open.has(id)) return;
    const job = await Job.fromId<unknown, MachineAnswer>(this.queue, id);
    const placed = this.open.get(id);
    if (placed === undefined) return;
    if (job === undefined) {
      // Another sweep of the same took it back, or the queue was lost.
      await this.add([[id, placed]]);
      return;
    }
    if (job.finishedOn === undefined) return;
    if (await job.isFailed()) throw failureOf(job, placed);
    if (!this.open.delete(id)) return;
    this.take(id, placed, job.returnvalue);
    if (this.open.size === 0) this.ended.resolve();
  }

  private take(id: string, placed: PlacedJob, answer: MachineAnswer): void {
    if (this.checked.has(placed.id)) {
      const first = this.answers.get(placed.id);
      if (first === undefined) this.answers.set(placed.id, answer);
      else if (canonicalJson(first.findings) !== canonicalJson(answer.findings)) throw differing(placed, first, answer);
    }
    if (id !== placed.id) return;
    this.hooks.onDone({ placed, findings: readFindings(answer.findings), cost: answer.cost });
  }

  private async countWorkers(): Promise<void> {
    const count = await this.queue.getWorkersCount();
    if (count !== this.workers) this.options.onWorkers(count);
    this.workers = count;
    this.hooks.onProgress([]);
  }

  /** Nobody waits for the rest any more: what no worker has begun is taken back. */
  private async withdraw(): Promise<void> {
    const ids = [...this.open.keys()];
    for (let from = 0; from < ids.length; from += BATCH) {
      await Promise.allSettled(ids.slice(from, from + BATCH).map((id) => this.queue.remove(id)));
    }
  }
}

function failureOf(job: Job, { job: { seed }, point }: PlacedJob): ServentError {
  return new ServentError(
    "internal",
    `The run with seed ${seed} at point ${point + 1} failed on a worker: ${job.failedReason}.`,
    `It was tried ${job.attemptsMade} times.`,
  );
}

function differing({ job: { seed }, point }: PlacedJob, first: MachineAnswer, second: MachineAnswer): ServentError {
  const one = `${first.findings.digest} on ${first.worker}`;
  const other = `${second.findings.digest} on ${second.worker}`;
  return new ServentError(
    "trace_differs",
    `THE SAME RUN GAVE TWO RESULTS: seed ${seed} at point ${point + 1} gave ${one} and ${other}.`,
    "One of these machines has other code or computes wrongly. Trust no result of this sweep.",
  );
}
