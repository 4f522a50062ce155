// What peers say when they call back.
import fc from "fast-check";
import { latin1Decode, latin1Encode } from "@servent/overlay/base/bytes.ts";
import { expect, test } from "vitest";
import { encodeGiv, parseGiv } from "./giv.ts";

test("GIV survives the way there and back; what others send in its place is malformed", () => {
  fc.assert(
    fc.property(
      fc.nat(),
      fc.uint8Array({ minLength: 16, maxLength: 16 }),
      fc.stringMatching(/^[ -~]{0,80}$/),
      (index, guid, name) => {
        const text = encodeGiv({ index, guid, name });
        expect(text.endsWith("\n\n")).toBe(true);
        const giv = parseGiv(text.slice(0, text.indexOf("\n")));
        expect(giv).toEqual({ ok: true, value: { index, guid, name } });
      },
    ),
  );
  expect(parseGiv("GIV 0:00112233445566778899AABBCCDDEEFF/\r").ok).toBe(true);
  for (const wrong of [
    "",
    "GIV ",
    "GIV 0:0011/x",
    "GIV x:00112233445566778899aabbccddeeff/x",
    `GIV 0:00112233445566778899aabbccddeeff/${"x".repeat(2000)}`,
  ])
    expect(parseGiv(wrong).ok).toBe(false);
  fc.assert(fc.property(fc.string(), (text) => typeof parseGiv(text).ok === "boolean"));
});

test("no bytes in place of GIV do more than be refused", { timeout: 60_000 }, () => {
  const sample = latin1Encode(
    encodeGiv({ index: 7, guid: new Uint8Array(16).fill(0xab), name: "blue train.ogg" }).trimEnd(),
  );
  const changes = fc.array(fc.tuple(fc.nat(200), fc.nat(255)), { maxLength: 8 });
  const mutated = fc.tuple(changes, fc.nat(200)).map(([list, cut]) => {
    const bytes = sample.slice(0, cut % 4 === 0 ? cut % (sample.length + 1) : sample.length);
    for (const [at, value] of list) if (bytes.length > 0) bytes[at % bytes.length] = value;
    return bytes;
  });
  const take = (bytes: Uint8Array): boolean => {
    const giv = parseGiv(latin1Decode(bytes));
    return !giv.ok || giv.value.guid.length === 16;
  };
  fc.assert(fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), mutated), take), { numRuns: 100_000 });
});
