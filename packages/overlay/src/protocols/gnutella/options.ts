// What a Gnutella node is told about itself.
import type { Address } from "../../host/host.ts";
import type { Role } from "./handshake.ts";
import type { Guid } from "./messages.ts";
import type { Zlib } from "./zlib.ts";

export interface GnutellaOptions {
  readonly role: Role;
  /** Neighbours (for a leaf: ultrapeers) to look for; 0: only those that `connect` names. */
  readonly linksWanted: number;
  /** Neighbours that are not leaves, at most. */
  readonly linksMax: number;
  readonly leavesMax: number;
  /** TTL of our own queries, and the highest that we let pass for a fresh one. */
  readonly ttl: number;
  readonly ttlMax: number;
  readonly guid: Guid;
  readonly userAgent: string;
  /** Nobody can dial us. */
  readonly firewalled: boolean;
  readonly speedKbps: number;
  /** Classic: peers slower than this (kbit/s) stay silent on our queries. */
  readonly minimumSpeedKbps: number;
  /** The port can carry zlib streams. */
  readonly deflate: boolean;
  readonly zlib?: Zlib;
  /** Whether an address learnt from a peer may be dialled or passed on. */
  readonly accepts: (address: Address) => boolean;
  /** Four letters in our hits. */
  readonly vendor: string;
  /** Classic: `flooded` as in the first days, each peer's pong routed back; `cached` where absent, and for all other roles. */
  readonly pings?: "cached" | "flooded";
  /** How often other hosts are asked for; 10 s, and a minute for a leaf, where absent. */
  readonly pingEveryMs?: number;
  /** Addresses that are remembered; `LIMITS.hostsMax`, and never more, where absent. */
  readonly hostsMax?: number;
}
