import { deflateSync, inflateSync } from "node:zlib";
import fc from "fast-check";
import { expect, test } from "vitest";
import { RandomStream } from "../../engine/random.ts";
import { runLengthZlib } from "./run-length-zlib.ts";

test("zlib reads what it writes, and so does it", () => {
  const runs = fc
    .array(fc.tuple(fc.nat(255), fc.oneof(fc.nat(5), fc.nat(700))), { maxLength: 40 })
    .map((parts) => Uint8Array.from(parts.flatMap(([byte, count]) => Array<number>(count).fill(byte))));
  fc.assert(
    fc.property(runs, (plain) => {
      const stream = runLengthZlib.deflate(plain);
      expect(new Uint8Array(inflateSync(stream))).toEqual(plain);
      expect(runLengthZlib.inflate(stream, plain.length)).toEqual(plain);
    }),
    { numRuns: 500 },
  );
});

test("what is broken, cut off or too long is refused", () => {
  const plain = new Uint8Array(5000).fill(7, 1000, 1400);
  const stream = runLengthZlib.deflate(plain);
  expect(runLengthZlib.inflate(stream, plain.length - 1)).toBeUndefined();
  expect(runLengthZlib.inflate(stream.subarray(0, stream.length - 5), plain.length)).toBeUndefined();
  for (let at = 0; at < stream.length; at++) {
    const broken = stream.slice();
    broken[at] = (broken[at] as number) ^ 0x10;
    expect(runLengthZlib.inflate(broken, plain.length)).toBeUndefined();
  }
  expect(runLengthZlib.inflate(new Uint8Array(0), 10)).toBeUndefined();
});

test("a query routing table comes out less than three times as long as zlib makes it", () => {
  const random = new RandomStream("tables", "slots");
  const entries = new Uint8Array(32_768);
  for (let i = 0; i < 300; i++) {
    const slot = random.below(65_536);
    entries[slot >>> 1] = (slot & 1) === 0 ? 0xa0 : 0x0a;
  }
  const best = deflateSync(entries).length;
  expect(runLengthZlib.deflate(entries).length).toBeLessThan(3 * best);
});
