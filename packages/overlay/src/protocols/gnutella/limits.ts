// Every bound of the protocol, with its reason. Names of descriptors as in messages.ts.

export const LIMITS = {
  /** One handshake block (LimeWire and gtk-gnutella stay far below); more is an attack. */
  handshakeBytesMax: 16 * 1024,
  handshakeLineBytesMax: 1024,
  handshakeFieldsMax: 128,
  /** TTL plus hops of anything; beyond it a descriptor wanders. */
  hardTtl: 15,
  /** gtk-gnutella's bounds; one byte more and the sender is cut off. */
  pingBytesMax: 1536,
  pongBytesMax: 14 + 1536,
  byeBytesMax: 4096,
  tableBytesMax: 40_960,
  vendorBytesMax: 40_960,
  pushBytesMax: 26 + 1536,
  queryBytesMax: 1024,
  hitBytesMax: 65_536,
  unknownBytesMax: 65_536,
  /** Larger ones are answered but not passed on, so that nobody floods through us. */
  queryForwardBytesMax: 256,
  hitForwardBytesMax: 16_384,
  /** LimeWire ignores a hit with more. */
  hitRecordsMax: 10,
  /** Hits of one query that we give away; enough for a person, small for the network. */
  answersMax: 64,
  /** Slots of a query routing table that we hold for a neighbour: 1 Mi slots are 128 KiB. */
  tableSlotsMax: 1 << 20,
  /** Ids of queries: at 50 a second two generations hold at least ten minutes. */
  seenGenerationMax: 32_768,
  seenPeriodMs: 10 * 60_000,
  pushRoutesGenerationMax: 8192,
  handshakeTimeoutMs: 20_000,
  /** Inbound links whose handshake is not over, in all and from one host; the oldest makes room for the next. */
  handshakesMax: 64,
  handshakesPerHostMax: 8,
  /** Open links to one host: a household may share an address, but one host must not take every slot. */
  linksPerHostMax: 2,
  leavesPerHostMax: 5,
  /** Work that a neighbour may cause: units a second, and how many may come at once. A query costs five, so 100 a second. */
  workPerSecond: 500,
  workBurst: 2000,
  workOfQuery: 5,
  /** Descriptors dropped for want of work units that count as one fault. */
  overworkPerFault: 200,
  /** Complete query routing tables from one neighbour: each costs up to 10 ms. */
  tablesBurst: 4,
  tableEveryMs: 5000,
  /** Descriptors that wait in each class of a congested link. */
  queueMax: 64,
  /** Pongs in the cache, and how long one is worth passing on. */
  pongCacheMax: 64,
  pongAgeMaxMs: 10 * 60_000,
  pongsPerPing: 10,
  /** A neighbour gets one answer to its discovery pings in this time. */
  pingEveryMinMs: 3000,
  hostsMax: 1000,
  tryHostsMax: 10,
  /** Malformed or forbidden descriptors in a period before a neighbour is told to go. */
  faultsMax: 6,
  faultsPeriodMs: 5 * 60_000,
  /** Searches of ours that we still take hits for. */
  searchesMax: 256,
} as const;
