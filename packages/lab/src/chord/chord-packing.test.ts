import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { Message } from "@servent/overlay/protocols/chord/messages.ts";
import { PACKING_WORDS } from "../engine/packing.ts";
import { chordPacking } from "./chord-packing.ts";
import { RING_BITS } from "./chord-world.ts";

const token = fc.nat(2 ** 32 - 1);
const id = fc.oneof(fc.maxSafeNat(), fc.constantFrom(0, 1, 2 ** RING_BITS - 1)).map((n) => n % 2 ** RING_BITS);
const origin = fc.nat(2 ** 31 - 1);
const hops = fc.nat(255);

const packed: fc.Arbitrary<Message<number>> = fc.oneof(
  fc.record({ kind: fc.constant("ping" as const), token }),
  fc.record({ kind: fc.constant("pong" as const), token }),
  fc.record({ kind: fc.constant("arrived" as const), token, id, hops }),
  fc.record({ kind: fc.constant("route" as const), token, key: id, origin, hops, isLast: fc.boolean() }),
);

test("whatever has an image survives exactly, wherever in a record it stands, and nothing else is written", () => {
  fc.assert(
    fc.property(packed, fc.constantFrom(0, 2, 10), (message, at) => {
      const words = new Int32Array(32).fill(-7);
      const doubles = new Float64Array(words.buffer);
      expect(chordPacking.pack(message, words, doubles, at)).toBe(true);
      expect(chordPacking.unpack(words, doubles, at)).toEqual(message);
      expect([...words.subarray(0, at), ...words.subarray(at + PACKING_WORDS)].every((word) => word === -7)).toBe(true);
    }),
  );
});

test("a message without an image leaves the record as it was", () => {
  const words = new Int32Array(8).fill(-7);
  const message: Message<number> = { kind: "find", token: 1, key: 2, avoid: [] };
  expect(chordPacking.pack(message, words, new Float64Array(words.buffer), 0)).toBe(false);
  expect([...words]).toEqual([-7, -7, -7, -7, -7, -7, -7, -7]);
});
