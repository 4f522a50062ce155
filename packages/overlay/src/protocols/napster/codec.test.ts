import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { concatBytes, hexEncode } from "../../base/bytes.ts";
import { encodeMessage, napsterCodec } from "./codec.ts";
import { LIMITS } from "./limits.ts";
import { type Message, MESSAGE } from "./messages.ts";

const vectors = new URL("../../../../../test/vectors/napster/", import.meta.url);
const bytesOf = (name: string): Uint8Array => new Uint8Array(readFileSync(new URL(name, vectors)));
const codec = napsterCodec(LIMITS.serverPayloadBytesMax);

/** The messages of one direction, fed in pieces of `step` bytes. */
function cut(stream: Uint8Array, step = stream.length): { messages: Message[]; left: number } {
  const link = codec.link(true);
  const messages: Message[] = [];
  let held = new Uint8Array(0);
  for (let at = 0; at < stream.length; at += step) {
    held = concatBytes([held, stream.subarray(at, at + step)]) as Uint8Array<ArrayBuffer>;
    for (;;) {
      const framed = link.decode(held);
      if (framed.at !== "message") break;
      messages.push(framed.message);
      held = held.slice(framed.used);
    }
  }
  return { messages, left: held.length };
}

/** Messages as another decoder counted them. */
const STREAMS = [
  { file: "teknap-alice.client.bin", count: 7 },
  { file: "teknap-alice.server.bin", count: 15 },
  { file: "teknap-bob.client.bin", count: 9 },
  { file: "teknap-bob.server.bin", count: 17 },
  { file: "opennap-ng-searcher.client.bin", count: 75 },
  { file: "opennap-ng-searcher.server.bin", count: 146 },
];

describe("streams of TekNap and opennap-ng", () => {
  test.each(STREAMS)("$file decodes to the last byte and re-encodes equal", ({ file, count }) => {
    const stream = bytesOf(file);

    const { messages, left } = cut(stream);

    expect(left).toBe(0);
    expect(messages.length).toBe(count);
    expect(hexEncode(concatBytes(messages.map(encodeMessage)))).toBe(hexEncode(stream));
    expect(messages.reduce((sum, message) => sum + codec.size(message), 0)).toBe(stream.length);
  });

  test.each(STREAMS)("$file may arrive byte by byte", ({ file }) => {
    const stream = bytesOf(file);
    expect(cut(stream, 1)).toEqual(cut(stream));
  });

  test("the head's two numbers are little endian, and the text has no end mark", () => {
    const [login] = cut(bytesOf("teknap-alice.client.bin")).messages;
    expect(login).toEqual({ type: MESSAGE.login, text: 'alice pw 6699 "TekNap-1.3g" 0 5201 0' });
  });
});

describe("the codec", () => {
  test("gives back any message", () => {
    const text = fc.string({ unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)) });
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0xffff }), text, (type, said) => {
        const message = { type, text: said };
        const bytes = codec.link(true).encode(message);
        expect(bytes.length).toBe(codec.size(message));
        expect(codec.link(true).decode(bytes)).toEqual({ at: "message", message, used: bytes.length });
      }),
    );
  });

  test("waits for the whole of a message, and ends the stream where it would be too long", () => {
    const small = napsterCodec(10).link(false);
    const fits = encodeMessage({ type: MESSAGE.notice, text: "0123456789" });
    expect(small.decode(fits.subarray(0, 3))).toEqual({ at: "more" });
    expect(small.decode(fits.subarray(0, 13))).toEqual({ at: "more" });
    expect(small.decode(fits)).toMatchObject({ at: "message", used: 14 });
    // Known from the head alone, so nobody makes us hold what we would not take.
    expect(small.decode(encodeMessage({ type: 1, text: "0123456789a" }).subarray(0, 4))).toMatchObject({ at: "lost" });
  });

  test("refuses to encode what is no byte text, which would be our own fault", () => {
    expect(() => encodeMessage({ type: 1, text: "tide ✓" })).toThrow("byte text");
    expect(() => encodeMessage({ type: 1, text: "x".repeat(65_536) })).toThrow("longer");
  });

  test("a client's link is compressed from behind the acceptance of a login that asked for it, in both directions", () => {
    const client = codec.link(true);
    const server = codec.link(false);
    const pass = (from: typeof client, to: typeof client, message: Message) =>
      expect(to.decode(from.encode(message))).toMatchObject({ at: "message", message });

    pass(client, server, { type: MESSAGE.login, text: 'alice pw 6699 "x 1" 0 unknown 0 6' });
    expect([client, server].flatMap(({ deflates, inflates }) => [deflates, inflates])).toEqual(Array(4).fill(false));
    pass(server, client, { type: MESSAGE.loginAccepted, text: '"anon@server" 6' });
    expect([client, server].flatMap(({ deflates, inflates }) => [deflates, inflates])).toEqual(Array(4).fill(true));
  });

  test("nobody's link is compressed who did not ask, whatever the server's answer says", () => {
    const client = codec.link(true);
    client.encode({ type: MESSAGE.login, text: 'alice pw 6699 "x 1" 0' });
    client.decode(encodeMessage({ type: MESSAGE.loginAccepted, text: '"anon@server" 6' }));
    expect(client.inflates).toBe(false);

    const asker = codec.link(true);
    asker.encode({ type: MESSAGE.login, text: 'alice pw 6699 "x 1" 0 unknown 0 6' });
    asker.decode(encodeMessage({ type: MESSAGE.loginAccepted, text: "anon@server" }));
    expect(asker.inflates).toBe(false);
  });

  test("a link of servers is compressed from behind each side's password", () => {
    const link = codec.link(true);
    link.encode({ type: MESSAGE.linkPassword, text: "0123" });
    expect([link.deflates, link.inflates]).toEqual([true, false]);
    link.decode(encodeMessage({ type: MESSAGE.linkPassword, text: "4567" }));
    expect(link.inflates).toBe(true);
  });
});
