import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ServentError } from "../base/servent-error.ts";
import { KEYS, SETTING_KEYS, settingVariable } from "./keys.ts";
import { Settings, settingsSchema } from "./settings.ts";

let folder: string;
let configFile: string;
let settingsFile: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "servent-config-"));
  configFile = path.join(folder, "config.jsonc");
  settingsFile = path.join(folder, "settings.json");
});
afterEach(() => rmSync(folder, { recursive: true }));

function problemOf(act: () => unknown): ServentError {
  try {
    act();
  } catch (error) {
    if (error instanceof ServentError) return error;
    throw error;
  }
  throw new Error("no error was thrown");
}

test("every default is a value of its own kind", () => {
  for (const key of SETTING_KEYS) expect(KEYS[key].parse(KEYS[key].default), key).toBeDefined();
});

test("later places win: default, settings.json, config.jsonc, variable, flag", () => {
  writeFileSync(settingsFile, '{"search": {"timeout": "1s", "maxHits": 1, "keep": "1d"}, "log": {"level": "error"}}');
  writeFileSync(configFile, '{\n  // mine\n  "search": {"maxHits": 2, "keep": "2d"},\n  "log": {"level": "warn"},\n}');

  const settings = new Settings({
    configFile,
    settingsFile,
    env: { SERVENT_SEARCH_KEEP: "3d", SERVENT_LOG_LEVEL: "info", SERVENT_URL: "http://x", PATH: "/bin" },
    flags: { "log.level": "debug" },
  });

  expect(settings.get("search.timeout")).toBe(1000);
  expect(settings.get("search.maxHits")).toBe(2);
  expect(settings.get("search.keep")).toBe(3 * 86_400_000);
  expect(settings.get("log.level")).toBe("debug");
  expect(settings.get("transfers.activeDown")).toBe(8);
  const origins = settings.list().map(({ key, origin, pinned }) => [key, origin, pinned]);
  expect(origins).toContainEqual(["search.timeout", `${settingsFile}:1`, false]);
  expect(origins).toContainEqual(["search.maxHits", `${configFile}:3`, true]);
  expect(origins).toContainEqual(["search.keep", "SERVENT_SEARCH_KEEP", true]);
  expect(origins).toContainEqual(["log.level", "flag", true]);
  expect(origins).toContainEqual(["transfers.activeDown", "default", false]);
});

test("an unknown key stops the start, with line, column and the nearest key", () => {
  writeFileSync(configFile, '{\n  "limits": {\n    "donw": "500kB"\n  }\n}');
  const problem = problemOf(() => new Settings({ configFile }));
  expect(problem.code).toBe("unknown_key");
  expect(problem.message).toBe(`${configFile}:3:5: There is no key limits.donw.`);
  expect(problem.hint).toMatch(/^Did you mean limits\.down\?/);
});

test.each([
  ['{"limits": {"down": "fast"}}', "invalid_value", ':1:21: limits.down is "fast".', "4Mbit"],
  ['{"limits": {"down": true}}', "invalid_value", ":1:21: limits.down is true.", "bytes per second"],
  ['{"limits": 5}', "invalid_value", ":1:12: limits is a section.", "limits"],
  ['{"log": {"level": "loud"}}', "invalid_value", ':1:19: log.level is "loud".', "debug, info, warn, error"],
  ['{"share": {"watch": "true"}}', "invalid_value", ':1:21: share.watch is "true".', "true or false"],
  ['{"log": {"level": }}', "invalid_value", ":1:19: Value expected.", "JSON"],
  ['{"log": {"level": "info"}', "invalid_value", ":1:26: Close brace expected.", "JSON"],
  ["[]", "invalid_value", ":1:1: The file must hold one object.", "{"],
  ['{"zzzzzzzz": 1}', "unknown_key", ":1:2: There is no key zzzzzzzz.", "servent config list"],
])("%s is refused with its place", (text, code, message, hint) => {
  writeFileSync(configFile, text);
  const problem = problemOf(() => new Settings({ configFile }));
  expect([problem.code, problem.message]).toEqual([code, `${configFile}${message}`]);
  expect(problem.hint).toContain(hint);
});

test("an empty file and a missing one say nothing", () => {
  writeFileSync(configFile, "  // nothing yet\n");
  expect(new Settings({ configFile, settingsFile }).get("log.level")).toBe("info");
});

test("a variable of a section that names no key is a mistake, not silence", () => {
  const problem = problemOf(() => new Settings({ env: { SERVENT_LIMITS_DOWM: "1" } }));
  expect(problem.code).toBe("unknown_key");
  expect(problem.hint).toContain("limits.down");
});

test("text from variables stands for numbers, lists and truth", () => {
  const env = {
    [settingVariable("transfers.activeDown")]: "3",
    [settingVariable("http.allowedHosts")]: "box.lan, nas.lan",
    [settingVariable("share.watch")]: "false",
    [settingVariable("transfers.retry")]: '{"tries": 2, "first": "1s", "max": "2s"}',
  };
  const settings = new Settings({ env });
  expect(settings.get("transfers.activeDown")).toBe(3);
  expect(settings.get("http.allowedHosts")).toEqual(["box.lan", "nas.lan"]);
  expect(settings.get("share.watch")).toBe(false);
  expect(settings.get("transfers.retry")).toEqual({ tries: 2, firstMs: 1000, maxMs: 2000 });
});

test("a change is told, kept over a restart, and never touches config.jsonc", () => {
  const config = '{"log": {"keep": "1d"}} // by hand';
  writeFileSync(configFile, config);
  const settings = new Settings({ configFile, settingsFile });
  const told: (readonly string[])[] = [];
  settings.onChange((keys) => told.push([...keys]));

  settings.change({ "limits.down": "1MB", "limits.up": 5000 });
  settings.set("limits.up", 5000);

  expect(told).toEqual([["limits.down", "limits.up"]]);
  expect(settings.get("limits.down")).toBe(1_000_000);
  expect(new Settings({ configFile, settingsFile }).get("limits.down")).toBe(1_000_000);
  expect(readFileSync(configFile, "utf8")).toBe(config);
  expect(statSync(settingsFile).mode & 0o777).toBe(0o600);
});

test("unset goes back to the default", () => {
  const settings = new Settings({ settingsFile });
  settings.set("log.level", "error");
  settings.unset("log.level");
  expect(settings.get("log.level")).toBe("info");
  expect(JSON.parse(readFileSync(settingsFile, "utf8"))).toEqual({});
});

test("of a change with one wrong part nothing is done", () => {
  const settings = new Settings({ settingsFile });
  expect(problemOf(() => settings.change({ "log.level": "error", "search.maxHits": 0 })).code).toBe("invalid_value");
  expect(problemOf(() => settings.change({ "log.level": "error", "no.key": 0 })).code).toBe("unknown_key");
  expect(settings.get("log.level")).toBe("info");
  expect(readdirSync(folder)).toEqual([]);
});

test("a pinned key is not changed, and says where it is pinned", () => {
  writeFileSync(configFile, '{"log": {"level": "warn"}}');
  const settings = new Settings({ configFile, settingsFile });
  const problem = problemOf(() => settings.set("log.level", "debug"));
  expect(problem.code).toBe("conflict");
  expect(problem.message).toContain(`${configFile}:1`);
});

test("five older versions are kept, the youngest as .1", () => {
  const settings = new Settings({ settingsFile });
  for (let hits = 1; hits <= 8; hits++) settings.set("search.maxHits", hits);
  const hitsIn = (name: string) => JSON.parse(readFileSync(path.join(folder, name), "utf8")).search.maxHits;
  const kept = readdirSync(folder)
    .sort()
    .map((name) => [name, hitsIn(name)]);
  expect(kept).toEqual([
    ["settings.json", 8],
    ["settings.json.1", 7],
    ["settings.json.2", 6],
    ["settings.json.3", 5],
    ["settings.json.4", 4],
    ["settings.json.5", 3],
  ]);
});

test("what cannot be written is not in force", () => {
  const settings = new Settings({ settingsFile: path.join(folder, "gone", "settings.json") });
  expect(problemOf(() => settings.set("log.level", "debug")).code).toBe("permission");
  expect(settings.get("log.level")).toBe("info");
});

test("reload takes what changed; where a file is wrong all stays", () => {
  writeFileSync(configFile, '{"log": {"level": "warn"}}');
  const settings = new Settings({ configFile, settingsFile });
  writeFileSync(configFile, '{"log": {"level": "error"}}');
  expect(settings.reload()).toEqual(["log.level"]);

  writeFileSync(configFile, '{"log": {"level": "loud"}}');
  expect(problemOf(() => settings.reload()).code).toBe("invalid_value");
  expect(settings.get("log.level")).toBe("error");
});

test("a key that needs a restart says so until then", () => {
  const settings = new Settings({ settingsFile });
  settings.change({ "network.gnutella.port": 6346, "log.level": "warn" });
  expect(settings.view("network.gnutella.port")).toMatchObject({ restart: true, restartPending: true });
  expect(settings.view("log.level")).toMatchObject({ restart: false, restartPending: false });
  expect(new Settings({ settingsFile }).view("network.gnutella.port").restartPending).toBe(false);
});

test("addresses, hosts, origins and blocks are checked by form", () => {
  const settings = new Settings({ settingsFile });
  const wrong: Record<string, string[]> = {
    "http.listen": ["7390", "127.0.0.1", "127.0.0.1:70000", "http://127.0.0.1:1"],
    "http.allowedHosts": ["box.lan:7390", "http://box.lan", ""],
    "http.allowedOrigins": ["box.lan", "https://box.lan/", "ftp://box.lan"],
    "net.allowAddresses": ["300.0.0.1", "10.0.0.0/33", "lan"],
    "network.gnutella.bootstrap": ["10.0.0.5", "10.0.0.5:0"],
  };
  for (const [key, texts] of Object.entries(wrong)) {
    for (const text of texts) {
      expect(problemOf(() => settings.change({ [key]: [text] })).code, `${key} ${text}`).toBe("invalid_value");
    }
  }
  settings.change({
    "http.listen": ["[::1]:0", "box.lan:7390"],
    "http.allowedHosts": ["box.lan", "[fd00::1]"],
    "http.allowedOrigins": ["https://box.lan"],
    "net.allowAddresses": ["127.0.0.0/8", "10.1.2.3"],
    "network.gnutella.bootstrap": ["10.0.0.5:6346"],
  });
  expect(settings.get("net.allowAddresses")).toEqual(["127.0.0.0/8", "10.1.2.3"]);
});

test("the JSON Schema has every key, with default and description", () => {
  const schema = JSON.parse(JSON.stringify(settingsSchema()));
  for (const key of SETTING_KEYS) {
    const found = key.split(".").reduce((section, name) => section.properties[name], schema);
    expect(found.description, key).not.toBe("");
    expect(found.default, key).toEqual(KEYS[key].default);
  }
});

test("introducers are addresses of hosts by http or https, with no path but their own", () => {
  const { introducers } = KEYS;
  expect(
    introducers.parse(["https://peers.example", "http://127.0.0.1:7391/.well-known/servent-introducer"]),
  ).toBeDefined();
  for (const wrong of [
    "peers.example",
    "https://peers.example/list",
    "ftp://peers.example",
    "https://me@peers.example",
  ]) {
    expect(introducers.parse([wrong]), wrong).toBeUndefined();
  }
});

test("index servers are named in clear, behind TLS with or without a fingerprint, or by a redirector", () => {
  const { parse } = KEYS["network.napster.bootstrap"];
  const fingerprint = "AB:".repeat(31) + "cd";
  const good = ["10.0.0.5:8888", "tls:box.lan:8889", `tls:10.0.0.5:8889#${fingerprint}`, "redirect:10.0.0.5:8875"];
  expect(parse(good)).toEqual(good);
  for (const text of [
    "10.0.0.5",
    "tls:10.0.0.5",
    "ssl:10.0.0.5:8889",
    "tls:10.0.0.5:8889#AB",
    `10.0.0.5:8888#${fingerprint}`,
    "redirect:tls:10.0.0.5:1",
  ]) {
    expect(parse([text]), text).toBeUndefined();
  }
});

test("a name at index servers leaves room for the digits that it may need, and no part of a login", () => {
  const { parse } = KEYS["network.napster.nick"];
  for (const nick of ["", "anna", "[x]_y-z", "fifteen_letters"]) expect(parse(nick)).toBe(nick);
  for (const nick of ["a b", "-a", "#a", 'a"b', "a*b", "sixteen_letters_"]) expect(parse(nick), nick).toBeUndefined();
  for (const secret of ["a b", 'a"b', "\u00e9"]) expect(KEYS["network.napster.password"].parse(secret)).toBeUndefined();
});
