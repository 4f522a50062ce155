import fc from "fast-check";
import { expect, test } from "vitest";
import { splitWords } from "./words.ts";

test.each([
  ["Blue_Train-01 (live).OGG", ["blue", "train", "01", "live", "ogg"]],
  ["", []],
  ["--- ...", []],
  ["Café MÜNSTER ñandú", ["cafe", "munster", "nandu"]],
  ["Ｂｌｕｅ　Ｔｒａｉｎ ①", ["blue", "train", "1"]],
  ["ﬁne Ⅷ x²", ["fine", "viii", "x2"]],
  ["İstanbul ΜΟΥΣΙΚΗ Москва", ["istanbul", "μουσικη", "москва"]],
  ["東京の音楽 live", ["東京の音楽", "live"]],
  ["한국어 노래", ["한국어", "노래"]],
  ["ガラス", ["カラス"]],
  ["hello hello", ["hello", "hello"]],
  ["ΟΔΟΣ.mp3", ["οδος", "mp3"]],
  ["20℃ 1½ a…b ™", ["20", "c", "11", "2", "a", "b", "tm"]],
  ["𝒳𝓎𝓏 😀", ["xyz"]],
])("%j is split into %j", (text, words) => {
  expect(splitWords(text)).toEqual(words);
});

test("composed and decomposed accents are one word", () => {
  expect(splitWords("caf\u00e9")).toEqual(splitWords("cafe\u0301"));
});

test("words are folded once and for all: splitting them again changes nothing", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", maxLength: 40 }), (text) => {
      const words = splitWords(text);

      expect(splitWords(words.join(" "))).toEqual(words);
    }),
  );
});
