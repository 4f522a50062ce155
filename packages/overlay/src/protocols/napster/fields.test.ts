import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseIpv4 } from "../../base/ipv4.ts";
import { fromByteText, toByteText } from "./byte-text.ts";
import { FieldReader, ipField, ipv4OfField, quote, splitFields, wholeNumber } from "./fields.ts";
import { mutations } from "./mutate-fixture.ts";

describe("fields of a line", () => {
  test("are words or quoted texts, with any number of blanks between them", () => {
    expect(splitFields('  alice   "C:\\My Music\\a b.mp3" 12\t"" x', 10)).toEqual([
      "alice",
      "C:\\My Music\\a b.mp3",
      "12",
      "",
      "x",
    ]);
    expect(splitFields("a b c", 2)).toEqual(["a", "b"]);
    expect(splitFields("", 2)).toEqual([]);
  });

  test("a quote that is never closed quotes all the rest, and one in a word is a part of it", () => {
    expect(splitFields('a "b c', 5)).toEqual(["a", "b c"]);
    expect(splitFields('a"b c', 5)).toEqual(['a"b', "c"]);
  });

  test("the rest of a chat message keeps its blanks and quotes", () => {
    const reader = new FieldReader('bob  hello "you"  there');
    expect(reader.next()).toBe("bob");
    expect(reader.rest()).toBe('hello "you"  there');
    expect(reader.next()).toBeUndefined();
  });

  test("what is quoted is read back, but for quotes, which cannot be sent", () => {
    const text = fc.string({ unit: fc.integer({ min: 32, max: 255 }).map((code) => String.fromCharCode(code)) });
    fc.assert(
      fc.property(fc.array(text, { maxLength: 5 }), (fields) => {
        const line = fields.map(quote).join(" ");
        expect(splitFields(line, 10)).toEqual(fields.map((field) => field.replaceAll('"', "'")));
      }),
    );
  });

  test("a hundred thousand damaged lines give fields, and never an error", () => {
    for (const line of mutations(
      ['alice 184549503 6701 "\\mnt\\music\\First Song.mp3" aa 7', "bob hello"],
      100_000,
      1,
    )) {
      for (const field of splitFields(line, 50)) expect(field.length <= line.length).toBe(true);
    }
  });
});

describe("numbers", () => {
  test("are digits and nothing else, up to a bound", () => {
    expect(wholeNumber("0", 10)).toBe(0);
    expect(wholeNumber("10", 10)).toBe(10);
    for (const text of ["11", "-1", "1.5", "1e3", "", " 1", "0x1", "99999999999999999999"]) {
      expect(wholeNumber(text, 10)).toBeUndefined();
    }
    expect(wholeNumber(undefined, 10)).toBeUndefined();
  });

  test("an address is its four bytes read as a little-endian number", () => {
    // As opennap-ng wrote it for 127.0.0.11.
    expect(ipField(parseIpv4("127.0.0.11") as number)).toBe(184_549_503);
    expect(ipv4OfField("184549503")).toBe(parseIpv4("127.0.0.11"));
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0xffff_ffff }), (ip) => {
        expect(ipv4OfField(String(ipField(ip)))).toBe(ip);
      }),
    );
    expect(ipv4OfField("4294967296")).toBeUndefined();
  });
});

describe("byte text", () => {
  test("carries every text as UTF-8, and shows what old clients wrote in their code page", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (text) => {
        const bytes = toByteText(text);
        expect(/^[\0-\xff]*$/.test(bytes)).toBe(true);
        expect(fromByteText(bytes)).toBe(text);
      }),
    );
    expect(fromByteText("caf\xe9 \x80")).toBe("café €");
  });
});
