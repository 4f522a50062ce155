// Who wants a file learns where its owner is, and the owner that somebody comes, or where to connect to. The file itself never
// passes here.
import { FieldReader, ipField, quote, wholeNumber } from "../fields.ts";
import { MESSAGE } from "../messages.ts";
import { NO_MD5, type SharedFile } from "../shared-file.ts";
import { SERVER_LIMITS } from "./limits.ts";
import type { Office } from "./office.ts";
import type { Person, User } from "./person.ts";
import type { Questions } from "./questions.ts";

export class Transfers {
  private readonly office: Office;
  private readonly questions: Questions;

  constructor(office: Office, questions: Questions) {
    this.office = office;
    this.questions = questions;
  }

  /** 203. A path that is not listed is asked for all the same: whoever browsed the owner directly may know more than we. */
  onDownload(asker: Person, nick: string, owner: User | undefined, fields: FieldReader): void {
    const path = fields.next() ?? "";
    this.office.counters.downloads++;
    if (owner === undefined) return asker.send(MESSAGE.downloadUnavailable, `${nick} ${quote(path)}`);
    if (owner.ignores(asker)) return asker.send(MESSAGE.downloadUnavailable, `${owner.nick} ${quote(path)}`);
    // A firewalled owner must be asked to connect: port 0 says so.
    if (owner.isFirewalled) return asker.send(MESSAGE.downloadAccepted, this.offer(owner, path));
    this.askOwner(owner, asker, path);
  }

  /** 500. */
  onPushRequest(asker: Person, nick: string, owner: User | undefined, fields: FieldReader): void {
    const path = fields.next() ?? "";
    if (owner === undefined) return asker.send(MESSAGE.downloadUnavailable, `${nick} ${quote(path)}`);
    if (!owner.isFirewalled) return asker.send(MESSAGE.notice, `${owner.nick} is not firewalled`);
    if (asker.port === 0) {
      return asker.send(
        MESSAGE.downloadAccepted,
        `${owner.nick} ${ipField(owner.ip)} 0 ${quote(path)} firewallerror ${owner.linkSpeed}`,
      );
    }
    this.askOwner(owner, asker, path);
  }

  /** 608. */
  onUploadAccepted(owner: User, text: string): void {
    const { asker, path } = this.answered(owner, text);
    if (asker === undefined) return;
    if (!owner.isFirewalled) return asker.send(MESSAGE.downloadAccepted, this.offer(owner, path));
    const md5 = this.file(owner, path)?.md5 || NO_MD5;
    if (asker.port === 0) return;
    owner.send(
      MESSAGE.push,
      `${asker.nick} ${ipField(asker.ip)} ${asker.port} ${quote(path)} ${md5} ${asker.linkSpeed}`,
    );
  }

  /** 609. OpenNap keeps it to itself, and the asker waits for nothing. */
  onUploadRefused(owner: User, text: string): void {
    const { asker, path } = this.answered(owner, text);
    asker?.send(MESSAGE.uploadRefused, `${owner.nick} ${quote(path)}`);
  }

  /** 619. */
  onQueueFull(owner: User, text: string): void {
    const { asker, path, rest } = this.answered(owner, text);
    const limit = wholeNumber(rest, 0xffff_ffff) ?? 0;
    const size = this.file(owner, path)?.size ?? 0;
    asker?.send(MESSAGE.queueLimit, `${owner.nick} ${quote(path)} ${size} ${limit}`);
  }

  /** 626: nobody answers at your data port. */
  onDataPortError(asker: Person, _nick: string, owner: User | undefined): void {
    owner?.tell(MESSAGE.dataPortError, asker.nick);
  }

  /** 640. */
  onBrowseDirect(asker: Person, nick: string, owner: User | undefined): void {
    const problem = this.browseProblem(asker, owner);
    if (owner === undefined || problem !== undefined) {
      return asker.send(MESSAGE.browseDirectError, `${nick} ${quote(problem ?? "")}`);
    }
    if (!this.questions.ask(owner, asker, "browse")) return;
    owner.tell(
      MESSAGE.browseDirect,
      owner.isFirewalled ? `${asker.nick} ${ipField(asker.ip)} ${asker.port}` : asker.nick,
    );
  }

  /** 641. */
  onBrowseDirectAccepted(owner: User, text: string): void {
    const asker = this.questions.asker(owner, "browse", new FieldReader(text).next() ?? "");
    if (asker === undefined) return this.sayNobody(owner);
    asker.send(MESSAGE.browseDirectAccepted, `${owner.nick} ${ipField(owner.ip)} ${owner.port}`);
  }

  /** 218 to 221: what a client says that it is doing. */
  count(transfers: { now: number; total: number }, change: 1 | -1): void {
    transfers.now = Math.min(SERVER_LIMITS.transfersMax, Math.max(0, transfers.now + change));
    if (change > 0) transfers.total++;
  }

  private askOwner(owner: User, asker: Person, path: string): void {
    if (!this.questions.ask(owner, asker, "file", path)) return;
    owner.tell(MESSAGE.uploadRequest, `${asker.nick} ${quote(path)}`);
  }

  /** To whom an owner's answer goes: who asked him for this file, and nobody else, since it says where he is. */
  private answered(owner: User, text: string): { asker: Person | undefined; path: string; rest: string | undefined } {
    const fields = new FieldReader(text);
    const nick = fields.next() ?? "";
    const path = fields.next() ?? "";
    const asker = this.questions.asker(owner, "file", nick, path);
    if (asker === undefined) this.sayNobody(owner);
    return { asker, path, rest: fields.next() };
  }

  private sayNobody(owner: User): void {
    owner.send(MESSAGE.notice, "User is not currently online.");
  }

  /** `nick ip port "path" md5 speed`. */
  private offer(owner: User, path: string): string {
    const md5 = this.file(owner, path)?.md5 || NO_MD5;
    return `${owner.nick} ${ipField(owner.ip)} ${owner.port} ${quote(path)} ${md5} ${owner.linkSpeed}`;
  }

  private file(owner: User, path: string): SharedFile | undefined {
    const { directory } = this.office;
    const id = directory.find(owner.owner, path);
    return id === undefined ? undefined : directory.file(id);
  }

  private browseProblem(asker: Person, owner: User | undefined): string | undefined {
    if (owner === undefined) return "User is not currently online.";
    if (owner.ignores(asker)) return "User is not currently online.";
    if (owner.isFirewalled && asker.port === 0) return "You are both behind firewalls.";
    if (this.office.directory.count(owner.owner) === 0) return "User is not sharing any files.";
    return undefined;
  }
}
