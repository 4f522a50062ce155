// Addresses as sockets and people name them, blocks of addresses, and which are public. The numbers themselves: base/ipv4.ts.
import { endpointOf as addressAt, formatIpv4, ipv4Of, parseIpv4, portOf } from "@servent/overlay/base/ipv4.ts";
import type { Address } from "@servent/overlay/host/host.ts";

const PORTS = 0x1_0000;
const ADDRESS_MAX = 0xffff_ffff * PORTS + 0xffff;

/** Host and port of a peer, as people see it; IPv4 only. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** A run of IPv4 addresses: the first `bits` bits of `base` are fixed. */
export interface AddressBlock {
  readonly base: number;
  readonly bits: number;
}

/**
 * The address of a host in digits, also as sockets name it (`::ffff:1.2.3.4`), and a port 0 … 65535.
 * Undefined where the host is not IPv4 or the port out of range.
 */
export function addressFrom(host: string, port: number): Address | undefined {
  const ip = parseIpv4(host.startsWith("::ffff:") ? host.slice(7) : host);
  if (ip === undefined || !Number.isInteger(port) || port < 0 || port >= PORTS) return undefined;
  return addressAt(ip, port);
}

export function endpointOf(address: Address): Endpoint {
  return { host: formatIpv4(ipv4Of(address)), port: portOf(address) };
}

/** `127.0.0.1:7390`, `[::1]:0`, `example.org:80`, taken apart and not checked. */
export function endpointOfText(text: string): Endpoint {
  const colon = text.lastIndexOf(":");
  return { host: text.slice(0, colon).replace(/^\[|\]$/g, ""), port: Number(text.slice(colon + 1)) };
}

/** True where the number stands for an endpoint that can be dialled at all: in range, with a port. */
export function isEndpoint(address: Address): boolean {
  return Number.isInteger(address) && address >= 0 && address <= ADDRESS_MAX && portOf(address) !== 0;
}

/** `10.0.0.0/8`, or a single `10.1.2.3`; undefined where it is neither, or bits are set behind the slash's. */
export function parseBlock(text: string): AddressBlock | undefined {
  const [host = "", bitsText = "32", ...more] = text.split("/");
  const base = parseIpv4(host);
  if (base === undefined || more.length > 0 || !/^(\d|[12]\d|3[0-2])$/.test(bitsText)) return undefined;
  const bits = Number(bitsText);
  return base % 2 ** (32 - bits) === 0 ? { base, bits } : undefined;
}

export function isInBlock(address: Address, block: AddressBlock): boolean {
  const size = 2 ** (32 - block.bits);
  return Math.floor(ipv4Of(address) / size) * size === block.base;
}

/** Everything that is not a single host on the public Internet (RFC 6890 and multicast, RFC 5771). */
const NOT_PUBLIC: readonly AddressBlock[] = [
  "0.0.0.0/8",
  "10.0.0.0/8",
  "100.64.0.0/10",
  "127.0.0.0/8",
  "169.254.0.0/16",
  "172.16.0.0/12",
  "192.0.0.0/24",
  "192.0.2.0/24",
  "192.88.99.0/24",
  "192.168.0.0/16",
  "198.18.0.0/15",
  "198.51.100.0/24",
  "203.0.113.0/24",
  "224.0.0.0/4",
  "240.0.0.0/4",
].map((text) => parseBlock(text) as AddressBlock);

/**
 * May an address that a peer told us be dialled? Private, local and special ranges may not, or anybody could make us
 * knock on doors inside our own house. Whoever allows some of them (`net.allowPrivate`) asks that first.
 */
export function isPublic(address: Address): boolean {
  return isEndpoint(address) && !NOT_PUBLIC.some((block) => isInBlock(address, block));
}
