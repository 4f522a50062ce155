// Text of the wire is bytes without a charset; here one character stands for one byte. Names that we send are UTF-8; what others
// send is UTF-8 where it is valid, else the code page of the Windows clients of 2000.
import { latin1Decode, latin1Encode, utf8Decode, utf8Encode } from "../../base/bytes.ts";

const ASCII = /^[\0-\x7f]*$/;
const windows1252 = new TextDecoder("windows-1252");

/** Text for people as byte text (UTF-8). */
export function toByteText(text: string): string {
  return ASCII.test(text) ? text : latin1Decode(utf8Encode(text));
}

/** Byte text as people should see it. Several byte texts may read alike, so names are compared as byte text. */
export function fromByteText(text: string): string {
  if (ASCII.test(text)) return text;
  const bytes = latin1Encode(text);
  return utf8Decode(bytes) ?? windows1252.decode(bytes);
}

/** The first so many characters of a byte text, as a text of its own: a slice would keep in memory all that it was cut from. */
export function cutByteText(text: string, charsMax: number): string {
  return latin1Decode(latin1Encode(text.slice(0, charsMax)));
}
