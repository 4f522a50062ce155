// The address of an introducer: http or https, a host, perhaps a port. Its well-known path may be there and is left out.
import { ServentError } from "../base/servent-error.ts";

/** Others are told it in a description, which holds a few dozen. */
const CHARS_MAX = 256;

/** Where every introducer says what it is, or who does its work. */
export const WELL_KNOWN = "/.well-known/servent-introducer";

/** The base, without a slash at its end; undefined where the text is no such address. */
export function introducerUrl(text: string): string | undefined {
  const url = URL.parse(text);
  if (url === null || (url.protocol !== "http:" && url.protocol !== "https:")) return undefined;
  if (url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "") return undefined;
  return url.pathname === "/" || url.pathname === WELL_KNOWN ? url.origin : undefined;
}

/** As `introducerUrl`, of a text that the user wrote. Throws ServentError `usage`. */
export function introducerUrlOf(text: string): string {
  const url = introducerUrl(text);
  if (url === undefined || text.length > CHARS_MAX) {
    throw new ServentError("usage", `"${text}" is no address of an introducer.`, "Write it as https://peers.example.");
  }
  return url;
}
