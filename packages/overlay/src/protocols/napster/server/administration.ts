// What moderators and admins may do: levels, kills, bans, muzzles, accounts, announcements.
import { formatIpv4 } from "../../../base/ipv4.ts";
import { FieldReader, quote, wholeNumber } from "../fields.ts";
import { LIMITS } from "../limits.ts";
import { MESSAGE } from "../messages.ts";
import { isNick } from "../nick.ts";
import { LEVEL, levelName, levelOf } from "./accounts.ts";
import { type Ban, banMask, type Bans } from "./bans.ts";
import { SERVER_LIMITS } from "./limits.ts";
import type { Office } from "./office.ts";
import type { PasswordGate } from "./password-gate.ts";
import type { User } from "./person.ts";

const SECONDS_MAX = 0x7fff_ffff;
const DENIED = "permission denied";

export class Administration {
  private readonly office: Office;
  private readonly bans: Bans;
  private readonly onBans: (bans: readonly Ban[]) => void;
  private readonly disconnect: (user: User, reason: string) => void;
  /** Who waits for the answer about an account, by ticket. */
  private readonly waiting = new Map<
    number,
    { readonly admin: User; readonly done: string; readonly failed: string; readonly after: (isDone: boolean) => void }
  >();
  private readonly gate: PasswordGate;

  /** @param disconnect Says goodbye and hangs up. */
  constructor(
    office: Office,
    bans: Bans,
    gate: PasswordGate,
    onBans: (bans: readonly Ban[]) => void,
    disconnect: (user: User, reason: string) => void,
  ) {
    this.office = office;
    this.bans = bans;
    this.gate = gate;
    this.onBans = onBans;
    this.disconnect = disconnect;
  }

  /** 606. `nick level`, below one's own. */
  onSetLevel(admin: User, text: string): void {
    const { users, accounts } = this.office;
    const fields = new FieldReader(text);
    const nick = fields.next() ?? "";
    const level = levelOf(fields.next() ?? "");
    const user = users.get(nick);
    const account = accounts.find(nick);
    if (level === undefined || (user === undefined && account === undefined)) {
      return admin.send(MESSAGE.notice, "A known user and a level are wanted.");
    }
    const before = Math.max(user?.level ?? 0, account?.level ?? 0);
    if (level >= admin.level || before >= admin.level) return admin.send(MESSAGE.notice, DENIED);
    // Power over others needs a password; who has no account may be anybody tomorrow.
    if (account === undefined && level > LEVEL.user) {
      return admin.send(MESSAGE.notice, `${nick} has no account.`);
    }
    accounts.setLevel(nick, level);
    // Whoever merely bears the name of an account has not shown that it is his.
    if (user !== undefined && (user.isRegistered || level <= LEVEL.user)) {
      user.level = level;
      user.tell(MESSAGE.notice, `${admin.nick} changed your user level to ${levelName(level)}.`);
    }
    this.tellModerators(`${admin.nick} set ${nick}'s user level to ${levelName(level)}.`);
  }

  /** 610. `nick ["reason"]`. */
  onKill(moderator: User, text: string): void {
    const target = this.subject(moderator, text);
    if (target === undefined) return;
    const reason = reasonIn(text);
    this.tellModerators(`${moderator.nick} killed ${target.nick}: ${reason}`);
    this.disconnect(target, `You have been killed by ${moderator.nick}: ${reason}`);
  }

  /** 611. `nick`: the account is deleted. */
  onNuke(admin: User, text: string): void {
    const nick = new FieldReader(text).next() ?? "";
    const account = this.office.accounts.find(nick);
    if (account === undefined) return admin.send(MESSAGE.notice, `${nick} has no account.`);
    if (account.level >= admin.level) return admin.send(MESSAGE.notice, DENIED);
    this.office.accounts.remove(nick);
    const user = this.office.users.get(nick);
    if (user !== undefined) {
      user.level = LEVEL.user;
      user.isRegistered = false;
    }
    this.tellModerators(`${admin.nick} nuked ${nick}'s account.`);
  }

  /** 612. `mask ["reason"] [seconds]`: he who is in stays until he is killed. */
  onBan(moderator: User, text: string): void {
    const fields = new FieldReader(text);
    const who = fields.next() ?? "";
    if (who === "") return moderator.send(MESSAGE.notice, "A nick, an address or nick!address is wanted.");
    const reason = (fields.next() ?? "").slice(0, SERVER_LIMITS.reasonCharsMax);
    const seconds = wholeNumber(fields.next(), SECONDS_MAX) ?? 0;
    const ban = { mask: banMask(who), by: moderator.nick, reason, at: this.office.options.date(), seconds };
    if (!this.bans.add(ban)) return moderator.send(MESSAGE.notice, "There are too many bans.");
    this.onBans([...this.bans.all()]);
    this.tellModerators(`${moderator.nick} banned ${ban.mask}: ${reason}`);
  }

  /** 614. */
  onUnban(moderator: User, text: string): void {
    const who = new FieldReader(text).next() ?? "";
    if (!this.bans.remove(who)) return moderator.send(MESSAGE.notice, "There is no such ban.");
    this.onBans([...this.bans.all()]);
    this.tellModerators(`${moderator.nick} removed the ban of ${banMask(who)}.`);
  }

  /** 615 -> 616 `address nick "reason" time seconds` each, 615. */
  onBanList(moderator: User): void {
    for (const { mask, by, reason, at, seconds } of this.bans.all()) {
      moderator.send(MESSAGE.banEntry, `${mask} ${by} ${quote(reason)} ${at} ${seconds}`);
    }
    moderator.send(MESSAGE.banList, "");
  }

  /** 622 and 623. `nick ["reason"]`. */
  onMuzzle(moderator: User, text: string, isMuzzled: boolean): void {
    const target = this.subject(moderator, text);
    if (target === undefined) return;
    target.isMuzzled = isMuzzled;
    const done = isMuzzled ? "muzzled" : "unmuzzled";
    target.tell(MESSAGE.notice, `You have been ${done} by ${moderator.nick}: ${reasonIn(text)}`);
    this.tellModerators(`${moderator.nick} has ${done} ${target.nick}.`);
  }

  /** 627: to all moderators. */
  onOperatorMessage(moderator: User, text: string): void {
    const words = text.slice(0, SERVER_LIMITS.chatCharsMax);
    for (const user of this.office.users.all()) {
      if (user.isModerator) user.tell(MESSAGE.operatorMessage, `${moderator.nick} ${words}`);
    }
  }

  /** 628: to all users. */
  onAnnounce(moderator: User, text: string): void {
    const words = text.slice(0, SERVER_LIMITS.chatCharsMax);
    for (const user of this.office.users.all()) user.tell(MESSAGE.announce, `${moderator.nick} ${words}`);
  }

  /** 753. `nick password ["reason"]`. */
  onSetPassword(admin: User, text: string, ticket: number): void {
    const fields = new FieldReader(text);
    const nick = fields.next() ?? "";
    const password = fields.next() ?? "";
    const account = this.office.accounts.find(nick);
    if (account === undefined || password === "") return admin.send(MESSAGE.notice, `${nick} has no account.`);
    if (account.level >= admin.level) return admin.send(MESSAGE.notice, DENIED);
    this.waitFor(ticket, admin, `${nick} has a new password.`, "The password could not be changed.");
    this.office.accounts.setPassword(nick, password.slice(0, LIMITS.passwordCharsMax), ticket);
  }

  /** 10200. `nick password email [level]`. */
  onRegister(admin: User, text: string, ticket: number): void {
    const fields = new FieldReader(text);
    const nick = fields.next() ?? "";
    const password = (fields.next() ?? "").slice(0, LIMITS.passwordCharsMax);
    const email = (fields.next() ?? "").slice(0, LIMITS.emailCharsMax);
    const level = levelOf(fields.next() ?? "User");
    if (!isNick(nick) || password === "" || level === undefined) {
      return admin.send(MESSAGE.notice, "A nick, a password, an e-mail address and a level are wanted.");
    }
    if (level >= admin.level) return admin.send(MESSAGE.notice, DENIED);
    this.waitFor(ticket, admin, `${nick} is registered.`, `${nick} could not be registered.`, (isDone) => {
      const user = this.office.users.get(nick);
      if (isDone && user?.isRegistered === false)
        this.disconnect(user, "This name is registered now; log in with its password.");
    });
    this.office.accounts.create({ nick, email, level, lastSeen: 0 }, password, ticket);
  }

  /** 701: one's own. */
  onChangePassword(user: User, text: string, ticket: number): void {
    const password = text.trim().slice(0, LIMITS.passwordCharsMax);
    if (password === "" || !user.isRegistered) return;
    const { host } = user.line;
    if (!this.gate.mayMake(host)) return user.send(MESSAGE.notice, "You change passwords too often; wait a while.");
    this.gate.enter(host);
    this.waitFor(ticket, user, "", "The password could not be changed.", () => this.gate.leave(host, "right"));
    this.office.accounts.setPassword(user.nick, password, ticket);
  }

  /** 831 -> 832 `nick address` each, 831. */
  onServerUsers(moderator: User): void {
    for (const user of this.office.users.all()) {
      moderator.send(MESSAGE.serverUser, `${user.nick} ${formatIpv4(user.ip)}`);
    }
    moderator.send(MESSAGE.serverUsers, "");
  }

  /** True where the ticket was one of ours. */
  onAccount(ticket: number, isDone: boolean): boolean {
    const wait = this.waiting.get(ticket);
    if (wait === undefined) return false;
    this.waiting.delete(ticket);
    wait.after(isDone);
    const text = isDone ? wait.done : wait.failed;
    if (text !== "") wait.admin.tell(MESSAGE.notice, text);
    return true;
  }

  /** Who waits with his password being hashed is bounded by what the accounts take before they say `busy`. */
  private waitFor(
    ticket: number,
    admin: User,
    done: string,
    failed: string,
    after: (isDone: boolean) => void = () => {},
  ): void {
    this.waiting.set(ticket, { admin, done, failed, after });
  }

  /** The user that a text begins with, if the moderator stands above him. */
  private subject(moderator: User, text: string): User | undefined {
    const nick = new FieldReader(text).next() ?? "";
    const target = this.office.users.get(nick);
    if (target === undefined) moderator.send(MESSAGE.notice, "User is not currently online.");
    else if (target.level >= moderator.level && target !== moderator) moderator.send(MESSAGE.notice, DENIED);
    else return target;
    return undefined;
  }

  private tellModerators(text: string): void {
    for (const user of this.office.users.all()) if (user.isModerator) user.tell(MESSAGE.notice, text);
  }
}

function reasonIn(text: string): string {
  const fields = new FieldReader(text);
  fields.next();
  return (fields.next() ?? "").slice(0, SERVER_LIMITS.reasonCharsMax);
}
