import { execFile } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import net from "node:net";
import { truncateSync } from "node:fs";
import { promisify } from "node:util";
import { afterEach, expect, test } from "vitest";
import { base32Encode } from "@servent/overlay/base/base32.ts";
import { ManualClock } from "../../transfers/manual-clock.ts";
import { decodeThex } from "./thex.ts";
import { type Served, type SharedBytes, serve } from "./upload-fixture.ts";

const run = promisify(execFile);
const big = randomBytes(700_000);
const SHARED: readonly SharedBytes[] = [
  { name: "blue train.ogg", bytes: big },
  { name: "empty.txt", bytes: new Uint8Array(0) },
  { name: "größe & <b>.txt", bytes: Buffer.from("hello") },
];
const bigUrn = `urn:sha1:${base32Encode(createHash("sha1").update(big).digest())}`;

const open: Served[] = [];
async function served(more: Parameters<typeof serve>[1] = {}): Promise<Served> {
  const made = await serve(SHARED, more);
  open.push(made);
  return made;
}
afterEach(() => {
  for (const each of open.splice(0)) each.close();
});

async function curl(...args: string[]): Promise<Buffer> {
  const { stdout } = await run("curl", ["-s", "--max-time", "10", ...args], { encoding: "buffer", maxBuffer: 1 << 24 });
  return stdout;
}

/** Everything the server says to these bytes, until it closes. */
function talk(port: number, text: string, end = true): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = net.connect({ port, host: "127.0.0.1", allowHalfOpen: true });
    const parts: Buffer[] = [];
    socket.on("data", (part) => parts.push(part));
    socket.on("end", () => {
      socket.destroy();
      resolve(Buffer.concat(parts).toString("latin1"));
    });
    socket.on("error", reject);
    if (end) socket.end(text);
    else socket.write(text);
  });
}

test("curl gets a whole file by its SHA-1, in any case of letters", async () => {
  const { port } = await served();

  const upper = await curl(`http://127.0.0.1:${port}/uri-res/N2R?${bigUrn}`);
  const lower = await curl(`http://127.0.0.1:${port}/uri-res/n2r?${bigUrn.toLowerCase()}`);

  expect(upper.equals(big)).toBe(true);
  expect(lower.equals(big)).toBe(true);
});

test("curl gets ranges, suffixes and clipped ranges, several on one connection", async () => {
  const { port } = await served();
  const url = `http://127.0.0.1:${port}/get/1/blue%20train.ogg`;

  const body = await curl(
    "-r",
    "10-19",
    url,
    "--next",
    "-s",
    "-r",
    "-5",
    url,
    "--next",
    "-s",
    "-r",
    "699990-999999",
    url,
    "-w",
    "%{num_connects}",
  );

  expect(body.subarray(0, 25)).toEqual(Buffer.concat([big.subarray(10, 20), big.subarray(-5), big.subarray(699_990)]));
  expect(body.subarray(25).toString()).toBe("0");
});

test("a part is 206 with its place, a range behind the end 416, a nonsense range the whole", async () => {
  const { port } = await served();
  const url = `http://127.0.0.1:${port}/uri-res/N2R?${bigUrn}`;

  const part = (await curl("-i", "-r", "5-9", url)).toString("latin1");
  const behind = (await curl("-i", "-r", "700000-", url)).toString("latin1");
  const nonsense = await curl("-H", "Range: bytes=9-5", url);

  expect(part).toMatch(/^HTTP\/1\.1 206 /);
  expect(part).toContain("Content-Range: bytes 5-9/700000\r\n");
  expect(part).toContain("Content-Length: 5\r\n");
  expect(behind).toMatch(/^HTTP\/1\.1 416 /);
  expect(behind).toContain("Content-Range: bytes */700000\r\n");
  expect(nonsense.length).toBe(big.length);
});

test("HEAD says what GET would, without a body, and the connection goes on", async () => {
  const { port } = await served();
  const url = `http://127.0.0.1:${port}/uri-res/N2R?${bigUrn}`;

  const heads = (await curl("-I", url, url, "-w", "%{num_connects}")).toString("latin1");

  expect(heads).toContain("Content-Length: 700000\r\n");
  expect(heads).toContain(`X-Gnutella-Content-URN: ${bigUrn}\r\n`);
  expect(heads).toMatch(/X-Thex-URI: \/uri-res\/N2X\?urn:sha1:[A-Z2-7]{32};[A-Z2-7]{39}\r\n/);
  expect(heads.trimEnd().endsWith("0")).toBe(true);
});

test("unescaped blanks in a name are taken up to the last HTTP/", async () => {
  const { port } = await served();

  const answer = await talk(port, "GET /get/1/blue train.ogg HTTP/1.0\r\nRange: bytes=0-3\r\n\r\n");
  const slash = await talk(port, "GET /get/3/größe & <b>.txt/ HTTP/1.1\nHost: x\nConnection: close\n\n");

  expect(answer).toMatch(/^HTTP\/1\.1 206 /);
  expect(answer.endsWith(big.subarray(0, 4).toString("latin1"))).toBe(true);
  expect(slash.endsWith("\r\n\r\nhello")).toBe(true);
});

test("index and name must both match", async () => {
  const { port } = await served();

  const wrong = await curl("-i", `http://127.0.0.1:${port}/get/1/other.ogg`);

  expect(wrong.toString()).toMatch(/^HTTP\/1\.1 404 /);
});

test("two requests in one packet are answered in order", async () => {
  const { port } = await served();
  const ask = (range: string, close: string) =>
    `GET /get/1/blue%20train.ogg HTTP/1.1\r\nHost: x\r\nRange: bytes=${range}\r\nConnection: ${close}\r\n\r\n`;

  const answer = await talk(port, ask("0-2", "keep-alive") + ask("3-5", "close"));

  const bodies = answer.split(/HTTP\/1\.1 206 [^]*?\r\n\r\n/);
  expect(bodies).toEqual(["", big.subarray(0, 3).toString("latin1"), big.subarray(3, 6).toString("latin1")]);
});

test("an empty file is sent as an empty file", async () => {
  const { port } = await served();

  const answer = await talk(port, "GET /get/2/empty.txt HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");

  expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
  expect(answer).toContain("Content-Length: 0\r\n");
});

test.each([
  ["POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc", 501],
  ["GET / HTTP/1.1\r\n\r\n", 400],
  ["GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", 400],
  ["GET / HTTP/1.1\r\nHost:\r\nHost:\r\n\r\n", 400],
  ["GET /get/1/%ff%zz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 400],
  ["GET / HTTP/2.0\r\nHost: x\r\n\r\n", 505],
  ["rubbish\r\n\r\n", 400],
  [`GET /${"a".repeat(5000)} HTTP/1.1\r\nHost: x\r\n\r\n`, 413],
  [`GET / HTTP/1.1\r\nHost: x\r\n${"X: y\r\n".repeat(200)}\r\n`, 400],
  [`GET / HTTP/1.1\r\nHost: x\r\nX: ${"y".repeat(20_000)}`, 413],
])("a bad request gets its status and the connection ends: %#", async (text, status) => {
  const { port } = await served();

  const answer = await talk(port, text, false);

  expect(Number(answer.slice(9, 12))).toBe(status);
});

test("a file that changed on disk is gone, and a shortened one breaks the connection instead of sending less", async () => {
  const { port, library } = await served();
  library.changed.add(3);
  truncateSync(library.pathOf(1), 1000);

  const gone = await curl("-i", `http://127.0.0.1:${port}/get/3/gr%C3%B6%C3%9Fe%20%26%20%3Cb%3E.txt`);
  const short = await run("curl", ["-s", `http://127.0.0.1:${port}/get/1/blue%20train.ogg`]).catch((error) => error);

  expect(gone.toString()).toMatch(/^HTTP\/1\.1 410 /);
  expect(short.code).toBeGreaterThan(0);
  expect(library.opened).toBe(0);
});

test("random bytes and broken requests never harm the server, and every connection ends", async () => {
  const { port, server, library } = await served({ server: { timeouts: { headMs: 30, idleMs: 30 } } });
  const pieces = [
    "GET ",
    "/",
    "HEAD ",
    " HTTP/1.1",
    "\r\n",
    "\n",
    "Host: x",
    "Range: bytes=",
    "-",
    "9",
    ":",
    "\0",
    "/uri-res/N2X?urn:sha1:",
  ];
  const some = () => pieces[Math.floor(Math.random() * pieces.length)] as string;

  for (let i = 0; i < 60; i++) {
    const text = i % 3 === 0 ? randomBytes(300).toString("latin1") : Array.from({ length: 12 }, some).join("");
    await talk(port, text, i % 2 === 0).catch(() => "");
  }
  while (server.open > 0) await new Promise((resolve) => setImmediate(resolve));

  expect(library.opened).toBe(0);
  expect((await curl("-r", "0-1", `http://127.0.0.1:${port}/uri-res/N2R?${bigUrn}`)).equals(big.subarray(0, 2))).toBe(
    true,
  );
});

test("browsing gives a page in which no name can be markup, and 406 for what we do not speak", async () => {
  const { port } = await served();

  const page = (await curl(`http://127.0.0.1:${port}/`)).toString();
  const packets = await curl("-i", "-H", "Accept: application/x-gnutella-packets", `http://127.0.0.1:${port}/`);

  expect(page).toContain("music/blue train.ogg");
  expect(page).not.toContain("<b>");
  expect(packets.toString()).toMatch(/^HTTP\/1\.1 406 /);
});

test("the hash tree of a file leads to its root", async () => {
  const { port, library } = await served();

  const body = await curl("-H", "Accept: application/dime", `http://127.0.0.1:${port}/uri-res/N2X?${bigUrn}`);

  const tree = decodeThex(body);
  expect(tree.ok && tree.value.root).toBe(base32Encode(library.byIndex(1)?.tigerRoot as Uint8Array));
  expect(tree.ok && tree.value.size).toBe(700_000);
});

test("without a free slot a peer is told when to come back, and its connection stays", async () => {
  const { port } = await served({ uploads: { activeUp: 0 } });
  const url = `http://127.0.0.1:${port}/uri-res/N2R?${bigUrn}`;

  const answer = (await curl("-i", url, url, "-w", "%{num_connects}")).toString();

  expect(answer).toMatch(/^HTTP\/1\.1 503 /);
  expect(answer).toMatch(/Retry-After: [0-9]+\r\n/);
  expect(answer.trimEnd().endsWith("0")).toBe(true);
});

test("one address gets no more slots than its share, and gives them back", async () => {
  const { port, uploads, library } = await served({ uploads: { perPeer: 1 } });
  const holder = net.connect(port, "127.0.0.1");
  holder.write(`GET /uri-res/N2R?${bigUrn} HTTP/1.1\r\nHost: x\r\nRange: bytes=0-9\r\n\r\n`);
  await new Promise((resolve) => holder.once("data", resolve));

  const refused = await curl("-i", `http://127.0.0.1:${port}/uri-res/N2R?${bigUrn}`);
  const closed = new Promise((resolve) => holder.once("close", resolve));
  holder.end();
  await closed;
  const taken = await curl("-i", "-r", "0-1", `http://127.0.0.1:${port}/uri-res/N2R?${bigUrn}`);

  expect(refused.toString()).toMatch(/^HTTP\/1\.1 503 /);
  expect(taken.toString("latin1")).toMatch(/^HTTP\/1\.1 206 /);
  expect(uploads.slotsFree).toBeGreaterThan(0);
  expect(library.opened).toBe(0);
});

test("a peer that takes no bytes is dropped, and one that sends no request too", async () => {
  const huge = { name: "huge.bin", bytes: new Uint8Array(32 << 20) };
  const made = await serve([huge], { server: { timeouts: { stallMs: 50, headMs: 50 } } });
  open.push(made);
  const stalled = net.connect(made.port, "127.0.0.1");
  stalled.pause();
  stalled.on("error", () => undefined);
  stalled.write("GET /get/1/huge.bin HTTP/1.1\r\nHost: x\r\n\r\n");
  const silent = net.connect(made.port, "127.0.0.1");
  const silentClosed = new Promise((resolve) => silent.resume().once("close", resolve));

  await silentClosed;
  while (made.server.open > 0) await new Promise((resolve) => setImmediate(resolve));

  expect(made.library.opened).toBe(0);
  stalled.destroy();
});

test("connections beyond the bound are dropped", async () => {
  const { port, server } = await served({ server: { connectionsPerHostMax: 1 } });
  const first = net.connect(port, "127.0.0.1");
  await new Promise((resolve) => first.once("connect", resolve));
  while (server.open === 0) await new Promise((resolve) => setImmediate(resolve));
  const second = net.connect(port, "127.0.0.1");
  second.on("error", () => undefined);

  await new Promise((resolve) => second.resume().once("close", resolve));

  expect(server.counters.dropped).toBe(1);
  first.destroy();
});

test("an upload shows who takes what, and the user can end it", async () => {
  const { port, uploads, events } = await served({ uploads: { bytesPerSecond: 50_000 } });
  const socket = net.connect(port, "127.0.0.1");
  socket.on("error", () => undefined);
  socket.write("GET /get/1/blue%20train.ogg HTTP/1.1\r\nHost: x\r\n\r\n");
  await new Promise((resolve) => socket.once("data", resolve));
  const closed = new Promise((resolve) => socket.resume().once("close", resolve));

  const [view] = uploads.views();
  const cancelled = uploads.cancel(view?.id ?? "");
  await closed;
  const again = await curl("-i", `http://127.0.0.1:${port}/get/1/blue%20train.ogg`);

  expect(view).toMatchObject({ direction: "up", name: "blue train.ogg", state: "active", size: 700_000 });
  expect(cancelled).toBe(true);
  expect(events.map((event) => event.type)).toEqual(["transfer.added", "transfer.state"]);
  expect(again.toString()).toMatch(/^HTTP\/1\.1 403 /);
});

test("ranges of one peer for one file are one upload, done when all of it was sent", async () => {
  const clock = new ManualClock();
  const { port, uploads, events } = await served({ uploads: { clock } });
  const url = `http://127.0.0.1:${port}/get/1/blue%20train.ogg`;

  await curl("-r", "0-349999", url);
  expect(uploads.views()).toMatchObject([{ state: "active", bytesDone: 350_000 }]);
  await curl("-r", "350000-699999", url);
  while (uploads.views()[0]?.state === "active") await new Promise((resolve) => setImmediate(resolve));

  expect(uploads.views()).toMatchObject([{ state: "done", bytesDone: 700_000 }]);
  expect(events.map((event) => event.type)).toEqual(["transfer.added", "transfer.done"]);
});

test("a peer that leaves in the middle is noticed after a while", async () => {
  const clock = new ManualClock();
  const { port, uploads } = await served({ uploads: { clock } });

  await curl("-r", "0-9", `http://127.0.0.1:${port}/get/1/blue%20train.ogg`);
  clock.advance(60_000);

  expect(uploads.views()).toMatchObject([{ state: "cancelled", reason: "peer_gone" }]);
});

test("one address is shown the page once in a while, and a flood of requests for it ends", async () => {
  const { port, library } = await served();
  const ask = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

  const answers = await talk(port, ask.repeat(100), false);

  expect(answers.match(/HTTP\/1\.1 200 /g)?.length).toBe(1);
  expect(answers.match(/HTTP\/1\.1 503 /g)?.length).toBe(20);
  expect(answers).toMatch(/Retry-After: 10\r\n/);
  expect(library.listed).toBe(1);
});

test("the page is made once for each state of the library", async () => {
  const { port, library } = await served({ server: { timeouts: { browseMs: 0 } } });
  const url = `http://127.0.0.1:${port}/`;

  await curl(url, url, url);
  expect(library.listed).toBe(1);
  library.version++;
  await curl(url);
  expect(library.listed).toBe(2);
});

test("the page goes out at the upload limit", async () => {
  const clock = new ManualClock();
  const { port, uploads } = await served({ uploads: { clock, bytesPerSecond: 1000 } });
  clock.advance(1000);

  await curl(`http://127.0.0.1:${port}/`);

  // It was sent on credit: the next bytes have to wait.
  expect(uploads.rate.take("somebody", 1)).toBeDefined();
});

test("who asks for a byte now and then loses the only slot when another is refused", async () => {
  const clock = new ManualClock();
  const { port, uploads } = await served({ uploads: { clock, activeUp: 1 } });
  const holder = net.connect(port, "127.0.0.1");
  holder.on("error", () => undefined);
  const ask = "GET /get/1/blue%20train.ogg HTTP/1.1\r\nHost: x\r\nRange: bytes=0-0\r\n\r\n";
  for (let i = 0; i < 4; i++) {
    const answered = new Promise((resolve) => holder.once("data", resolve));
    holder.write(ask);
    await answered;
    clock.advance(20_000);
  }
  const closed = new Promise((resolve) => holder.resume().once("close", resolve));

  const refused = await curl("-i", "-r", "0-1", `http://127.0.0.1:${port}/uri-res/N2R?${bigUrn}`);
  await closed;
  while (uploads.slotsFree === 0) await new Promise((resolve) => setImmediate(resolve));

  expect(refused.toString("latin1")).toMatch(/^HTTP\/1\.1 503 /);
});

test("a file that cannot be opened just now is not gone: the peer is told to come back", async () => {
  const { port, library } = await served();
  library.failure = Object.assign(new Error("too many open files"), { code: "EMFILE" });

  const answer = await curl("-i", `http://127.0.0.1:${port}/uri-res/N2R?${bigUrn}`);

  expect(answer.toString()).toMatch(/^HTTP\/1\.1 503 /);
});

test("a fault of our own ends the connection that met it, and nothing else", async () => {
  const { port, server, library } = await served({
    server: {
      other: () => {
        throw new Error("a fault");
      },
    },
  });

  await talk(port, "GET /other HTTP/1.1\r\nHost: x\r\n\r\n", false).catch(() => "");
  const next = await curl("-r", "0-1", `http://127.0.0.1:${port}/uri-res/N2R?${bigUrn}`);

  expect(server.counters.faults).toBe(1);
  expect(next.equals(big.subarray(0, 2))).toBe(true);
  expect(library.opened).toBe(0);
});
