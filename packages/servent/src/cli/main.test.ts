// The command line as a process: signals, pipes and streams that only a real process has.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { sampleSearch, sampleTransfer } from "./testing/samples.ts";
import { ScriptedDaemon, page } from "./testing/scripted-daemon.ts";

const MAIN = fileURLToPath(new URL("main.ts", import.meta.url));

let daemon: ScriptedDaemon;

beforeEach(async () => {
  daemon = await ScriptedDaemon.start();
  daemon
    .on("GET /searches/latest", { body: sampleSearch() })
    .on("POST /transfers", { status: 201, body: { ...sampleTransfer(), created: true } });
});
afterEach(() => daemon.stop());

function start(words: readonly string[]): ChildProcess {
  return spawn(process.execPath, [MAIN, "--url", `unix:${daemon.socket}`, ...words], {
    env: { PATH: process.env.PATH, HOME: daemon.folder, XDG_CACHE_HOME: `${daemon.folder}/cache` },
    stdio: ["ignore", "pipe", "pipe"],
  });
}

async function ended(child: ChildProcess) {
  const [out, err, [code, signal]] = await Promise.all([
    text(child.stdout as NonNullable<ChildProcess["stdout"]>),
    text(child.stderr as NonNullable<ChildProcess["stderr"]>),
    once(child, "exit"),
  ]);
  return { out, err, code, signal };
}

/** Resolves when the daemon is asked for `path` for the `times`th time. */
function askedFor(path: string, times: number, body: unknown): Promise<void> {
  return new Promise((resolve) => {
    daemon.on(path, (_, before) => {
      if (before + 1 === times) setImmediate(resolve);
      return { body };
    });
  });
}

test("Ctrl-C in `get --wait` detaches: the transfer is left alone and the exit code is 130", async () => {
  const waiting = askedFor("GET /transfers/t_7f", 2, sampleTransfer());
  const child = start(["get", "1", "--wait"]);
  const end = ended(child);
  await waiting;
  child.kill("SIGINT");
  const { code, err } = await end;
  expect(code).toBe(130);
  expect(err).toContain("The transfer goes on without you (t_7f).");
  expect(daemon.changes).toHaveLength(1);
});

test("a second Ctrl-C leaves at once, even where the daemon does not answer", async () => {
  const stuck = Promise.withResolvers<void>();
  daemon
    .on("POST /searches", { status: 201, body: sampleSearch({ files: 0 }) })
    .on("GET /searches/s_4k2", { body: sampleSearch({ files: 0 }) })
    .on("POST /searches/s_4k2/stop", () => {
      stuck.resolve();
      return { stream: "", stays: true };
    });
  const waiting = askedFor("GET /searches/s_4k2", 2, sampleSearch({ files: 0 }));
  const child = start(["search", "tide"]);
  const end = ended(child);
  await waiting;
  child.kill("SIGINT");
  await stuck.promise;
  child.kill("SIGINT");
  expect(await end).toMatchObject({ code: 130, out: "" });
});

test("Ctrl-C ends a stream of events with 130", async () => {
  const asked = Promise.withResolvers<void>();
  daemon.on("GET /events", () => {
    asked.resolve();
    return { stream: 'id: 1\ndata: {"id":1,"at":"2026-01-01T12:00:00Z","type":"log","data":{}}\n\n', stays: true };
  });
  const child = start(["events", "--json"]);
  await asked.promise;
  await once(child.stdout as NonNullable<ChildProcess["stdout"]>, "readable");
  child.kill("SIGINT");
  expect((await ended(child)).code).toBe(130);
});

test("a command ends when its work is done, not when its time is up", async () => {
  const event = 'data: {"id":1,"at":"2026-01-01T12:00:00Z","type":"log","data":{}}\n\n';
  daemon.on("GET /events", { stream: event, stays: true });
  expect((await ended(start(["events", "--first", "1", "--timeout", "1h"]))).code).toBe(0);
});

test("a reader that has seen enough ends the command quietly", async () => {
  const many = Array.from({ length: 5000 }, (_, i) => sampleTransfer({ id: `t_${i}` }));
  daemon.on("GET /transfers", page("transfers", many));
  const child = start(["transfers", "ls", "--limit", "100000", "--plain"]);
  child.stdout?.once("data", () => child.stdout?.destroy());
  const [errors, [code]] = await Promise.all([
    text(child.stderr as NonNullable<ChildProcess["stderr"]>),
    once(child, "exit"),
  ]);
  expect({ errors, code }).toEqual({ errors: "", code: 0 });
});

test("a pipe receives everything, however much it is", async () => {
  const many = Array.from({ length: 5000 }, (_, i) => sampleTransfer({ id: `t_${i}` }));
  daemon.on("GET /transfers", page("transfers", many));
  const { out, code } = await ended(start(["transfers", "ls", "--limit", "100000", "--json"]));
  expect(code).toBe(0);
  expect(JSON.parse(out).items).toHaveLength(5000);
});
