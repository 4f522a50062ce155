// Every bound of the protocol, with its reason.

export const LIMITS = {
  /** What OpenNap servers take from a client (`max_command_length`); one byte more and it is cut off. */
  clientPayloadBytesMax: 2048,
  /** What the head can say; a client takes all that a server may send. */
  serverPayloadBytesMax: 65_535,
  /** A name as OpenNap takes it. */
  nickCharsMax: 19,
  /** As the names of hosts in the lists of old servers. */
  serverNameCharsMax: 64,
  /** Longer passwords are cut off by some servers, and hashing them costs. */
  passwordCharsMax: 128,
  clientNameCharsMax: 32,
  emailCharsMax: 64,
  /** A path: half of what a client may say at once. Longer ones are not shared; opennap-ng keeps no more than 259 of it. */
  pathBytesMax: 1024,
  /** Clauses of a search: a dozen kinds, and some more texts that must or must not occur. */
  searchClausesMax: 32,
  /** Files of one directory message: a payload of 2 kB holds about forty. */
  filesPerMessageMax: 128,
} as const;
