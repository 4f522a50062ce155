// What an index server answers becomes hits as the product knows them; and sources find their way back.
import { endpointOf, formatIpv4 } from "@servent/overlay/base/ipv4.ts";
import type { Address } from "@servent/overlay/host/host.ts";
import { fromByteText } from "@servent/overlay/protocols/napster/byte-text.ts";
import { LINK_SPEEDS_KBPS } from "@servent/overlay/protocols/napster/login.ts";
import { foldNick } from "@servent/overlay/protocols/napster/nick.ts";
import { NO_MD5, type SearchHit, type SharedFile } from "@servent/overlay/protocols/napster/shared-file.ts";
import { cutName } from "../cut-name.ts";
import type { Hit, Source } from "../network.ts";

/** What a Napster source needs to be asked for bytes. Texts as on the wire, one character per byte. */
export interface NapsterLocator {
  readonly nick: string;
  readonly path: string;
  /** The index server that named it; others of its union will do. */
  readonly server: Address;
  /** Where the owner listens; 0: the index server does not tell, or nobody can dial him. */
  readonly at: Address;
}

export function hitOf({ file, nick, ip, linkSpeed, port }: SearchHit, server: Address): Hit {
  const at = port === undefined || port === 0 ? 0 : endpointOf(ip, port);
  const locator: NapsterLocator = { nick, path: file.path, server, at };
  const source: Source = {
    network: "napster",
    key: `napster:${foldNick(nick)}:${file.size}:${file.path}`,
    peer: `${fromByteText(nick)}@${formatIpv4(ip)}`,
    name: nameOf(file.path),
    size: file.size,
    urns: file.urn === "" ? [] : [file.urn],
    // Old index servers do not tell; the answer to the first request does.
    firewalled: port === 0,
    ...(file.urn === "" ? { likeness: likenessOf(file, nick) } : {}),
    locator: { ...locator },
  };
  return { source, speedKbps: LINK_SPEEDS_KBPS[linkSpeed] ?? 0, busy: false, vendor: "" };
}

/** The locator of a source that this network made; throws where it is foreign, which would be our own fault. */
export function locatorOf(source: Source): NapsterLocator {
  const { nick, path, server, at } = source.locator;
  if (typeof nick !== "string" || typeof path !== "string" || typeof server !== "number") {
    throw new Error(`not a source of Napster: ${source.key}`);
  }
  // Sources that were stored before there was this field.
  return { nick, path, server, at: typeof at === "number" ? at : 0 };
}

/** The last part of a path, for people. */
export function nameOf(path: string): string {
  return cutName(fromByteText(path.slice(Math.max(path.lastIndexOf("\\"), path.lastIndexOf("/")) + 1)));
}

/**
 * The MD5 of old clients covers a beginning of the file, each program its own, or is a word such as NOMD5COMPUTED: it proves nothing.
 * But files of one size with one such sum are one file as far as anybody can tell; others may not be mixed.
 */
function likenessOf({ md5, size }: SharedFile, nick: string): string {
  return isSum(md5) ? `md5:${md5}:${size}` : `peer:${foldNick(nick)}`;
}

/** Hexadecimal digits that are not all the same, as some programs fill the field. */
function isSum(md5: string): boolean {
  return md5 !== NO_MD5 && /^[0-9a-f]{32}$/.test(md5) && !/^(.)\1*$/.test(md5);
}
