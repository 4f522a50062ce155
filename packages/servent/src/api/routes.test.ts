// What each route does, over the local socket.
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { SharedFile } from "../library/library.ts";
import { type HandMade, fileGroup, handMade } from "./testing/hand-made-app.ts";
import { type Asked, ask } from "./testing/request.ts";

let made: HandMade;

beforeAll(async () => {
  made = await handMade();
  await made.api.listen();
});
afterAll(() => made.close());
beforeEach(() => {
  made.transfers.rows.clear();
  made.transfers.asked.length = 0;
  made.searches.rows.length = 0;
  made.library.rows.length = 0;
  made.library.files.length = 0;
  made.networks.enabled = false;
  made.networks.isDhtOff = false;
  made.networks.asked.length = 0;
  made.networks.peers.length = 0;
});

const api = (path: string, asked: Asked = {}) => ask(made, "socket", `/api/v1${path}`, asked);
const post = (path: string, body?: object) => api(path, { method: "POST", ...(body === undefined ? {} : { body }) });
const patch = (path: string, body: object) => api(path, { method: "PATCH", body });
const remove = (path: string) => api(path, { method: "DELETE" });

// ---- conventions

test("an error is a problem document with a code, a hint and the number of the request", async () => {
  const answer = await api("/transfers/t_9");
  expect(answer.headers["content-type"]).toMatch(/^application\/problem\+json/);
  expect(answer.body).toEqual({
    type: "https://servent.invalid/p/not-found",
    title: "Not found",
    status: 404,
    code: "not_found",
    detail: "There is no transfer t_9.",
    hint: "Look again.",
    requestId: answer.headers["x-request-id"],
  });
});

test.each([
  ["/searches", { words: "tide", colour: "blue", depth: 3 }, "Unknown fields in the body: colour, depth."],
  ["/transfers", { hit: { searchId: "s_1", number: 1, name: "x" } }, "Unknown field in the body: hit.name."],
  ["/searches", { words: 5 }, "Words in the body must be string."],
  [
    "/searches",
    { words: "x", networks: ["usenet"] },
    "Networks.0 in the body must be equal to one of the allowed values",
  ],
  ["/shares", {}, "The body must have required properties path."],
  ["/system/reload", { now: true }, "This takes no body; unknown: now."],
])("POST %s %j is refused: %s", async (path, body, detail) => {
  const answer = await post(path, body);
  expect([answer.status, answer.body.code]).toEqual([400, "invalid_value"]);
  expect(answer.body.detail).toContain(detail);
});

test("unknown fields in the query are refused too, also where none are known", async () => {
  expect((await api("/transfers?stat=active")).body.detail).toBe("Unknown field in the query: stat.");
  expect((await api("/limits?x=1")).body.detail).toBe("Unknown field in the query: x.");
});

test("text that is no JSON, and a name that would poison an object, are refused", async () => {
  const headers = { "content-type": "application/json" };
  expect((await api("/searches", { body: '{"words":', headers })).status).toBe(400);
  expect((await api("/searches", { body: '{"__proto__":{"admin":true},"words":"x"}', headers })).status).toBe(400);
});

test("an unknown path is a problem document as well", async () => {
  const answer = await api("/nothing");
  expect([answer.status, answer.body.detail]).toEqual([404, "There is no GET /api/v1/nothing."]);
});

test("the same Idempotency-Key gets the first answer again and makes nothing new", async () => {
  const asked = { body: { words: "tide" }, headers: { "idempotency-key": "k1" } };
  const first = await api("/searches", asked);
  const second = await api("/searches", asked);
  expect([first.status, second.status]).toEqual([201, 200]);
  expect(second.body).toEqual(first.body);
  expect(made.searches.rows).toHaveLength(1);

  const other = await api("/searches", { ...asked, body: { words: "ebb" } });
  expect([other.status, other.body.code]).toEqual([409, "conflict"]);

  made.clock.advance(10 * 60_000 + 1);
  expect((await api("/searches", asked)).status).toBe(201);
});

test("a failed creation may be tried again under the same key", async () => {
  const headers = { "idempotency-key": "k2" };
  const asked = { body: { hit: { searchId: "latest", number: 1 } }, headers };
  expect((await api("/transfers", asked)).status).toBe(404);
  await post("/searches", { words: "tide" });
  expect((await api("/transfers", asked)).status).toBe(201);
});

// ---- system

test("the system at a glance counts networks, transfers by state, rates and shares", async () => {
  made.transfers.put("t_1", { rate: 100 });
  made.transfers.put("t_2", { rate: 50, direction: "up" });
  made.transfers.put("t_3", { rate: 0, state: "done" });
  const { body } = await api("/system");
  expect(body).toMatchObject({
    version: "0.1.0",
    profile: "test",
    pid: process.pid,
    httpUrl: made.api.place.httpUrl,
    socket: made.api.place.socket,
    networks: [{ id: "gnutella", enabled: false, state: "off" }],
    rateDown: 100,
    rateUp: 50,
    transfers: { active: 2, done: 1 },
    searches: 0,
  });
});

test("shutdown is asked for once and answered", async () => {
  const before = made.stops();
  expect((await post("/system/shutdown")).status).toBe(202);
  expect(made.stops()).toBe(before + 1);
});

test("doctor and logs answer lists", async () => {
  made.app.log.area("library").warn("Look here.");
  const logs = await api("/logs?level=warn&area=library&limit=1");
  expect(logs.body).toMatchObject({ schema: "servent.logs/1", items: [{ message: "Look here." }] });
  expect((await api("/doctor")).body).toMatchObject({ schema: "servent.checks/1", items: [{ id: "clock", ok: true }] });
});

// ---- networks and peers

test("a network is switched on and off, with its role and links first", async () => {
  const { body } = await patch("/networks/gnutella", { enabled: true, role: "leaf", links: 3 });
  expect(body).toMatchObject({ enabled: true, state: "online", role: "leaf", endpoint: { port: 6346 } });
  expect(made.networks.asked).toEqual(["links gnutella 3"]);
  expect((await patch("/networks/gnutella", { enabled: false })).body).toMatchObject({
    enabled: false,
    endpoint: null,
  });
  expect((await api("/networks")).body.total).toBe(1);
});

test("a network that does not exist here is not found, one that exists nowhere is a wrong value", async () => {
  expect((await api("/networks/chord")).status).toBe(404);
  expect((await api("/networks/usenet")).status).toBe(400);
});

test("first peers and peers to dial are given as host and port", async () => {
  await patch("/networks/gnutella", { enabled: true });
  expect((await post("/networks/gnutella/bootstrap", { peers: ["127.0.0.5:6346", "box.lan:1"] })).status).toBe(200);
  const dialled = await post("/peers", { network: "gnutella", endpoint: "127.0.0.6:6346" });
  expect([dialled.status, dialled.body.endpoint]).toEqual([202, { host: "127.0.0.6", port: 6346 }]);
  expect(made.networks.asked).toEqual([
    "bootstrap gnutella 127.0.0.5:6346",
    "bootstrap gnutella box.lan:1",
    "connect gnutella 127.0.0.6:6346",
  ]);
});

test.each(["127.0.0.5", "127.0.0.5:0", "127.0.0.5:70000", ":6346", "a b:1", "-x:1"])(
  "%j is no peer",
  async (endpoint) => {
    expect((await post("/peers", { network: "gnutella", endpoint })).status).toBe(400);
  },
);

test("dialling on a network that is off says so", async () => {
  const answer = await post("/peers", { network: "gnutella", endpoint: "127.0.0.6:6346" });
  expect([answer.status, answer.body.code]).toEqual([409, "network_off"]);
});

test("the table of a hash table is shown, and a lookup tells its hops, with records only where they are asked for", async () => {
  const table = await api("/networks/chord/table");
  expect(table.body).toMatchObject({ network: "chord", nodes: [{ state: "member", entries: [{}, {}, {}] }] });
  const found = await post("/networks/chord/lookup", { key: "word:tide" });
  expect(found.body).toMatchObject({ text: "word:tide", hops: [{ ms: null }, { ms: 12 }], records: null });
  const brought = await post("/networks/chord/lookup", { key: "word:tide", records: true });
  expect(brought.body.records).toMatchObject([{ name: "tide-tables.txt", holders: [{ port: 7000 }] }]);
});

test("a network that is no hash table has no table, and one that is off says so", async () => {
  expect((await api("/networks/gnutella/table")).body.code).toBe("invalid_value");
  expect((await post("/networks/gnutella/lookup", { key: "x" })).status).toBe(400);
  made.networks.isDhtOff = true;
  expect((await api("/networks/chord/table")).body.code).toBe("network_off");
  expect((await post("/networks/chord/lookup", { key: "" })).body.code).toBe("invalid_value");
});

test("peers are listed and shown one by one", async () => {
  made.networks.peers.push({
    id: "p_1",
    network: "gnutella",
    endpoint: { host: "127.0.0.5", port: 6346 },
    state: "open",
    inbound: false,
    role: "ultrapeer",
    vendor: "Other/1.0",
    ageMs: 10,
    messagesIn: 1,
    messagesOut: 2,
    bytesIn: 3,
    bytesOut: 4,
  });
  expect((await api("/peers?network=gnutella")).body.items).toEqual(made.networks.peers);
  expect((await api("/peers/p_1")).body.vendor).toBe("Other/1.0");
  expect((await api("/peers/p_2")).status).toBe(404);
  expect((await remove("/peers/p_2")).status).toBe(404);
  expect((await api("/peers/p_1/why")).body.facts).toHaveLength(1);
});

// ---- searches

test("a search is started, shown, stopped, asked again and forgotten", async () => {
  const started = await post("/searches", { words: "tide", networks: ["gnutella"], minBytes: 10 });
  expect([started.status, started.body.id]).toEqual([201, "s_1"]);
  expect((await api("/searches/latest")).body.id).toBe("s_1");
  expect((await post("/searches/s_1/stop")).body.state).toBe("stopped");
  expect((await post("/searches/latest/again")).body.id).toBe("s_2");
  expect((await api("/searches")).body.total).toBe(2);
  expect((await remove("/searches/s_1")).status).toBe(204);
  expect((await api("/searches/s_1")).status).toBe(404);
  expect((await api("/searches/s_2/why")).body.state).toBe("waiting");
});

test("a search for nothing is refused, one by urn alone is not", async () => {
  expect((await post("/searches", { words: "  " })).status).toBe(400);
  expect((await post("/searches", { urn: "urn:sha1:X" })).body.urn).toBe("urn:sha1:X");
});

test("latest, before any search, is not found", async () => {
  expect((await api("/searches/latest/results")).status).toBe(404);
});

test("results are filtered, sorted and paged; what only the adapter understands stays inside", async () => {
  await post("/searches", { words: "tide" });
  const before = made.searches.groups;
  made.searches.groups = Array.from({ length: 250 }, (_, i) => fileGroup(i + 1, `tide-${i}.ogg`, i * 1000));
  const first = await api("/searches/latest/results?filter=size%3E49kB&sort=-size&limit=150");
  expect(first.body).toMatchObject({ schema: "servent.results/1", total: 200 });
  const second = await api(
    `/searches/latest/results?filter=size%3E49kB&sort=-size&limit=150&cursor=${String(first.body.next)}`,
  );
  const numbers = [...(first.body.items as { number: number }[]), ...(second.body.items as { number: number }[])].map(
    ({ number }) => number,
  );
  expect(numbers).toEqual(Array.from({ length: 200 }, (_, i) => 250 - i));
  expect(second.body.next).toBeNull();
  expect(first.text).not.toContain("secretOfTheAdapter");
  made.searches.groups = before;
});

// ---- transfers

test("a hit becomes a transfer with its sources, and the second time the same one", async () => {
  await post("/searches", { words: "tide" });
  const asked = { hit: { searchId: "latest", number: 1 }, priority: "high", to: "/music" };
  const first = await post("/transfers", asked);
  expect([first.status, first.body.created, first.body.priority]).toEqual([201, true, "high"]);
  expect(made.transfers.asked[0]).toMatchObject({
    name: "tide-tables.txt",
    size: 812_000,
    sources: [{ locator: { index: 7 } }],
    to: "/music",
  });
  const second = await post("/transfers", asked);
  expect([second.status, second.body.created, second.body.id]).toEqual([200, false, first.body.id]);
});

test("a urn, magnet or link is parsed; what is none is refused", async () => {
  expect((await post("/transfers", { urn: "urn:sha1:X" })).status).toBe(201);
  expect((await post("/transfers", { magnet: "magnet:?xt=urn:sha1:Y" })).status).toBe(201);
  expect((await post("/transfers", { link: "gopher:x" })).status).toBe(400);
  const parsed = await post("/transfers/parse", { text: "urn:sha1:X" });
  expect(parsed.body).toMatchObject({ name: "urn:sha1:X", size: null });
  expect(parsed.text).not.toContain("locator");
});

test("a transfer needs exactly one name for its file", async () => {
  for (const body of [{}, { priority: "low" }, { urn: "urn:sha1:X", magnet: "magnet:?xt=urn:sha1:X" }]) {
    expect((await post("/transfers", body)).body.detail).toBe("Which file is not clear.");
  }
  await post("/searches", { words: "tide" });
  expect((await post("/transfers", { hit: { searchId: "latest", number: 99 } })).status).toBe(404);
});

test("transfers are listed by state and direction, sorted", async () => {
  made.transfers.put("t_1", { name: "b", size: null });
  made.transfers.put("t_2", { name: "a" });
  made.transfers.put("t_3", { state: "done" });
  made.transfers.put("t_4", { direction: "up" });
  const listed = await api("/transfers?state=active&direction=down&sort=name");
  expect((listed.body.items as { id: string }[]).map(({ id }) => id)).toEqual(["t_2", "t_1"]);
  expect((await api("/transfers?sort=colour")).status).toBe(400);
});

test("actions answer the changed transfer", async () => {
  made.transfers.put("t_1");
  expect((await post("/transfers/t_1/pause")).body.state).toBe("paused");
  expect((await post("/transfers/t_1/resume")).body.state).toBe("queued");
  expect((await post("/transfers/t_1/retry")).body.state).toBe("queued");
  expect((await patch("/transfers/t_1", { priority: "low" })).body.priority).toBe("low");
  expect((await post("/transfers/t_1/move", { where: "first" })).body.id).toBe("t_1");
  expect((await api("/transfers/t_1/why")).body.actions).toHaveLength(1);
  expect((await post("/transfers/t_1/cancel")).body.state).toBe("cancelled");
  expect((await remove("/transfers/t_1")).status).toBe(204);
  expect((await post("/transfers/t_1/pause")).status).toBe(404);
});

test("a batch does what it can and tells what it could not", async () => {
  made.transfers.put("t_1", { state: "done" });
  made.transfers.put("t_2");
  const some = await post("/transfers/batch", { ids: ["t_1", "t_2", "t_9"], action: "remove" });
  expect(some.body).toMatchObject({
    done: ["t_1"],
    failed: [
      { id: "t_2", code: "conflict" },
      { id: "t_9", code: "not_found" },
    ],
  });
  expect((await post("/transfers/batch", { state: "active", action: "pause" })).body.done).toEqual(["t_2"]);
  expect((await post("/transfers/batch", { action: "pause" })).status).toBe(400);
});

// ---- shares and files

test("a folder is previewed, shared, scanned and no longer shared", async () => {
  expect((await post("/shares/preview", { path: "/music" })).body.files).toBe(2);
  expect((await api("/shares")).body.total).toBe(0);
  const first = await post("/shares", { path: "/music", as: "Tunes", exclude: ["*.tmp"] });
  expect([first.status, first.body.created, first.body.as]).toEqual([201, true, "Tunes"]);
  const second = await post("/shares", { path: "/music" });
  expect([second.status, second.body.created]).toEqual([200, false]);
  const id = String(first.body.id);
  expect((await post(`/shares/${id}/scan`)).status).toBe(202);
  expect((await post(`/shares/${id}/cancel`)).status).toBe(200);
  expect((await api(`/shares/${id}/problems`)).body.items).toMatchObject([{ code: "unreadable" }]);
  expect((await remove(`/shares/${id}`)).status).toBe(204);
  expect((await api(`/shares/${id}`)).status).toBe(404);
});

test("a refused folder says why", async () => {
  const answer = await post("/shares", { path: "/" });
  expect([answer.status, answer.body.code]).toEqual([403, "share_refused"]);
});

test("files show their hashes as URNs, none before they are hashed, and their page ends right", async () => {
  const file = (index: number, sha1: Uint8Array | undefined): SharedFile => ({
    index,
    shareId: "h_1",
    virtualPath: `Tunes/${index}.ogg`,
    name: `${index}.ogg`,
    size: 5,
    modifiedAt: 1_700_000_000_000,
    sharedAt: 1_700_000_000,
    sha1,
    tigerRoot: undefined,
  });
  made.library.files.push(file(1, new Uint8Array(20)), file(2, undefined), file(3, undefined));
  const first = await api("/files?limit=2");
  expect(first.body).toMatchObject({
    total: 3,
    items: [
      { path: "Tunes/1.ogg", urns: [`urn:sha1:${"A".repeat(32)}`], sharedAt: "2023-11-14T22:13:20.000Z" },
      { urns: [] },
    ],
  });
  const second = await api(`/files?limit=2&cursor=${String(first.body.next)}`);
  expect([second.body.items, second.body.next]).toEqual([[expect.objectContaining({ index: 3 })], null]);
  expect((await api("/files/3")).body.name).toBe("3.ogg");
  expect((await api("/files/4")).status).toBe(404);
});

// ---- limits and settings

test("limits are changed in part", async () => {
  const { body } = await patch("/limits", { down: 500_000, slow: { enabled: true } });
  expect(body).toEqual({ down: 500_000, up: 0, slow: { enabled: true, down: 200_000, up: 50_000 } });
  expect((await patch("/limits", { down: -1 })).status).toBe(400);
});

test("settings are listed, changed all or none, and unset by null", async () => {
  const listed = await api("/settings?limit=1000");
  expect(listed.body.items).toContainEqual(
    expect.objectContaining({ key: "limits.slow.down", value: "200kB", origin: "default" }),
  );

  const changed = await patch("/settings", { "limits.down": "4Mbit", "search.maxHits": 5 });
  expect(changed.body.items).toMatchObject([
    { key: "limits.down", value: "4Mbit" },
    { key: "search.maxHits", value: 5 },
  ]);
  expect(made.app.settings.get("limits.down")).toBe(500_000);

  expect((await patch("/settings", { "limits.down": "1MB", "search.maxHits": 0 })).status).toBe(400);
  expect((await patch("/settings", { "limits.dwn": 1 })).body).toMatchObject({
    code: "unknown_key",
    hint: expect.stringContaining("limits.down"),
  });
  expect(made.app.settings.get("limits.down")).toBe(500_000);
  expect((await patch("/settings", { "limits.down": null })).body.items).toMatchObject([{ value: 0 }]);
});

test("a pinned setting cannot be changed", async () => {
  const answer = await patch("/settings", { "http.listen": ["127.0.0.1:1"] });
  expect([answer.status, answer.body.code]).toEqual([409, "conflict"]);
});

test("reload answers what changed", async () => {
  expect((await post("/system/reload")).body).toEqual({ changed: [] });
});

test("the schema of the configuration is JSON Schema", async () => {
  const { body } = await api("/settings/schema");
  expect(body).toMatchObject({ properties: { limits: { properties: { down: { default: 0 } } } } });
});
