// Every bound of how a daemon joins, with its reason. When and whom it asks: overlay/protocols/introducer/limits.ts.
export const LIMITS = {
  /** From the name's look-up to the last byte of the answer; an introducer that needs longer is as good as gone. */
  exchangeMs: 8000,
  /** The description of an introducer, with the names of others. */
  descriptionBytesMax: 32 * 1024,
  /** An introducer may send us to another, that one to a third and it to a fourth; more is a circle. */
  handOnsMax: 3,
  /** How long we remember whom an introducer sent us to. */
  placeMs: 60 * 60_000,
  /** The situation of a network is looked at this often. */
  lookEveryMs: 2000,
  /** Peers asked for at a time. */
  peersWanted: 10,
  /** What a goodbye may take; a person waits for the program to end. */
  farewellMs: 1500,
  /** Peers on the link that are remembered, and of one host: one for each network. */
  linkPeersMax: 256,
  linkPeersPerHostMax: 8,
  /** Packets on the link that are read in a second; a chatty office has a few, a flood thousands. */
  linkPacketsPerSecond: 50,
  /** Records of one packet that are looked at. */
  linkRecordsMax: 64,
  /** Answers to questions on the link in a second: everybody hears each of them. */
  linkAnswersPerSecond: 2,
  /** For how long an announcement holds, and how often it is renewed (RFC 6762 §10: before 80 % of it are over). */
  linkTtlSeconds: 120,
  linkAnnounceMs: 60_000,
  linkLookMs: 2000,
  /** A peer that was named to a network is named again after this, if the network still looks for some. */
  linkAgainMs: 30_000,
} as const;
