// When two descriptions speak of one content: by hash where there is one, else by name and size.
import { equalBytes } from "@servent/overlay/base/bytes.ts";
import { hashesOf, urnsOf } from "@servent/overlay/base/urn.ts";

/** Keys under which the same content is found again: its hashes, or without any its name and size. */
export function contentKeys(content: {
  readonly urns: readonly string[];
  readonly name: string;
  readonly size: number | null | undefined;
}): readonly string[] {
  const keys = urnsOf(hashesOf(content.urns));
  return keys.length > 0 ? keys : [`name:${content.size ?? "?"}:${content.name}`];
}

/** Do the names not contradict each other? */
export function mayBeSame(a: readonly string[], b: readonly string[]): boolean {
  const [one, other] = [hashesOf(a), hashesOf(b)];
  if (one.sha1 !== undefined && other.sha1 !== undefined) return equalBytes(one.sha1, other.sha1);
  if (one.tiger !== undefined && other.tiger !== undefined) return equalBytes(one.tiger, other.tiger);
  return true;
}
