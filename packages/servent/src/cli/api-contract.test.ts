// The client against the API itself: what one asks the other must understand, and what it answers must be shown.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type HandMade, handMade } from "../api/testing/hand-made-app.ts";
import { run } from "./testing/test-shell.ts";

let made: HandMade;
let socket: string;
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "servent-contract-"));
  made = await handMade();
  socket = (await made.api.listen()).socket ?? "";
  made.transfers.put("t_1");
  made.transfers.put("t_2", { state: "done", verified: "sha1", path: "/x", bytesDone: 812_000, rate: 0, leftMs: null });
  made.searches.start({ words: "tide" });
  await made.library.add({ path: folder });
  made.networks.enabled = true;
  made.networks.peers.push({
    id: "p_1",
    network: "gnutella",
    endpoint: { host: "127.0.0.5", port: 6346 },
    state: "open",
    inbound: false,
    role: "leaf",
    vendor: "Servent/0.1.0",
    ageMs: 1000,
    messagesIn: 1,
    messagesOut: 2,
    bytesIn: 3,
    bytesOut: 4,
  });
  made.app.log.write("info", "daemon", "Ready.");
});
afterEach(async () => {
  await made.close();
  await rm(folder, { recursive: true, force: true });
});

// One after the other, against one daemon.
const LINES: readonly string[] = [
  "status",
  "open --print",
  "doctor",
  "logs --level info --area daemon --limit 5",
  "search tide --network gnutella --type text --min 1kB --max 1GB --ext txt --timeout 20s",
  "search urn:sha1:PLSTHIPQGSSZTS5FJUPAKUZWUGYQYPFB",
  "search tide --first 1",
  "results --filter tide --sort -size",
  "results s_1",
  "searches ls",
  "searches stop s_1",
  "searches again s_1",
  "get 1 --to music --priority high",
  "get s_1:2",
  "get urn:sha1:PLSTHIPQGSSZTS5FJUPAKUZWUGYQYPFB",
  "get magnet:?xt=urn:sha1:PLSTHIPQGSSZTS5FJUPAKUZWUGYQYPFB",
  "transfers ls --state active --direction down --sort -rate,name",
  "transfers show t_1 t_2",
  "transfers pause t_1",
  "transfers resume t_1",
  "transfers retry --state active",
  "transfers cancel --all --yes",
  "transfers move t_1 first",
  "why t_1",
  "why s_1",
  "why p_1",
  "why gnutella",
  "share ls",
  "share add more --as other --exclude *.log",
  "share preview more",
  "share scan",
  "files ls tide",
  "networks ls",
  "networks show gnutella",
  "networks disable gnutella",
  "networks enable gnutella --role leaf --links 3",
  "networks bootstrap gnutella 127.0.0.5:6346",
  "peers ls --network gnutella",
  "peers show p_1",
  "peers connect gnutella 127.0.0.5:6346",
  "dht table",
  "dht lookup word:tide --network chord",
  "dht get tide tables",
  "limits show",
  "limits set --down 2MB --up 0",
  "limits slow on --up 50kB",
  "config list",
  "config get transfers.activeDown",
  "config set transfers.activeDown 4",
  "config unset transfers.activeDown",
  "config reload",
  "token new --scope read,transfer --name phone --expires 90d",
  "token ls",
  // Last, because they take away what the others speak of.
  "searches rm s_1",
  "transfers rm t_2",
];

test("every verb is understood and answers with one JSON document", async () => {
  for (const line of LINES) {
    const { code, out, err } = await run({ socket }, [...line.split(" "), "--json"]);
    expect(code, `${line}: ${err}`).toBe(0);
    expect(out.trimEnd().split("\n"), line).toHaveLength(1);
    expect(JSON.parse(out), line).toHaveProperty("schema", expect.stringMatching(/^servent\.[a-z-]+\/1$/));
  }
});

test("every verb is shown to people without holes", async () => {
  for (const line of LINES) {
    const { code, out, err } = await run({ socket }, line.split(" "), { columns: 80 });
    expect(code, `${line}: ${err}`).toBe(0);
    expect(out + err, line).not.toMatch(/undefined|NaN|\[object/);
  }
});

test("share check finds problems", async () => {
  const { code, out } = await run({ socket }, ["share", "check"]);
  expect(code).toBe(1);
  expect(out).toContain("No permission.");
});

test("shares can be taken back", async () => {
  expect((await run({ socket }, ["share", "rm", path.basename(folder)])).code).toBe(0);
  expect(made.library.rows).toEqual([]);
});

test("get --wait sees a transfer through to its end", async () => {
  let looks = 0;
  const { code, out } = await run({ socket }, ["get", "1", "--wait"], {
    onSleep: () => {
      if (++looks === 2) made.transfers.put("t_1", { state: "done", verified: "sha1", path: "/d/tide-tables.txt" });
    },
  });
  expect(code).toBe(0);
  expect(out).toBe("tide-tables.txt  100 %  812 kB  sha1 ok\nsaved: /d/tide-tables.txt\n");
});

test("events come with replay, and streams end where the daemon does", async () => {
  made.app.events.emit("transfer.state", { transfer: { ...made.transfers.view("t_1") } });
  const first = await run({ socket }, [
    "events",
    "--since",
    String(made.app.events.lastId - 1),
    "--first",
    "1",
    "--json",
  ]);
  expect(first.code).toBe(0);
  expect(JSON.parse(first.out)).toMatchObject({ type: "transfer.state", id: made.app.events.lastId });
});

test("down asks for the end", async () => {
  const { code } = await run({ socket }, ["down", "--timeout", "1s"]);
  expect({ code, stops: made.stops() }).toEqual({ code: 7, stops: 1 });
});

test.each([
  ["transfers show t_9", 3],
  ["results s_9", 3],
  ["networks show chord", 3],
  ["peers disconnect p_9", 3],
  ["dht table --network gnutella", 2],
  ["share add /", 6],
  ["transfers rm t_1", 6],
  ["get http://127.0.0.1/x", 2],
  ["config set transfers.activeDown many", 2],
  ["config set no.such 1", 2],
  ["results --filter size>>1", 2],
])("%s ends with exit code %d", async (line, code) => {
  const ran = await run({ socket }, line.split(" "));
  expect(ran.code, ran.err).toBe(code);
  expect(ran.err).toMatch(/^error: [^\n]+\n {7}[^\n]*\[[a-z_]+\]\n$/);
});

test("a token opens the daemon over TCP, as far as its scopes go", async () => {
  const { out: secret } = await run({ socket }, ["token", "new", "--scope", "read"]);
  const { httpUrl } = made.api.place;
  const env = { SERVENT_TOKEN: secret.trim(), SERVENT_URL: httpUrl ?? "" };
  const words = ["--url", httpUrl ?? ""];
  const { runCli } = await import("./run.ts");
  const { TestShell } = await import("./testing/test-shell.ts");
  expect(await runCli([...words, "status"], new TestShell({ env }))).toBe(0);
  expect(await runCli([...words, "down"], new TestShell({ env }))).toBe(5);
  expect(await runCli([...words, "status"], new TestShell())).toBe(5);
});
