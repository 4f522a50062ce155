// Runs jobs in processes of their own on this machine, a few at a time. A process takes one job after the other until it has
// grown large; then the next job gets a fresh one, so that nobody runs in what another left behind.
import type { Findings } from "@servent/lab/experiments/program.ts";
import { type ChildProcess, fork } from "node:child_process";
import module from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { ServentError } from "../base/servent-error.ts";
import type { PlacedJob } from "./job.ts";
import type { JobCost, JobOrder, JobProgress, JobReport } from "./job-messages.ts";
import type { Execute, ExecuteOptions } from "./scenario-runs.ts";

const ENTRY = fileURLToPath(new URL("job-process.ts", import.meta.url));

/** A process that grew beyond this takes no further job. */
const USED_BYTES_MAX = 1e9;
/** What a dying process said, as far as it helps to know. */
const LAST_WORDS_MAX = 2000;

export interface PoolOptions {
  readonly processes: number;
  /** Of the heap of each process; more ends it. */
  readonly heapBytesMax: number;
}

/** Executes jobs here, in their order as far as processes are free. None is left when it ends, however it ends. */
export function localExecution(options: PoolOptions): Execute {
  return (jobs, hooks) => runJobs(jobs, options, hooks);
}

async function runJobs(jobs: readonly PlacedJob[], options: PoolOptions, hooks: ExecuteOptions): Promise<void> {
  const waiting = jobs.toReversed();
  const running = new Map<number, JobProgress>();
  const stop = new AbortController();
  const signal = AbortSignal.any([hooks.signal, stop.signal]);
  const lane = async (number: number): Promise<void> => {
    let process: JobProcess | undefined;
    try {
      for (let placed = waiting.pop(); placed !== undefined && !signal.aborted; placed = waiting.pop()) {
        process ??= new JobProcess(options.heapBytesMax, signal);
        const report = await process.run(placed, (progress) => {
          running.set(number, progress);
          hooks.onProgress([...running.values()]);
        });
        running.delete(number);
        if (report === undefined) return;
        hooks.onDone({ placed, ...report });
        if (report.cost.residentBytes > USED_BYTES_MAX) {
          process.end();
          process = undefined;
        }
      }
    } catch (error) {
      stop.abort();
      throw error;
    } finally {
      process?.end();
    }
  };
  const lanes = Array.from({ length: Math.min(options.processes, jobs.length) }, (_, number) => lane(number));
  const ends = await Promise.allSettled(lanes);
  for (const end of ends) if (end.status === "rejected") throw end.reason;
}

/** One process, and the job that it has. */
class JobProcess {
  private readonly child: ChildProcess;
  private readonly heapBytesMax: number;
  private readonly signal: AbortSignal;
  private lastWords = "";

  constructor(heapBytesMax: number, signal: AbortSignal) {
    this.heapBytesMax = heapBytesMax;
    this.signal = signal;
    this.child = fork(ENTRY, [], {
      execArgv: ["--disable-warning=ExperimentalWarning", `--max-old-space-size=${Math.ceil(heapBytesMax / 2 ** 20)}`],
      // Findings hold numbers that JSON cannot say.
      serialization: "advanced",
      stdio: ["ignore", "ignore", "pipe", "ipc"],
      env: { ...process.env, ...compileCache() },
    });
    this.child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.lastWords = (this.lastWords + text).slice(-LAST_WORDS_MAX);
    });
  }

  /** Undefined where the signal aborted it. */
  async run(
    placed: PlacedJob,
    onProgress: (progress: JobProgress) => void,
  ): Promise<{ readonly findings: Findings; readonly cost: JobCost } | undefined> {
    const { child, signal } = this;
    const ended = Promise.withResolvers<{ readonly findings: Findings; readonly cost: JobCost } | undefined>();
    const onMessage = (report: JobReport): void => {
      if (report.kind === "progress") onProgress(report);
      else if (report.kind === "done") ended.resolve(report);
      else ended.reject(failed(placed, report));
    };
    const onExit = (code: number | null, how: NodeJS.Signals | null): void =>
      ended.reject(this.died(placed, code, how));
    const onAbort = (): void => ended.resolve(undefined);
    child.on("message", onMessage);
    child.on("exit", onExit);
    child.on("error", ended.reject);
    signal.addEventListener("abort", onAbort);
    try {
      child.send({ job: placed.job } satisfies JobOrder, (error) => {
        if (error !== null) ended.reject(error);
      });
      return await ended.promise;
    } finally {
      signal.removeEventListener("abort", onAbort);
      child.off("message", onMessage).off("exit", onExit).off("error", ended.reject);
    }
  }

  /** Ends it, whatever it is doing. */
  end(): void {
    this.child.on("error", () => undefined);
    // Between jobs it leaves by itself, and writes down what it has compiled; in the middle of one it would not listen.
    if (this.signal.aborted) this.child.kill("SIGKILL");
    else if (this.child.connected) this.child.disconnect();
  }

  private died(placed: PlacedJob, code: number | null, how: NodeJS.Signals | null): ServentError {
    if (how === "SIGABRT" || code === 134 || this.lastWords.includes("heap out of memory")) {
      const megabytes = Math.round(this.heapBytesMax / 1e6);
      return new ServentError(
        "out_of_memory",
        `The run ${whichRun(placed)} needed more than ${megabytes} MB.`,
        "Take fewer peers, or allow more: SERVENT_LAB_MAX_MEMORY=8GB before the command.",
      );
    }
    const words = this.lastWords.trim().split("\n").at(-1) ?? "";
    return new ServentError(
      "internal",
      `The process of the run ${whichRun(placed)} ended by itself (${how ?? `code ${code}`}). ${words}`.trim(),
      how === "SIGKILL" ? "Somebody killed it, or the machine had no memory left." : "",
    );
  }
}

function failed(placed: PlacedJob, { problem, stack, again }: Extract<JobReport, { kind: "failed" }>): ServentError {
  const cause = new Error(problem);
  cause.stack = stack;
  if (again !== undefined) {
    return new ServentError("violation", `The run ${whichRun(placed)} broke an invariant: ${problem}.`, again, {
      cause,
    });
  }
  return new ServentError("internal", `The run ${whichRun(placed)} failed: ${problem}.`, "", { cause });
}

function whichRun({ job, point }: PlacedJob): string {
  return `with seed ${job.seed}${point === 0 ? "" : ` at point ${point + 1}`}`;
}

/** Processes share what one of them compiled. */
function compileCache(): Readonly<Record<string, string>> {
  const folder = module.getCompileCacheDir();
  return folder === undefined ? {} : { NODE_COMPILE_CACHE: path.dirname(folder) };
}
