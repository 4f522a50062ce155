// The index server as a verb: its accounts, its places, its end.
import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { RawClient } from "../../napster-server/raw-client-fixture.ts";
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
  expect(JSON.parse(out).items).toEqual([{ nick: "anna", email: "", level: "moderator", lastSeen: null }]);
  expect(out).not.toContain("secret99");
  const { mode } = await stat(path.join(folder, "XDG_DATA_HOME", "servent", "napster-server.db"));
  expect(mode & 0o777).toBe(0o600);
  expect(await cli(["accounts", "rm", "anna", "--yes"])).toMatchObject({ code: 0 });
  expect(JSON.parse((await cli(["accounts", "--json"])).out).items).toEqual([]);
});

test("--dry-run adds, raises and removes nobody, and makes no file", async () => {
  const data = path.join(folder, "XDG_DATA_HOME");
  const dry = await cli(["accounts", "add", "anna", "--dry-run"]);
  expect(dry).toMatchObject({ code: 0, out: "would add the account anna as User\n" });
  await expect(stat(data)).rejects.toMatchObject({ code: "ENOENT" });

  await cli(["accounts", "add", "anna"], { answer: "secret99" });
  expect(await cli(["accounts", "add", "Anna", "--dry-run"])).toMatchObject({ code: 6 });
  expect(await cli(["accounts", "level", "anna", "admin", "--dry-run"])).toMatchObject({
    code: 0,
    out: "would make anna Admin\n",
  });
  expect(await cli(["accounts", "rm", "bert", "--dry-run"])).toMatchObject({ code: 3 });
  const removed = await cli(["accounts", "rm", "anna", "--dry-run", "--json"]);
  expect(JSON.parse(removed.out)).toEqual({
    schema: "servent.dry-run/1",
    requests: [],
    actions: ["remove the account anna"],
  });
  expect(JSON.parse((await cli(["accounts", "--json"])).out).items).toMatchObject([{ nick: "anna", level: "user" }]);
});

test("--dry-run listens nowhere, and says where it would", async () => {
  const { code, out } = await cli(["--tls", `${HOST}:1`, "--listen", `${HOST}:2`, "--name", "harbour", "--dry-run"]);
  expect({ code, out }).toEqual({
    code: 0,
    out: `would be the index server "harbour": clear text at ${HOST}:2, TLS at ${HOST}:1\n`,
  });
  await expect(stat(path.join(folder, "XDG_DATA_HOME"))).rejects.toMatchObject({ code: "ENOENT" });
  expect(await cli(["--listen", "here", "--dry-run"])).toMatchObject({ code: 2 });
});

test("of a file with secrets that others can read, and of a greeting that is cut, the operator hears", async () => {
  const [links, union, motd] = ["links", "union", "motd"].map((name) => path.join(folder, name)) as [
    string,
    string,
    string,
  ];
  await writeFile(links, "north.example 192.0.2.1:8888 ours theirs\n", { mode: 0o644 });
  await writeFile(union, `key 0123456789abcdef\nlisten ${HOST}:0\n`, { mode: 0o640 });
  await writeFile(motd, "line\n".repeat(101));
  const { code, err } = await cli(["--dry-run", "--links", links, "--union", union, "--motd", motd]);
  expect(code).toBe(0);
  expect(err).toContain(`others can read ${links}`);
  expect(err).toContain(`others can read ${union}`);
  expect(err).toContain(`the first 100 of the 101 lines of ${motd}`);
});

test("a password that nobody gave is told as that, and a file that is no database too", async () => {
  const none = await cli(["accounts", "add", "anna"]);
  expect(none.code).toBe(2);
  expect(none.err).toContain("No password was given.");
  const file = path.join(folder, "notes.txt");
  await writeFile(file, "no database at all, but long enough to be read as the head of one".repeat(20));
  for (const words of [["accounts"], ["accounts", "rm", "anna", "--dry-run"]]) {
    const { code, err } = await cli([...words, "--accounts", file]);
    expect(code).toBe(6);
    expect(err).toContain(`${file} is no database.`);
    expect(err).toContain("[refused]");
  }
});

test("the server runs until Ctrl-C, and who has an account logs in with its password", async () => {
  await cli(["accounts", "add", "anna", "--level", "admin"], { answer: "secret99" });
  const motd = path.join(folder, "motd");
  await writeFile(motd, "mind the tide\n");
  let heard: Promise<readonly string[]> | undefined;
  const onSleep = (shell: TestShell): void => {
    if (heard !== undefined || !shell.out.includes("\n")) return;
    const { clear, links, union } = JSON.parse(shell.out.split("\n")[0] ?? "");
    expect({ links, union }).toEqual({ links: [], union: null });
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
  const [anna] = JSON.parse((await cli(["accounts", "--json"])).out).items;
  expect(anna.lastSeen).toMatch(/^\d{4}-\d\d-\d\dT.*Z$/);
});

test.each([
  ["TLS required without a port for it", ["--require-tls"]],
  ["a certificate without its key", ["--tls", `${HOST}:0`, "--cert", "x.pem"]],
  ["a place that is none", ["--listen", "here"]],
  ["a place with a name for its host", ["--listen", "localhost:8888"]],
  ["TLS required and a port for clear text", ["--require-tls", "--tls", `${HOST}:0`, "--listen", `${HOST}:0`]],
  ["a certificate without a port for it", ["--cert", "x.pem", "--key", "y.pem"]],
  ["servers to name and nobody who names them", ["--servers", `${HOST}:9`]],
  ["one port for two things", ["--listen", `${HOST}:8888`, "--tls", `${HOST}:8888`]],
  ["more users than can be counted", ["--users", "99999999999"]],
  ["an introducer without a scheme", ["--listen", `${HOST}:0`, "--introducers", "peers.example"]],
  ["a greeting that is not there", ["--listen", `${HOST}:0`, "--motd", "nothing"]],
  ["files that are no certificate", ["--tls", `${HOST}:0`, "--cert", "x.pem", "--key", "y.pem"]],
])("%s is a mistake of usage", async (_name, words) => {
  const { code, err } = await cli(words, { cwd: folder });
  expect(code).toBe(2);
  expect(err).toContain("error:");
});
