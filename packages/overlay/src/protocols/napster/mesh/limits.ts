// Every bound of the mesh, with its reason.

export const MESH_LIMITS = {
  /** Longest name of a server, in bytes: it stands in front of every envelope on a bus and on every screen. */
  nameBytesMax: 64,
  /** A key that somebody makes up is guessed from one overheard proof. */
  keyBytesMin: 16,

  /** Servers known at once, ourselves included. Heartbeats flood: 64 servers with 16 links each make 2,000 messages a second at each. */
  serversMax: 64,
  /** Addresses to dial that are remembered: all servers, and as many that were named by hand or are gone. */
  targetsMax: 128,
  /** Streams that have not proved the key, in all; the oldest that somebody else opened makes room. */
  handshakesMax: 16,
  handshakeTimeoutMs: 5000,
  /** Greetings and proofs; a stranger gets no larger message through. */
  handshakeBytesMax: 1024,

  /** Servers that a message may pass, the last one included: between any two of 64 servers with four links there are far fewer. */
  hopsMax: 8,
  /** The longest message between servers: a Napster message of 65,535 bytes, and who sent it. */
  payloadBytesMax: 73_728,
  /** And its envelope, with a list of all servers. */
  messageBytesMax: 76_800,
  /** Names of users, programs and hashes as other servers send them: no client can send a longer text. */
  wordBytesMax: 2048,
  requestBytesMax: 4096,

  /** Bytes that wait for one congested link, beyond what its port holds: a second of a line of 8 Mbit/s. */
  queueBytesMax: 1 << 20,
  /** Envelopes sent over one link and not yet acknowledged, which go another way if it breaks: some seconds of searches. */
  unacknowledgedMax: 1024,
  unacknowledgedBytesMax: 2 << 20,
  /** Envelopes received before the other side is told, where no heartbeat tells it earlier. */
  acknowledgeEvery: 64,
  /** Envelopes for servers to which there is no way at the moment; each waits for the next heartbeats, then is lost. */
  waitingMax: 512,
  waitingBytesMax: 1 << 20,
  /** Messages remembered, so that one that came two ways counts once: at 3,000 a second all of the last ten seconds. */
  seenGenerationMax: 32_768,
  seenPeriodMs: 10_000,
  /** Ids of servers that have said goodbye or started again: late heartbeats do not bring them back. */
  departedGenerationMax: 256,
  departedPeriodMs: 60_000,

  /** Work that one neighbour may cause: units a second, and how many may come at once. 4,000 envelopes a second. */
  workPerSecond: 16_000,
  workBurst: 64_000,
  /** What lists of files leave of it for everything else: a few people who look at lists do not silence all others. */
  workReserve: 32_000,
  workOfBeat: 1,
  workOfEnvelope: 4,
  /** Messages against the rules until a neighbour is cut off. */
  faultsMax: 8,

  dialsPerBeat: 4,
  /** The first repeat of a failed dial, doubled each time: a server that was away long is linked again within eight seconds. */
  redialMs: 1000,
  redialMaxMs: 8000,
  /** Neighbours' addresses in a refusal. */
  othersMax: 16,
} as const;
