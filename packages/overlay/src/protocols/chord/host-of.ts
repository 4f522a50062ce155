// Whom an address is counted under, so that nobody gets more by using many ports.
import { ipv4Of } from "../../base/ipv4.ts";
import type { Address } from "../../host/host.ts";

/** The first IPv4 address that can be somebody's: 0.0.0.0/8 is nobody's. */
const HOST_LEAST = 0x100_0000;

/** The IPv4 part. In the lab addresses are small numbers, one to a peer, and each stands for itself. */
export function hostOf(address: Address): number {
  const ip = ipv4Of(address);
  return ip < HOST_LEAST ? address : ip;
}
