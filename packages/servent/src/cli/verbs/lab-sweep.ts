// `lab sweep`: one scenario at every combination of some settings, here or on other machines.
import { ServentError } from "../../base/servent-error.ts";
import { loadScenario } from "../../lab/loaded-scenario.ts";
import { findSources } from "../../lab/scenario-source.ts";
import type { Context } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import type { Input } from "../input.ts";
import { changesOf, labLimits, runLoaded } from "./lab-execution.ts";
import { outFolder, tellResult, verdictCode } from "./lab-run.ts";

export async function sweep(context: Context, input: Input): Promise<ExitCode> {
  const { screen, shell } = context;
  const [source, another] = findSources([input.operand(0)], shell.cwd);
  if (source === undefined || another !== undefined) {
    throw new ServentError("usage", `"${input.operand(0)}" names several scenarios.`, "A sweep is of one.");
  }
  const loaded = loadScenario(source, changesOf(input), (text) => screen.note(text));
  if (loaded.jobs.length === 1) {
    throw new ServentError(
      "usage",
      "There is nothing to sweep over.",
      `Write --over key=a,b,c or --seeds 10; \`servent lab show ${source.name}\` tells what can be set.`,
    );
  }
  const out = outFolder(context, input);
  const result = await runLoaded(context, loaded, labLimits(context), {
    out,
    jobs: input.number("jobs"),
    redis: input.text("redis"),
  });
  if (result === undefined) return EXIT.interrupted;
  const item = tellResult(context, result, out, input);
  if (screen.isJson) screen.json({ schema: "servent.lab-sweep/1", ...item });
  return verdictCode(result, input);
}
