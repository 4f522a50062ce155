import { expect, test, vi } from "vitest";
import { ServentError } from "../base/servent-error.ts";
import { localExecution } from "./job-pool.ts";
import type { PlacedJob } from "./job.ts";
import { runJob } from "./run-job.ts";
import type { DoneJob, ExecuteOptions } from "./scenario-runs.ts";
import { SMALL_WORLD, smallWorld } from "./testing/small-world.ts";

// Every run is a process that starts anew: on a busy machine that takes its time.
vi.setConfig({ testTimeout: 90_000 });

const HEAP = 512e6;

function hooks(signal: AbortSignal, onProgress: ExecuteOptions["onProgress"] = () => undefined) {
  const done: DoneJob[] = [];
  return { done, hooks: { signal, onDone: (job: DoneJob) => void done.push(job), onProgress } };
}

test("jobs run in other processes, and find what they would find in this one", async () => {
  const { jobs } = smallWorld({ ...SMALL_WORLD, seeds: 4 });
  const { done, hooks: given } = hooks(new AbortController().signal);

  await localExecution({ processes: 2, heapBytesMax: HEAP })(jobs, given);

  expect(done.map(({ placed }) => placed.id).toSorted()).toEqual(jobs.map(({ id }) => id).toSorted());
  for (const { placed, findings, cost } of done) {
    expect(findings).toEqual(runJob(placed.job, () => undefined));
    expect(cost.residentBytes).toBeGreaterThan(30e6);
  }
});

test("a run that fails ends them all, and says which it was", async () => {
  const { jobs } = smallWorld({ ...SMALL_WORLD, seeds: 2 });
  const broken = jobs.map((placed): PlacedJob => ({ ...placed, job: { ...placed.job, document: {} } }));
  const { done, hooks: given } = hooks(new AbortController().signal);

  const running = localExecution({ processes: 1, heapBytesMax: HEAP })(broken, given);

  await expect(running).rejects.toThrow("The run with seed 7 failed: the job is no run");
  expect(done).toEqual([]);
});

test("a job of another build is refused, for it would find something else", async () => {
  const { jobs } = smallWorld();
  const older = jobs.map((placed): PlacedJob => ({ ...placed, job: { ...placed.job, build: "0.0.1+older" } }));
  const { hooks: given } = hooks(new AbortController().signal);

  const running = localExecution({ processes: 1, heapBytesMax: HEAP })(older, given);

  await expect(running).rejects.toThrow("the code has changed since it was asked for: 0.0.1+older");
});

test("a run that needs more memory than it may have ends with that reason", async () => {
  const { jobs } = smallWorld({ ...SMALL_WORLD, peers: 20_000 });
  const { hooks: given } = hooks(new AbortController().signal);

  const running = localExecution({ processes: 1, heapBytesMax: 40e6 })(jobs, given);

  await expect(running).rejects.toThrow("needed more than 40 MB");
  await expect(running).rejects.toMatchObject({ code: "out_of_memory" } satisfies Partial<ServentError>);
});

test("aborting ends a run in its middle", async () => {
  const controller = new AbortController();
  const { jobs } = smallWorld({ ...SMALL_WORLD, until: "100h" });
  const { done, hooks: given } = hooks(controller.signal, () => controller.abort());

  await localExecution({ processes: 1, heapBytesMax: HEAP })(jobs, given);

  expect(done).toEqual([]);
});
