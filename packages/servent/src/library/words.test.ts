import fc from "fast-check";
import { expect, test } from "vitest";
import { nameTerms, queryTerms, WORD_UNITS_MAX } from "./words.ts";

function finds(query: string, name: string): boolean {
  const asked = queryTerms(query);
  return asked.size > 0 && asked.isSubsetOf(nameTerms(name));
}

test.each([
  ["blue train", "Music/Blue Train.ogg", true],
  ["TRAIN blue", "Music/Blue Train.ogg", true],
  ["trai", "Music/Blue Train.ogg", false],
  ["music ogg", "Music/Blue Train.ogg", true],
  ["cafe", "Café del Mar", true],
  ["音楽", "東京の音楽 live", true],
  ["東京 live", "東京の音楽 live", true],
  ["楽", "東京の音楽", true],
  ["京東", "東京の音楽", false],
  ["東京の音楽", "東京の音楽", true],
  ["東京2020live", "東京2020live.mp4", true],
  ["東京", "東京2020live.mp4", true],
  ["2020live", "東京2020live.mp4", true],
  ["2020", "東京2020live.mp4", false],
  ["노래", "한국어 노래", true],
  ["...", "anything", false],
])("%j in %j: %s", (query, name, expected) => {
  expect(finds(query, name)).toBe(expected);
});

test("every name is found by its own text, and by each of its words", () => {
  const text = fc.string({ unit: fc.constantFrom("a", "B", "é", " ", "-", "東", "京", "か", "9", "ю"), maxLength: 30 });
  fc.assert(
    fc.property(text, (name) => {
      expect(queryTerms(name).isSubsetOf(nameTerms(name))).toBe(true);
      for (const word of name.split(/[ -]/)) expect(queryTerms(word).isSubsetOf(nameTerms(name))).toBe(true);
    }),
  );
});

test("words beyond the limit are cut alike in names and queries", () => {
  const long = "x".repeat(WORD_UNITS_MAX + 40);

  expect(finds(long, `a ${long}.bin`)).toBe(true);
  expect(nameTerms(`${"x".repeat(WORD_UNITS_MAX - 1)}𠀀𠀀`)).toContain("x".repeat(WORD_UNITS_MAX - 1));
  expect(Math.max(...Array.from(nameTerms(long), (term) => term.length))).toBe(WORD_UNITS_MAX);
});
