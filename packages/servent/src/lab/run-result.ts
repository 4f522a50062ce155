// What a scenario's runs found, as it is kept in a file: enough to run it again, judge it anew, compare it and draw it.
import type { JobCost } from "./job-messages.ts";
import type { Findings } from "@servent/lab/experiments/program.ts";
import { type Judgement, judgeRuns } from "@servent/lab/scenario/judge.ts";
import type { Scenario } from "@servent/lab/scenario/scenario.ts";
import { ServentError } from "../base/servent-error.ts";
import { capsuleOf } from "./capsule.ts";
import { readFindings, writeFindings, type WrittenFindings } from "./exact-json.ts";
import type { Document } from "./job.ts";
import { loadDocument, type LoadedScenario } from "./loaded-scenario.ts";

export const RESULT_SCHEMA = "servent.lab-result/1";

/** One run of the scenario. */
export interface Run {
  readonly point: number;
  readonly seed: string;
  readonly findings: Findings;
  readonly cost: JobCost;
}

interface WrittenRun extends Omit<Run, "findings"> {
  readonly findings: WrittenFindings;
}

interface WrittenEstimate {
  readonly mean: number | string;
  readonly low?: number;
  readonly high?: number;
  readonly count: number;
}

/** What a result comes to, without the runs that it was made of. */
export interface ResultSummary {
  readonly name: string;
  readonly title: string;
  readonly build: string;
  readonly fidelity: string;
  readonly seeds: readonly string[];
  readonly digest: string;
  readonly events: number;
  readonly passed: boolean;
  readonly capsule: string;
  readonly verdicts: readonly { readonly expectation: string; readonly passed: boolean; readonly text: string }[];
  readonly points: readonly {
    readonly point: string;
    readonly values: Readonly<Record<string, WrittenEstimate>>;
  }[];
}

export interface WrittenResult extends ResultSummary {
  readonly schema: typeof RESULT_SCHEMA;
  readonly document: Document;
  readonly files: Readonly<Record<string, string>>;
  readonly runs: readonly WrittenRun[];
}

/** A scenario, its runs, and what they amount to. */
export interface Result {
  readonly name: string;
  readonly document: Document;
  readonly files: Readonly<Record<string, string>>;
  readonly scenario: Scenario;
  readonly build: string;
  readonly runs: readonly Run[];
  readonly judgement: Judgement;
}

export function resultOf(loaded: LoadedScenario, runs: readonly Run[]): Result {
  const { name, document, files, scenario, build } = loaded;
  return { name, document, files, scenario, build, runs, judgement: judgeRuns(scenario, runs) };
}

export function summaryOf(result: Result): ResultSummary {
  const { name, scenario, build, judgement } = result;
  const { title, fidelity, seeds } = scenario;
  const { digest, events, passed, verdicts, points } = judgement;
  return {
    name,
    title,
    build,
    fidelity,
    seeds,
    digest,
    events,
    passed,
    capsule: capsuleOf(result),
    verdicts: verdicts.map((verdict) => ({
      expectation: verdict.expectation,
      passed: verdict.passed,
      text: verdict.text,
    })),
    points: points.map(({ text, values }) => ({
      point: text,
      values: Object.fromEntries(
        Array.from(values, ([value, { mean, interval, count }]) => [
          value,
          { mean: Number.isFinite(mean) ? mean : String(mean), ...interval, count },
        ]),
      ),
    })),
  };
}

export function writeResult(result: Result): WrittenResult {
  const { document, files, runs } = result;
  const written = runs.map((run) => ({ ...run, findings: writeFindings(run.findings) }));
  return { schema: RESULT_SCHEMA, ...summaryOf(result), document, files, runs: written };
}

/** The result that `writeResult` wrote. Throws ServentError `invalid_value` where the text is something else. */
export function readResult(text: string, shown: string): Result {
  const written = parsed(text, shown);
  const { name, document, files, build } = written;
  const { scenario } = loadDocument(shown, document, files);
  const runs = written.runs.map((run): Run => ({ ...run, findings: readFindings(run.findings) }));
  if (runs.length !== scenario.points.length * scenario.seeds.length) {
    throw new ServentError("invalid_value", `${shown} does not hold every run of its scenario.`, "Run it again.");
  }
  return { name, document, files, scenario, build, runs, judgement: judgeRuns(scenario, runs) };
}

function parsed(text: string, shown: string): WrittenResult {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new ServentError("invalid_value", `${shown} is no JSON.`, RESULT_HINT, { cause });
  }
  const written = value as WrittenResult | null;
  const isResult =
    typeof written === "object" &&
    written?.schema === RESULT_SCHEMA &&
    Array.isArray(written.runs) &&
    typeof written.document === "object" &&
    typeof written.digest === "string";
  if (!isResult) throw new ServentError("invalid_value", `${shown} is no result of the lab.`, RESULT_HINT);
  return written;
}

const RESULT_HINT = "`servent lab run NAME --out DIR` writes DIR/result.json.";

export interface TotalCost {
  readonly cpuMs: number;
  readonly residentBytes: number;
  readonly eventsPerCpuSecond: number;
}

export function totalCost(runs: readonly Run[]): TotalCost {
  const cpuMs = runs.reduce((sum, { cost }) => sum + cost.cpuMs, 0);
  const events = runs.reduce((sum, { findings }) => sum + findings.events, 0);
  const residentBytes = Math.max(0, ...runs.map(({ cost }) => cost.residentBytes));
  return { cpuMs, residentBytes, eventsPerCpuSecond: cpuMs > 0 ? (1000 * events) / cpuMs : 0 };
}
