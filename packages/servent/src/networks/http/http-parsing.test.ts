// Vectors and properties of everything that reads a stranger's bytes: heads, ranges, chunks, DIME, THEX.
import fc from "fast-check";
import { expect, test } from "vitest";
import { base32Decode, base32Encode } from "@servent/overlay/base/base32.ts";
import { latin1Encode } from "@servent/overlay/base/bytes.ts";
import { TigerTreeHasher } from "@servent/overlay/base/tiger.ts";
import { decodeDime, encodeDime } from "./dime.ts";
import { ChunkedDecoder } from "./http-chunked.ts";
import { HEAD_LIMITS, HeadCollector, parseHead } from "./http-head.ts";
import { parseContentRange, parseRange } from "./http-range.ts";
import { parseRequest, parseTarget } from "./http-request.ts";
import { parseResponse, problemOf, rangeOf } from "./http-response.ts";
import { decodeThex, encodeThex, thexDepth, THEX_BYTES_MAX } from "./thex.ts";

const ascii = (text: string): Uint8Array => latin1Encode(text);

/** Collects a text that comes in parts of these sizes, over and over. */
function collect(bytes: Uint8Array, sizes: readonly number[]) {
  const collector = new HeadCollector();
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const part = bytes.subarray(at, at + (sizes[i % sizes.length] as number));
    at += part.length;
    const progress = collector.push(part);
    if (progress.at === "head") return { head: progress.head.slice(), rest: [...progress.rest, ...bytes.subarray(at)] };
    if (progress.at === "too-large") return undefined;
  }
  return undefined;
}

test("a head is found however its bytes arrive, and what follows is kept", () => {
  const head = "GET / HTTP/1.1\r\nHost: x\r\nX-Long: a\r\n b\r\n\r\n";
  const bytes = ascii(`\r\n${head}BODY`);
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1 }), (sizes) => {
      const found = collect(bytes, sizes);
      expect(Buffer.from(found?.head ?? []).toString()).toBe(head);
      expect(Buffer.from(found?.rest ?? []).toString()).toBe("BODY");
    }),
  );
});

test("folded and repeated headers are joined, names are of any case", () => {
  const head = parseHead(ascii("X\r\nA: 1\r\na: 2\r\nB: x\r\n\ty\r\n\r\n"));

  expect(head.ok && Object.fromEntries(head.value.headers)).toEqual({ a: "1, 2", b: "x y" });
});

test("a head beyond its bounds is refused before it is stored", () => {
  const collector = new HeadCollector();
  let pushed = 0;
  while (collector.push(ascii("X: y\r\n".repeat(100))).at === "more") pushed += 600;

  expect(pushed).toBeLessThanOrEqual(HEAD_LIMITS.bytesMax);
  expect(parseHead(ascii(`X\r\nA: ${"b".repeat(HEAD_LIMITS.lineBytesMax)}\r\n\r\n`)).ok).toBe(false);
  expect(parseHead(ascii(`X\r\n${"A: b\r\n".repeat(HEAD_LIMITS.linesMax + 2)}\r\n`)).ok).toBe(false);
});

test.each([
  ["bytes=0-9", { kind: "part", range: { start: 0, end: 10 } }],
  ["bytes=90-", { kind: "part", range: { start: 90, end: 100 } }],
  ["bytes=-10", { kind: "part", range: { start: 90, end: 100 } }],
  ["bytes=-1000", { kind: "part", range: { start: 0, end: 100 } }],
  ["bytes=50-1000", { kind: "part", range: { start: 50, end: 100 } }],
  ["bytes 5-6", { kind: "part", range: { start: 5, end: 7 } }],
  ["bytes=1-2,5-6", { kind: "part", range: { start: 1, end: 3 } }],
  ["bytes=100-", { kind: "unsatisfiable" }],
  ["bytes=-0", { kind: "unsatisfiable" }],
  ["bytes=9-5", { kind: "whole" }],
  ["lines=1-2", { kind: "whole" }],
  ["bytes=a-b", { kind: "whole" }],
  ["bytes=1-99999999999999999999", { kind: "part", range: { start: 1, end: 100 } }],
  [undefined, { kind: "whole" }],
])("range %s of 100 bytes", (header, wish) => {
  expect(parseRange(header, 100)).toEqual(wish);
});

test("every range that is served lies in the file", () => {
  const header = fc.oneof(
    fc.string(),
    fc.tuple(fc.bigInt(), fc.bigInt()).map(([a, b]) => `bytes=${a}-${b}`),
    fc.stringMatching(/^bytes=[0-9]{0,17}-[0-9]{0,17}$/),
  );
  fc.assert(
    fc.property(header, fc.nat(), (text, size) => {
      const wish = parseRange(text, size);
      if (wish.kind !== "part") return;
      expect(wish.range.start).toBeGreaterThanOrEqual(0);
      expect(wish.range.start).toBeLessThan(wish.range.end);
      expect(wish.range.end).toBeLessThanOrEqual(size);
    }),
  );
});

test("Content-Range in all its forms, and what contradicts itself", () => {
  expect(parseContentRange("bytes 0-99/200")).toEqual({ range: { start: 0, end: 100 }, total: 200 });
  expect(parseContentRange("Bytes=0-99/*")).toEqual({ range: { start: 0, end: 100 }, total: undefined });
  for (const wrong of [
    undefined,
    "",
    "bytes 5-4/10",
    "bytes 0-10/10",
    "bytes */10",
    "bytes 0-9",
    "bytes 0-9999999999999999/2",
  ])
    expect(parseContentRange(wrong)).toBeUndefined();
});

test.each([
  ["/", { kind: "browse" }],
  ["/get/12/a%20b.ogg", { kind: "index", index: 12, name: "a b.ogg" }],
  ["/get/12/a b.ogg/", { kind: "index", index: 12, name: "a b.ogg" }],
  ["/uri-res/N2R?urn:sha1:ABC", { kind: "urn", service: "n2r", urn: "urn:sha1:ABC" }],
  ["/URI-RES/n2x?urn%3Asha1%3AABC", { kind: "urn", service: "n2x", urn: "urn:sha1:ABC" }],
  ["/get/1/%zz", { kind: "bad" }],
  ["/gnutella/push-proxy?ServerId=X", { kind: "other", path: "/gnutella/push-proxy", query: "ServerId=X" }],
])("target %s", (target, parsed) => {
  expect(parseTarget(target)).toEqual(parsed);
});

test("heads of strangers never throw, and what is accepted is a request", () => {
  const line = fc.oneof(
    fc.string(),
    fc.constantFrom(
      "GET / HTTP/1.1",
      "Host: x",
      "GET /a b c HTTP/1.0",
      "HTTP/1.1 200 OK",
      "Content-Length: 9",
      " folded",
      ":",
      "",
    ),
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.uint8Array({ maxLength: 400 }),
        fc.array(line).map((lines) => ascii(lines.join("\r\n"))),
      ),
      (bytes) => {
        const request = parseRequest(bytes);
        if (request.ok) expect(request.request.target.startsWith("/")).toBe(true);
        else expect(request.refusal.status).toBeGreaterThanOrEqual(400);
        const response = parseResponse(bytes, "GET");
        if (!response.ok) return;
        expect(problemOf(response.value).retryAfterMs).toBeLessThanOrEqual(3_600_000);
        const range = rangeOf(response.value, { start: 0, end: 10 });
        if (range.ok) expect(range.value.range.start).toBe(0);
      },
    ),
  );
});

test("chunks are put together however they arrive, and rubbish ends in a problem or in waiting", () => {
  const parts = fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 }));
  fc.assert(
    fc.property(parts, fc.integer({ min: 1, max: 20 }), (chunks, step) => {
      const text = chunks
        .map((chunk) => `${chunk.length.toString(16)}\r\n${Buffer.from(chunk).toString("latin1")}\r\n`)
        .join("");
      const bytes = ascii(`${text}0\r\n\r\nREST`);
      const decoder = new ChunkedDecoder(10_000);
      const got: number[] = [];
      let rest = "";
      for (let at = 0; at < bytes.length; at += step) {
        const result = decoder.push(bytes.subarray(at, at + step), (data) => got.push(...data));
        if (result.at === "end") {
          rest = Buffer.concat([result.rest, bytes.subarray(at + step)]).toString();
          break;
        }
      }
      expect(got).toEqual(chunks.flatMap((chunk) => [...chunk]));
      expect(rest).toBe("REST");
    }),
  );
  fc.assert(
    fc.property(
      fc.uint8Array(),
      (bytes) => void new ChunkedDecoder(100).push(bytes, (data) => expect(data.length).toBeLessThanOrEqual(100)),
    ),
  );
});

test("DIME records survive the way there and back; random bytes never throw", () => {
  const text = fc.stringMatching(/^[ -~]{0,60}$/);
  const record = fc.record({
    typeFormat: fc.integer({ min: 0, max: 15 }),
    type: text,
    id: text,
    data: fc.uint8Array({ maxLength: 100 }),
  });
  fc.assert(
    fc.property(fc.array(record, { minLength: 1, maxLength: 8 }), (records) => {
      const bytes = encodeDime(records);
      expect(bytes.length % 4).toBe(0);
      expect(decodeDime(bytes)).toEqual({ ok: true, value: records });
    }),
  );
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => typeof decodeDime(bytes).ok === "boolean"));
});

test("a DIME header that promises more than there is, is malformed at once", () => {
  expect(decodeDime(Uint8Array.of(0x0e, 0x10, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff)).ok).toBe(false);
});

test.each([0, 1, 1024, 1025, 100_000, 262_143, 262_144, 5_000_000])(
  "the tree of a file of %i bytes survives THEX and leads to its root",
  (size) => {
    for (const blockSize of [1024, 65_536]) {
      const hasher = new TigerTreeHasher(blockSize);
      hasher.update(new Uint8Array(size).fill(0x41));
      const { root, nodes } = hasher.finish();

      const encoded = encodeThex(size, { blockSize, nodes }, "1234");
      const tree = decodeThex(encoded as Uint8Array);

      expect(tree.ok && tree.value.root).toBe(base32Encode(root));
      expect(tree.ok && tree.value.size).toBe(size);
      expect(tree.ok && tree.value.nodes.length / 24).toBe(
        Math.max(1, Math.ceil(size / (tree.ok ? tree.value.blockSize : 1))),
      );
    }
  },
);

test("1024 letters A have the root that the specification says", () => {
  const hasher = new TigerTreeHasher();
  hasher.update(new Uint8Array(1024).fill(0x41));
  const { nodes } = hasher.finish();

  const tree = decodeThex(encodeThex(1024, { blockSize: 1024, nodes }, "x") as Uint8Array);

  expect(tree.ok && tree.value.root).toBe("L66Q4YVNAFWVS23X2HJIRA5ZJ7WXR3F26RSASFA");
  expect(base32Decode(tree.ok ? tree.value.root : "")).toHaveLength(24);
});

test("trees are as deep as is customary, and never deeper than the file", () => {
  const MIB = 1024 * 1024;
  const sizes = [0, 1, 200 * 1024, 300 * 1024, 3 * MIB, 100 * MIB, 500 * MIB, 2048 * MIB, 5000 * MIB, 2 ** 40];

  expect(sizes.map(thexDepth)).toEqual([0, 0, 0, 1, 4, 9, 10, 11, 12, 13]);
});

test("one wrong node, a wrong size or too few nodes make a tree malformed; random bytes never throw", () => {
  const size = 600_000;
  const hasher = new TigerTreeHasher();
  hasher.update(new Uint8Array(size));
  const level = { blockSize: 1024, nodes: hasher.finish().nodes };
  const bytes = encodeThex(size, level, "x") as Uint8Array;
  const wrong = bytes.slice();
  wrong[wrong.length - 5] = (wrong[wrong.length - 5] as number) ^ 1;
  const otherSize = ascii(Buffer.from(bytes).toString("latin1").replace(`size="${size}"`, 'size="900000"'));

  expect(decodeThex(bytes).ok).toBe(true);
  expect(decodeThex(wrong).ok).toBe(false);
  expect(decodeThex(otherSize).ok).toBe(false);
  expect(decodeThex(bytes.subarray(0, bytes.length - 10)).ok).toBe(false);
  expect(decodeThex(new Uint8Array(THEX_BYTES_MAX + 1)).ok).toBe(false);
  expect(encodeThex(5_000_000, level, "x")).toBeUndefined();
  fc.assert(
    fc.property(fc.nat(bytes.length - 1), fc.nat(255), (at, value) => {
      const mutated = bytes.slice();
      mutated[at] = value;
      expect(typeof decodeThex(mutated).ok).toBe("boolean");
    }),
  );
});
