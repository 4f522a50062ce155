import { type ChildProcess, spawn } from "node:child_process";
import { EventEmitter, once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { lockProfile, watchSignals } from "./lifecycle.ts";
import { makeProfileFolders, profilePaths } from "./profile.ts";

let home: string;
let child: ChildProcess | undefined;

beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), "servent-lock-"));
});
afterEach(() => {
  child?.kill("SIGKILL");
  child = undefined;
  rmSync(home, { recursive: true });
});

function pathsOf(profile: string, root?: string) {
  const paths = profilePaths({
    profile,
    env: { XDG_RUNTIME_DIR: home },
    home,
    ...(root === undefined ? {} : { root }),
  });
  makeProfileFolders(paths);
  return paths;
}

const here = (file: string) => JSON.stringify(fileURLToPath(new URL(file, import.meta.url)));

/** Another process that holds the lock of the profile until it is killed, and keeps nothing of it in its hands. */
async function holder(profile: string): Promise<ChildProcess> {
  const script = `
    const { lockProfile } = await import(${here("./lifecycle.ts")});
    const { profilePaths } = await import(${here("./profile.ts")});
    lockProfile(profilePaths({ profile: "${profile}", env: { XDG_RUNTIME_DIR: "${home}" }, home: "${home}" }));
    await new Promise((resolve) => setImmediate(resolve));
    gc();
    console.log("locked");
    setInterval(() => {}, 60_000);`;
  const process = spawn(
    "node",
    ["--expose-gc", "--disable-warning=ExperimentalWarning", "--input-type=module", "-e", script],
    {
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  child = process;
  const [said] = await once(process.stdout as NodeJS.ReadableStream, "data");
  expect(String(said)).toBe("locked\n");
  return process;
}

test("a second daemon of the same profile is refused, and told the process of the first", async () => {
  const paths = pathsOf("work");
  const first = await holder("work");
  expect(() => lockProfile(paths)).toThrow(
    expect.objectContaining({ code: "already_running", message: expect.stringContaining(`process ${first.pid}`) }),
  );
});

test("after kill -9 the next daemon takes over at once", async () => {
  const paths = pathsOf("work");
  const first = await holder("work");
  first.kill("SIGKILL");
  await once(first, "exit");
  expect(existsSync(path.join(paths.state, "daemon.pid"))).toBe(true);

  lockProfile(paths).release();
});

test("the lock also holds within one process, and ends with its release", () => {
  const paths = pathsOf("work");
  const lock = lockProfile(paths);
  expect(() => lockProfile(paths)).toThrow(expect.objectContaining({ code: "already_running" }));
  lock.release();
  lock.release();
  lockProfile(paths).release();
  expect(existsSync(path.join(paths.state, "daemon.pid"))).toBe(false);
});

test("two demos with different roots still share one socket, so the second is refused and leaves no lock behind", () => {
  const first = lockProfile(pathsOf("demo", path.join(home, "a")));
  const second = pathsOf("demo", path.join(home, "b"));
  expect(() => lockProfile(second)).toThrow(expect.objectContaining({ code: "already_running" }));
  first.release();
  lockProfile(second).release();
});

test("other profiles are not disturbed", () => {
  const lock = lockProfile(pathsOf("work"));
  lockProfile(pathsOf("home")).release();
  lock.release();
});

test("the first Ctrl-C stops politely, the second at once, a hang-up reloads", () => {
  const source = new EventEmitter();
  const heard: string[] = [];
  const unwatch = watchSignals(
    {
      onStop: (signal) => heard.push(`stop ${signal}`),
      onStopNow: () => heard.push("now"),
      onReload: () => heard.push("reload"),
    },
    source,
  );
  source.emit("SIGHUP");
  source.emit("SIGTERM");
  source.emit("SIGINT");
  unwatch();
  source.emit("SIGINT");
  expect(heard).toEqual(["reload", "stop SIGTERM", "now"]);
});
