// From the first byte of a connection to the greeting: names, passwords, who may come in, and who must make room.
import { formatIpv4 } from "../../../base/ipv4.ts";
import { FieldReader, quote } from "../fields.ts";
import { LIMITS } from "../limits.ts";
import { type Login, parseLogin } from "../login.ts";
import { type Message, MESSAGE } from "../messages.ts";
import { isNick } from "../nick.ts";
import { LEVEL, levelName, type Level, type Verdict } from "./accounts.ts";
import type { Bans } from "./bans.ts";
import type { Bulletin } from "./bulletin.ts";
import type { Line, Lines } from "./line.ts";
import { SERVER_LIMITS } from "./limits.ts";
import type { Office } from "./office.ts";
import type { PasswordGate } from "./password-gate.ts";
import { User } from "./person.ts";

/** What the server does with who comes in, and with his messages. */
export interface LoginEvents {
  onUserIn(user: User): void;
  onHeld(line: Line, message: Message): void;
  disconnect(user: User, reason: string): void;
  /** A number for an answer that comes later. */
  ticket(): number;
  /** Somebody else bears this name on another server. */
  isTakenElsewhere(nick: string, ip: number): boolean;
}

const BUSY = "The server is busy; try again in a minute.";
const GHOST = "Somebody else logs in under your name.";

export class LoginDesk {
  private readonly office: Office;
  private readonly lines: Lines;
  private readonly bans: Bans;
  private readonly bulletin: Bulletin;
  private readonly events: LoginEvents;
  /** Lines whose password is being checked, by ticket; `isLogin` false: only asked whether it is right. */
  private readonly waiting = new Map<number, { readonly line: Line; readonly isLogin: boolean }>();
  private readonly gate: PasswordGate;

  constructor(office: Office, lines: Lines, bans: Bans, bulletin: Bulletin, gate: PasswordGate, events: LoginEvents) {
    this.office = office;
    this.lines = lines;
    this.bans = bans;
    this.bulletin = bulletin;
    this.gate = gate;
    this.events = events;
  }

  onMessage(line: Line, { type, text }: Message): void {
    if (++line.messages > SERVER_LIMITS.loginMessagesMax) return this.lines.refuse(line, "too many messages");
    switch (type) {
      case MESSAGE.login:
        return this.onLogin(line, text, false);
      case MESSAGE.registerAndLogin:
        return this.onLogin(line, text, true);
      case MESSAGE.nickCheck:
        return line.send(this.nickAnswer(line, text.trim()), "");
      case MESSAGE.passwordCheck:
        return this.onPasswordCheck(line, text);
      case MESSAGE.loginError:
      case MESSAGE.versionCheck:
      case MESSAGE.registrationSurvey:
      case MESSAGE.registrationSurvey2:
      case MESSAGE.dataPorts:
      case MESSAGE.clientCheck:
        // Old clients send these first and wait for nothing.
        return;
      default:
        return this.lines.refuse(line, "invalid command");
    }
  }

  /** The answer about a password. False: the ticket is somebody else's. */
  onAccount(ticket: number, verdict: Verdict): boolean {
    const wait = this.waiting.get(ticket);
    if (wait === undefined) return false;
    this.waiting.delete(ticket);
    const { line, isLogin } = wait;
    this.gate.leave(line.host, verdict);
    const { phase } = line;
    if (!isLogin) {
      if (verdict === "right" && phase.at !== "closing") line.send(MESSAGE.passwordRight, "");
      return true;
    }
    // The line may be gone, or gone and its number given to somebody else: the ticket tells.
    if (phase.at !== "waiting" || phase.ticket !== ticket) return true;
    if (verdict === "busy") this.refuse(line, BUSY);
    else if (verdict === "wrong") this.refuse(line, "Invalid Password");
    else {
      const account = this.office.accounts.find(phase.login.nick);
      if (account === undefined) this.refuse(line, "Invalid Password");
      else this.letIn(line, phase.login, { ...account, isRegistered: true });
      // What came behind the login was held; it may end the line.
      for (const message of phase.held) this.events.onHeld(line, message);
    }
    return true;
  }

  private onLogin(line: Line, text: string, isNew: boolean): void {
    const parsed = parseLogin(text);
    if (!parsed.ok) {
      if (parsed.problem !== "fields") return this.refuse(line, `${parsed.field}: invalid ${parsed.problem}`);
      line.send(MESSAGE.notice, "Too few parameters for login.");
      return this.close(line, "too few parameters");
    }
    const login = parsed.value;
    if (!isNick(login.nick)) {
      line.send(MESSAGE.nickInvalid, `Invalid nick: ${login.nick.slice(0, LIMITS.nickCharsMax)}`);
      return this.close(line, "invalid nick");
    }
    const problem = this.problem(line, login);
    if (problem !== undefined) return this.refuse(line, problem);
    const { accounts, options } = this.office;
    const account = accounts.find(login.nick);
    if (isNew) {
      if (account !== undefined) return this.refuse(line, `${login.nick} is already registered`);
      if (!accounts.mayCreate) return this.refuse(line, "Accounts are made by the operator of this server.");
      if (this.office.users.get(login.nick) !== undefined) return this.refuse(line, `${login.nick} is already active`);
      if (!this.gate.mayMake(line.host)) {
        return this.refuse(line, "Too many accounts are made from your address; wait a while.");
      }
      const ticket = this.wait(line, login);
      const { nick, email } = login;
      return accounts.create({ nick, email, level: LEVEL.user, lastSeen: 0 }, login.password, ticket);
    }
    if (account !== undefined && this.gate.mayTry(line.host) === "busy") return this.refuse(line, BUSY);
    if (account !== undefined) return accounts.check(login.nick, login.password, this.wait(line, login));
    if (options.registeredOnly) return this.refuse(line, "Only registered users may log in here.");
    this.letIn(line, login, { level: LEVEL.user, email: login.email, isRegistered: false });
  }

  private wait(line: Line, login: Login): number {
    const ticket = this.events.ticket();
    line.phase = { at: "waiting", login, ticket, held: [], heldChars: 0 };
    this.waiting.set(ticket, { line, isLogin: true });
    this.gate.enter(line.host);
    return ticket;
  }

  /** 11. Silent where it is wrong, as OpenNap. */
  private onPasswordCheck(line: Line, text: string): void {
    const fields = new FieldReader(text);
    const nick = fields.next() ?? "";
    const password = (fields.next() ?? "").slice(0, LIMITS.passwordCharsMax);
    const { accounts } = this.office;
    if (accounts.find(nick) === undefined || this.gate.mayTry(line.host) !== "yes") return;
    const ticket = this.events.ticket();
    this.waiting.set(ticket, { line, isLogin: false });
    this.gate.enter(line.host);
    accounts.check(nick, password, ticket);
  }

  private nickAnswer(line: Line, nick: string): number {
    if (!isNick(nick)) return MESSAGE.nickInvalid;
    const { accounts, users } = this.office;
    const isTaken =
      accounts.find(nick) !== undefined || users.get(nick) !== undefined || this.events.isTakenElsewhere(nick, line.ip);
    return isTaken ? MESSAGE.nickTaken : MESSAGE.nickFree;
  }

  /** What keeps a login out before its password is looked at. */
  private problem(line: Line, login: Login): string | undefined {
    const { options } = this.office;
    const ban = this.bans.against(login.nick, formatIpv4(line.ip), options.date());
    if (ban !== undefined) return `You are banned: ${ban.reason}`;
    if (this.gate.mayTry(line.host) === "used-up") return "Too many wrong passwords; wait a while.";
    return this.crowdProblem(line, login);
  }

  /** How many there may be, in all and from one host. */
  private crowdProblem(line: Line, login: Login): string | undefined {
    const { users, options } = this.office;
    if (users.get(login.nick)?.line.host === line.host) return undefined;
    if (users.onHost(line.host) >= options.usersPerHostMax) return "Too many connections from your address";
    if (users.size >= options.usersMax && !this.makeRoom()) return "This server is full.";
    return undefined;
  }

  /** Of those who share nothing and are silent, who has been here longest goes. */
  private makeRoom(): boolean {
    const silentSince = this.office.host.now() - SERVER_LIMITS.idleMs;
    for (const user of this.office.users.all()) {
      if (user.line.heardAt > silentSince || user.isModerator) continue;
      if (this.office.directory.count(user.owner) > 0) continue;
      this.events.disconnect(user, "The server is full, and you have been idle.");
      return true;
    }
    return false;
  }

  private letIn(
    line: Line,
    login: Login,
    account: { readonly level: Level; readonly email: string; readonly isRegistered: boolean },
  ): void {
    const { users, directory, host, options, counters, accounts } = this.office;
    // While his password was looked at, others of his host may have come in.
    const problem = this.crowdProblem(line, login);
    if (problem !== undefined) return this.refuse(line, problem);
    const former = users.get(login.nick);
    if (former !== undefined) {
      // Whoever knows the password, or comes from the same place, is the same person whose old connection is dead.
      if (!account.isRegistered && former.line.host !== line.host) {
        return this.refuse(line, `${login.nick} is already active`);
      }
      former.send(MESSAGE.ghost, "");
      this.events.disconnect(former, GHOST);
    }
    if (!account.isRegistered && this.events.isTakenElsewhere(login.nick, line.ip)) {
      return this.refuse(line, `${login.nick} is already active`);
    }
    const household = users.household(line.host, host.now(), options);
    const place = { owner: directory.addOwner(), now: host.now(), sharesMax: options.sharesPerUserMax, household };
    const user = new User(line, login, account, place);
    line.phase = { at: "in", user };
    this.lines.complete(line);
    users.add(user);
    counters.logins++;
    if (account.isRegistered) accounts.seen(user.nick);
    line.send(MESSAGE.loginAccepted, this.acceptance(line, login, user));
    this.bulletin.onMotd(user);
    this.bulletin.onStatistics(user);
    if (user.isModerator) {
      user.send(MESSAGE.notice, `Server set your user level to ${levelName(user.level)}.`);
    }
    this.events.onUserIn(user);
  }

  /**
   * `email`, or `"email" level`: everything behind it is one zlib stream in each direction. Without compression an
   * address is quoted, too, that would be read as one with a level.
   */
  private acceptance(line: Line, { compression }: Login, user: User): string {
    const email = user.email === "" ? `anon@${this.office.options.name}` : user.email;
    if (compression === 0 || this.lines.compressed >= SERVER_LIMITS.compressedLinksMax) {
      return /[\s"]/.test(email) ? quote(email) : email;
    }
    line.isCompressed = true;
    this.lines.compressed++;
    return `${quote(email)} ${compression}`;
  }

  private refuse(line: Line, text: string): void {
    this.office.counters.loginsRefused++;
    this.lines.refuse(line, text);
  }

  private close(line: Line, reason: string): void {
    this.office.counters.loginsRefused++;
    this.lines.close(line, reason);
  }
}
