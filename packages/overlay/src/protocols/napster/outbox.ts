// Messages that a link has no room for: they wait in order, and go as room comes. What may wait is its owner's to say.
import type { Link, StreamPort } from "../../host/host.ts";
import type { Message } from "./messages.ts";

/** Messages that have gone and are still held: dropping each by itself would move all behind it. */
const SENT_MAX = 1024;

export class Outbox {
  private readonly messages: Message[] = [];
  /** The first that has not gone. */
  private at = 0;
  private waitingWeight = 0;
  private readonly messageWeight: number;

  /** @param messageWeight Bytes that a message counts besides its text. */
  constructor(messageWeight: number) {
    this.messageWeight = messageWeight;
  }

  /** Bytes of all that wait. */
  get weight(): number {
    return this.waitingWeight;
  }

  get isEmpty(): boolean {
    return this.at === this.messages.length;
  }

  /** Messages in memory, for its test: at most twice those that wait. */
  get held(): number {
    return this.messages.length;
  }

  push(message: Message): void {
    this.messages.push(message);
    this.waitingWeight += this.messageWeight + message.text.length;
  }

  /** Sends as many as the link has room for. */
  flush(port: StreamPort<Message>, link: Link): void {
    while (!this.isEmpty && port.room(link) > 0) {
      const message = this.messages[this.at++] as Message;
      this.waitingWeight -= this.messageWeight + message.text.length;
      port.send(link, message);
    }
    // Not only once all have gone: who always leaves one unread would have every message kept that he was ever sent.
    if (this.at > SENT_MAX || this.at > this.messages.length / 2) {
      this.messages.splice(0, this.at);
      this.at = 0;
    }
  }
}
