// The head of an HTTP message as Gnutella peers send it: a start line, headers, an empty line. Shared by requests
// and responses; bounded, lenient where old servents are (bare LF, folded lines, odd case), strict about size.
import { type Decoded, decoded, malformed } from "@servent/overlay/base/decoded.ts";
import { concatBytes, latin1Decode, utf8Decode } from "@servent/overlay/base/bytes.ts";

export const HEAD_LIMITS = {
  /** One line: a name of 255 bytes takes 765 escaped, and lists of alternates are longer. */
  lineBytesMax: 4096,
  /** Lines of headers: real peers send about 30. */
  linesMax: 128,
  /** The whole head, start line and empty line included. */
  bytesMax: 16 * 1024,
} as const;

/** Header names in lower case; repeated headers are one comma-separated list. */
export type Headers = ReadonlyMap<string, string>;

export interface Head {
  readonly start: string;
  readonly headers: Headers;
}

export type HeadProgress =
  | { readonly at: "more" }
  | { readonly at: "head"; readonly head: Uint8Array; readonly rest: Uint8Array }
  | { readonly at: "too-large" };

const LF = 10;
const CR = 13;

/** Collects bytes until a head is whole. Empty lines in front of it are skipped, as RFC 9112 §2.2 asks. */
export class HeadCollector {
  private held: Uint8Array = new Uint8Array(0);

  /** True while nothing of the next head has come. */
  get isEmpty(): boolean {
    return this.held.length === 0;
  }

  /** `rest` is the part of `bytes` behind the head; it is not copied. */
  push(bytes: Uint8Array): HeadProgress {
    const before = this.held.length;
    // Only the front of a chunk can belong to the head, so a large body behind it is never copied.
    const room = HEAD_LIMITS.bytesMax + 1 - before;
    this.held = concatBytes([this.held, bytes.subarray(0, room)]);
    let skipped = 0;
    while (this.held[skipped] === LF || this.held[skipped] === CR) skipped++;
    const end = headEnd(this.held, Math.max(skipped, before - 3));
    if (end < 0) return this.held.length > HEAD_LIMITS.bytesMax ? { at: "too-large" } : { at: "more" };
    const head = this.held.subarray(skipped, end);
    this.held = new Uint8Array(0);
    return { at: "head", head, rest: bytes.subarray(end - before) };
  }
}

/** Index behind the empty line, or -1. */
function headEnd(bytes: Uint8Array, from: number): number {
  for (let at = bytes.indexOf(LF, from); at >= 0; at = bytes.indexOf(LF, at + 1)) {
    if (bytes[at + 1] === LF) return at + 2;
    if (bytes[at + 1] === CR && bytes[at + 2] === LF) return at + 3;
  }
  return -1;
}

/** UTF-8 where it is valid, else one character per byte: some old servents send Latin-1 names. */
export function decodeText(bytes: Uint8Array): string {
  return utf8Decode(bytes) ?? latin1Decode(bytes);
}

/** A whole head as `HeadCollector` gives it. */
export function parseHead(bytes: Uint8Array): Decoded<Head> {
  const lines = decodeText(bytes).split(/\r?\n/);
  const start = lines[0] ?? "";
  const headers = new Map<string, string>();
  let name = "";
  let count = 0;
  for (const line of lines) {
    if (line.length > HEAD_LIMITS.lineBytesMax) return malformed("head", "a line is too long");
    if (count++ === 0 || line === "") continue;
    if (count > HEAD_LIMITS.linesMax + 2) return malformed("head", "too many lines");
    if (line.startsWith(" ") || line.startsWith("\t")) {
      if (name === "") return malformed("head", "a folded line without a header");
      headers.set(name, `${headers.get(name)} ${line.trim()}`);
      continue;
    }
    const colon = line.indexOf(":");
    if (colon <= 0) return malformed("head", "a header without a name");
    name = line.slice(0, colon).trim().toLowerCase();
    const value = line.slice(colon + 1).trim();
    const before = headers.get(name);
    headers.set(name, before === undefined ? value : `${before}, ${value}`);
  }
  return decoded({ start, headers });
}

/** A whole number of at most 15 digits, so that it is exact; undefined for everything else. */
export function parseCount(text: string | undefined): number | undefined {
  return text !== undefined && /^[0-9]{1,15}$/.test(text) ? Number(text) : undefined;
}

/** Does a comma-separated list hold the word? Any case. */
export function listHas(list: string | undefined, word: string): boolean {
  return list !== undefined && list.split(",").some((item) => item.trim().toLowerCase() === word);
}
