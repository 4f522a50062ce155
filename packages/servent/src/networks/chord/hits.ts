// Records of the ring become hits as the product knows them; and sources find their way back.
import { formatEndpoint } from "@servent/overlay/base/ipv4.ts";
import { sha1Urn, urnsOf } from "@servent/overlay/base/urn.ts";
import type { Address } from "@servent/overlay/host/host.ts";
import { endpointOf } from "../../runtime/address.ts";
import type { Endpoint, Hit, Source } from "../network.ts";
import type { FileRecord } from "./file-record.ts";

/** What a source of the ring needs to be asked for bytes. */
export interface ChordLocator extends Endpoint {
  /** Of the file, at the provider. */
  readonly path: string;
}

export function hitOf(file: FileRecord, provider: Address): Hit {
  const peer = formatEndpoint(provider);
  const urn = sha1Urn(file.sha1);
  const locator: ChordLocator = {
    ...endpointOf(provider),
    path: `/uri-res/N2R?${urn}`,
  };
  const source: Source = {
    network: "chord",
    key: `chord:${peer}:${urn.slice("urn:sha1:".length)}`,
    peer,
    name: file.name,
    size: file.size,
    urns: urnsOf({ sha1: file.sha1, tiger: file.tigerRoot }),
    firewalled: file.firewalled,
    locator: { ...locator },
  };
  return { source, speedKbps: 0, busy: false, vendor: "" };
}

/** The locator of a source that this network made; throws where it is foreign, which would be our own fault. */
export function locatorOf(source: Source): ChordLocator {
  const { host, port, path } = source.locator;
  if (typeof host !== "string" || typeof port !== "number" || typeof path !== "string") {
    throw new Error(`not a source of Chord: ${source.key}`);
  }
  return { host, port, path };
}
