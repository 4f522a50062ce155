import * as fc from "fast-check";
import { expect, test } from "vitest";
import { utf8Encode } from "../../base/bytes.ts";
import { parseEndpoint } from "../../base/ipv4.ts";
import { decodeAnswer, decodeRequest, encodeDocument, introducerCodec, isNetworkName } from "./codec.ts";
import { LIMITS } from "./limits.ts";
import { type Message, REASONS } from "./messages.ts";

const network = fc
  .tuple(fc.constantFrom("gnutella", "chord", "napster", "x2"), fc.constantFrom("", "/ultrapeer", "/two-words", "/a/b"))
  .map(([name, kind]) => `${name}${kind}`);
const port = fc.integer({ min: 1, max: 0xffff });
const load = fc.integer({ min: 0, max: 100 });
const seconds = fc.integer({ min: 0, max: 7 * 86_400 });
const address = fc
  .tuple(fc.integer({ min: 0, max: 0xffff_ffff }), port)
  .map(([ip, portOfIt]) => ip * 0x10000 + portOfIt);
const peer = fc.record({ network, address, ageSeconds: seconds, load }, { noNullPrototype: true });
const record = <T>(shape: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> =>
  fc.record<T>(shape, { noNullPrototype: true });
const message: fc.Arbitrary<Message> = fc.oneof(
  record({ kind: fc.constant("join" as const), network, port, load }),
  record({ kind: fc.constant("leave" as const), network, port }),
  record({
    kind: fc.constant("ask" as const),
    networks: fc.array(network, { minLength: 1, maxLength: LIMITS.networksPerAskMax }),
    count: fc.integer({ min: 1, max: LIMITS.peersPerAnswerMax }),
    port: fc.integer({ min: 0, max: 0xffff }),
  }),
  record({
    kind: fc.constant("joined" as const),
    reachable: fc.constantFrom("yes" as const, "no" as const, "unknown" as const),
    againSeconds: seconds,
  }),
  record({ kind: fc.constant("left" as const) }),
  record({
    kind: fc.constant("peers" as const),
    peers: fc.array(peer, { maxLength: LIMITS.peersPerAnswerMax }),
    againSeconds: seconds,
  }),
  record({ kind: fc.constant("refused" as const), reason: fc.constantFrom(...REASONS), againSeconds: seconds }),
);

const isRequest = ({ kind }: Message): boolean => kind === "join" || kind === "leave" || kind === "ask";

test("what is encoded is decoded to the same, as a document and as a line, and its size is known before", () => {
  fc.assert(
    fc.property(message, (sent) => {
      const document = utf8Encode(encodeDocument(sent));
      const decoded = isRequest(sent) ? decodeRequest(document) : decodeAnswer(document);
      expect(decoded).toEqual({ ok: true, value: sent });

      const line = introducerCodec.link(true).encode(sent);
      expect(introducerCodec.size(sent)).toBe(line.length);
      expect(introducerCodec.link(false).decode(line)).toEqual({ at: "message", message: sent, used: line.length });
      expect(introducerCodec.link(false).decode(line.subarray(0, -1))).toEqual({ at: "more" });
    }),
  );
});

test("the longest messages fit the bounds that readers have", () => {
  const name = "a".repeat(LIMITS.networkCharsMax);
  const far = parseEndpoint("255.255.255.255:65535") as number;
  const peers = Array.from({ length: LIMITS.peersPerAnswerMax }, () => ({
    network: name,
    address: far,
    ageSeconds: 604_800,
    load: 100,
  }));
  expect(encodeDocument({ kind: "peers", peers, againSeconds: 604_800 }).length).toBeLessThan(LIMITS.answerBytesMax);
  const networks = Array.from({ length: LIMITS.networksPerAskMax }, () => name);
  expect(encodeDocument({ kind: "ask", networks, count: 20, port: 65_535 }).length).toBeLessThan(
    LIMITS.requestBytesMax,
  );
});

test.each([
  ['{"network":"chord","port":7000,"load":0}', true],
  ['{"network":"chord","port":7000,"load":0,"later":{"x":[1]}}', true],
  ['{"network":"chord","port":7000}', false],
  ['{"network":"chord","port":0,"load":0}', false],
  ['{"network":"chord","port":65536,"load":0}', false],
  ['{"network":"chord","port":"7000","load":0}', false],
  ['{"network":"chord","port":7000.5,"load":0}', false],
  ['{"network":"chord","port":7000,"load":-0}', false],
  ['{"network":"chord","port":7000,"load":101}', false],
  ['{"network":"Chord","port":7000,"load":0}', false],
  ['{"network":"../chord","port":7000,"load":0}', false],
  ['{"network":["chord"],"port":7000,"load":0}', false],
  ['{"__proto__":{"network":"chord","port":7000,"load":0}}', false],
  ["[]", false],
  ["null", false],
  ["", false],
])("the body %s of a join is taken: %s", (body, isTaken) => {
  expect(decodeRequest(utf8Encode(body), "join").ok).toBe(isTaken);
});

test("names of networks are lower case words and nothing that a path or a terminal could be made of", () => {
  for (const name of ["chord", "gnutella/ultrapeer", "x-2/y"]) expect(isNetworkName(name), name).toBe(true);
  for (const name of ["", "/", "a/", "a//b", "a b", "a\n", "\u001b[2J", "ä", "a".repeat(41), 5, null]) {
    expect(isNetworkName(name), String(name)).toBe(false);
  }
});

test("a line that never ends is given up, and a broken one only dropped", () => {
  const codec = introducerCodec.link(false);
  expect(codec.decode(new Uint8Array(introducerCodec.messageBytesMax).fill(0x20))).toMatchObject({ at: "lost" });
  expect(codec.decode(utf8Encode('{"kind":"join"}\nnext'))).toMatchObject({ at: "bad-message", used: 16 });
});

function isWithinBounds(taken: Message): boolean {
  switch (taken.kind) {
    case "ask":
      return taken.networks.length <= LIMITS.networksPerAskMax && taken.count <= LIMITS.peersPerAnswerMax;
    case "join":
      return taken.port >= 1 && taken.port <= 0xffff && taken.load >= 0 && taken.load <= 100;
    case "peers":
      return taken.peers.length <= LIMITS.peersPerAnswerMax && taken.peers.every((each) => each.address % 0x10000 > 0);
    default:
      return true;
  }
}

test("100,000 broken documents never throw, and what is taken is within its bounds", () => {
  const samples = fc.sample(message, { numRuns: 500, seed: 11 }).map((each) => utf8Encode(`${encodeDocument(each)}\n`));
  let state = 12345;
  const below = (bound: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 8) % bound;
  };
  const tokens = [
    "null",
    "-0",
    "1e999",
    "[]",
    "{}",
    '"',
    "\\",
    "]",
    "}",
    ":",
    ",",
    '"__proto__"',
    "\u0000",
    "99999999999",
  ].map(utf8Encode);
  const outside: string[] = [];
  let taken = 0;
  for (let run = 0; run < 100_000; run++) {
    const bytes = (samples[run % samples.length] as Uint8Array).slice();
    for (let changes = 1 + below(3); changes > 0; changes--) {
      const at = below(bytes.length);
      if (below(2) === 0) bytes[at] = below(256);
      else bytes.set((tokens[below(tokens.length)] as Uint8Array).subarray(0, bytes.length - at), at);
    }
    const framed = introducerCodec.link(false).decode(bytes);
    decodeRequest(bytes, "join");
    decodeRequest(bytes, "ask");
    decodeAnswer(bytes);
    if (framed.at !== "message") continue;
    taken++;
    if (!isWithinBounds(framed.message)) outside.push(new TextDecoder().decode(bytes));
  }
  expect(outside).toEqual([]);
  // Many changes only turn one name or number into another.
  expect(taken).toBeGreaterThan(100);
}, 120_000);
