// `lab worker`: makes runs for sweeps on other machines until Ctrl-C.
import { ServentError } from "../../base/servent-error.ts";
import { buildId } from "../../lab/build-id.ts";
import { withoutPassword } from "../../lab/machine-queue.ts";
import { runWorker } from "../../lab/machine-worker.ts";
import type { Context } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import type { Input } from "../input.ts";
import { counted } from "../terminal/units.ts";
import { labLimits } from "./lab-execution.ts";

export async function worker(context: Context, input: Input): Promise<ExitCode> {
  const { screen, interrupt } = context;
  const redis = input.text("redis");
  if (redis === undefined) {
    throw new ServentError("usage", "Where is the queue?", "Write --redis redis://host:6379, as for the sweep.");
  }
  const { memoryBytesMax, processes } = labLimits(context);
  const jobs = input.number("jobs") ?? processes;
  const build = buildId();
  let runs = 0;
  let failed = 0;
  interrupt.addEventListener("abort", () => screen.note("ends with the runs under way; Ctrl-C again ends at once"));
  await runWorker({
    redis,
    build,
    processes: jobs,
    memoryBytesMax: Math.min(memoryBytesMax, process.availableMemory()),
    signal: interrupt,
    onReady: () =>
      screen.note(
        `works for build ${build} at ${withoutPassword(redis)}, ${counted(jobs, "process", "processes")}; Ctrl-C ends it`,
      ),
    onDone: (job, { cost }) => {
      runs++;
      const { program, protocol } = job.document;
      const seconds = (cost.wallMs / 1000).toFixed(1);
      screen.progress([`${counted(runs, "run")} made, the last of ${String(program ?? protocol)} in ${seconds} s`]);
    },
    onFailed: (problem) => {
      failed++;
      screen.note(`failed: ${problem}`);
    },
  });
  screen.clearProgress();
  if (screen.isJson) screen.json({ schema: "servent.lab-worker/1", build, runs, failed });
  else screen.note(`${counted(runs, "run")} made, ${failed} failed`);
  return EXIT.done;
}
