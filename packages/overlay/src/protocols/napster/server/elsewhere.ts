// Users and files of other servers, however those are reached: the union of our own, or links of OpenNap's tree.
import type { Address, Link } from "../../../host/host.ts";
import type { Message } from "../messages.ts";
import type { SearchHit } from "../shared-file.ts";
import type { Person, User } from "./person.ts";
import type { Visitor } from "./union.ts";

export interface Elsewhere {
  /**
   * Puts a search to others. Answers how many were asked: each of them ends with one `onRemoteEnd(id)`, also where it is lost.
   * None of these is called before this returns.
   */
  search(id: number, asker: Visitor, request: string): number;
  /** Nobody waits for this search any more. */
  forget(id: number): void;
  /**
   * Brings a command to the server where `nick` is. False: he is certainly in none of them. True: it is on its way, or `onNobody`
   * says later that it came to nothing.
   */
  carry(sender: User, nick: string, message: Message): boolean;
  onUserIn(user: User): void;
  onUserGone(user: User): void;
  /** He has said something of this type, and it is done. */
  onUserActed?(user: User, type: number): void;
  /** Something on a channel, of him who is on it or was; `text` as he says it. */
  onChannelNews?(user: User, type: number, text: string): void;
  /** Somebody else has this name there, and keeps it: who has no account here must not log in with it. */
  keeps?(nick: string, ip: number): boolean;
  /** Of somebody who is there now. */
  linkSpeedOf?(nick: string): number | undefined;
  /** Names of the servers that can be reached now. */
  servers(): readonly string[];
  /** Links as `link list` names them, `server port peer peerport hops`, where they are known. */
  linkLines?(): readonly string[];
  /** Users there, and what they share, where that is known. */
  totals?(): Totals;
}

export interface Totals {
  readonly users: number;
  readonly files: number;
  readonly kilobytes: number;
}

/** Other servers that are reached over lines of the server's own port. */
export interface TreeLinks extends Elsewhere {
  start(): void;
  stop(): void;
  /** The line is a link, or was dialled to be one: all its input goes there. */
  owns(link: Link): boolean;
  /** A line from outside that begins as a link does. */
  adopt(link: Link, remote: Address, greeting: Message): void;
  onOpen(link: Link): void;
  onMessage(link: Link, message: Message): void;
  onWritable(link: Link): void;
  onClose(link: Link, reason: string): void;
  onTimer(): void;
}

/** What those who reach other servers tell ours. */
export interface ElsewhereEvents {
  onRemoteHits(id: number, hits: readonly SearchHit[]): void;
  onRemoteEnd(id: number): void;
  /** What our own directory has for another server's user. */
  hitsFor(asker: Visitor, request: string): readonly SearchHit[];
  /** A command of another server's user for one of ours. */
  onRemoteCommand(sender: Person, message: Message): void;
  /** An answer for a user of ours. */
  onDelivery(nick: string, message: Message): void;
  /** The command found nobody: its sender is to be told. */
  onNobody(sender: User, message: Message): void;
  user(nick: string): User | undefined;
}
