// How the verbs of the lab make runs: within the limits of the settings, here or on other machines, with progress.
import { availableParallelism } from "node:os";
import path from "node:path";
import { Settings } from "../../config/settings.ts";
import { DEFAULT_PROFILE, profilePaths } from "../../daemon/profile.ts";
import { localExecution } from "../../lab/job-pool.ts";
import type { LoadedScenario } from "../../lab/loaded-scenario.ts";
import { needsOf, planMemory } from "../../lab/memory-plan.ts";
import { RunCache } from "../../lab/run-cache.ts";
import { type Result, resultOf } from "../../lab/run-result.ts";
import type { ScenarioChanges } from "../../lab/scenario-changes.ts";
import { makeRuns } from "../../lab/scenario-runs.ts";
import type { Context } from "../context.ts";
import type { Input } from "../input.ts";
import { ProgressText } from "./lab-progress.ts";

export interface LabLimits {
  readonly memoryBytesMax: number;
  readonly processes: number;
}

/** From the settings, which are read without a daemon. */
export function labLimits({ flags, shell }: Context): LabLimits {
  const { configFile, settingsFile } = profilePaths({ profile: flags.profile ?? DEFAULT_PROFILE, env: shell.env });
  const settings = new Settings({ configFile: flags.config ?? configFile, settingsFile, env: shell.env });
  const threads = settings.get("lab.threads");
  return {
    memoryBytesMax: settings.get("lab.maxMemory"),
    processes: threads > 0 ? threads : Math.max(1, availableParallelism() - 1),
  };
}

export function changesOf(input: Input): ScenarioChanges {
  return {
    set: input.list("set"),
    over: input.list("over"),
    seed: input.number("seed"),
    seeds: input.number("seeds"),
    until: input.text("until"),
    fidelity: input.text("fidelity"),
  };
}

export interface RunOptions {
  /** Where runs are kept, so that a later sweep finds them. */
  readonly out?: string | undefined;
  readonly jobs?: number | undefined;
  readonly redis?: string | undefined;
}

/**
 * Makes every run of the scenario. Undefined where Ctrl-C ended it, which is told. Throws ServentError `out_of_memory` before
 * the first run where it does not fit.
 */
export async function runLoaded(
  context: Context,
  loaded: LoadedScenario,
  limits: LabLimits,
  options: RunOptions = {},
): Promise<Result | undefined> {
  const { screen, interrupt, shell } = context;
  const { out, redis } = options;
  const cache = out === undefined ? undefined : new RunCache(path.resolve(shell.cwd, out));
  const progress = new ProgressText(loaded.name, () => shell.now());
  const execute = redis === undefined ? here(loaded, limits, options.jobs) : await elsewhere(context, redis, loaded);
  screen.startProgressClock();
  const runs = await makeRuns(loaded.jobs, {
    execute,
    cache,
    signal: interrupt,
    onProgress: (state) => screen.progress([progress.line(state, screen.progressWidth)]),
  });
  screen.clearProgress();
  if (runs.length === loaded.jobs.length) return resultOf(loaded, runs);
  screen.note(
    out === undefined
      ? "Interrupted; nothing of it is kept."
      : `Interrupted; ${runs.length} of ${loaded.jobs.length} runs are kept in ${out}, and the same command goes on.`,
  );
  return undefined;
}

function here(loaded: LoadedScenario, { memoryBytesMax, processes }: LabLimits, jobs: number | undefined) {
  const limits = { maxBytes: memoryBytesMax, freeBytes: process.availableMemory() };
  return localExecution(planMemory(needsOf(loaded.scenario), jobs ?? processes, limits));
}

async function elsewhere({ screen }: Context, redis: string, { build }: LoadedScenario) {
  // Loaded here because most sweeps stay on one machine.
  const { machineExecution } = await import("../../lab/machine-execution.ts");
  const { withoutPassword } = await import("../../lab/machine-queue.ts");
  return machineExecution({
    redis,
    build,
    onWorkers: (count) => {
      const start = `\`servent lab worker --redis ${withoutPassword(redis)}\``;
      if (count === 0) screen.note(`No worker of build ${build} is there yet; start some with ${start}.`);
      else screen.note(`${count} ${count === 1 ? "worker is" : "workers are"} there.`);
    },
  });
}
