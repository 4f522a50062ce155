import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { hexDecode, hexEncode } from "./bytes.ts";
import {
  CBOR_SIMPLE_BYTES,
  CborReader,
  CborWriter,
  cborByteStringBytes,
  cborHeadBytes,
  cborNumberBytes,
  cborTextBytes,
} from "./cbor.ts";

type Value = number | boolean | null | string | Uint8Array | Value[] | Map<number | string, Value>;

const bytes = (hex: string): Uint8Array => hexDecode(hex) as Uint8Array;
const sequence = (length: number): number[] => Array.from({ length }, (_, i) => i + 1);

function write(value: Value, writer = new CborWriter(1)): CborWriter {
  if (value === null) return writer.null();
  if (typeof value === "number") return writer.number(value);
  if (typeof value === "boolean") return writer.boolean(value);
  if (typeof value === "string") return writer.text(value);
  if (value instanceof Uint8Array) return writer.byteString(value);
  if (Array.isArray(value)) {
    writer.array(value.length);
    for (const item of value) write(item, writer);
    return writer;
  }
  return writer.map([...value.keys()], (key) => write(value.get(key) as Value, writer));
}

/** Any item, by the major type of its first byte; datagrams know what comes next, these tests do not. */
function read(encoded: Uint8Array, reader: CborReader): Value {
  switch ((encoded[reader.position] as number) >> 5) {
    case 0:
    case 1:
      return reader.number();
    case 2:
      return reader.byteString(1000);
    case 3:
      return reader.text(1000);
    case 4:
      return Array.from({ length: reader.array(1000) }, () => read(encoded, reader));
    case 5: {
      const map = new Map<number | string, Value>();
      reader.map(1000, (key) => map.set(key, read(encoded, reader)));
      return map;
    }
    default:
      return reader.null() ? null : reader.boolean();
  }
}

/** The value, or the problem in words. */
function decode(encoded: Uint8Array): { readonly value: Value } | string {
  const reader = new CborReader(encoded);
  const value = read(encoded, reader);
  reader.end();
  return reader.problem ?? { value };
}

function size(value: Value): number {
  if (value === null || typeof value === "boolean") return CBOR_SIMPLE_BYTES;
  if (typeof value === "number") return cborNumberBytes(value);
  if (typeof value === "string") return cborTextBytes(value);
  if (value instanceof Uint8Array) return cborByteStringBytes(value.length);
  if (Array.isArray(value)) return value.reduce((sum: number, item) => sum + size(item), cborHeadBytes(value.length));
  return [...value].reduce((sum, [key, item]) => sum + size(key) + size(item), cborHeadBytes(value.size));
}

/** Passing over it must find the same faults as reading it. */
function skip(encoded: Uint8Array): string | undefined {
  const reader = new CborReader(encoded);
  reader.skip();
  reader.end();
  return reader.problem;
}

describe("RFC 8949, appendix A", () => {
  const examples: [hex: string, value: Value][] = [
    ["00", 0],
    ["01", 1],
    ["0a", 10],
    ["17", 23],
    ["1818", 24],
    ["1819", 25],
    ["1864", 100],
    ["1903e8", 1000],
    ["1a000f4240", 1_000_000],
    ["1b000000e8d4a51000", 1_000_000_000_000],
    ["20", -1],
    ["29", -10],
    ["3863", -100],
    ["3903e7", -1000],
    ["f4", false],
    ["f5", true],
    ["f6", null],
    ["40", new Uint8Array(0)],
    ["4401020304", Uint8Array.of(1, 2, 3, 4)],
    ["60", ""],
    ["6161", "a"],
    ["6449455446", "IETF"],
    ["62225c", '"\\'],
    ["62c3bc", "ü"],
    ["63e6b0b4", "水"],
    ["64f0908591", "\u{10151}"],
    ["80", []],
    ["83010203", [1, 2, 3]],
    ["8301820203820405", [1, [2, 3], [4, 5]]],
    ["98190102030405060708090a0b0c0d0e0f101112131415161718181819", sequence(25)],
    ["a0", new Map()],
    [
      "a201020304",
      new Map([
        [1, 2],
        [3, 4],
      ]),
    ],
    [
      "a26161016162820203",
      new Map<string, Value>([
        ["a", 1],
        ["b", [2, 3]],
      ]),
    ],
    ["826161a161626163", ["a", new Map([["b", "c"]])]],
    ["a56161614161626142616361436164614461656145", new Map(["a", "b", "c", "d", "e"].map((k) => [k, k.toUpperCase()]))],
  ];

  test.each(examples)("%s is read, written, sized and passed over", (hex, value) => {
    expect(decode(bytes(hex))).toEqual({ value });
    expect(hexEncode(write(value).done())).toBe(hex);
    expect(size(value)).toBe(hex.length / 2);
    expect(skip(bytes(hex))).toBeUndefined();
  });

  const foreign = [
    ["numbers beyond 2^53 - 1", "1bffffffffffffffff", "3bffffffffffffffff"],
    ["big numbers", "c249010000000000000000", "c349010000000000000000"],
    ["halves", "f90000", "f98000", "f93c00", "f93e00", "f97bff", "f90001", "f90400", "f9c400", "f97c00", "f97e00"],
    ["singles and doubles", "fa47c35000", "fa7f7fffff", "fa7fc00000", "fb3ff199999999999a", "fb7ff0000000000000"],
    ["other simple values", "f7", "f0", "f818", "f8ff"],
    ["tags", "c074323031332d30332d32315432303a30343a30305a", "c11a514b67b0", "d74401020304", "d818456449455446"],
    ["lengths to come", "5f42010243030405ff", "7f657374726561646d696e67ff", "9fff", "9f018202039f0405ffff"],
    ["lists without an end", "83018202039f0405ff", "83019f0203ff820405", "bf61610161629f0203ffff", "bf6346756ef5ff"],
  ];

  test.each(foreign)("%s are refused", (_what, ...hexes) => {
    for (const hex of hexes) {
      expect(typeof decode(bytes(hex))).toBe("string");
      expect(typeof skip(bytes(hex))).toBe("string");
    }
  });
});

describe("deterministic encoding", () => {
  test("takes the shortest form only", () => {
    const longer = ["1800", "1817", "190018", "1900ff", "1a0000ffff", "1b00000000ffffffff", "3817", "5801aa", "780161"];
    for (const hex of [...longer, "9800", "990000", "b800", "f814"]) {
      expect(typeof decode(bytes(hex))).toBe("string");
      expect(typeof skip(bytes(hex))).toBe("string");
    }
  });

  test("has the size that was said on both sides of every longer form", () => {
    for (const least of [24, 0x100, 0x1_0000, 0x1_0000_0000]) {
      for (const number of [least - 1, least, -least, -least - 1]) {
        expect(write(number).done().length).toBe(cborNumberBytes(number));
        expect(decode(write(number).done())).toEqual({ value: number });
      }
    }
  });

  test("goes to 2^53 - 1 in both directions and no further", () => {
    const most = Number.MAX_SAFE_INTEGER;
    expect(hexEncode(write([most, -most]).done())).toBe("821b001fffffffffffff3b001ffffffffffffe");
    expect(decode(bytes("821b001fffffffffffff3b001ffffffffffffe"))).toEqual({ value: [most, -most] });
    expect(decode(bytes("1b0020000000000000"))).toContain("beyond 2^53 - 1");
    expect(decode(bytes("3b001fffffffffffff"))).toContain("is the most");
    for (const value of [most + 1, -most - 1, 0.5, Number.NaN]) expect(() => write(value)).toThrow("whole");
  });

  test("sorts the keys of a map by their bytes, as RFC 8949 §4.2.1 does", () => {
    const keys = ["aa", 100, -1, "z", 10, "\uffff", "\u{10000}", "", -100];

    const encoded = new CborWriter().map(keys, () => undefined).done();

    const sorted = ["0a", "1864", "20", "3863", "60", "617a", "626161", "63efbfbf", "64f0908080"];
    expect(hexEncode(encoded)).toBe(`a9${sorted.join("")}`);
  });

  test("refuses keys that are out of order, equal, or neither number nor text", () => {
    for (const hex of [
      "a203000100",
      "a201000100",
      "a2616200616100",
      "a2616100616100",
      "a22000000000",
      "a14000",
      "a1f400",
    ])
      for (const problem of [decode(bytes(hex)), skip(bytes(hex))]) expect(typeof problem).toBe("string");
    expect(() => write(new Map()).map([1, 1], () => undefined)).toThrow("the same key");
  });

  test("text is well-formed in both directions", () => {
    expect(() => write("\ud800")).toThrow("lone surrogates");
    expect(decode(bytes("61ff"))).toContain("no UTF-8");
    expect(skip(bytes("63eda080"))).toContain("no UTF-8");
  });
});

describe("bounds", () => {
  test("are checked before anything of that length is made", () => {
    const claims = ["5affffffff", "7affffffff", "9affffffff", "baffffffff", "9b001fffffffffffff", "5818aa", "830102"];
    for (const hex of claims) {
      expect(typeof decode(bytes(hex))).toBe("string");
      expect(typeof skip(bytes(hex))).toBe("string");
    }
  });

  test("are those of the caller", () => {
    const problem = (hex: string, read: (reader: CborReader) => unknown): string | undefined => {
      const reader = new CborReader(bytes(hex));
      read(reader);
      return reader.problem;
    };
    expect(problem("0a", (reader) => reader.unsigned(10))).toBeUndefined();
    expect(problem("0a", (reader) => reader.unsigned(9))).toBe("number of 10 where 9 is the most at byte 1");
    expect(problem("20", (reader) => reader.unsigned())).toBe("no number at byte 1");
    expect(problem("420102", (reader) => reader.byteString(1))).toContain("2 where 1 is the most");
    expect(problem("420102", (reader) => reader.byteString(3, 3))).toContain("2 bytes where 3 are the least");
    expect(problem("62c3bc", (reader) => reader.text(1))).toContain("2 where 1 is the most");
    expect(problem("820000", (reader) => reader.array(1))).toContain("2 where 1 is the most");
    expect(problem("a200000100", (reader) => reader.map(1, () => reader.skip()))).toContain("2 where 1 is the most");
    expect(problem("00", (reader) => reader.end())).toBe("1 bytes too many at byte 0");
  });

  test("passing over goes only so deep", () => {
    const nested = (depth: number): Uint8Array => bytes(`${"81".repeat(depth)}00`);
    expect(skip(nested(16))).toBeUndefined();
    expect(skip(nested(17))).toContain("too deep");
    expect(skip(bytes("81".repeat(100_000)))).toContain("too deep");
    expect(skip(bytes("a100".repeat(100_000)))).toContain("too deep");
  });

  test("after its first failure a reader gives nothing", () => {
    const reader = new CborReader(bytes("8301f502"));
    reader.array(3);
    reader.text(10);
    expect([reader.unsigned(), reader.number(), reader.array(5), reader.text(5), reader.null()]).toEqual([
      0,
      0,
      0,
      "",
      false,
    ]);
    expect(reader.problem).toBe("no text at byte 2");
  });
});

describe("properties", () => {
  const key = fc.oneof(fc.integer({ min: -1000, max: 1000 }), fc.string({ unit: "grapheme", maxLength: 5 }));
  const { value } = fc.letrec<{ value: Value; list: Value[]; map: Map<number | string, Value> }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      fc.maxSafeInteger(),
      fc.boolean(),
      fc.constant(null),
      fc.string({ unit: "grapheme", maxLength: 30 }),
      fc.uint8Array({ maxLength: 300 }),
      tie("list"),
      tie("map"),
    ),
    list: fc.array(tie("value"), { maxLength: 30 }),
    map: fc.array(fc.tuple(key, tie("value")), { maxLength: 5 }).map((entries) => new Map(entries)),
  }));

  test("what is written comes back, in the size that was said", () => {
    fc.assert(
      fc.property(value, (value) => {
        const encoded = write(value).done();
        expect(decode(encoded)).toEqual({ value });
        expect(size(value)).toBe(encoded.length);
        expect(skip(encoded)).toBeUndefined();
      }),
      { numRuns: 1000 },
    );
  });

  test("100,000 random and mutated inputs give a value or a problem, and a value has no other form", () => {
    const mutated = fc
      .tuple(value, fc.array(fc.tuple(fc.nat(1000), fc.nat(255)), { maxLength: 4 }), fc.nat(1000))
      .map(([value, changes, cut]) => {
        const encoded = write(value).done();
        const kept = encoded.slice(0, encoded.length - (cut % 3));
        for (const [at, byte] of changes) if (at < kept.length) kept[at] = byte;
        return kept;
      });
    const random = fc.uint8Array({ maxLength: 30 });
    fc.assert(
      fc.property(fc.oneof(random, mutated), (encoded) => {
        const result = decode(encoded);
        if (typeof result === "string") return;
        expect(hexEncode(write(result.value).done())).toBe(hexEncode(encoded));
        expect(skip(encoded)).toBeUndefined();
      }),
      { numRuns: 100_000 },
    );
  });
});
