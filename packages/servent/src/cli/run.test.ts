import { afterEach, beforeEach, expect, test } from "vitest";
import { runCli } from "./run.ts";
import { sampleNetwork, samplePeer, sampleSystem } from "./testing/samples.ts";
import { ScriptedDaemon, page, problem } from "./testing/scripted-daemon.ts";
import { TestShell, run } from "./testing/test-shell.ts";

let daemon: ScriptedDaemon;

beforeEach(async () => {
  daemon = await ScriptedDaemon.start();
});
afterEach(() => daemon.stop());

test.each([
  [["stauts"], "Unknown verb 'stauts'.\n       Did you mean status? [usage]"],
  [["status", "--jason"], "Unknown option '--jason'.\n       Did you mean --json? [usage]"],
  [["get"], "Missing required argument 'what'."],
  [["transfers", "lss"], 'There is no verb "lss" of transfers.\n       Known are ls, show,'],
  [["search", "x", "--min", "3x"], '"3x" is not a size.'],
  [["search", "x", "--network", "gnutela"], 'There is no network "gnutela".'],
  [["search", "x", "--type", "sound"], "Allowed choices are audio"],
  [["search", "x", "--timeout", "soon"], '"soon" is not a time span.'],
  [["get", "song.ogg"], '"song.ogg" names no file.'],
  [["limits", "slow", "maybe"], 'Slow mode cannot be "maybe".'],
  [["limits", "set"], "No rate was given."],
  [["transfers", "pause"], "It is not clear which transfers are meant."],
  [["why", "7"], '"7" is no id'],
  [["completion", "tcsh"], "There is no script for tcsh."],
  [["up", "--set", "x"], '"x" sets nothing.'],
])("%j is a usage error that says what is wrong", async (words, message) => {
  const { code, out, err } = await run(daemon, words);
  expect(err).toContain(message);
  expect({ code, out }).toEqual({ code: 2, out: "" });
  expect(daemon.asked).toEqual([]);
});

test.each([
  [["get"], "get"],
  [["napster-server", "--liste", "x"], undefined],
  [["napster-server", "--nothing-like-it"], "napster-server"],
  [["napster-server", "accounts", "add"], "napster-server accounts add"],
  [["napster-server", "--users", "0"], "napster-server"],
  [["--plain", "events", "--first", "none"], "events"],
])("%j leads to the help of the verb %s, unless something is nearer", async (words, verb) => {
  const shell = new TestShell();
  expect(await runCli(words, shell)).toBe(2);
  if (verb === undefined) expect(shell.err).toContain("Did you mean --listen?");
  else expect(shell.err).toContain(`       See \`servent help ${verb}\`. [usage]`);
});

test("help of a group shows the options of the verb that runs where none is named", async () => {
  const shell = new TestShell();
  expect(await runCli(["napster-server", "--help"], shell)).toBe(0);
  expect(shell.out).toMatch(/^servent napster-server \[verb\] \[options\]\n/);
  expect(shell.out).toMatch(/\nOptions\n {2}--listen <address:port> {2}/);
  const accounts = new TestShell();
  expect(await runCli(["help", "napster-server", "accounts"], accounts)).toBe(0);
  expect(accounts.out).toContain("\nOptions\n  --accounts <file>");
});

test.each([
  [400, "invalid_value", 2],
  [400, "some_new_code", 2],
  [404, "not_found", 3],
  [401, "not_allowed", 5],
  [403, "cross_site", 5],
  [421, "host_not_allowed", 5],
  [409, "conflict", 6],
  [409, "network_off", 6],
  [429, "too_many", 7],
  [503, "starting", 7],
  [507, "disk_full", 1],
  [500, "internal", 1],
])("status %d with code %s ends with exit code %d", async (status, name, code) => {
  daemon.on("GET /system", problem(status, name, "The thing failed.", "Do this."));
  const ran = await run(daemon, ["status"]);
  expect(ran).toMatchObject({ code, out: "", err: `error: The thing failed.\n       Do this. [${name}]\n` });
});

test("without a daemon the exit code is 4 and the hint says how to start one", async () => {
  const shell = new TestShell();
  expect(await runCli(["status"], shell)).toBe(4);
  expect(shell.err).toBe(
    "error: No daemon runs.\n       Start one with `servent up`, or try it out with `servent up --demo`. [not_reachable]\n",
  );
});

test("with --json the problem document follows on stderr and stdout stays empty", async () => {
  daemon.on("GET /system", problem(409, "conflict", "Not now."));
  const { out, err } = await run(daemon, ["status", "--json"]);
  const [, , document] = err.trimEnd().split("\n");
  expect(JSON.parse(document ?? "")).toMatchObject({ code: "conflict", detail: "Not now.", status: 409 });
  expect(out).toBe("");

  const usage = await run(daemon, ["status", "--jsn", "--json"]);
  expect(JSON.parse(usage.err.trimEnd().split("\n").at(-1) ?? "")).toMatchObject({ code: "usage" });
});

test("flags of every verb work before and after its name", async () => {
  daemon.on("GET /system", { body: sampleSystem() });
  for (const words of [
    ["--json", "status"],
    ["status", "--json"],
  ]) {
    const { out } = await run(daemon, words);
    expect(JSON.parse(out)).toMatchObject({ schema: "servent.system/1", pid: 4711 });
  }
});

test("-v tells on stderr what was asked", async () => {
  daemon.on("GET /system", { body: sampleSystem() });
  const { err } = await run(daemon, ["status", "-v"]);
  expect(err).toMatch(/daemon at .*api\.sock\nGET \/system -> 200 in [\d.]+ ms/);
});

test("an empty list is an empty list, not silence", async () => {
  daemon.on("GET /peers", page("peers", []));
  const json = await run(daemon, ["peers", "ls", "--json"]);
  expect(JSON.parse(json.out)).toEqual({ schema: "servent.peers/1", items: [], next: null, total: 0 });
  const text = await run(daemon, ["peers", "ls"]);
  expect(text).toMatchObject({ code: 0, out: "" });
  expect(text.err).toContain("no peers");
});

test("--plain has neither header nor sum lines", async () => {
  daemon.on("GET /peers", page("peers", [samplePeer()]));
  const { out, err } = await run(daemon, ["peers", "ls", "--plain"]);
  expect(out).toBe("p_3\tgnutella\t127.0.0.5:6346\topen\tus\tleaf\t3 min\t1 204 / 31 kB\t877 / 28 kB\tServent/0.1\n");
  expect(err).toBe("");
});

test("--dry-run changes nothing and says what would have been asked", async () => {
  const { code, out } = await run(daemon, ["networks", "enable", "gnutella", "chord", "--dry-run"]);
  expect({ code, out }).toEqual({
    code: 0,
    out: 'would PATCH /networks/gnutella {"enabled":true}\nwould PATCH /networks/chord {"enabled":true}\n',
  });
  expect(daemon.changes).toEqual([]);
  const json = await run(daemon, ["down", "--dry-run", "--json"]);
  expect(JSON.parse(json.out)).toEqual({
    schema: "servent.dry-run/1",
    requests: [{ method: "POST", path: "/system/shutdown" }],
  });
});

test("enabling a network sends role and links and shows the network", async () => {
  daemon.on("PATCH /networks/gnutella", { body: sampleNetwork() });
  const { out } = await run(daemon, ["networks", "enable", "gnutella", "--role", "leaf", "--links", "3"]);
  expect(daemon.changes[0]?.body).toEqual({ enabled: true, role: "leaf", links: 3 });
  expect(out).toMatch(/^gnutella {2}online/m);
});

test("help needs no daemon and goes to stdout", async () => {
  const shell = new TestShell();
  expect(await runCli([], shell)).toBe(0);
  expect(shell.out).toContain("First steps\n  servent up --demo\n");
  const { out } = await run(daemon, ["help", "transfers", "move"]);
  expect(out).toMatch(/^servent transfers move <id> <where>\n/);
  expect(daemon.asked).toEqual([]);
});

test("the version is told to habits as well", async () => {
  for (const words of [["version"], ["--version"], ["-V"]]) {
    const shell = new TestShell();
    expect(await runCli(words, shell)).toBe(0);
    expect(shell.out).toMatch(/^servent \d+\.\d+\.\d+\n$/);
  }
});

test("down waits until the daemon is gone", async () => {
  daemon.on("POST /system/shutdown", { status: 202, body: { stopping: true } });
  daemon.on("GET /system", (_, times) => {
    if (times === 2) void daemon.stop();
    return { body: sampleSystem() };
  });
  const { code, err } = await run(daemon, ["down"]);
  expect({ code, err }).toEqual({ code: 0, err: "servent is down\n" });
  daemon = await ScriptedDaemon.start();
});

test("a daemon that does not stop is told after the time limit", async () => {
  daemon.on("POST /system/shutdown", { body: {} }).on("GET /system", { body: sampleSystem() });
  const { code, err } = await run(daemon, ["down", "--timeout", "1s"]);
  expect(code).toBe(7);
  expect(err).toContain("asked to stop and still runs");
});
