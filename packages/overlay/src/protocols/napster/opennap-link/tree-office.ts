// What all parts of the links share: our server, the tree, who is in it, and how to say things to the others.
import { portOf } from "../../../base/ipv4.ts";
import type { Host, StreamPort } from "../../../host/host.ts";
import { type FieldReader, quote } from "../fields.ts";
import { type Message, MESSAGE } from "../messages.ts";
import { foldNick } from "../nick.ts";
import { LEVEL, levelName } from "../server/accounts.ts";
import type { ElsewhereEvents } from "../server/elsewhere.ts";
import type { Office } from "../server/office.ts";
import { User } from "../server/person.ts";
import { newNonce } from "./proof.ts";
import { formatRemoteLogin, type RemoteLogin, type RemoteUser } from "./remote-user.ts";
import type { Tree } from "./tree.ts";
import type { LinkCounters, Subject, TreeLink } from "./tree-link.ts";

/** What the links ask of the server that they belong to. */
export interface TreeServer extends ElsewhereEvents {
  /** Ends a session of ours; `onUserGone` comes within. */
  kill(nick: string, reason: string): boolean;
  /** For those who wait for somebody. */
  onRemoteUserIn(user: RemoteUser): void;
  onRemoteUserGone(user: RemoteUser): void;
  onRemoteChannelNews(user: RemoteUser, type: number, fields: FieldReader): void;
  onRemoteKick(by: string, fields: FieldReader): void;
}

export class TreeOffice {
  readonly host: Host;
  readonly port: StreamPort<Message>;
  /** What the parts of our own server share. */
  readonly own: Office;
  readonly server: TreeServer;
  readonly tree: Tree;
  readonly counters: LinkCounters;
  /** Users of other servers, by folded nick. */
  readonly people = new Map<string, RemoteUser>();
  /** What they share. */
  readonly shared = { files: 0, kilobytes: 0 };
  /** What other servers know of sessions of ours. */
  private readonly sessions = new Map<User, { readonly token: string; readonly connectedAt: number }>();

  constructor(
    place: {
      readonly host: Host;
      readonly port: StreamPort<Message>;
      readonly office: Office;
      readonly server: TreeServer;
    },
    tree: Tree,
    counters: LinkCounters,
  ) {
    this.host = place.host;
    this.port = place.port;
    this.own = place.office;
    this.server = place.server;
    this.tree = tree;
    this.counters = counters;
  }

  get name(): string {
    return this.own.options.name;
  }

  /** To one server. It hears first who a message is about, if it has not yet. */
  tell(link: TreeLink, type: number, text: string, about?: Subject): void {
    if (!link.isLinked) return;
    if (about !== undefined && link.untold.delete(about)) this.introduce(link, about);
    link.send(type, text);
  }

  /** The rule by which everything that happens is known to all: to every server but the one that it came from. */
  relay(type: number, text: string, from?: TreeLink, about?: Subject): void {
    for (const link of this.tree.nearLinks()) if (link !== from) this.tell(link, type, text, about);
  }

  /** Somebody is gone: who had not heard of him need not hear that. */
  relayGone(type: number, text: string, who: Subject, from?: TreeLink): void {
    for (const link of this.tree.nearLinks()) {
      const isUntold = link.untold.delete(who);
      if (link !== from && !isUntold) this.tell(link, type, text);
    }
  }

  /** Somebody is new. A link that has no room hears of him when it has, or when something is said about him. */
  announce(who: Subject, from?: TreeLink): void {
    for (const link of this.tree.nearLinks()) {
      if (link === from || !link.isLinked) continue;
      if (link.hasRoom) this.introduce(link, who);
      else link.untold.add(who);
    }
  }

  /** Login, level and library of somebody, as a server tells them another one. */
  introduce(link: TreeLink, who: Subject): void {
    link.send(MESSAGE.login, formatRemoteLogin(this.loginOf(who)));
    if (who.level !== LEVEL.user) link.send(MESSAGE.setLevel, `:${this.name} ${who.nick} ${levelName(who.level)}`);
    const { files, kilobytes } = this.sharedBy(who);
    if (files > 0) link.send(MESSAGE.linkShared, `${who.nick} ${files} ${kilobytes}`);
    for (const { name } of who.channels) link.send(MESSAGE.channelJoin, `:${who.nick} ${name}`);
  }

  sharedBy(who: Subject): { readonly files: number; readonly kilobytes: number } {
    if (!(who instanceof User)) return who;
    const { directory } = this.own;
    return { files: directory.count(who.owner), kilobytes: Math.ceil(directory.bytesOf(who.owner) / 1024) };
  }

  /** When he logged in, in seconds since 1970. */
  connectedAt(who: Subject): number {
    return who instanceof User ? this.session(who).connectedAt : who.login.connectedAt;
  }

  endSession(user: User): void {
    this.sessions.delete(user);
  }

  /** An answer for somebody else's user, whole, in a message to his server. */
  answer(nick: string, type: number, text: string): void {
    const user = this.people.get(foldNick(nick));
    if (user === undefined) return;
    const { length } = text;
    const head = String.fromCharCode(length & 0xff, length >>> 8, type & 0xff, type >>> 8);
    this.tell(user.via, MESSAGE.linkEncapsulated, `:${this.name} ${user.nick} ${head}${text}`, user);
  }

  /** Our moderators of one server, for people. */
  notice(text: string): void {
    for (const user of this.own.users.all()) if (user.isModerator) user.tell(MESSAGE.notice, text);
  }

  /** `server port peer peerport hops`, of a link of ours; `hops` as they are for whom it is told. */
  linkInfo(link: TreeLink, hops = 2): string {
    return `${this.name} ${portOf(this.port.self)} ${link.name} ${portOf(link.peer.address)} ${hops}`;
  }

  kill(link: TreeLink, nick: string, reason: string): void {
    link.send(MESSAGE.kill, `:${this.name} ${nick} ${quote(reason)}`);
  }

  private loginOf(who: Subject): RemoteLogin {
    if (!(who instanceof User)) return { ...who.login, port: who.port, linkSpeed: who.linkSpeed };
    const { nick, ip, port, linkSpeed, client, line } = who;
    const { token, connectedAt } = this.session(who);
    const connectPort = portOf(line.remote);
    return { nick, ip, port, linkSpeed, client, token, connectedAt, server: this.name, connectPort };
  }

  private session(user: User): { readonly token: string; readonly connectedAt: number } {
    const known = this.sessions.get(user);
    if (known !== undefined) return known;
    // His password is nobody's business. A token that is new each time makes him an unregistered user everywhere else.
    const seconds = Math.floor((this.host.now() - user.since) / 1000);
    const session = { token: newNonce(this.host), connectedAt: this.own.options.date() - seconds };
    this.sessions.set(user, session);
    return session;
  }
}
