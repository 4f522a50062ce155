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
  return terms(text, (word, add) => {
    add(word);
    for (const run of word.match(UNSPACED) ?? []) {
      const characters = Array.from(run);
      characters.forEach(add);
      for (let i = 1; i < characters.length; i++) add((characters[i - 1] as string) + (characters[i] as string));
    }
  });
}

/** The terms that a name must have to match the query. */
export function queryTerms(text: string): Set<string> {
  return terms(text, (word, add) => {
    for (const run of word.match(UNSPACED) ?? []) {
      const characters = Array.from(run);
      if (characters.length === 1) add(run);
      for (let i = 1; i < characters.length; i++) add((characters[i - 1] as string) + (characters[i] as string));
    }
  });
}

/** `unspaced` gives the terms of a word with such letters; the rest of the word, and other words, stand for themselves. */
function terms(text: string, unspaced: (word: string, add: (term: string) => void) => void): Set<string> {
  const words = splitWords(text);
  if (!HAS_UNSPACED.test(text) && words.length <= TERMS_MAX) return new Set(words.map(cut));
  const found = new Set<string>();
  const add = (term: string): void => {
    if (term !== "" && found.size < TERMS_MAX) found.add(cut(term));
  };
  for (const word of words) {
    if (HAS_UNSPACED.test(word)) {
      unspaced(word, add);
      word.split(UNSPACED).forEach(add);
    } else add(word);
  }
  return found;
}

function cut(word: string): string {
  if (word.length <= WORD_UNITS_MAX) return word;
  // Half of a surrogate pair would be no character.
  const isPair = word.codePointAt(WORD_UNITS_MAX - 1) !== word.charCodeAt(WORD_UNITS_MAX - 1);
  return word.slice(0, isPair ? WORD_UNITS_MAX - 1 : WORD_UNITS_MAX);
}
