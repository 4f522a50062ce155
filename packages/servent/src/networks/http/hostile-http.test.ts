// Every decoder of the HTTP side against 100,000 random and mutated inputs: a typed result, never an exception.
import fc from "fast-check";
import { latin1Decode, latin1Encode } from "@servent/overlay/base/bytes.ts";
import { TigerTreeHasher } from "@servent/overlay/base/tiger.ts";
import { expect, test } from "vitest";
import { decodeDime } from "./dime.ts";
import { ChunkedDecoder } from "./http-chunked.ts";
import { HeadCollector } from "./http-head.ts";
import { parseContentRange, parseRange } from "./http-range.ts";
import { parseRequest } from "./http-request.ts";
import { parseResponse, problemOf, rangeOf } from "./http-response.ts";
import { decodeThex, encodeThex } from "./thex.ts";

const RUNS = { numRuns: 100_000 };
/** No input may cost more: the slowest honest one takes a few milliseconds. */
const TEST_MS = 60_000;

/** Random bytes, or an honest sample cut short and with some bytes changed. */
function hostile(samples: readonly Uint8Array[]): fc.Arbitrary<Uint8Array> {
  const changes = fc.array(fc.tuple(fc.nat(5000), fc.nat(255)), { maxLength: 8 });
  const mutated = fc.tuple(fc.constantFrom(...samples), changes, fc.nat(5000)).map(([sample, list, cut]) => {
    const bytes = sample.slice(0, cut % 4 === 0 ? cut % (sample.length + 1) : sample.length);
    for (const [at, value] of list) if (bytes.length > 0) bytes[at % bytes.length] = value;
    return bytes;
  });
  return fc.oneof(fc.uint8Array({ maxLength: 200 }), mutated);
}

const texts = (...samples: string[]): fc.Arbitrary<Uint8Array> => hostile(samples.map(latin1Encode));

test("requests", { timeout: TEST_MS }, () => {
  const samples = texts(
    "GET /uri-res/N2R?urn:sha1:3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ HTTP/1.1\r\nHost: a:1\r\nRange: bytes=0-99\r\n\r\n",
    "HEAD /get/7/blue train.ogg HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX-Queue: 1.0\r\n folded\r\n\r\n",
  );
  const take = (bytes: Uint8Array): boolean => {
    const progress = new HeadCollector().push(bytes);
    const request = parseRequest(progress.at === "head" ? progress.head : bytes);
    return request.ok ? request.request.target.startsWith("/") : request.refusal.status >= 400;
  };
  fc.assert(fc.property(samples, take), RUNS);
});

test("responses", { timeout: TEST_MS }, () => {
  const samples = texts(
    "HTTP/1.1 206 Partial\r\nContent-Range: bytes 0-9/100\r\nContent-Length: 10\r\nX-Thex-URI: /uri-res/N2X?x;y\r\n\r\n",
    "HTTP/1.1 503 Busy\r\nRetry-After: 60\r\nX-Queued: position=2; ID=ab; ETA=9\r\nX-Queue: position=1,pollMin=45\r\n\r\n",
  );
  const take = (bytes: Uint8Array): boolean => {
    const response = parseResponse(bytes, "GET");
    if (!response.ok) return typeof response.problem === "string";
    const range = rangeOf(response.value, { start: 0, end: 10 });
    if (problemOf(response.value).retryAfterMs < 0) return false;
    if (!range.ok) return true;
    // An empty file is a file: 200 with a length of 0.
    const { start, end } = range.value.range;
    return start >= 0 && end >= start && end <= range.value.total;
  };
  fc.assert(fc.property(samples, take), RUNS);
});

test("ranges", { timeout: TEST_MS }, () => {
  const samples = texts("bytes=0-99", "bytes=-5", "bytes 0-9/100", "bytes=5-,7-9");
  const take = (bytes: Uint8Array): boolean => {
    const text = latin1Decode(bytes);
    const wish = parseRange(text, 1000);
    const content = parseContentRange(text);
    const fits =
      wish.kind !== "part" || (wish.range.start >= 0 && wish.range.start < wish.range.end && wish.range.end <= 1000);
    return fits && (content === undefined || content.range.start < content.range.end);
  };
  fc.assert(fc.property(samples, take), RUNS);
});

test("chunked bodies", { timeout: TEST_MS }, () => {
  const samples = texts("5\r\nabcde\r\n0\r\n\r\n", "a;x=y\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n");
  const take = (bytes: Uint8Array): boolean => {
    let got = 0;
    const step = new ChunkedDecoder(100).push(bytes, (data) => {
      got += data.length;
    });
    return got <= 100 && ["more", "end", "lost"].includes(step.at);
  };
  fc.assert(fc.property(samples, take), RUNS);
});

test("DIME and THEX", { timeout: TEST_MS }, () => {
  const hasher = new TigerTreeHasher();
  hasher.update(new Uint8Array(5000));
  const sample = encodeThex(5000, { blockSize: 1024, nodes: hasher.finish().nodes }, "a-uuid");
  expect(sample !== undefined && decodeThex(sample).ok).toBe(true);
  const take = (bytes: Uint8Array): boolean => {
    const records = decodeDime(bytes);
    const tree = decodeThex(bytes);
    return typeof records.ok === "boolean" && (!tree.ok || tree.value.nodes.length % 24 === 0);
  };
  fc.assert(fc.property(hostile([sample as Uint8Array]), take), RUNS);
});
