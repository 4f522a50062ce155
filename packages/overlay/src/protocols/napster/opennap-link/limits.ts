// Every bound of the links to old servers, with its reason. What may pass between a link and our users has the server's own bounds.
import { LIMITS } from "../limits.ts";

export const LINK_LIMITS = {
  /** Servers that an operator may name. The networks of old had a few dozen, each with two or three links. */
  peersMax: 32,
  /** Servers behind all links, and how far away: a chain of them all would be unusable long before. */
  serversMax: 256,
  hopsMax: 64,
  serverNameCharsMax: LIMITS.serverNameCharsMax,
  /** Users behind all links: several of the largest networks of 2001 together. About 500 bytes each. */
  usersMax: 50_000,
  /** Users behind one link: more than the largest of those networks. When all links together are full, the one with most users goes. */
  usersPerLinkMax: 30_000,
  /**
   * Sessions of others that one server may end, by kills and by logins that it says were earlier, which nobody can check: the same names
   * in two networks that find each other; then one in this time.
   */
  endingsBurst: 64,
  endingEveryMs: 10_000,
  /** What others send as a user's password, passed on as it came. */
  tokenCharsMax: LIMITS.passwordCharsMax,
  clientNameCharsMax: LIMITS.clientNameCharsMax,
  nonceCharsMax: 64,

  /** OpenNap cuts off whoever sends it a longer text, so we send none. */
  payloadCharsMax: LIMITS.clientPayloadBytesMax,
  /** Bytes that wait behind a link's own queue: the ends of all sessions of a large network at once. Who is further behind is cut off. */
  queueBytesMax: 2 << 20,

  /** From the first byte to the proof: one round trip, and a server that is busy. */
  handshakeMs: 15_000,
  /** Links from outside whose server has not proved itself. */
  handshakesMax: 16,
  /** The first repeat of a failed dial; doubled each time. */
  redialMs: 1000,
  redialMaxMs: 60_000,

  /** Messages of one link: all users of a large network at once, then what they may do. A search counts as so many. */
  messagesBurst: 4 * 50_000,
  messagesPerSecond: 5000,
  workOfSearch: 10,
  /** Messages against the rules: so many at once, then one in this time. The next one ends the link. */
  strikesMax: 64,
  strikeEveryMs: 1000,

  /** Searches of other servers' users that wait for servers behind us, in all and of one link. */
  searchesMax: 4096,
  searchesPerLinkMax: 1024,
  /** How long they wait. OpenNap waits for three minutes, and its user with it. */
  searchMs: 10_000,

  /** A link that has once answered a ping and misses this many is dead. Servers of version 0.36 answer none. */
  pingEveryMs: 60_000,
  pingsMissedMax: 3,
  /** Seconds between the clocks of two servers: who logged in earlier decides who keeps a name. OpenNap's own bound. */
  clockSkewSecondsMax: 90,

  /** How often deadlines are looked at, and how soon others hear how much a user shares. */
  tickMs: 250,
  sharedEveryMs: 1000,
  reasonCharsMax: 128,
} as const;
