// Names that strangers gave, made into names that are safe to create in a folder. Never empty, never a path, never
// longer than file systems and other programs can take.
import sanitize from "sanitize-filename";
import { utf8Length } from "@servent/overlay/base/bytes.ts";

/** Room is left below the usual 255 for a number and a suffix of our own. */
export const NAME_BYTES_MAX = 240;
/** An extension longer than this is not one, and the name is cut at its end instead. */
const EXTENSION_BYTES_MAX = 20;
const NAMELESS = "unnamed";

// Control and format characters: direction overrides, joiners, invisible marks, the byte order mark, line separators.
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/gu;
// Reserved on Windows with any extension; such a file could not be copied there.
const RESERVED = /^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$|clock\$)(\.|$)/i;

/** A name for a new file. Keeps what a person can see of the given one. */
export function safeFileName(given: string): string {
  // Only the last part of a path; the dots of `..` go with the rest below.
  const last =
    given
      .normalize("NFC")
      .split(/[/\\]/)
      .findLast((part) => part.trim() !== "") ?? "";
  let name = trimEnds(last.toWellFormed().replace(INVISIBLE, ""));
  // Before `sanitize`, which would drop such a name altogether and cut a long one through its extension.
  if (RESERVED.test(name)) name = `_${name}`;
  name = trimEnds(sanitize(cutName(name, NAME_BYTES_MAX), { replacement: "_" }));
  return name === "" || /^[_.\s]+$/.test(name) ? NAMELESS : name;
}

/** `name (2).ext` and so on, within the same length. */
export function numberedName(name: string, number: number): string {
  const { stem, extension } = splitName(name);
  const suffix = ` (${number})`;
  return `${cutText(stem, NAME_BYTES_MAX - utf8Length(suffix) - utf8Length(extension))}${suffix}${extension}`;
}

/** Leading dots would hide the file; trailing dots and blanks are lost on some systems. */
function trimEnds(name: string): string {
  return name.replace(/^[\s.]+|[\s.]+$/gu, "");
}

function cutName(name: string, bytesMax: number): string {
  if (utf8Length(name) <= bytesMax) return name;
  const { stem, extension } = splitName(name);
  return `${trimEnds(cutText(stem, bytesMax - utf8Length(extension)))}${extension}`;
}

function splitName(name: string): { readonly stem: string; readonly extension: string } {
  const dot = name.lastIndexOf(".");
  const extension = dot > 0 ? name.slice(dot) : "";
  if (extension === "" || utf8Length(extension) > EXTENSION_BYTES_MAX) return { stem: name, extension: "" };
  return { stem: name.slice(0, dot), extension };
}

/** At most so many bytes of UTF-8, never half a character. */
function cutText(text: string, bytesMax: number): string {
  let bytes = 0;
  let kept = "";
  for (const character of text) {
    bytes += utf8Length(character);
    if (bytes > bytesMax) break;
    kept += character;
  }
  return kept;
}
