// Text for a terminal: harmless, measured in columns, cut where it is too long. Names come from strangers, and a
// terminal obeys control characters, so everything that is shown passes through `visible`.

// Controls, lone surrogates, marks that reverse the direction of text, line and paragraph separators, the byte order
// mark, and tag characters, which are never drawn.
const HARMFUL = /[\p{Cc}\p{Cs}\p{Bidi_Control}\p{Zl}\p{Zp}\u{feff}\u{e0000}-\u{e007f}]/gu;

/** The same text with every character that could steer a terminal or disguise a name replaced by a visible mark. */
export function visible(text: string): string {
  return text.replace(HARMFUL, (character) => {
    const code = character.codePointAt(0) as number;
    if (code < 0x20) return String.fromCharCode(0x2400 + code);
    if (code === 0x7f) return "\u2421";
    return `<${code.toString(16).toUpperCase().padStart(4, "0")}>`;
  });
}

/** JSON whose string values are the same, but where no raw character can steer a terminal. One line. */
export function safeJson(value: unknown): string {
  return JSON.stringify(value).replace(HARMFUL, (character) =>
    Array.from(
      { length: character.length },
      (_, i) => `\\u${character.charCodeAt(i).toString(16).padStart(4, "0")}`,
    ).join(""),
  );
}

/** Columns that the text takes on a terminal. */
export function displayWidth(text: string): number {
  if (PRINTABLE_ASCII.test(text)) return text.length;
  let width = 0;
  for (const { segment } of graphemes(text)) width += graphemeWidth(segment);
  return width;
}

/** At most `width` columns; what is too long loses its middle, so that both the start and the extension stay. */
export function cutMiddle(text: string, width: number): string {
  if (displayWidth(text) <= width) return text;
  if (width < 1) return "";
  const head = Math.ceil((width - 1) / 2);
  return `${takeStart(text, head)}…${takeEnd(text, width - 1 - head)}`;
}

/** At most `width` columns; what is too long loses its end. */
export function cutEnd(text: string, width: number): string {
  if (displayWidth(text) <= width) return text;
  return width < 1 ? "" : `${takeStart(text, width - 1)}…`;
}

export function padEnd(text: string, width: number): string {
  return text + " ".repeat(Math.max(0, width - displayWidth(text)));
}

export function padStart(text: string, width: number): string {
  return " ".repeat(Math.max(0, width - displayWidth(text))) + text;
}

/** Lines of at most `width` columns, broken between words; a longer word keeps a line of its own. */
export function wrapWords(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && displayWidth(line) + 1 + displayWidth(word) > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === "" ? word : `${line} ${word}`;
    }
  }
  lines.push(line);
  return lines;
}

function takeStart(text: string, width: number): string {
  let taken = "";
  let used = 0;
  for (const { segment } of graphemes(text)) {
    used += graphemeWidth(segment);
    if (used > width) break;
    taken += segment;
  }
  return taken;
}

function takeEnd(text: string, width: number): string {
  const segments = [...graphemes(text)].map(({ segment }) => segment);
  let from = segments.length;
  let used = 0;
  while (from > 0) {
    used += graphemeWidth(segments[from - 1] as string);
    if (used > width) break;
    from--;
  }
  return segments.slice(from).join("");
}

const PRINTABLE_ASCII = /^[\x20-\x7e]*$/;

function graphemes(text: string): Iterable<{ readonly segment: string }> {
  return new Intl.Segmenter("en", { granularity: "grapheme" }).segment(text);
}

// A cluster that starts with one of these, or that asks for the picture form, is drawn two columns wide.
const EMOJI = /\p{Emoji_Presentation}|\ufe0f/u;
const WITHOUT_WIDTH = /^[\p{Mn}\p{Me}\p{Cf}]/u;

function graphemeWidth(grapheme: string): number {
  const code = grapheme.codePointAt(0) as number;
  if (code < 0x300 && grapheme.length === 1) return code < 0x20 ? 0 : 1;
  if (EMOJI.test(grapheme) || isWide(code)) return 2;
  return WITHOUT_WIDTH.test(grapheme) ? 0 : 1;
}

/** Unicode Standard Annex 11, classes W and F, as ranges; emoji are tested apart. */
const WIDE: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x2e80, 0x303e],
  [0x3041, 0x33ff],
  [0x3400, 0x4dbf],
  [0x4e00, 0xa4cf],
  [0xa960, 0xa97f],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe30, 0xfe6f],
  [0xff00, 0xff60],
  [0xffe0, 0xffe6],
  [0x16fe0, 0x18cff],
  [0x1aff0, 0x1b2ff],
  [0x1f200, 0x1f2ff],
  [0x20000, 0x3fffd],
];

function isWide(code: number): boolean {
  return WIDE.some(([first, last]) => code >= first && code <= last);
}
