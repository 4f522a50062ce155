// A user of another server of the tree. Every server knows every user; what he shares only his own server knows.
import { FieldReader, ipField, ipv4OfField, quote, wholeNumber } from "../fields.ts";
import { foldNick, isNick } from "../nick.ts";
import { isTreeServerName } from "../server-name.ts";
import { LEVEL, type Level, levelName } from "../server/accounts.ts";
import type { Channel } from "../server/channel.ts";
import type { Visitor } from "../server/union.ts";
import { LINK_LIMITS } from "./limits.ts";
import type { TreeLink } from "./tree-link.ts";

const U32_MAX = 0xffff_ffff;

/** `nick token port "client" speed email connected ip server connectport`: a login as servers tell it each other. */
export interface RemoteLogin extends Visitor {
  /** In the place of the password: what his server sent, which from ours is a random token. */
  readonly token: string;
  /** Seconds since 1970. */
  readonly connectedAt: number;
  readonly server: string;
  readonly connectPort: number;
}

export class RemoteUser implements Visitor {
  readonly login: RemoteLogin;
  readonly nick: string;
  readonly folded: string;
  readonly ip: number;
  readonly client: string;
  port: number;
  linkSpeed: number;
  /** As his servers say; it gives him no rights here. */
  level: Level = LEVEL.user;
  files = 0;
  kilobytes = 0;
  readonly channels: Channel[] = [];
  readonly downloads = { now: 0, total: 0 };
  readonly uploads = { now: 0, total: 0 };
  readonly via: TreeLink;

  constructor(login: RemoteLogin, via: TreeLink) {
    this.login = login;
    this.nick = login.nick;
    this.folded = foldNick(login.nick);
    this.ip = login.ip;
    this.client = login.client;
    this.port = login.port;
    this.linkSpeed = login.linkSpeed;
    this.via = via;
  }

  get isFirewalled(): boolean {
    return this.port === 0;
  }

  /** As `whois online` says it: `nick "level" seconds " channels " "Active" shared downloads uploads speed "client"`. */
  whois(now: number): string {
    const seconds = Math.max(0, now - this.login.connectedAt);
    const names = ` ${this.channels.map(({ name }) => `${name} `).join("")}`;
    return (
      `${this.nick} ${quote(levelName(this.level))} ${seconds} ${quote(names)} "Active" ${this.files} ` +
      `${this.downloads.now} ${this.uploads.now} ${this.linkSpeed} ${quote(this.client)}`
    );
  }
}

/** `nick` alone where the rest is wrong, so that its sender can be told. */
export function parseRemoteLogin(text: string): RemoteLogin | { readonly nick: string; readonly token: undefined } {
  const reader = new FieldReader(text);
  const nick = reader.next() ?? "";
  const token = reader.next();
  const port = wholeNumber(reader.next(), 0xffff);
  const client = reader.next();
  const linkSpeed = wholeNumber(reader.next(), 10);
  reader.next();
  const connectedAt = wholeNumber(reader.next(), U32_MAX);
  const ip = ipv4OfField(reader.next());
  const server = reader.next() ?? "";
  const connectPort = wholeNumber(reader.next(), 0xffff);
  if (
    !isNick(nick) ||
    token === undefined ||
    token.length > LINK_LIMITS.tokenCharsMax ||
    !/^[!-~]+$/.test(token) ||
    port === undefined ||
    client === undefined ||
    linkSpeed === undefined ||
    connectedAt === undefined ||
    ip === undefined ||
    !isTreeServerName(server) ||
    connectPort === undefined
  ) {
    return { nick, token: undefined };
  }
  const program = client.slice(0, LINK_LIMITS.clientNameCharsMax);
  return { nick, token, port, client: program, linkSpeed, connectedAt, ip, server, connectPort };
}

export function formatRemoteLogin(login: RemoteLogin): string {
  return (
    `${login.nick} ${login.token} ${login.port} ${quote(login.client)} ${login.linkSpeed} unknown ${login.connectedAt} ` +
    `${ipField(login.ip)} ${login.server} ${login.connectPort}`
  );
}
