// What people paste: a URN, a magnet link, or the address of a file at a peer.
import { hashesOf, urnsOf } from "@servent/overlay/base/urn.ts";
import { ServentError } from "../base/servent-error.ts";
import type { Source } from "../networks/network.ts";
import type { TransferRequest } from "./transfer.ts";

/** More names or sources in one magnet are an accident or an attack. */
const MAGNET_PARTS_MAX = 64;

/** `sourceOf` turns a link to a peer into a source, where some network knows its form. Throws ServentError `invalid_value`. */
export function parseLink(text: string, sourceOf: (link: string) => Source | undefined): TransferRequest {
  const trimmed = text.trim();
  if (/^magnet:\?/i.test(trimmed)) return parseMagnet(trimmed, sourceOf);
  if (/^urn:/i.test(trimmed)) {
    const urns = urnsOf(hashesOf([trimmed]));
    if (urns.length > 0) return { name: trimmed.split(":").at(-1) ?? trimmed, size: undefined, urns, sources: [] };
  }
  const source = sourceOf(trimmed);
  if (source !== undefined)
    return { name: source.name || "download", size: undefined, urns: source.urns, sources: [source] };
  throw new ServentError(
    "invalid_value",
    `"${trimmed.slice(0, 80)}" is not a link that any network understands.`,
    "Give a urn:sha1:…, a magnet:?xt=urn:sha1:…, or a number of the last search.",
  );
}

function parseMagnet(text: string, sourceOf: (link: string) => Source | undefined): TransferRequest {
  const parts = [...new URLSearchParams(text.slice(text.indexOf("?") + 1))].slice(0, MAGNET_PARTS_MAX);
  const all = (key: string): string[] =>
    parts.filter(([name]) => name === key || name.startsWith(`${key}.`)).map(([, value]) => value);
  const urns = urnsOf(hashesOf(all("xt")));
  const sources = all("xs").flatMap((link) => sourceOf(link) ?? []);
  if (urns.length === 0 && sources.length === 0) {
    throw new ServentError(
      "invalid_value",
      "This magnet names no content that can be checked.",
      "It needs an xt=urn:sha1:…, xt=urn:bitprint:… or xt=urn:tree:tiger:…",
    );
  }
  const size = Number(all("xl")[0]);
  return {
    name: all("dn")[0] ?? sources[0]?.name ?? urns[0]?.split(":").at(-1) ?? "download",
    size: Number.isSafeInteger(size) && size > 0 ? size : undefined,
    urns: urns.length > 0 ? urns : (sources[0]?.urns ?? []),
    sources,
  };
}
