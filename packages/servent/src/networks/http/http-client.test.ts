import { createHash, randomBytes } from "node:crypto";
import net from "node:net";
import { afterEach, expect, test } from "vitest";
import { base32Encode } from "@servent/overlay/base/base32.ts";
import { type ByteRange, SourceError } from "../network.ts";
import { HttpClient } from "./http-client.ts";
import { type Served, serve } from "./upload-fixture.ts";

const endings: (() => void)[] = [];
afterEach(() => {
  for (const end of endings.splice(0)) end();
});

const bytes = randomBytes(3_000_000);
const urn = `urn:sha1:${base32Encode(createHash("sha1").update(bytes).digest())}`;
const path = `/uri-res/N2R?${urn}`;
const never = new AbortController().signal;

async function served(more: Parameters<typeof serve>[1] = {}): Promise<Served> {
  const made = await serve([{ name: "big.bin", bytes }], more);
  endings.push(() => made.close());
  return made;
}

function client(timeouts: ConstructorParameters<typeof HttpClient>[0]["timeouts"] = {}): HttpClient {
  const made = new HttpClient({ userAgent: "Servent/test", timeouts });
  endings.push(() => made.close());
  return made;
}

/** A server that says the same to every request, and what it was asked. */
async function says(
  text: string | Uint8Array,
  andThen: "end" | "stay" = "stay",
): Promise<{ port: number; asked: string[]; sockets: net.Socket[] }> {
  const asked: string[] = [];
  const sockets: net.Socket[] = [];
  const port = await listening((socket) => {
    sockets.push(socket);
    socket.on("data", (data) => {
      asked.push(data.toString("latin1"));
      socket.write(text);
      if (andThen === "end") socket.end();
    });
  });
  return { port, asked, sockets };
}

/** A bare server; gives its port. */
async function listening(onSocket: (socket: net.Socket) => void): Promise<number> {
  const sockets: net.Socket[] = [];
  const server = net.createServer((socket) => {
    sockets.push(socket);
    socket.on("error", () => undefined);
    onSocket(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  endings.push(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return (server.address() as net.AddressInfo).port;
}

async function all(body: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of body) parts.push(part.slice());
  return Buffer.concat(parts);
}

async function problemOf(promise: Promise<unknown>): Promise<SourceError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(SourceError);
  return error as SourceError;
}

test("ranges come right, one after the other, on one connection", async () => {
  const { port, server } = await served();
  const http = client();
  const peer = http.peer({ host: "127.0.0.1", port });
  const ranges: readonly ByteRange[] = [
    { start: 0, end: 10 },
    { start: 1_000_000, end: 2_999_999 },
    { start: 2_999_999, end: 9_999_999 },
  ];

  for (const range of ranges) {
    const answer = await http.open(peer, path, range, never);
    expect(answer.total).toBe(bytes.length);
    expect(answer.range).toEqual({ start: range.start, end: Math.min(range.end, bytes.length) });
    expect((await all(answer.body)).equals(bytes.subarray(range.start, range.end))).toBe(true);
  }

  expect(server.open).toBe(1);
  expect(http.thexUri(peer, path)).toBe(`/uri-res/N2X?${urn}`);
});

test("a file's next range goes over the connection that served it before, not over one that stood idle longer", async () => {
  const asked: { connection: number; path: string }[] = [];
  let connections = 0;
  let answerFirst: (() => void) | undefined;
  const port = await listening((socket) => {
    const connection = connections++;
    socket.on("data", (data) => {
      const path = /^GET (\S+)/.exec(String(data))?.[1] ?? "";
      asked.push({ connection, path });
      const answer = () => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx");
      // The file is still being served while the other document is asked for, so that needs a connection of its own.
      if (asked.length === 1) answerFirst = answer;
      else answer();
    });
  });
  const http = client();
  const peer = http.peer({ host: "127.0.0.1", port });
  const first = http.open(peer, "/file", { start: 0, end: 1 }, never);
  await expect.poll(() => answerFirst).toBeDefined();
  await http.fetch(peer, "/tree", { bytesMax: 10 }, never);
  answerFirst?.();
  await all((await first).body);

  await all((await http.open(peer, "/file", { start: 0, end: 1 }, never)).body);
  await http.fetch(peer, "/tree", { bytesMax: 10 }, never);

  expect(asked).toEqual([
    { connection: 0, path: "/file" },
    { connection: 1, path: "/tree" },
    { connection: 0, path: "/file" },
    { connection: 1, path: "/tree" },
  ]);
});

test("an end beyond every file asks for all from the start", async () => {
  const { port } = await served();
  const http = client();

  const answer = await http.open(
    http.peer({ host: "127.0.0.1", port }),
    path,
    { start: 5, end: Number.MAX_SAFE_INTEGER },
    never,
  );

  expect(answer.range).toEqual({ start: 5, end: bytes.length });
  await all(answer.body);
});

test("a body left early, or never begun, closes its connection; the next request opens another", async () => {
  const { port, server } = await served();
  const http = client();
  const peer = http.peer({ host: "127.0.0.1", port });

  const left = await http.open(peer, path, { start: 0, end: bytes.length }, never);
  for await (const _ of left.body) break;
  const unread = await http.open(peer, path, { start: 0, end: bytes.length }, never);
  await unread.body[Symbol.asyncIterator]().return?.();
  while (server.open > 0) await new Promise((resolve) => setImmediate(resolve));
  const again = await http.open(peer, path, { start: 0, end: 4 }, never);

  expect((await all(again.body)).equals(bytes.subarray(0, 4))).toBe(true);
});

test("an abort ends an answer in the middle", async () => {
  const { port, server } = await served();
  const http = client();
  const abort = new AbortController();
  const answer = await http.open(
    http.peer({ host: "127.0.0.1", port }),
    path,
    { start: 0, end: bytes.length },
    abort.signal,
  );
  const chunks = answer.body[Symbol.asyncIterator]();
  await chunks.next();

  abort.abort();

  await problemOf(chunks.next());
  while (server.open > 0) await new Promise((resolve) => setImmediate(resolve));
});

test("a kept connection that the peer closed meanwhile costs nothing but a new one", async () => {
  const { port, server } = await served({ server: { timeouts: { idleMs: 20 } } });
  const http = client();
  const peer = http.peer({ host: "127.0.0.1", port });
  await all((await http.open(peer, path, { start: 0, end: 4 }, never)).body);
  while (server.open > 0) await new Promise((resolve) => setImmediate(resolve));

  const answer = await http.open(peer, path, { start: 4, end: 8 }, never);

  expect((await all(answer.body)).equals(bytes.subarray(4, 8))).toBe(true);
});

test("a kept connection that breaks under the next request is not the peer's last word", async () => {
  let connections = 0;
  const server = net.createServer((socket) => {
    connections++;
    // One answer per connection, whatever the headers promise.
    socket.once("data", () => {
      socket.write("HTTP/1.1 206 OK\r\nContent-Range: bytes 0-4/9\r\nContent-Length: 5\r\n\r\nhello");
      socket.once("data", () => socket.destroy());
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  endings.push(() => server.close());
  const http = client();
  const peer = http.peer({ host: "127.0.0.1", port: (server.address() as net.AddressInfo).port });

  for (let i = 0; i < 2; i++) await all((await http.open(peer, path, { start: 0, end: 9 }, never)).body);

  expect(connections).toBe(2);
});

test("the hash tree comes and leads to the root", async () => {
  const { port, library } = await served();
  const http = client();
  const peer = http.peer({ host: "127.0.0.1", port });

  const tree = await http.hashTree(peer, `/uri-res/N2X?${urn}`, never);
  const none = await http.hashTree(peer, "/uri-res/N2X?urn:sha1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", never);

  expect(tree?.root).toBe(base32Encode(library.byIndex(1)?.tigerRoot as Uint8Array));
  expect(tree?.size).toBe(bytes.length);
  expect(none).toBeUndefined();
});

test.each([
  ["404 Not Found\r\nContent-Length: 0", "not_found", 0, 0],
  ["410 Gone\r\nContent-Length: 0", "not_found", 0, 0],
  ["403 Forbidden\r\nContent-Length: 0", "refused", 0, 0],
  ["416 No such range\r\nContent-Length: 0", "range_unavailable", 0, 0],
  ["503 Busy\r\nRetry-After: 60\r\nContent-Length: 4\r\n\r\nbusy", "remote_busy", 60_000, 0],
  [
    "503 Queued (slot 8, ETA 3m)\r\nRetry-After: 135\r\nX-Queued: ID=abcdef; position=8; lifetime=195\r\nContent-Length: 0",
    "remote_queue",
    135_000,
    8,
  ],
  [
    "503 Busy\r\nX-Queue: position=2,length=5,limit=4,pollMin=45,pollMax=120\r\nContent-Length: 0",
    "remote_queue",
    45_000,
    2,
  ],
  ["429 Too many\r\nRetry-After: 99999999\r\nContent-Length: 0", "remote_busy", 3_600_000, 0],
  ["206 Partial\r\nContent-Length: 5\r\n\r\nhello", "protocol", 0, 0],
  ["206 Partial\r\nContent-Range: bytes 1-5/10\r\nContent-Length: 5\r\n\r\nhello", "protocol", 0, 0],
  ["206 Partial\r\nContent-Range: bytes 0-9/10\r\nContent-Length: 5\r\n\r\nhello", "protocol", 0, 0],
  ["200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0", "protocol", 0, 0],
  ["302 Elsewhere\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0", "protocol", 0, 0],
])("%s is %s", async (head, problem, retryAfterMs, position) => {
  const { port } = await says(head.includes("\r\n\r\n") ? `HTTP/1.1 ${head}` : `HTTP/1.1 ${head}\r\n\r\n`);
  const http = client();

  const error = await problemOf(http.open(http.peer({ host: "127.0.0.1", port }), path, { start: 0, end: 10 }, never));

  expect(error).toMatchObject({ problem, retryAfterMs, position });
});

test("a server that ignores ranges is of use only from the start", async () => {
  const { port } = await says("HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello");
  const http = client();
  const peer = http.peer({ host: "127.0.0.1", port });

  const start = await http.open(peer, path, { start: 0, end: 3 }, never);
  const later = await problemOf(http.open(peer, path, { start: 3, end: 5 }, never));

  expect(start).toMatchObject({ range: { start: 0, end: 5 }, total: 5 });
  expect((await all(start.body)).toString()).toBe("hello");
  expect(later.problem).toBe("range_unavailable");
});

test("the old form of Content-Range and bare line feeds are understood", async () => {
  const { port } = await says("HTTP/1.1 206 OK\nContent-range:bytes=0-4/9\ncontent-length: 5\n\nhello");
  const http = client();

  const answer = await http.open(http.peer({ host: "127.0.0.1", port }), path, { start: 0, end: 9 }, never);

  expect(answer).toMatchObject({ range: { start: 0, end: 5 }, total: 9 });
  expect((await all(answer.body)).toString()).toBe("hello");
});

test("a place in a queue is named with the next request", async () => {
  const { port, asked } = await says(
    "HTTP/1.1 503 Queued\r\nX-Queued: position=3; ID=00ff; lifetime=60\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n",
  );
  const http = client();
  const peer = http.peer({ host: "127.0.0.1", port });

  await problemOf(http.open(peer, path, { start: 0, end: 9 }, never));
  await problemOf(http.open(peer, path, { start: 0, end: 9 }, never));

  expect(asked[0]).not.toContain("X-Queued");
  expect(asked[1]).toContain("X-Queued: ID=00ff\r\n");
});

test("a connection on which we wait in a queue is kept beyond the usual time", async () => {
  const { port, sockets } = await says(
    "HTTP/1.1 503 Queued\r\nX-Queued: position=3; ID=1\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n",
  );
  const http = client({ idleMs: 1 });
  const peer = http.peer({ host: "127.0.0.1", port });

  await problemOf(http.open(peer, path, { start: 0, end: 9 }, never));
  // A timer set later than the usual one for unused connections, and longer.
  await new Promise((resolve) => setTimeout(resolve, 5));
  await problemOf(http.open(peer, path, { start: 0, end: 9 }, never));

  expect(sockets).toHaveLength(1);
});

test("a peer that breaks off, falls silent or refuses is told apart", async () => {
  const broken = await says("HTTP/1.1 206 OK\r\nContent-Range: bytes 0-9/10\r\nContent-Length: 10\r\n\r\nhell", "end");
  const silent = await says("");
  const halfSilent = await says("HTTP/1.1 206 OK\r\nContent-Range: bytes 0-9/10\r\nContent-Length: 10\r\n\r\nhell");
  const http = client({ answerMs: 50, bodyMs: 50, connectMs: 1000 });
  const ask = async (port: number) => {
    const answer = await http.open(http.peer({ host: "127.0.0.1", port }), path, { start: 0, end: 10 }, never);
    await all(answer.body);
  };
  const free = net.createServer();
  await new Promise<void>((resolve) => free.listen(0, "127.0.0.1", resolve));
  const { port: closed } = free.address() as net.AddressInfo;
  await new Promise((resolve) => free.close(resolve));

  expect((await problemOf(ask(broken.port))).problem).toBe("peer_gone");
  expect((await problemOf(ask(silent.port))).problem).toBe("timeout");
  expect((await problemOf(ask(halfSilent.port))).problem).toBe("timeout");
  expect((await problemOf(ask(closed))).problem).toBe("peer_gone");
});

test("an endless head and a document larger than expected are refused, not stored", async () => {
  const endless = await says(`HTTP/1.1 200 OK\r\nX: ${"y".repeat(100_000)}`);
  const large = await says(`HTTP/1.1 200 OK\r\n\r\n${"y".repeat(100_000)}`);
  const chunked = await says("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffff\r\n");
  const http = client();
  const fetch = (port: number) => http.fetch(http.peer({ host: "127.0.0.1", port }), "/", { bytesMax: 1000 }, never);

  for (const { port } of [endless, large, chunked]) expect((await problemOf(fetch(port))).problem).toBe("protocol");
});

test("a chunked document is put together", async () => {
  const { port } = await says(
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6;x=y\r\n world\r\n0\r\nTrailer: 1\r\n\r\n",
  );
  const http = client();

  const answer = await http.fetch(http.peer({ host: "127.0.0.1", port }), "/", { bytesMax: 1000 }, never);

  expect(Buffer.from(answer.body).toString()).toBe("hello world");
});

test("bytes that nobody asked for end a kept connection", async () => {
  const { port, sockets } = await says(
    "HTTP/1.1 206 OK\r\nContent-Range: bytes 0-4/9\r\nContent-Length: 5\r\n\r\nhello",
  );
  const http = client();
  await all((await http.open(http.peer({ host: "127.0.0.1", port }), path, { start: 0, end: 9 }, never)).body);
  const [socket] = sockets;
  const closed = new Promise((resolve) => socket?.once("close", resolve));

  socket?.write("HTTP/1.1 200 OK\r\n");

  await closed;
});

test("a peer that we cannot dial is asked over the connection it opens to us", async () => {
  const { server, library } = await served();
  const http = client();
  const called = Promise.withResolvers<net.Socket>();
  const listener = net.createServer((socket) => called.resolve(socket));
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  endings.push(() => listener.close());
  const peer = http.pushedPeer("x", "x", () => {
    server.take(net.connect((listener.address() as net.AddressInfo).port, "127.0.0.1"), new Uint8Array(0));
    return called.promise;
  });

  const first = await http.open(peer, path, { start: 0, end: 2_000_000 }, never);
  expect((await all(first.body)).equals(bytes.subarray(0, 2_000_000))).toBe(true);
  const second = await http.open(peer, path, { start: 7, end: 9 }, never);
  expect((await all(second.body)).equals(bytes.subarray(7, 9))).toBe(true);

  expect(library.opened).toBe(0);
  expect(server.open).toBe(1);
});
