// Names of content: `urn:sha1:…`, `urn:ttroot:…`, and both in one as `urn:bitprint:<sha1>.<tiger>`. Any case in, one form out.
import { base32Decode, base32Encode } from "./base32.ts";

export interface ContentHashes {
  /** 20 bytes. */
  readonly sha1: Uint8Array | undefined;
  /** 24 bytes: the root of the Tiger tree. */
  readonly tiger: Uint8Array | undefined;
}

/** The canonical name of a SHA-1 of 20 bytes. */
export function sha1Urn(sha1: Uint8Array): string {
  return `urn:sha1:${base32Encode(sha1)}`;
}

/** The canonical name of a Tiger tree root of 24 bytes. */
export function tigerUrn(root: Uint8Array): string {
  return `urn:ttroot:${base32Encode(root)}`;
}

/** The SHA-1 in `urn:sha1:` or `urn:bitprint:`; undefined for any other name. */
export function sha1OfUrn(urn: string): Uint8Array | undefined {
  const match = /^urn:(?:sha1:([a-z2-7]{32})|bitprint:([a-z2-7]{32})\.[a-z2-7]{39})$/i.exec(urn);
  const text = match?.[1] ?? match?.[2];
  return text === undefined ? undefined : base32Decode(text);
}

/** The Tiger root in `urn:ttroot:`, `urn:tree:tiger:` (also with `/:`) or `urn:bitprint:`; undefined for any other name. */
export function tigerOfUrn(urn: string): Uint8Array | undefined {
  const match = /^urn:(?:ttroot:|tree:tiger\/?:|bitprint:[a-z2-7]{32}\.)([a-z2-7]{39})$/i.exec(urn);
  return match === null ? undefined : base32Decode(match[1] as string);
}

/** The first SHA-1 and the first Tiger root among the names. */
export function hashesOf(urns: readonly string[]): ContentHashes {
  let sha1: Uint8Array | undefined;
  let tiger: Uint8Array | undefined;
  for (const urn of urns) {
    sha1 ??= sha1OfUrn(urn);
    tiger ??= tigerOfUrn(urn);
  }
  return { sha1, tiger };
}

/** The canonical names of what is known. */
export function urnsOf({ sha1, tiger }: ContentHashes): string[] {
  return [...(sha1 === undefined ? [] : [sha1Urn(sha1)]), ...(tiger === undefined ? [] : [tigerUrn(tiger)])];
}
