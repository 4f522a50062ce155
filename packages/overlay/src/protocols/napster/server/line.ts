// One connection of a client, and all of them: what waits to be sent, how long they may take to log in, how many one host has.
import { hostOf, ipv4Of } from "../../../base/ipv4.ts";
import type { Address, Host, Link, Millis, StreamPort } from "../../../host/host.ts";
import type { Login } from "../login.ts";
import { type Message, MESSAGE } from "../messages.ts";
import { Outbox } from "../outbox.ts";
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
  private outbox: Outbox | null = null;
  /** When something of it went last. */
  tookAt: Millis = 0;

  constructor(lines: Lines, link: Link, remote: Address, ip: number, now: Millis) {
    this.lines = lines;
    this.link = link;
    this.remote = remote;
    this.host = hostOf(remote);
    this.ip = ip;
    this.openedAt = now;
    this.heardAt = now;
  }

  /** Bytes of memory of what waits. */
  get waiting(): number {
    return this.outbox?.weight ?? 0;
  }

  send(type: number, text: string): void {
    this.pass({ type, text });
  }

  /** Answers wait behind the link for their turn. Who asks for more than may wait is cut off. */
  pass(message: Message): void {
    if (this.phase.at === "closing" || this.isDoomed) return;
    const { port } = this.lines;
    if (this.outbox === null && port.room(this.link) > 0) {
      port.send(this.link, message);
      return;
    }
    // As text, since bytes may be a small part of a large array.
    const { type, text } = message;
    const weight = SERVER_LIMITS.messageWeight + text.length;
    if (this.waiting + weight > SERVER_LIMITS.outboxBytesMax) return this.lines.doom(this);
    if (!this.lines.makeRoom(this, weight)) return;
    if (this.outbox === null) {
      this.outbox = new Outbox(SERVER_LIMITS.messageWeight);
      this.tookAt = this.lines.now;
      this.lines.waiting.add(this);
    }
    this.outbox.push({ type, text });
    this.lines.waitingBytes += weight;
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
    const before = this.outbox.weight;
    this.outbox.flush(this.lines.port, this.link);
    const taken = before - this.outbox.weight;
    this.lines.waitingBytes -= taken;
    if (taken > 0) this.tookAt = this.lines.now;
    if (this.outbox.isEmpty) this.dropOutbox();
  }

  dropOutbox(): void {
    this.lines.waitingBytes -= this.waiting;
    this.lines.waiting.delete(this);
    this.outbox = null;
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
  /** Lines with something in their outboxes, and the memory that all of it takes. */
  readonly waiting = new Set<Line>();
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

  get now(): Millis {
    return this.host.now();
  }

  /** Lets those go who have most waiting, until so much more may wait of all together. False: this line was one of them. */
  makeRoom(line: Line, weight: number): boolean {
    while (!line.isDoomed && this.waitingBytes + weight > SERVER_LIMITS.outboxesBytesMax) {
      let fullest = line;
      for (const each of this.waiting) if (each.waiting > fullest.waiting) fullest = each;
      this.doom(fullest);
    }
    return !line.isDoomed;
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

  /** In the middle of a command nobody disappears, so that its handler need not look after each word. What waits is lost at once. */
  doom(line: Line): void {
    if (line.isDoomed) return;
    line.isDoomed = true;
    line.dropOutbox();
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

  /** Lets go who does not read, and who takes too long to log in. */
  sweep(): void {
    for (const line of this.waiting) if (line.tookAt + SERVER_LIMITS.unreadMs <= this.now) this.doom(line);
    this.reap();
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
