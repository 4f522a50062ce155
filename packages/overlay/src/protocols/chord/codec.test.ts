import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { hexDecode, hexEncode } from "../../base/bytes.ts";
import { endpointOf, parseEndpoint } from "../../base/ipv4.ts";
import type { Address, DatagramCodec } from "../../host/host.ts";
import { chordCodec, recordsThatFit } from "./codec.ts";
import { BigIntSpace, NumberSpace } from "./id-space.ts";
import { LIMITS } from "./limits.ts";
import type { Kind, Message, Peer, Record } from "./messages.ts";

const numbers = new NumberSpace();
const bigints = new BigIntSpace();
const numberCodec = chordCodec(numbers);
const bigintCodec = chordCodec(bigints);

const bytes = (hex: string): Uint8Array => hexDecode(hex) as Uint8Array;
const address = parseEndpoint("1.2.3.4:1286") as Address;
const token = 0xdeadbeef;

/** The bytes of one message of each kind, put together by hand from the table in README.md. */
const VECTORS: { readonly [K in Kind]: readonly [message: Extract<Message<number>, { kind: K }>, hex: string] } = {
  ping: [{ kind: "ping", token }, "82 01 44deadbeef"],
  pong: [{ kind: "pong", token: 0 }, "82 02 4400000000"],
  "ask-neighbours": [{ kind: "ask-neighbours", token }, "82 03 44deadbeef"],
  neighbours: [
    {
      kind: "neighbours",
      token,
      id: 0x5_0607_0809_0a0b,
      predecessor: { id: 1, address },
      successors: [{ id: 2, address: 7 }],
    },
    "85 04 44deadbeef 4705060708090a0b 82470000000000000146010203040506 8182470000000000000246000000000007",
  ],
  busy: [{ kind: "busy", token }, "82 05 44deadbeef"],
  notify: [{ kind: "notify", id: 2 ** 52 - 1 }, "82 06 470fffffffffffff"],
  "look-again": [{ kind: "look-again" }, "81 07"],
  find: [
    { kind: "find", token, key: 255, avoid: [address, 0] },
    "84 08 44deadbeef 47000000000000ff 8246010203040506 46000000000000",
  ],
  found: [
    { kind: "found", token, isOwner: true, peers: [{ id: 1, address }] },
    "84 09 44deadbeef f5 8182470000000000000146010203040506",
  ],
  route: [
    { kind: "route", token, key: 256, origin: 0xffff_ffff_ffff, hops: 24, isLast: false },
    "86 0a 44deadbeef 4700000000000100 46ffffffffffff 1818 f4",
  ],
  arrived: [{ kind: "arrived", token, id: 0, hops: 23 }, "84 0b 44deadbeef 4700000000000000 17"],
  leave: [{ kind: "leave", token, predecessor: undefined, successors: [] }, "84 0c 44deadbeef f6 80"],
  fetch: [{ kind: "fetch", token, key: 1, skip: 16 }, "84 0d 44deadbeef 4700000000000001 10"],
  records: [
    {
      kind: "records",
      token,
      permit: 1,
      total: 300,
      records: [{ provider: address, value: Uint8Array.of(0xaa, 0xbb) }],
    },
    "85 0e 44deadbeef 4400000001 19012c 81 82 46010203040506 42aabb",
  ],
  store: [
    {
      kind: "store",
      token,
      permit: 0xffff_ffff,
      key: 1,
      record: { provider: address, value: new Uint8Array(0) },
      seconds: 3600,
    },
    "86 0f 44deadbeef 44ffffffff 4700000000000001 82 46010203040506 40 190e10",
  ],
  stored: [{ kind: "stored", token, seconds: 0 }, "83 10 44deadbeef 00"],
};

/** Ordinary objects, as the codec makes them. */
function object<T>(model: { readonly [P in keyof T]: fc.Arbitrary<T[P]> }): fc.Arbitrary<T> {
  return fc.record<T>(model, { noNullPrototype: true });
}

function messages<Id>(id: fc.Arbitrary<Id>): fc.Arbitrary<Message<Id>> {
  const address = fc.oneof(fc.nat(1_000_000), fc.nat(0xffff_ffff_ffff));
  const token = fc.nat(0xffff_ffff);
  const hops = fc.nat(255);
  const peer: fc.Arbitrary<Peer<Id>> = object({ id, address });
  const peers = fc.array(peer, { maxLength: LIMITS.peersMax, size: "max" });
  const predecessor = fc.option(peer, { nil: undefined });
  const record = (valueMax: number): fc.Arbitrary<Record> => {
    // Long ones of one byte: what a failing test shrinks quickly.
    const long = fc.tuple(fc.nat(valueMax), fc.nat(255)).map(([length, byte]) => new Uint8Array(length).fill(byte));
    return object({ provider: address, value: fc.oneof(fc.uint8Array({ maxLength: 30 }), long) });
  };
  const records = fc
    .oneof(
      fc.array(record(30), { maxLength: LIMITS.recordsPerAnswerMax, size: "max" }),
      fc.array(record(LIMITS.recordBytesMax), { maxLength: LIMITS.recordsPerAnswerMax, size: "max" }),
    )
    .map((list) => list.slice(0, recordsThatFit(list)));
  const kind = <K extends Kind>(kind: K): fc.Arbitrary<K> => fc.constant(kind);
  const seconds = fc.oneof(fc.nat(LIMITS.recordSecondsMax), token);
  // Typed by kind: a kind without a generator does not compile.
  const all: { readonly [K in Kind]: fc.Arbitrary<Extract<Message<Id>, { kind: K }>> } = {
    ping: object({ kind: kind("ping"), token }),
    pong: object({ kind: kind("pong"), token }),
    "ask-neighbours": object({ kind: kind("ask-neighbours"), token }),
    neighbours: object({ kind: kind("neighbours"), token, id, predecessor, successors: peers }),
    busy: object({ kind: kind("busy"), token }),
    notify: object({ kind: kind("notify"), id }),
    "look-again": object({ kind: kind("look-again") }),
    find: object({
      kind: kind("find"),
      token,
      key: id,
      avoid: fc.array(address, { maxLength: LIMITS.avoidMax, size: "max" }),
    }),
    found: object({ kind: kind("found"), token, isOwner: fc.boolean(), peers }),
    route: object({ kind: kind("route"), token, key: id, origin: address, hops, isLast: fc.boolean() }),
    arrived: object({ kind: kind("arrived"), token, id, hops }),
    leave: object({ kind: kind("leave"), token, predecessor, successors: peers }),
    fetch: object({ kind: kind("fetch"), token, key: id, skip: token }),
    records: object({ kind: kind("records"), token, permit: token, total: token, records }),
    store: object({
      kind: kind("store"),
      token,
      permit: token,
      key: id,
      record: record(LIMITS.recordBytesMax),
      seconds,
    }),
    stored: object({ kind: kind("stored"), token, seconds }),
  };
  return fc.oneof(...Object.values(all));
}

const numberIds = fc.oneof(
  fc.nat(1000),
  fc.maxSafeInteger().map((id) => Math.abs(id) % 2 ** 52),
);
const bigintIds = fc.bigInt(0n, (1n << 160n) - 1n);
describe("the bytes of a message", () => {
  test.each(Object.values(VECTORS).map(([message, hex]) => ({ kind: message.kind, message, hex })))(
    "$kind is as the table says",
    ({ message, hex }) => {
      const encoded = bytes(hex.replaceAll(" ", ""));

      expect(hexEncode(numberCodec.encode(message))).toBe(hexEncode(encoded));
      expect(numberCodec.decode(encoded)).toStrictEqual({ ok: true, value: message });
      expect(numberCodec.size(message)).toBe(encoded.length);
    },
  );

  test("an id of 160 bits takes 20", () => {
    const encoded = bytes(`8206540102030405060708090a0b0c0d0e0f1011121314`);
    const message: Message<bigint> = { kind: "notify", id: 0x0102030405060708090a0b0c0d0e0f1011121314n };

    expect(bigintCodec.decode(encoded)).toStrictEqual({ ok: true, value: message });
    expect(hexEncode(bigintCodec.encode(message))).toBe(hexEncode(encoded));
  });
});

function comesBack<Id>(codec: DatagramCodec<Message<Id>>, arbitrary: fc.Arbitrary<Message<Id>>): void {
  fc.assert(
    fc.property(arbitrary, (message) => {
      const encoded = codec.encode(message);
      expect(codec.decode(encoded)).toStrictEqual({ ok: true, value: message });
      expect(codec.size(message)).toBe(encoded.length);
      expect(encoded.length).toBeLessThanOrEqual(LIMITS.datagramBytesMax);
    }),
    { numRuns: 5000 },
  );
}

function survivesHostileBytes<Id>(codec: DatagramCodec<Message<Id>>, arbitrary: fc.Arbitrary<Message<Id>>): void {
  const change = fc.tuple(fc.nat(1300), fc.nat(255));
  const mutated = fc
    .tuple(arbitrary, fc.array(change, { maxLength: 4 }), fc.oneof(fc.constant(0), fc.integer({ min: -2000, max: 20 })))
    .map(([message, changes, more]) => {
      const encoded = codec.encode(message);
      const datagram = new Uint8Array(Math.max(0, more < 0 ? -more % encoded.length : encoded.length + more));
      datagram.set(encoded.subarray(0, datagram.length));
      // Most changes fall near the front, where the heads are.
      for (const [at, byte] of changes) datagram[(at * at) % (datagram.length + 1)] = byte;
      return datagram;
    });
  const random = fc.uint8Array({ maxLength: LIMITS.datagramBytesMax + 10, size: "large" });
  const disguised = fc.tuple(fc.integer({ min: 0x80, max: 0x88 }), fc.nat(24), fc.uint8Array({ maxLength: 60 }));
  const hostile = fc.oneof(
    { arbitrary: mutated, weight: 8 },
    { arbitrary: random, weight: 1 },
    { arbitrary: disguised.map(([head, kind, rest]) => Uint8Array.of(head, kind, ...rest)), weight: 1 },
  );
  fc.assert(
    fc.property(hostile, (datagram) => {
      const result = codec.decode(datagram);
      if (!result.ok) return typeof result.problem === "string";
      // One form for each message: what is taken is what we would have sent.
      return hexEncode(codec.encode(result.value)) === hexEncode(datagram);
    }),
    { numRuns: 100_000 },
  );
}

describe("52-bit ids in doubles", () => {
  test("every message comes back equal, in the size that was said", () => comesBack(numberCodec, messages(numberIds)));
  test("100,000 hostile datagrams give a message or a problem", () =>
    survivesHostileBytes(numberCodec, messages(numberIds)));
});

describe("160-bit ids in bigints", () => {
  test("every message comes back equal, in the size that was said", () => comesBack(bigintCodec, messages(bigintIds)));
  test("100,000 hostile datagrams give a message or a problem", () =>
    survivesHostileBytes(bigintCodec, messages(bigintIds)));
});

describe("malformed", () => {
  const problem = (hex: string): string | undefined => {
    const result = numberCodec.decode(bytes(hex.replaceAll(" ", "")));
    return result.ok ? undefined : result.problem;
  };
  const peer = "82 4700000000000001 46010203040506";

  test("is what is no message", () => {
    expect(problem("")).toContain("datagram");
    expect(problem("01")).toContain("no array");
    expect(problem("80")).toContain("datagram");
    expect(problem("82 00 44deadbeef")).toBe("datagram: kind 0");
    expect(problem("82 11 44deadbeef")).toBe("datagram: kind 17");
    expect(problem("82 1903e8 44deadbeef")).toBe("datagram: kind 1000");
    expect(problem("9f 01 44deadbeef ff")).toContain("no length");
  });

  test("is what has too many or too few items or bytes", () => {
    expect(problem("81 01")).toBe("ping: 1 items");
    expect(problem("83 01 44deadbeef 00")).toBe("ping: 3 items");
    expect(problem("82 01 44deadbeef 00")).toContain("1 bytes too many");
    expect(problem("82 01 43deadbe")).toContain("3 bytes where 4 are the least");
    expect(problem("82 01 45deadbeef00")).toContain("byte string of 5 where 4 is the most");
    expect(problem("82 01 1adeadbeef")).toContain("no byte string");
    expect(problem(`84 08 44deadbeef 4700000000000001 81 4501020304 05`)).toContain("least");
    expect(problem(`84 09 44deadbeef f5 81 83${peer.slice(2)} 00`)).toContain("array of 3 where 2");
    expect(problem(`84 09 44deadbeef f5 81 81 4700000000000001`)).toContain("no pair");
  });

  test("is an id beyond the circle, or of another length", () => {
    expect(problem("82 06 470fffffffffffff")).toBeUndefined();
    expect(problem("82 06 4710000000000000")).toContain("beyond the circle");
    expect(problem("82 06 46ffffffffffff")).toContain("least");
    expect(problem(`82 06 54${"00".repeat(20)}`)).toContain("most");
  });

  test("is a count or a list beyond its bound", () => {
    const many = (count: number, item: string): string => (0x80 + count).toString(16) + item.repeat(count);
    expect(problem(`84 09 44deadbeef f5 ${many(20, peer)}`)).toBeUndefined();
    expect(problem(`84 09 44deadbeef f5 ${many(21, peer)}`)).toContain("array of 21 where 20 is the most");
    expect(problem(`84 0c 44deadbeef f6 ${many(21, peer)}`)).toContain("array of 21 where 20 is the most");
    expect(problem(`84 08 44deadbeef 4700000000000001 ${many(20, "46010203040506")}`)).toBeUndefined();
    expect(problem(`84 08 44deadbeef 4700000000000001 ${many(21, "46010203040506")}`)).toContain("array of 21");
    expect(problem(`85 0e 44deadbeef 4400000000 10 ${many(16, "824601020304050640")}`)).toBeUndefined();
    expect(problem(`85 0e 44deadbeef 4400000000 11 ${many(17, "824601020304050640")}`)).toContain("array of 17");
    expect(problem(`84 0b 44deadbeef 4700000000000000 18ff`)).toBeUndefined();
    expect(problem(`84 0b 44deadbeef 4700000000000000 190100`)).toContain("256 where 255 is the most");
    expect(problem(`83 10 44deadbeef 1b0000000100000000`)).toContain("is the most");
    expect(problem(`85 0e 44deadbeef 4400000000 01 81 82 46010203040506 590191${"00".repeat(401)}`)).toContain("401");
  });

  test("is a datagram that is too long, before it is looked at", () => {
    expect(numberCodec.decode(new Uint8Array(1233))).toEqual({ ok: false, problem: "datagram: 1233 bytes" });
  });
});

describe("what we would send wrongly", () => {
  const refuses = (message: Message<number>, why: string): void =>
    expect(() => numberCodec.encode(message)).toThrow(`assertion failed: ${why}`);
  const peers = (count: number): Peer<number>[] => Array.from({ length: count }, (_, id) => ({ id, address: id }));
  const record = (length: number): Record => ({ provider: 1, value: new Uint8Array(length) });

  test("stops whoever made it", () => {
    refuses({ kind: "found", token, isOwner: false, peers: peers(21) }, "a message has no more peers");
    refuses({ kind: "find", token, key: 1, avoid: peers(21).map(({ address }) => address) }, "a lookup avoids no more");
    refuses(
      { kind: "records", token, permit: 0, total: 17, records: Array(17).fill(record(1)) },
      "an answer has no more",
    );
    refuses({ kind: "records", token, permit: 0, total: 4, records: Array(4).fill(record(400)) }, "a message fits");
    refuses({ kind: "records", token, permit: 0, total: 1, records: [record(401)] }, "a record is no longer");
    refuses({ kind: "arrived", token, id: 1, hops: 256 }, "a count is within its bounds");
    refuses({ kind: "arrived", token, id: 1, hops: -1 }, "a count is within its bounds");
    refuses({ kind: "arrived", token, id: 1, hops: 0.5 }, "a number is whole");
    refuses({ kind: "arrived", token, id: 2 ** 52, hops: 1 }, "an id is a place of its circle");
    refuses({ kind: "ping", token: -1 }, "a token has 32 bits");
    refuses({ kind: "ping", token: 2 ** 32 }, "a token has 32 bits");
    refuses({ kind: "route", token, key: 1, origin: 2 ** 48, hops: 1, isLast: true }, "an address on the wire");
  });
});

describe("the largest messages", () => {
  const id = (1n << 160n) - 1n;
  const provider = endpointOf(0xffff_ffff, 0xffff);
  const peer = { id, address: provider };
  const peers = Array.from({ length: LIMITS.peersMax }, () => peer);
  const record = (length: number): Record => ({ provider, value: new Uint8Array(length) });
  const top = 0xffff_ffff;

  test("fit into a datagram with 20-byte ids and every list at its bound", () => {
    const longest: Message<bigint>[] = [
      { kind: "neighbours", token: top, id, predecessor: peer, successors: peers },
      { kind: "leave", token: top, predecessor: peer, successors: peers },
      { kind: "found", token: top, isOwner: true, peers },
      { kind: "find", token: top, key: id, avoid: Array<Address>(LIMITS.avoidMax).fill(provider) },
      { kind: "store", token: top, permit: top, key: id, record: record(LIMITS.recordBytesMax), seconds: top },
    ];
    for (const message of longest) {
      expect(bigintCodec.encode(message).length).toBeLessThanOrEqual(LIMITS.datagramBytesMax);
    }
  });

  test("hold as many records as fit and not one more", () => {
    for (let length = 0; length <= LIMITS.recordBytesMax; length++) {
      const records = Array<Record>(30).fill(record(length));
      const answer = (count: number): Message<bigint> => ({
        kind: "records",
        token: top,
        permit: top,
        total: top,
        records: records.slice(0, count),
      });
      const fitting = recordsThatFit(records);
      expect(bigintCodec.encode(answer(fitting)).length).toBeLessThanOrEqual(LIMITS.datagramBytesMax);
      if (fitting === LIMITS.recordsPerAnswerMax) continue;
      expect(bigintCodec.size(answer(fitting + 1))).toBeGreaterThan(LIMITS.datagramBytesMax);
    }
    expect(recordsThatFit([])).toBe(0);
    expect(recordsThatFit([record(1), record(2)])).toBe(2);
    expect(recordsThatFit(Array<Record>(30).fill(record(400)))).toBe(2);
  });
});
