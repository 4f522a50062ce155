// Every bound of the client, with its reason. Those of the messages themselves: limits.ts.

export const CLIENT_LIMITS = {
  /** Index servers remembered: a list of servers has dozens. */
  serversMax: 200,
  /** Logged in to at once: each costs a registration of everything. */
  sessionsMax: 8,
  /** Files registered with one server; OpenNap takes 5000 of a user. */
  sharesMax: 5000,
  /** Messages of a registration that go out in one step, and the pause behind it: 1280 files a second, and nobody else waits. */
  shareStepMessages: 64,
  sharePauseMs: 50,
  /** A server that does not take a login within this time is not there. */
  loginMs: 10_000,
  /** A server that says nothing is asked whether it is there, and given up when it was silent for so long: half-open TCP tells nobody. */
  pingAfterMs: 3000,
  /**
   * Within ten seconds everything must be registered elsewhere: this, up to a second until it is looked at, and three for another server.
   * A server has two seconds or more to answer the ping.
   */
  silenceMs: 6000,
  /** The first words of a server say which program it is; one that is silent for so long is taken for somebody else's. */
  greetingMs: 1000,
  /** Pause before a server is tried again: the first, doubling up to the longest. */
  retryFirstMs: 1000,
  retryMs: 120_000,
  /** Other names tried with a server at which ours is taken. */
  nickTriesMax: 6,
  /** How often whoever runs us is asked for more servers. */
  serversWantedMs: 5000,
  /** Searches that still take hits; a person has a few, transfers some more. */
  searchesMax: 64,
  /** Hits that one server is asked for: OpenNap's own cap, so more would not come. */
  answersMax: 100,
  /** Files of a user that servers list at most, ours and opennap-ng. */
  listedMax: 500,
  /** Hits of one search; beyond them nobody looks. */
  hitsMax: 2000,
  /** A server that is linked to others may wait for all of them; then the next search has its turn. */
  searchMs: 20_000,
  /** A search that no server was there to hear is asked when one comes, within this time. */
  lateSearchMs: 30_000,
  /** Files asked for and not answered yet, and how long an owner may take. */
  wantsMax: 256,
  wantMs: 30_000,
  /** Uploads that we announced and nobody has fetched yet: in all, and how long. */
  announcedMax: 1024,
  announcedMs: 120_000,
  /** Questions who else has a file, by its MD5, and how long answers are taken. */
  resumesMax: 32,
  resumeMs: 30_000,
  /**
   * Messages of people: what our own server lets through, and a name with room for others' rules. So many a second of all servers:
   * more than anybody reads, and in ten minutes 12,000 of them, about 13 MB, where the application remembers 20,000 events.
   */
  messageCharsMax: 1024,
  senderCharsMax: 32,
  messagesPerSecond: 20,
  /** What a server says for people, and its version: a line of text, kept for every server that refused us. */
  noticeCharsMax: 256,
  versionCharsMax: 64,
  /** Lists of other users asked for at once. */
  browsesMax: 16,
  browseMs: 60_000,
} as const;
