import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { contentKey, keyOf, keysOf, keywordsOf, nameKey, searchKeys, wordKey } from "./ring-keys.ts";

const SHA1 = createHash("sha1").update("tide").digest();
const BASE32 = /sha1:(.*)/.exec(contentKey(SHA1).text)?.[1] as string;
const texts = (keys: readonly { readonly text: string }[]): string[] => keys.map(({ text }) => text);

test("a key is the SHA-1 of its text", () => {
  const { text, key } = nameKey("tide-tables.txt");
  expect(text).toBe("name:tide tables txt");
  expect(key).toBe(BigInt(`0x${createHash("sha1").update(text).digest("hex")}`));
});

test("a file lies under its content, its name and its keywords, without ending and little words", () => {
  expect(texts(keysOf("The Tide of 07, Café.ogg", SHA1))).toEqual([
    `sha1:${BASE32}`,
    "name:the tide of 07 cafe ogg",
    "word:tide",
    "word:cafe",
    "word:the",
  ]);
});

test("short words of other scripts are keywords, and a name has eight of them at the most, its longest", () => {
  expect(keywordsOf("潮 の.txt")).toEqual(["潮", "の"]);
  const many = keywordsOf("abc abcd abcde abcdef abcdefg abcdefgh abcdefghi abcdefghij abcdefghijk");
  expect(many).toHaveLength(8);
  expect(many).not.toContain("abc");
});

test("a search asks for the whole name and for its longest word", () => {
  expect(texts(searchKeys(["of", "tide", "tables"]))).toEqual(["name:of tide tables", "word:tables"]);
  expect(texts(searchKeys(["of"]))).toEqual(["name:of"]);
  expect(searchKeys([])).toEqual([]);
});

test.each([
  [`urn:sha1:${BASE32.toLowerCase()}`, `sha1:${BASE32}`],
  [`sha1:${BASE32}`, `sha1:${BASE32}`],
  [BASE32, `sha1:${BASE32}`],
  ["name:Tide Tables.txt", "name:tide tables txt"],
  ["name:tide", "name:tide"],
  ["word:TIDE", "word:tide"],
  ["  Tide ", "word:tide"],
  ["tide tables", "name:tide tables"],
])("people may write the key %s", (text, means) => {
  expect(keyOf(text)?.text).toBe(means);
});

test("forty hex digits are the key itself, and what has no words is none", () => {
  expect(keyOf("00000000000000000000000000000000000000FF")).toEqual({ key: 255n, text: "" });
  expect(keyOf("word:tide")?.key).toBe(wordKey("tide").key);
  expect(keyOf(" -- ")).toBeUndefined();
});
