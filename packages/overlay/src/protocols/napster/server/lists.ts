// Whom a user wants to hear of, and whom he does not.
import { LIMITS } from "../limits.ts";
import { MESSAGE } from "../messages.ts";
import { foldNick } from "../nick.ts";
import type { Elsewhere } from "./elsewhere.ts";
import { SERVER_LIMITS } from "./limits.ts";
import type { Office } from "./office.ts";
import type { User } from "./person.ts";

export class Lists {
  private readonly office: Office;
  /** By folded nick: who wants to hear when he comes and goes. At most `hotlistMax` entries for each user. */
  private readonly watchers = new Map<string, Set<User>>();
  private readonly elsewhere: readonly Elsewhere[];

  constructor(office: Office, elsewhere: readonly Elsewhere[]) {
    this.office = office;
    this.elsewhere = elsewhere;
  }

  /** 207 and 208. */
  onHotlistAdd(user: User, text: string): void {
    const nick = nickIn(text);
    user.hotlist ??= new Map();
    const key = foldNick(nick);
    if (nick === "" || (user.hotlist.size >= SERVER_LIMITS.hotlistMax && !user.hotlist.has(key))) {
      return user.send(MESSAGE.hotlistFailed, nick);
    }
    user.hotlist.set(key, nick);
    const watchers = this.watchers.get(key) ?? new Set();
    this.watchers.set(key, watchers.add(user));
    user.send(MESSAGE.hotlistAdded, nick);
    const speed = this.speedOf(nick);
    if (speed !== undefined) user.send(MESSAGE.signOn, `${nick} ${speed}`);
  }

  /** 303. */
  onHotlistRemove(user: User, text: string): void {
    const key = foldNick(nickIn(text));
    if (user.hotlist?.delete(key) === true) this.unwatch(key, user);
  }

  /** 320. */
  onIgnoreList(user: User): void {
    for (const nick of user.ignored?.values() ?? []) user.send(MESSAGE.ignoreEntry, nick);
    user.send(MESSAGE.ignoreList, String(user.ignored?.size ?? 0));
  }

  /** 322. */
  onIgnoreAdd(user: User, text: string): void {
    const nick = nickIn(text);
    user.ignored ??= new Map();
    if (user.ignored.has(foldNick(nick))) return user.send(MESSAGE.ignoreKnown, nick);
    if (nick === "" || user.ignored.size >= SERVER_LIMITS.ignoreMax) {
      return user.send(MESSAGE.notice, "Your ignore list is full.");
    }
    user.ignored.set(foldNick(nick), nick);
    user.send(MESSAGE.ignoreAdd, nick);
  }

  /** 323. */
  onIgnoreRemove(user: User, text: string): void {
    const nick = nickIn(text);
    const was = user.ignored?.delete(foldNick(nick)) ?? false;
    user.send(was ? MESSAGE.ignoreRemove : MESSAGE.ignoreUnknown, nick);
  }

  /** 326. */
  onIgnoreClear(user: User): void {
    user.send(MESSAGE.ignoreClear, String(user.ignored?.size ?? 0));
    user.ignored = null;
  }

  /** Here or elsewhere. */
  onArrival({ folded, nick, linkSpeed }: Pick<User, "folded" | "nick" | "linkSpeed">): void {
    for (const watcher of this.watchers.get(folded) ?? []) watcher.tell(MESSAGE.signOn, `${nick} ${linkSpeed}`);
  }

  onDeparture({ folded, nick }: Pick<User, "folded" | "nick">): void {
    for (const watcher of this.watchers.get(folded) ?? []) watcher.tell(MESSAGE.signOff, nick);
  }

  onUserGone(user: User): void {
    for (const key of user.hotlist?.keys() ?? []) this.unwatch(key, user);
    this.onDeparture(user);
  }

  private speedOf(nick: string): number | undefined {
    const friend = this.office.users.get(nick);
    if (friend !== undefined) return friend.linkSpeed;
    for (const others of this.elsewhere) {
      const speed = others.linkSpeedOf?.(nick);
      if (speed !== undefined) return speed;
    }
    return undefined;
  }

  private unwatch(key: string, user: User): void {
    const watchers = this.watchers.get(key);
    watchers?.delete(user);
    if (watchers?.size === 0) this.watchers.delete(key);
  }
}

function nickIn(text: string): string {
  return (text.trim().split(" ")[0] ?? "").slice(0, LIMITS.nickCharsMax);
}
