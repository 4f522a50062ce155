// Every bound of the server, with its reason. What an operator may want otherwise is an option (options.ts).

export const SERVER_LIMITS = {
  /** From the connection to the end of the login: a person types his password before his client connects. */
  loginTimeoutMs: 60_000,
  /**
   * Connections that have not logged in, in all and from one host; the oldest makes room for the next. When a server comes back, all
   * its clients knock at once, and a house may have many.
   */
  halfOpenMax: 1024,
  halfOpenPerHostMax: 128,
  /** Messages before the login: a client asks for two or three names and a version. */
  loginMessagesMax: 32,
  /** Messages and characters that come behind a login while its password is still being checked. */
  heldMessagesMax: 256,
  heldCharsMax: 64 * 1024,
  /** Wrong passwords of one host: so many at once, then one in this time. */
  passwordTriesMax: 8,
  passwordTryEveryMs: 10_000,
  /** Hosts whose wrong passwords are remembered; the one seen longest ago is forgotten. */
  passwordHostsMax: 4096,
  /** Links that are compressed: each holds about 300 kB for zlib. Others go on in plain. */
  compressedLinksMax: 64,
  /** A full server lets a user go who shares nothing and has said nothing for this long. */
  idleMs: 15 * 60_000,
  /** Half-open and expired things are looked for this often. */
  sweepEveryMs: 5000,
  /** Statistics go to everybody this often, as with OpenNap; a dead connection is noticed by it, too. */
  statisticsEveryMs: 60_000,

  /** Bytes that wait behind a link's own queue, and behind all: a browse answer takes up to half a megabyte. */
  outboxBytesMax: 1024 * 1024,
  outboxesBytesMax: 64 * 1024 * 1024,

  /** Commands of one user: so many at once, and so many a second on average. */
  commandsBurst: 200,
  commandsPerSecond: 20,
  /** Searches: a person asks once in seconds, a client that looks for sources of its downloads asks for dozens at once. */
  searchesBurst: 60,
  searchesPerSecond: 2,
  /** Files shared and unshared, beyond what a user may share at all: so many a second. */
  sharesPerSecond: 200,
  /** Commands over the measure after which the user is sent away. */
  overdoneMax: 1000,

  /** Searches of one user that wait for answers of other servers: opennap-ng's bound. */
  openSearchesPerUserMax: 3,
  openSearchesMax: 4096,
  /** A search waits for other servers no longer than a person would. */
  openSearchMs: 2000,

  hotlistMax: 32,
  ignoreMax: 32,
  channelsPerUserMax: 5,
  channelUsersMax: 200,
  channelsMax: 1000,
  channelNameCharsMax: 32,
  /** Users of other servers: on one channel, channels of one of them, and channels there may be when one of them opens another. */
  channelGuestsMax: 1000,
  channelsPerGuestMax: 32,
  channelsForGuestsMax: 500,
  topicCharsMax: 128,
  chatCharsMax: 1024,
  reasonCharsMax: 128,
  bansMax: 1000,
  maskCharsMax: 64,
  /** Users of other servers who lately asked one of ours for something, and so may be answered. */
  visitorsPerUserMax: 64,
  /** Counters of transfers under way that a client claims. */
  transfersMax: 1000,
  /** Lines of the message of the day. */
  motdLinesMax: 100,
  motdLineCharsMax: 200,

  /** Users of other servers whose server is remembered, and for how long. */
  whereaboutsMax: 4096,
  whereaboutsMs: 5 * 60_000,
  /** Commands that wait until somebody says where the user is, in all, and how long: twice a round trip around the world. */
  carriedMax: 1024,
  carriedMs: 1000,
  /** Work that one server of the union may cause: units a second, and at once. A search costs 10, anything else one. */
  unionWorkPerSecond: 5000,
  unionWorkBurst: 10_000,
  unionWorkOfSearch: 10,
  /** Hits in one message to a server of the union. */
  unionHitsMax: 100,
} as const;
