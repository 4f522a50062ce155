// IPv4 address and port as one number, `ip * 65536 + port` (48 bits, exact in a double), and as text `1.2.3.4:6346`.

export function ipv4Of(endpoint: number): number {
  return Math.floor(endpoint / 0x10000);
}

export function portOf(endpoint: number): number {
  return endpoint % 0x10000;
}

/** The first IPv4 address that can be somebody's: 0.0.0.0/8 is nobody's (RFC 1122 §3.2.1.3). */
const HOST_LEAST = 0x100_0000;

/**
 * Whom an endpoint is counted under, so that nobody gets more by using many ports: its IPv4 part. In the lab endpoints are small
 * numbers, one to a peer, and each stands for itself.
 */
export function hostOf(endpoint: number): number {
  const ip = ipv4Of(endpoint);
  return ip < HOST_LEAST ? endpoint : ip;
}

export function endpointOf(ip: number, port: number): number {
  return ip * 0x10000 + port;
}

export function formatIpv4(ip: number): string {
  return `${ip >>> 24}.${(ip >>> 16) & 255}.${(ip >>> 8) & 255}.${ip & 255}`;
}

export function formatEndpoint(endpoint: number): string {
  return `${formatIpv4(ipv4Of(endpoint))}:${portOf(endpoint)}`;
}

/** Four decimal parts without leading zeros and nothing else; undefined otherwise. */
export function parseIpv4(text: string): number | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
  if (match === null) return undefined;
  let ip = 0;
  for (let part = 1; part <= 4; part++) {
    const byte = Number(match[part]);
    if (byte > 255 || String(byte) !== match[part]) return undefined;
    ip = ip * 256 + byte;
  }
  return ip;
}

/** `1.2.3.4:6346`; without a port where `defaultPort` is given. Undefined where it is neither. */
export function parseEndpoint(text: string, defaultPort?: number): number | undefined {
  const colon = text.lastIndexOf(":");
  const ip = parseIpv4(colon < 0 ? text : text.slice(0, colon));
  if (ip === undefined) return undefined;
  if (colon < 0) return defaultPort === undefined ? undefined : endpointOf(ip, defaultPort);
  const digits = text.slice(colon + 1);
  if (!/^[1-9]\d{0,4}$/.test(digits) || Number(digits) > 0xffff) return undefined;
  return endpointOf(ip, Number(digits));
}
