// Runs a job, in whatever process this is: the scenario is checked, its one point run with its one seed.
import type { Findings, RunContext } from "@servent/lab/experiments/program.ts";
import type { Scenario } from "@servent/lab/scenario/scenario.ts";
import { ViolationError } from "@servent/lab/scenario/checkers.ts";
import { faultsText, smallestFaults } from "@servent/lab/scenario/smallest-faults.ts";
import type { WorldSpec } from "@servent/lab/scenario/world-spec.ts";
import { checkScenario } from "@servent/lab/scenario/schema.ts";
import { runWorld } from "@servent/lab/scenario/world-run.ts";
import { assert } from "@servent/overlay/base/assert.ts";
import { buildId } from "./build-id.ts";
import { catalogue } from "./catalogue.ts";
import { completeDocument, type Job } from "./job.ts";
import type { JobCost } from "./job-messages.ts";

/** This process has the code that it was started with, whatever lies on the disk by now. */
const BUILD = buildId();

/** The scenario of a job: it has one point. Throws for a job of another build, which would find something else. */
export function jobScenario(job: Job): Scenario {
  if (job.build !== BUILD) throw new Error(`the code has changed since it was asked for: ${job.build}, now ${BUILD}`);
  const checked = checkScenario(completeDocument(job), catalogue(job.files));
  if (!checked.ok) throw new Error(`the job is no run: ${checked.problems[0]?.problem}`);
  return checked.scenario;
}

export function runJob(
  job: Job,
  progress: RunContext["progress"],
  scenario: Scenario = jobScenario(job),
  trace?: RunContext["trace"],
): Findings {
  const { seed, fidelity } = job;
  if (scenario.shape === "program") {
    const settings = scenario.points[0]?.settings;
    assert(settings !== undefined, "a job has a point");
    return scenario.program.run({ seed, settings, fidelity, progress });
  }
  const world = scenario.points[0]?.world;
  assert(world !== undefined, "a job has a point");
  const context = { seed, fidelity, progress, trace };
  try {
    return runWorld(world, context);
  } catch (error) {
    throw error instanceof ViolationError ? explained(error, world, { seed, fidelity, progress }) : error;
  }
}

/** A checker saw what must never be. `again` says how to see it once more. */
export class BrokenInvariantError extends Error {
  readonly again: string;

  constructor(message: string, again: string, options: ErrorOptions) {
    super(message, options);
    this.name = "BrokenInvariantError";
    this.again = again;
  }
}

function explained(cause: ViolationError, world: WorldSpec, context: Omit<RunContext, "settings">): Error {
  const smallest = smallestFaults(world, context, cause);
  const seed = `--seed ${context.seed}`;
  if (smallest === undefined) return new BrokenInvariantError(cause.message, `Again: ${seed}`, { cause });
  const { faults, violation } = smallest;
  const enough = `${faults.length} of ${world.faults.length} faults are enough, and break it at tick ${violation.tick}`;
  const again = `${enough}: ${seed} --set 'faults=${faultsText(faults)}'`;
  return new BrokenInvariantError(cause.message, again, { cause });
}

/** What was found, and what it cost this process. */
export function timed(run: () => Findings): { readonly findings: Findings; readonly cost: JobCost } {
  const cpuBefore = process.cpuUsage();
  const wallBefore = performance.now();
  const findings = run();
  const { user, system } = process.cpuUsage(cpuBefore);
  const cost = {
    cpuMs: (user + system) / 1000,
    wallMs: performance.now() - wallBefore,
    residentBytes: process.resourceUsage().maxRSS * 1024,
  };
  return { findings, cost };
}
