// Words of names and queries, folded so that different spellings of one word are equal (Gnutella's query routing and
// our own index use the same).

const ASCII = /^[\0-\x7f]*$/;
/** What lies between ASCII's own separators. */
const PIECES = /[0-9A-Za-z\x80-\uffff]+/g;
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
  // Folding plain ASCII only means lower case, and most words are: three times faster than folding whole names.
  // A word is folded by itself, since the end of a word decides on a Greek sigma.
  const pieces = text.match(PIECES) ?? [];
  if (ASCII.test(text)) return pieces.map((piece) => piece.toLowerCase());
  return pieces.flatMap((piece) => (ASCII.test(piece) ? piece.toLowerCase() : (fold(piece).match(WORDS) ?? [])));
}
