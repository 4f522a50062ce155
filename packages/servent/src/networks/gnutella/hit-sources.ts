// Query hits, as the protocol has them, become hits as the product knows them; and sources find their way back.
import { sha1OfUrn, sha1Urn, tigerOfUrn, tigerUrn } from "@servent/overlay/base/urn.ts";
import { formatEndpoint, portOf } from "@servent/overlay/base/ipv4.ts";
import type { Address } from "@servent/overlay/host/host.ts";
import { type Extensions, largeSize, readExtensions } from "@servent/overlay/protocols/gnutella/extensions.ts";
import { readTrailer } from "@servent/overlay/protocols/gnutella/hit-trailer.ts";
import type { Guid, QueryHit } from "@servent/overlay/protocols/gnutella/messages.ts";
import { nodeZlib } from "../../runtime/zlib.ts";
import { cutName, NAME_MAX } from "../cut-name.ts";
import type { Hit, Source } from "../network.ts";

/** What a Gnutella source needs to be asked for bytes. */
export interface GnutellaLocator {
  readonly address: Address;
  readonly servent: Guid;
  readonly index: number;
  /** The name as the peer spells it, for requests by index. */
  readonly name: string;
  /** Base32, or empty where the peer told no hash. */
  readonly sha1: string;
}

/** One product hit per record. `mayDial`: whether the peer's address may be dialled at all. */
export function hitsOf(hit: QueryHit, mayDial: (address: Address) => boolean): Hit[] {
  const trailer = readTrailer(hit.trailer, nodeZlib);
  const unreachable = trailer.push === true || portOf(hit.address) === 0 || !mayDial(hit.address);
  return hit.records.map((record) => {
    const extensions = readExtensions(record.extensions, nodeZlib);
    const urns = canonicalUrns(extensions);
    const sha1 = urns.find((urn) => urn.startsWith("urn:sha1:"))?.slice("urn:sha1:".length) ?? "";
    const locator: GnutellaLocator = {
      address: hit.address,
      servent: hit.servent,
      index: record.index,
      name: cutName(record.name, 4 * NAME_MAX),
      sha1,
    };
    const source: Source = {
      network: "gnutella",
      key: `gnutella:${hit.servent}:${sha1 === "" ? `${record.index}:${record.name}` : sha1}`,
      peer: formatEndpoint(hit.address),
      name: cutName(record.name),
      size: largeSize(extensions) ?? record.size,
      urns,
      firewalled: unreachable,
      locator: { ...locator },
    };
    return { source, speedKbps: hit.speedKbps, busy: trailer.busy ?? false, vendor: trailer.vendor };
  });
}

/** The locator of a source that this network made; throws where it is foreign, which would be our own fault. */
export function locatorOf(source: Source): GnutellaLocator {
  const { address, servent, index, name, sha1 } = source.locator;
  if (
    typeof address !== "number" ||
    typeof servent !== "string" ||
    typeof index !== "number" ||
    typeof name !== "string" ||
    typeof sha1 !== "string"
  ) {
    throw new Error(`not a Gnutella source: ${source.key}`);
  }
  return { address, servent, index, name, sha1 };
}

/** What to ask the peer for: by hash where one is known, else by index and name. Never throws. */
export function pathOf(locator: GnutellaLocator): string {
  if (locator.sha1 !== "") return `/uri-res/N2R?urn:sha1:${locator.sha1}`;
  return `/get/${locator.index}/${encodeURIComponent(locator.name.toWellFormed())}`;
}

function canonicalUrns({ urns }: Extensions): string[] {
  const found = new Set<string>();
  for (const urn of urns) {
    const sha1 = sha1OfUrn(urn);
    if (sha1 !== undefined) found.add(sha1Urn(sha1));
    const root = tigerOfUrn(urn);
    if (root !== undefined) found.add(tigerUrn(root));
  }
  return [...found];
}
