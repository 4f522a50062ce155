// From words to index terms. A word of letters that are written without blanks (Han, Hiragana, Katakana) would only be
// found whole, so such runs are indexed by their characters and pairs of characters as well, and asked for by pairs.
import { splitWords } from "@servent/overlay/base/words.ts";

/** Longer words are cut, in names and queries alike: nobody types them, and they would fill the dictionary. */
export const WORD_UNITS_MAX = 64;
/** Terms of one file; a path has at most 4096 bytes, so only made-up names reach it. */
const TERMS_MAX = 512;

const UNSPACED = /[\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}]+/gu;
const HAS_UNSPACED = /[\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}]/u;

/** The terms under which a name is found, each once. The whole words are among them. */
export function nameTerms(text: string): Set<string> {
  const terms = new Set<string>();
  for (const word of splitWords(text)) {
    if (terms.size >= TERMS_MAX) break;
    terms.add(cut(word));
    if (!HAS_UNSPACED.test(word)) continue;
    for (const run of word.match(UNSPACED) ?? []) {
      const characters = Array.from(run);
      for (const [i, character] of characters.entries()) {
        terms.add(character);
        if (i > 0) terms.add((characters[i - 1] as string) + character);
      }
    }
    for (const rest of word.split(UNSPACED)) if (rest !== "") terms.add(cut(rest));
  }
  return terms;
}

/** The terms that a name must have to match the query. All of a name's own words are found by them. */
export function queryTerms(text: string): Set<string> {
  const terms = new Set<string>();
  for (const word of splitWords(text)) {
    if (terms.size >= TERMS_MAX) break;
    if (!HAS_UNSPACED.test(word)) {
      terms.add(cut(word));
      continue;
    }
    for (const run of word.match(UNSPACED) ?? []) {
      const characters = Array.from(run);
      if (characters.length === 1) terms.add(run);
      for (let i = 1; i < characters.length; i++) terms.add((characters[i - 1] as string) + (characters[i] as string));
    }
    for (const rest of word.split(UNSPACED)) if (rest !== "") terms.add(cut(rest));
  }
  return terms;
}

function cut(word: string): string {
  return word.length > WORD_UNITS_MAX ? word.slice(0, WORD_UNITS_MAX) : word;
}
