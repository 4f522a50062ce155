// Links to the old servers of the OpenNap family, which form a tree and trust each other. To our server they are one more way to
// users and files elsewhere; to them we are a server of their kind, which believes them less than they are used to.
import type { Address, Host, Link, StreamPort } from "../../../host/host.ts";
import { FieldReader } from "../fields.ts";
import { type Message, MESSAGE } from "../messages.ts";
import { foldNick } from "../nick.ts";
import type { Totals, TreeLinks } from "../server/elsewhere.ts";
import type { Office } from "../server/office.ts";
import type { User } from "../server/person.ts";
import type { Visitor } from "../server/union.ts";
import { Census } from "./census.ts";
import { Errands } from "./errands.ts";
import { Handshakes } from "./handshakes.ts";
import { LINK_LIMITS } from "./limits.ts";
import type { TreeEvents, TreeOptions } from "./options.ts";
import type { RemoteUser } from "./remote-user.ts";
import { TreeSearches } from "./searches.ts";
import { Tree } from "./tree.ts";
import { type LinkCounters, newLinkCounters, type TreeLink } from "./tree-link.ts";
import { TreeOffice, type TreeServer } from "./tree-office.ts";

/** Numbers that the old servers gave to what is between servers only. */
const SERVER_PONG = 10_022;
const WHOIS_NOTICE = 10_024;

/** A user's commands to another user. */
const ERRANDS: ReadonlySet<number> = new Set([
  MESSAGE.privateMessage,
  MESSAGE.download,
  MESSAGE.pushRequest,
  MESSAGE.uploadRequest,
  MESSAGE.browse,
  MESSAGE.dataPortError,
  MESSAGE.browseDirect,
  MESSAGE.browseDirectAccepted,
  MESSAGE.userPing,
  MESSAGE.userPong,
  WHOIS_NOTICE,
]);

/**
 * What all servers are told, and we pass on though it changes nothing here: channels, bans, levels, muzzles, registrations, modes,
 * and what operators tell their own servers. Each begins with `:` and who says it.
 */
const PASSED_ON: ReadonlySet<number> = new Set([
  MESSAGE.channelJoin,
  MESSAGE.channelPart,
  MESSAGE.channelSay,
  MESSAGE.channelSaid,
  MESSAGE.channelTopic,
  420,
  422,
  423,
  424,
  MESSAGE.setLevel,
  MESSAGE.nuke,
  MESSAGE.ban,
  613,
  MESSAGE.unban,
  MESSAGE.muzzle,
  MESSAGE.unmuzzle,
  625,
  MESSAGE.operatorMessage,
  MESSAGE.announce,
  MESSAGE.cloak,
  MESSAGE.changeSpeed,
  MESSAGE.changePassword,
  MESSAGE.changeEmail,
  MESSAGE.changePort,
  MESSAGE.downloadBegun,
  MESSAGE.downloadEnded,
  MESSAGE.uploadBegun,
  MESSAGE.uploadEnded,
  MESSAGE.setPassword,
  MESSAGE.reload,
  MESSAGE.serverVersion,
  810,
  MESSAGE.channelClear,
  821,
  822,
  MESSAGE.channelLevel,
  MESSAGE.channelEmote,
  MESSAGE.channelLimit,
  MESSAGE.channelKick,
  MESSAGE.linkRegistration,
  10_021,
  10_050,
  MESSAGE.linkConnect,
  MESSAGE.linkKill,
  MESSAGE.serverUsage,
  10_117,
  MESSAGE.register,
  10_201,
  10_202,
  10_203,
  10_204,
  10_205,
  10_206,
  10_207,
  10_208,
  10_209,
  10_210,
  10_211,
  10_212,
  10_213,
  10_214,
]);

/** Those of them that people on a channel hear. */
const CHANNEL_NEWS: ReadonlySet<number> = new Set([
  MESSAGE.channelJoin,
  MESSAGE.channelPart,
  MESSAGE.channelSay,
  MESSAGE.channelSaid,
  MESSAGE.channelTopic,
  MESSAGE.channelEmote,
]);

export class OpenNapLinks implements TreeLinks {
  readonly counters: LinkCounters = newLinkCounters();
  private readonly host: Host;
  private readonly timer: number;
  private readonly events: TreeEvents;
  private readonly office: TreeOffice;
  private readonly tree: Tree;
  private readonly census: Census;
  private readonly searches: TreeSearches;
  private readonly errands: Errands;
  private readonly handshakes: Handshakes;
  /** By their number, from the dial or the first message to `onClose`. */
  private readonly links = new Map<Link, TreeLink>();
  private sharedDue = 0;
  private running = false;

  /** @param timer The number of the only timer, which our server leaves to the links. */
  constructor(
    place: {
      readonly host: Host;
      readonly port: StreamPort<Message>;
      readonly office: Office;
      readonly server: TreeServer;
      readonly timer: number;
    },
    options: TreeOptions,
    events: TreeEvents,
  ) {
    this.host = place.host;
    this.timer = place.timer;
    this.events = events;
    const { host, port } = place;
    const { name } = place.office.options;
    this.tree = new Tree(name);
    this.office = new TreeOffice(place, this.tree, this.counters);
    this.census = new Census(this.office);
    this.searches = new TreeSearches(this.office, this.census);
    this.errands = new Errands(this.office);
    const { tree, counters } = this;
    this.handshakes = new Handshakes({ host, port, name, tree, counters }, options, events, (link) =>
      this.onLinked(link),
    );
  }

  start(): void {
    this.running = true;
    this.host.arm(this.timer, 1);
  }

  stop(): void {
    this.running = false;
    this.host.disarm(this.timer);
    for (const link of this.links.values()) link.close("the server stops", false);
  }

  /** Users of all other servers of the tree. */
  get userCount(): number {
    return this.office.people.size;
  }

  // --- for our server: users and files elsewhere

  search(id: number, asker: Visitor, request: string): number {
    return this.searches.search(id, asker, request);
  }

  forget(id: number): void {
    this.searches.forget(id);
  }

  carry(sender: User, nick: string, message: Message): boolean {
    this.census.tellSharedBy(sender);
    const isCarried = this.errands.carry(sender, nick, message);
    this.reap();
    return isCarried;
  }

  onUserIn(user: User): void {
    this.census.onUserIn(user);
  }

  onUserGone(user: User): void {
    this.census.onUserGone(user);
  }

  onUserActed(user: User, type: number): void {
    this.census.onUserActed(user, type);
  }

  onChannelNews(user: User, type: number, text: string): void {
    this.census.tellSharedBy(user);
    this.office.relay(type, `:${user.nick} ${text}`, undefined, user);
  }

  keeps(nick: string, ip: number): boolean {
    return this.census.keeps(nick, ip);
  }

  linkSpeedOf(nick: string): number | undefined {
    return this.office.people.get(foldNick(nick))?.linkSpeed;
  }

  servers(): readonly string[] {
    return this.tree.names();
  }

  linkLines(): readonly string[] {
    const near = Array.from(this.tree.nearLinks(), (link) => this.office.linkInfo(link, 1));
    const far = Array.from(
      this.tree.farLinks(),
      ({ server, port, peer, peerPort, hops }) => `${server} ${port} ${peer} ${peerPort} ${hops}`,
    );
    return [...near, ...far];
  }

  totals(): Totals {
    return { users: this.office.people.size, ...this.office.shared };
  }

  // --- lines

  owns(link: Link): boolean {
    return this.links.has(link);
  }

  onOpen(number: Link): void {
    const link = this.links.get(number);
    if (link !== undefined) this.handshakes.onOpen(link);
    this.reap();
  }

  adopt(number: Link, remote: Address, greeting: Message): void {
    const link = this.handshakes.accept(number, remote, greeting);
    if (link !== undefined) this.links.set(number, link);
    this.reap();
  }

  onMessage(number: Link, message: Message): void {
    const link = this.links.get(number);
    if (link === undefined || link.phase.at === "closing") return;
    if (!link.isLinked) this.handshakes.onMessage(link, message);
    else if (link.mayAct(workOf(message))) this.dispatch(link, message);
    this.reap();
  }

  onWritable(number: Link): void {
    const link = this.links.get(number);
    if (link === undefined) return;
    link.onWritable();
    if (link.isLinked) this.census.tellRest(link);
    this.reap();
  }

  onClose(number: Link, reason: string): void {
    const link = this.links.get(number);
    if (link === undefined) return;
    this.links.delete(number);
    const wasLinked = link.isLinked;
    this.handshakes.onClose(link, reason);
    link.phase = { at: "closing" };
    if (wasLinked) this.lose(link, reason);
    this.reap();
  }

  onTimer(): void {
    if (!this.running) return;
    const now = this.host.now();
    for (const link of this.handshakes.tick()) this.links.set(link.link, link);
    this.searches.tick();
    if (now >= this.sharedDue) {
      this.sharedDue = now + LINK_LIMITS.sharedEveryMs;
      this.census.tellShared();
    }
    for (const link of this.tree.nearLinks()) this.ping(link, now);
    this.reap();
    this.host.arm(this.timer, LINK_LIMITS.tickMs);
  }

  // --- from message to desk

  private dispatch(link: TreeLink, { type, text }: Message): void {
    switch (type) {
      case MESSAGE.login:
      case MESSAGE.registerAndLogin:
        return this.census.onLogin(link, text);
      case MESSAGE.quit:
        return this.census.onQuit(link, text);
      case MESSAGE.linkShared:
        return this.census.onShared(link, text);
      case MESSAGE.linkSearch:
        return this.searches.onSearch(link, text);
      case MESSAGE.linkSearchHit:
        return this.searches.onHit(link, text);
      case MESSAGE.linkSearchEnd:
        return this.searches.onEnd(link, text);
      case MESSAGE.linkInfo:
        return this.census.onLinkInfo(link, text);
      case MESSAGE.linkStateEnd:
        return link.send(MESSAGE.linkStateEndHeard, "");
      case MESSAGE.linkStateEndHeard:
        return;
      case MESSAGE.loginError:
      case MESSAGE.notice:
        return this.office.notice(`Server ${link.name}: ${text.slice(0, LINK_LIMITS.reasonCharsMax)}`);
      case MESSAGE.linkEncapsulated:
        return this.errands.onEnvelope(link, text);
      default:
        return this.onSaid(link, type, text);
    }
  }

  /** `:by …`: somebody behind the link, or a server there, says something. */
  private onSaid(link: TreeLink, type: number, text: string): void {
    if (!text.startsWith(":")) return link.strike(`message ${type} from nobody`);
    const fields = new FieldReader(text.slice(1));
    const by = fields.next() ?? "";
    if (this.tree.viaOf(by) === link) return this.onServerSaid(link, type, by, fields, text);
    if (this.isElsewhere(link, by)) return link.strike(`message ${type} in the name of ${by}`);
    const user = this.census.behind(link, by);
    if (user === undefined) return;
    if (ERRANDS.has(type)) this.errands.onErrand(link, user, type, fields);
    else this.onServerSaid(link, type, user.nick, fields, text, user);
  }

  private onServerSaid(
    link: TreeLink,
    type: number,
    by: string,
    fields: FieldReader,
    text: string,
    user?: RemoteUser,
  ): void {
    switch (type) {
      case MESSAGE.kill:
        return this.census.onKill(link, by, fields);
      case MESSAGE.linkQuit:
      case MESSAGE.linkDisconnect:
        return this.census.onServerQuit(link, by, fields);
      case MESSAGE.linkTime:
        return this.census.onTime(link, fields);
      case MESSAGE.serverPing:
        return this.onPing(link, by, fields);
      case SERVER_PONG:
        return this.onPong(link, by, fields);
    }
    if (!PASSED_ON.has(type)) return;
    if (type === MESSAGE.setLevel) this.census.onLevel(fields);
    else if (type === MESSAGE.channelKick) this.office.server.onRemoteKick(by, fields);
    else if (CHANNEL_NEWS.has(type) && user !== undefined) this.office.server.onRemoteChannelNews(user, type, fields);
    else if (user !== undefined) this.census.onChange(user, type, fields);
    this.office.relay(type, text, link, user);
  }

  /** 750. `:by server [words]`. */
  private onPing(link: TreeLink, by: string, fields: FieldReader): void {
    const server = fields.next() ?? "";
    const words = fields.rest();
    if (this.tree.isSelf(server)) return link.send(SERVER_PONG, `:${this.office.name} ${by} ${words}`);
    const via = this.tree.viaOf(server);
    if (via !== undefined && via !== link) this.office.tell(via, MESSAGE.serverPing, `:${by} ${server} ${words}`);
  }

  /** 10022. `:server for [words]`. */
  private onPong(link: TreeLink, server: string, fields: FieldReader): void {
    const whom = fields.next() ?? "";
    const words = fields.rest();
    if (this.tree.isSelf(whom)) {
      link.pingsMissed = 0;
      return;
    }
    const user = this.office.people.get(foldNick(whom));
    const via = user?.via ?? this.tree.viaOf(whom);
    if (via !== undefined && via !== link) this.office.tell(via, SERVER_PONG, `:${server} ${whom} ${words}`, user);
  }

  /** A user of ours or of another link, whose words cannot come from this one. */
  private isElsewhere(link: TreeLink, nick: string): boolean {
    const user = this.office.people.get(foldNick(nick));
    return (
      this.tree.has(nick) || (user === undefined ? this.office.own.users.get(nick) !== undefined : user.via !== link)
    );
  }

  // --- links

  private onLinked(link: TreeLink): void {
    this.tree.addNear(link);
    this.census.onLinked(link);
    this.office.notice(`Server ${link.name} has joined`);
    this.events.onLinked(link.name);
  }

  private lose(link: TreeLink, reason: string): void {
    this.census.onLinkLost(link);
    this.searches.onLinkLost(link);
    this.office.notice(`Server ${link.name} has quit: ${reason}`);
    this.events.onLinkLost(link.name, reason);
  }

  private ping(link: TreeLink, now: number): void {
    if (now < link.pingDue || link.phase.at !== "linked") return;
    link.pingDue = now + LINK_LIMITS.pingEveryMs;
    if (link.pingsMissed !== undefined && ++link.pingsMissed > LINK_LIMITS.pingsMissedMax) link.doom ??= "no answer";
    link.send(MESSAGE.serverPing, `:${this.office.name} ${link.name} 0 0`);
  }

  /** At the end of each input: lets those go that must. */
  private reap(): void {
    for (const link of this.links.values()) {
      if (link.doom === undefined || link.phase.at === "closing") continue;
      const wasLinked = link.isLinked;
      const reason = link.doom;
      link.close(reason, true);
      if (wasLinked) this.lose(link, reason);
    }
  }
}

function workOf({ type }: Message): number {
  return type === MESSAGE.linkSearch ? LINK_LIMITS.workOfSearch : 1;
}
