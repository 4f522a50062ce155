// Who asks and is asked: users of ours, and users of other servers whose commands come here.
import { Budget } from "../../../base/budget.ts";
import type { Millis } from "../../../host/host.ts";
import type { Owner } from "../directory/found-file.ts";
import type { Login } from "../login.ts";
import { foldNick } from "../nick.ts";
import { LEVEL, type Level } from "./accounts.ts";
import type { Channel } from "./channel.ts";
import { budgets, type Budgets, type Household } from "./household.ts";
import type { Line } from "./line.ts";
import { SERVER_LIMITS } from "./limits.ts";
import type { Visitor } from "./union.ts";

export interface Person extends Visitor {
  readonly level: Level;
  /** Reads the claimed URN behind a file's measures. */
  readonly wantsUrn: boolean;
  /** An answer to what he asked. */
  send(type: number, text: string): void;
}

/** What clients call themselves that understand what we add to the protocol. */
const OWN_CLIENTS = /^servent/i;

/** A user of this server, from login to logout. */
export class User implements Person {
  readonly line: Line;
  readonly nick: string;
  /** The nick as it is compared. */
  readonly folded: string;
  /** As others are told; see `Line.ip`. */
  readonly ip: number;
  port: number;
  linkSpeed: number;
  readonly client: string;
  readonly wantsUrn: boolean;
  email: string;
  level: Level;
  /** He has shown the password of the account of this name. */
  isRegistered: boolean;
  /** In the directory. */
  readonly owner: Owner;
  readonly since: Millis;
  isMuzzled = false;
  /** Another server asked where he is, and should hear when he goes. */
  isKnownElsewhere = false;
  readonly uploads = { now: 0, total: 0 };
  readonly downloads = { now: 0, total: 0 };
  /** All of his host. */
  readonly household: Household;
  private readonly budgets: Budgets;
  /** Of others to him; see `Questions`. */
  readonly questions: Budget;
  /** Commands over the measure. */
  overdone = 0;
  /** More of them than are forgiven. */
  isOverdone = false;
  openSearches = 0;
  /** Has been told that he shares too much. */
  saidFull = false;
  readonly channels: Channel[] = [];
  // Of many users few have these.
  hotlist: Map<string, string> | null = null;
  ignored: Map<string, string> | null = null;
  private readonly patience: Budget;

  constructor(
    line: Line,
    login: Login,
    account: { readonly level: Level; readonly email: string; readonly isRegistered: boolean },
    place: {
      readonly owner: Owner;
      readonly now: Millis;
      readonly sharesMax: number;
      readonly household: Household;
    },
  ) {
    const { now, sharesMax } = place;
    this.line = line;
    this.nick = login.nick;
    this.folded = foldNick(login.nick);
    this.ip = line.ip;
    this.port = login.port;
    this.linkSpeed = login.linkSpeed;
    this.client = login.client;
    this.wantsUrn = OWN_CLIENTS.test(login.client);
    this.email = account.email;
    this.level = account.level;
    this.isRegistered = account.isRegistered;
    this.owner = place.owner;
    this.since = now;
    this.questions = new Budget(now, SERVER_LIMITS.questionsBurst, SERVER_LIMITS.questionsPerSecond);
    this.patience = new Budget(now, SERVER_LIMITS.overdoneMax, SERVER_LIMITS.overdoneForgivenPerSecond);
    this.household = place.household;
    this.budgets = budgets(now, sharesMax);
  }

  get isFirewalled(): boolean {
    return this.port === 0;
  }

  get isModerator(): boolean {
    return this.level >= LEVEL.moderator;
  }

  send(type: number, text: string): void {
    this.line.send(type, text);
  }

  /** News that he did not ask for: lost where he does not read. */
  tell(type: number, text: string): void {
    this.line.tell(type, text);
  }

  ignores(person: Pick<Visitor, "nick">): boolean {
    return this.ignored?.has(foldNick(person.nick)) ?? false;
  }

  /**
   * Takes from his measure and from his host's. False: what he sent is to be dropped. Beyond his own measure it is held against him;
   * that others of his host are busy is not his fault.
   */
  may(kind: keyof Budgets, now: Millis, cost = 1): boolean {
    const isInOwn = this.budgets[kind].take(now, cost);
    if (isInOwn && this.household.budgets[kind].take(now, cost)) return true;
    this.overdone++;
    if (!isInOwn && !this.patience.take(now)) this.isOverdone = true;
    return false;
  }
}

/** A user of another server. */
export class Guest implements Person {
  readonly nick: string;
  readonly ip: number;
  readonly port: number;
  readonly linkSpeed: number;
  readonly client: string;
  readonly level = LEVEL.user;
  readonly wantsUrn: boolean;
  private readonly reply: (type: number, text: string) => void;

  constructor(visitor: Visitor, reply: (type: number, text: string) => void) {
    this.nick = visitor.nick;
    this.ip = visitor.ip;
    this.port = visitor.port;
    this.linkSpeed = visitor.linkSpeed;
    this.client = visitor.client;
    this.wantsUrn = OWN_CLIENTS.test(visitor.client);
    this.reply = reply;
  }

  send(type: number, text: string): void {
    this.reply(type, text);
  }
}
