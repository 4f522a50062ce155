// The server's side of a union: what other servers ask is answered, what our users want of them is asked. No table of users passes:
// where somebody is, is asked when a command is for him.
import { Budget } from "../../../base/budget.ts";
import type { Host, Millis } from "../../../host/host.ts";
import { LIMITS } from "../limits.ts";
import { type Message, MESSAGE } from "../messages.ts";
import { foldNick, isNick } from "../nick.ts";
import { isSha1Urn, type SearchHit } from "../shared-file.ts";
import type { Elsewhere, ElsewhereEvents } from "./elsewhere.ts";
import { SERVER_LIMITS } from "./limits.ts";
import type { ServerCounters } from "./office.ts";
import { Guest, type User } from "./person.ts";
import { beats, type Claim } from "./union-claim.ts";
import type { Union, UnionMessage, Visitor } from "./union.ts";

/** The timer of commands that wait until somebody says where their target is. */
export const CARRIED = 3;

/** What another server may hand to a user of ours: answers, nothing else. */
const ANSWERS: ReadonlySet<number> = new Set([
  MESSAGE.notice,
  MESSAGE.downloadAccepted,
  MESSAGE.downloadUnavailable,
  MESSAGE.signOff,
  MESSAGE.browseFile,
  MESSAGE.browseEnd,
  MESSAGE.linkSpeedIs,
  MESSAGE.whoisOnline,
  MESSAGE.uploadRefused,
  MESSAGE.queueLimit,
  MESSAGE.browseDirectAccepted,
  MESSAGE.browseDirectError,
  MESSAGE.userPong,
]);

const BYTE_TEXT = /^[\0-\xff]*$/;
const U32_MAX = 0xffff_ffff;

type Here = Extract<UnionMessage, { kind: "here" }>;

/** A command that waits for the whereabouts of its target. */
interface Waiting {
  readonly sender: User;
  readonly message: Message;
}

interface Question {
  readonly nick: string;
  readonly commands: Waiting[];
  /** When it ends: with what was claimed by then, or with nobody. */
  due: Millis;
}

interface Whereabouts extends Claim {
  readonly at: Millis;
}

export class UnionDesk implements Elsewhere {
  private readonly host: Host;
  private readonly union: Union;
  private readonly counters: ServerCounters;
  private readonly events: ElsewhereEvents;
  /** By search: the servers that have not said all. */
  private readonly asked = new Map<number, Set<string>>();
  /** By folded nick, the one learned longest ago first. */
  private readonly places = new Map<string, Whereabouts>();
  /** By folded nick, the oldest first. */
  private readonly questions = new Map<string, Question>();
  private carriedCount = 0;
  /** Users whose question for a list is not answered to its end, and until when that counts. */
  private readonly browsing = new Map<User, Millis>();
  private readonly budgets = new Map<string, Budget>();

  constructor(host: Host, union: Union, counters: ServerCounters, events: ElsewhereEvents) {
    this.host = host;
    this.union = union;
    this.counters = counters;
    this.events = events;
  }

  // --- what our users want

  search(id: number, asker: Visitor, request: string): number {
    const servers = this.union.broadcast({ kind: "search", id, asker: visitorOf(asker), request });
    if (servers.length > 0) this.asked.set(id, new Set(servers));
    return servers.length;
  }

  forget(id: number): void {
    this.asked.delete(id);
  }

  carry(sender: User, nick: string, message: Message): boolean {
    // A message that nobody may send on is not worth the question.
    if (nick.length > LIMITS.nickCharsMax) return false;
    if (message.type !== MESSAGE.browse) return this.bring(sender, nick, message);
    const now = this.host.now();
    const isBusy = (this.browsing.get(sender) ?? 0) > now;
    if (isBusy || !sender.may("commands", now, SERVER_LIMITS.unionWorkOfBrowse)) {
      sender.send(MESSAGE.notice, "You ask for too many lists; one at a time, please.");
      sender.send(MESSAGE.browseEnd, nick);
      return true;
    }
    if (!this.bring(sender, nick, message)) return false;
    this.browsing.set(sender, now + SERVER_LIMITS.unionBrowseMs);
    return true;
  }

  /** To where he is, or to wait until that is known. False: there is nobody to ask, or too much waits. */
  private bring(sender: User, nick: string, message: Message): boolean {
    const key = foldNick(nick);
    const known = this.questions.get(key);
    const place = this.place(key);
    if (place !== undefined && known === undefined) {
      this.union.send(place.server, { kind: "command", sender: visitorOf(sender), message });
      return true;
    }
    if (this.carriedCount >= SERVER_LIMITS.carriedMax) return false;
    if (known === undefined && this.union.broadcast({ kind: "where", nick }).length === 0) return false;
    const question = known ?? { nick, commands: [], due: this.host.now() + SERVER_LIMITS.carriedMs };
    if (known === undefined) this.questions.set(key, question);
    question.commands.push({ sender, message });
    this.carriedCount++;
    if (this.questions.size === 1) this.arm();
    return true;
  }

  onUserIn(user: User): void {
    // He is ours now, wherever he was.
    this.places.delete(user.folded);
  }

  onUserGone(user: User): void {
    this.browsing.delete(user);
    if (user.isKnownElsewhere) this.union.broadcast({ kind: "gone", nick: user.nick });
    for (const question of this.questions.values()) {
      const left = question.commands.filter(({ sender }) => sender !== user);
      this.carriedCount -= question.commands.length - left.length;
      question.commands.splice(0, question.commands.length, ...left);
    }
  }

  /** A registered user of another server has this name, as far as we have heard. */
  keeps(nick: string, ip: number): boolean {
    const place = this.place(foldNick(nick));
    return place !== undefined && place.isRegistered && place.ip !== ip;
  }

  servers(): readonly string[] {
    return this.union.servers();
  }

  // --- what other servers say

  onUnionMessage(from: string, message: UnionMessage): void {
    if (!this.mayWork(from, this.workOf(message))) {
      this.counters.droppedFromElsewhere++;
      return;
    }
    switch (message.kind) {
      case "search":
        return this.onSearch(from, message.id, message.asker, message.request);
      case "hits":
        return this.onHits(from, message.id, message.hits, message.isLast);
      case "where":
        return this.onWhere(from, message.nick);
      case "here":
        return this.onHere(from, message);
      case "gone":
        return this.onGone(from, message.nick);
      case "command":
        return this.onCommand(from, message.sender, message.message);
      case "deliver":
        return this.onDeliver(message.nick, message.message);
      default:
        message satisfies never;
    }
  }

  onServerDown(server: string): void {
    for (const [id, servers] of this.asked) if (servers.delete(server)) this.events.onRemoteEnd(id);
    for (const [key, place] of this.places) if (place.server === server) this.places.delete(key);
    this.budgets.delete(server);
  }

  onTimer(): void {
    const now = this.host.now();
    for (const [key, question] of this.questions) {
      if (question.due > now) continue;
      const place = this.place(key);
      if (place !== undefined) this.settle(key, question, place);
      else {
        this.questions.delete(key);
        this.carriedCount -= question.commands.length;
        for (const { sender, message } of question.commands) {
          if (message.type === MESSAGE.browse) this.browsing.delete(sender);
          this.events.onNobody(sender, message);
        }
      }
    }
    this.arm();
  }

  private onSearch(from: string, id: number, asker: Visitor, request: string): void {
    const hits = isSoundVisitor(asker) && BYTE_TEXT.test(request) ? this.events.hitsFor(asker, request) : [];
    this.union.send(from, { kind: "hits", id, hits, isLast: true });
  }

  private onHits(from: string, id: number, hits: readonly SearchHit[], isLast: boolean): void {
    const servers = this.asked.get(id);
    if (servers === undefined || !servers.has(from)) return;
    const sound = hits.slice(0, SERVER_LIMITS.unionHitsMax).filter(isSoundHit);
    this.counters.droppedFromElsewhere += hits.length - sound.length;
    this.events.onRemoteHits(id, sound);
    if (!isLast) return;
    servers.delete(from);
    this.events.onRemoteEnd(id);
  }

  private onWhere(from: string, nick: string): void {
    const user = this.events.user(nick);
    if (user === undefined) return;
    user.isKnownElsewhere = true;
    const { isRegistered, ip, since } = user;
    this.union.send(from, { kind: "here", nick: user.nick, loginAgeMs: this.host.now() - since, isRegistered, ip });
  }

  /** What waits goes to a registered user at once; to another one when nobody has claimed him better for a moment. */
  private onHere(from: string, { nick, loginAgeMs, isRegistered, ip }: Here): void {
    const key = foldNick(nick);
    const question = this.questions.get(key);
    const known = this.place(key);
    // What nobody asked for is not remembered, or a server could fill the table and catch other servers' users.
    if (question === undefined && known === undefined) return;
    const now = this.host.now();
    const claim = { server: from, isRegistered, ip, since: now - loginAgeMs };
    if (known === undefined || known.server === from || beats(claim, known)) {
      this.places.delete(key);
      this.places.set(key, { ...claim, at: now });
      if (this.places.size > SERVER_LIMITS.whereaboutsMax) {
        this.places.delete(this.places.keys().next().value as string);
      }
    }
    if (question === undefined) return;
    const place = this.place(key);
    if (place?.isRegistered === true) this.settle(key, question, place);
    else {
      question.due = Math.min(question.due, now + SERVER_LIMITS.claimMs);
      this.arm();
    }
  }

  private settle(key: string, question: Question, place: Whereabouts): void {
    this.questions.delete(key);
    this.carriedCount -= question.commands.length;
    for (const { sender, message } of question.commands) {
      this.union.send(place.server, { kind: "command", sender: visitorOf(sender), message });
    }
  }

  /** Where somebody is, if we have heard it lately. */
  private place(key: string): Whereabouts | undefined {
    const place = this.places.get(key);
    return place !== undefined && place.at + SERVER_LIMITS.whereaboutsMs > this.host.now() ? place : undefined;
  }

  private onGone(from: string, nick: string): void {
    const key = foldNick(nick);
    if (this.places.get(key)?.server === from) this.places.delete(key);
  }

  private onCommand(from: string, sender: Visitor, message: Message): void {
    if (!isSoundVisitor(sender) || !isSoundMessage(message, LIMITS.clientPayloadBytesMax)) {
      this.counters.droppedFromElsewhere++;
      return;
    }
    const { nick } = sender;
    const own = this.events.user(nick);
    if (own !== undefined && own.isRegistered && own.ip !== sender.ip) {
      // Or anybody could speak here as him by logging in where he is not registered.
      this.counters.droppedFromElsewhere++;
      const text = `${own.nick} is registered by somebody else, who is online.`;
      this.union.send(from, { kind: "deliver", nick, message: { type: MESSAGE.notice, text } });
      return;
    }
    this.counters.commandsFromElsewhere++;
    const guest = new Guest(sender, (type, text) => {
      this.union.send(from, { kind: "deliver", nick, message: { type, text } });
    });
    const [target = ""] = message.text.split(" ", 1);
    // Who still believes that he is here asks again.
    if (this.events.user(target) === undefined) this.union.send(from, { kind: "gone", nick: target });
    this.events.onRemoteCommand(guest, message);
  }

  private onDeliver(nick: string, message: Message): void {
    if (ANSWERS.has(message.type) && isSoundMessage(message, LIMITS.serverPayloadBytesMax)) {
      const user = this.events.user(nick);
      if (message.type === MESSAGE.browseEnd && user !== undefined) this.browsing.delete(user);
      this.events.onDelivery(nick, message);
    } else this.counters.droppedFromElsewhere++;
  }

  private workOf(message: UnionMessage): number {
    switch (message.kind) {
      case "search":
        return SERVER_LIMITS.unionWorkOfSearch;
      case "command":
        return message.message.type === MESSAGE.browse ? SERVER_LIMITS.unionWorkOfBrowse : 1;
      case "deliver": {
        const user = message.message.type === MESSAGE.browseFile ? this.events.user(message.nick) : undefined;
        return user !== undefined && this.browsing.has(user) ? SERVER_LIMITS.unionWorkOfBrowsedFile : 1;
      }
      default:
        return 1;
    }
  }

  private mayWork(server: string, cost: number): boolean {
    const now = this.host.now();
    let budget = this.budgets.get(server);
    if (budget === undefined) {
      budget = new Budget(now, SERVER_LIMITS.unionWorkBurst, SERVER_LIMITS.unionWorkPerSecond);
      this.budgets.set(server, budget);
    }
    return budget.take(now, cost);
  }

  private arm(): void {
    let due = Number.POSITIVE_INFINITY;
    for (const question of this.questions.values()) due = Math.min(due, question.due);
    if (this.questions.size > 0) this.host.arm(CARRIED, Math.max(1, due - this.host.now()));
  }
}

function visitorOf({ nick, ip, port, linkSpeed, client }: Visitor): Visitor {
  return { nick, ip, port, linkSpeed, client };
}

/** Whatever another server says is looked at before it goes to a client of ours. */
function isSoundVisitor({ nick, ip, port, linkSpeed, client }: Visitor): boolean {
  return (
    isNick(nick) && isWhole(ip, U32_MAX) && isWhole(port, 0xffff) && isWhole(linkSpeed, 10) && BYTE_TEXT.test(client)
  );
}

function isSoundMessage({ type, text }: Message, bytesMax: number): boolean {
  return isWhole(type, 0xffff) && text.length <= bytesMax && BYTE_TEXT.test(text);
}

function isSoundHit({ file, nick, ip, linkSpeed, port }: SearchHit): boolean {
  return (
    isNick(nick) &&
    isWhole(ip, U32_MAX) &&
    isWhole(linkSpeed, 10) &&
    isWhole(port ?? 0, 0xffff) &&
    file.path.length <= LIMITS.pathBytesMax &&
    BYTE_TEXT.test(file.path) &&
    /^[!-~]{0,32}$/.test(file.md5) &&
    [file.size, file.bitrate, file.frequency, file.seconds].every((number) => isWhole(number, U32_MAX)) &&
    (file.urn === "" || isSha1Urn(file.urn))
  );
}

function isWhole(number: number, most: number): boolean {
  return Number.isInteger(number) && number >= 0 && number <= most;
}
