import { afterEach, beforeEach, expect, test } from "vitest";
import {
  sampleNetwork,
  samplePeer,
  sampleSearch,
  sampleShare,
  sampleSource,
  sampleSystem,
  sampleTransfer,
} from "../testing/samples.ts";
import { ScriptedDaemon, page } from "../testing/scripted-daemon.ts";
import { run } from "../testing/test-shell.ts";

let daemon: ScriptedDaemon;

beforeEach(async () => {
  daemon = await ScriptedDaemon.start();
});
afterEach(() => daemon.stop());

test("status shows the daemon and the networks that are on", async () => {
  daemon.on("GET /system", { body: sampleSystem() });
  const { out } = await run(daemon, ["status"]);
  expect(out).toBe(`servent 0.1.0 · up 3 min · process 4711 · profile default
web        http://127.0.0.1:7390
shared     312 files, 1.2 GB
transfers  2 active, 5 done
rates      down 810 kB/s, up 0 B/s
searches   1 running

NETWORK   STATE   PEERS  ROLE
gnutella  online      5  ultrapeer  Linked to 5 of the 6 neighbours it wants.
`);
});

test("status --watch goes on until Ctrl-C and leaves the last state on the screen", async () => {
  daemon.on("GET /system", (_, times) => ({ body: sampleSystem({ searches: times + 1 }) }));
  let waits = 0;
  const { code, out, err } = await run(daemon, ["status", "--watch"], {
    columns: 80,
    onSleep: (shell) => {
      if (++waits === 3) shell.interrupt();
    },
  });
  expect(code).toBe(130);
  expect(err).toContain("2 running");
  expect(out).toContain("3 running");
});

test("transfers are listed with their reasons, downloads and uploads alike", async () => {
  const items = [
    sampleTransfer(),
    sampleTransfer({ id: "t_8", state: "waiting", reason: "remote_queue" }),
    sampleTransfer({ id: "t_9", direction: "up", peer: "127.0.0.9:41000", name: "tide.mp3" }),
  ];
  daemon.on("GET /transfers", page("transfers", items));
  const { out, err } = await run(daemon, ["transfers", "--state", "active", "--sort", "-rate"]);
  expect(daemon.asked[0]?.path).toBe("/transfers?state=active&sort=-rate&limit=1000");
  expect(out).toBe(`ID       NAME             STATE                  DONE    SIZE      RATE  LEFT          SOURCES
t_7f  ↓  tide-tables.txt  active                 42 %  3.1 MB  810 kB/s  0:02              3/3
t_8   ↓  tide-tables.txt  waiting: remote queue  42 %  3.1 MB                                3
t_9   ↑  tide.mp3         active                 42 %  3.1 MB  810 kB/s  0:02  127.0.0.9:41000
`);
  expect(err).toBe("3 transfers\n");
});

test("a list that was cut says so", async () => {
  daemon.on("GET /transfers", {
    body: { schema: "servent.transfers/1", items: [sampleTransfer()], next: "1", total: 52_310 },
  });
  const { err } = await run(daemon, ["transfers", "ls", "--limit", "1"]);
  expect(err).toBe("1 of 52 310 transfers; more with --limit\n");
});

test("one transfer is shown with its sources", async () => {
  const source = sampleSource({ state: "queued", position: 14, note: "Its slots are full." });
  daemon.on("GET /transfers/t_7f", { body: sampleTransfer({ sources: [source] }) });
  const { out } = await run(daemon, ["transfers", "show", "t_7f"]);
  expect(out).toContain("arrived   1.3/3.1 MB, 42 %\n");
  expect(out).toMatch(/127\.0\.0\.5:6346 {2}gnutella {2}queued at 14 .* Its slots are full\.\n/);
});

test("actions go out as one batch, and failures set the exit code", async () => {
  daemon.on("POST /transfers/batch", {
    body: { done: ["t_1"], failed: [{ id: "t_2", code: "conflict", detail: "It is done." }] },
  });
  const { code, err } = await run(daemon, ["transfers", "pause", "t_1", "t_2"]);
  expect(daemon.changes[0]?.body).toEqual({ ids: ["t_1", "t_2"], action: "pause" });
  expect(code).toBe(6);
  expect(err).toContain("1 transfer paused");
  expect(err).toContain("t_2: It is done.");
  await run(daemon, ["transfers", "retry", "--state", "failed"]);
  expect(daemon.changes[1]?.body).toEqual({ state: "failed", action: "retry" });
});

test("--all means those that the action can mean", async () => {
  const items = [
    sampleTransfer({ id: "t_1", state: "done" }),
    sampleTransfer({ id: "t_2" }),
    sampleTransfer({ id: "t_3", state: "paused", reason: "user" }),
  ];
  daemon.on("GET /transfers", page("transfers", items)).on("POST /transfers/batch", { body: { done: [], failed: [] } });
  await run(daemon, ["transfers", "rm", "--all"]);
  await run(daemon, ["transfers", "pause", "--all"]);
  await run(daemon, ["transfers", "resume", "--all"]);
  expect(daemon.changes.map(({ body }) => body)).toEqual([
    { ids: ["t_1"], action: "remove" },
    { ids: ["t_2"], action: "pause" },
    { ids: ["t_3"], action: "resume" },
  ]);
});

test("giving up all transfers asks first; --yes and y go on, anything else does not", async () => {
  daemon
    .on("GET /transfers", page("transfers", [sampleTransfer()]))
    .on("POST /transfers/batch", { body: { done: ["t_7f"], failed: [] } });
  const words = ["transfers", "cancel", "--all"];
  expect((await run(daemon, words)).code).toBe(2);
  expect((await run(daemon, words, { answer: "n" })).code).toBe(6);
  expect(daemon.changes).toEqual([]);
  expect((await run(daemon, words, { answer: "y" })).code).toBe(0);
  expect((await run(daemon, [...words, "--yes"])).code).toBe(0);
  expect(daemon.changes).toHaveLength(2);
});

test("the order is changed by first, last, up and down", async () => {
  daemon.on("POST /transfers/t_7f/move", { body: sampleTransfer() });
  expect((await run(daemon, ["transfers", "move", "t_7f", "first"])).code).toBe(0);
  expect(daemon.changes[0]?.body).toEqual({ where: "first" });
});

test("why finds the right place for each kind of id", async () => {
  const chain = {
    state: "waiting",
    since: "2026-01-01T11:55:00Z",
    facts: [{ at: "2026-01-01T11:55:00Z", text: "The peer 127.0.0.5 has all its slots in use.", code: "remote_queue" }],
    actions: [{ label: "Look for other sources", method: "POST", href: "/transfers/t_1/retry" }],
  };
  for (const path of ["transfers/t_1", "searches/s_1", "peers/p_1", "networks/gnutella"]) {
    daemon.on(`GET /${path}/why`, { body: chain });
    const { code, out } = await run(daemon, ["why", path.split("/")[1] ?? ""], { columns: 40, env: { NO_COLOR: "1" } });
    expect(code).toBe(0);
    expect(out).toMatch(
      /^\S+ {2}waiting {2}for 5 min\n\S{8} {2}The peer 127\.0\.0\.5 has all its\n {10}slots in use\.\n/,
    );
    expect(out).toContain("→ Look for other sources\n");
  }
});

test("sharing a folder sends its full path, name and exclusions", async () => {
  daemon.on("POST /shares", { status: 201, body: { ...sampleShare(), created: true } });
  const { out } = await run(daemon, [
    "share",
    "add",
    "music",
    "--as",
    "tunes",
    "--exclude",
    "*.log",
    "--exclude",
    "tmp",
  ]);
  expect(daemon.changes[0]?.body).toEqual({ path: "/home/ann/music", as: "tunes", exclude: ["*.log", "tmp"] });
  expect(out).toContain("/home/ann/music");
});

test("a dry run of sharing shows what would be visible", async () => {
  daemon.on("POST /shares/preview", {
    body: {
      path: "/home/ann/music",
      files: 2,
      bytes: 31_001_000,
      largest: [{ path: "a\u202e.flac", size: 31_000_000 }],
      excluded: [{ path: ".cache", why: "hidden" }],
      truncated: false,
    },
  });
  const { out } = await run(daemon, ["share", "add", "music", "--dry-run"]);
  expect(out).toBe(
    "/home/ann/music: 2 files, 31 MB would be visible\n\nlargest\n31 MB  a<202E>.flac\n\nleft out\n.cache  hidden\n",
  );
  expect(daemon.changes.map(({ path }) => path)).toEqual(["/shares/preview"]);
});

test("a share is known by id, by name and by folder", async () => {
  daemon
    .on("GET /shares", page("shares", [sampleShare()]))
    .on("DELETE /shares/f_a1", { body: {} })
    .on("POST /shares/f_a1/scan", { body: sampleShare() });
  await run(daemon, ["share", "rm", "music"]);
  await run(daemon, ["share", "scan", "/home/ann/music"]);
  await run(daemon, ["share", "scan"]);
  expect(daemon.changes.map(({ method, path }) => `${method} ${path}`)).toEqual([
    "DELETE /shares/f_a1",
    "POST /shares/f_a1/scan",
    "POST /shares/f_a1/scan",
  ]);
  expect((await run(daemon, ["share", "rm", "video"])).code).toBe(3);
});

test("problems of shares are listed and set the exit code", async () => {
  const problems = [{ path: "a/b.ogg", code: "unreadable", text: "Permission denied.", at: "2026-01-01T12:00:00Z" }];
  daemon.on("GET /shares", page("shares", [sampleShare()])).on("GET /shares/f_a1/problems", page("problems", problems));
  const { code, out } = await run(daemon, ["share", "check"]);
  expect(code).toBe(1);
  expect(out).toContain("music  a/b.ogg  Permission denied.\n");
});

test("rates are typed as people know them and sent in bytes per second", async () => {
  const limits = { down: 2_000_000, up: 0, slow: { enabled: true, down: 200_000, up: 50_000 } };
  daemon.on("PATCH /limits", { body: limits });
  const { out } = await run(daemon, ["limits", "set", "--down", "16Mbit", "--up", "0"]);
  await run(daemon, ["limits", "slow", "on", "--up", "50kB/s"]);
  expect(daemon.changes.map(({ body }) => body)).toEqual([
    { down: 2_000_000, up: 0 },
    { slow: { enabled: true, up: 50_000 } },
  ]);
  expect(out).toBe("usual     down 2.0 MB/s, up free\nslow      down 200 kB/s, up 50 kB/s\nin force  slow\n");
});

test("peers of several networks come as one list", async () => {
  daemon.on("GET /peers", ({ path }) => page("peers", [samplePeer({ id: path.includes("chord") ? "p_1" : "p_2" })]));
  const { out } = await run(daemon, ["peers", "ls", "--network", "chord,kelips", "--json"]);
  expect(JSON.parse(out)).toMatchObject({ items: [{ id: "p_1" }, { id: "p_2" }], total: 2 });
});

test("events are told as they come, until enough", async () => {
  const event = (id: number) => {
    const told = {
      id,
      at: "2026-01-01T12:00:00Z",
      type: "transfer.state",
      data: { transfer: { state: "done", text: "It is done.", urns: ["x"], peer: null } },
    };
    return `id: ${id}\nevent: transfer.state\ndata: ${JSON.stringify(told)}\n\n`;
  };
  daemon.on("GET /events", { stream: [7, 8, 9].map(event).join(""), stays: true });
  const json = await run(daemon, ["events", "--types", "transfer.*", "--since", "6", "--first", "2", "--json"]);
  expect(daemon.asked[0]?.path).toBe("/events?types=transfer.*&since=6");
  expect(json.code).toBe(0);
  expect(
    json.out
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line).id),
  ).toEqual([7, 8]);
  const text = await run(daemon, ["events", "--first", "1"]);
  expect(text.out).toMatch(/^7 {2}\S{8} {2}transfer\.state {5}state=done {2}text="It is done\."\n$/);
});

test("--timeout ends a stream with exit code 9, whether or not anything came", async () => {
  daemon.on("GET /events", { stream: ":\n\n", stays: true });
  expect((await run(daemon, ["events", "--timeout", "5s"])).code).toBe(9);
});

test("a stream that the daemon ends says where to go on", async () => {
  daemon.on("GET /events", { stream: 'id: 7\ndata: {"id":7,"at":"2026-01-01T12:00:00Z","type":"log","data":{}}\n\n' });
  const { code, err } = await run(daemon, ["events"]);
  expect(code).toBe(4);
  expect(err).toContain("Go on with --since 7.");
});

test("followed logs keep to the level and area that were asked for", async () => {
  const entry = (level: string, area: string) => ({
    at: "2026-01-01T12:00:00Z",
    level,
    area,
    message: "Said.",
    fields: {},
  });
  const entries = [entry("info", "api"), entry("error", "library"), entry("warn", "api")];
  const events = entries.map((each, id) => ({ id, at: each.at, type: "log", data: { entry: each } }));
  daemon
    .on("GET /logs", page("logs", [entry("error", "api")]))
    .on("GET /events", { stream: events.map((each) => `data: ${JSON.stringify(each)}\n\n`).join("") });
  const { out } = await run(daemon, ["logs", "-f", "--level", "warn", "--area", "api", "--json"]);
  expect(daemon.asked[0]?.path).toBe("/logs?level=warn&area=api");
  expect(
    out
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line).level),
  ).toEqual(["error", "warn"]);
});

test("the secret of a token is all that goes to stdout", async () => {
  const token = { id: "k_1", name: "phone", scopes: ["read", "transfer"], secret: "sv_abc" };
  daemon.on("POST /tokens", { status: 201, body: token });
  const { out, err } = await run(daemon, [
    "token",
    "new",
    "--scope",
    "read,transfer",
    "--name",
    "phone",
    "--expires",
    "90d",
  ]);
  expect(daemon.changes[0]?.body).toEqual({ scopes: ["read", "transfer"], name: "phone", expiresInMs: 7_776_000_000 });
  expect(out).toBe("sv_abc\n");
  expect(err).toContain("the secret is not shown again");
});

test("settings are set as JSON where they are JSON and as text where they are not", async () => {
  const setting = { pinned: false, restart: false, restartPending: false, description: "" };
  daemon
    .on("PATCH /settings", page("settings", []))
    .on(
      "GET /settings",
      page("settings", [{ key: "a.b", value: "500kB", default: 0, origin: "settings.json", ...setting }]),
    );
  for (const value of ["4", "true", '["a"]', "500kB"]) await run(daemon, ["config", "set", "a.b", value]);
  await run(daemon, ["config", "unset", "a.b", "c.d"]);
  expect(daemon.changes.map(({ body }) => body)).toEqual([
    { "a.b": 4 },
    { "a.b": true },
    { "a.b": ["a"] },
    { "a.b": "500kB" },
    { "a.b": null, "c.d": null },
  ]);
  expect((await run(daemon, ["config", "get", "a.b"])).out).toBe("500kB\n");
  expect((await run(daemon, ["config", "get", "a.c"])).code).toBe(2);
});

test("the doctor's failures set the exit code, warnings do not", async () => {
  const check = (level: string) => ({
    id: "disk",
    ok: level === "ok",
    level,
    title: "Disk",
    detail: "It is full.",
    fix: "Make room.",
  });
  daemon.on("GET /doctor", page("checks", [check("ok"), check("warn")]));
  expect((await run(daemon, ["doctor"])).code).toBe(0);
  daemon.on("GET /doctor", page("checks", [check("fail")]));
  const { code, out } = await run(daemon, ["doctor"]);
  expect({ code, out }).toEqual({ code: 1, out: "fail  Disk\n      It is full.\n      → Make room.\n" });
});

test("networks that are off show no zeros", async () => {
  daemon.on(
    "GET /networks",
    page("networks", [
      sampleNetwork({ id: "chord", enabled: false, state: "off", peers: 0, endpoint: null, liveness: "Off." }),
    ]),
  );
  const { out, err } = await run(daemon, ["networks"]);
  expect(out).toBe("NETWORK  STATE  PEERS\nchord    off           Off.\n");
  expect(err).toContain("servent networks enable gnutella");
});

test("searches are listed and can be stopped and forgotten", async () => {
  daemon
    .on("GET /searches", page("searches", [sampleSearch()]))
    .on("POST /searches/s_4k2/stop", { body: sampleSearch({ state: "stopped" }) })
    .on("DELETE /searches/s_4k2", { body: {} });
  expect((await run(daemon, ["searches"])).out).toMatch(
    /^s_4k2 {2}tide {3}running {6}2 {5}7 {9}5 {2}214 messages, 31 kB/m,
  );
  expect((await run(daemon, ["searches", "stop", "s_4k2"])).err).toBe("1 search stopped\n");
  expect((await run(daemon, ["searches", "rm", "s_4k2"])).err).toBe("1 search forgotten\n");
});

test("a login link is printed and said to work once", async () => {
  daemon.on("POST /system/login-code", {
    status: 201,
    body: { code: "K7QM", url: "http://127.0.0.1:7390/#code=K7QM", expiresAt: "2026-01-01T12:10:00Z" },
  });
  const { out, err } = await run(daemon, ["open"]);
  expect({ out, err }).toEqual({
    out: "http://127.0.0.1:7390/#code=K7QM\n",
    err: "works once, for 10 min\n",
  });
});

test("a network of servers names them, and counters are told in words, without those at zero", async () => {
  const server = { endpoint: { host: "192.0.2.7", port: 8888 }, nick: "", users: 0, files: 0, problem: "" };
  const napster = sampleNetwork({
    id: "napster",
    role: "client",
    servers: [
      { ...server, state: "online", nick: "anna", users: 1, files: 40 },
      { ...server, endpoint: { host: "192.0.2.8", port: 8888 }, state: "waiting", problem: "connection refused" },
    ],
    counters: { filesBrought: 3, knownServers: 0 },
  });
  daemon.on("GET /networks/napster", { body: napster });
  const { out } = await run(daemon, ["networks", "show", "napster"]);
  expect(out).toContain("server         192.0.2.7:8888 online as anna, 1 user, 40 files\n");
  expect(out).toContain("server         192.0.2.8:8888 waiting: connection refused\n");
  expect(out).toMatch(/\nfiles brought {2}3\n$/);
  expect((await run(daemon, ["networks", "show", "napster", "-v"])).out).toMatch(/known servers {2}0\n$/);
  expect((await run(daemon, ["networks", "show", "napster", "--plain"])).out).toContain("\nknownServers\t0\n");
});

test("naming first peers and first servers is answered in words for each", async () => {
  daemon
    .on("POST /networks/gnutella/bootstrap", { body: sampleNetwork() })
    .on("POST /networks/napster/bootstrap", { body: sampleNetwork({ id: "napster", servers: [] }) });
  const gnutella = await run(daemon, ["networks", "bootstrap", "gnutella", "192.0.2.7:6346"]);
  expect(gnutella.err).toBe("gnutella asks 1 peer for neighbours\n");
  const entries = ["192.0.2.7:8888", "tls:192.0.2.7:8889", "redirect:192.0.2.8:8875"];
  const napster = await run(daemon, ["networks", "bootstrap", "napster", ...entries]);
  expect(napster.err).toBe("napster has 3 more servers to log in at\n");
  expect(daemon.changes.at(-1)?.body).toEqual({ peers: entries });
});

test("the status tells of the index server where there is one", async () => {
  const status = async (indexServer: ReturnType<typeof sampleSystem>["indexServer"]) => {
    daemon.on("GET /system", { body: sampleSystem({ indexServer }) });
    return (await run(daemon, ["status"])).out;
  };
  const on = { state: "on" as const, clear: "0.0.0.0:8888", tls: "0.0.0.0:8889", users: 1, files: 40, reason: "" };
  expect(await status(null)).not.toContain("index server");
  expect(await status(on)).toMatch(/index server {2}0\.0\.0\.0:8888, 0\.0\.0\.0:8889 \(TLS\): 1 user, 40 files\n/);
  const failed = { ...on, state: "failed" as const, clear: null, tls: null, reason: "Port 8888 is taken." };
  expect(await status(failed)).toMatch(/index server {2}failed: Port 8888 is taken\.\n/);
});
