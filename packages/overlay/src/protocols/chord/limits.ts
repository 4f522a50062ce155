// Every bound of the protocol, with its reason.
export const LIMITS = {
  /** Fits any path's MTU with IP and UDP headers. */
  datagramBytesMax: 1232,
  /** A lookup that was sent on more often wanders: rings that are forming would pass it around at full speed. */
  hopsMax: 64,
  /** Peers in one message; with 20-byte ids they fill about half a datagram. */
  peersMax: 20,
  /** Silent peers that one lookup names. */
  avoidMax: 20,
  /** Bytes of what an application says of one file. */
  recordBytesMax: 400,
  /** Records in one answer at the most; fewer where they are long. */
  recordsPerAnswerMax: 16,
  /** Requests of ours that wait for an answer. */
  requestsMax: 1024,
  /** Peers at a time that are asked whether they are there, because they would be our predecessor. */
  candidatesMax: 8,
  /** Questions that wait while a change of our own state is under way. */
  questionsMax: 32,
  /** Keys, and records in all, that we keep for others; about 10 MB at the most. */
  recordsMax: 16_384,
  recordsPerKeyMax: 256,
  /** … and from one host. */
  recordsPerHostMax: 1024,
  /** The longest life of a record without refresh, seconds. */
  recordSecondsMax: 3600,
  /** Requests a second that one host may make of us, and how many at once. */
  requestsPerSecond: 200,
  requestsBurst: 400,
  /** Requests that one counts for whose answer is up to forty times as long as the question. */
  fetchCost: 8,
  neighboursCost: 2,
  /** Hosts whose budget we remember. */
  hostsMax: 4096,
} as const;
