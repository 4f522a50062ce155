import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LIMITS } from "./limits.ts";
import { fileWords, queryWords, STOP_WORDS } from "./words.ts";

const words = (path: string, most = 31): string[] => fileWords(path, STOP_WORDS, most).sort();
const NONE = new Set<string>();

describe("a file is found by", () => {
  test("the words of its name and its folder, and of no folder above", () => {
    expect(words("C:\\Music\\Coltrane\\Blue Train.mp3")).toEqual(["blue", "coltrane", "train"]);
    expect(words("/home/alice/Coltrane/Blue Train.mp3")).toEqual(["blue", "coltrane", "train"]);
    expect(words("Blue Train.mp3")).toEqual(["blue", "train"]);
    expect(words("Coltrane\\Blue Train.mp3")).toEqual(["blue", "coltrane", "train"]);
  });

  test("nothing of its extension, wherever dots stand", () => {
    expect(words("Mr. Blue\\Love Supreme.live.ogm")).toEqual(["blue", "live", "love", "mr", "supreme"]);
    expect(words("Mr. Blue\\Love Supreme")).toEqual(["blue", "love", "mr", "supreme"]);
    expect(words("Blue\\.ogm")).toEqual(["blue"]);
  });

  test("runs of letters, digits, apostrophes and bytes above 128, in lower case as far as they are ASCII", () => {
    expect(words("Don't_STOP-it99(CAF\xc9)\x80x.mp3")).toEqual(["caf\xc9", "don't", "it99", "stop", "x"]);
  });

  test("each word once, and by none that tells nothing", () => {
    expect(words("The Best of Blue\\01 - Blue Blue BLUE.mp3")).toEqual(["best", "blue"]);
    expect(words("The\\01.mp3")).toEqual([]);
  });

  test("its last words, where it has too many", () => {
    expect(words("a1 a2\\a3 a4 a5.mp3", 3)).toEqual(["a3", "a4", "a5"]);
  });

  test("the beginning of a word that is too long, and a search for that word is cut alike", () => {
    const long = "x".repeat(10_000);
    expect(words(`${long}.mp3`)).toEqual(["x".repeat(LIMITS.wordBytesMax)]);
    expect(queryWords(long, NONE)).toEqual(["x".repeat(LIMITS.wordBytesMax)]);
  });
});

test("a search has the words of its whole text, dots and separators included", () => {
  expect(queryWords('Blue.Train\\the "coltrane"', STOP_WORDS).sort()).toEqual(["blue", "coltrane", "train"]);
});

test("a search of more words than a file may have says so, and costs no more", () => {
  const many = Array.from({ length: 500 }, (_, i) => `w${i}`).join(" ");
  expect(queryWords(many, NONE)).toHaveLength(LIMITS.wordsPerFileMax + 1);
});

test("a word in quotes is found with and without them", () => {
  expect(fileWords("songs\\deep 'harbour' don't '' '.mp3", NONE, 31).sort()).toEqual([
    "deep",
    "don't",
    "harbour",
    "songs",
  ]);
  expect(queryWords("'harbour'", STOP_WORDS)).toEqual(["harbour"]);
  expect(queryWords("' ''", STOP_WORDS)).toEqual([]);
});

test("whatever bytes a name has, its words are those that a plain reading of the rule finds", () => {
  const byteText = fc.array(fc.integer({ min: 0, max: 255 })).map((bytes) => String.fromCharCode(...bytes));
  const readable = fc.string({ unit: fc.constantFrom(..."aBc'1. \\/\x80\xc9") });
  fc.assert(
    fc.property(fc.oneof(byteText, readable), (path) => {
      const parts = path.split(/[\\/]/).slice(-2);
      parts.push((parts.pop() as string).replace(/\.[^.]*$/s, ""));
      const runs = parts.join("\\").match(/[A-Za-z0-9'\x81-\xff]+/g) ?? [];
      const words = runs.map((run) => run.replace(/^'+|'+$/g, "")).filter((run) => run !== "");
      const lower = words.map((run) => run.replace(/[A-Z]/g, (letter) => letter.toLowerCase()));
      expect(fileWords(path, NONE, 10_000).sort()).toEqual([...new Set(lower)].sort());
    }),
    { numRuns: 2000 },
  );
});
