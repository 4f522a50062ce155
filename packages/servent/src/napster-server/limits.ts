// Every bound of the role that is not the protocol's (overlay/protocols/napster/server/limits.ts), with its reason.

export const LIMITS = {
  /** scrypt with these takes 32 MiB and about 80 ms: OWASP's second choice, since a server checks many at once. */
  scryptN: 1 << 15,
  scryptR: 8,
  scryptP: 1,
  saltBytes: 16,
  hashBytes: 32,
  /** Passwords hashed at the same time: half of the threads that Node has for such work. */
  hashingMax: 2,
  /** Passwords that wait for it: ten seconds' worth. More logins are told to come again. */
  hashesWaitingMax: 128,
  /** Whoever comes may register: the largest networks had a million users, and an account takes some hundred bytes of the file. */
  accountsMax: 1_000_000,
  /** From the connection to the end of the TLS handshake: three round trips around the world, and a few lost packets. */
  handshakeMs: 10_000,
  /** TLS handshakes under way: each costs a millisecond of a core. The oldest makes room. */
  handshakesMax: 128,
  /** Connections of one address in a minute, on each port. */
  connectionsPerMinute: 600,
  /** Who was refused or sent away has this long to take the last word and hang up: a round trip around the world, and one lost packet. */
  closeWaitMs: 2000,
  /** A server of the redirector is looked at this often, and this long. */
  checkEveryMs: 10_000,
  checkTimeoutMs: 3000,
  redirectedServersMax: 256,
  /** A client that asks a redirector or for statistics gets one line and has this long to take it. */
  lineTimeoutMs: 5000,
  lineConnectionsMax: 256,
  /** A household asks once each. */
  lineConnectionsPerHostMax: 4,
  /** Servers and hosts of which the last news is remembered: all that a union and links may have, and some strangers. */
  newsMax: 256,
  /** Days of a certificate that we make ourselves, and when a new one is made before its end. */
  certificateDays: 3650,
  certificateRenewDays: 30,
} as const;
