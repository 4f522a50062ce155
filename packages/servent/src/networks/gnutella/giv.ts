// GIV: a peer that cannot be dialled connects to us and says `GIV <index>:<GUID>/<name>`, then takes our request.
import { type Decoded, decoded, malformed } from "@servent/overlay/base/decoded.ts";
import { hexDecode, hexEncode } from "@servent/overlay/base/bytes.ts";

/** Longest GIV line: a name of 255 bytes, escaped, and what stands in front of it. */
export const GIV_BYTES_MAX = 1024;

export interface Giv {
  /** Peers put 0 or anything here; only the GUID says who it is. */
  readonly index: number;
  /** 16 bytes. */
  readonly guid: Uint8Array;
  readonly name: string;
}

/** One line without its line feed. */
export function parseGiv(line: string): Decoded<Giv> {
  if (line.length > GIV_BYTES_MAX) return malformed("GIV", "too long");
  const match = /^GIV ([0-9]{1,10}):([0-9a-f]{32})\/([^\r\n]*)\r?$/i.exec(line);
  if (match === null) return malformed("GIV", "not of the form index:GUID/name");
  return decoded({
    index: Number(match[1]),
    guid: hexDecode(match[2] as string) as Uint8Array,
    name: match[3] as string,
  });
}

/** Ends with the two line feeds that tell the other side to ask. */
export function encodeGiv(giv: Giv): string {
  return `GIV ${giv.index}:${hexEncode(giv.guid).toUpperCase()}/${giv.name.replace(/[\r\n]/g, " ")}\n\n`;
}
