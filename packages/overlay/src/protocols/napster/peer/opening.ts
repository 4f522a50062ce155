// How a connection to a data port begins, behind the `1` with which its owner greets: a word that says what the caller wants, then a
// line without an end. Peers write word and line apart, and TCP may join them or cut them anywhere, so all of this is read by content.
import { quote, wholeNumber } from "../fields.ts";
import { LIMITS } from "../limits.ts";
import { formatShare, isSha1Urn, type SharedFile } from "../shared-file.ts";

/** Said by whoever accepts a connection, before anything else. */
export const GREETING = "1";

export type Opening =
  /** I want your file, from `offset` on. */
  | { readonly kind: "get"; readonly nick: string; readonly path: string; readonly offset: number }
  /** Here is the file that you wanted me to bring; it has `size` bytes. */
  | { readonly kind: "send"; readonly nick: string; readonly path: string; readonly size: number }
  /** I want the list of what you share. */
  | { readonly kind: "get-list" }
  /** Here is my list. */
  | { readonly kind: "send-list"; readonly nick: string }
  /** I want the hash tree of your file with this SHA-1. Among our own clients only. */
  | { readonly kind: "get-tree"; readonly urn: string };

/** `isOpen`: more digits may still come, so whoever reads waits a moment. `used`: characters of the opening; what follows is the next thing. */
export type OpeningStep =
  | { readonly at: "more" }
  | { readonly at: "opening"; readonly opening: Opening; readonly used: number; readonly isOpen: boolean }
  | { readonly at: "nonsense" };

/** A nick, a path in quotes and a number, with some blanks. */
export const OPENING_CHARS_MAX = 8 + LIMITS.nickCharsMax + LIMITS.pathBytesMax + 32;
const NUMBER_MAX = Number.MAX_SAFE_INTEGER;
const LONG_WORDS = ["GETLIST", "GETTREE", "SENDLIST"] as const;
const WORDS = [...LONG_WORDS, "GET", "SEND"] as const;
const LINE = /[\r\n]/;

/** What the bytes received so far say, as byte text. */
export function readOpening(text: string): OpeningStep {
  // `GETLISTen "…` is GET and a nick: the longer words stand by themselves.
  const isLong = (word: string) => text.startsWith(word) && /^\s?$/.test(text.charAt(word.length));
  const word = LONG_WORDS.find(isLong) ?? (["GET", "SEND"] as const).find((each) => text.startsWith(each));
  // `GETL…` may be a nick behind `GET`, or the beginning of GETLIST: only more bytes tell.
  const longer = WORDS.some((each) => each !== word && each.length > text.length && each.startsWith(text));
  if (longer) return { at: "more" };
  if (word === undefined) return { at: "nonsense" };
  const step = readBehind(word, text.slice(word.length));
  if (step.at === "more" && text.length > OPENING_CHARS_MAX) return { at: "nonsense" };
  return step.at === "opening" ? { ...step, used: step.used + word.length } : step;
}

function readBehind(word: (typeof WORDS)[number], line: string): OpeningStep {
  switch (word) {
    case "GETLIST":
      return {
        at: "opening",
        opening: { kind: "get-list" },
        used: /^\r?\n?/.exec(line)?.[0].length ?? 0,
        isOpen: false,
      };
    case "GETTREE":
      return readLine(line, (urn) => (isSha1Urn(urn) ? { kind: "get-tree", urn } : undefined));
    case "SENDLIST":
      // TekNap ends the word with a line feed and the nick with another.
      return readLine(line.replace(/^\r?\n/, " "), (nick) => (nick === "" ? undefined : { kind: "send-list", nick }));
    case "GET":
      return readFile(line, (nick, path, offset) => ({ kind: "get", nick, path, offset }));
    case "SEND":
      return readFile(line, (nick, path, size) => ({ kind: "send", nick, path, size }));
  }
}

function readLine(line: string, openingOf: (text: string) => Opening | undefined): OpeningStep {
  const end = line.indexOf("\n");
  if (end < 0) return { at: "more" };
  const opening = openingOf(line.slice(0, end).trim());
  return opening === undefined ? { at: "nonsense" } : { at: "opening", opening, used: end + 1, isOpen: false };
}

/** `nick "path" number`. The number ends with whatever is no digit, or with the bytes. */
function readFile(line: string, openingOf: (nick: string, path: string, number: number) => Opening): OpeningStep {
  const match = /^ ?([^\s"]{1,64}) +"([^"]*)" +(\d{1,16})/.exec(line);
  if (match === null) {
    const isHopeless = line.length > OPENING_CHARS_MAX || LINE.test(line) || /^ ?[^\s"]{65}/.test(line);
    return isHopeless ? { at: "nonsense" } : { at: "more" };
  }
  const [whole, nick, path, digits] = match;
  const number = wholeNumber(digits, NUMBER_MAX);
  if (nick === undefined || path === undefined || number === undefined || path.length > LIMITS.pathBytesMax) {
    return { at: "nonsense" };
  }
  const rest = line.slice(whole.length);
  const used = whole.length + (/^\r?\n/.exec(rest)?.[0].length ?? 0);
  return { at: "opening", opening: openingOf(nick, path, number), used, isOpen: rest === "" };
}

/** The word, to be written by itself. */
export function wordOf(opening: Opening): string {
  const words = { get: "GET", send: "SEND", "get-list": "GETLIST", "send-list": "SENDLIST", "get-tree": "GETTREE" };
  return words[opening.kind];
}

/** What follows the word. `isMarked`: with a line feed, which our own clients take as the end of the number. */
export function lineOf(opening: Opening, isMarked: boolean): string {
  const end = isMarked ? "\n" : "";
  switch (opening.kind) {
    case "get":
      return `${opening.nick} ${quote(opening.path)} ${opening.offset}${end}`;
    case "send":
      return `${opening.nick} ${quote(opening.path)} ${opening.size}${end}`;
    case "get-list":
      return "\n";
    case "send-list":
      return ` ${opening.nick}\n`;
    case "get-tree":
      return ` ${opening.urn}\n`;
  }
}

/** What answers GETLIST and follows SENDLIST: a line for each file as in `share`, and an empty one. */
export function listOf(files: readonly SharedFile[]): string {
  return `${files.map((file) => `${formatShare(file)}\n`).join("")}\n`;
}
