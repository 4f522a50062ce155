// Every bound of the protocol, with its reason.

export const LIMITS = {
  /** What OpenNap servers take from a client (`max_command_length`); one byte more and it is cut off. */
  clientPayloadBytesMax: 2048,
  /** What the head can say; a client takes all that a server may send. */
  serverPayloadBytesMax: 65_535,
  /** A name as OpenNap takes it. */
  nickCharsMax: 19,
  /** Longer passwords are cut off by some servers, and hashing them costs. */
  passwordCharsMax: 128,
  clientNameCharsMax: 32,
  emailCharsMax: 64,
  /** A path; opennap-ng's field has 259. Longer ones are not shared. */
  pathBytesMax: 1024,
  /** The text of one `CONTAINS`, of all of them, and how many clauses a search may have. */
  searchClausesMax: 32,
  /** Files of one directory message: a payload of 2 kB holds about forty. */
  filesPerMessageMax: 128,
} as const;
