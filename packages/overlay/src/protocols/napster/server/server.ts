// A Napster server: who is here and who shares what. It holds no file and moves none. It follows OpenNap where clients depend on
// it; where it departs, README.md says so. Commands are in commands.ts, each kind at a desk of its own.
import type { Address, Host, Link, StreamNode, StreamPort } from "../../../host/host.ts";
import { Directory } from "../directory/directory.ts";
import { FieldReader } from "../fields.ts";
import { type Message, MESSAGE } from "../messages.ts";
import { OpenNapLinks } from "../opennap-link/node.ts";
import type { TreeEvents, TreeOptions } from "../opennap-link/options.ts";
import type { RemoteUser } from "../opennap-link/remote-user.ts";
import type { SearchHit } from "../shared-file.ts";
import { type Accounts, NO_ACCOUNTS, type Verdict } from "./accounts.ts";
import { Administration } from "./administration.ts";
import { type Ban, Bans } from "./bans.ts";
import { Bulletin } from "./bulletin.ts";
import { Channels } from "./channels.ts";
import { type Command, commandTable, type TowardCommand } from "./commands.ts";
import type { Elsewhere, ElsewhereEvents, TreeLinks } from "./elsewhere.ts";
import { SERVER_LIMITS } from "./limits.ts";
import { type Line, Lines } from "./line.ts";
import { Lists } from "./lists.ts";
import { LoginDesk } from "./login-desk.ts";
import { newCounters, type Office, type ServerCounters, Users } from "./office.ts";
import type { ServerOptions } from "./options.ts";
import { PasswordGate } from "./password-gate.ts";
import { People } from "./people.ts";
import { type Person, User } from "./person.ts";
import { Questions } from "./questions.ts";
import { OPEN_SEARCHES, Searching } from "./searching.ts";
import { Sharing } from "./sharing.ts";
import { Transfers } from "./transfers.ts";
import type { Union, UnionEvents, UnionMessage, Visitor } from "./union.ts";
import { CARRIED, UnionDesk } from "./union-desk.ts";

/** What the operator's side hears. One object may serve many servers: `self` says which one speaks. */
export interface ServerEvents {
  onUserIn(self: Address, nick: string, remote: Address): void;
  onUserGone(self: Address, nick: string): void;
  /** The list as it should be when the server starts again. */
  onBans(self: Address, bans: readonly Ban[]): void;
}

export const NO_EVENTS: ServerEvents = { onUserIn: () => {}, onUserGone: () => {}, onBans: () => {} };

/** What a server finds when it starts. */
export interface ServerBeginnings {
  readonly accounts?: Accounts;
  readonly bans?: readonly Ban[];
}

// The timers, with OPEN_SEARCHES and CARRIED.
const SWEEP = 0;
const STATISTICS = 1;
const HOUSEKEEPING = 4;
const TREE = 5;

/** Units of the directory's housekeeping at a time, about half a millisecond; then others have their turn. */
const HOUSEKEEPING_UNITS = 10_000;
const HOUSEKEEPING_BUSY_MS = 2;
const HOUSEKEEPING_IDLE_MS = 1000;
/** One remark for so many commands dropped. */
const REMARK_EVERY = 50;

export class NapsterServer implements StreamNode<Message>, UnionEvents, ElsewhereEvents {
  readonly counters: ServerCounters = newCounters();
  readonly directory: Directory;
  private readonly host: Host;
  private readonly port: StreamPort<Message>;
  private readonly events: ServerEvents;
  private readonly office: Office;
  private readonly lines: Lines;
  private readonly loginDesk: LoginDesk;
  private readonly questions: Questions;
  private readonly searching: Searching;
  private readonly channels: Channels;
  private readonly lists: Lists;
  private readonly bulletin: Bulletin;
  private readonly administration: Administration;
  private readonly commands: ReadonlyMap<number, Command>;
  private readonly elsewhere: Elsewhere[] = [];
  private unionDesk: UnionDesk | null = null;
  private treeLinks: TreeLinks | null = null;
  private lastTicket = 0;

  constructor(
    host: Host,
    port: StreamPort<Message>,
    options: ServerOptions,
    events: ServerEvents = NO_EVENTS,
    { accounts = NO_ACCOUNTS, bans: knownBans = [] }: ServerBeginnings = {},
  ) {
    this.host = host;
    this.port = port;
    this.events = events;
    this.directory = new Directory({
      hashKey: [host.u32(), host.u32()],
      filesPerOwnerMax: options.sharesPerUserMax,
      bytesMax: options.directoryBytesMax,
    });
    const { counters, directory } = this;
    this.office = { host, options, accounts, directory, users: new Users(), counters };
    const { office } = this;
    this.lines = new Lines(host, port, counters, (user) => this.logOut(user));
    const bans = new Bans(knownBans);
    const gate = new PasswordGate(host);
    this.bulletin = new Bulletin(office, port.self, this.elsewhere);
    this.questions = new Questions(office);
    this.searching = new Searching(office, this.elsewhere);
    this.channels = new Channels(office, this.elsewhere);
    this.lists = new Lists(office, this.elsewhere);
    const disconnect = (user: User, reason: string): void => this.disconnect(user, reason);
    const ticket = (): number => ++this.lastTicket;
    this.administration = new Administration(office, bans, gate, (list) => events.onBans(port.self, list), disconnect);
    this.loginDesk = new LoginDesk(office, this.lines, bans, this.bulletin, gate, {
      onUserIn: (user) => this.onUserIn(user),
      onHeld: (line, message) => this.dispatch(line, message),
      disconnect,
      ticket,
      isTakenElsewhere: (nick, ip) => this.elsewhere.some((others) => others.keeps?.(nick, ip) ?? false),
    });
    this.commands = commandTable({
      office,
      sharing: new Sharing(office),
      searching: this.searching,
      transfers: new Transfers(office, this.questions),
      people: new People(office, this.questions),
      lists: this.lists,
      channels: this.channels,
      administration: this.administration,
      bulletin: this.bulletin,
      ticket,
      quit: (user) => this.lines.close(user.line, "quit"),
    });
  }

  // --- commands

  start(): void {
    this.host.arm(SWEEP, SERVER_LIMITS.sweepEveryMs);
    this.host.arm(STATISTICS, SERVER_LIMITS.statisticsEveryMs);
    this.host.arm(HOUSEKEEPING, HOUSEKEEPING_IDLE_MS);
    this.treeLinks?.start();
  }

  /** Says goodbye to everybody; `onClose` follows for each. */
  stop(): void {
    for (const timer of [SWEEP, STATISTICS, HOUSEKEEPING, OPEN_SEARCHES, CARRIED]) this.host.disarm(timer);
    this.treeLinks?.stop();
    for (const user of this.office.users.all()) this.disconnect(user, "The server is shutting down.");
  }

  /** Once: from now on the servers of this union are asked, and answered. */
  join(union: Union): void {
    this.unionDesk = new UnionDesk(this.host, union, this.counters, this);
    this.link(this.unionDesk);
  }

  /** Once, before `start` and before a union is joined: links to servers of the OpenNap family. */
  linkTree(options: TreeOptions, events: TreeEvents): OpenNapLinks {
    const { host, port, office } = this;
    const links = new OpenNapLinks({ host, port, office, server: this, timer: TREE }, options, events);
    this.treeLinks = links;
    this.link(links);
    return links;
  }

  /** Another way to other servers. Those that were linked first are asked first for a user. */
  link(others: Elsewhere): void {
    this.elsewhere.push(others);
  }

  get userCount(): number {
    return this.office.users.size;
  }

  /** Bytes of answers that wait for clients to read. */
  get waitingBytes(): number {
    return this.lines.waitingBytes;
  }

  /** The server ends a session, as a moderator may. False: nobody of that name is here. */
  kill(nick: string, reason: string): boolean {
    const user = this.office.users.get(nick);
    if (user !== undefined) this.disconnect(user, reason);
    return user !== undefined;
  }

  // --- input: lines

  onOpen(link: Link, remote: Address): void {
    if (this.treeLinks?.owns(link) === true) this.treeLinks.onOpen(link);
    else this.lines.open(link, remote);
  }

  onMessage(link: Link, message: Message): void {
    if (this.treeLinks?.owns(link) === true) {
      this.treeLinks.onMessage(link, message);
      this.lines.reap();
      return;
    }
    const line = this.lines.get(link);
    if (line === undefined) return;
    this.counters.messages++;
    line.heardAt = this.host.now();
    this.dispatch(line, message);
    this.lines.reap();
  }

  onMalformed(): void {
    this.counters.malformed++;
  }

  onWritable(link: Link): void {
    if (this.treeLinks?.owns(link) === true) this.treeLinks.onWritable(link);
    else this.lines.get(link)?.onWritable();
  }

  onClose(link: Link, reason: string): void {
    if (this.treeLinks?.owns(link) === true) this.treeLinks.onClose(link, reason);
    else this.lines.closed(link);
    this.lines.reap();
  }

  onTimer(timer: number): void {
    switch (timer) {
      case SWEEP:
        this.lines.sweep();
        this.host.arm(SWEEP, SERVER_LIMITS.sweepEveryMs);
        break;
      case STATISTICS:
        this.bulletin.tellAll();
        this.host.arm(STATISTICS, SERVER_LIMITS.statisticsEveryMs);
        break;
      case OPEN_SEARCHES:
        this.searching.onTimer();
        break;
      case CARRIED:
        this.unionDesk?.onTimer();
        break;
      case TREE:
        this.treeLinks?.onTimer();
        break;
      case HOUSEKEEPING: {
        const isBusy = this.directory.work(HOUSEKEEPING_UNITS);
        this.host.arm(HOUSEKEEPING, isBusy ? HOUSEKEEPING_BUSY_MS : HOUSEKEEPING_IDLE_MS);
        break;
      }
    }
    this.lines.reap();
  }

  /** The answer about a password. */
  onAccount(ticket: number, verdict: Verdict): void {
    if (!this.loginDesk.onAccount(ticket, verdict)) this.administration.onAccount(ticket, verdict === "right");
    this.lines.reap();
  }

  // --- input: the union

  onUnionMessage(from: string, message: UnionMessage): void {
    this.unionDesk?.onUnionMessage(from, message);
    this.lines.reap();
  }

  onServerUp(): void {}

  onServerDown(server: string): void {
    this.unionDesk?.onServerDown(server);
    this.lines.reap();
  }

  // --- input: other servers, however they are reached

  onRemoteHits(id: number, hits: readonly SearchHit[]): void {
    this.searching.onHits(id, hits);
  }

  onRemoteEnd(id: number): void {
    this.searching.onEnd(id);
  }

  hitsFor(asker: Visitor, request: string): readonly SearchHit[] {
    return this.searching.hitsFor(asker, request);
  }

  onRemoteCommand(sender: Person, message: Message): void {
    const command = this.commands.get(message.type);
    if (command !== undefined && "toward" in command) this.runToward(command, sender, message, false);
    else this.counters.droppedFromElsewhere++;
  }

  onDelivery(nick: string, message: Message): void {
    this.user(nick)?.tell(message.type, message.text);
  }

  onNobody(sender: User, message: Message): void {
    const command = this.commands.get(message.type);
    if (command !== undefined && "toward" in command) this.runToward(command, sender, message, false);
  }

  onRemoteUserIn(user: RemoteUser): void {
    this.lists.onArrival(user);
  }

  onRemoteUserGone(user: RemoteUser): void {
    this.channels.onGuestGone(user);
    this.lists.onDeparture(user);
  }

  onRemoteChannelNews(user: RemoteUser, type: number, fields: FieldReader): void {
    this.channels.onGuestSaid(user, type, fields);
  }

  onRemoteKick(by: string, fields: FieldReader): void {
    this.channels.onKickFromElsewhere(by, fields);
  }

  user(nick: string): User | undefined {
    return this.office.users.get(nick);
  }

  // --- from message to desk

  private dispatch(line: Line, message: Message): void {
    const { phase } = line;
    switch (phase.at) {
      case "new":
        if (message.type === MESSAGE.linkLogin && this.treeLinks !== null) {
          this.lines.handOver(line);
          return this.treeLinks.adopt(line.link, line.remote, message);
        }
        return this.loginDesk.onMessage(line, message);
      case "waiting":
        phase.held.push(message);
        phase.heldChars += message.text.length;
        if (phase.held.length > SERVER_LIMITS.heldMessagesMax || phase.heldChars > SERVER_LIMITS.heldCharsMax) {
          this.lines.refuse(line, "too much before the end of the login");
        }
        return;
      case "in":
        return this.run(phase.user, message);
      case "closing":
        return;
      default:
        phase satisfies never;
    }
  }

  private run(user: User, message: Message): void {
    const command = this.commands.get(message.type);
    const isShare = command !== undefined && "isShare" in command;
    const isCounted = !isShare && message.type !== MESSAGE.search && !this.questions.isFirstAnswer(user, message);
    if (isCounted && !user.may("commands", this.host.now())) return this.overdo(user);
    if (user.isOverdone) return this.disconnect(user, "You send too much.");
    if (command === undefined) {
      this.counters.unknown++;
      return user.send(MESSAGE.notice, `Unknown command code ${message.type}`);
    }
    if (user.level < command.level) return user.send(MESSAGE.notice, "permission denied");
    if ("toward" in command) return this.runToward(command, user, message, true);
    command.run(user, message.text);
    if (user.line.phase.at === "in") for (const others of this.elsewhere) others.onUserActed?.(user, message.type);
  }

  private runToward(command: TowardCommand, sender: Person, message: Message, mayCarry: boolean): void {
    const fields = new FieldReader(message.text);
    const nick = fields.next();
    if (nick === undefined) return sender.send(MESSAGE.notice, "parameters are unparsable");
    const target = this.user(nick);
    if (target === undefined && mayCarry && sender instanceof User) {
      for (const others of this.elsewhere) if (others.carry(sender, nick, message)) return;
    }
    command.toward(sender, nick, target, fields);
  }

  /** Reading from a client cannot be stopped, so what is over the measure is dropped, and in the end its sender. */
  private overdo(user: User): void {
    this.counters.overdone++;
    if (user.overdone % REMARK_EVERY === 1) user.tell(MESSAGE.notice, "You send too much; some of it was ignored.");
    if (user.isOverdone) this.disconnect(user, "You send too much.");
  }

  private disconnect(user: User, reason: string): void {
    user.send(MESSAGE.notice, reason);
    user.send(MESSAGE.disconnecting, "0");
    this.lines.close(user.line, reason);
  }

  private onUserIn(user: User): void {
    this.lists.onArrival(user);
    for (const others of this.elsewhere) others.onUserIn(user);
    this.events.onUserIn(this.port.self, user.nick, user.line.remote);
  }

  /** His line is closed or closing. */
  private logOut(user: User): void {
    this.office.users.remove(user, this.host.now());
    user.household.weight -= this.directory.weight(user.owner);
    this.searching.onUserGone(user);
    this.channels.onUserGone(user);
    this.lists.onUserGone(user);
    this.directory.removeOwner(user.owner);
    if (user.isRegistered) this.office.accounts.seen(user.nick);
    for (const others of this.elsewhere) others.onUserGone(user);
    this.events.onUserGone(this.port.self, user.nick);
  }
}
