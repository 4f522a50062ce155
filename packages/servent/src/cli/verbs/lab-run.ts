// `lab run`: scenarios, one after the other, each with all its runs.
import path from "node:path";
import { ServentError } from "../../base/servent-error.ts";
import { type LoadedScenario, loadScenario } from "../../lab/loaded-scenario.ts";
import { needsOf, planMemory } from "../../lab/memory-plan.ts";
import { writeResultFolder } from "../../lab/result-folder.ts";
import type { Result } from "../../lab/run-result.ts";
import { findSources, shippedNames, type ScenarioSource } from "../../lab/scenario-source.ts";
import { prepareFolder } from "../../lab/text-files.ts";
import { writeTrace } from "../../lab/trace-file.ts";
import type { Context } from "../context.ts";
import { EXIT, type ExitCode, exitCodeOf } from "../exit-codes.ts";
import type { Input } from "../input.ts";
import { visible } from "../terminal/text.ts";
import { counted } from "../terminal/units.ts";
import { changesOf, type LabLimits, labLimits, runLoaded } from "./lab-execution.ts";
import { missedText, resultJson, showResult } from "./lab-results.ts";

export async function run(context: Context, input: Input): Promise<ExitCode> {
  const { screen } = context;
  const sources = sourcesOf(context, input);
  const limits = labLimits(context);
  const items: unknown[] = [];
  let worst: ExitCode = EXIT.done;
  // All are read before the first is run, so that a slip in the last is not told after an hour.
  const loaded = sources.map((source) => loadScenario(source, changesOf(input), (text) => screen.note(text)));
  if (sources.length === 1) for (const each of loaded) refuseTooLarge(each, limits);
  const trace = input.text("trace");
  if (trace !== undefined && loaded.length !== 1) {
    throw new ServentError("usage", "--trace is for one scenario.", "Name one, and with --seed the run.");
  }
  const out = outFolder(context, input);
  const place = (name: string) => (out === undefined || sources.length === 1 ? out : path.join(out, name));
  for (const [i, each] of loaded.entries()) {
    try {
      if (sources.length > 1) refuseTooLarge(each, limits);
      const result = await runLoaded(context, each, limits);
      if (result === undefined) {
        worst = EXIT.interrupted;
        break;
      }
      if (i > 0 && !screen.isJson && !screen.isPlain) screen.line("");
      items.push(tellResult(context, result, place(each.name), input));
      if (worst === EXIT.done) worst = verdictCode(result, input);
      if (trace !== undefined) {
        const { lines, isWhole } = writeTrace(each, path.resolve(context.shell.cwd, trace));
        screen.sum(`in ${visible(trace)}: ${isWhole ? "" : "the first "}${counted(lines, "event")}`);
      }
    } catch (error) {
      // One that cannot be run must not keep the others from it.
      if (sources.length === 1 || !(error instanceof ServentError)) throw error;
      screen.error(`${each.name}: ${error.message}`, error.hint, error.code);
      items.push({ name: each.name, error: { code: error.code, detail: error.message, hint: error.hint } });
      worst = exitCodeOf(error.code);
    }
  }
  if (screen.isJson) screen.json({ schema: "servent.lab-runs/1", items });
  return worst;
}

function sourcesOf({ shell }: Context, input: Input): ScenarioSource[] {
  if (input.flag("all") && input.operands.length > 0) {
    throw new ServentError("usage", "--all runs every scenario that comes with the lab.", "Name some, or say --all.");
  }
  if (input.flag("all")) return findSources(shippedNames(), shell.cwd);
  if (input.operands.length > 0) return findSources(input.operands, shell.cwd);
  throw new ServentError("usage", "Which scenario?", "`servent lab ls` lists some; a file of your own works too.");
}

/** What `--out` says, after a look whether anything can be written there: not after an hour of work. */
export function outFolder({ shell }: Context, input: Input): string | undefined {
  const out = input.text("out");
  if (out === "") throw new ServentError("usage", "--out names no folder.", "`--out results` makes one here.");
  if (out !== undefined) prepareFolder(path.resolve(shell.cwd, out), out);
  return out;
}

function refuseTooLarge({ scenario }: LoadedScenario, { memoryBytesMax }: LabLimits): void {
  planMemory(needsOf(scenario), 1, { maxBytes: memoryBytesMax, freeBytes: process.availableMemory() });
}

/** Shows the result and keeps it where `--out` says; the answer is its JSON. */
export function tellResult(
  context: Context,
  result: Result,
  out: string | undefined,
  input: Input,
): Readonly<Record<string, unknown>> {
  const { screen, shell } = context;
  const { verdicts } = result.judgement;
  if (!screen.isJson) showResult(context, result);
  const missed = missedText(verdicts);
  if (missed !== "" && !input.flag("check")) screen.sum(`${missed}; with --check that is exit code 10`);
  if (verdicts.length === 0 && input.flag("check"))
    screen.note(`${result.name} expects nothing, so nothing was checked.`);
  if (out === undefined) return resultJson(result);
  const files = writeResultFolder(path.resolve(shell.cwd, out), result);
  const tables = files.filter((file) => file.endsWith(".csv")).length;
  screen.sum(`in ${visible(out)}: report.html, result.json, and ${counted(tables, "table")} as CSV`);
  return { ...resultJson(result), out: path.resolve(shell.cwd, out), files };
}

export function verdictCode({ judgement }: Result, input: Input): ExitCode {
  return input.flag("check") && !judgement.passed ? EXIT.checkFailed : EXIT.done;
}
