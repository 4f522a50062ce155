// The index server as a verb: its accounts, its places, its end.
import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { RawClient } from "../../napster-server/raw-client.ts";
import { runCli } from "../run.ts";
import { type ShellOptions, TestShell } from "../testing/test-shell.ts";

const HOST = "127.0.0.33";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "servent-napster-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function cli(words: readonly string[], options: ShellOptions = {}) {
  const places = ["XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR"];
  const env = Object.fromEntries(places.map((name) => [name, path.join(folder, name)]));
  const shell = new TestShell({ env, ...options });
  const code = await runCli(["napster-server", ...words], shell);
  return { code, out: shell.out, err: shell.err };
}

test("accounts are added, raised, listed and removed without a server", async () => {
  expect(await cli(["accounts", "add", "anna", "--level", "admin"], { answer: "secret99" })).toMatchObject({ code: 0 });
  expect(await cli(["accounts", "add", "Anna"], { answer: "secret99" })).toMatchObject({ code: 6 });
  expect(await cli(["accounts", "add", "bert"], { answer: "short" })).toMatchObject({ code: 2 });
  expect(await cli(["accounts", "level", "anna", "moderator"])).toMatchObject({ code: 0 });
  expect(await cli(["accounts", "level", "nobody", "user"])).toMatchObject({ code: 3 });
  expect(await cli(["accounts", "level", "anna", "king"])).toMatchObject({ code: 2 });
  const { out } = await cli(["accounts", "--json"]);
  expect(JSON.parse(out).accounts).toEqual([{ nick: "anna", email: "", level: 2, lastSeen: 0 }]);
  expect(out).not.toContain("secret99");
  const { mode } = await stat(path.join(folder, "XDG_DATA_HOME", "servent", "napster-server.db"));
  expect(mode & 0o777).toBe(0o600);
  expect(await cli(["accounts", "rm", "anna", "--yes"])).toMatchObject({ code: 0 });
  expect(JSON.parse((await cli(["accounts", "--json"])).out).accounts).toEqual([]);
});

test("the server runs until Ctrl-C, and who has an account logs in with its password", async () => {
  await cli(["accounts", "add", "anna", "--level", "admin"], { answer: "secret99" });
  const motd = path.join(folder, "motd");
  await writeFile(motd, "mind the tide\n");
  let heard: Promise<readonly string[]> | undefined;
  const onSleep = (shell: TestShell): void => {
    if (heard !== undefined || !shell.out.includes("\n")) return;
    const { clear } = JSON.parse(shell.out.split("\n")[0] ?? "");
    heard = RawClient.connect(clear).then(async (raw) => {
      const answers = await raw.ask(2, 'anna secret99 0 "raw 1" 3', 214);
      shell.interrupt();
      answers.push(...(await raw.end()));
      return answers;
    });
  };
  const words = ["--listen", `${HOST}:0`, "--registered-only", "--name", "harbour", "--motd", motd, "--json"];
  expect(await cli(words, { onSleep })).toMatchObject({ code: 0 });
  const answers = await heard;
  expect(answers).toContain("621 SERVER harbour");
  expect(answers).toContain("621 mind the tide");
  expect(answers?.at(-1)).toBe("316 0");
});

test.each([
  ["TLS required without a port for it", ["--require-tls"]],
  ["a certificate without its key", ["--tls", `${HOST}:0`, "--cert", "x.pem"]],
  ["a place that is none", ["--listen", "here"]],
  ["a greeting that is not there", ["--listen", `${HOST}:0`, "--motd", "nothing"]],
  ["files that are no certificate", ["--tls", `${HOST}:0`, "--cert", "x.pem", "--key", "y.pem"]],
])("%s is a mistake of usage", async (_name, words) => {
  const { code, err } = await cli(words, { cwd: folder });
  expect(code).toBe(2);
  expect(err).toContain("error:");
});
