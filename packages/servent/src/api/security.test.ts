// The security defaults of the HTTP API, one test for each rule.
import { once } from "node:events";
import { statSync } from "node:fs";
import { type Socket, connect } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type HandMade, handMade } from "./testing/hand-made-app.ts";
import { type Asked, ask, target } from "./testing/request.ts";

let made: HandMade;

beforeEach(async () => {
  made = await handMade();
  await made.api.listen();
});
afterEach(() => made.close());

const port = () => Number(new URL(made.api.place.httpUrl as string).port);
const host = () => `127.0.0.1:${port()}`;

async function token(...scopes: string[]): Promise<string> {
  const { body } = await ask(made, "socket", "/api/v1/tokens", { body: { scopes } });
  return String(body.secret);
}

const bearer = (secret: string) => ({ authorization: `Bearer ${secret}` });

/** Logs in by a one-time code, as the page does; the cookie. */
async function login(): Promise<string> {
  const { body } = await ask(made, "socket", "/api/v1/system/login-code", { method: "POST" });
  const answer = await ask(made, "tcp", "/api/v1/session", { body: { code: body.code } });
  expect(answer.status).toBe(200);
  return String(answer.headers["set-cookie"]).split(";")[0] as string;
}

// ---- 1. loopback only

test("an address that others can reach is refused while there is no token", async () => {
  const open = await handMade({ "http.listen": ["0.0.0.0:0"] });
  await expect(open.api.listen()).rejects.toMatchObject({
    code: "refused",
    hint: expect.stringContaining("token new"),
  });
  expect(open.api.place).toEqual({ httpUrl: null, socket: null });

  // An ended token keeps nobody out, so it does not count.
  const insert = "INSERT INTO api_tokens VALUES (?, ?, '', 'admin', 0, ?, NULL)";
  open.database.prepare(insert).run("k_old", Buffer.from("old"), open.clock.now() - 1);
  await expect(open.api.listen()).rejects.toMatchObject({ code: "refused" });

  open.database.prepare(insert).run("k_new", Buffer.from("new"), open.clock.now() + 1000);
  await open.api.listen();
  expect(
    open.app.log
      .entries({ level: "warn" })
      .map(({ message }) => message)
      .join(),
  ).toContain("without encryption");
  await open.close();
});

test("loopback addresses need no token", async () => {
  expect(made.api.place.httpUrl).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
});

// ---- 2. no default password; login by one-time code; secrets hashed

test("without a login the network side of the API gives nothing but 401", async () => {
  for (const path of ["/system", "/transfers", "/events", "/settings", "/session", "/openapi.json"]) {
    const answer = await ask(made, "tcp", `/api/v1${path}`);
    expect([path, answer.status, answer.body.code]).toEqual([path, 401, "not_allowed"]);
    expect(answer.headers["www-authenticate"]).toContain("Bearer");
  }
});

test("the local socket needs no login, because only its owner can open it", async () => {
  expect(statSync(made.api.place.socket as string).mode & 0o777).toBe(0o600);
  const { body } = await ask(made, "socket", "/api/v1/session");
  expect(body).toEqual({ via: "socket", scopes: ["read", "transfer", "share", "network", "admin"], expiresAt: null });
});

test("a login code has its form, works once, and only for ten minutes", async () => {
  const { body } = await ask(made, "socket", "/api/v1/system/login-code", { method: "POST" });
  expect(body.code).toMatch(/^[2-9A-HJ-NP-Z]{4}-[2-9A-HJ-NP-Z]{4}-[2-9A-HJ-NP-Z]{4}$/);
  expect(body.url).toBe(`${made.api.place.httpUrl}/#code=${String(body.code)}`);

  const typed = String(body.code).toLowerCase().replaceAll("-", " ");
  expect((await ask(made, "tcp", "/api/v1/session", { body: { code: typed } })).status).toBe(200);
  expect((await ask(made, "tcp", "/api/v1/session", { body: { code: typed } })).status).toBe(401);

  const late = made.api.loginCode().code;
  made.clock.advance(10 * 60_000);
  expect((await ask(made, "tcp", "/api/v1/session", { body: { code: late } })).status).toBe(401);
});

test("a session ends with its time and with a logout", async () => {
  const cookie = await login();
  const whoAmI = () => ask(made, "tcp", "/api/v1/session", { headers: { cookie } });
  expect((await whoAmI()).body.via).toBe("cookie");
  made.clock.advance(168 * 3_600_000);
  expect((await whoAmI()).status).toBe(401);

  const again = await login();
  const headers = { cookie: again, "x-servent-csrf": "1" };
  expect((await ask(made, "tcp", "/api/v1/session", { method: "DELETE", headers })).status).toBe(204);
  expect((await ask(made, "tcp", "/api/v1/session", { headers })).status).toBe(401);
});

test("a browser cannot make logins for other browsers", async () => {
  const headers = { cookie: await login(), "x-servent-csrf": "1" };
  const answer = await ask(made, "tcp", "/api/v1/system/login-code", { method: "POST", headers });
  expect(answer.status).toBe(403);
});

test("a browser can also log in with a token, and gets no more and no longer than the token", async () => {
  const { body: made1 } = await ask(made, "socket", "/api/v1/tokens", {
    body: { scopes: ["read"], expiresInMs: 60_000 },
  });
  const answer = await ask(made, "tcp", "/api/v1/session", { body: { token: made1.secret } });
  expect(answer.body).toMatchObject({ scopes: ["read"], expiresAt: made1.expiresAt });
});

test("guessing a login code gets slower and slower, yet this machine is never shut out", async () => {
  for (let i = 0; i < 9; i++)
    expect((await ask(made, "tcp", "/api/v1/session", { body: { code: `no${i}` } })).status).toBe(401);
  let answered = false;
  const tenth = ask(made, "tcp", "/api/v1/session", { body: { code: "no" } }).then((answer) => {
    answered = true;
    return answer;
  });
  // The right code still works at once, while the wrong one is held back.
  await login();
  expect(answered).toBe(false);
  made.clock.advance(250);
  expect((await tenth).status).toBe(401);
});

test("tokens and sessions are on the disk as hashes only", async () => {
  const secret = await token("read");
  const cookie = (await login()).split("=")[1] as string;
  made.database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  const rows = ["api_tokens", "api_sessions"].flatMap((table) => made.database.prepare(`SELECT * FROM ${table}`).all());
  const text = JSON.stringify(rows, (_key, value) =>
    value instanceof Uint8Array ? Buffer.from(value).toString("latin1") : value,
  );
  expect(rows).toHaveLength(2);
  expect(text).not.toContain(secret);
  expect(text).not.toContain(cookie);
});

test("a token does what its scopes allow, and admin all", async () => {
  const read = bearer(await token("read"));
  const admin = bearer(await token("admin"));
  expect((await ask(made, "tcp", "/api/v1/system", { headers: read })).status).toBe(200);
  const refused = await ask(made, "tcp", "/api/v1/searches", { body: { words: "tide" }, headers: read });
  expect([refused.status, refused.body.code]).toEqual([403, "not_allowed"]);
  expect(refused.body.hint).toContain("--scope transfer");
  expect((await ask(made, "tcp", "/api/v1/searches", { body: { words: "tide" }, headers: admin })).status).toBe(201);
  expect((await ask(made, "tcp", "/api/v1/tokens", { headers: read })).status).toBe(403);
});

test("an ended, a revoked and an invented token are refused", async () => {
  const { body: short } = await ask(made, "socket", "/api/v1/tokens", {
    body: { scopes: ["read"], expiresInMs: 1000 },
  });
  const { body: long } = await ask(made, "socket", "/api/v1/tokens", { body: { scopes: ["read"] } });
  const statusWith = async (secret: unknown) =>
    (await ask(made, "tcp", "/api/v1/system", { headers: bearer(String(secret)) })).status;
  expect(await statusWith(short.secret)).toBe(200);
  made.clock.advance(1000);
  expect(await statusWith(short.secret)).toBe(401);
  expect(await statusWith(long.secret)).toBe(200);
  await ask(made, "socket", `/api/v1/tokens/${String(long.id)}`, { method: "DELETE" });
  expect(await statusWith(long.secret)).toBe(401);
  expect(await statusWith("srv_invented")).toBe(401);
});

test("the list of tokens never shows a secret", async () => {
  const secret = await token("read");
  const { text } = await ask(made, "socket", "/api/v1/tokens");
  expect(text).toContain("k_");
  expect(text).not.toContain(secret);
});

// ---- 3. host check before routing

test.each(["localhost", "127.0.0.1", "127.9.8.7", "[::1]", "LOCALHOST"])(
  "%s names this machine, with any port",
  async (name) => {
    expect((await ask(made, "tcp", "/healthz", { headers: { host: name } })).status).toBe(200);
    expect((await ask(made, "tcp", "/healthz", { headers: { host: `${name}:1` } })).status).toBe(200);
  },
);

test.each(["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:80", "192.168.1.5", "a b"])(
  "the host %j gets 421 before anything else, even the page",
  async (name) => {
    for (const path of ["/", "/healthz", "/api/v1/system", "/nothing"]) {
      const answer = await ask(made, "tcp", path, { headers: { host: name } });
      expect([path, answer.status, answer.body.code]).toEqual([path, 421, "host_not_allowed"]);
    }
  },
);

test("a request that names no host at all is refused", async () => {
  const { port: to, host: at } = target(made, "tcp") as { port: number; host: string };
  const socket = connect(to, at);
  socket.end("GET /healthz HTTP/1.0\r\n\r\n");
  const [said] = await once(socket, "data");
  expect(String(said)).toMatch(/^HTTP\/1\.1 421 /);
});

test("the answer names the setting that would allow the host, and setting it does", async () => {
  const asked = { headers: { host: "box.lan:8080" } };
  const refused = await ask(made, "tcp", "/healthz", asked);
  expect(refused.body.hint).toBe('Add "box.lan" to http.allowedHosts');
  made.app.settings.set("http.allowedHosts", ["Box.lan"]);
  expect((await ask(made, "tcp", "/healthz", asked)).status).toBe(200);
});

// ---- 4. cross-site

test("the cookie is kept from scripts and other sites, and its name carries the port", async () => {
  const answer = await ask(made, "tcp", "/api/v1/session", { body: { code: made.api.loginCode().code } });
  const [cookie] = answer.headers["set-cookie"] as string[];
  expect(cookie).toMatch(
    new RegExp(`^servent_session_${port()}=[\\w-]{43}; Path=/; Max-Age=604800; HttpOnly; SameSite=Strict$`),
  );
});

test("a change by cookie needs the header; reading does not, a token does not", async () => {
  const cookie = await login();
  const change = (headers: Record<string, string>) =>
    ask(made, "tcp", "/api/v1/searches", { body: { words: "tide" }, headers });
  expect((await ask(made, "tcp", "/api/v1/system", { headers: { cookie } })).status).toBe(200);
  const refused = await change({ cookie });
  expect([refused.status, refused.body.code]).toEqual([403, "cross_site"]);
  expect((await change({ cookie, "x-servent-csrf": "1" })).status).toBe(201);
  expect((await change(bearer(await token("transfer")))).status).toBe(201);
});

test("what a form can send without asking is no JSON and is refused", async () => {
  const headers = { cookie: await login(), "x-servent-csrf": "1" };
  for (const type of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]) {
    const asked: Asked = { body: '{"words":"tide"}', headers: { ...headers, "content-type": type } };
    expect((await ask(made, "tcp", "/api/v1/searches", asked)).status).toBe(415);
  }
  expect(made.searches.rows).toEqual([]);
});

test.each([
  [{ origin: "http://evil.example" }],
  [{ origin: "null" }],
  [{ origin: "http://127.0.0.1:1" }],
  [{ "sec-fetch-site": "cross-site" }],
  [{ "sec-fetch-site": "same-site" }],
])("%j comes from another page and is refused, for reading, events and login too", async (foreign) => {
  const headers = { cookie: await login(), "x-servent-csrf": "1", ...foreign };
  for (const asked of [{ headers }, { headers, body: { words: "tide" } }]) {
    const answer = await ask(made, "tcp", "/api/v1/searches", asked);
    expect([answer.status, answer.body.code]).toEqual([403, "cross_site"]);
  }
  expect((await ask(made, "tcp", "/api/v1/events", { headers })).status).toBe(403);
  const { code } = made.api.loginCode();
  expect((await ask(made, "tcp", "/api/v1/session", { headers: foreign, body: { code } })).status).toBe(403);
});

test("our own page and a listed origin are let in", async () => {
  const cookie = await login();
  const statusFrom = async (origin: string) =>
    (await ask(made, "tcp", "/api/v1/system", { headers: { cookie, origin, "sec-fetch-site": "same-origin" } })).status;
  expect(await statusFrom(`http://${host()}`)).toBe(200);
  expect(await statusFrom("https://box.lan")).toBe(403);
  made.app.settings.set("http.allowedOrigins", ["https://box.lan"]);
  expect(await statusFrom("https://box.lan")).toBe(200);
});

test("there is no CORS: a preflight is not answered with permission", async () => {
  const headers = { origin: "http://evil.example", "access-control-request-method": "POST" };
  const answer = await ask(made, "tcp", "/api/v1/searches", { method: "OPTIONS", headers });
  expect(answer.status).toBe(404);
  expect(Object.keys(answer.headers).filter((name) => name.startsWith("access-control"))).toEqual([]);
});

test("a token in the URL is not a login but an unknown field", async () => {
  const secret = await token("read");
  expect((await ask(made, "tcp", `/api/v1/system?token=${secret}`)).status).toBe(401);
  const answer = await ask(made, "socket", `/api/v1/events?token=${secret}`);
  expect(answer.status).toBe(400);
  expect(answer.body.detail).toBe("Unknown field in the query: token.");
});

// ---- 5. headers and limits

test("every answer carries the strict headers, also errors and the page", async () => {
  const wrongHost = { headers: { host: "evil.example" } };
  const answers = await Promise.all([
    ask(made, "tcp", "/"),
    ask(made, "tcp", "/nothing"),
    ask(made, "tcp", "/api/v1/system"),
    ask(made, "tcp", "/", wrongHost),
  ]);
  for (const { headers } of answers) {
    const policy = String(headers["content-security-policy"]);
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/unsafe|\*/);
    expect(headers).toMatchObject({
      "x-content-type-options": "nosniff",
      "x-frame-options": "DENY",
      "referrer-policy": "no-referrer",
    });
  }
});

test("a body of more than a megabyte is refused", async () => {
  const answer = await ask(made, "socket", "/api/v1/transfers/parse", { body: { text: "x".repeat(1_100_000) } });
  expect([answer.status, answer.body.code]).toEqual([413, "too_large"]);
});

test("headers of more than 16 kB are refused", async () => {
  const answer = await ask(made, "tcp", "/healthz", { headers: { "x-long": "x".repeat(17_000) } });
  expect(answer.status).toBe(431);
});

test("connections beyond the limit are closed, and those before it still served", async () => {
  const open: Socket[] = [];
  const { port: to, host: at } = target(made, "tcp") as { port: number; host: string };
  for (let i = 0; i < 256; i++) {
    const socket = connect(to, at);
    open.push(socket);
    await once(socket, "connect");
  }
  const extra = connect(to, at);
  extra.on("error", () => undefined);
  await once(extra, "close");
  expect((await ask(made, "socket", "/healthz")).status).toBe(200);
  for (const socket of open) socket.destroy();
});

test("an error inside tells the caller nothing but a number, and the log the rest", async () => {
  made.transfers.list = () => {
    throw new Error("secret detail");
  };
  const answer = await ask(made, "socket", "/api/v1/transfers");
  expect([answer.status, answer.body.code]).toEqual([500, "internal"]);
  expect(answer.text).not.toContain("secret detail");
  const [entry] = made.app.log.entries({ level: "error" });
  expect(entry?.fields).toMatchObject({ id: answer.body.requestId, error: expect.stringContaining("secret detail") });
});

test("reading never changes anything: no GET takes a body's effect or makes an event", async () => {
  const before = made.app.events.lastId;
  const cookie = await login();
  for (const path of [
    "system",
    "session",
    "tokens",
    "networks",
    "peers",
    "searches",
    "transfers",
    "shares",
    "files",
    "limits",
    "settings",
    "logs",
    "doctor",
  ]) {
    expect((await ask(made, "tcp", `/api/v1/${path}`, { headers: { cookie } })).status, path).toBe(200);
  }
  expect(made.app.events.lastId).toBe(before);
});
