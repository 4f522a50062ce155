// The 0.6 handshake's text: what we offer, what a peer says of itself, and who may link to whom.
// A field is offered only where its behaviour exists here.
import { formatEndpoint, formatIpv4, ipv4Of, parseEndpoint } from "../../base/ipv4.ts";
import type { Address } from "../../host/host.ts";
import { LIMITS } from "./limits.ts";
import { field, type Guid, type Handshake } from "./messages.ts";

/** `classic`: an equal among equals in a flat overlay, as in 0.4. */
export type Role = "classic" | "leaf" | "ultrapeer";

type Fields = [name: string, value: string][];

/** What a peer's block says; absent fields have the defaults of the time before they existed. */
export interface PeerFacts {
  readonly role: Role;
  readonly vendor: string;
  /** Where it listens. */
  readonly listen: Address | undefined;
  readonly guid: Guid | undefined;
  readonly ggep: boolean;
  readonly bye: boolean;
  readonly queryRouting: boolean;
  readonly ultrapeerQueryRouting: boolean;
  readonly acceptsDeflate: boolean;
  readonly ttlMax: number;
  readonly tryHosts: readonly Address[];
}

export const CLASSIC_FACTS: PeerFacts = {
  role: "classic",
  vendor: "",
  listen: undefined,
  guid: undefined,
  ggep: false,
  bye: false,
  queryRouting: false,
  ultrapeerQueryRouting: false,
  acceptsDeflate: false,
  ttlMax: 7,
  tryHosts: [],
};

export function readFacts(block: Handshake): PeerFacts {
  const ultrapeer = field(block, "X-Ultrapeer")?.toLowerCase();
  const listen = field(block, "Listen-IP") ?? field(block, "Node") ?? field(block, "X-My-Address");
  const guid = field(block, "GUID");
  const ttlMax = Number.parseInt(field(block, "X-Max-TTL") ?? "", 10);
  return {
    role: ultrapeer === undefined ? "classic" : ultrapeer === "true" ? "ultrapeer" : "leaf",
    vendor: printable(field(block, "User-Agent") ?? ""),
    listen: listen === undefined ? undefined : parseEndpoint((listen.split(",")[0] ?? "").trim()),
    guid: guid === undefined ? undefined : readGuid(guid),
    ggep: field(block, "GGEP") !== undefined,
    bye: field(block, "Bye-Packet") !== undefined,
    queryRouting: field(block, "X-Query-Routing") !== undefined,
    ultrapeerQueryRouting: field(block, "X-Ultrapeer-Query-Routing") !== undefined,
    acceptsDeflate: /(^|[\s,])deflate($|[\s,;])/i.test(field(block, "Accept-Encoding") ?? ""),
    ttlMax: Number.isNaN(ttlMax) ? CLASSIC_FACTS.ttlMax : Math.min(Math.max(ttlMax, 1), LIMITS.hardTtl),
    tryHosts: readTryHosts(block),
  };
}

function readGuid(text: string): Guid | undefined {
  // Nearly everybody writes it as we do; to lower case it anyway would make a copy for every link.
  if (/^[0-9a-f]{32}$/.test(text)) return text;
  return /^[0-9a-fA-F]{32}$/.test(text) ? text.toLowerCase() : undefined;
}

function readTryHosts(block: Handshake): Address[] {
  const found: Address[] = [];
  for (const name of ["X-Try-Ultrapeers", "X-Try"]) {
    for (const text of (field(block, name) ?? "").split(",")) {
      const address = parseEndpoint((text.trim().split(/\s/)[0] ?? "").trim(), 6346);
      if (address !== undefined && found.length < LIMITS.tryHostsMax) found.push(address);
    }
  }
  return found;
}

/** Vendor names come from strangers: no control characters, no more than a line holds. */
function printable(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]/g, "?").slice(0, 80);
}

export interface OwnFacts {
  readonly role: Role;
  readonly userAgent: string;
  readonly guid: Guid;
  readonly address: Address;
  readonly firewalled: boolean;
  readonly linksMax: number;
  readonly ttlMax: number;
  readonly deflate: boolean;
}

const CONNECT_06 = "GNUTELLA CONNECT/0.6";
export const CONNECT_04: Handshake = { kind: "handshake", line: "GNUTELLA CONNECT/0.4", fields: [] };
export const OK_04: Handshake = { kind: "handshake", line: "GNUTELLA OK", fields: [] };

/** The first block of whoever dials. */
export function connectBlock(own: OwnFacts, remote: Address): Handshake {
  return { kind: "handshake", line: CONNECT_06, fields: offers(own, remote) };
}

/** The second block: agreement, with what we will do for this peer. */
export function welcomeBlock(
  own: OwnFacts,
  remote: Address,
  peer: PeerFacts,
  needed: boolean,
  tryHosts: readonly Address[],
): Handshake {
  const fields = offers(own, remote);
  if (own.role === "ultrapeer") fields.push(["X-Ultrapeer-Needed", needed ? "True" : "False"]);
  if (own.deflate && peer.acceptsDeflate) fields.push(["Content-Encoding", "deflate"]);
  addTryHosts(fields, own.role, tryHosts);
  return { kind: "handshake", line: "GNUTELLA/0.6 200 OK", fields };
}

/** The third block: what we accept of the second. */
export function confirmBlock(own: OwnFacts, peer: PeerFacts): Handshake {
  const fields: Fields = own.deflate && peer.acceptsDeflate ? [["Content-Encoding", "deflate"]] : [];
  return { kind: "handshake", line: "GNUTELLA/0.6 200 OK", fields };
}

export function refusalBlock(own: OwnFacts, code: number, text: string, tryHosts: readonly Address[]): Handshake {
  const fields: Fields = [["User-Agent", own.userAgent]];
  addTryHosts(fields, own.role, tryHosts);
  return { kind: "handshake", line: `GNUTELLA/0.6 ${code} ${text}`, fields };
}

function offers(own: OwnFacts, remote: Address): Fields {
  const fields: Fields = [
    ["User-Agent", own.userAgent],
    ["GUID", own.guid],
    ["Remote-IP", formatIpv4(ipv4Of(remote))],
    ["Pong-Caching", "0.1"],
    ["GGEP", "0.5"],
    ["Bye-Packet", "0.1"],
    ["X-Requeries", "False"],
    ["X-Max-TTL", String(own.ttlMax)],
  ];
  if (!own.firewalled) fields.push(["Listen-IP", formatEndpoint(own.address)]);
  if (own.deflate) fields.push(["Accept-Encoding", "deflate"]);
  if (own.role !== "classic") {
    fields.push(["X-Ultrapeer", own.role === "ultrapeer" ? "True" : "False"], ["X-Query-Routing", "0.2"]);
    if (own.role === "ultrapeer") fields.push(["X-Ultrapeer-Query-Routing", "0.1"], ["X-Degree", String(own.linksMax)]);
  }
  return fields;
}

function addTryHosts(fields: Fields, role: Role, hosts: readonly Address[]): void {
  if (hosts.length > 0) {
    fields.push([role === "classic" ? "X-Try" : "X-Try-Ultrapeers", hosts.map(formatEndpoint).join(", ")]);
  }
}

/** Status of a second or third block: `GNUTELLA/0.6 200 OK`. Undefined where the line is none. */
export function readStatus(block: Handshake): { readonly code: number; readonly text: string } | undefined {
  const match = /^GNUTELLA\/0\.\d (\d{3}) ?(.*)$/.exec(block.line);
  return match === null ? undefined : { code: Number(match[1]), text: printable(match[2] as string) };
}

/** Why a link between these two roles cannot be, or undefined where it can. */
export function roleProblem(own: Role, peer: Role): string | undefined {
  if ((own === "classic") !== (peer === "classic")) {
    return own === "classic" ? "Classic peers only" : "Leaves and ultrapeers only";
  }
  return own === "leaf" && peer === "leaf" ? "Shielded leaf node" : undefined;
}
