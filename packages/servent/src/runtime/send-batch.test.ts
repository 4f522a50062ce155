// Memory that is lent from write to write: what a slow stream has not taken must stay as it was.
import { Writable } from "node:stream";
import { expect, test } from "vitest";
import { SendBatch } from "./send-batch.ts";

/** Keeps the very arrays it was given, and takes one only when it is told to. */
function slowStream(): { readonly stream: Writable; readonly held: Uint8Array[]; take: () => void } {
  const held: Uint8Array[] = [];
  let taken: (() => void) | undefined;
  const stream = new Writable({
    write: (chunk: Uint8Array, _encoding, done) => {
      held.push(chunk);
      taken = done;
    },
  });
  return { stream, held, take: () => taken?.() };
}

/** Takes at once, as a socket mostly does. */
function quickStream(): { readonly stream: Writable; readonly taken: string[] } {
  const taken: string[] = [];
  const stream = new Writable({
    write: (chunk: Uint8Array, _encoding, done) => {
      taken.push(print(chunk));
      done();
    },
  });
  return { stream, taken };
}

/** The first byte, and how many there are of it. */
function print(bytes: Uint8Array): string {
  expect(bytes.every((byte) => byte === bytes[0])).toBe(true);
  return `${bytes[0]} x${bytes.length}`;
}

function filled(batch: SendBatch, byte: number, pieces: number, size: number): SendBatch {
  for (let i = 0; i < pieces; i++) batch.add(new Uint8Array(size).fill(byte));
  return batch;
}

const SIZES = [1, 255, 256, 4096, 5500, 10_000, 16_384, 65_535, 65_536, 65_537, 200_000];

test("a batch is what was put in, whatever its size, and empty afterwards", () => {
  const batch = new SendBatch();
  const { stream, taken } = quickStream();
  for (const size of SIZES) {
    for (const pieces of [1, 2, 7]) {
      expect(filled(batch, 1, pieces, size).length).toBe(pieces * size);
      expect(print(batch.take())).toBe(`1 x${pieces * size}`);
      expect(batch.length).toBe(0);
      filled(batch, 2, pieces, size).writeTo(stream, () => undefined);
      expect(taken.pop()).toBe(`2 x${pieces * size}`);
      expect(batch.length).toBe(0);
    }
  }
});

test("what a slow stream holds is not written over by what others send, and it holds little for little", () => {
  const slow = slowStream();
  const quick = quickStream();
  for (const [i, size] of SIZES.entries()) {
    filled(new SendBatch(), i + 1, 3, size).writeTo(slow.stream, () => undefined);
    for (let other = 0; other < 20; other++) {
      filled(new SendBatch(), 100, 2, size).writeTo(quick.stream, () => undefined);
      print(filled(new SendBatch(), 101, 2, size).take());
    }
  }
  const memory: number[] = [];
  for (const [i, size] of SIZES.entries()) {
    expect(print(slow.held[i] as Uint8Array)).toBe(`${i + 1} x${3 * size}`);
    memory.push((slow.held[i] as Uint8Array).buffer.byteLength);
    slow.take();
  }
  expect(memory).toEqual(SIZES.map((size) => 3 * size));
});

test("the first thing that a stream does not take is not written over either", () => {
  for (const size of SIZES) {
    const slow = slowStream();
    filled(new SendBatch(), 1, 3, size).writeTo(slow.stream, () => undefined);
    for (let other = 0; other < 20; other++) print(filled(new SendBatch(), 100, 2, size).take());
    const [held] = slow.held as [Uint8Array];
    expect(print(held)).toBe(`1 x${3 * size}`);
    expect(held.buffer.byteLength).toBeLessThanOrEqual(4 * held.length);
  }
});

test("messages may be lent: a batch has copies", () => {
  const batch = new SendBatch();
  const lent = new Uint8Array(10).fill(1);
  batch.add(lent);
  batch.add(lent);
  lent.fill(2);
  expect(print(batch.take())).toBe("1 x20");
});
