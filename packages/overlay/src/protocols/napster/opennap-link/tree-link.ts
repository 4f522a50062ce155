// One link to an old server: how far it has come, what waits to be sent, and how much of its patience with it is left.
import { Budget } from "../../../base/budget.ts";
import type { Host, Link, Millis, StreamPort } from "../../../host/host.ts";
import { type Message, MESSAGE } from "../messages.ts";
import { HEAD_BYTES } from "../message-writer.ts";
import { Outbox } from "../outbox.ts";
import type { User } from "../server/person.ts";
import { LINK_LIMITS } from "./limits.ts";
import type { PeerServer } from "./options.ts";
import type { RemoteUser } from "./remote-user.ts";

/** `greeted`: we have said who we are. `proving`: so has it, and this is what it must send. */
export type LinkPhase =
  | { readonly at: "dialling" }
  | { readonly at: "greeted"; readonly nonce: string }
  | { readonly at: "proving"; readonly expected: string }
  | { readonly at: "linked"; readonly since: Millis }
  | { readonly at: "closing" };

/** Somebody whom all servers know. */
export type Subject = User | RemoteUser;

export interface LinkCounters {
  /** Links that came about. */
  links: number;
  linksRefused: number;
  /** From other servers: messages against the rules, and for or from somebody who is not there (any more). */
  strikes: number;
  astray: number;
  /** Not sent, because no OpenNap takes so long a text. */
  oversized: number;
  /** Sessions that ended because of another server, and those that it may not end. */
  kills: number;
  killsRefused: number;
  collisions: number;
}

export function newLinkCounters(): LinkCounters {
  return {
    links: 0,
    linksRefused: 0,
    strikes: 0,
    astray: 0,
    oversized: 0,
    kills: 0,
    killsRefused: 0,
    collisions: 0,
  };
}

export class TreeLink {
  readonly link: Link;
  readonly peer: PeerServer;
  readonly name: string;
  readonly isDialled: boolean;
  readonly openedAt: Millis;
  phase: LinkPhase;
  /** Why it must go, when the input at hand is done. */
  doom: string | undefined = undefined;
  /** Whom the other server has not heard of yet; filled when the link comes about. */
  readonly untold = new Set<Subject>();
  /** It has heard all that was there when the link came about. */
  isTold = false;
  /** Users behind it. */
  users = 0;
  /** Pings without an answer; undefined until one was answered. */
  pingsMissed: number | undefined = undefined;
  pingDue: Millis;

  private readonly host: Host;
  private readonly port: StreamPort<Message>;
  private readonly counters: LinkCounters;
  private readonly messages: Budget;
  private readonly patience: Budget;
  /** What the port has no room for. */
  private readonly outbox = new Outbox(HEAD_BYTES);

  constructor(
    world: { readonly host: Host; readonly port: StreamPort<Message>; readonly counters: LinkCounters },
    link: Link,
    peer: PeerServer,
    isDialled: boolean,
  ) {
    this.host = world.host;
    this.port = world.port;
    this.counters = world.counters;
    this.link = link;
    this.peer = peer;
    this.name = peer.name;
    this.isDialled = isDialled;
    const now = world.host.now();
    this.openedAt = now;
    this.pingDue = now + LINK_LIMITS.pingEveryMs;
    this.phase = { at: "dialling" };
    this.messages = new Budget(now, LINK_LIMITS.messagesBurst, LINK_LIMITS.messagesPerSecond);
    this.patience = new Budget(now, LINK_LIMITS.strikesMax, 1000 / LINK_LIMITS.strikeEveryMs);
  }

  get isLinked(): boolean {
    return this.phase.at === "linked";
  }

  get isTrusted(): boolean {
    return this.peer.isTrusted;
  }

  /** There is room for more than must be sent at once. */
  get hasRoom(): boolean {
    return this.outbox.isEmpty && this.port.room(this.link) > 0;
  }

  /** In order; what has no room waits, and a server that lets too much wait is cut off. */
  send(type: number, text: string): void {
    if (this.phase.at === "closing" || this.doom !== undefined) return;
    if (text.length > LINK_LIMITS.payloadCharsMax) {
      this.counters.oversized++;
      return;
    }
    if (this.hasRoom) {
      this.port.send(this.link, { type, text });
      return;
    }
    const message = { type, text };
    if (this.outbox.weight + HEAD_BYTES + text.length > LINK_LIMITS.queueBytesMax) this.doom = "does not keep up";
    else this.outbox.push(message);
  }

  onWritable(): void {
    this.outbox.flush(this.port, this.link);
  }

  /** False: it sends too much, and goes. */
  mayAct(work: number): boolean {
    if (this.messages.take(this.host.now(), work)) return true;
    this.doom ??= "sends too much";
    return false;
  }

  /** Something that no honest server sends, or only by mistake. */
  strike(problem: string): void {
    this.counters.strikes++;
    if (!this.patience.take(this.host.now())) this.doom ??= `breaks the rules: ${problem}`;
  }

  /** Says why, if there is a why, then ends the stream; `onClose` follows. */
  close(reason: string, isTold: boolean): void {
    if (this.phase.at === "closing") return;
    this.phase = { at: "closing" };
    if (isTold) this.port.send(this.link, { type: MESSAGE.loginError, text: reason });
    this.port.close(this.link, reason);
  }
}
