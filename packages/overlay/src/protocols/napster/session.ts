// One log-in with one index server, and what is under way with it.
import type { Address, Link, Millis } from "../../host/host.ts";
import type { KnownServer } from "./server-list.ts";
import type { SharedFile } from "./shared-file.ts";

/** `closing`: we gave it up, and only its end is still to come. */
export type SessionPhase = "dialling" | "logging-in" | "online" | "closing";

/** What its server is busy with for us: answers carry no number, so one search is put at a time. */
export interface AskedSearch {
  readonly search: number;
  /** With `TYPE ANY`, which old servers do not know. */
  readonly isTyped: boolean;
  readonly since: Millis;
  /** Hits that came so far, wanted or not. */
  answers: number;
  /** What the server said against it. */
  complaint: string;
}

export class Session {
  /** Never given twice. */
  readonly route: number;
  readonly link: Link;
  readonly server: Address;
  /** Our owner had named the server when it was dialled; whether TLS is spoken was decided then, too. */
  readonly isNamed: boolean;
  phase: SessionPhase = "dialling";
  /** Our name there. */
  nick: string;
  /** When the phase began. */
  since: Millis;
  heardAt: Millis;
  pingedAt: Millis;
  /** It answered a ping once, so silence means something. */
  answersPings = false;
  /** The first line of its greeting, `opennap-ng 0.50`; empty until it came. */
  version = "";
  /** Its greeting has begun, or will not come: files may be registered. */
  isGreeted = false;
  /** One of our own kind: takes URNs and answers with them. */
  isOurs = false;
  /** Knows the clause TYPE; undefined: not found out yet. */
  knowsTypes: boolean | undefined = undefined;
  /** The last text for people. */
  notice = "";
  users = 0;
  files = 0;
  gigabytes = 0;
  messagesIn = 0;
  messagesOut = 0;
  /** What it has of ours, by path: the fields that were said of it. */
  readonly registered = new Map<string, string>();
  /** Version of the library that `waiting` and `leaving` lead to. */
  libraryVersion = -1;
  waiting: readonly SharedFile[] = [];
  waitingAt = 0;
  leaving: string[] = [];
  asked: AskedSearch | undefined = undefined;
  /** Searches that have not been put to it yet. */
  readonly searches: number[] = [];

  constructor(route: number, link: Link, { address, isNamed }: KnownServer, nick: string, now: Millis) {
    this.route = route;
    this.link = link;
    this.server = address;
    this.isNamed = isNamed;
    this.nick = nick;
    this.since = now;
    this.heardAt = now;
    this.pingedAt = now;
  }

  /** Everything of the present library is registered. */
  get isRegistered(): boolean {
    return this.isGreeted && this.waitingAt >= this.waiting.length && this.leaving.length === 0;
  }
}
