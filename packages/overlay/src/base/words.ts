// Words of names and queries, folded so that different spellings of one word are equal (Gnutella's query routing and
// our own index use the same).

const ASCII = /^[\0-\x7f]*$/;
const ASCII_WORDS = /[0-9a-z]+/g;
const WORDS = /[\p{L}\p{N}]+/gu;
const MARKS = /\p{M}+/gu;

/**
 * Lower case, without accents, full-width and other compatibility forms as plain ones. So `Ｃａｆé` is `cafe`.
 * Marks go in every script: `が` becomes `か`, as at the other servents.
 */
function fold(text: string): string {
  return text.normalize("NFKD").toLowerCase().replace(MARKS, "").normalize("NFC");
}

/** Folded runs of letters and digits of any script, in order, repeats included. */
export function splitWords(text: string): string[] {
  // Most names are plain ASCII, and folding those only means lower case: 5 times faster.
  if (ASCII.test(text)) return text.toLowerCase().match(ASCII_WORDS) ?? [];
  return fold(text).match(WORDS) ?? [];
}
