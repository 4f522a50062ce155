// Makes text from peers honest: what has no shape of its own, or turns the direction of what follows, gets a mark.

export type TextPart =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "mark"; readonly text: string };

/**
 * Control, format, separator and lone-surrogate characters. The two joiners stay: Persian, Indic scripts and emoji
 * need them, and they turn nothing around.
 */
const HIDDEN = /(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** `a\u202eb` → text `a`, mark `U+202E`, text `b`. */
export function visibleParts(text: string): readonly TextPart[] {
  const parts: TextPart[] = [];
  let end = 0;
  for (const match of text.matchAll(HIDDEN)) {
    if (match.index > end) parts.push({ kind: "text", text: text.slice(end, match.index) });
    const code = match[0].codePointAt(0) as number;
    parts.push({ kind: "mark", text: `U+${code.toString(16).toUpperCase().padStart(4, "0")}` });
    end = match.index + match[0].length;
  }
  if (end < text.length) parts.push({ kind: "text", text: text.slice(end) });
  return parts;
}

/** The same as plain text, for titles and labels: `a⟨U+202E⟩b`. */
export function visibleText(text: string): string {
  return visibleParts(text)
    .map((part) => (part.kind === "mark" ? `⟨${part.text}⟩` : part.text))
    .join("");
}
