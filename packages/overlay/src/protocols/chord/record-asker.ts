// Asking other nodes for records, and to keep ours.
import type { Address } from "../../host/host.ts";
import type { Message, Record } from "./messages.ts";
import type { Asker, Requests } from "./requests.ts";

export type Records = Extract<Message<unknown>, { kind: "records" }>;

export interface RecordEvents {
  onRecords(self: Address, number: number, answer: Records | undefined): void;
  onStored(self: Address, number: number, seconds: number): void;
}

/** A tag is the number of a question and which of two it was. */
const FETCH = 0;
const STORE = 1;

export class RecordAsker<Id> implements Asker<Id> {
  private readonly requests: Requests<Id>;
  private readonly self: Address;
  private readonly events: RecordEvents;

  constructor(requests: Requests<Id>, self: Address, events: RecordEvents) {
    this.requests = requests;
    this.self = self;
    this.events = events;
  }

  fetch(number: number, from: Address, key: Id, skip: number): void {
    const token = this.requests.newToken();
    this.requests.ask(token, from, { kind: "fetch", token, key, skip }, this, 2 * number + FETCH);
  }

  store(number: number, at: Address, permit: number, key: Id, record: Record, seconds: number): void {
    const token = this.requests.newToken();
    const message: Message<Id> = { kind: "store", token, permit, key, record, seconds };
    this.requests.ask(token, at, message, this, 2 * number + STORE);
  }

  onAnswer(tag: number, _from: Address, answer: Message<Id>): void {
    const number = Math.floor(tag / 2);
    if (tag % 2 === FETCH) this.events.onRecords(this.self, number, answer.kind === "records" ? answer : undefined);
    else this.events.onStored(this.self, number, answer.kind === "stored" ? answer.seconds : 0);
  }

  onSilence(tag: number): void {
    const number = Math.floor(tag / 2);
    if (tag % 2 === FETCH) this.events.onRecords(this.self, number, undefined);
    else this.events.onStored(this.self, number, 0);
  }
}
