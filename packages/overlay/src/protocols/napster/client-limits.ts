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
  silenceMs: 7000,
  /** Nothing is known about the server's program; some say nothing between greeting and first message. */
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
  /** Lists of other users asked for at once. */
  browsesMax: 16,
  browseMs: 60_000,
} as const;
