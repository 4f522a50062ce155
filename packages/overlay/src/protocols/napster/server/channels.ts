// Channels, as far as clients need them to talk: join, part, say, topic, lists, and sending somebody out. Users of other servers
// may be on them, too: what those do others tell us, and what ours do we tell them.
import { FieldReader, quote } from "../fields.ts";
import { MESSAGE } from "../messages.ts";
import { foldNick } from "../nick.ts";
import { Channel, type ChannelGuest } from "./channel.ts";
import type { Elsewhere } from "./elsewhere.ts";
import { SERVER_LIMITS } from "./limits.ts";
import type { Office } from "./office.ts";
import type { User } from "./person.ts";

const NAME = /^#[!-~\x80-\xff]+$/;

export class Channels {
  private readonly office: Office;
  private readonly elsewhere: readonly Elsewhere[];
  private readonly byName = new Map<string, Channel>();

  constructor(office: Office, elsewhere: readonly Elsewhere[]) {
    this.office = office;
    this.elsewhere = elsewhere;
  }

  /** 400. The # may be missing. */
  onJoin(user: User, text: string): void {
    const [word = ""] = text.trim().split(" ");
    const name = word.startsWith("#") ? word : `#${word}`;
    const known = this.byName.get(name.toLowerCase());
    const problem = this.joinProblem(user, name, known);
    if (problem !== undefined) return user.send(MESSAGE.notice, problem);
    if (!this.maySayMore(user)) return;
    const channel = known ?? new Channel(name, user);
    if (known === undefined) this.byName.set(name.toLowerCase(), channel);
    channel.tell(MESSAGE.channelUserJoined, this.line(channel, user));
    channel.users.add(user);
    user.channels.push(channel);
    user.send(MESSAGE.channelJoined, channel.name);
    this.listMembers(channel, user, MESSAGE.channelMember);
    user.send(MESSAGE.channelMembersEnd, channel.name);
    user.send(MESSAGE.channelTopic, `${channel.name} ${channel.topic}`);
    if (known === undefined) {
      user.send(MESSAGE.notice, `Server ${this.office.options.name} set you as operator on channel ${name}`);
    }
    this.tellElsewhere(user, MESSAGE.channelJoin, channel.name);
  }

  /** 401. */
  onPart(user: User, text: string): void {
    const channel = this.own(user, text.trim());
    if (channel === undefined) return;
    this.leave(channel, user);
    user.send(MESSAGE.channelPart, channel.name);
    this.tellElsewhere(user, MESSAGE.channelPart, channel.name);
  }

  /** 402. */
  onSay(user: User, text: string): void {
    const fields = new FieldReader(text);
    const channel = this.own(user, fields.next() ?? "");
    if (channel === undefined || !this.mayTalk(user)) return;
    const words = fields.rest().slice(0, SERVER_LIMITS.chatCharsMax);
    this.say(channel, user, MESSAGE.channelSaid, `${channel.name} ${user.nick} ${words}`);
    this.tellElsewhere(user, MESSAGE.channelSay, `${channel.name} ${words}`);
  }

  /** 824. */
  onEmote(user: User, text: string): void {
    const fields = new FieldReader(text);
    const channel = this.own(user, fields.next() ?? "");
    if (channel === undefined || !this.mayTalk(user)) return;
    const words = (fields.next() ?? "").slice(0, SERVER_LIMITS.chatCharsMax);
    this.say(channel, user, MESSAGE.channelEmote, `${channel.name} ${user.nick} ${quote(words)}`);
    this.tellElsewhere(user, MESSAGE.channelEmote, `${channel.name} ${quote(words)}`);
  }

  /** 410. Without words: what is it? */
  onTopic(user: User, text: string): void {
    const fields = new FieldReader(text);
    const channel = this.own(user, fields.next() ?? "");
    if (channel === undefined) return;
    const topic = fields.rest().slice(0, SERVER_LIMITS.topicCharsMax);
    if (topic === "") return user.send(MESSAGE.channelTopic, `${channel.name} ${channel.topic}`);
    if (!this.isOperator(channel, user)) return user.send(MESSAGE.notice, "permission denied");
    if (!this.maySayMore(user)) return;
    channel.topic = topic;
    channel.tell(MESSAGE.channelTopic, `${channel.name} ${topic}`);
    user.send(MESSAGE.notice, `${user.nick} set topic on ${channel.name}: ${topic}`);
    this.tellElsewhere(user, MESSAGE.channelTopic, `${channel.name} ${topic}`);
  }

  /** 829. `#channel nick ["reason"]`. */
  onKick(user: User, text: string): void {
    const fields = new FieldReader(text);
    const channel = this.byName.get((fields.next() ?? "").toLowerCase());
    const target = this.office.users.get(fields.next() ?? "");
    if (channel === undefined || target === undefined || !channel.users.has(target)) {
      return user.send(MESSAGE.notice, "That user is not on that channel.");
    }
    if (!this.isOperator(channel, user) || target.level > user.level) {
      return user.send(MESSAGE.notice, "permission denied");
    }
    const reason = (fields.next() ?? "").slice(0, SERVER_LIMITS.reasonCharsMax);
    this.leave(channel, target);
    this.tellElsewhere(target, MESSAGE.channelPart, channel.name);
    target.tell(MESSAGE.channelPart, channel.name);
    target.tell(MESSAGE.notice, `${user.nick} kicked you out of channel ${channel.name}: ${reason}`);
  }

  /** 830. */
  onUsers(user: User, text: string): void {
    const channel = this.byName.get(text.trim().toLowerCase());
    if (channel !== undefined) this.listMembers(channel, user, MESSAGE.channelUser);
    user.send(MESSAGE.channelUsers, "");
  }

  /** 617. */
  onList(user: User): void {
    for (const { name, size, topic } of this.byName.values()) {
      user.send(MESSAGE.channelListEntry, `${name} ${size} ${topic}`);
    }
    user.send(MESSAGE.channelList, "");
  }

  /** 827. `#channel users flag level limit "topic"`: none of ours is hidden, and all are open to everybody. */
  onListAll(user: User): void {
    for (const { name, size, topic } of this.byName.values()) {
      const limit = SERVER_LIMITS.channelUsersMax;
      user.send(MESSAGE.channelListAllEntry, `${name} ${size} 0 0 ${limit} ${quote(topic)}`);
    }
    user.send(MESSAGE.channelListAll, "");
  }

  onUserGone(user: User): void {
    for (let [channel] = user.channels; channel !== undefined; [channel] = user.channels) this.leave(channel, user);
  }

  // --- users of other servers

  /** 400, 401, 402, 403, 410, 824, of somebody elsewhere; another type is none of the channels' business. */
  onGuestSaid(guest: ChannelGuest, type: number, fields: FieldReader): void {
    const name = fields.next() ?? "";
    const channel = this.byName.get(name.toLowerCase());
    if (type === MESSAGE.channelJoin) return this.welcome(guest, name, channel);
    if (channel === undefined || channel.guests.get(guest.folded) !== guest) return;
    switch (type) {
      case MESSAGE.channelPart:
        return this.leaveGuest(channel, guest);
      case MESSAGE.channelSay:
      case MESSAGE.channelSaid: {
        const words = fields.rest().slice(0, SERVER_LIMITS.chatCharsMax);
        return this.say(channel, guest, MESSAGE.channelSaid, `${channel.name} ${guest.nick} ${words}`);
      }
      case MESSAGE.channelEmote: {
        const words = (fields.next() ?? "").slice(0, SERVER_LIMITS.chatCharsMax);
        return this.say(channel, guest, type, `${channel.name} ${guest.nick} ${quote(words)}`);
      }
      case MESSAGE.channelTopic:
        channel.topic = fields.rest().slice(0, SERVER_LIMITS.topicCharsMax);
        return channel.tell(type, `${channel.name} ${channel.topic}`);
    }
  }

  /** 829 from elsewhere: `#channel nick ["reason"]`. Our moderators stay. */
  onKickFromElsewhere(by: string, fields: FieldReader): void {
    const channel = this.byName.get((fields.next() ?? "").toLowerCase());
    const nick = fields.next() ?? "";
    const reason = (fields.next() ?? "").slice(0, SERVER_LIMITS.reasonCharsMax);
    if (channel === undefined) return;
    const guest = channel.guests.get(foldNick(nick));
    if (guest !== undefined) return this.leaveGuest(channel, guest);
    const user = this.office.users.get(nick);
    if (user === undefined || user.isModerator || !channel.users.has(user)) return;
    this.leave(channel, user);
    user.tell(MESSAGE.channelPart, channel.name);
    user.tell(MESSAGE.notice, `${by} kicked you out of channel ${channel.name}: ${reason}`);
  }

  onGuestGone(guest: ChannelGuest): void {
    for (let [channel] = guest.channels; channel !== undefined; [channel] = guest.channels) {
      this.leaveGuest(channel, guest);
    }
  }

  private welcome(guest: ChannelGuest, name: string, known: Channel | undefined): void {
    if (!NAME.test(name) || name.length > SERVER_LIMITS.channelNameCharsMax) return;
    if (known?.guests.has(guest.folded) === true || guest.channels.length >= SERVER_LIMITS.channelsPerGuestMax) return;
    if ((known?.guests.size ?? 0) >= SERVER_LIMITS.channelGuestsMax) return;
    if (known === undefined && this.byName.size >= SERVER_LIMITS.channelsForGuestsMax) return;
    const channel = known ?? new Channel(name, undefined);
    this.byName.set(name.toLowerCase(), channel);
    channel.guests.set(guest.folded, guest);
    guest.channels.push(channel);
    channel.tell(MESSAGE.channelUserJoined, guestLine(channel, guest));
  }

  private leaveGuest(channel: Channel, guest: ChannelGuest): void {
    channel.guests.delete(guest.folded);
    guest.channels.splice(guest.channels.indexOf(channel), 1);
    channel.tell(MESSAGE.channelUserParted, guestLine(channel, guest));
    this.dropEmpty(channel);
  }

  // --- for all

  private leave(channel: Channel, user: User): void {
    channel.users.delete(user);
    user.channels.splice(user.channels.indexOf(channel), 1);
    channel.tell(MESSAGE.channelUserParted, this.line(channel, user));
    this.dropEmpty(channel);
  }

  private dropEmpty(channel: Channel): void {
    if (channel.size === 0) this.byName.delete(channel.name.toLowerCase());
  }

  private listMembers(channel: Channel, user: User, type: number): void {
    for (const each of channel.users) user.send(type, this.line(channel, each));
    for (const guest of channel.guests.values()) user.send(type, guestLine(channel, guest));
  }

  private tellElsewhere(user: User, type: number, text: string): void {
    for (const others of this.elsewhere) others.onChannelNews?.(user, type, text);
  }

  private joinProblem(user: User, name: string, known: Channel | undefined): string | undefined {
    if (!NAME.test(name) || name.length > SERVER_LIMITS.channelNameCharsMax) return "invalid channel name";
    if (known?.users.has(user) === true) return `You are already on channel ${known.name}`;
    if (user.channels.length >= SERVER_LIMITS.channelsPerUserMax) return "You are on too many channels";
    if ((known?.users.size ?? 0) >= SERVER_LIMITS.channelUsersMax) return `channel ${name} is full`;
    if (known === undefined && this.byName.size >= SERVER_LIMITS.channelsMax) return "There are too many channels";
    return undefined;
  }

  /** The channel if he is on it; says so if not. */
  private own(user: User, name: string): Channel | undefined {
    const channel = this.byName.get(name.toLowerCase());
    if (channel?.users.has(user) === true) return channel;
    user.send(MESSAGE.notice, `You are not on channel ${name.slice(0, SERVER_LIMITS.channelNameCharsMax)}`);
    return undefined;
  }

  private mayTalk(user: User): boolean {
    if (!user.isMuzzled) return this.maySayMore(user);
    user.send(MESSAGE.notice, "You are muzzled.");
    return false;
  }

  private maySayMore(user: User): boolean {
    if (user.may("channelLines", this.office.host.now())) return true;
    this.office.counters.overdone++;
    user.send(MESSAGE.notice, "You say too much at a time; this was not sent.");
    return false;
  }

  private say(channel: Channel, from: Pick<User, "nick">, type: number, text: string): void {
    for (const user of channel.users) if (!user.ignores(from)) user.tell(type, text);
  }

  private isOperator(channel: Channel, user: User): boolean {
    return channel.operator === user || user.isModerator;
  }

  /** `#channel nick files speed`. */
  private line(channel: Channel, user: User): string {
    return `${channel.name} ${user.nick} ${this.office.directory.count(user.owner)} ${user.linkSpeed}`;
  }
}

function guestLine(channel: Channel, { nick, files, linkSpeed }: ChannelGuest): string {
  return `${channel.name} ${nick} ${files} ${linkSpeed}`;
}
