import { sha1OfUrn, sha1Urn, tigerOfUrn, tigerUrn } from "../../base/urn.ts";
import { readFileSync } from "node:fs";
import { deflateSync, inflateSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { concatBytes, hexDecode, hexEncode, latin1Encode, utf8Encode } from "../../base/bytes.ts";
import { largeSize, queryExtensions, readExtensions, recordExtensions } from "./extensions.ts";
import { cobsDecode, cobsEncode, decodeGgep, encodeGgep } from "./ggep.ts";
import { encodeTrailer, readTrailer } from "./hit-trailer.ts";
import { minimumSpeed, minimumSpeedWord } from "./query-flags.ts";
import type { Zlib } from "./zlib.ts";

const specification = JSON.parse(
  readFileSync(new URL("../../../../../test/vectors/gnutella/specification.json", import.meta.url), "utf8"),
);
const bytes = (hex: string): Uint8Array => hexDecode(hex) as Uint8Array;
const zlib: Zlib = {
  deflate: (plain) => deflateSync(plain),
  inflate: (deflated, most) => {
    try {
      return inflateSync(deflated, { maxOutputLength: most });
    } catch {
      return undefined;
    }
  },
};
const sha1 = Uint8Array.from({ length: 20 }, (_, i) => i * 7);
const root = Uint8Array.from({ length: 24 }, (_, i) => i);

describe("GGEP", () => {
  test("blocks of the specification", () => {
    for (const { bytes: hex, extensions } of specification.ggep) {
      const block = decodeGgep(bytes(hex));
      const plain = extensions.map(({ id, data }: { id: string; data: string }) => [id, bytes(data)]);
      expect([...(block?.extensions ?? [])]).toEqual(plain);
      expect(hexEncode(encodeGgep(plain, false))).toBe(hex);
    }
  });

  test("lengths of the specification", () => {
    for (const { length, bytes: hex } of specification.ggepLength) {
      const block = concatBytes([bytes("c38141"), bytes(hex), new Uint8Array(length)]);
      expect(decodeGgep(block)?.extensions.get("A")?.length).toBe(length);
      expect(hexEncode(encodeGgep([["A", new Uint8Array(length)]], false))).toBe(hexEncode(block));
    }
  });

  test("COBS of the specification, both ways", () => {
    for (const { plain, encoded } of specification.cobs) {
      expect(hexEncode(cobsEncode(bytes(plain)))).toBe(encoded);
      expect(hexEncode(cobsDecode(bytes(encoded)) as Uint8Array)).toBe(plain);
    }
    for (const { encoded } of specification.cobsMalformed) expect(cobsDecode(bytes(encoded))).toBeUndefined();
  });

  test("what is encoded comes back, and is free of NUL where that is asked for", () => {
    const extensions = fc.array(
      fc.tuple(fc.stringMatching(/^[A-Z][A-Z0-9]{0,6}$/), fc.uint8Array({ maxLength: 600 })),
      {
        maxLength: 6,
      },
    );
    fc.assert(
      fc.property(extensions, fc.boolean(), (list, nulFree) => {
        const unique = [...new Map(list)];
        const block = encodeGgep(unique, nulFree);
        if (nulFree && block.includes(0)) return false;
        if (unique.length === 0) return block.length === 0;
        expect([...(decodeGgep(block)?.extensions ?? [])]).toEqual(unique);
        return true;
      }),
    );
  });

  test("a deflated extension is inflated within its bound, and a bomb is refused", () => {
    const deflated = (plain: Uint8Array): Uint8Array => {
      const data = deflateSync(plain);
      const length = [0x80 | (data.length >> 12), 0x80 | ((data.length >> 6) & 63), 0x40 | (data.length & 63)];
      return concatBytes([Uint8Array.of(0xc3, 0xa1, 0x41, ...length), data]);
    };
    expect(hexEncode(decodeGgep(deflated(root), zlib)?.extensions.get("A") ?? root)).toBe(hexEncode(root));
    expect(decodeGgep(deflated(root), zlib)?.extensions.get("A")).toBeDefined();
    expect(decodeGgep(deflated(new Uint8Array(10_000_000)), zlib)).toBeUndefined();
  });
});

describe("extension areas", () => {
  test("a record names its hashes in the form that the asker understands, without NUL", () => {
    for (const binary of [true, false]) {
      const area = recordExtensions({ sha1, tigerRoot: root, large: 5_000_000_000, binary });
      expect(area.includes(0)).toBe(false);
      const read = readExtensions(area);
      expect(read.urns.toSorted()).toEqual([sha1Urn(sha1), tigerUrn(root)]);
      expect(largeSize(read)).toBe(5_000_000_000);
    }
  });

  test("a query asks for hashes, or for one content", () => {
    expect(readExtensions(queryExtensions(undefined))).toMatchObject({ wantsUrns: true, urns: [] });
    expect(readExtensions(queryExtensions(sha1Urn(sha1))).urns).toEqual([sha1Urn(sha1)]);
  });

  test("text, GGEP and foreign items may stand in any order", () => {
    const ggep = encodeGgep([["H", concatBytes([Uint8Array.of(1), sha1])]], true);
    const area = concatBytes([
      utf8Encode("<xml/>"),
      Uint8Array.of(0x1c),
      ggep,
      Uint8Array.of(0x1c),
      utf8Encode("urn:"),
    ]);
    expect(readExtensions(area)).toMatchObject({ wantsUrns: true, urns: [sha1Urn(sha1)] });
  });

  test("every form of a URN gives its hash, and nothing else does", () => {
    const bitprint = `urn:bitprint:${sha1Urn(sha1).slice(9)}.${tigerUrn(root).slice(11)}`;
    expect(sha1OfUrn(bitprint.toLowerCase())).toEqual(sha1);
    expect(tigerOfUrn(bitprint)).toEqual(root);
    expect(tigerOfUrn(`urn:tree:tiger/:${tigerUrn(root).slice(11)}`)).toEqual(root);
    for (const text of ["urn:sha1:", "urn:sha1:ABC", "urn:md5:AAAA", `${sha1Urn(sha1)}A`, ""]) {
      expect(sha1OfUrn(text)).toBeUndefined();
    }
  });
});

describe("the trailer of a hit", () => {
  test("says push and busy so that the reader hears the same", () => {
    for (const push of [true, false]) {
      for (const busy of [true, false]) {
        const trailer = encodeTrailer({ vendor: "SRVT", push, busy, ggep: [["BH", new Uint8Array(0)]] });
        expect(readTrailer(trailer)).toMatchObject({ vendor: "SRVT", push, busy });
        expect(readTrailer(trailer).ggep.has("BH")).toBe(true);
      }
    }
  });

  test("a foreign or short one says nothing", () => {
    for (const trailer of [
      new Uint8Array(0),
      latin1Encode("NAPS"),
      latin1Encode("LIME\u0000"),
      latin1Encode("LIME\u0001\u0001"),
    ]) {
      expect(readTrailer(trailer)).toMatchObject({ push: undefined, busy: undefined });
    }
  });
});

test("a minimum speed is never mistaken for flags, and loses at most 128 kbit/s", () => {
  for (let kbps = 0; kbps <= 0xffff; kbps++) {
    const word = minimumSpeedWord(kbps);
    expect(word & 0x8000).toBe(0);
    const heard = minimumSpeed(word);
    expect(heard <= kbps && kbps - heard <= 128).toBe(true);
  }
});

test("100,000 random and mutated areas are read without an error, in bounded memory", () => {
  const samples = [
    recordExtensions({ sha1, tigerRoot: root, large: 2 ** 33, binary: true }),
    recordExtensions({ sha1, tigerRoot: root, large: undefined, binary: false }),
    encodeTrailer({ vendor: "SRVT", push: true, busy: false, ggep: [["PUSH", root]] }),
  ];
  const mutated = fc
    .tuple(fc.constantFrom(...samples), fc.array(fc.tuple(fc.nat(500), fc.nat(255)), { minLength: 1, maxLength: 6 }))
    .map(([sample, changes]) => {
      const copy = sample.slice();
      for (const [at, value] of changes) copy[at % copy.length] = value;
      return copy;
    });
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), mutated), (area) => {
      const read = readExtensions(area, zlib);
      readTrailer(area, zlib);
      cobsDecode(area);
      return read.urns.length <= 64 && read.ggep.size <= 64;
    }),
    { numRuns: 100_000 },
  );
});
