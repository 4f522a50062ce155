// Every bound of the protocol, with its reason.
export const LIMITS = {
  /** A question is a few words; twice the longest that makes sense. */
  requestBytesMax: 1024,
  /** Twenty peers of under a hundred bytes each, and some room for fields that a later version adds. */
  answerBytesMax: 8192,
  /** The name of a network: `gnutella/ultrapeer`. */
  networkCharsMax: 40,
  /** Networks that one question may name, the most wanted first. */
  networksPerAskMax: 4,
  /** Networks that one desk serves. */
  networksMax: 32,
  /** Peers in one answer: a newcomer needs a handful, and whoever collects addresses should not get them all at once. */
  peersPerAnswerMax: 20,
  /** Ports below belong to the system's own services (mail, web, SSH), also on a host that several people share: a port
   *  check must not knock there for somebody else. */
  portLeast: 1024,
  /** Peers that are kept, in each network and in all: about 200 bytes each, and a check of each every few minutes. */
  peersPerNetworkMax: 4096,
  peersMax: 8192,
  /** Peers of one host in one network: a household has a few, but nobody fills the table from one address. */
  peersPerHostMax: 4,
  /** … and of 256 neighbouring addresses, which often have one owner. */
  peersPerBlockMax: 64,
  /** … and in one answer, while there are others: whoever owns a block must not be all that a newcomer hears of. */
  blockPerAnswerMax: 2,
  /** A peer that did not say for so long that it is still there is forgotten; it says so every `joinAgainMs`. */
  forgetMs: 30 * 60_000,
  joinAgainMs: 10 * 60_000,
  /** Every peer is dialled again after this time at the latest … */
  recheckMs: 5 * 60_000,
  /** … and given to nobody once its last good check is older than this. So whoever died is gone from all answers within
   *  six minutes, however long the queue of checks is. */
  freshMs: 6 * 60_000,
  /** A peer that was not there is dialled again this soon when it says that it is back. */
  checkAgainMs: 15_000,
  /** A host that is there answers a dial within a second. */
  checkMs: 5000,
  /** Dials at the same time: with all of them dead, still 25 a second, so 8,192 peers are through in five and a half minutes. */
  checksMax: 128,
  /** Of these, for peers that were never checked: a flood of joins must not keep the others from being checked. */
  firstChecksMax: 64,
  /** What a host may ask for: so many units at once, and so many more in a minute. */
  unitsBurst: 30,
  unitsPerMinute: 30,
  /** A join makes us dial. */
  joinUnits: 3,
  /** Hosts whose budget is remembered. */
  hostsMax: 16_384,
  /** After an answer the same newcomer should come again only after this. */
  askAgainMs: 60_000,
  /** … or, where there was nobody to name, after this. */
  askEmptyMs: 10_000,
  /** Streams at the same time, and how long one may take: question and answer are one packet each. */
  linksMax: 1024,
  linkMs: 10_000,
  /** Introducers that one peer knows of. */
  introducersMax: 16,
  /** … and at how many it says where it is. */
  joinedMax: 3,
  /** Peers that introducers named and that one network keeps at a time: a few of their answers. */
  introducedMax: 32,
  /** A newcomer that knows addresses tries them first, for so long. */
  patienceMs: 10_000,
  /** It waits at least and at most so long between two questions. */
  askFirstMs: 5000,
  askMostMs: 30 * 60_000,
  /** An introducer that failed is left alone for so long, doubled each time. */
  failedFirstMs: 15_000,
  failedMostMs: 60 * 60_000,
} as const;
