// `lab replay`: runs a kept result, or the run in a capsule, once more, and says whether it came out the same.
import { ServentError } from "../../base/servent-error.ts";
import { buildId } from "../../lab/build-id.ts";
import { type Capsule, documentHash, isCapsule, readCapsule } from "../../lab/capsule.ts";
import { canonicalJson, writeFindings } from "../../lab/exact-json.ts";
import type { Run } from "../../lab/run-result.ts";
import { loadDocument, type LoadedScenario, loadScenario } from "../../lab/loaded-scenario.ts";
import { readResultAt } from "../../lab/result-folder.ts";
import { findSources, type ScenarioSource, shippedNames } from "../../lab/scenario-source.ts";
import type { Context } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import type { Input } from "../input.ts";
import { fieldLines } from "../terminal/table.ts";
import { labLimits, runLoaded } from "./lab-execution.ts";

interface Recorded {
  readonly loaded: LoadedScenario;
  readonly build: string;
  readonly digest: string;
  /** What was found, where the result was kept. */
  readonly findings?: string;
}

export async function replay(context: Context, input: Input): Promise<ExitCode> {
  const { screen } = context;
  const what = input.operand(0);
  const { loaded, build, digest, findings } = isCapsule(what)
    ? recordedIn(context, readCapsule(what), input)
    : keptAt(context, what);
  const here = buildId();
  const result = await runLoaded(context, loaded, labLimits(context));
  if (result === undefined) return EXIT.interrupted;
  const now = result.judgement.digest;
  // A digest vouches for the run, not for the numbers that somebody wrote beside it.
  const isChanged = now === digest && findings !== undefined && findings !== findingsOf(result.runs);
  const same = now === digest && !isChanged;
  if (screen.isJson) {
    screen.json({
      schema: "servent.lab-replay/1",
      name: loaded.name,
      same,
      digest: now,
      recorded: digest,
      build: here,
      recordedBuild: build,
    });
  } else {
    screen.lines(
      fieldLines(
        [
          ["run", `${loaded.name}: ${loaded.scenario.title}`],
          ["then", `${digest}  (build ${build})`],
          ["now", `${now}  (build ${here})`],
          ["trace", now === digest ? "the same" : "DIFFERS", now === digest ? "green" : "red"],
          ["values", isChanged ? "DIFFER: the result was changed after the run" : "", "red"],
        ],
        screen.layout,
      ),
    );
  }
  if (same) return EXIT.done;
  if (isChanged) return EXIT.traceDiffers;
  screen.note(
    build === here
      ? "The same build came to another result: a fault of the program or of the machine."
      : "It was made with another build, whose code differs: that may be why.",
  );
  return EXIT.traceDiffers;
}

function findingsOf(runs: readonly Run[]): string {
  return canonicalJson(runs.map(({ point, seed, findings }) => ({ point, seed, findings: writeFindings(findings) })));
}

function keptAt({ shell }: Context, place: string): Recorded {
  const { name, document, files, build, judgement, runs } = readResultAt(place, shell.cwd);
  const loaded = loadDocument(name, document, files);
  return { loaded, build, digest: judgement.digest, findings: findingsOf(runs) };
}

function recordedIn({ shell }: Context, capsule: Capsule, input: Input): Recorded {
  const { build, digest, document } = capsule;
  if (document !== undefined) return { loaded: loadDocument("capsule", document, {}), build, digest };
  const named = input.text("scenario");
  const candidates = named === undefined ? findSources(shippedNames(), shell.cwd) : findSources([named], shell.cwd);
  for (const source of candidates) {
    const loaded = matching(source, capsule.documentHash);
    if (loaded !== undefined) return { loaded, build, digest };
  }
  throw new ServentError(
    "not_found",
    named === undefined
      ? "The capsule's scenario does not come with the lab."
      : `${named} is not the capsule's scenario.`,
    "Name its file with --scenario.",
  );
}

/** The scenario in the file, if it is the one that is meant. One that this build cannot read is not. */
function matching(source: ScenarioSource, hash: string): LoadedScenario | undefined {
  try {
    const loaded = loadScenario(source, {}, () => undefined);
    return documentHash(loaded.document, loaded.files) === hash ? loaded : undefined;
  } catch (error) {
    if (error instanceof ServentError) return undefined;
    throw error;
  }
}
