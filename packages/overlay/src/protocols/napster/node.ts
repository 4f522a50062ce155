// A Napster client: logs in to index servers, registers what is shared, asks them all, and arranges transfers through them.
// Bytes of files go over the data port, which is the product's business; peer/ has what is said there.
import { Budget } from "../../base/budget.ts";
import { endpointOf } from "../../base/ipv4.ts";
import type { Address, Host, Link, StreamNode, StreamPort } from "../../host/host.ts";
import { Browses } from "./browses.ts";
import { cutByteText } from "./byte-text.ts";
import { CLIENT_LIMITS } from "./client-limits.ts";
import type { NapsterLibrary, NapsterOptions, NapsterUploads } from "./client-options.ts";
import { FieldReader, ipv4OfField, quote, wholeNumber } from "./fields.ts";
import { Giving, type PushOrder } from "./giving.ts";
import { LIMITS } from "./limits.ts";
import { formatLogin } from "./login.ts";
import { loginAnswerOf } from "./login-answer.ts";
import { type Message, MESSAGE } from "./messages.ts";
import { nextRegistration, Offer, planRegistration } from "./registration.ts";
import { type NapsterQuery, type SearchCost, type SearchProgress, Searches } from "./searches.ts";
import { parseResumeHit, Resumes } from "./resumes.ts";
import { CLOSED_BY_USER, type KnownServer, ServerList } from "./server-list.ts";
import { Session } from "./session.ts";
import { parseBrowseFile, type SearchHit, type SharedFile } from "./shared-file.ts";
import { type WantAnswer, type WantKind, Wants } from "./wants.ts";

/** What the application hears. One object may serve many nodes: `self` says which one speaks. */
export interface NapsterEvents {
  onServerUp(self: Address, session: Session): void;
  /** A log-in ended, or came to nothing; `wasOnline` says which. */
  onServerDown(self: Address, session: Session, reason: string, wasOnline: boolean): void;
  /** We know too few servers that would have us. */
  onServersWanted(self: Address): void;
  onHit(self: Address, search: number, hit: SearchHit, session: Session): void;
  /** All servers that were asked have said all, or were too slow. May come again where another server was asked since. */
  onSearchEnd(self: Address, search: number): void;
  onWant(self: Address, token: number, answer: WantAnswer): void;
  onPush(self: Address, order: PushOrder): void;
  /** A firewalled user wants our list brought to him. */
  onBrowsePush(self: Address, nick: string, address: Address, ownNick: string): void;
  onBrowseFile(self: Address, token: number, file: SharedFile): void;
  /** `isUnknown`: nobody of this name is logged in there. */
  onBrowseEnd(self: Address, token: number, isUnknown: boolean): void;
  onPrivateMessage(self: Address, from: string, text: string): void;
}

const SWEEP = 0;
const PACE = 1;
const SWEEP_MS = 1000;

export class NapsterNode implements StreamNode<Message> {
  readonly counters = {
    logins: 0,
    loginsFailed: 0,
    silent: 0,
    malformed: 0,
    shares: 0,
    searches: 0,
    hits: 0,
    asked: 0,
    uploadRequests: 0,
    pushes: 0,
    messagesDropped: 0,
  };

  private readonly host: Host;
  private readonly port: StreamPort<Message>;
  private readonly events: NapsterEvents;
  private readonly offer: Offer;
  private readonly list: ServerList;
  private readonly sessions = new Map<Link, Session>();
  private readonly searches: Searches;
  private readonly wants: Wants;
  private readonly giving: Giving;
  private readonly browses: Browses;
  private readonly resumes = new Resumes();
  private readonly messages: Budget;
  private options: NapsterOptions;
  private isRunning = false;
  private lastRoute = 0;
  private lastToken = 0;
  private wantedAt = Number.NEGATIVE_INFINITY;

  constructor(
    host: Host,
    port: StreamPort<Message>,
    library: NapsterLibrary,
    uploads: NapsterUploads,
    options: NapsterOptions,
    events: NapsterEvents,
  ) {
    this.host = host;
    this.port = port;
    this.options = options;
    this.events = events;
    this.offer = new Offer(library);
    this.list = new ServerList(host);
    const { messagesPerSecond } = CLIENT_LIMITS;
    this.messages = new Budget(host.now(), messagesPerSecond, messagesPerSecond);
    this.searches = new Searches(host, {
      send: (session, message) => this.send(session, message.type, message.text),
      onHit: (search, hit, session) => {
        this.counters.hits++;
        events.onHit(port.self, search, hit, session);
      },
      onEnd: (search) => events.onSearchEnd(port.self, search),
    });
    this.wants = new Wants((token, answer) => events.onWant(port.self, token, answer));
    this.browses = new Browses((token, isUnknown) => events.onBrowseEnd(port.self, token, isUnknown));
    const giving = {
      send: (session: Session, message: Message) => this.send(session, message.type, message.text),
      onPush: (order: PushOrder) => events.onPush(port.self, order),
      onBrowsePush: (nick: string, address: Address, ownNick: string) =>
        events.onBrowsePush(port.self, nick, address, ownNick),
      accepts: (address: Address) => this.options.accepts(address),
    };
    this.giving = new Giving(host, uploads, giving, this.counters);
  }

  // --- commands

  start(): void {
    this.isRunning = true;
    this.host.arm(SWEEP, 1 + (this.host.u32() % SWEEP_MS));
    this.connectMore();
  }

  /** Logs out everywhere; `onServerDown` follows for each. */
  stop(): void {
    this.isRunning = false;
    this.host.disarm(SWEEP);
    this.host.disarm(PACE);
    for (const session of this.sessions.values()) this.drop(session, "logged out");
  }

  /** Changes what may change while running. With another name or password we log in anew. */
  configure(changes: Partial<NapsterOptions>): void {
    const before = this.options;
    this.options = { ...before, ...changes };
    const { nick, password, dataPort, linkSpeed } = this.options;
    const isRenamed = nick !== before.nick;
    if (isRenamed || password !== before.password) this.list.onNewName();
    for (const session of this.sessions.values()) {
      if (!isRenamed && (!session.isNamed || password === before.password)) continue;
      this.drop(session, "logs in anew");
      // That was our doing, and no fault of the server's.
      const known = this.list.get(session.server);
      if (known !== undefined && !known.isRefused) known.problem = "";
    }
    for (const session of this.online()) {
      if (dataPort !== before.dataPort) this.send(session, MESSAGE.changePort, String(dataPort));
      if (linkSpeed !== before.linkSpeed) this.send(session, MESSAGE.changeSpeed, String(linkSpeed));
    }
    if (this.isRunning) this.connectMore();
  }

  /** Tells of a server. `isNamed`: our owner said so, so it is tried now and never forgotten. */
  learn(server: Address, isNamed: boolean): void {
    this.list.learn(server, isNamed);
    if (this.isRunning) this.connectMore();
  }

  /** False: there is no log-in there. */
  disconnect(route: number): boolean {
    for (const session of this.sessions.values()) {
      if (session.route !== route || session.phase === "closing") continue;
      const known = this.list.get(session.server);
      // Not at once again: our owner wants to be away from it.
      if (known !== undefined) this.list.refuse(known, CLOSED_BY_USER);
      this.drop(session, CLOSED_BY_USER);
      return true;
    }
    return false;
  }

  /** Open and opening. */
  all(): Iterable<Session> {
    return this.sessions.values();
  }

  get servers(): ServerList {
    return this.list;
  }

  get onlineCount(): number {
    let count = 0;
    for (const session of this.sessions.values()) if (session.phase === "online") count++;
    return count;
  }

  /** Servers through which others can be asked, the given one first where it is among them. */
  serversFrom(server: Address): Address[] {
    const all = Array.from(this.online(), (session) => session.server);
    return all.includes(server) ? [server, ...all.filter((each) => each !== server)] : all;
  }

  get isFirewalled(): boolean {
    return this.options.dataPort === 0;
  }

  /** Asks all servers; hits come through `onHit`. */
  search(query: NapsterQuery): number {
    const token = ++this.lastToken;
    this.counters.searches++;
    this.searches.start(
      token,
      query,
      [...this.online()].filter(({ isGreeted }) => isGreeted),
    );
    return token;
  }

  /** Asks all servers who has a file of this MD5 and size; hits come through `onHit`, with no end. */
  resume(md5: string, size: number): number {
    const token = ++this.lastToken;
    this.resumes.add(token, md5, size, this.host.now());
    for (const session of this.online()) this.send(session, MESSAGE.resume, `${md5} ${size}`);
    return token;
  }

  stopSearch(search: number): void {
    this.searches.stop(search);
    this.resumes.stop(search);
  }

  cost(search: number): Readonly<SearchCost> | undefined {
    return this.searches.cost(search);
  }

  /** Undefined: it was stopped, or had to make room. */
  progress(search: number): SearchProgress | undefined {
    return this.searches.progress(search);
  }

  /**
   * Asks the owner for a file, through `server` where we are still there, else through any. `download`: we will fetch it;
   * `push`: he is to bring it. The answer comes through `onWant`. Undefined: no server is there, or too much is asked already.
   */
  want(kind: WantKind, nick: string, path: string, server: Address | undefined): number | undefined {
    const session = this.sessionAt(server);
    if (session === undefined) return undefined;
    const token = ++this.lastToken;
    if (!this.wants.add(token, kind, session, nick, path, this.host.now())) return undefined;
    this.counters.asked++;
    const type = kind === "download" ? MESSAGE.download : MESSAGE.pushRequest;
    this.send(session, type, `${nick} ${quote(path)}`);
    return token;
  }

  forgetWant(token: number): void {
    this.wants.forget(token);
  }

  /** Our name at that server, or at whatever stands in for it. */
  nickAt(server: Address | undefined): string | undefined {
    return this.sessionAt(server)?.nick;
  }

  /** Whether a server told us that this user comes for this file, and we agreed. */
  isAnnounced(nick: string, path: string): boolean {
    return this.giving.isAnnounced(nick, path);
  }

  /** Whether a server told us of somebody who comes for our list; whoever comes does not say who he is. */
  get isListAnnounced(): boolean {
    return this.giving.isListAnnounced;
  }

  /** Servers count what goes on, for those who choose among sources. */
  tellTransfer(direction: "down" | "up", step: "begun" | "ended"): void {
    const [begun, ended] =
      direction === "down"
        ? [MESSAGE.downloadBegun, MESSAGE.downloadEnded]
        : [MESSAGE.uploadBegun, MESSAGE.uploadEnded];
    for (const session of this.online()) this.send(session, step === "begun" ? begun : ended, "");
  }

  /** Tells a user that his data port cannot be reached. */
  tellUnreachable(nick: string, server: Address | undefined): void {
    const session = this.sessionAt(server);
    if (session !== undefined) this.send(session, MESSAGE.dataPortError, nick);
  }

  /** Asks for the list of a user; files and end come as events. Undefined: no server is there, or too many lists are asked for. */
  browse(nick: string, server: Address | undefined): number | undefined {
    const session = this.sessionAt(server);
    if (session === undefined || this.browses.isFull) return undefined;
    const token = ++this.lastToken;
    this.browses.add(token, session, nick, this.host.now());
    this.send(session, MESSAGE.browse, nick);
    return token;
  }

  /** False: no server is there. */
  say(nick: string, text: string, server: Address | undefined): boolean {
    const session = this.sessionAt(server);
    if (session === undefined) return false;
    this.send(session, MESSAGE.privateMessage, `${nick} ${text}`);
    return true;
  }

  // --- input: links

  onOpen(link: Link, _remote: Address, inbound: boolean): void {
    const session = this.sessions.get(link);
    if (inbound || session === undefined) return this.port.close(link, "not a server");
    const { dataPort, client, linkSpeed } = this.options;
    const { nick, isNamed, server } = session;
    const password = isNamed ? this.options.password : this.options.passwordAt(server);
    this.enter(session, "logging-in");
    this.send(
      session,
      MESSAGE.login,
      formatLogin({ nick, password, port: dataPort, client, linkSpeed, email: "", compression: 0 }),
    );
  }

  onClose(link: Link, reason: string): void {
    const session = this.sessions.get(link);
    if (session === undefined) return;
    this.sessions.delete(link);
    this.end(session, session.notice === "" || session.phase === "online" ? reason : session.notice);
  }

  onMalformed(_link: Link, _problem: string): void {
    this.counters.malformed++;
  }

  onWritable(link: Link): void {
    const session = this.sessions.get(link);
    if (session !== undefined) this.register(session);
  }

  onTimer(timer: number): void {
    if (timer === SWEEP) this.sweep();
    else if (timer === PACE) for (const session of this.sessions.values()) this.register(session);
  }

  onMessage(link: Link, message: Message): void {
    const session = this.sessions.get(link);
    if (session === undefined || session.phase === "closing") return;
    session.heardAt = this.host.now();
    session.messagesIn++;
    if (session.phase === "online") this.onServerMessage(session, message);
    else this.onLoginAnswer(session, message);
  }

  // --- input: logging in

  private onLoginAnswer(session: Session, message: Message): void {
    const answer = loginAnswerOf(message);
    if (answer === undefined) return;
    if (answer.kind === "accepted") return this.onAccepted(session);
    const { kind } = answer;
    const text = cutByteText(answer.text, CLIENT_LIMITS.noticeCharsMax);
    session.notice = text;
    if (kind === "refused") this.giveUp(session, text);
    else if (kind === "name-taken") this.onNameTaken(session, text);
    else if (kind === "failed") this.drop(session, text);
  }

  private onAccepted(session: Session): void {
    const known = this.list.get(session.server);
    if (known !== undefined) {
      known.failures = 0;
      known.problem = "";
    }
    session.notice = "";
    this.counters.logins++;
    this.enter(session, "online");
    this.events.onServerUp(this.port.self, session);
  }

  /** We come again under another name, until that has been tried too often. */
  private onNameTaken(session: Session, text: string): void {
    const known = this.list.get(session.server);
    session.notice = text;
    if (known !== undefined) {
      known.nickTries++;
      if (known.nickTries > CLIENT_LIMITS.nickTriesMax) return this.giveUp(session, text);
      known.nick = this.otherNick();
    }
    this.drop(session, text);
  }

  /** Asking again would bring the same answer. */
  private giveUp(session: Session, text: string): void {
    const known = this.list.get(session.server);
    // One that has been named meanwhile has not heard the password that is meant for it.
    if (known?.isNamed === session.isNamed) this.list.refuse(known, text);
    session.notice = text;
    this.drop(session, text);
  }

  // --- input: what servers say

  private onServerMessage(session: Session, message: Message): void {
    const { type, text } = message;
    if (!session.isGreeted) this.onGreeting(session, message);
    switch (type) {
      case MESSAGE.searchHit:
        return this.searches.onHit(session, text);
      case MESSAGE.searchEnd:
        return this.searches.onEnd(session);
      case MESSAGE.resumeHit:
        return this.onResumeHit(session, text);
      case MESSAGE.notice:
        return this.onNotice(session, cutByteText(text, CLIENT_LIMITS.noticeCharsMax));
      case MESSAGE.statistics:
        return this.onStatistics(session, text);
      case MESSAGE.serverPing:
        // Our own question, answered.
        if (session.pingedAt > session.since) session.answersPings = true;
        return;
      case MESSAGE.userPing:
        return this.send(session, MESSAGE.userPong, text);
      case MESSAGE.privateMessage:
        return this.onPrivateMessage(text);
      case MESSAGE.downloadAccepted:
        return this.onDownloadAccepted(session, text);
      case MESSAGE.downloadUnavailable:
        return this.settle(session, text, () => ({ kind: "unavailable" }));
      case MESSAGE.uploadRefused:
        return this.settle(session, text, () => ({ kind: "refused", text: "the owner said no" }));
      case MESSAGE.queueLimit:
        return this.settle(session, text, (fields) => {
          fields.next();
          return { kind: "full", limit: wholeNumber(fields.next(), 0xffff) ?? 0 };
        });
      case MESSAGE.uploadRequest:
        return this.giving.onUploadRequest(session, text);
      case MESSAGE.push:
        return this.giving.onPush(session, text);
      case MESSAGE.browseDirect:
        return this.giving.onBrowseDirect(session, text);
      case MESSAGE.browseFile:
        return this.onBrowseFile(session, text);
      case MESSAGE.signOff:
        return this.browses.onSignOff(session, new FieldReader(text).next() ?? "");
      case MESSAGE.browseEnd:
        return this.browses.finish(session, new FieldReader(text).next() ?? "");
      case MESSAGE.ghost:
        // Somebody else took our name there; the server hangs up, and we come again under another.
        return this.onNameTaken(session, "the name was taken over, so it is in use");
    }
  }

  /** The first message behind the acceptance says whose server it is. */
  private onGreeting(session: Session, { type, text }: Message): void {
    session.isGreeted = true;
    if (type === MESSAGE.motd && /^VERSION /i.test(text)) {
      session.version = cutByteText(text.slice("VERSION ".length), CLIENT_LIMITS.versionCharsMax);
    }
    session.isOurs = /^servent\b/i.test(session.version);
    this.searches.onSession(session);
    this.register(session);
  }

  private onResumeHit(session: Session, text: string): void {
    const hit = parseResumeHit(text);
    if (hit === undefined) {
      this.counters.malformed++;
      return;
    }
    for (const token of this.resumes.askers(hit, this.host.now()))
      this.events.onHit(this.port.self, token, hit, session);
  }

  private onNotice(session: Session, text: string): void {
    session.notice = text;
    this.searches.onNotice(session, text);
    this.wants.complain(session, text);
    // To say that it knows no ping is an answer too.
    if (/\b750\b/.test(text)) session.answersPings = true;
  }

  private onStatistics(session: Session, text: string): void {
    const fields = new FieldReader(text);
    session.users = wholeNumber(fields.next(), COUNT_MAX) ?? session.users;
    session.files = wholeNumber(fields.next(), COUNT_MAX) ?? session.files;
    session.gigabytes = wholeNumber(fields.next(), COUNT_MAX) ?? session.gigabytes;
  }

  private onPrivateMessage(text: string): void {
    const fields = new FieldReader(text);
    const from = fields.next();
    if (from === undefined) return;
    if (!this.messages.take(this.host.now())) {
      this.counters.messagesDropped++;
      return;
    }
    const { senderCharsMax, messageCharsMax } = CLIENT_LIMITS;
    const sender = cutByteText(from, senderCharsMax);
    this.events.onPrivateMessage(this.port.self, sender, cutByteText(fields.rest(), messageCharsMax));
  }

  /** `nick ip port "path" md5 speed`. */
  private onDownloadAccepted(session: Session, text: string): void {
    const fields = new FieldReader(text);
    const owner = fields.next();
    const ip = ipv4OfField(fields.next());
    const port = wholeNumber(fields.next(), PORT_MAX);
    const path = fields.next();
    const md5 = fields.next() ?? "";
    if (owner === undefined || ip === undefined || port === undefined || path === undefined) {
      this.counters.malformed++;
      return;
    }
    const answer: WantAnswer =
      md5 === "firewallerror"
        ? { kind: "both-firewalled" }
        : { kind: "accepted", nick: session.nick, address: endpointOf(ip, port), md5 };
    this.wants.settle(session, owner, path, answer);
  }

  /** `nick "path"`, and perhaps more. */
  private settle(session: Session, text: string, answerOf: (fields: FieldReader) => WantAnswer): void {
    const fields = new FieldReader(text);
    const nick = fields.next();
    const path = fields.next();
    if (nick === undefined || path === undefined) this.counters.malformed++;
    else this.wants.settle(session, nick, path, answerOf(fields));
  }

  private onBrowseFile(session: Session, text: string): void {
    const parsed = parseBrowseFile(text);
    if (!parsed.ok) {
      this.counters.malformed++;
      return;
    }
    const { nick, file } = parsed.value;
    const token = this.browses.asker(session, nick);
    if (token !== undefined) this.events.onBrowseFile(this.port.self, token, file);
  }

  // --- time

  private sweep(): void {
    const now = this.host.now();
    this.host.arm(SWEEP, SWEEP_MS);
    this.wants.sweep(now);
    for (const session of this.sessions.values()) this.mind(session, now);
    this.browses.sweep(now);
    this.connectMore();
  }

  private mind(session: Session, now: number): void {
    if (session.phase === "logging-in" && now - session.since >= CLIENT_LIMITS.loginMs) {
      return this.drop(session, "no answer to the log-in");
    }
    if (session.phase !== "online") return;
    if (!session.isGreeted && now - session.since >= CLIENT_LIMITS.greetingMs) {
      this.onGreeting(session, { type: MESSAGE.notice, text: "" });
    }
    const silent = now - session.heardAt;
    if (silent >= CLIENT_LIMITS.silenceMs && session.answersPings) {
      this.counters.silent++;
      return this.drop(session, "the server fell silent");
    }
    if (silent >= CLIENT_LIMITS.pingAfterMs && now - session.pingedAt >= CLIENT_LIMITS.pingAfterMs) {
      session.pingedAt = now;
      this.send(session, MESSAGE.serverPing, "");
    }
    this.searches.sweep(session);
    if (session.libraryVersion !== this.offer.version) this.register(session);
  }

  // --- output

  /** Dials servers until there are enough. */
  private connectMore(): void {
    const wanted = Math.min(this.options.servers, CLIENT_LIMITS.sessionsMax);
    while (this.liveCount < wanted) {
      const known = this.list.next();
      if (known === undefined) return this.askForServers();
      this.dial(known);
    }
  }

  private get liveCount(): number {
    let count = 0;
    for (const session of this.sessions.values()) if (session.phase !== "closing") count++;
    return count;
  }

  private dial(known: KnownServer): void {
    known.isInUse = true;
    const link = this.port.dial(known.address);
    const nick = known.nick === "" ? this.options.nick : known.nick;
    this.sessions.set(link, new Session(++this.lastRoute, link, known, nick, this.host.now()));
  }

  /** Ours with digits behind it. */
  private otherNick(): string {
    const { nick } = this.options;
    const digits = String(this.host.u32() % 10_000).padStart(4, "0");
    return nick.slice(0, LIMITS.nickCharsMax - digits.length) + digits;
  }

  private askForServers(): void {
    const now = this.host.now();
    if (now - this.wantedAt < CLIENT_LIMITS.serversWantedMs) return;
    this.wantedAt = now;
    this.events.onServersWanted(this.port.self);
  }

  private enter(session: Session, phase: "logging-in" | "online"): void {
    session.phase = phase;
    session.since = this.host.now();
    session.heardAt = session.since;
    session.pingedAt = session.since;
  }

  /** Sends as much of the registration as one step may. */
  private register(session: Session): void {
    if (session.phase !== "online" || !session.isGreeted) return;
    if (session.libraryVersion !== this.offer.version) planRegistration(session, this.offer);
    for (let sent = 0; sent < CLIENT_LIMITS.shareStepMessages; sent++) {
      if (this.port.room(session.link) <= 0) return;
      const message = nextRegistration(session);
      if (message === undefined) return;
      this.counters.shares++;
      this.send(session, message.type, message.text);
    }
    this.host.arm(PACE, CLIENT_LIMITS.sharePauseMs);
  }

  private send(session: Session, type: number, text: string): void {
    if (text.length > LIMITS.clientPayloadBytesMax) return;
    session.messagesOut++;
    this.port.send(session.link, { type, text });
  }

  /** Gives the link up; the rest follows as it would had the server gone. */
  private drop(session: Session, reason: string): void {
    if (session.phase === "closing") return;
    const { link } = session;
    this.end(session, reason);
    session.phase = "closing";
    this.port.close(link, reason);
  }

  /** What hung on the session ends with it, and another server is looked for at once. */
  private end(session: Session, reason: string): void {
    if (session.phase === "closing") return;
    const wasOnline = session.phase === "online";
    session.phase = "closing";
    const known = this.list.get(session.server);
    if (known !== undefined) {
      known.isInUse = false;
      if (!known.isRefused) this.list.fail(known, reason);
    }
    if (!wasOnline) this.counters.loginsFailed++;
    this.searches.onSessionLost(session);
    this.wants.lose(session);
    this.browses.lose(session);
    this.events.onServerDown(this.port.self, session, reason, wasOnline);
    if (this.isRunning) this.connectMore();
  }

  private *online(): Iterable<Session> {
    for (const session of this.sessions.values()) if (session.phase === "online") yield session;
  }

  /** The session with that server; where there is none, any other: servers of a union pass things on. */
  private sessionAt(server: Address | undefined): Session | undefined {
    let any: Session | undefined;
    for (const session of this.online()) {
      if (session.server === server) return session;
      any ??= session;
    }
    return any;
  }
}

const PORT_MAX = 0xffff;
const COUNT_MAX = 0xffff_ffff;
