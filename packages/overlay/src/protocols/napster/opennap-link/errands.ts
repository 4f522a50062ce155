// What users of different servers want of each other: it goes along the tree to the server where the other one is, and the answer
// comes back in an envelope.
import { FieldReader, ipField, quote } from "../fields.ts";
import { type Message, MESSAGE } from "../messages.ts";
import { foldNick } from "../nick.ts";
import { SERVER_LIMITS } from "../server/limits.ts";
import { Guest, type User } from "../server/person.ts";
import type { RemoteUser } from "./remote-user.ts";
import type { TreeLink } from "./tree-link.ts";
import type { TreeOffice } from "./tree-office.ts";

/** What an envelope may bring to a user of ours: answers, nothing else. */
const ANSWERS: ReadonlySet<number> = new Set([
  MESSAGE.notice,
  MESSAGE.downloadAccepted,
  MESSAGE.downloadUnavailable,
  MESSAGE.signOff,
  MESSAGE.browseFile,
  MESSAGE.browseEnd,
  MESSAGE.linkSpeedIs,
  MESSAGE.whoisOnline,
  MESSAGE.whoisOffline,
  MESSAGE.uploadRefused,
  MESSAGE.queueLimit,
  MESSAGE.browseDirectAccepted,
  MESSAGE.browseDirectError,
  MESSAGE.userPong,
]);

const HEAD_CHARS = 4;

export class Errands {
  private readonly tree: TreeOffice;

  constructor(tree: TreeOffice) {
    this.tree = tree;
  }

  /** A command of a user of ours. False: nobody of that name is behind any link. */
  carry(sender: User, nick: string, message: Message): boolean {
    const target = this.tree.people.get(foldNick(nick));
    if (target === undefined) return false;
    const fields = new FieldReader(message.text);
    fields.next();
    switch (message.type) {
      case MESSAGE.privateMessage:
        if (sender.isMuzzled) sender.send(MESSAGE.notice, "You are muzzled.");
        else this.pass(sender, target, message.type, fields.rest().slice(0, SERVER_LIMITS.chatCharsMax));
        return true;
      case MESSAGE.download:
        this.download(sender, target, fields.next() ?? "");
        return true;
      case MESSAGE.pushRequest:
        this.push(sender, target, fields.next() ?? "");
        return true;
      case MESSAGE.browse:
        this.pass(sender, target, message.type, fields.next() ?? "");
        return true;
      case MESSAGE.userPing:
      case MESSAGE.dataPortError:
        this.pass(sender, target, message.type, "");
        return true;
      case MESSAGE.browseDirect:
        this.browseDirect(sender, target);
        return true;
      case MESSAGE.linkSpeed:
        sender.send(MESSAGE.linkSpeedIs, `${target.nick} ${target.linkSpeed}`);
        return true;
      case MESSAGE.whois:
        sender.send(MESSAGE.whoisOnline, this.whois(sender, target));
        return true;
      default:
        return false;
    }
  }

  /** A command of somebody behind a link, for one of ours or for somebody farther on. */
  onErrand(link: TreeLink, sender: RemoteUser, type: number, fields: FieldReader): void {
    const nick = fields.next() ?? "";
    const target = this.tree.own.users.get(nick);
    if (target !== undefined) return this.deliver(sender, target, type, fields);
    const remote = this.tree.people.get(foldNick(nick));
    if (remote === undefined || remote.via === link) {
      this.tree.counters.astray++;
      return;
    }
    // Version 0.36 takes an upload request with a path and nothing behind it, or not at all.
    const rest = isForFile(type) ? quote(fields.next() ?? "") : fields.rest();
    this.tree.tell(remote.via, type, `:${sender.nick} ${remote.nick}${rest === "" ? "" : ` ${rest}`}`, sender);
  }

  /** 10018. `:server nick` and a whole message. */
  onEnvelope(link: TreeLink, text: string): void {
    const [, nick = "", inner = ""] = /^:[^ ]+ ([^ ]+) ([^]*)$/.exec(text) ?? [];
    const target = this.tree.own.users.get(nick);
    if (target === undefined) {
      const remote = this.tree.people.get(foldNick(nick));
      if (remote === undefined || remote.via === link) this.tree.counters.astray++;
      else this.tree.tell(remote.via, MESSAGE.linkEncapsulated, text);
      return;
    }
    const length = inner.charCodeAt(0) | (inner.charCodeAt(1) << 8);
    const type = inner.charCodeAt(2) | (inner.charCodeAt(3) << 8);
    if (inner.length < HEAD_CHARS || inner.length !== HEAD_CHARS + length || !ANSWERS.has(type)) {
      return link.strike("an envelope with no answer in it");
    }
    this.tree.server.onDelivery(target.nick, { type, text: inner.slice(HEAD_CHARS) });
  }

  private deliver(sender: RemoteUser, target: User, type: number, fields: FieldReader): void {
    const { server } = this.tree;
    switch (type) {
      case MESSAGE.browseDirectAccepted:
        return server.onDelivery(target.nick, { type, text: `${sender.nick} ${ipField(sender.ip)} ${sender.port}` });
      case MESSAGE.userPong:
        return server.onDelivery(target.nick, { type, text: sender.nick });
      case MESSAGE.uploadRequest: {
        // What the asker's server was told, a download or a push, it forwards alike; the owner's port says which it was.
        const command = target.isFirewalled ? MESSAGE.pushRequest : MESSAGE.download;
        return this.command(sender, command, `${target.nick} ${quote(fields.next() ?? "")}`);
      }
      default:
        return this.command(sender, type, `${target.nick} ${fields.rest()}`);
    }
  }

  private command(sender: RemoteUser, type: number, text: string): void {
    const { nick } = sender;
    const guest = new Guest(sender, (answer, answerText) => this.tree.answer(nick, answer, answerText));
    this.tree.server.onRemoteCommand(guest, { type, text });
  }

  private pass(sender: User, target: RemoteUser, type: number, rest: string): void {
    this.tree.tell(target.via, type, `:${sender.nick} ${target.nick}${rest === "" ? "" : ` ${rest}`}`, sender);
  }

  private download(sender: User, target: RemoteUser, path: string): void {
    // To a firewalled owner's server the question itself goes, to the others what it would become there.
    this.pass(sender, target, target.isFirewalled ? MESSAGE.download : MESSAGE.uploadRequest, quote(path));
  }

  private push(sender: User, target: RemoteUser, path: string): void {
    if (!target.isFirewalled) return sender.send(MESSAGE.notice, `${target.nick} is not firewalled`);
    if (!sender.isFirewalled) return this.pass(sender, target, MESSAGE.uploadRequest, quote(path));
    sender.send(
      MESSAGE.downloadAccepted,
      `${target.nick} ${ipField(target.ip)} 0 ${quote(path)} firewallerror ${target.linkSpeed}`,
    );
  }

  private browseDirect(sender: User, target: RemoteUser): void {
    const problem =
      target.isFirewalled && sender.isFirewalled
        ? "You are both behind firewalls."
        : target.files === 0
          ? "User is not sharing any files."
          : undefined;
    if (problem === undefined) this.pass(sender, target, MESSAGE.browseDirect, "");
    else sender.send(MESSAGE.browseDirectError, `${target.nick} ${quote(problem)}`);
  }

  private whois(sender: User, target: RemoteUser): string {
    const whois = target.whois(this.tree.own.options.date());
    if (!sender.isModerator) return whois;
    const { downloads, uploads, login } = target;
    return `${whois} ${downloads.total} ${uploads.total} ${login.ip} ${login.connectPort} ${target.port} unknown ${login.server}`;
  }
}

function isForFile(type: number): boolean {
  return type === MESSAGE.uploadRequest || type === MESSAGE.download || type === MESSAGE.pushRequest;
}
