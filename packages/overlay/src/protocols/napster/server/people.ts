// What users ask of each other: messages, who somebody is, whether he is there.
import { formatIpv4 } from "../../../base/ipv4.ts";
import { FieldReader, quote } from "../fields.ts";
import { MESSAGE } from "../messages.ts";
import { levelName } from "./accounts.ts";
import { SERVER_LIMITS } from "./limits.ts";
import type { Office } from "./office.ts";
import { type Person, User } from "./person.ts";
import type { Questions } from "./questions.ts";

const NOT_ONLINE = "User is not currently online.";

export class People {
  private readonly office: Office;
  private readonly questions: Questions;

  constructor(office: Office, questions: Questions) {
    this.office = office;
    this.questions = questions;
  }

  /** 205. */
  onPrivateMessage(sender: Person, _nick: string, target: User | undefined, fields: FieldReader): void {
    if (target === undefined) return sender.send(MESSAGE.notice, NOT_ONLINE);
    if (sender instanceof User && sender.isMuzzled && !target.isModerator) {
      return sender.send(MESSAGE.notice, "You are muzzled.");
    }
    if (target.ignores(sender)) return sender.send(MESSAGE.notice, `${target.nick} is ignoring you.`);
    target.tell(MESSAGE.privateMessage, `${sender.nick} ${fields.rest().slice(0, SERVER_LIMITS.chatCharsMax)}`);
  }

  /** 600. */
  onLinkSpeed(sender: Person, _nick: string, target: User | undefined): void {
    if (target === undefined) return sender.send(MESSAGE.notice, NOT_ONLINE);
    sender.send(MESSAGE.linkSpeedIs, `${target.nick} ${target.linkSpeed}`);
  }

  /** 603. Moderators see more. */
  onWhois(sender: Person, nick: string, target: User | undefined): void {
    if (target !== undefined) {
      const more = sender instanceof User && sender.isModerator ? ` ${this.secretsOf(target)}` : "";
      return sender.send(MESSAGE.whoisOnline, this.whois(target) + more);
    }
    const account = this.office.accounts.find(nick);
    if (account === undefined) return sender.send(MESSAGE.notice, `user ${nick} is not a known user`);
    sender.send(MESSAGE.whoisOffline, `${account.nick} ${quote(levelName(account.level))} ${account.lastSeen}`);
  }

  /** 751. */
  onPing(sender: Person, nick: string, target: User | undefined): void {
    if (target === undefined) return sender.send(MESSAGE.notice, `ping failed, ${nick} is not online`);
    if (target.ignores(sender) || !this.questions.ask(target, sender, "ping")) return;
    target.tell(MESSAGE.userPing, sender.nick);
  }

  /** 752: the answer to a ping. */
  onPong(sender: User, text: string): void {
    const asker = this.questions.asker(sender, "ping", new FieldReader(text).next() ?? "");
    if (asker instanceof User) asker.tell(MESSAGE.userPong, sender.nick);
    else asker?.send(MESSAGE.userPong, sender.nick);
  }

  /** `nick "level" seconds " channels " "Active" shared downloads uploads speed "client"`. */
  private whois(user: User): string {
    const seconds = Math.floor((this.office.host.now() - user.since) / 1000);
    const channels = ` ${user.channels.map(({ name }) => `${name} `).join("")}`;
    const shared = this.office.directory.count(user.owner);
    return (
      `${user.nick} ${quote(levelName(user.level))} ${seconds} ${quote(channels)} "Active" ${shared} ` +
      `${user.downloads.now} ${user.uploads.now} ${user.linkSpeed} ${quote(user.client)}`
    );
  }

  /** `totaldown totalup ip connectport dataport email server`. */
  private secretsOf(user: User): string {
    return (
      `${user.downloads.total} ${user.uploads.total} ${formatIpv4(user.ip)} ${user.line.remote % 0x1_0000} ${user.port} ` +
      `${user.email === "" ? "unknown" : user.email} ${this.office.options.name}`
    );
  }
}
