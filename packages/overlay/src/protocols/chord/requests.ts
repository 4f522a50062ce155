// Questions that wait for an answer. Each has a token; an answer counts only from where the question went, and silence is an
// answer too. Every question waits equally long, so the table is in the order of its deadlines.
import type { Address, DatagramPort, Host, Millis } from "../../host/host.ts";
import { LIMITS } from "./limits.ts";
import type { Message } from "./messages.ts";

/** Who asked. `tag` says which of its questions was answered. */
export interface Asker<Id> {
  onAnswer(tag: number, from: Address, answer: Message<Id>): void;
  /** No answer came, however often it was asked. */
  onSilence(tag: number, to: Address): void;
}

interface Question<Id> {
  readonly to: Address;
  readonly message: Message<Id>;
  readonly asker: Asker<Id>;
  readonly tag: number;
  dueAt: Millis;
  triesLeft: number;
  /** The peer said that it will answer later. */
  isBusy: boolean;
}

export interface Patience {
  /** How long one try waits. */
  readonly timeoutMs: Millis;
  /** Times that a question is sent before its peer counts as silent. */
  readonly tries: number;
}

export class Requests<Id> {
  private readonly host: Host;
  private readonly port: DatagramPort<Message<Id>>;
  private readonly timer: number;
  private readonly patience: Patience;
  private readonly open = new Map<number, Question<Id>>();

  constructor(host: Host, port: DatagramPort<Message<Id>>, timer: number, patience: Patience) {
    this.host = host;
    this.port = port;
    this.timer = timer;
    this.patience = patience;
  }

  /** No more lookups, fetches and stores, then. A lookup that runs has one question open, and the upkeep a handful. */
  get isFull(): boolean {
    return this.open.size >= LIMITS.requestsMax;
  }

  /** A token that no open question has. */
  newToken(): number {
    for (;;) {
      const token = this.host.u32();
      if (!this.open.has(token)) return token;
    }
  }

  /** Sends a message that carries `token`, and waits. */
  ask(token: number, to: Address, message: Message<Id>, asker: Asker<Id>, tag: number): void {
    const triesLeft = this.patience.tries - 1;
    const dueAt = this.host.now() + this.patience.timeoutMs;
    if (this.open.size === 0) this.host.arm(this.timer, this.patience.timeoutMs);
    this.open.set(token, { to, message, asker, tag, dueAt, triesLeft, isBusy: false });
    this.port.send(to, message);
  }

  /** Hands an answer to who asked. False: nobody asked this sender. */
  answer(from: Address, token: number, message: Message<Id>): boolean {
    const question = this.open.get(token);
    if (question === undefined || question.to !== from) return false;
    this.close(token);
    question.asker.onAnswer(question.tag, from, message);
    return true;
  }

  /** The peer is there and will answer later: it gets as much time again, and what it did not say then was no silence. */
  onBusy(from: Address, token: number): void {
    const question = this.open.get(token);
    if (question === undefined || question.to !== from || question.isBusy) return;
    question.isBusy = true;
    question.dueAt = this.host.now() + this.patience.timeoutMs;
    this.open.delete(token);
    this.open.set(token, question);
  }

  /** Forgets all questions of an asker, or of everybody. */
  cancel(asker?: Asker<Id>): void {
    for (const [token, question] of this.open) {
      if (asker === undefined || question.asker === asker) this.open.delete(token);
    }
    if (this.open.size === 0) this.host.disarm(this.timer);
  }

  onTimer(): void {
    const now = this.host.now();
    const over: [token: number, question: Question<Id>][] = [];
    for (const [token, question] of this.open) {
      if (question.dueAt > now) break;
      this.open.delete(token);
      if (question.triesLeft > 0 && !question.isBusy) {
        question.triesLeft--;
        this.port.send(question.to, question.message);
        question.dueAt = now + this.patience.timeoutMs;
        this.open.set(token, question);
      } else over.push([token, question]);
    }
    this.armNext(now);
    for (const [token, { asker, tag, to, isBusy }] of over) {
      if (isBusy) asker.onAnswer(tag, to, { kind: "busy", token });
      else asker.onSilence(tag, to);
    }
  }

  private close(token: number): void {
    this.open.delete(token);
    if (this.open.size === 0) this.host.disarm(this.timer);
  }

  private armNext(now: Millis): void {
    for (const { dueAt } of this.open.values()) {
      this.host.arm(this.timer, dueAt - now);
      return;
    }
  }
}
