// Which words of a name are indexed and asked for. The rule of opennap-ng: runs of ASCII letters, digits, apostrophes and bytes
// above 128, ASCII in lower case, without stop words, each once. Only that apostrophes around a word are no part of it: clients
// send them for quotes, which a name cannot have on the wire. Text is bytes, one in each character, of no known charset.
import { LIMITS } from "./limits.ts";

/**
 * Words that tell no file from another: they stand in a tenth of all names or are only grammar. Nothing is found by them and
 * they are ignored in searches. The numbers are those of tracks.
 */
export const STOP_WORDS: ReadonlySet<string> = new Set(
  (
    "a an and at by de for from i in is it la le me my no of on or the to with you your d s t " +
    "mp3 mp2 ogg wma wav cd cd1 cd2 dj disc disk feat ft vol music songs track tracks album albums artist artists various unknown " +
    "files shared share download downloads incoming documents " +
    "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 01 02 03 04 05 06 07 08 09"
  ).split(" "),
);

/** What a file is found by: words of its folder and its name without the extension; of too many the last ones. */
export function fileWords(path: string, stopWords: ReadonlySet<string>, most: number): string[] {
  const name = lastSeparator(path, path.length - 1) + 1;
  const dot = path.lastIndexOf(".");
  return wordsIn(path, lastSeparator(path, name - 2) + 1, dot >= name ? dot : path.length, stopWords, most);
}

/** The words of a search. One word more than any file may have finds nothing, so nothing is lost where it ends there. */
export function queryWords(text: string, stopWords: ReadonlySet<string>): string[] {
  return wordsIn(text, 0, text.length, stopWords, LIMITS.wordsPerFileMax + 1);
}

const APOSTROPHE = 0x27;
const SEPARATOR = 0;
const PLAIN = 1;
const UPPER = 2;
const HIGH = 4;
const KINDS = new Uint8Array(256);
for (let code = 0; code < 256; code++) {
  if (/[a-z0-9']/.test(String.fromCharCode(code))) KINDS[code] = PLAIN;
  else if (/[A-Z]/.test(String.fromCharCode(code))) KINDS[code] = UPPER;
  else if (code > 128) KINDS[code] = HIGH;
}

/** From the end to the beginning, so that the leading ones are missing where they are too many. */
function wordsIn(text: string, begin: number, end: number, stopWords: ReadonlySet<string>, most: number): string[] {
  const found = new Set<string>();
  let at = end - 1;
  while (at >= begin && found.size < most) {
    let seen = 0;
    let last = at;
    for (; at >= begin; at--) {
      const kind = KINDS[text.charCodeAt(at)] as number;
      if (kind === SEPARATOR) break;
      seen |= kind;
    }
    let first = at + 1;
    while (first <= last && text.charCodeAt(last) === APOSTROPHE) last--;
    while (first < last && text.charCodeAt(first) === APOSTROPHE) first++;
    if (first <= last) {
      // A word that is cut is cut alike in names and searches, and still found.
      const word = lowerCase(text.slice(first, Math.min(last + 1, first + LIMITS.wordBytesMax)), seen);
      if (!stopWords.has(word)) found.add(word);
    }
    at--;
  }
  return [...found];
}

function lowerCase(word: string, seen: number): string {
  if ((seen & UPPER) === 0) return word;
  // What lies above ASCII may be a part of a letter in UTF-8, so it must stay as it is.
  return (seen & HIGH) === 0 ? word.toLowerCase() : word.replace(/[A-Z]+/g, (run) => run.toLowerCase());
}

/** The place of the last separator of folders, Windows' or the other, at or before `from`; -1: none. */
function lastSeparator(path: string, from: number): number {
  for (let at = from; at >= 0; at--) {
    const code = path.charCodeAt(at);
    if (code === 0x5c || code === 0x2f) return at;
  }
  return -1;
}
