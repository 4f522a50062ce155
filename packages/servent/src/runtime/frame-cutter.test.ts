import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { Framed, LinkCodec } from "@servent/overlay/host/host.ts";
import { concatBytes } from "@servent/overlay/base/bytes.ts";
import { FrameCutter } from "./frame-cutter.ts";

/** A length byte, then as many bytes; length 255 is beyond understanding, length 254 a bad message without bytes. */
const codec: LinkCodec<Uint8Array> = {
  deflates: false,
  inflates: false,
  encode: (message) => concatBytes([Uint8Array.of(message.length), message]),
  decode: (bytes): Framed<Uint8Array> => {
    const length = bytes[0] as number;
    if (length === 255) return { at: "lost", problem: "255" };
    if (length === 254) return { at: "bad-message", problem: "254", used: 1 };
    if (bytes.length <= length) return { at: "more" };
    return { at: "message", message: bytes.slice(1, 1 + length), used: 1 + length };
  },
};

const MOST = 254;

function cutAll(cutter: FrameCutter<Uint8Array>): Framed<Uint8Array>[] {
  const all: Framed<Uint8Array>[] = [];
  for (let framed = cutter.next(); framed.at !== "more" && framed.at !== "lost"; framed = cutter.next())
    all.push(framed);
  return all;
}

test("messages come out whole however the bytes are cut", () => {
  const messages = fc.array(fc.uint8Array({ maxLength: 250 }), { maxLength: 30 });
  const cuts = fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1 });
  fc.assert(
    fc.property(messages, cuts, (sent, sizes) => {
      const stream = concatBytes(sent.map((message) => codec.encode(message)));
      const cutter = new FrameCutter(codec, MOST);
      const got: Uint8Array[] = [];
      for (let at = 0, turn = 0; at < stream.length; turn++) {
        const chunk = stream.slice(at, at + (sizes[turn % sizes.length] as number));
        at += chunk.length;
        cutter.push(chunk);
        for (const framed of cutAll(cutter)) if (framed.at === "message") got.push(framed.message);
        // The chunk was lent: its memory is used for the next read.
        chunk.fill(255);
      }
      expect(got).toEqual(sent);
    }),
  );
});

test("a bad message is passed over", () => {
  const cutter = new FrameCutter(codec, MOST);
  cutter.push(Uint8Array.of(1, 7, 254, 1, 8));
  expect(cutAll(cutter).map(({ at }) => at)).toEqual(["message", "bad-message", "message"]);
});

test("a message that does not end within its bound is lost, and no more is held", () => {
  const cutter = new FrameCutter({ ...codec, decode: () => ({ at: "more" }) }, 100);
  cutter.push(new Uint8Array(99));
  expect(cutter.next().at).toBe("more");
  cutter.push(new Uint8Array(1));
  expect(cutter.next()).toEqual({ at: "lost", problem: "no message ends within 100 bytes" });
});

test("bytes of another dress are handed back, and only those", () => {
  const cutter = new FrameCutter(codec, MOST);
  cutter.push(Uint8Array.of(2, 1));
  expect(cutter.next().at).toBe("more");
  cutter.push(Uint8Array.of(1, 120, 156));
  expect(cutter.next().at).toBe("message");
  expect(cutter.takeRest()).toEqual(Uint8Array.of(120, 156));
  expect(cutter.takeRest().length).toBe(0);
});

test("a message keeps its bytes though Node's buffers are views of one another", () => {
  const cutter = new FrameCutter(codec, MOST);
  const read = Buffer.from([2, 5, 6]);
  cutter.push(read);
  const framed = cutter.next();
  read.fill(0);
  expect(framed).toMatchObject({ at: "message", message: Uint8Array.of(5, 6) });
});
