import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { hexDecode, hexEncode } from "../../../base/bytes.ts";
import { decodeMeshMessage, encodeMeshMessage, envelopeBytesMax, isServerName, meshCodec } from "./codec.ts";
import { MESH_LIMITS } from "./limits.ts";
import { type MeshMessage, RANKS } from "./messages.ts";

const id = fc.uint8Array({ minLength: 8, maxLength: 8 }).map(hexEncode);
const count = fc.nat(Number.MAX_SAFE_INTEGER);
const address = fc.option(fc.nat(0xffff_ffff_ffff), { nil: undefined });
const name = fc.string({ minLength: 1, maxLength: 20, unit: "grapheme" }).filter(isServerName);

const kinds: { readonly [K in MeshMessage["kind"]]: fc.Arbitrary<Extract<MeshMessage, { kind: K }>> } = {
  hello: fc.record({
    kind: fc.constant("hello"),
    name,
    id,
    nonce: fc.uint8Array({ minLength: 16, maxLength: 16 }),
    address,
  }),
  proof: fc.record({ kind: fc.constant("proof"), code: fc.uint8Array({ minLength: 32, maxLength: 32 }) }),
  goodbye: fc.record({
    kind: fc.constant("goodbye"),
    reason: fc.string({ maxLength: 60, unit: "grapheme" }),
    others: fc.array(fc.nat(0xffff_ffff_ffff), { maxLength: MESH_LIMITS.othersMax }),
  }),
  beat: fc.record({
    kind: fc.constant("beat"),
    origin: id,
    name,
    address,
    number: count,
    isLast: fc.boolean(),
    path: fc.array(id, { maxLength: MESH_LIMITS.hopsMax }),
  }),
  envelope: fc.record({
    kind: fc.constant("envelope"),
    origin: id,
    number: count,
    rank: fc.constantFrom(...RANKS),
    hops: fc.nat(MESH_LIMITS.hopsMax),
    to: fc.array(id, { maxLength: 6 }),
    payload: fc.uint8Array({ maxLength: 100 }),
  }),
  received: fc.record({ kind: fc.constant("received"), envelopes: count }),
};
const messages: fc.Arbitrary<MeshMessage> = fc.oneof(...Object.values(kinds));

test("a greeting begins with the name of the protocol", () => {
  const hello: MeshMessage = {
    kind: "hello",
    name: "north",
    id: "0123456789abcdef",
    nonce: new Uint8Array(16).fill(0xaa),
    address: undefined,
  };
  const body = `86016f${hexEncode(new TextEncoder().encode("servent-union/1"))}656e6f727468480123456789abcdef50${"aa".repeat(16)}f6`;
  expect(hexEncode(encodeMeshMessage(hello))).toBe(body);
  expect(hexEncode(meshCodec.link(true).encode(hello))).toBe(
    `${(body.length / 2).toString(16).padStart(8, "0")}${body}`,
  );
});

test("every message comes back equal, in the size that was said", () => {
  fc.assert(
    fc.property(messages, (message) => {
      const bytes = meshCodec.link(true).encode(message);
      expect(meshCodec.size(message)).toBe(bytes.length);
      expect(meshCodec.link(true).decode(bytes)).toEqual({ at: "message", message, used: bytes.length });
      if (message.kind === "envelope") expect(envelopeBytesMax(message)).toBeGreaterThanOrEqual(bytes.length);
    }),
    { numRuns: 3000 },
  );
});

test("100,000 random and mutated messages give a message or a problem, and what decodes encodes again", () => {
  const change = fc.tuple(fc.nat(200), fc.nat(255));
  const mutated = fc
    .tuple(messages, fc.array(change, { maxLength: 4 }), fc.integer({ min: -300, max: 10 }))
    .map(([message, changes, more]) => {
      const bytes = encodeMeshMessage(message);
      const changed = new Uint8Array(Math.max(0, more < 0 ? -more % bytes.length : bytes.length + more));
      changed.set(bytes.subarray(0, changed.length));
      for (const [at, byte] of changes) changed[(at * at) % (changed.length + 1)] = byte;
      return changed;
    });
  fc.assert(
    fc.property(
      fc.oneof({ arbitrary: mutated, weight: 9 }, { arbitrary: fc.uint8Array({ maxLength: 300 }), weight: 1 }),
      (bytes) => {
        const result = decodeMeshMessage(bytes);
        if (!result.ok) return typeof result.problem === "string";
        return hexEncode(encodeMeshMessage(result.value)) === hexEncode(bytes);
      },
    ),
    { numRuns: 100_000 },
  );
});

test("100,000 random and mutated streams give a message, a wait or an end", () => {
  const mutated = fc
    .tuple(messages, fc.array(fc.tuple(fc.nat(30), fc.nat(255)), { maxLength: 3 }))
    .map(([message, changes]) => {
      const bytes = meshCodec.link(true).encode(message).slice();
      for (const [at, byte] of changes) bytes[at % bytes.length] = byte;
      return bytes;
    });
  fc.assert(
    fc.property(fc.oneof(mutated, fc.uint8Array({ maxLength: 60 })), (bytes) => {
      const framed = meshCodec.link(false).decode(bytes);
      return framed.at === "more" || framed.at === "lost" || framed.used <= bytes.length;
    }),
    { numRuns: 100_000 },
  );
});

describe("a stream", () => {
  const proof: MeshMessage = { kind: "proof", code: new Uint8Array(32) };
  const large: MeshMessage = {
    kind: "envelope",
    origin: "0123456789abcdef",
    number: 1,
    rank: "word",
    hops: 0,
    to: Array(MESH_LIMITS.serversMax).fill("0123456789abcdef"),
    payload: new Uint8Array(MESH_LIMITS.payloadBytesMax),
  };

  test("takes nothing larger than a greeting before a proof, and the largest envelope behind it", () => {
    const bytes = meshCodec.link(true).encode(large);
    const stranger = meshCodec.link(false);
    expect(stranger.decode(bytes.subarray(0, 4)).at).toBe("lost");

    const member = meshCodec.link(false);
    member.decode(meshCodec.link(true).encode(proof));
    expect(member.decode(bytes.subarray(0, 4)).at).toBe("more");
    expect(member.decode(bytes).at).toBe("message");
    expect(bytes.length).toBeLessThanOrEqual(meshCodec.messageBytesMax);
  });

  test("goes on behind a message that says nothing", () => {
    const bad = hexDecode("0000000382060f") ?? new Uint8Array(0);
    expect(meshCodec.link(false).decode(bad)).toMatchObject({ at: "message" });
    const worse = hexDecode("0000000482063f01") ?? new Uint8Array(0);
    expect(meshCodec.link(false).decode(worse)).toMatchObject({ at: "bad-message", used: 8 });
  });

  test("of another protocol is seen at once: a web request is no length", () => {
    expect(meshCodec.link(false).decode(new TextEncoder().encode("GET / HTTP/1.1\r\n")).at).toBe("lost");
  });
});

test("a server's name has no blanks, no control characters and at most 64 bytes", () => {
  expect(["north", "nørd.example", "日本", "x".repeat(64)].filter(isServerName).length).toBe(4);
  expect(
    ["", "a b", "a\u00a0b", "a\n", "\u202e", "x".repeat(65), "ø".repeat(33), "\ud800"].filter(isServerName),
  ).toEqual([]);
});
