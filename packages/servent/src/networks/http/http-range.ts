// `Range` of requests and `Content-Range` of answers.
import type { ByteRange } from "../network.ts";
import { parseCount } from "./http-head.ts";

export type RangeWish =
  | { readonly kind: "whole" }
  | { readonly kind: "part"; readonly range: ByteRange }
  | { readonly kind: "unsatisfiable" };

/**
 * The part of a file of `size` bytes that a `Range` header asks for. Of several ranges the first is served, as
 * gtk-gnutella does; a header that is not understood counts as absent (RFC 9110 §14.2).
 */
export function parseRange(header: string | undefined, size: number): RangeWish {
  const match = header === undefined ? null : /^\s*bytes\s*[=\s]\s*([0-9]*)\s*-\s*([0-9]*)\s*(,|$)/i.exec(header);
  if (match === null) return { kind: "whole" };
  const first = parseCount(match[1]);
  const last = parseCount(match[2]);
  if (first === undefined && last === undefined) return { kind: "whole" };
  if (first === undefined) {
    // The last n bytes.
    if (last === 0 || size === 0) return { kind: "unsatisfiable" };
    return { kind: "part", range: { start: Math.max(0, size - (last as number)), end: size } };
  }
  if (last !== undefined && last < first) return { kind: "whole" };
  if (first >= size) return { kind: "unsatisfiable" };
  return { kind: "part", range: { start: first, end: Math.min(size, (last ?? size) + 1) } };
}

/** `bytes 0-99/200`; also `bytes=0-99/200` and an unknown total, as old servents send. */
export function parseContentRange(
  header: string | undefined,
): { readonly range: ByteRange; readonly total: number | undefined } | undefined {
  const match = /^\s*bytes\s*[=\s]\s*([0-9]+)\s*-\s*([0-9]+)\s*\/\s*([0-9]+|\*)\s*$/i.exec(header ?? "");
  if (match === null) return undefined;
  const first = parseCount(match[1]);
  const last = parseCount(match[2]);
  const total = match[3] === "*" ? undefined : parseCount(match[3]);
  if (first === undefined || last === undefined || last < first) return undefined;
  if (match[3] !== "*" && (total === undefined || last >= total)) return undefined;
  return { range: { start: first, end: last + 1 }, total };
}
