// One connection of a client, and all of them: what waits to be sent, how long they may take to log in, how many one host has.
import { ipv4Of } from "../../../base/ipv4.ts";
import type { Address, Host, Link, Millis, StreamPort } from "../../../host/host.ts";
import type { Login } from "../login.ts";
import { type Message, MESSAGE } from "../messages.ts";
import { SERVER_LIMITS } from "./limits.ts";
import type { User } from "./person.ts";

/** `waiting`: the password is being checked, and what comes meanwhile is held. */
type Phase =
  | { readonly at: "new" }
  | {
      readonly at: "waiting";
      readonly login: Login;
      readonly ticket: number;
      readonly held: Message[];
      heldChars: number;
    }
  | { readonly at: "in"; readonly user: User }
  | { readonly at: "closing" };

const HEAD_BYTES = 4;

export class Line {
  readonly link: Link;
  readonly remote: Address;
  /** Whom it is counted under; see `hostOf`. */
  readonly host: number;
  /** IPv4, big endian, as others are told. */
  readonly ip: number;
  readonly openedAt: Millis;
  heardAt: Millis;
  /** Messages before the login. */
  messages = 0;
  phase: Phase = { at: "new" };
  isCompressed = false;
  /** Its answers piled up: it hears nothing more, and goes when the input at hand is done. */
  isDoomed = false;

  private readonly lines: Lines;
  /** What the port has no room for. */
  private outbox: Message[] | null = null;
  private outboxAt = 0;
  private outboxBytes = 0;

  constructor(lines: Lines, link: Link, remote: Address, ip: number, now: Millis) {
    this.lines = lines;
    this.link = link;
    this.remote = remote;
    this.host = hostOf(remote);
    this.ip = ip;
    this.openedAt = now;
    this.heardAt = now;
  }

  /** Answers wait behind the link for their turn. Who asks for more than may wait is cut off. */
  send(type: number, text: string): void {
    if (this.phase.at === "closing" || this.isDoomed) return;
    const { port } = this.lines;
    if (this.outbox === null && port.room(this.link) > 0) {
      port.send(this.link, { type, text });
      return;
    }
    const bytes = HEAD_BYTES + text.length;
    if (!this.lines.mayWait(bytes) || this.outboxBytes + bytes > SERVER_LIMITS.outboxBytesMax) {
      this.lines.doom(this);
      return;
    }
    this.outbox ??= [];
    this.outbox.push({ type, text });
    this.outboxBytes += bytes;
    this.lines.waitingBytes += bytes;
  }

  /** What nobody asked for is lost where the client does not read. */
  tell(type: number, text: string): void {
    if (this.phase.at === "closing") return;
    if (this.outbox !== null || this.lines.port.room(this.link) <= 0) {
      this.lines.counters.untold++;
      return;
    }
    this.lines.port.send(this.link, { type, text });
  }

  onWritable(): void {
    if (this.outbox === null) return;
    while (this.outboxAt < this.outbox.length && this.lines.port.room(this.link) > 0) {
      const message = this.outbox[this.outboxAt++] as Message;
      const bytes = HEAD_BYTES + message.text.length;
      this.outboxBytes -= bytes;
      this.lines.waitingBytes -= bytes;
      this.lines.port.send(this.link, message);
    }
    if (this.outboxAt === this.outbox.length) this.dropOutbox();
  }

  dropOutbox(): void {
    this.lines.waitingBytes -= this.outboxBytes;
    this.outbox = null;
    this.outboxAt = 0;
    this.outboxBytes = 0;
  }
}

/** What lines count for their server. */
export interface LineCounters {
  /** Connections so far. */
  connections: number;
  /** Cut off because their answers piled up. */
  unread: number;
  /** News lost on lines that were behind. */
  untold: number;
  halfOpenDropped: number;
}

export class Lines {
  readonly port: StreamPort<Message>;
  readonly counters: LineCounters;
  /** Bytes in all outboxes. */
  waitingBytes = 0;
  compressed = 0;
  private readonly host: Host;
  private readonly all: (Line | undefined)[] = [];
  /** Not logged in, oldest first. */
  private readonly halfOpen = new Set<Line>();
  private readonly halfOpenPerHost = new Map<number, number>();
  private readonly doomed: Line[] = [];
  private readonly onUserGone: (user: User) => void;

  constructor(host: Host, port: StreamPort<Message>, counters: LineCounters, onUserGone: (user: User) => void) {
    this.host = host;
    this.port = port;
    this.counters = counters;
    this.onUserGone = onUserGone;
  }

  get(link: Link): Line | undefined {
    return this.all[link];
  }

  /** True where one more may wait, of all lines together. */
  mayWait(bytes: number): boolean {
    return this.waitingBytes + bytes <= SERVER_LIMITS.outboxesBytesMax;
  }

  open(link: Link, remote: Address): void {
    const line = new Line(this, link, remote, this.ipOf(remote), this.host.now());
    this.all[link] = line;
    this.counters.connections++;
    const sameHost = (this.halfOpenPerHost.get(line.host) ?? 0) + 1;
    this.halfOpen.add(line);
    this.halfOpenPerHost.set(line.host, sameHost);
    if (sameHost > SERVER_LIMITS.halfOpenPerHostMax) this.dropOldest((each) => each.host === line.host);
    else if (this.halfOpen.size > SERVER_LIMITS.halfOpenMax) this.dropOldest(() => true);
  }

  /** The line has logged in. */
  complete(line: Line): void {
    if (!this.halfOpen.delete(line)) return;
    const left = (this.halfOpenPerHost.get(line.host) ?? 1) - 1;
    if (left === 0) this.halfOpenPerHost.delete(line.host);
    else this.halfOpenPerHost.set(line.host, left);
  }

  /** The line is somebody else's from now on. */
  handOver(line: Line): void {
    this.complete(line);
    this.all[line.link] = undefined;
  }

  /** In the middle of a command nobody disappears, so that its handler need not look after each word. */
  doom(line: Line): void {
    line.isDoomed = true;
    this.counters.unread++;
    this.doomed.push(line);
  }

  /** At the end of each input: lets those go whose answers piled up. */
  reap(): void {
    for (const line of this.doomed.splice(0)) this.close(line, "does not read what it asks for");
  }

  /** Says what is still to be said, then hangs up; `onClose` follows. */
  close(line: Line, reason: string): void {
    if (line.phase.at === "closing") return;
    this.leave(line);
    this.port.close(line.link, reason);
  }

  closed(link: Link): void {
    const line = this.all[link];
    if (line === undefined) return;
    this.leave(line);
    this.all[link] = undefined;
  }

  /** Lets go who takes too long to log in. */
  sweep(): void {
    const oldest = this.host.now() - SERVER_LIMITS.loginTimeoutMs;
    for (const line of this.halfOpen) {
      if (line.openedAt > oldest) return;
      this.refuse(line, "login timeout");
    }
  }

  /** The end of a login that came to nothing: text for people, then the end. */
  refuse(line: Line, text: string): void {
    line.send(MESSAGE.loginError, text);
    this.close(line, text);
  }

  private dropOldest(fits: (line: Line) => boolean): void {
    for (const line of this.halfOpen) {
      if (!fits(line)) continue;
      this.counters.halfOpenDropped++;
      this.close(line, "too many half-open logins");
      return;
    }
  }

  private leave(line: Line): void {
    const { phase } = line;
    if (phase.at === "closing") return;
    line.phase = { at: "closing" };
    this.complete(line);
    line.dropOutbox();
    if (line.isCompressed) {
      line.isCompressed = false;
      this.compressed--;
    }
    if (phase.at === "in") this.onUserGone(phase.user);
  }

  /**
   * A client on the server's own machine is where the server is, for all others. On a server that is itself only to be reached on
   * this machine, everybody is where he says.
   */
  private ipOf(remote: Address): number {
    const ip = ipv4Of(remote);
    const own = ipv4Of(this.port.self);
    return ip === LOCALHOST && own >>> 24 !== 127 && own !== 0 ? own : ip;
  }
}

const LOCALHOST = 0x7f00_0001;
/** The first IPv4 address that can be somebody's: 0.0.0.0/8 is nobody's. */
const HOST_LEAST = 0x100_0000;

/** Whom an address is counted under: its IPv4 part. In the lab addresses are small numbers and stand for themselves. */
export function hostOf(address: Address): number {
  const ip = ipv4Of(address);
  return ip < HOST_LEAST ? address : ip;
}
