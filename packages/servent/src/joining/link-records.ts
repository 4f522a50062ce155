// What is said on the local link, as DNS-SD records (RFC 6763): one service for each network, named by lot, so that nothing of the
// machine or its owner is told. What others say is read with care: of a record we take its network and port, never its address.
import type { ResponsePacket } from "multicast-dns";
import { isNetworkName } from "@servent/overlay/protocols/introducer/codec.ts";
import { LIMITS as PROTOCOL } from "@servent/overlay/protocols/introducer/limits.ts";
import type { Offer } from "@servent/overlay/protocols/introducer/newcomer.ts";
import { LIMITS } from "./limits.ts";

export type LinkRecord = NonNullable<ResponsePacket["answers"]>[number];

export interface Announced {
  /** `gnutella/ultrapeer`. */
  readonly network: string;
  readonly port: number;
  /** 0: it goes. */
  readonly ttlSeconds: number;
}

const FIELD = "network=";
const PORT_MAX = 0xffff;

/** `_servent-gnutella._tcp.local`, of the network `gnutella/ultrapeer`. */
export function serviceType(network: string): string {
  return `_servent-${network.split("/")[0]}._tcp.local`;
}

/** All that is to be said of one offer. `name`: a label that nobody else on the link has. */
export function announcement(name: string, address: string, offer: Offer, ttl: number): LinkRecord[] {
  const type = serviceType(offer.network);
  const instance = `${name}.${type}`;
  const host = `${name}.local`;
  return [
    { name: type, type: "PTR", ttl, data: instance },
    { name: instance, type: "SRV", ttl, flush: true, data: { port: offer.port, target: host, priority: 0, weight: 0 } },
    { name: instance, type: "TXT", ttl, flush: true, data: [`${FIELD}${offer.network}`] },
    { name: host, type: "A", ttl, flush: true, data: address },
  ];
}

/** What a packet announces of services of ours; records of others and broken ones are passed over. */
export function announcedIn(records: readonly LinkRecord[]): Announced[] {
  const ports = new Map<string, { readonly port: number; readonly ttlSeconds: number }>();
  const networks = new Map<string, string>();
  for (const record of records.slice(0, LIMITS.linkRecordsMax)) {
    const instance = String(record.name).toLowerCase();
    if (record.type === "SRV" && record.data)
      ports.set(instance, { port: record.data.port, ttlSeconds: record.ttl ?? 0 });
    if (record.type !== "TXT") continue;
    const network = networkOf(record.data);
    if (network !== undefined && instance.endsWith(`.${serviceType(network)}`)) networks.set(instance, network);
  }
  return [...ports].flatMap(([instance, { port, ttlSeconds }]) => {
    const network = networks.get(instance);
    const isUsable = network !== undefined && Number.isInteger(port) && port >= PROTOCOL.portLeast && port <= PORT_MAX;
    return isUsable ? { network, port, ttlSeconds: Math.max(0, ttlSeconds) } : [];
  });
}

/** Strings of a TXT record come as bytes, one or a list. */
function networkOf(data: unknown): string | undefined {
  for (const each of Array.isArray(data) ? data : [data]) {
    const text =
      typeof each === "string" ? each : each instanceof Uint8Array ? Buffer.from(each).toString("latin1") : "";
    const network = text.startsWith(FIELD) ? text.slice(FIELD.length) : undefined;
    if (isNetworkName(network)) return network;
  }
  return undefined;
}
