import { formatIpv4, ipv4Of, portOf } from "@servent/overlay/base/ipv4.ts";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { constants, deflateSync, inflateSync } from "node:zlib";
import { Worker } from "node:worker_threads";
import { afterEach, expect, test, vi } from "vitest";
import { hello, item, type TestMessage, testCodec } from "../../../../test/compliance/test-protocol.ts";
import { concatBytes, latin1Encode } from "@servent/overlay/base/bytes.ts";
import type { Link, StreamNode } from "@servent/overlay/host/host.ts";
import { addressFrom } from "./address.ts";
import { Listener } from "./listener.ts";
import { SocketStreamPort, type SocketStreamPortOptions } from "./socket-stream-port.ts";

// The rules of every stream port are in test/compliance. Here is what only sockets have.

const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

class Ear implements StreamNode<TestMessage> {
  readonly heard: string[] = [];
  readonly messages: TestMessage[] = [];
  onOpenDo: (link: Link) => void = () => {};
  onOpen(link: Link, _remote: number, inbound: boolean): void {
    this.heard.push(inbound ? "accepted" : "opened");
    this.onOpenDo(link);
  }
  onMessage(_link: Link, message: TestMessage): void {
    this.heard.push(message.kind);
    this.messages.push(message);
  }
  onMalformed(): void {
    this.heard.push("malformed");
  }
  onWritable(): void {
    this.heard.push("writable");
  }
  onClose(_link: Link, reason: string): void {
    this.heard.push(`closed: ${reason}`);
  }
  onTimer(): void {}
}

/** A port behind a listener, and the node at it. */
async function peer(host: string, options: Partial<SocketStreamPortOptions> = {}) {
  const ports: SocketStreamPort<TestMessage>[] = [];
  const listener = await Listener.open({
    host,
    port: 0,
    handlers: [{ prefix: "HELLO", take: (socket, head) => ports[0]?.adopt(socket, head, true) }],
  });
  const port = new SocketStreamPort(testCodec, { self: listener.address, localAddress: host, ...options });
  ports.push(port);
  const ear = new Ear();
  port.attach(ear);
  cleanups.push(async () => {
    listener.close();
    await port.stop("the test is over");
  });
  return { port, ear, address: listener.address };
}

async function dialRaw(address: number): Promise<Socket> {
  const socket = connect({ host: formatIpv4(ipv4Of(address)), port: portOf(address), noDelay: true });
  cleanups.push(() => socket.destroy());
  socket.on("error", () => {});
  await once(socket, "connect");
  return socket;
}

/** A server that takes connections and does with them what the test says. */
async function rawServer(take: (socket: Socket) => void): Promise<{ server: Server; address: number }> {
  const server = createServer(take).listen(0, "127.0.0.1");
  cleanups.push(() => server.close());
  await once(server, "listening");
  const bound = server.address();
  if (bound === null || typeof bound === "string") throw new Error("a TCP address");
  return { server, address: addressFrom(bound.address, bound.port) as number };
}

function frames(count: number, bytes = 0): Uint8Array {
  const codec = testCodec.link(true);
  codec.encode(hello());
  return concatBytes(
    Array.from({ length: count }, (_, number) => codec.encode(item(number, new Uint8Array(bytes))).slice()),
  );
}

function zlib(bytes: Uint8Array): Uint8Array {
  return deflateSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH });
}

test("a zlib stream that begins in the read of the message before it is inflated, however it is cut", async () => {
  const stream = concatBytes([latin1Encode("HELLO deflate\n"), zlib(frames(40, 9))]);
  for (const cut of [stream.length, 15, 14, 13, 1]) {
    const { ear, address } = await peer("127.0.0.2");
    const socket = await dialRaw(address);
    for (let at = 0; at < stream.length; at += cut) {
      socket.write(stream.subarray(at, at + cut));
      if (cut < 20) await new Promise((resolve) => setImmediate(resolve));
    }
    await vi.waitFor(() => expect(ear.messages.length).toBe(41), { timeout: 5000 });
    expect(ear.messages.slice(1)).toEqual(Array.from({ length: 40 }, (_, number) => item(number, new Uint8Array(9))));
  }
});

test("an end that comes with the last compressed bytes does not cut them off", async () => {
  const { ear, address } = await peer("127.0.0.2");
  const socket = await dialRaw(address);
  socket.end(concatBytes([latin1Encode("HELLO deflate\n"), zlib(frames(2000, 20))]));
  await vi.waitFor(() => expect(ear.heard.at(-1)).toBe("closed: closed by the other side"));
  expect(ear.messages.length).toBe(2001);
});

test("a bomb ends its link and nobody else's", async () => {
  const { port, ear, address } = await peer("127.0.0.2");
  const honest = await dialRaw(address);
  honest.write("HELLO\n");
  const bomber = await dialRaw(address);
  const bomb = deflateSync(new Uint8Array(100 * 1024 * 1024), { level: 9 });
  bomber.write(concatBytes([latin1Encode("HELLO deflate\n"), bomb]));
  await vi.waitFor(() => expect(ear.heard).toContain("closed: the compressed stream grows too much"), {
    timeout: 10_000,
  });
  honest.write(frames(1));
  await vi.waitFor(() => expect(ear.messages.at(-1)?.kind).toBe("item"));
  expect(port.linkCount).toBe(1);
});

test("what we deflate is one zlib stream that starts right after the message that says so", async () => {
  const received: Buffer[] = [];
  const { address } = await rawServer((socket) => {
    socket.on("data", (bytes) => received.push(bytes));
    socket.on("end", () => received.push(Buffer.from("END")));
  });
  const { port, ear } = await peer("127.0.0.2");
  ear.onOpenDo = (link) => {
    port.send(link, hello(true));
    for (let i = 0; i < 100; i++) port.send(link, item(i));
    port.close(link, "done");
  };
  port.dial(address);
  await vi.waitFor(() => expect(received.at(-1)?.toString()).toBe("END"));
  const stream = Buffer.concat(received.slice(0, -1));
  expect(stream.subarray(0, 14).toString()).toBe("HELLO deflate\n");
  const plain = inflateSync(stream.subarray(14), { finishFlush: constants.Z_SYNC_FLUSH });
  expect(plain.equals(frames(100))).toBe(true);
});

test("many small sends of one turn leave as one write", async () => {
  const reads: number[] = [];
  const { address } = await rawServer((socket) => socket.on("data", (bytes) => reads.push(bytes.length)));
  const { port, ear } = await peer("127.0.0.2");
  ear.onOpenDo = (link) => {
    port.send(link, hello());
    for (let i = 0; i < 200; i++) port.send(link, item(i));
  };
  port.dial(address);
  await vi.waitFor(() => expect(reads.reduce((sum, bytes) => sum + bytes, 0)).toBe(6 + 200 * 8));
  expect(reads.length).toBe(1);
});

test("who sends a thousand messages at once takes turns with the others", async () => {
  const { ear, address } = await peer("127.0.0.2");
  const codec = testCodec.link(true);
  const [many, one] = [await dialRaw(address), await dialRaw(address)];
  const encode = (message: TestMessage) => testCodec.link(true).encode(message).slice();
  many.write(encode(hello()));
  one.write(encode(hello()));
  await vi.waitFor(() => expect(ear.heard.filter((what) => what === "hello").length).toBe(2));

  codec.encode(hello());
  many.end(concatBytes(Array.from({ length: 1000 }, (_, i) => codec.encode(item(i)).slice())));
  one.write(codec.encode(item(5000)));

  await vi.waitFor(() => expect(ear.heard).toContain("closed: closed by the other side"));
  const numbers = ear.messages.flatMap((message) => (message.kind === "item" ? message.number : []));
  expect(numbers.indexOf(5000)).toBeLessThan(500);
  expect(numbers.filter((number) => number < 1000)).toEqual(Array.from({ length: 1000 }, (_, i) => i));
});

test("outgoing connections come from the port's own address", async () => {
  const sources: string[] = [];
  const { address } = await rawServer((socket) => sources.push(socket.remoteAddress ?? ""));
  const { port } = await peer("127.0.0.77");
  port.dial(address);
  await vi.waitFor(() => expect(sources).toEqual(["127.0.0.77"]));
});

test("traffic is counted, before and after compression", async () => {
  const { port, ear, address } = await peer("127.0.0.2");
  const socket = await dialRaw(address);
  const packed = zlib(frames(300, 50));
  socket.write(concatBytes([latin1Encode("HELLO deflate\n"), packed]));
  await vi.waitFor(() => expect(ear.messages.length).toBe(301));
  port.send(0, hello());
  port.send(0, item(1));
  await once(socket, "data");
  expect(port.stats(0)).toMatchObject({
    messagesIn: 301,
    bytesIn: 14 + 300 * 58,
    wireBytesIn: 14 + packed.length,
    messagesOut: 2,
    bytesOut: 14,
    wireBytesOut: 14,
  });
  expect(port.stats(5)).toBeUndefined();
});

test("a dial that nobody answers ends after its time", async () => {
  const { port, ear } = await peer("127.0.0.2", { dialTimeoutMs: 300 });
  // A thread that listens and never accepts: the kernel completes as many connections as the backlog holds and
  // leaves the next ones without an answer.
  const worker = new Worker(
    `const { parentPort } = require("node:worker_threads");
     const server = require("node:net").createServer();
     server.listen({ port: 0, host: "127.0.0.1", backlog: 1 }, () => {
       parentPort.postMessage(server.address().port);
       Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10_000);
     });`,
    { eval: true },
  );
  cleanups.push(() => worker.terminate());
  const [listening] = (await once(worker, "message")) as [number];
  const address = addressFrom("127.0.0.1", listening) as number;
  for (let i = 0; i < 6; i++) port.dial(address);
  await vi.waitFor(() => expect(ear.heard).toContain("closed: no answer in 300 ms"), { timeout: 5000 });
});

test("a refused dial says so", async () => {
  const { server, address } = await rawServer(() => {});
  server.close();
  const { port, ear } = await peer("127.0.0.2");
  port.dial(address);
  await vi.waitFor(() => expect(ear.heard).toEqual(["closed: connection refused"]));
});

test("a reset ends the link with a reason", async () => {
  const { port, ear, address } = await peer("127.0.0.2");
  const socket = await dialRaw(address);
  socket.write("HELLO\n");
  await vi.waitFor(() => expect(ear.heard).toContain("hello"));
  socket.resetAndDestroy();
  await vi.waitFor(() => expect(ear.heard.at(-1)).toBe("closed: reset by the other side"));
  expect(port.linkCount).toBe(0);
});

test("links are bounded: one too many is refused, and a dial answered with onClose", async () => {
  const { port, ear, address } = await peer("127.0.0.2", { linksMax: 2 });
  for (let i = 0; i < 2; i++) (await dialRaw(address)).write("HELLO\n");
  await vi.waitFor(() => expect(ear.messages.length).toBe(2));
  const third = await dialRaw(address);
  third.write("HELLO\n");
  await once(third, "close");
  port.dial(address);
  await vi.waitFor(() => expect(ear.heard.at(-1)).toBe("closed: too many links"));
  expect(port.linkCount).toBe(2);
});

test("the node hears of an adopted connection later, and of one that dies before that never", async () => {
  const { port, ear } = await peer("127.0.0.2");
  const adopted: (Link | undefined)[] = [];
  const { address } = await rawServer((socket) => {
    cleanups.push(() => socket.destroy());
    adopted.push(port.adopt(socket, new Uint8Array(0), true));
    if (adopted.length === 1) socket.destroy();
    if (adopted.length === 2) expect(ear.heard).toEqual([]);
  });
  const doomed = await dialRaw(address);
  doomed.resume();
  await new Promise((resolve) => doomed.on("close", resolve));
  await dialRaw(address);
  await vi.waitFor(() => expect(ear.heard).toEqual(["accepted"]));
  expect(adopted).toEqual([0, 0]);
});

test("a peer that never ends its side cannot hold a closed link", async () => {
  const { address } = await rawServer((socket) => {
    // Reads nothing and ends nothing.
    socket.pause();
    cleanups.push(() => socket.destroy());
  });
  const { port, ear } = await peer("127.0.0.2", { closeWaitMs: 50 });
  ear.onOpenDo = (link) => {
    port.send(link, hello());
    port.close(link, "good night");
  };
  port.dial(address);
  await vi.waitFor(() => expect(ear.heard).toEqual(["opened", "closed: good night"]));
});

test("compressed bytes that arrive after close neither reach the node nor keep the link", async () => {
  const { port, ear, address } = await peer("127.0.0.2");
  const socket = await dialRaw(address);
  // Goes on talking until it hears that nobody listens.
  const packed = zlib(frames(50));
  socket.write(concatBytes([latin1Encode("HELLO deflate\n"), packed]));
  await vi.waitFor(() => expect(ear.messages.length).toBe(51));
  port.close(0, "enough");
  for (let i = 0; i < 20; i++) socket.write(packed);
  socket.resume();
  socket.on("end", () => socket.end());
  await vi.waitFor(() => expect(ear.heard.at(-1)).toBe("closed: enough"), { timeout: 3000 });
  expect(ear.messages.length).toBe(51);
});

test("stop closes every link and takes no new ones", async () => {
  const a = await peer("127.0.0.2");
  const b = await peer("127.0.0.3");
  a.ear.onOpenDo = (link) => a.port.send(link, hello());
  for (let i = 0; i < 3; i++) a.port.dial(b.address);
  await vi.waitFor(() => expect(b.ear.messages.length).toBe(3));
  await a.port.stop("going home");
  expect(a.ear.heard.filter((each) => each === "closed: going home").length).toBe(3);
  expect(a.port.linkCount).toBe(0);
  a.port.dial(b.address);
  await vi.waitFor(() => expect(a.ear.heard.at(-1)).toBe("closed: stopped"));
});

test("who was told that a compressed link has no room hears when it has, though no send said so", async () => {
  const { port, ear, address } = await peer("127.0.0.2", { compressionWaitMs: 0 });
  const socket = await dialRaw(address);
  socket.write("HELLO\n");
  await vi.waitFor(() => expect(ear.heard).toContain("hello"));
  socket.pause();
  port.send(0, hello(true));
  const mark = port.room(0);
  // Half of the mark waits in the socket, and what zlib works on fills the rest: its output counts while its input still does.
  const turn = (): Promise<unknown> => new Promise((resolve) => setImmediate(resolve));
  const send = (): void => expect(port.send(0, item(1, randomBytes(3000)))).toBe(true);
  while (mark - port.room(0) < 0.45 * mark) {
    send();
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  while (port.room(0) > 9000) send();
  let least = mark;
  for (let i = 0; i < 5000 && least > 0; i++) {
    await turn();
    least = Math.min(least, port.room(0));
  }
  expect(least).toBeLessThanOrEqual(0);
  expect(ear.heard).not.toContain("writable");
  socket.resume();
  await vi.waitFor(() => expect(ear.heard).toContain("writable"));
});
