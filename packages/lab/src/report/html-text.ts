// HTML from templates that escape whatever is put into them, so that no text can become markup by oversight.

/** Markup that was made here, and is not escaped again. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export type HtmlPart = Html | string | number | undefined | readonly HtmlPart[];

/** html`<p>${anything}</p>`: texts are escaped, markup and lists of markup are not; undefined is nothing. */
export function html(template: TemplateStringsArray, ...parts: readonly HtmlPart[]): Html {
  let text = template[0] as string;
  for (const [i, part] of parts.entries()) text += markup(part) + (template[i + 1] as string);
  return new Html(text);
}

function markup(part: HtmlPart): string {
  if (part === undefined) return "";
  if (part instanceof Html) return part.text;
  if (Array.isArray(part)) return part.map(markup).join("");
  return escapeHtml(String(part));
}

/** The text for an element or a quoted attribute; what would be invisible or turn the direction is shown. */
export function escapeHtml(text: string): string {
  return text
    .replace(INVISIBLE, (character) => {
      if (character === "\n" || character === "\t") return character;
      return `\\u${(character.codePointAt(0) as number).toString(16).padStart(4, "0")}`;
    })
    .replace(/[&<>"'`]/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** Control characters, marks that turn the direction of text, characters without width, halves of pairs. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;
