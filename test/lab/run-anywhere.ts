// Runs a scenario of one point with nothing but the pure packages: the same code in Node, in another process, in a browser.
import type { Findings } from "@servent/lab/experiments/program.ts";
import { KITS, PROGRAMS } from "@servent/lab/experiments/programs.ts";
import { checkScenario } from "@servent/lab/scenario/schema.ts";
import { runWorld } from "@servent/lab/scenario/world-run.ts";

export function runAnywhere(document: unknown): Findings {
  const checked = checkScenario(document, { programs: [...PROGRAMS.values()], kits: KITS });
  if (!checked.ok) throw new Error(JSON.stringify(checked.problems));
  const { scenario } = checked;
  const context = { seed: scenario.seeds[0] as string, fidelity: scenario.fidelity, progress: () => undefined };
  if (scenario.shape === "world")
    return runWorld((scenario.points[0] as (typeof scenario.points)[number]).world, context);
  const [point] = scenario.points;
  if (point === undefined) throw new Error("a scenario has a point");
  return scenario.program.run({ ...context, settings: point.settings });
}
