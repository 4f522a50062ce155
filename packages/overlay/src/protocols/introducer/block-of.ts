// The neighbourhood of an address: many addresses side by side often have one owner.
import { hostOf } from "../../base/ipv4.ts";
import type { Address } from "../../host/host.ts";

const LOOPBACK = 127;

/** True where addresses are those of sockets. In the lab they are small numbers, one to a peer. */
export function isOnSockets(address: Address): boolean {
  return hostOf(address) !== address;
}

/** The 256 addresses around it; undefined in the lab and on loopback, where neighbours need not have one owner. */
export function blockOf(address: Address): number | undefined {
  const host = hostOf(address);
  return isOnSockets(address) && host >>> 24 !== LOOPBACK ? host >>> 8 : undefined;
}
