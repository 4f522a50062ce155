// Writes the trace of one run into a file: every event that was delivered, a line each.
import { closeSync, openSync, writeSync } from "node:fs";
import type { Tracer } from "@servent/lab/engine/world.ts";
import { traceHeadLine, traceKind, traceLine } from "@servent/lab/report/ndjson-trace.ts";
import { ServentError } from "../base/servent-error.ts";
import type { LoadedScenario } from "./loaded-scenario.ts";
import { runJob } from "./run-job.ts";

/** Some 600 MB; a longer trace nobody reads. */
const LINES_MAX = 10_000_000;
const BUFFER_LENGTH_MAX = 1 << 20;

/** Runs the first run of the scenario once more, here, and keeps its trace. The answer is the number of lines, and whether that is all. */
export function writeTrace(
  { name, scenario, jobs, build }: LoadedScenario,
  file: string,
): { readonly lines: number; readonly isWhole: boolean } {
  const job = jobs[0]?.job;
  if (job === undefined || scenario.shape !== "world") {
    throw new ServentError("usage", `${name} has no trace.`, "Only scenarios that describe a world keep one.");
  }
  let fd: number;
  try {
    fd = openSync(file, "w");
  } catch (cause) {
    throw new ServentError("permission", `${file} cannot be written.`, "Choose another place.", { cause });
  }
  let buffer = traceHeadLine({ title: scenario.title, seed: job.seed, build, fidelity: job.fidelity });
  let events = 0;
  const flush = (): void => {
    writeSync(fd, buffer);
    buffer = "";
  };
  const trace: Tracer = (tick, type, to, from, message, bytes) => {
    if (++events > LINES_MAX) return;
    buffer += traceLine({ tick, kind: traceKind(type), to, from, message, bytes });
    if (buffer.length > BUFFER_LENGTH_MAX) flush();
  };
  try {
    runJob(job, () => {}, undefined, trace);
  } finally {
    flush();
    closeSync(fd);
  }
  return { lines: Math.min(events, LINES_MAX), isWhole: events <= LINES_MAX };
}
