import { type Server, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ScriptedDaemon, problem } from "../testing/scripted-daemon.ts";
import { DaemonClient, withQuery } from "./daemon-client.ts";

let daemon: ScriptedDaemon;
let client: DaemonClient;

beforeEach(async () => {
  daemon = await ScriptedDaemon.start();
  client = new DaemonClient({ kind: "socket", path: daemon.socket }, { timeoutMs: 5000 });
});
afterEach(async () => {
  client.close();
  await daemon.stop();
});

test("a change is JSON, says so, and carries the mark that no foreign page can send", async () => {
  daemon.on("POST /searches", { status: 201, body: { id: "s_1" } });
  expect(await client.send("POST", "/searches", { words: "tide" })).toEqual({ id: "s_1" });
  const [asked] = daemon.asked;
  expect(asked).toMatchObject({ method: "POST", path: "/searches", body: { words: "tide" } });
  expect(asked?.headers).toMatchObject({
    "content-type": "application/json",
    "x-servent-csrf": "1",
    host: "localhost",
  });
});

test("a refusal is an error with the problem document", async () => {
  daemon.on("GET /system", problem(421, "host_not_allowed", "Not by this name.", "Allow it."));
  await expect(client.read("/system")).rejects.toMatchObject({
    name: "ProblemError",
    problem: { status: 421, code: "host_not_allowed", detail: "Not by this name.", hint: "Allow it." },
  });
});

test("a list is read page by page, and only as far as asked", async () => {
  daemon.on("GET /peers", ({ path }) => {
    const query = new URLSearchParams(path.split("?")[1]);
    const from = Number(query.get("cursor") ?? 0);
    const count = Math.min(Number(query.get("limit")), 2);
    const items = [0, 1, 2, 3, 4].slice(from, from + count);
    const next = from + count < 5 ? String(from + count) : null;
    return { body: { schema: "servent.peers/1", items, next, total: 5 } };
  });
  expect(await client.list("/peers?network=chord", 1000)).toMatchObject({
    items: [0, 1, 2, 3, 4],
    next: null,
    total: 5,
  });
  expect(daemon.asked[1]?.path).toBe("/peers?network=chord&limit=998&cursor=2");
  expect(await client.list("/peers", 3)).toMatchObject({ items: [0, 1, 2], next: "3", total: 5 });
});

test("nobody behind the socket is told as not reachable", async () => {
  const alone = new DaemonClient({ kind: "socket", path: `${daemon.socket}.gone` }, { timeoutMs: 1000 });
  await expect(alone.read("/system")).rejects.toMatchObject({ name: "ServentError", code: "not_reachable" });
});

test("something that is no servent is told apart", async () => {
  await withServer(
    (_, response) => response.end("<html>"),
    async (port) => {
      const other = new DaemonClient(
        { kind: "url", url: new URL(`http://127.0.0.1:${port}`), token: undefined },
        { timeoutMs: 1000 },
      );
      await expect(other.read("/system")).rejects.toMatchObject({ code: "internal" });
      await expect(other.list("/peers", 10)).rejects.toMatchObject({ code: "internal" });
      other.close();
    },
  );
});

test("a server that never answers costs the time limit", async () => {
  await withServer(
    () => undefined,
    async (port) => {
      const other = new DaemonClient(
        { kind: "url", url: new URL(`http://127.0.0.1:${port}`), token: undefined },
        { timeoutMs: 50 },
      );
      await expect(other.read("/system")).rejects.toMatchObject({ code: "timeout" });
      other.close();
    },
  );
});

test("a token opens a daemon elsewhere, below its base path", async () => {
  const seen: (string | undefined)[] = [];
  await withServer(
    (request, response) => {
      seen.push(request.url, request.headers.authorization);
      response.end("{}");
    },
    async (port) => {
      const url = new URL(`http://127.0.0.1:${port}/servent/`);
      const other = new DaemonClient({ kind: "url", url, token: "secret" }, { timeoutMs: 1000 });
      await other.read("/system");
      other.close();
    },
  );
  expect(seen).toEqual(["/servent/api/v1/system", "Bearer secret"]);
});

test("events come through until the daemon ends them", async () => {
  const event = { id: 1, at: "2026-01-01T12:00:00Z", type: "log", data: {} };
  daemon.on("GET /events", { stream: `data: ${JSON.stringify(event)}\n\n` });
  const seen = [];
  for await (const each of client.events("/events", new AbortController().signal)) seen.push(each);
  expect(seen).toEqual([event]);
});

test("parameters without a value are not sent", () => {
  expect(withQuery("/a", { b: undefined, c: null })).toBe("/a");
  expect(withQuery("/a?d=1", { b: "x y", c: 2 })).toBe("/a?d=1&b=x+y&c=2");
});

async function withServer(
  handler: Parameters<typeof createServer>[1],
  body: (port: number) => Promise<void>,
): Promise<void> {
  const server: Server = createServer(handler);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    await body((server.address() as AddressInfo).port);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}
