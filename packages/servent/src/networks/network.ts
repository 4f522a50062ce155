// What every network is to the rest of the product. `search` and `transfers` know networks only through this file;
// each adapter implements it and passes one shared compliance suite. Types only, plus the error a source may answer with.
import type { Situation } from "@servent/overlay/protocols/introducer/newcomer.ts";
import type { Endpoint } from "../runtime/address.ts";

export type { Endpoint };

export type NetworkId = "napster" | "gnutella" | "fasttrack" | "bittorrent" | "chord" | "pastry" | "kelips";

/** A peer that has a file, as one network names it. Plain JSON: it is stored with a transfer and survives a restart. */
export interface Source {
  readonly network: NetworkId;
  /** The same peer and file always give the same key; different ones never do. */
  readonly key: string;
  /** The peer in words: `127.0.0.5:6346`. */
  readonly peer: string;
  /** The name under which this peer offers the file. */
  readonly name: string;
  readonly size: number;
  /** URNs that the source claims: `urn:sha1:…`, `urn:ttroot:…`. Claims, until bytes prove them. */
  readonly urns: readonly string[];
  /**
   * For sources without URNs, in networks where equal names and sizes are not enough to take files for one: only those with an equal
   * likeness are. Absent: name and size decide.
   */
  readonly likeness?: string;
  /** The source cannot be dialled; it must be asked to connect to us. */
  readonly firewalled: boolean;
  /** What only the adapter that made this source understands. */
  readonly locator: Readonly<Record<string, string | number | boolean | readonly string[]>>;
}

/** One answer to a search. */
export interface Hit {
  readonly source: Source;
  /** Claimed upload rate in kbit/s, 0 where unknown. */
  readonly speedKbps: number;
  readonly busy: boolean;
  /** Who wrote the peer's program, in words; empty where unknown. */
  readonly vendor: string;
}

export interface SearchQuery {
  /** All words must occur in the name. May be empty where `urn` is given. */
  readonly words: string;
  readonly urn?: string;
  /** Under which the content is known, for networks that find nothing by URN. What they find so, only its bytes can prove. */
  readonly name?: string;
  /** Who else has the file of which this network once told this likeness. */
  readonly likeness?: string;
}

export interface SearchCost {
  readonly messages: number;
  readonly bytes: number;
}

/** What people should know of how one network answered, beside its hits. */
export interface SearchNote {
  /** `not_asked`: nobody was there to be asked; `partial`: an answer was cut off; `no_user`: nobody of that name is there. */
  readonly code: "not_asked" | "partial" | "no_user";
  readonly text: string;
}

export interface RunningSearch {
  /** Descriptors and bytes that this search has cost us so far, sent and received. */
  cost(): SearchCost;
  /** How it goes, as of now, and after `stop` how it went. Absent: the network has nothing to say. */
  notes?(): readonly SearchNote[];
  /** No hit arrives after this. */
  stop(): void;
}

/** Bytes `start` up to, but not including, `end`. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** An open answer of a source. The server may give less than was asked: trust `range`. */
export interface SourceStream {
  readonly range: ByteRange;
  /** Size of the whole file, as the source says. */
  readonly total: number;
  /**
   * Ends after exactly `range` bytes, or throws a SourceError. Stop reading early and the connection is closed. A chunk
   * is valid until the next one is asked for: its memory may be read into again.
   */
  readonly body: AsyncIterable<Uint8Array>;
}

/** Tiger-tree nodes of one level of the file's hash tree, each 24 bytes; checked against `root` by the adapter. */
export interface HashTree {
  /** Base32, 39 characters. */
  readonly root: string;
  /** Bytes that each node covers: 1024 · 2^n; the last node may cover less. */
  readonly blockSize: number;
  readonly nodes: Uint8Array;
}

export type SourceProblem =
  | "remote_busy"
  | "remote_queue"
  | "refused"
  | "not_found"
  | "range_unavailable"
  | "peer_gone"
  | "timeout"
  | "both_firewalled"
  | "network_off"
  | "protocol";

/** Why a source did not give what was asked. */
export class SourceError extends Error {
  readonly problem: SourceProblem;
  /** When the source wants to be asked again; 0 where it did not say. */
  readonly retryAfterMs: number;
  /** Our place in its queue; 0 where there is none. */
  readonly position: number;

  constructor(
    problem: SourceProblem,
    message: string,
    more: { retryAfterMs?: number; position?: number; cause?: unknown } = {},
  ) {
    super(message, { cause: more.cause });
    this.name = "SourceError";
    this.problem = problem;
    this.retryAfterMs = more.retryAfterMs ?? 0;
    this.position = more.position ?? 0;
  }
}

export type NetworkState = "off" | "starting" | "connecting" | "online" | "stopping" | "failed";

/** A server of a network that has some, and how we stand with it. */
export interface ServerInfo {
  readonly endpoint: Endpoint;
  /** `waiting`: it is tried when its time comes, or when another is gone; `refused`: it will not have us, so it is not asked again. */
  readonly state: "online" | "connecting" | "waiting" | "refused";
  /** Our name there; empty while we are not. */
  readonly nick: string;
  readonly users: number;
  readonly files: number;
  /** Why it did not work last time; empty where it did. */
  readonly problem: string;
}

export interface NetworkStatus {
  readonly id: NetworkId;
  readonly state: NetworkState;
  /** When it came to this state, RFC 3339 UTC. */
  readonly since: string;
  /** One sentence for people: what it is doing, what it lacks. */
  readonly liveness: string;
  readonly role: string;
  /** Where we listen, once started. */
  readonly endpoint: Endpoint | undefined;
  readonly peers: number;
  /** Absent: the network has no servers. Those that matter first, and not all of many. */
  readonly servers?: readonly ServerInfo[];
  readonly counters: Readonly<Record<string, number>>;
}

export interface NeighbourInfo {
  readonly id: string;
  readonly network: NetworkId;
  readonly endpoint: Endpoint;
  readonly state: "dialling" | "handshaking" | "open";
  readonly inbound: boolean;
  readonly role: string;
  readonly vendor: string;
  /** Milliseconds since the link opened. */
  readonly ageMs: number;
  readonly messagesIn: number;
  readonly messagesOut: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
}

/** A peer in the table of a distributed hash table. */
export interface DhtPeer {
  /** Hexadecimal. */
  readonly id: string;
  readonly endpoint: Endpoint;
}

export interface DhtEntry extends DhtPeer {
  /** Why it stands there, in the network's own word: `successor`, `finger`. */
  readonly role: string;
  /** Which one of its role: the number of a successor, the exponent of a finger. */
  readonly place: number;
  /** How far it is from us, as a share of all ids, 0 to 1. */
  readonly distance: number;
}

/** One of our own nodes there. */
export interface DhtNode extends DhtPeer {
  readonly state: string;
  /** Records that it keeps for others. */
  readonly records: number;
  readonly entries: readonly DhtEntry[];
}

export interface DhtHop extends DhtPeer {
  /** Null: it did not answer. */
  readonly ms: number | null;
}

export interface DhtRecord {
  readonly provider: Endpoint;
  readonly name: string;
  readonly size: number;
  readonly urns: readonly string[];
  /** Of the record as it is stored. */
  readonly bytes: number;
  /** Who of those asked keeps it. */
  readonly holders: readonly Endpoint[];
}

export interface DhtLookup {
  /** Hexadecimal. */
  readonly key: string;
  /** What the key is the hash of; empty where the key itself was given. */
  readonly text: string;
  /** Null: nobody who answers was found. */
  readonly owner: DhtPeer | null;
  /** Who follows the owner, nearest first. */
  readonly followers: readonly DhtPeer[];
  /** In the order in which they were asked. */
  readonly hops: readonly DhtHop[];
  readonly ms: number;
  /** Null: not asked for. */
  readonly records: readonly DhtRecord[] | null;
}

/** What people may look at in a network that is a distributed hash table. */
export interface Dht {
  table(): readonly DhtNode[];
  /** Bounded in time by itself. Throws ServentError: `invalid_value`, `timeout`, `too_many`. */
  lookup(key: string, withRecords: boolean): Promise<DhtLookup>;
}

/** A peer that an introducer or the local link named. */
export interface Introduced {
  /** What it is: `gnutella/ultrapeer`. */
  readonly network: string;
  readonly endpoint: Endpoint;
}

export interface Network {
  readonly id: NetworkId;
  /** Absent where the network is none. */
  readonly dht?: Dht;
  start(): Promise<void>;
  stop(): Promise<void>;
  status(): NetworkStatus;
  /** Words that are `@` and a name ask it for what that user shares. Absent: it knows no users by name. */
  readonly knowsUsers?: boolean;
  /**
   * Asks the network; `onHit` may be called at once, and never after `stop`. Networks that can tell call `onDone` when all that were
   * asked have said all: once, after this has returned, and never after `stop`.
   */
  search(query: SearchQuery, onHit: (hit: Hit) => void, onDone?: () => void): RunningSearch;
  /** Bytes of a file from one source. Rejects with a SourceError. */
  open(source: Source, range: ByteRange, signal: AbortSignal): Promise<SourceStream>;
  /** The file's hash tree from one source, or undefined where the source has none to give. Rejects with a SourceError. */
  hashTree(source: Source, signal: AbortSignal): Promise<HashTree | undefined>;
  /** Bytes per second that a source is thought to give before it is asked; for networks that measure. */
  expectedRate?(source: Source): number;
  neighbours(): readonly NeighbourInfo[];
  connect(endpoint: Endpoint): void;
  /** Absent where nobody is introduced to anybody. Whom it looks for now, and who may come to it; asked every few seconds. */
  introductions?(): Situation;
  /** Peers that may be dialled. They are worth a try, and unlike those of `connect` may be forgotten. */
  introduce?(peers: readonly Introduced[]): void;
  /** False: no such neighbour. */
  disconnect(id: string): boolean;
}
