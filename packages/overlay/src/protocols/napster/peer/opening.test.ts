import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { mutations } from "../mutate-fixture.ts";
import { lineOf, listOf, type Opening, OPENING_CHARS_MAX, readOpening, wordOf } from "./opening.ts";

const vectors = new URL("../../../../../../test/vectors/napster/", import.meta.url);
const textOf = (name: string): string => readFileSync(new URL(name, vectors), "latin1");
const URN = "urn:sha1:6N2SQZII5PHGTL2TLKZX3GG3PXRYL2KZ";

const openings: fc.Arbitrary<Opening> = fc.oneof(
  fc.record({
    kind: fc.constant("get" as const),
    nick: fc.stringMatching(/^[a-z0-9_-]{1,19}$/),
    path: fc.stringMatching(/^[ !#-~\xa0-\xff]{1,100}$/),
    offset: fc.integer({ min: 0, max: 0xffff_ffff }),
  }),
  fc.record({
    kind: fc.constant("send" as const),
    nick: fc.stringMatching(/^[a-z0-9_-]{1,19}$/),
    path: fc.stringMatching(/^[ !#-~\xa0-\xff]{1,100}$/),
    size: fc.integer({ min: 0, max: 0xffff_ffff }),
  }),
  fc.constant({ kind: "get-list" } as const),
  fc.record({ kind: fc.constant("send-list" as const), nick: fc.stringMatching(/^[a-z0-9]{1,19}$/) }),
  fc.constant({ kind: "get-tree", urn: URN } as const),
);

describe("how a connection to a data port begins", () => {
  test("TekNap's request is a word, and a line whose number ends with the bytes", () => {
    expect(readOpening(textOf("teknap-get.bin"))).toEqual({
      at: "opening",
      opening: { kind: "get", nick: "bob", path: "\\mnt\\music\\Test Band - First Song.mp3", offset: 0 },
      used: 48,
      isOpen: true,
    });
    expect(readOpening(textOf("teknap-getlist.bin"))).toMatchObject({ opening: { kind: "get-list" }, used: 8 });
  });

  test("whatever its pieces are, it is read the same", () => {
    fc.assert(
      fc.property(openings, (opening) => {
        const text = wordOf(opening) + lineOf(opening, true);
        for (let end = 0; end < text.length; end++) {
          const step = readOpening(text.slice(0, end));
          // Only what may go on is taken for complete before its end: a list has no line, and digits may follow digits.
          if (step.at !== "opening") expect(step.at).toBe("more");
          else expect(step.isOpen || opening.kind === "get-list").toBe(true);
        }
        expect(readOpening(text)).toEqual({ at: "opening", opening, used: text.length, isOpen: false });
      }),
    );
  });

  test("a name that begins like a longer word is a name", () => {
    expect(readOpening('GETLISTen "a.mp3" 5')).toMatchObject({ opening: { kind: "get", nick: "LISTen", offset: 5 } });
    expect(readOpening('GETTREEfan "a.mp3" 5')).toMatchObject({ opening: { kind: "get", nick: "TREEfan" } });
    expect(readOpening("GETL")).toEqual({ at: "more" });
    expect(readOpening("SENDLIST\nbob\n")).toMatchObject({ opening: { kind: "send-list", nick: "bob" } });
  });

  test("other protocols, refusals and endless names are nonsense", () => {
    for (const text of [
      "HEAD / HTTP/1.1\r\n",
      "GET / HTTP/1.1\r\n",
      "\0\0\0\0",
      `GET${"x".repeat(100)}`,
      `GETbob "${"x".repeat(OPENING_CHARS_MAX)}`,
      'GETbob "a" -1\n',
      `SENDLIST ${"x".repeat(OPENING_CHARS_MAX)}`,
    ]) {
      expect(readOpening(text), text.slice(0, 20)).toEqual({ at: "nonsense" });
    }
  });

  test("a hundred thousand damaged beginnings are read or refused, and what is waited for is bounded", () => {
    const samples = [textOf("teknap-get.bin"), 'SENDbob "C:\\a b.mp3" 375750', "GETLIST\n", `GETTREE ${URN}\n`];
    for (const text of mutations(samples, 100_000, 5)) {
      const step = readOpening(text);
      if (step.at === "more") expect(text.length).toBeLessThanOrEqual(OPENING_CHARS_MAX);
      if (step.at === "opening") expect(step.used).toBeLessThanOrEqual(text.length);
      // What makes no sense now makes no sense with more behind it, and what waits ends by itself.
      if (step.at === "more") expect(readOpening(text + "x".repeat(OPENING_CHARS_MAX)).at).not.toBe("more");
    }
  });

  test("a list is a line for each file and an empty one", () => {
    const file = { path: "C:\\a.mp3", md5: "aa", size: 1, bitrate: 128, frequency: 44_100, seconds: 3 } as const;
    expect(listOf([{ ...file, media: "mp3", urn: "" }])).toBe('"C:\\a.mp3" aa 1 128 44100 3\n\n');
  });
});
