// Who is where: logins, changes and ends of sessions, as servers tell them each other; what a new link is told at first; what
// becomes of everybody behind a link that is lost.
import { Budget } from "../../../base/budget.ts";
import { FieldReader, quote, splitFields, wholeNumber } from "../fields.ts";
import { MESSAGE } from "../messages.ts";
import { foldNick } from "../nick.ts";
import { isTreeServerName } from "../server-name.ts";
import { levelOf } from "../server/accounts.ts";
import { SERVER_LIMITS } from "../server/limits.ts";
import type { User } from "../server/person.ts";
import { LINK_LIMITS } from "./limits.ts";
import { formatRemoteLogin, parseRemoteLogin, type RemoteLogin, RemoteUser } from "./remote-user.ts";
import { foldServer } from "./tree.ts";
import type { TreeLink } from "./tree-link.ts";
import type { TreeOffice } from "./tree-office.ts";

const COUNT_MAX = 0xffff_ffff;

export class Census {
  private readonly tree: TreeOffice;
  /** A session of ours that ends because of what a link said: that link must not hear of an end, for the name is now its own. */
  private killedBy: { readonly user: User; readonly link: TreeLink; readonly text: string } | undefined = undefined;
  /** Sessions that each server may still end, by its name: it does not get more by linking again. */
  private readonly endings = new Map<string, Budget>();
  /** Users of ours whose library has changed since others were told. */
  private readonly changed = new Set<User>();

  constructor(tree: TreeOffice) {
    this.tree = tree;
  }

  // --- our users

  onUserIn(user: User): void {
    const { tree } = this;
    const namesake = tree.people.get(user.folded);
    if (namesake !== undefined) {
      // Only who may have the name gets so far; see `keeps`.
      this.remove(namesake);
      tree.relay(MESSAGE.kill, `:${tree.name} ${user.nick} ${quote(`ghost (${namesake.login.server})`)}`);
    }
    tree.announce(user);
  }

  onUserGone(user: User): void {
    const { tree, killedBy } = this;
    this.changed.delete(user);
    tree.endSession(user);
    if (killedBy?.user === user) tree.relayGone(MESSAGE.kill, killedBy.text, user, killedBy.link);
    else tree.relayGone(MESSAGE.quit, user.nick, user);
  }

  /** Somebody from elsewhere has this name, and it is not him. */
  keeps(nick: string, ip: number): boolean {
    const user = this.tree.people.get(foldNick(nick));
    return user !== undefined && user.ip !== ip;
  }

  /** He has done something here that others should know. */
  onUserActed(user: User, type: number): void {
    switch (type) {
      case MESSAGE.share:
      case MESSAGE.shareMedia:
      case MESSAGE.shareDirectory:
      case MESSAGE.unshare:
      case MESSAGE.unshareAll:
        this.changed.add(user);
        return;
    }
    this.tellSharedBy(user);
    switch (type) {
      case MESSAGE.changeSpeed:
        return this.tree.relay(type, `:${user.nick} ${user.linkSpeed}`, undefined, user);
      case MESSAGE.changePort:
        return this.tree.relay(type, `:${user.nick} ${user.port}`, undefined, user);
      case MESSAGE.downloadBegun:
      case MESSAGE.downloadEnded:
      case MESSAGE.uploadBegun:
      case MESSAGE.uploadEnded:
        return this.tree.relay(type, `:${user.nick}`, undefined, user);
    }
  }

  /** Sharing goes file by file; others hear of the sum now and then, and before anything else of him. */
  tellShared(): void {
    for (const user of this.changed) this.tellSharedBy(user);
  }

  tellSharedBy(user: User): void {
    if (!this.changed.delete(user)) return;
    const { files, kilobytes } = this.tree.sharedBy(user);
    this.tree.relay(MESSAGE.linkShared, `${user.nick} ${files} ${kilobytes}`, undefined, user);
  }

  // --- links

  /** Tells a new link of servers at once, and of users as it takes them. */
  onLinked(link: TreeLink): void {
    const { tree } = this;
    link.send(MESSAGE.linkTime, `:${tree.name} ${tree.own.options.date()}`);
    for (const near of tree.tree.nearLinks()) if (near !== link) link.send(MESSAGE.linkInfo, tree.linkInfo(near));
    for (const { server, port, peer, peerPort, hops } of tree.tree.farLinks()) {
      link.send(MESSAGE.linkInfo, `${server} ${port} ${peer} ${peerPort} ${hops + 1}`);
    }
    for (const user of tree.own.users.all()) link.untold.add(user);
    for (const user of tree.people.values()) link.untold.add(user);
    tree.relay(MESSAGE.linkInfo, tree.linkInfo(link), link);
    this.tellRest(link);
  }

  /** Goes on telling a link what was there when it came about. */
  tellRest(link: TreeLink): void {
    for (const user of link.untold) {
      if (!link.hasRoom) return;
      link.untold.delete(user);
      this.tree.introduce(link, user);
    }
    if (link.isTold || !link.hasRoom) return;
    link.isTold = true;
    link.send(MESSAGE.linkStateEnd, "");
  }

  /** Whoever was behind it is gone for us, and for all whom we told of him. */
  onLinkLost(link: TreeLink): void {
    const { tree } = this;
    tree.tree.removeNear(link);
    tree.relay(MESSAGE.linkQuit, `:${tree.name} ${link.name}`, link);
    for (const user of tree.people.values()) if (user.via === link) this.leave(user, link);
  }

  // --- what a link says

  /** 2. */
  onLogin(link: TreeLink, text: string): void {
    const login = parseRemoteLogin(text);
    if (login.token === undefined) {
      link.strike("a login that cannot be read");
      // Or it would believe that we know him.
      if (login.nick !== "") this.tree.kill(link, login.nick.slice(0, LINK_LIMITS.nonceCharsMax), "bad login message");
      return;
    }
    const own = this.tree.own.users.get(login.nick);
    if (own !== undefined) return this.onOwnName(link, login, own);
    if (!link.isTrusted && this.tree.own.accounts.find(login.nick) !== undefined) {
      return this.refuse(link, login, "the name is registered here");
    }
    const known = this.tree.people.get(foldNick(login.nick));
    if (known !== undefined && !this.yields(link, login, known)) return;
    if (link.users >= LINK_LIMITS.usersPerLinkMax) {
      link.doom ??= "too many users";
      return;
    }
    if (this.tree.people.size >= LINK_LIMITS.usersMax) {
      // Whoever has most is to blame for it, and not who speaks next. This one comes in when it links again.
      this.fullest(link).doom ??= "too many users";
      return this.refuse(link, login, "too many users");
    }
    const user = new RemoteUser(login, link);
    this.tree.people.set(user.folded, user);
    link.users++;
    this.tree.announce(user, link);
    this.tree.server.onRemoteUserIn(user);
  }

  /** 10000. */
  onQuit(link: TreeLink, text: string): void {
    const user = this.behind(link, text.trim());
    if (user !== undefined) this.leave(user, link);
  }

  /** 610. `:by nick "reason"`. */
  onKill(link: TreeLink, by: string, fields: FieldReader): void {
    const { tree } = this;
    const nick = fields.next() ?? "";
    const reason = (fields.next() ?? "").slice(0, LINK_LIMITS.reasonCharsMax);
    const text = `:${by} ${nick} ${quote(reason)}`;
    const own = tree.own.users.get(nick);
    if (own !== undefined) {
      if (((own.isModerator || own.isRegistered) && !link.isTrusted) || !this.mayEnd(link)) {
        tree.counters.killsRefused++;
        tree.notice(`${by} on ${link.name} may not kill ${own.nick}: ${reason}`);
        return;
      }
      tree.counters.kills++;
      return this.end(own, link, text, `You have been killed by ${by}: ${reason}`);
    }
    const user = tree.people.get(foldNick(nick));
    if (user === undefined || (user.via !== link && !this.mayEnd(link))) return;
    this.remove(user);
    tree.relayGone(MESSAGE.kill, text, user, link);
  }

  /** 10012. `nick files kilobytes`. */
  onShared(link: TreeLink, text: string): void {
    const [nick = "", files, kilobytes] = splitFields(text, 3);
    const user = this.behind(link, nick);
    const count = wholeNumber(files, COUNT_MAX);
    if (user === undefined || count === undefined) return;
    this.setShared(user, count, wholeNumber(kilobytes, COUNT_MAX) ?? 0);
    this.tree.relay(MESSAGE.linkShared, `${user.nick} ${user.files} ${user.kilobytes}`, link, user);
  }

  /** What a user behind the link has changed of himself. */
  onChange(user: RemoteUser, type: number, fields: FieldReader): void {
    const { downloads, uploads } = user;
    switch (type) {
      case MESSAGE.changeSpeed:
        user.linkSpeed = wholeNumber(fields.next(), 10) ?? user.linkSpeed;
        break;
      case MESSAGE.changePort:
        user.port = wholeNumber(fields.next(), 0xffff) ?? user.port;
        break;
      case MESSAGE.downloadBegun:
        count(downloads, 1);
        break;
      case MESSAGE.downloadEnded:
        count(downloads, -1);
        break;
      case MESSAGE.uploadBegun:
        count(uploads, 1);
        break;
      case MESSAGE.uploadEnded:
        count(uploads, -1);
        break;
    }
  }

  /** 606. `:by nick level`: a word for a whois, no more. Users of ours keep the level that we gave them. */
  onLevel(fields: FieldReader): void {
    const user = this.tree.people.get(foldNick(fields.next() ?? ""));
    const level = levelOf(fields.next() ?? "");
    if (user !== undefined && level !== undefined) user.level = level;
  }

  /** 10019. `server port peer peerport hops`. */
  onLinkInfo(link: TreeLink, text: string): void {
    const { tree } = this;
    const [server = "", portText, peer = "", peerPortText, hopsText] = splitFields(text, 5);
    const hops = wholeNumber(hopsText, LINK_LIMITS.hopsMax);
    if (!isTreeServerName(server) || !isTreeServerName(peer) || hops === undefined) {
      return link.strike("a link between servers that cannot be read");
    }
    const port = wholeNumber(portText, 0xffff) ?? 0;
    const peerPort = wholeNumber(peerPortText, 0xffff) ?? 0;
    switch (tree.tree.addFar({ server, port, peer, peerPort, hops, via: link })) {
      case "added":
        return tree.relay(MESSAGE.linkInfo, `${server} ${port} ${peer} ${peerPort} ${hops + 1}`, link);
      case "known":
        return;
      case "unknown":
        return link.strike("a link of a server that is not behind it");
      case "full":
        link.doom ??= "too many servers";
        return;
      case "loop":
        return this.cutLoop(link, peer);
    }
  }

  /** 10020 and 10101. `:by server ["reason"]`. */
  onServerQuit(link: TreeLink, by: string, fields: FieldReader): void {
    const { tree } = this;
    const name = fields.next() ?? "";
    if (tree.tree.isNear(name) || tree.tree.viaOf(name) !== link) {
      // A demand to give up a link of ours, which our operator alone may do, or old news.
      tree.counters.astray++;
      return;
    }
    const gone = tree.tree.removeFar(name);
    tree.relay(MESSAGE.linkQuit, `:${by} ${name}`, link);
    for (const user of tree.people.values()) {
      if (user.via === link && gone.has(foldServer(user.login.server))) this.leave(user, link);
    }
  }

  /** 10023. `:server seconds`. */
  onTime(link: TreeLink, fields: FieldReader): void {
    const theirs = wholeNumber(fields.next(), Number.MAX_SAFE_INTEGER);
    if (theirs === undefined) return link.strike("a time that cannot be read");
    const skew = Math.abs(theirs - this.tree.own.options.date());
    if (skew > LINK_LIMITS.clockSkewSecondsMax) link.doom ??= `Clock skewed by ${skew} seconds`;
  }

  /** A user whom this link may speak of. */
  behind(link: TreeLink, nick: string): RemoteUser | undefined {
    const user = this.tree.people.get(foldNick(nick));
    if (user?.via === link) return user;
    this.tree.counters.astray++;
    return undefined;
  }

  /** Somebody logs in elsewhere under the name of a user of ours. Who came first keeps it, unless it is registered here. */
  private onOwnName(link: TreeLink, login: RemoteLogin, own: User): void {
    const { tree } = this;
    const keepsIt = (own.isRegistered && !link.isTrusted) || tree.connectedAt(own) <= login.connectedAt;
    if (keepsIt || !this.mayEnd(link)) {
      this.refuse(link, login, `nick collision (${login.server} ${tree.name})`);
      // The kill reaches whoever bears the name there, which may by now be ours.
      return tree.introduce(link, own);
    }
    tree.counters.collisions++;
    const reason = `nick collision (${login.server} ${tree.name})`;
    this.end(own, link, `:${tree.name} ${own.nick} ${quote(reason)}`, "Somebody logged in under your name earlier.");
    this.onLogin(link, formatRemoteLogin(login));
  }

  /** True where a known user makes room for one of the same name who is new from this link. */
  private yields(link: TreeLink, login: RemoteLogin, known: RemoteUser): boolean {
    const { tree } = this;
    if (known.via === link) {
      // Told once more: nothing has happened. Otherwise his server has let the old one go.
      if (known.login.connectedAt === login.connectedAt && known.login.server === login.server) return false;
      this.leave(known, link);
      return true;
    }
    if (known.login.connectedAt <= login.connectedAt || !this.mayEnd(link)) {
      this.refuse(link, login, `nick collision (${login.server} ${known.login.server})`);
      tree.introduce(link, known);
      return false;
    }
    tree.counters.collisions++;
    const reason = `nick collision (${login.server} ${known.login.server})`;
    this.remove(known);
    tree.relayGone(MESSAGE.kill, `:${tree.name} ${known.nick} ${quote(reason)}`, known, link);
    return true;
  }

  /** Takes from what it may end. False: it has used that up, and goes. */
  private mayEnd(link: TreeLink): boolean {
    if (link.isTrusted) return true;
    const now = this.tree.host.now();
    let endings = this.endings.get(link.name);
    if (endings === undefined) {
      endings = new Budget(now, LINK_LIMITS.endingsBurst, 1000 / LINK_LIMITS.endingEveryMs);
      this.endings.set(link.name, endings);
    }
    if (endings.take(now)) return true;
    link.doom ??= "ends too many sessions of others";
    return false;
  }

  /** The link with most users; of equals the given one. */
  private fullest(link: TreeLink): TreeLink {
    let fullest = link;
    for (const each of this.tree.tree.nearLinks()) if (each.users > fullest.users) fullest = each;
    return fullest;
  }

  private refuse(link: TreeLink, login: RemoteLogin, reason: string): void {
    this.tree.counters.collisions++;
    this.tree.kill(link, login.nick, reason);
  }

  /** A session of ours ends because of what a link said; the others hear `text`. */
  private end(user: User, link: TreeLink, text: string, reason: string): void {
    this.killedBy = { user, link, text };
    this.tree.server.kill(user.nick, reason);
    this.killedBy = undefined;
  }

  /** Two ways to one server: the younger of the two links goes. Whoever else sees the loop decides likewise. */
  private cutLoop(link: TreeLink, peer: string): void {
    const other = this.tree.tree.viaOf(peer);
    if (other === undefined || link.phase.at !== "linked" || other.phase.at !== "linked") return;
    const younger = link.phase.since >= other.phase.since ? link : other;
    younger.doom ??= `${peer} is already linked`;
  }

  private leave(user: RemoteUser, link: TreeLink): void {
    this.remove(user);
    this.tree.relayGone(MESSAGE.quit, user.nick, user, link);
  }

  private setShared(user: RemoteUser, files: number, kilobytes: number): void {
    this.tree.shared.files += files - user.files;
    this.tree.shared.kilobytes += kilobytes - user.kilobytes;
    user.files = files;
    user.kilobytes = kilobytes;
  }

  private remove(user: RemoteUser): void {
    this.tree.people.delete(user.folded);
    user.via.users--;
    this.tree.server.onRemoteUserGone(user);
    this.setShared(user, 0, 0);
  }
}

function count(transfers: { now: number; total: number }, change: 1 | -1): void {
  transfers.now = Math.min(SERVER_LIMITS.transfersMax, Math.max(0, transfers.now + change));
  if (change > 0) transfers.total++;
}
