import { constants, deflateSync } from "node:zlib";
import { afterEach, expect, test, vi } from "vitest";
import { concatBytes } from "@servent/overlay/base/bytes.ts";
import { Deflater, Inflater } from "./deflate.ts";

afterEach(() => vi.useRealTimers());

/** What an inflater makes of bytes pushed one read after the other. */
function inflateReads(reads: readonly Uint8Array[]): Promise<{ bytes: Uint8Array; problem: string }> {
  return new Promise((resolve) => {
    const parts: Uint8Array[] = [];
    const finish = (problem: string) => resolve({ bytes: concatBytes(parts), problem });
    const inflater = new Inflater((bytes) => parts.push(bytes.slice()), finish);
    const next = (turn: number) => {
      const read = reads[turn];
      if (read !== undefined) {
        inflater.push(read, () => next(turn + 1));
        return;
      }
      inflater.destroy();
      finish("");
    };
    next(0);
  });
}

function deflater() {
  const parts: Uint8Array[] = [];
  const stream = new Deflater(
    (bytes) => parts.push(bytes.slice()),
    () => undefined,
  );
  /** More than the two bytes of zlib's header, which come out before anything is flushed. */
  const flushed = () => concatBytes(parts).length > 2;
  return { stream, parts, flushed };
}

function zeros(kilobytes: number): Uint8Array {
  return deflateSync(new Uint8Array(kilobytes * 1024), { finishFlush: constants.Z_SYNC_FLUSH });
}

test("where nothing may wait, each write comes out by itself", async () => {
  const parts: Uint8Array[] = [];
  const stream = new Deflater(
    (bytes) => parts.push(bytes.slice()),
    () => undefined,
    0,
  );
  const out = () => concatBytes(parts).length;

  stream.write(Buffer.from("first"));
  await vi.waitUntil(() => out() > 2);
  const first = out();
  stream.write(Buffer.from("second"));
  await vi.waitUntil(() => out() > first);

  expect(Buffer.from((await inflateReads([concatBytes(parts)])).bytes).toString()).toBe("firstsecond");
  stream.destroy();
});

test("what goes in comes out, cut anywhere", async () => {
  const text = Buffer.from("the same words and the same words again, ".repeat(500));
  const packed = deflateSync(text, { finishFlush: constants.Z_SYNC_FLUSH });
  const bytewise = await inflateReads(Array.from(packed, (byte) => Uint8Array.of(byte)));
  expect(bytewise.problem).toBe("");
  expect(Buffer.from(bytewise.bytes).equals(text)).toBe(true);
});

test("a bomb is cut off long before it has grown, in large reads and small ones", async () => {
  const bomb = deflateSync(new Uint8Array(64 * 1024 * 1024), { level: 9 });
  const bites = Array.from({ length: 2000 }, (_, at) => bomb.subarray(32 * at, 32 * at + 32));
  for (const reads of [[bomb], bites]) {
    const { bytes, problem } = await inflateReads(reads);
    expect(problem).toBe("the compressed stream grows too much");
    expect(bytes.length).toBeLessThanOrEqual((256 + 400) * 1024);
  }
});

test("a few messages may pack very well, but not all the time", async () => {
  expect((await inflateReads([zeros(256)])).problem).toBe("");
  expect((await inflateReads([zeros(512)])).problem).toBe("the compressed stream grows too much");
});

test("a stream that packs well within the bound goes on for ever", async () => {
  const reads: Uint8Array[] = [];
  const stream = new Deflater(
    (bytes) => reads.push(bytes.slice()),
    () => undefined,
  );
  for (let i = 0; i < 400; i++) stream.write(new Uint8Array(4096).map((_, at) => (at % 67 === 0 ? at * i : 0)));
  await new Promise<void>((resolve) => stream.finish(resolve));
  const { bytes, problem } = await inflateReads(reads);
  expect(problem).toBe("");
  expect(bytes.length).toBe(400 * 4096);
});

test("what is no zlib stream is told", async () => {
  expect((await inflateReads([Uint8Array.of(1, 2, 3, 4)])).problem).toMatch(/^not a zlib stream/);
});

test("bytes after the end of a zlib stream are told, in the same read or a later one", async () => {
  const whole = deflateSync(Buffer.from("all"));
  const expected = "bytes after the end of the compressed stream";
  expect((await inflateReads([concatBytes([whole, Uint8Array.of(1)])])).problem).toBe(expected);
  expect((await inflateReads([whole, Uint8Array.of(1)])).problem).toBe(expected);
});

test("a small message waits for company, but not for long", async () => {
  vi.useFakeTimers();
  const { stream, parts, flushed } = deflater();
  stream.write(new Uint8Array(50));
  await vi.advanceTimersByTimeAsync(199);
  expect(flushed()).toBe(false);
  await vi.advanceTimersByTimeAsync(1);
  vi.useRealTimers();
  await vi.waitFor(() => expect(flushed()).toBe(true));
  expect((await inflateReads(parts)).bytes.length).toBe(50);
  stream.destroy();
});

test("small messages that keep coming do not hold one another back for more than a second", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
  const { stream, parts, flushed } = deflater();
  for (let i = 0; i < 10; i++) {
    stream.write(new Uint8Array(10).fill(i));
    await vi.advanceTimersByTimeAsync(99);
  }
  expect(flushed()).toBe(false);
  await vi.advanceTimersByTimeAsync(10);
  vi.useRealTimers();
  await vi.waitFor(() => expect(flushed()).toBe(true));
  expect((await inflateReads(parts)).bytes.length).toBe(100);
  stream.destroy();
});

test("four kilobytes flush at once, and what is held is counted until it is out", async () => {
  // No timer ever fires here, so nothing but the amount can flush.
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const { stream, parts } = deflater();
  stream.write(new Uint8Array(3000));
  expect(stream.held).toBe(3000);
  stream.write(new Uint8Array(1096));
  expect(stream.held).toBe(4096);
  while (stream.held > 0) await new Promise((resolve) => setImmediate(resolve));
  expect((await inflateReads(parts)).bytes.length).toBe(4096);
  stream.destroy();
});

test("many messages share their compression", async () => {
  const { stream, parts } = deflater();
  const message = Buffer.from("a message of some eighty bytes that resembles the one before it, number ");
  for (let i = 0; i < 500; i++) stream.write(Buffer.concat([message, Buffer.from(String(i))]));
  await new Promise<void>((resolve) => stream.finish(resolve));
  expect(concatBytes(parts).length).toBeLessThan((500 * message.length) / 5);
});
