import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";

const BIN = fileURLToPath(new URL("../../bin/servent.js", import.meta.url));
const CONFIG = "config/servent/config.jsonc";
/** What no user can do: the signal makes a fault in the running daemon. */
const SABOTAGE = `data:text/javascript,process.on("SIGUSR2",()=>{throw%20new%20Error("sabotage")})`;

let home: string;
let child: ChildProcess;
let said: { out: string; err: string };

beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), "servent-run-"));
  mkdirSync(path.join(home, "config/servent"), { recursive: true });
  mkdirSync(path.join(home, "run"), { mode: 0o700 });
  writeFileSync(path.join(home, CONFIG), `{ "http.listen": ["127.0.0.1:0"] }`);
});
afterEach(() => {
  child.kill("SIGKILL");
  rmSync(home, { recursive: true, force: true });
});

const logFolder = () => path.join(home, "state/servent/log");
const log = () =>
  readdirSync(logFolder())
    .map((name) => readFileSync(path.join(logFolder(), name), "utf8"))
    .join("");

/** A daemon in the foreground, ready. */
async function up(): Promise<void> {
  child = spawn(process.execPath, ["--import", SABOTAGE, BIN, "up"], {
    env: {
      PATH: process.env.PATH,
      HOME: home,
      XDG_CONFIG_HOME: path.join(home, "config"),
      XDG_STATE_HOME: path.join(home, "state"),
      XDG_RUNTIME_DIR: path.join(home, "run"),
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const heard = { out: "", err: "" };
  said = heard;
  child.stdout?.on("data", (text) => (heard.out += text));
  child.stderr?.on("data", (text) => (heard.err += text));
  await expect.poll(() => heard.out + heard.err, { timeout: 20_000 }).toContain("servent status");
}

test("a daemon in the foreground tells errors on stderr, and nothing while all is well", async () => {
  await up();
  expect(said.err).toBe("");

  writeFileSync(path.join(home, CONFIG), `{ "http.listen": `);
  child.kill("SIGHUP");

  await expect.poll(() => said.err, { timeout: 5000 }).toMatch(/^\d\d:\d\d:\d\d error daemon .*config\.jsonc/);
  expect(child.exitCode).toBeNull();
}, 30_000);

test("a daemon whose terminal went away goes on when it has something to tell", async () => {
  await up();
  child.stderr?.destroy();
  writeFileSync(path.join(home, CONFIG), `{ "http.listen": `);

  for (const times of [1, 2]) {
    child.kill("SIGHUP");
    await expect.poll(() => log().split(`"error"`).length - 1, { timeout: 5000 }).toBe(times);
  }
}, 30_000);

test("a fault of its own ends the daemon with 1, a sentence, and its stack in the log", async () => {
  await up();

  child.kill("SIGUSR2");
  const [code] = await once(child, "close");

  expect(code).toBe(1);
  expect(said.err).toContain(`servent met a fault of its own and stops; its log in ${logFolder()} tells more.`);
  expect(log()).toMatch(/Error: sabotage\\n +at /);
}, 30_000);
