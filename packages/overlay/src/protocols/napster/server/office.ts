// What all desks of the server share: who is here, what is shared, and how to say things.
import type { Host, Millis } from "../../../host/host.ts";
import type { Directory } from "../directory/directory.ts";
import type { Owner } from "../directory/found-file.ts";
import { foldNick } from "../nick.ts";
import type { Accounts } from "./accounts.ts";
import { type Household, Households } from "./household.ts";
import type { LineCounters } from "./line.ts";
import type { ServerOptions } from "./options.ts";
import type { User } from "./person.ts";

/** What the server has counted since it started. */
export interface ServerCounters extends LineCounters {
  messages: number;
  malformed: number;
  unknown: number;
  logins: number;
  loginsRefused: number;
  searches: number;
  searchesElsewhere: number;
  hits: number;
  shares: number;
  sharesRefused: number;
  downloads: number;
  /** Commands dropped because their sender had overdone it. */
  overdone: number;
  /** Questions to users who were asked too much. */
  questionsDropped: number;
  /** From other servers: carried out for their users, and dropped. */
  commandsFromElsewhere: number;
  droppedFromElsewhere: number;
}

export function newCounters(): ServerCounters {
  return {
    connections: 0,
    unread: 0,
    untold: 0,
    halfOpenDropped: 0,
    messages: 0,
    malformed: 0,
    unknown: 0,
    logins: 0,
    loginsRefused: 0,
    searches: 0,
    searchesElsewhere: 0,
    hits: 0,
    shares: 0,
    sharesRefused: 0,
    downloads: 0,
    overdone: 0,
    questionsDropped: 0,
    commandsFromElsewhere: 0,
    droppedFromElsewhere: 0,
  };
}

/** Users of this server, by name and by what they own in the directory. */
export class Users {
  private readonly byNick = new Map<string, User>();
  private readonly byOwner: (User | undefined)[] = [];
  private readonly households = new Households();

  get size(): number {
    return this.byNick.size;
  }

  get(nick: string): User | undefined {
    return this.byNick.get(foldNick(nick));
  }

  ofOwner(owner: Owner): User | undefined {
    return this.byOwner[owner];
  }

  onHost(host: number): number {
    return this.households.usersOf(host);
  }

  /** Somebody of this host is about to be added. */
  household(host: number, now: Millis, options: ServerOptions): Household {
    return this.households.enter(host, now, options);
  }

  /** In order of their logins. */
  all(): IterableIterator<User> {
    return this.byNick.values();
  }

  add(user: User): void {
    this.byNick.set(user.folded, user);
    this.byOwner[user.owner] = user;
  }

  remove(user: User, now: Millis): void {
    this.byNick.delete(user.folded);
    this.byOwner[user.owner] = undefined;
    this.households.leave(user.line.host, now);
  }
}

export interface Office {
  readonly host: Host;
  readonly options: ServerOptions;
  readonly accounts: Accounts;
  readonly directory: Directory;
  readonly users: Users;
  readonly counters: ServerCounters;
}
