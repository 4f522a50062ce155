// A channel: who is on it and what it is about. It is there as long as somebody is.
import type { User } from "./person.ts";

/** Somebody of another server, as a channel knows him. */
export interface ChannelGuest {
  readonly nick: string;
  readonly folded: string;
  readonly linkSpeed: number;
  readonly files: number;
  readonly channels: Channel[];
}

export class Channel {
  /** As its first user wrote it, with the # in front. */
  readonly name: string;
  readonly users = new Set<User>();
  /** By folded nick. */
  readonly guests = new Map<string, ChannelGuest>();
  /** Who opened it may set its topic and send others out. Undefined: somebody of another server. */
  readonly operator: User | undefined;
  topic: string;

  constructor(name: string, operator: User | undefined) {
    this.name = name;
    this.operator = operator;
    this.topic = `Welcome to the ${name} channel.`;
  }

  get size(): number {
    return this.users.size + this.guests.size;
  }

  /** News to everybody, or to all but one. */
  tell(type: number, text: string, except?: User): void {
    for (const user of this.users) if (user !== except) user.tell(type, text);
  }
}
