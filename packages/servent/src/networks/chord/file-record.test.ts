import fc from "fast-check";
import { CborWriter } from "@servent/overlay/base/cbor.ts";
import { LIMITS } from "@servent/overlay/protocols/chord/limits.ts";
import { describe, expect, test } from "vitest";
import { decodeFileRecord, encodeFileRecord, type FileRecord, recordName } from "./file-record.ts";

const file = (changes: Partial<FileRecord> = {}): FileRecord => ({
  name: "tide-tables.txt",
  size: 714_650,
  sha1: new Uint8Array(20).fill(1),
  tigerRoot: new Uint8Array(24).fill(2),
  firewalled: false,
  ...changes,
});

describe("a record of a file", () => {
  test("says what the file is, there and back", () => {
    for (const each of [
      file(),
      file({ tigerRoot: undefined }),
      file({ firewalled: true }),
      file({ size: 0 }),
      file({ size: Number.MAX_SAFE_INTEGER, name: "潮の満ち引き 🌊.svg" }),
    ]) {
      expect(decodeFileRecord(encodeFileRecord(each))).toEqual(each);
    }
  });

  test("fits its bound whatever the name, and keeps the beginning and the ending of that", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", minLength: 1, maxLength: 600 }), (name) => {
        const value = encodeFileRecord(file({ name, size: Number.MAX_SAFE_INTEGER, firewalled: true }));
        expect(value.length).toBeLessThanOrEqual(LIMITS.recordBytesMax);
        expect(decodeFileRecord(value)?.name).toBe(recordName(name));
      }),
      { numRuns: 50 },
    );
    const long = recordName(`${"a very long name ".repeat(40)}.tar.gz`);
    expect(long).toMatch(/^a very long name .*….gz$/);
    expect(long.length).toBeGreaterThan(300);
  });

  test("may say more in a later version", () => {
    const later = new CborWriter();
    later.map([1, 2, 3, 9], (key) => {
      if (key === 1) later.text("x");
      else if (key === 2) later.number(7);
      else if (key === 3) later.byteString(new Uint8Array(20));
      else later.array(2).text("and").boolean(true);
    });
    expect(decodeFileRecord(later.done())).toMatchObject({ name: "x", size: 7 });
  });

  test("is none where a stranger wrote anything else", () => {
    const good = encodeFileRecord(file());
    const wrong = [
      new Uint8Array(0),
      good.subarray(0, good.length - 1),
      Uint8Array.of(...good, 0),
      encodeFileRecord(file({ name: "" })),
      new CborWriter().map([], () => undefined).done(),
    ];
    expect(wrong.map(decodeFileRecord)).toEqual(wrong.map(() => undefined));
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: LIMITS.recordBytesMax }), (bytes) => {
        const decoded = decodeFileRecord(bytes);
        return decoded === undefined || decoded.sha1.length === 20;
      }),
      { numRuns: 5000 },
    );
  });
});
