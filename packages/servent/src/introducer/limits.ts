// Every bound of the service, with its reason. What the desk itself bounds: overlay/protocols/introducer/limits.ts.
export const LIMITS = {
  /** A request is one line and a few fields; browsers send a kilobyte or two. */
  headerBytesMax: 4096,
  /** A request is in the first packet, or after one that was lost. */
  headersMs: 2000,
  /** From the first byte to the last of a request. */
  requestMs: 10_000,
  /** A client asks and goes; two requests follow each other when it joins. */
  idleMs: 2000,
  requestsPerConnectionMax: 8,
  connectionsMax: 1024,
  /** A household behind one address may start together; one host must not take every connection. */
  connectionsPerHostMax: 16,
  /** The path and query of a request: the longest that web cache clients send is below half of that. */
  urlCharsMax: 1024,
  /** How often the table is written down. */
  saveEveryMs: 30_000,
  /** 8,192 peers of about 130 bytes each, with room to spare; a larger file is not ours. */
  stateBytesMax: 4 * 1024 * 1024,
  /** Hosts in an answer to a web cache request; the specification's own figure. */
  webCacheHosts: 20,
  /** Other introducers and web caches that the owner may name. */
  othersMax: 32,
} as const;
