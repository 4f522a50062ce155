// What a node knows of one link: how far it is, who is there, what waits for it.
import type { Address, Link, Millis } from "../../host/host.ts";
import { CLASSIC_FACTS, type PeerFacts } from "./handshake.ts";
import { LIMITS } from "./limits.ts";
import type { QueryRoutingTable, TableReceiver } from "./query-routing.ts";
import type { SendQueue } from "./send-queue.ts";

/** `greeting`: the peer's first word of the handshake is awaited; `confirming`: its third block. */
export type Phase = "dialling" | "greeting" | "confirming" | "open" | "closing";

/** Longer ago than anything that is measured: twelve days before the clock began. */
export const NEVER: Millis = -(2 ** 30);

/** What every descriptor needs comes first and so lies together: with many nodes in a process each line of memory counts. */
export class Neighbour {
  readonly link: Link;
  /** A number for routing tables that is never given twice, as link numbers are. */
  readonly route: number;
  phase: Phase;
  /** What `facts` say; asked for with every descriptor. */
  isLeaf = false;
  heardAt: Millis = 0;
  /** Pings of ours whether it is still there, since it last said anything. */
  probesUnanswered = 0;
  messagesIn = 0;
  messagesOut = 0;
  /** Thousandths of work units left, and when they were last counted. Whole numbers: others take room of their own. */
  work: number = 1000 * LIMITS.workBurst;
  workAt: Millis = 0;
  queue: SendQueue | null = null;
  /** Its live table, which queries are held against; null where it sent none. */
  table: QueryRoutingTable | null = null;

  readonly inbound: boolean;
  /** Where we dialled, or the source of an inbound link. */
  readonly remote: Address;
  /** When the handshake must be over, or since when the link is open. */
  since: Millis;
  /** The dial speaks 0.4. */
  legacy = false;
  /** It was open once. */
  opened = false;
  facts: PeerFacts = CLASSIC_FACTS;

  duplicates = 0;
  faults = 0;
  faultsSince: Millis = 0;
  /** Descriptors dropped for want of work units. */
  overworked = 0;
  /** What it may still use up by sending query routing tables, each worth `tableEveryMs`, and when that was last counted. */
  tablesMs: Millis = LIMITS.tablesBurst * LIMITS.tableEveryMs;
  tablesAt: Millis = 0;
  probedAt: Millis = NEVER;
  /** When we last asked it for other hosts, and when we last told it some. */
  askedAt: Millis = NEVER;
  pingAnsweredAt: Millis = NEVER;

  tableIn: TableReceiver | null = null;
  /** The table that it was told. */
  tableOut: QueryRoutingTable | null = null;

  constructor(link: Link, route: number, remote: Address, inbound: boolean, phase: Phase, since: Millis) {
    this.link = link;
    this.route = route;
    this.remote = remote;
    this.inbound = inbound;
    this.phase = phase;
    this.since = since;
  }

  introduce(facts: PeerFacts): void {
    this.facts = facts;
    this.isLeaf = facts.role === "leaf";
  }

  /** Where the peer takes connections, as far as we know: what it says, or where we reached it. */
  get listen(): Address | undefined {
    return this.facts.listen ?? (this.inbound ? undefined : this.remote);
  }
}
