// The event stream over real connections.
import { once } from "node:events";
import { type ClientRequest, type IncomingMessage, request } from "node:http";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type HandMade, handMade } from "./testing/hand-made-app.ts";
import { type Via, ask, target } from "./testing/request.ts";

let made: HandMade;
const requests: ClientRequest[] = [];

beforeEach(async () => {
  made = await handMade();
  await made.api.listen();
});
afterEach(async () => {
  for (const open of requests.splice(0)) open.destroy();
  await made.close();
});

interface Told {
  readonly id: number;
  readonly type: string;
  readonly data: Record<string, unknown>;
}

async function open(via: Via, query = "", headers: Record<string, string> = {}): Promise<IncomingMessage> {
  const asked = request({ ...target(made, via), path: `/api/v1/events${query}`, headers, agent: false });
  asked.on("error", () => undefined);
  requests.push(asked);
  asked.end();
  const [response] = (await once(asked, "response")) as [IncomingMessage];
  return response;
}

/** Reads until `count` events have come. */
async function read(response: IncomingMessage, count: number): Promise<Told[]> {
  let rest = "";
  const told: Told[] = [];
  for await (const chunk of response) {
    const blocks = (rest + String(chunk)).split("\n\n");
    rest = blocks.pop() as string;
    for (const block of blocks) {
      const data = /^data: (.*)$/m.exec(block)?.[1];
      if (data !== undefined) told.push(JSON.parse(data));
    }
    if (told.length >= count) return told;
  }
  throw new Error("the stream ended");
}

test("a stream has the right type, the strict headers, and no caching", async () => {
  const response = await open("socket");
  expect(response.statusCode).toBe(200);
  expect(response.headers).toMatchObject({
    "content-type": "text/event-stream",
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
  });
});

test("events are replayed from since on, then go on live", async () => {
  for (let i = 0; i < 5; i++) made.app.events.emit("search.hit", { i });
  const response = await open("socket", `?types=search.*&since=${made.app.events.lastId - 3}`);
  made.app.events.emit("log", { i: 99 });
  made.app.events.emit("search.done", { i: 5 });
  expect((await read(response, 4)).map(({ data }) => data.i)).toEqual([2, 3, 4, 5]);
});

test("a long replay goes on by itself as the reader takes it", async () => {
  for (let i = 0; i < 8000; i++) made.app.events.emit("search.hit", { i, name: "x".repeat(300) });
  const told = await read(await open("socket", `?since=${made.app.events.lastId - 8000}`), 8000);
  expect(told.map(({ data }) => data.i)).toEqual(Array.from({ length: 8000 }, (_, i) => i));
});

test("Last-Event-ID, which a browser sends when it comes back, goes before since", async () => {
  for (let i = 0; i < 5; i++) made.app.events.emit("search.hit", { i });
  const { lastId } = made.app.events;
  const response = await open("socket", `?since=${lastId - 5}`, { "last-event-id": String(lastId - 1) });
  expect((await read(response, 1)).map(({ data }) => data.i)).toEqual([4]);
});

test("an id of an earlier run brings reset", async () => {
  const [first] = await read(await open("socket", "?since=5"), 1);
  expect(first).toMatchObject({ id: null, type: "reset", data: { reason: "too_old" } });
});

test("a reader that does not read costs bounded memory, and is told to start over when it reads", async () => {
  const response = await open("socket");
  const before = process.memoryUsage().arrayBuffers;
  let id = 0;
  // The kernel takes some hundred kilobytes by itself before the stream notices.
  while (id < 60_000) {
    for (let i = 0; i < 500; i++) made.app.events.emit("search.hit", { i: id++, name: "x".repeat(100) });
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(20_000_000);

  let text = "";
  for await (const chunk of response) text += String(chunk);
  const last = text.trimEnd().split("\n\n").at(-1) as string;
  expect(JSON.parse(last.replace("data: ", ""))).toMatchObject({ type: "reset", data: { reason: "too_slow" } });
});

test("a reader that was let go and still does not read is cut off", async () => {
  const response = await open("socket");
  for (let id = 0; id < 60_000; id++) {
    made.app.events.emit("search.hit", { id, name: "x".repeat(100) });
    if (id % 500 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  made.clock.advance(5000);

  const readAll = async () => {
    for await (const chunk of response) expect(chunk).not.toHaveLength(0);
  };
  await expect(readAll()).rejects.toThrow("aborted");
});

test("a stream ends soon after its token was revoked", async () => {
  const { body } = await ask(made, "socket", "/api/v1/tokens", { body: { scopes: ["read"] } });
  const response = await open("tcp", "", { authorization: `Bearer ${String(body.secret)}` });
  const ended = once(response.resume(), "end");
  await ask(made, "socket", `/api/v1/tokens/${String(body.id)}`, { method: "DELETE" });
  made.clock.advance(15_000);
  await ended;
});

test("at most 64 streams are open at once, and a closed one makes room", async () => {
  const responses: IncomingMessage[] = [];
  for (let i = 0; i < 64; i++) responses.push(await open("socket"));
  expect((await open("socket")).statusCode).toBe(429);
  responses[0]?.destroy();
  for (;;) {
    const response = await open("socket");
    if (response.statusCode === 200) break;
  }
});

test("open streams do not keep the daemon from ending", async () => {
  const response = await open("socket");
  const ended = once(response.resume(), "end");
  await made.api.close();
  await ended;
});
