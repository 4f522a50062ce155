// Names of content: `urn:sha1:…`, `urn:bitprint:<sha1>.<tiger>`, `urn:ttroot:…`, `urn:tree:tiger:…`. Any case in, one form out.
import { base32Decode, base32Encode } from "@servent/overlay/base/base32.ts";
import { equalBytes } from "@servent/overlay/base/bytes.ts";

export interface ContentHashes {
  /** 20 bytes. */
  readonly sha1: Uint8Array | undefined;
  /** 24 bytes: the root of the Tiger tree. */
  readonly tiger: Uint8Array | undefined;
}

const SHA1_TEXT = 32;
const TIGER_TEXT = 39;

/** Both undefined where the text names no content that we can check. */
export function parseUrn(text: string): ContentHashes {
  const match = /^urn:(sha1|bitprint|ttroot|tree:tiger\/?):([a-z2-7]+)(?:\.([a-z2-7]+))?$/i.exec(text.trim());
  const kind = match?.[1]?.toLowerCase();
  const first = match?.[2] ?? "";
  const second = match?.[3];
  switch (kind) {
    case "sha1":
      return { sha1: second === undefined ? decode(first, SHA1_TEXT) : undefined, tiger: undefined };
    case "bitprint":
      return { sha1: decode(first, SHA1_TEXT), tiger: decode(second ?? "", TIGER_TEXT) };
    case undefined:
      return { sha1: undefined, tiger: undefined };
    default:
      return { sha1: undefined, tiger: second === undefined ? decode(first, TIGER_TEXT) : undefined };
  }
}

/** The first SHA-1 and the first Tiger root that the names hold. */
export function hashesOf(urns: readonly string[]): ContentHashes {
  let sha1: Uint8Array | undefined;
  let tiger: Uint8Array | undefined;
  for (const urn of urns) {
    const found = parseUrn(urn);
    sha1 ??= found.sha1;
    tiger ??= found.tiger;
  }
  return { sha1, tiger };
}

/** Keys under which the same content is found again: its hashes, or without any its name and size. */
export function contentKeys(content: {
  readonly urns: readonly string[];
  readonly name: string;
  readonly size: number | null | undefined;
}): readonly string[] {
  const { sha1, tiger } = hashesOf(content.urns);
  const keys = [...(sha1 === undefined ? [] : [sha1Urn(sha1)]), ...(tiger === undefined ? [] : [tigerUrn(tiger)])];
  return keys.length > 0 ? keys : [`name:${content.size ?? "?"}:${content.name}`];
}

/** Do the names not contradict each other? */
export function mayBeSame(a: readonly string[], b: readonly string[]): boolean {
  const [one, other] = [hashesOf(a), hashesOf(b)];
  if (one.sha1 !== undefined && other.sha1 !== undefined) return equalBytes(one.sha1, other.sha1);
  if (one.tiger !== undefined && other.tiger !== undefined) return equalBytes(one.tiger, other.tiger);
  return true;
}

export function sha1Urn(sha1: Uint8Array): string {
  return `urn:sha1:${base32Encode(sha1)}`;
}

export function tigerUrn(root: Uint8Array): string {
  return `urn:ttroot:${base32Encode(root)}`;
}

function decode(text: string, length: number): Uint8Array | undefined {
  return text.length === length ? base32Decode(text) : undefined;
}
