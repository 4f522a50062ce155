// Sweeps over workers in other processes, with a Redis of our own: Debian's redis-server on a socket in a folder that goes away.
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { Queue } from "bullmq";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import type { PlacedJob } from "./job.ts";
import { checkedJobs, machineExecution } from "./machine-execution.ts";
import { connectRedis, queueName, withoutPassword } from "./machine-queue.ts";
import { runJob } from "./run-job.ts";
import type { DoneJob } from "./scenario-runs.ts";
import { SMALL_WORLD, smallWorld } from "./testing/small-world.ts";

const BIN = fileURLToPath(new URL("../../bin/servent.js", import.meta.url));
const hasRedis = spawnSync("redis-server", ["--version"]).status === 0;

let folder: string;
let socket: string;
let redis: ChildProcess;
const workers: ChildProcess[] = [];

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "servent-redis-"));
  socket = path.join(folder, "redis.sock");
  if (!hasRedis) return;
  redis = spawn("redis-server", ["--port", "0", "--unixsocket", socket, "--save", "", "--appendonly", "no"], {
    cwd: folder,
    stdio: "ignore",
  });
  await vi.waitUntil(() => existsSync(socket), { timeout: 10_000 });
});
afterEach(() => {
  for (const worker of workers.splice(0)) worker.kill("SIGKILL");
});
afterAll(async () => {
  if (hasRedis) {
    redis.kill();
    await new Promise((resolve) => redis.once("exit", resolve));
  }
  rmSync(folder, { recursive: true });
});

/** A worker as its user has it; resolves when it takes jobs. */
async function startWorker(): Promise<ChildProcess> {
  const worker = spawn(process.execPath, [BIN, "lab", "worker", "--redis", socket, "--jobs", "1"], {
    stdio: ["ignore", "ignore", "pipe"],
    env: { ...process.env, HOME: folder, XDG_CACHE_HOME: folder },
  });
  workers.push(worker);
  let said = "";
  worker.stderr?.setEncoding("utf8").on("data", (text: string) => {
    said += text;
  });
  await expect.poll(() => said, { timeout: 20_000 }).toContain("works for build");
  return worker;
}

async function sweep(jobs: readonly PlacedJob[], build: string, onDone: (done: DoneJob) => void): Promise<void> {
  const execute = machineExecution({ redis: socket, build, onWorkers: () => undefined });
  await execute(jobs, { signal: new AbortController().signal, onDone, onProgress: () => undefined });
}

describe.skipIf(!hasRedis)("with a Redis (skipped without redis-server: apt-get install redis-server)", () => {
  test("forty runs by two workers, one of them killed in the middle: each is there once, and as it is found here", async () => {
    const { jobs, build } = smallWorld({
      ...SMALL_WORLD,
      peers: 400,
      seeds: 10,
      sweepOver: { "load.0.ttl": [1, 2, 3, 4] },
    });
    const [doomed] = await Promise.all([startWorker(), startWorker()]);
    const done: DoneJob[] = [];

    await sweep(jobs, build, (job) => {
      done.push(job);
      if (done.length === 6) doomed.kill("SIGKILL");
    });

    expect(doomed.killed).toBe(true);
    expect(jobs).toHaveLength(40);
    expect(done.map(({ placed }) => placed.id).toSorted()).toEqual(jobs.map(({ id }) => id).toSorted());
    for (const { placed, findings } of done) expect(findings).toEqual(runJob(placed.job, () => undefined));
  }, 120_000);

  test("what was run before is not run again", async () => {
    const { jobs, build } = smallWorld({ ...SMALL_WORLD, seed: 100, seeds: 3 });
    const worker = await startWorker();
    await sweep(jobs, build, () => undefined);
    worker.kill("SIGKILL");
    const done: DoneJob[] = [];

    await sweep(jobs, build, (job) => done.push(job));

    expect(done).toHaveLength(3);
  }, 60_000);

  test("two answers that differ are told loudly", async () => {
    const { jobs, build } = smallWorld({ ...SMALL_WORLD, seed: 200 });
    const [job] = jobs as [PlacedJob];
    // Somebody answered wrongly before: a worker whose memory is bad, say.
    const connection = await connectRedis(socket);
    const queue = new Queue(queueName(build), { connection });
    await startWorker();
    await sweep(jobs, build, () => undefined);
    await queue.remove(job.id);
    await queue.add("run", { ...job.job, seed: "201" }, { jobId: job.id });

    const again = sweep(jobs, build, () => undefined);

    await expect(again).rejects.toThrow("THE SAME RUN GAVE TWO RESULTS");
    await expect(again).rejects.toMatchObject({ code: "trace_differs" });
    await queue.close();
    connection.disconnect();
  }, 60_000);

  test("a run that fails on a worker ends the sweep with its reason", async () => {
    const { jobs, build } = smallWorld({ ...SMALL_WORLD, seed: 300 });
    const broken = jobs.map(
      (placed): PlacedJob => ({ ...placed, id: "b".repeat(64), job: { ...placed.job, document: {} } }),
    );
    await startWorker();

    await expect(sweep(broken, build, () => undefined)).rejects.toThrow("failed on a worker: the job is no run");
  }, 60_000);
});

test("where no Redis answers, the address is told without its password", async () => {
  await expect(connectRedis("redis://ann:secret@127.0.0.1:1/")).rejects.toMatchObject({
    code: "not_reachable",
    message: expect.stringContaining("No Redis answers at redis://…@127.0.0.1:1/"),
  });
  expect(withoutPassword("redis://:secret@box:6379")).toBe("redis://…@box:6379");
});

test("one run of a hundred is made twice, at least one, and everybody chooses the same", () => {
  const { jobs } = smallWorld({ ...SMALL_WORLD, seeds: 2000 });
  const chosen = checkedJobs(jobs);

  expect(chosen.length).toBeGreaterThan(5);
  expect(chosen.length).toBeLessThan(50);
  expect(
    checkedJobs(jobs.toReversed())
      .map(({ id }) => id)
      .toSorted(),
  ).toEqual(chosen.map(({ id }) => id).toSorted());
  expect(checkedJobs(jobs.slice(0, 3))).toHaveLength(1);
  expect(checkedJobs(jobs.slice(0, 3).toReversed())).toEqual(checkedJobs(jobs.slice(0, 3)));
});
