import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { hexEncode } from "../../../base/bytes.ts";
import { MESSAGE } from "../messages.ts";
import { SERVER_LIMITS } from "../server/limits.ts";
import type { UnionMessage, Visitor } from "../server/union.ts";
import { MEDIA_TYPES, type SearchHit } from "../shared-file.ts";
import { MESH_LIMITS } from "./limits.ts";
import { decodeUnionMessage, encodeUnionMessage, encodeUnionMessages, rankOf } from "./union-codec.ts";

const u32 = fc.nat(0xffff_ffff);
const count = fc.nat(Number.MAX_SAFE_INTEGER);

/** Byte text: any characters of one byte. */
const text = (maxLength: number): fc.Arbitrary<string> =>
  fc.uint8Array({ maxLength }).map((bytes) => String.fromCharCode(...bytes));
const visitor: fc.Arbitrary<Visitor> = fc.record({
  nick: text(30),
  ip: u32,
  port: fc.nat(0xffff),
  linkSpeed: fc.nat(10),
  client: text(40),
});
const message = fc.record({ type: fc.nat(0xffff), text: text(300) });
const knownHit = fc.record({
  file: fc.record({
    path: text(80),
    md5: text(32),
    size: u32,
    bitrate: u32,
    frequency: u32,
    seconds: fc.nat(0xffff),
    media: fc.constantFrom(...MEDIA_TYPES),
    urn: text(41),
  }),
  nick: text(20),
  ip: u32,
  linkSpeed: fc.nat(10),
});
const hit: fc.Arbitrary<SearchHit> = fc.oneof(
  knownHit,
  fc.tuple(knownHit, fc.nat(0xffff)).map(([known, port]) => ({ ...known, port })),
);
const kinds: { readonly [K in UnionMessage["kind"]]: fc.Arbitrary<Extract<UnionMessage, { kind: K }>> } = {
  search: fc.record({ kind: fc.constant("search"), id: count, asker: visitor, request: text(100) }),
  hits: fc.record({
    kind: fc.constant("hits"),
    id: count,
    hits: fc.array(hit, { maxLength: 5 }),
    isLast: fc.boolean(),
  }),
  where: fc.record({ kind: fc.constant("where"), nick: text(20) }),
  here: fc.record({
    kind: fc.constant("here"),
    nick: text(20),
    loginAgeMs: count,
    isRegistered: fc.boolean(),
    ip: u32,
  }),
  gone: fc.record({ kind: fc.constant("gone"), nick: text(20) }),
  command: fc.record({ kind: fc.constant("command"), sender: visitor, message }),
  deliver: fc.record({ kind: fc.constant("deliver"), nick: text(20), message }),
};
const messages: fc.Arbitrary<UnionMessage> = fc.oneof(...Object.values(kinds));

const sender: Visitor = { nick: "anna", ip: 1, port: 1, linkSpeed: 1, client: "test" };
const encoded = (message: UnionMessage): Uint8Array => encodeUnionMessage(message) ?? new Uint8Array(0);
const song = (path: string): SearchHit => ({
  file: { path, md5: "0".repeat(32), size: 5, bitrate: 128, frequency: 44_100, seconds: 200, media: "mp3", urn: "" },
  nick: "anna",
  ip: 0x7f00_0001,
  linkSpeed: 8,
});

test("a message is one CBOR array: its kind's number, then its fields, texts as bytes", () => {
  expect(hexEncode(encoded({ kind: "where", nick: "Zoë" }))).toBe(`82 03 43 5a6feb`.replaceAll(" ", ""));
  expect(hexEncode(encoded({ kind: "here", nick: "bob", loginAgeMs: 1000, isRegistered: true, ip: 258 }))).toBe(
    "8509 43626f62 1903e8 f5 190102".replaceAll(" ", ""),
  );
  expect(hexEncode(encoded({ kind: "deliver", nick: "b", message: { type: 205, text: "a hi" } }))).toBe(
    "8307416282 18cd 4461206869".replaceAll(" ", ""),
  );
  expect(hexEncode(encoded({ kind: "hits", id: 7, hits: [], isLast: true }))).toBe("84080780f5");
});

test("every message comes back equal", () => {
  fc.assert(
    fc.property(messages, (message) => {
      expect(decodeUnionMessage(encoded(message))).toEqual({ ok: true, value: message });
    }),
    { numRuns: 3000 },
  );
});

test("100,000 random and mutated messages give a message or a problem, and what decodes encodes again", () => {
  const change = fc.tuple(fc.nat(200), fc.nat(255));
  const mutated = fc
    .tuple(messages, fc.array(change, { maxLength: 4 }), fc.integer({ min: -300, max: 10 }))
    .map(([message, changes, more]) => {
      const bytes = encoded(message);
      const changed = new Uint8Array(Math.max(0, more < 0 ? -more % bytes.length : bytes.length + more));
      changed.set(bytes.subarray(0, changed.length));
      // Most changes fall near the front, where the heads are.
      for (const [at, byte] of changes) changed[(at * at) % (changed.length + 1)] = byte;
      return changed;
    });
  fc.assert(
    fc.property(
      fc.oneof({ arbitrary: mutated, weight: 9 }, { arbitrary: fc.uint8Array({ maxLength: 300 }), weight: 1 }),
      (bytes) => {
        const result = decodeUnionMessage(bytes);
        if (!result.ok) return typeof result.problem === "string";
        // One form for each message: what is taken is what we would have sent.
        return hexEncode(encoded(result.value)) === hexEncode(bytes);
      },
    ),
    { numRuns: 100_000 },
  );
});

describe("more hits than one message holds", () => {
  test("go into several, in their order, and only the last says that it is", () => {
    const hits = Array.from({ length: 2 * SERVER_LIMITS.unionHitsMax + 3 }, (_, i) => song(`${i}.mp3`));
    const payloads = encodeUnionMessages({ kind: "hits", id: 9, hits, isLast: true }) ?? [];

    const parts = payloads.map((payload) => decodeUnionMessage(payload));
    const values = parts.map((part) => (part.ok && part.value.kind === "hits" ? part.value : undefined));

    expect(values.map((part) => part?.isLast)).toEqual([false, false, true]);
    expect(values.flatMap((part) => part?.hits)).toEqual(hits);
  });

  test("are also parted by their bytes, and none is lost", () => {
    // A message of 73,728 bytes holds 27 of these.
    const big = { ...song("x".repeat(1024)), nick: "n".repeat(1600) };
    const payloads =
      encodeUnionMessages({ kind: "hits", id: 9, hits: Array.from({ length: 60 }, () => big), isLast: false }) ?? [];

    expect(payloads.length).toBe(3);
    const counts = payloads.map((payload) => {
      expect(payload.length).toBeLessThanOrEqual(MESH_LIMITS.payloadBytesMax);
      const part = decodeUnionMessage(payload);
      return part.ok && part.value.kind === "hits" ? part.value.hits.length : 0;
    });
    expect(counts.reduce((sum, hits) => sum + hits)).toBe(60);
  });
});

describe("bounds", () => {
  test("a Napster message of the greatest length fits with the longest names around it", () => {
    const long = "x".repeat(MESH_LIMITS.wordBytesMax);
    const sender = { nick: long, ip: 0xffff_ffff, port: 0xffff, linkSpeed: 10, client: long };
    const command: UnionMessage = { kind: "command", sender, message: { type: 10_018, text: "y".repeat(65_535) } };
    expect(decodeUnionMessage(encoded(command))).toStrictEqual({ ok: true, value: command });
  });

  test("a longer text is not sent, and is no reason to stop", () => {
    expect(encodeUnionMessages({ kind: "where", nick: "x".repeat(2049) })).toBeUndefined();
    expect(encodeUnionMessages({ kind: "hits", id: 1, hits: [song("x".repeat(1025))], isLast: true })).toBeUndefined();
    expect(encodeUnionMessages({ kind: "deliver", nick: "a", message: { type: 1, text: "x".repeat(65_536) } })).toBe(
      undefined,
    );
  });

  test("what is too long, of an unknown kind or has too many items is refused in words", () => {
    const problem = (hex: string): string | undefined => {
      const bytes = Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
      const result = decodeUnionMessage(bytes);
      return result.ok ? undefined : result.problem;
    };
    expect(problem("82034141")).toBeUndefined();
    expect(problem("820a4141")).toBe("union: kind 10");
    // A layout of before.
    expect(problem("830443626f621903e8")).toBe("union: kind 4");
    expect(problem("8303414101")).toBe("where: 3 items");
    expect(problem("8203414100")).toContain("1 bytes too many");
    expect(problem(`8203590801${"41".repeat(2049)}`)).toContain("2049 where 2048 is the most");
    expect(problem("84080798410000")).toContain("array");
    expect(decodeUnionMessage(new Uint8Array(MESH_LIMITS.payloadBytesMax + 1)).ok).toBe(false);
  });
});

test("lists give way first, with their ends, then searches, then hits", () => {
  for (const type of [MESSAGE.browseFile, MESSAGE.browseEnd]) {
    expect(rankOf({ kind: "deliver", nick: "a", message: { type, text: "" } })).toBe("browse");
  }
  expect(rankOf({ kind: "deliver", nick: "a", message: { type: MESSAGE.notice, text: "" } })).toBe("word");
  expect(rankOf({ kind: "search", id: 1, asker: sender, request: "" })).toBe("search");
  expect(rankOf({ kind: "where", nick: "a" })).toBe("word");
  expect(rankOf({ kind: "hits", id: 1, hits: [], isLast: true })).toBe("hits");
});
