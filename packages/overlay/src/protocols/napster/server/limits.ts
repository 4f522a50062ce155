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
  /** Passwords of one host that are hashed or wait for it: thirty hosts are needed to fill the queue. */
  passwordsPerHostMax: 4,
  /** Accounts and new passwords that one host makes: so many at once, a family's, then one in this time. */
  passwordsMadeMax: 8,
  passwordMadeEveryMs: 60_000,
  /** Hosts whose passwords are remembered; the one seen longest ago is forgotten. */
  passwordHostsMax: 4096,
  /** Links that are compressed: each holds about 300 kB for zlib. Others go on in plain. */
  compressedLinksMax: 64,
  /** A full server lets a user go who shares nothing and has said nothing for this long. */
  idleMs: 15 * 60_000,
  /** Half-open and expired things are looked for this often. */
  sweepEveryMs: 5000,
  /** Statistics go to everybody this often, as with OpenNap; a dead connection is noticed by it, too. */
  statisticsEveryMs: 60_000,

  /**
   * Memory of what waits behind a link's own queue, and behind all: a browse answer takes up to 650 kB, the hits of a burst of
   * searches two megabytes. Where all together are full, whoever has most waiting goes.
   */
  outboxBytesMax: 2 * 1024 * 1024,
  outboxesBytesMax: 64 * 1024 * 1024,
  /** What a message takes there besides its text: most are short, and without this 64 MB of them were 500. */
  messageWeight: 300,
  /** Who has taken nothing for this long does not read. A link tells of progress every 96 kB: half a minute of a slow modem. */
  unreadMs: 45_000,

  /** Commands of one user: so many at once, and so many a second on average. */
  commandsBurst: 200,
  commandsPerSecond: 20,
  /** Searches: a person asks once in seconds, a client that looks for sources of its downloads asks for dozens at once. */
  searchesBurst: 60,
  searchesPerSecond: 2,
  /** Files shared and unshared, beyond what a user may share at all: so many a second. */
  sharesPerSecond: 200,
  /** Lines on channels, joins among them: each goes to two hundred people. Nobody types faster; who comes in joins five at once. */
  channelLinesBurst: 20,
  channelLinesPerSecond: 5,
  /**
   * All users of one host together may do as much as so many, where it may have the usual number of users, else more in proportion.
   * This is kept for so long after the last has gone, of so many hosts, or a new login would bring a new measure.
   */
  hostAsUsers: 4,
  usersPerHostUsual: 64,
  hostLeftMs: 60_000,
  hostsLeftMax: 4096,
  /** It takes so many hosts, of the usual number of users, to fill the directory. */
  directoryHostsLeast: 16,
  /** Commands over the measure after which the user is sent away, and how many of them are forgiven in a second. */
  overdoneMax: 1000,
  overdoneForgivenPerSecond: 5,
  /**
   * Questions that clients answer by themselves, to one user: so many at once, and a second. A client with a long queue asks for
   * dozens of files; the fastest sharer begins no ten uploads a second. Of these one host has less than half.
   */
  questionsBurst: 100,
  questionsPerSecond: 10,
  questionsOfHostBurst: 40,
  questionsOfHostPerSecond: 3,
  /** Hosts that asked somebody, with whom they asked: what 16 hosts can make in minutes. */
  questionPairsMax: 8192,
  /** Questions that may still be answered, and how long: clients answer at once, but some ask the person first. */
  questionsMax: 16_384,
  questionMs: 60_000,

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
  /**
   * How long a first word that an unregistered user is somewhere waits for a better one: an impostor's server may be the nearest. The
   * way around the world and back is no longer, and a person hardly notices.
   */
  claimMs: 250,
  /** Work that one server of the union may cause: units a second, and at once. A search costs 10, anything else one. */
  unionWorkPerSecond: 5000,
  unionWorkBurst: 10_000,
  unionWorkOfSearch: 10,
  /**
   * A list of what somebody shares: a unit for each 50 of at most 500 files, for the server that asks and for its user. A user has one
   * list of another server's user under way, for at most so long.
   */
  unionWorkOfBrowse: 10,
  unionWorkOfBrowsedFile: 1 / 50,
  unionBrowseMs: 30_000,
  /** Hits in one message between servers of a union; more go into the next. */
  unionHitsMax: 64,
} as const;
