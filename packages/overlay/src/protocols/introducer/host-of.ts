// Whom an address is counted under, so that nobody gets more by using many ports or many addresses side by side.
import { ipv4Of } from "../../base/ipv4.ts";
import type { Address } from "../../host/host.ts";

/** The first IPv4 address that can be somebody's: 0.0.0.0/8 is nobody's. */
const HOST_LEAST = 0x100_0000;
const LOOPBACK = 127;

/** True where addresses are those of sockets. In the lab they are small numbers, one to a peer. */
export function isOnSockets(address: Address): boolean {
  return ipv4Of(address) >= HOST_LEAST;
}

/** The IPv4 part; in the lab each address stands for itself. */
export function hostOf(address: Address): number {
  return isOnSockets(address) ? ipv4Of(address) : address;
}

/** The 256 addresses around it; undefined in the lab and on loopback, where neighbours need not have one owner. */
export function blockOf(address: Address): number | undefined {
  const ip = ipv4Of(address);
  return isOnSockets(address) && ip >>> 24 !== LOOPBACK ? ip >>> 8 : undefined;
}
