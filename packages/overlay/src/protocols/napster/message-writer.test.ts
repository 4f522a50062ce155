import fc from "fast-check";
import { expect, test } from "vitest";
import { napsterCodec } from "./codec.ts";
import { HEAD_BYTES, MessageWriter } from "./message-writer.ts";

test("every whole number is written as people write it", () => {
  const writer = new MessageWriter(HEAD_BYTES + 20);
  const edges = [
    0,
    9,
    10,
    999_999_999,
    1e9,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_ffff,
    1e10,
    1e15,
    Number.MAX_SAFE_INTEGER,
  ];
  for (const value of edges) expect(writer.begin(1).number(value).end().text).toBe(String(value));
  fc.assert(
    fc.property(fc.maxSafeNat(), (value) => {
      expect(writer.begin(1).number(value).end().text).toBe(String(value));
    }),
  );
});

test("a message is as long as its writer makes them, and no longer", () => {
  const writer = new MessageWriter(HEAD_BYTES + 5);
  expect(writer.begin(1).text("12345").end().text).toBe("12345");
  expect(() => writer.begin(1).text("123456").end()).toThrow("longer");
  expect(() => writer.begin(1).text("tide ✓")).toThrow("byte text");
  expect(writer.begin(2).byte(0x41).end().text).toBe("A");
});

test("whoever keeps a message keeps what was sent, whatever is written next", () => {
  const writer = new MessageWriter(HEAD_BYTES + 5);
  const codec = napsterCodec(100);
  const kept = codec.keep?.(writer.begin(201).text("one").end());
  const lent = writer.begin(202).text("two").end();
  expect(codec.size(lent)).toBe(codec.link(true).encode(lent).length);
  expect(kept).toEqual({ type: 201, text: "one" });
});
