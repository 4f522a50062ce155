import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Log, type LogEntry, logText } from "./log.ts";

const DAY_MS = 86_400_000;
const NOON = Date.parse("2026-11-22T12:00:00Z");
let folder: string;

beforeEach(() => {
  folder = path.join(mkdtempSync(path.join(tmpdir(), "servent-log-")), "log");
});
afterEach(() => rmSync(path.dirname(folder), { recursive: true }));

const linesOf = (name: string): LogEntry[] =>
  readFileSync(path.join(folder, name), "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));

test("entries go to the file of their day as JSON lines, readable by the owner only", async () => {
  let time = NOON;
  const log = new Log({ folder, now: () => time });
  log.area("library").info("Scanned.", { files: 3 });
  await log.flush();
  time += DAY_MS;
  log.area("api").warn("Slow.");
  await log.flush();

  expect(linesOf("2026-11-22.jsonl")).toEqual([
    { at: "2026-11-22T12:00:00.000Z", level: "info", area: "library", message: "Scanned.", fields: { files: 3 } },
  ]);
  expect(linesOf("2026-11-23.jsonl").map(({ message }) => message)).toEqual(["Slow."]);
  expect(statSync(path.join(folder, "2026-11-22.jsonl")).mode & 0o777).toBe(0o600);
});

test("files older than the keeping time go, other files stay", async () => {
  mkdirSync(folder);
  for (const name of ["2026-11-01.jsonl", "2026-11-19.jsonl", "2026-11-21.jsonl", "notes.txt"]) {
    writeFileSync(path.join(folder, name), "");
  }
  const log = new Log({ folder, now: () => NOON, keepMs: DAY_MS });
  log.write("info", "api", "x");
  await log.flush();
  expect(readdirSync(folder).sort()).toEqual(["2026-11-21.jsonl", "2026-11-22.jsonl", "notes.txt"]);
});

test("entries below the level are not written anywhere", () => {
  const heard: LogEntry[] = [];
  const log = new Log({ level: "warn", onEntry: (entry) => heard.push(entry) });
  log.area("api").info("quiet");
  log.area("api").warn("loud");
  log.setLevel("debug");
  log.area("api").debug("all");
  expect(heard.map(({ message }) => message)).toEqual(["loud", "all"]);
});

test("the tail gives the newest of an area or level, newest last, and stays bounded", () => {
  const log = new Log({ level: "debug" });
  for (let i = 0; i < 5000; i++) log.write(i % 10 === 0 ? "warn" : "debug", i % 2 === 0 ? "even" : "odd", String(i));
  expect(log.entries({ limit: 3 }).map(({ message }) => message)).toEqual(["4997", "4998", "4999"]);
  expect(log.entries({ level: "warn", limit: 2 }).map(({ message }) => message)).toEqual(["4980", "4990"]);
  expect(log.entries({ area: "odd", limit: 2 }).map(({ message }) => message)).toEqual(["4997", "4999"]);
  expect(log.entries({ limit: 100_000 })).toHaveLength(2000);
  expect(log.entries({ limit: 100_000 })[0]?.message).toBe("3000");
});

test("tokens, codes, cookies, home paths and peers' addresses are hidden", () => {
  const log = new Log({ home: "/home/mia" });
  const secret = `srv_${"aB3_".repeat(10)}`;
  log.write(
    "info",
    "api",
    `Bearer abc.def srv ${secret} code K7QM-42PD-9XTA at /home/mia/Music from 203.0.113.9:6346`,
    {
      authorization: "anything",
      nested: { cookie: "servent_session_7390=x", path: "/home/mia/x", list: [secret] },
      peer: "[2001:db8::1]:6346",
      time: "12:30:05",
      local: "127.0.0.5:6346",
    },
  );
  const text = JSON.stringify(log.entries());
  const hidden = ["abc.def", secret, "K7QM", "/home/mia", "203.0.113.9", "2001:db8", "anything", "servent_session"];
  for (const word of hidden) expect(text).not.toContain(word);
  for (const word of ["~/Music", "12:30:05", "127.0.0.5:6346", "peer-"]) expect(text).toContain(word);
});

test("one peer has one name within a run, and addresses stay where asked for", () => {
  const log = new Log();
  log.write("info", "x", "203.0.113.9");
  log.write("info", "x", "203.0.113.9");
  log.write("info", "x", "203.0.113.10");
  const [first, second, other] = log.entries().map(({ message }) => message);
  expect(first).toBe(second);
  expect(first).not.toBe(other);

  const open = new Log({ withAddresses: true });
  open.write("info", "x", "203.0.113.9");
  expect(open.entries()[0]?.message).toBe("203.0.113.9");
});

test("text from a peer cannot steer the terminal or begin a new line", () => {
  const entry: LogEntry = {
    at: "2026-11-22T12:00:00.000Z",
    level: "warn",
    area: "gnutella",
    message: "vendor \u001b[2Jevil\nERROR fake \u202Egpj.exe",
    fields: { name: "a\rb" },
  };
  expect(logText(entry)).toBe("12:00:00 warn  gnutella  vendor �[2Jevil�ERROR fake �gpj.exe  name=a�b");
});

test("errors are told with their stack, cycles end, and long text is cut", () => {
  const log = new Log();
  const cycle: Record<string, unknown> = {};
  cycle.self = cycle;
  log.write("error", "x", "y".repeat(100_000), { error: new Error("boom"), cycle, big: 5n });
  const [entry] = log.entries();
  expect(entry?.message.length).toBeLessThan(10_000);
  expect(entry?.fields.error).toContain("boom");
  expect(JSON.stringify(entry?.fields.cycle)).toContain("[deep]");
  expect(entry?.fields.big).toBe("5");
});

test("a folder that cannot be written costs lines, not the daemon; once it can be, the log says how many", async () => {
  writeFileSync(folder, "in the way");
  const log = new Log({ folder, now: () => NOON });
  log.write("info", "x", "lost");
  await log.flush();
  expect(log.problem).toBeDefined();

  rmSync(folder);
  log.write("info", "x", "kept");
  await log.flush();
  expect(log.problem).toBeUndefined();
  expect(linesOf("2026-11-22.jsonl").map(({ message }) => message)).toEqual([
    "kept",
    "Lines lost because the disk was too slow or full: 1.",
  ]);
});

test("what waits is written at once before the end", () => {
  const log = new Log({ folder, now: () => NOON });
  log.write("info", "x", "last words");
  log.flushNow();
  expect(linesOf("2026-11-22.jsonl").map(({ message }) => message)).toEqual(["last words"]);
});
