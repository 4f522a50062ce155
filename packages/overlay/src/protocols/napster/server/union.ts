// What index servers say to each other, whatever carries it: our own mesh of links, or a bus. No passwords, no tables of users:
// a search is put to all and the answers are gathered; a command for somebody else's user goes to the server where he is at home
// and is carried out there as if its sender were.
import type { Message } from "../messages.ts";
import type { SearchHit } from "../shared-file.ts";

/** A user as other servers need to know him. */
export interface Visitor {
  readonly nick: string;
  /** IPv4, big endian. */
  readonly ip: number;
  /** 0: nobody can connect to him. */
  readonly port: number;
  readonly linkSpeed: number;
  /** Name of his program. */
  readonly client: string;
}

export type UnionMessage =
  /** `request` as in search-request.ts, with what is still wanted as its MAX_RESULTS. `id` is the asking server's own number. */
  | { readonly kind: "search"; readonly id: number; readonly asker: Visitor; readonly request: string }
  /** Answers to a search. With `isLast` the sender has said all. */
  | { readonly kind: "hits"; readonly id: number; readonly hits: readonly SearchHit[]; readonly isLast: boolean }
  /** Whose user is this? Those who have him answer; the others are silent. */
  | { readonly kind: "where"; readonly nick: string }
  /** Where several answer, `beats` in union-claim.ts says whose word counts. `ip` as in Visitor. */
  | {
      readonly kind: "here";
      readonly nick: string;
      readonly loginAgeMs: number;
      readonly isRegistered: boolean;
      readonly ip: number;
    }
  /** The user is gone: whoever remembers that he is here forgets it. */
  | { readonly kind: "gone"; readonly nick: string }
  /** A command of a user of ours for one of yours. */
  | { readonly kind: "command"; readonly sender: Visitor; readonly message: Message }
  /** A message for a user of yours. */
  | { readonly kind: "deliver"; readonly nick: string; readonly message: Message };

/** The other servers, however they are reached. */
export interface Union {
  /** Names of those that can be reached now, without our own. */
  servers(): readonly string[];
  /** To all that can be reached; answers whom it went to, so that answers can be counted. */
  broadcast(message: UnionMessage): readonly string[];
  /** Lost without a word where the server is gone: whoever waits has a deadline. */
  send(server: string, message: UnionMessage): void;
}

/** What a union tells its server. */
export interface UnionEvents {
  onUnionMessage(from: string, message: UnionMessage): void;
  onServerUp(server: string): void;
  onServerDown(server: string): void;
}
