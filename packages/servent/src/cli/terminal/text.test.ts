import fc from "fast-check";
import { expect, test } from "vitest";
import { cutEnd, cutMiddle, displayWidth, padEnd, padStart, safeJson, visible, wrapWords } from "./text.ts";

test("control characters become visible marks", () => {
  expect(visible("a\u0000b\u001b[2Jc\nd\te\u007ff")).toBe("a␀b␛[2Jc␊d␉e␡f");
  expect(visible("c1 \u009b31m")).toBe("c1 <009B>31m");
});

test("characters that turn text around become visible marks", () => {
  expect(visible("photo\u202egpj.exe")).toBe("photo<202E>gpj.exe");
  expect(visible("\u2066x\u2069\u200f\u061c\ufeff\u2028")).toBe("<2066>x<2069><200F><061C><FEFF><2028>");
});

test("ordinary text of any script passes unchanged", () => {
  const text = "naïve 潮の満ち引き שלום مرحبا 👩‍👩‍👧 é";
  expect(visible(text)).toBe(text);
});

test("no text can put a raw control character on a terminal", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      expect(visible(text)).not.toMatch(/[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}]/u);
    }),
  );
});

test("JSON says the same as before and holds no raw character that could steer a terminal", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      const json = safeJson({ text });
      expect(JSON.parse(json)).toEqual({
        text: text.toWellFormed() === text ? text : JSON.parse(JSON.stringify(text)),
      });
      expect(json).not.toMatch(/[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}]/u);
    }),
  );
});

test.each([
  ["abc", 3],
  ["潮", 2],
  ["潮の満ち引き", 12],
  ["ｆｕｌｌ", 8],
  ["e\u0301", 1],
  ["👩‍👩‍👧", 2],
  ["🌊", 2],
  ["❤️", 2],
  ["한글", 4],
  ["…", 1],
  ["", 0],
])("%s takes %d columns", (text, width) => {
  expect(displayWidth(text)).toBe(width);
});

test("a long name loses its middle and keeps its extension", () => {
  expect(cutMiddle("a very long name of a song.ogg", 16)).toBe("a very l…ong.ogg");
  expect(cutMiddle("short.ogg", 16)).toBe("short.ogg");
});

test("a cut never splits a wide character and never exceeds its width", () => {
  expect(cutMiddle("潮の満ち引き.flac", 9)).toBe("潮の…flac");
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), fc.integer({ min: 1, max: 40 }), (text, width) => {
      const shown = visible(text);
      expect(displayWidth(cutMiddle(shown, width))).toBeLessThanOrEqual(width);
      expect(displayWidth(cutEnd(shown, width))).toBeLessThanOrEqual(width);
    }),
  );
});

test("padding counts columns, not characters", () => {
  expect(padEnd("潮", 4)).toBe("潮  ");
  expect(padStart("潮", 4)).toBe("  潮");
});

test("words are wrapped and never broken", () => {
  expect(wrapWords("one two three unbreakably-long-word end", 9)).toEqual([
    "one two",
    "three",
    "unbreakably-long-word",
    "end",
  ]);
});
