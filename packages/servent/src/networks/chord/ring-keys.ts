// Under which keys of the ring the records of a file lie. A key is the SHA-1 of a text: `sha1:<base32>` for the content,
// `name:<words>` for the whole name, `word:<word>` for each keyword of it. README.md has the scheme.
import { base32Encode } from "@servent/overlay/base/base32.ts";
import { utf8Encode } from "@servent/overlay/base/bytes.ts";
import { sha1 } from "@servent/overlay/base/sha1.ts";
import { sha1OfUrn } from "@servent/overlay/base/urn.ts";
import { splitWords } from "@servent/overlay/base/words.ts";
import { RING } from "./ring.ts";

export interface RingKey {
  readonly key: bigint;
  /** What the key is the hash of; empty where somebody gave the key itself. */
  readonly text: string;
}

/** Keywords of one name: those beyond are its shortest. */
const KEYWORDS_MAX = 8;
/** Shorter words of Latin letters are in most names: whoever owned such a key would have to keep everything. */
const KEYWORD_LETTERS_MIN = 3;
const ASCII_ONLY = /^[0-9a-z]*$/;
/** The ending of a name is no keyword either, and for the same reason. */
const ENDING = /\.[0-9A-Za-z]{1,8}$/;

export function contentKey(hash: Uint8Array): RingKey {
  return ringKey(`sha1:${base32Encode(hash)}`);
}

/** Spaces, dots and hyphens are one: what a person types is rarely the name letter by letter. */
export function nameKey(name: string): RingKey {
  return ringKey(`name:${splitWords(name).join(" ")}`);
}

export function wordKey(word: string): RingKey {
  return ringKey(`word:${word}`);
}

/** The longest first. */
export function keywordsOf(name: string): string[] {
  const words = [...new Set(splitWords(name.replace(ENDING, "")))].filter(isKeyword);
  return words.toSorted((a, b) => b.length - a.length).slice(0, KEYWORDS_MAX);
}

/** All keys of a file. */
export function keysOf(name: string, hash: Uint8Array): RingKey[] {
  return [contentKey(hash), nameKey(name), ...keywordsOf(name).map(wordKey)];
}

/** The keys that a search asks: that of the whole name, and that of the word which looks rarest, the longest. */
export function searchKeys(words: readonly string[]): RingKey[] {
  const [longest] = words.filter(isKeyword).toSorted((a, b) => b.length - a.length);
  return [
    ...(words.length === 0 ? [] : [nameKey(words.join(" "))]),
    ...(longest === undefined ? [] : [wordKey(longest)]),
  ];
}

/**
 * What a person means by a key: a URN, a SHA-1 in base32, an id of 40 hex digits, `sha1:…`, `name:…`, `word:…`, or plain
 * text, which is a keyword where it is one word and a name where it is more. Undefined where there is nothing to hash.
 */
export function keyOf(text: string): RingKey | undefined {
  const trimmed = text.trim();
  if (/^[0-9a-f]{40}$/i.test(trimmed)) return { key: BigInt(`0x${trimmed}`), text: "" };
  const hash = sha1OfUrn(trimmed) ?? sha1OfUrn(`urn:sha1:${trimmed}`) ?? sha1OfUrn(`urn:${trimmed}`);
  if (hash !== undefined) return contentKey(hash);
  const [, kind = "", rest = ""] = /^(name|word):(.*)$/is.exec(trimmed) ?? [];
  const words = splitWords(kind === "" ? trimmed : rest);
  const [first] = words;
  if (first === undefined) return undefined;
  return kind.toLowerCase() === "name" || words.length > 1 ? nameKey(words.join(" ")) : wordKey(first);
}

function isKeyword(word: string): boolean {
  return word.length >= KEYWORD_LETTERS_MIN || !ASCII_ONLY.test(word);
}

function ringKey(text: string): RingKey {
  return { key: RING.fromHash(sha1(utf8Encode(text))), text };
}
