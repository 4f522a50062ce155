// Which message from a user goes where, and what it takes to send it. One table; the branching is here, the desks just do.
import type { FieldReader } from "../fields.ts";
import { LIMITS } from "../limits.ts";
import { MESSAGE } from "../messages.ts";
import { LEVEL, type Level } from "./accounts.ts";
import type { Administration } from "./administration.ts";
import type { Bulletin } from "./bulletin.ts";
import type { Channels } from "./channels.ts";
import type { Lists } from "./lists.ts";
import type { Office } from "./office.ts";
import type { People } from "./people.ts";
import type { Person, User } from "./person.ts";
import type { Searching } from "./searching.ts";
import type { Sharing } from "./sharing.ts";
import type { Transfers } from "./transfers.ts";

/** Something that a user does here. */
export interface OwnCommand {
  readonly level: Level;
  /** Has a measure of its own; the measure of commands does not count it. */
  readonly isShare?: true;
  readonly run: (user: User, text: string) => void;
}

/**
 * Something for another user, whose nick is the first field. Only these are carried between servers. `target` undefined: nobody has
 * him. The fields are those behind the nick.
 */
export interface TowardCommand {
  readonly level: Level;
  readonly toward: (sender: Person, nick: string, target: User | undefined, fields: FieldReader) => void;
}

export type Command = OwnCommand | TowardCommand;

export interface Desks {
  readonly office: Office;
  readonly sharing: Sharing;
  readonly searching: Searching;
  readonly transfers: Transfers;
  readonly people: People;
  readonly lists: Lists;
  readonly channels: Channels;
  readonly administration: Administration;
  readonly bulletin: Bulletin;
  /** A number for an answer that comes later. */
  readonly ticket: () => number;
  readonly quit: (user: User) => void;
}

/** Numbers that clients of old send and nobody answers: surveys, parallel ports, checks of their own program. */
const IGNORED = [
  MESSAGE.loginError,
  MESSAGE.versionCheck,
  MESSAGE.registrationSurvey,
  MESSAGE.registrationSurvey2,
  MESSAGE.dataPorts,
  MESSAGE.clientCheck,
];

export function commandTable(desks: Desks): ReadonlyMap<number, Command> {
  const { office, sharing, searching, transfers, people, lists, channels, administration, bulletin, ticket } = desks;
  const { user, moderator, admin } = LEVEL;
  const leech = LEVEL.leech;
  const table = new Map<number, Command>();
  const own = (type: number, level: Level, run: OwnCommand["run"]) => table.set(type, { level, run });
  const share = (type: number, run: OwnCommand["run"]) => table.set(type, { level: user, isShare: true, run });
  const toward = (type: number, run: TowardCommand["toward"]) => table.set(type, { level: leech, toward: run });

  share(MESSAGE.share, (who, text) => sharing.onShare(who, text));
  share(MESSAGE.shareMedia, (who, text) => sharing.onShareMedia(who, text));
  share(MESSAGE.shareDirectory, (who, text) => sharing.onShareDirectory(who, text));
  share(MESSAGE.unshare, (who, text) => sharing.onUnshare(who, text));
  own(MESSAGE.unshareAll, leech, (who) => sharing.onUnshareAll(who));

  own(MESSAGE.search, leech, (who, text) => searching.onSearch(who, text));
  own(MESSAGE.resume, leech, (who, text) => searching.onResume(who, text));
  toward(MESSAGE.browse, (who, nick, target, fields) => searching.onBrowse(who, nick, target, fields));

  toward(MESSAGE.download, (who, nick, target, fields) => transfers.onDownload(who, nick, target, fields));
  toward(MESSAGE.pushRequest, (who, nick, target, fields) => transfers.onPushRequest(who, nick, target, fields));
  toward(MESSAGE.dataPortError, (who, nick, target) => transfers.onDataPortError(who, nick, target));
  toward(MESSAGE.browseDirect, (who, nick, target) => transfers.onBrowseDirect(who, nick, target));
  own(MESSAGE.uploadAccepted, leech, (who, text) => transfers.onUploadAccepted(who, text));
  own(MESSAGE.uploadRefused, leech, (who, text) => transfers.onUploadRefused(who, text));
  own(MESSAGE.queueFull, leech, (who, text) => transfers.onQueueFull(who, text));
  own(MESSAGE.browseDirectAccepted, leech, (who, text) => transfers.onBrowseDirectAccepted(who, text));
  own(MESSAGE.downloadBegun, leech, (who) => transfers.count(who.downloads, 1));
  own(MESSAGE.downloadEnded, leech, (who) => transfers.count(who.downloads, -1));
  own(MESSAGE.uploadBegun, leech, (who) => transfers.count(who.uploads, 1));
  own(MESSAGE.uploadEnded, leech, (who) => transfers.count(who.uploads, -1));

  toward(MESSAGE.privateMessage, (who, nick, target, fields) => people.onPrivateMessage(who, nick, target, fields));
  toward(MESSAGE.linkSpeed, (who, nick, target) => people.onLinkSpeed(who, nick, target));
  toward(MESSAGE.whois, (who, nick, target) => people.onWhois(who, nick, target));
  toward(MESSAGE.userPing, (who, nick, target) => people.onPing(who, nick, target));
  own(MESSAGE.userPong, leech, (who, text) => people.onPong(who, text));

  own(MESSAGE.hotlistAdd, leech, (who, text) => lists.onHotlistAdd(who, text));
  own(MESSAGE.hotlistInitial, leech, (who, text) => lists.onHotlistAdd(who, text));
  own(MESSAGE.hotlistRemove, leech, (who, text) => lists.onHotlistRemove(who, text));
  own(MESSAGE.ignoreList, leech, (who) => lists.onIgnoreList(who));
  own(MESSAGE.ignoreAdd, leech, (who, text) => lists.onIgnoreAdd(who, text));
  own(MESSAGE.ignoreRemove, leech, (who, text) => lists.onIgnoreRemove(who, text));
  own(MESSAGE.ignoreClear, leech, (who) => lists.onIgnoreClear(who));

  own(MESSAGE.channelJoin, leech, (who, text) => channels.onJoin(who, text));
  own(MESSAGE.channelPart, leech, (who, text) => channels.onPart(who, text));
  own(MESSAGE.channelSay, leech, (who, text) => channels.onSay(who, text));
  own(MESSAGE.channelEmote, leech, (who, text) => channels.onEmote(who, text));
  own(MESSAGE.channelTopic, leech, (who, text) => channels.onTopic(who, text));
  own(MESSAGE.channelKick, leech, (who, text) => channels.onKick(who, text));
  own(MESSAGE.channelUsers, leech, (who, text) => channels.onUsers(who, text));
  own(MESSAGE.channelList, leech, (who) => channels.onList(who));
  own(MESSAGE.channelListAll, leech, (who) => channels.onListAll(who));

  own(MESSAGE.changeSpeed, leech, (who, text) => {
    if (/^(?:\d|10)$/.test(text.trim())) who.linkSpeed = Number(text);
  });
  own(MESSAGE.changePort, leech, (who, text) => {
    const port = text.trim();
    if (/^\d{1,5}$/.test(port) && Number(port) <= 0xffff) who.port = Number(port);
  });
  own(MESSAGE.changeEmail, leech, (who, text) => {
    who.email = text.trim().slice(0, LIMITS.emailCharsMax);
    if (who.isRegistered) office.accounts.setEmail(who.nick, who.email);
  });
  own(MESSAGE.changePassword, leech, (who, text) => administration.onChangePassword(who, text, ticket()));

  own(MESSAGE.statistics, leech, (who) => bulletin.onStatistics(who));
  own(MESSAGE.motd, leech, (who) => bulletin.onMotd(who));
  own(MESSAGE.serverPing, leech, (who, text) => bulletin.onServerPing(who, text));
  own(MESSAGE.linkList, leech, (who) => bulletin.onLinks(who));
  own(MESSAGE.quit, leech, (who) => desks.quit(who));

  own(MESSAGE.kill, moderator, (who, text) => administration.onKill(who, text));
  own(MESSAGE.ban, moderator, (who, text) => administration.onBan(who, text));
  own(MESSAGE.unban, moderator, (who, text) => administration.onUnban(who, text));
  own(MESSAGE.banList, moderator, (who) => administration.onBanList(who));
  own(MESSAGE.muzzle, moderator, (who, text) => administration.onMuzzle(who, text, true));
  own(MESSAGE.unmuzzle, moderator, (who, text) => administration.onMuzzle(who, text, false));
  own(MESSAGE.operatorMessage, moderator, (who, text) => administration.onOperatorMessage(who, text));
  own(MESSAGE.announce, moderator, (who, text) => administration.onAnnounce(who, text));
  own(MESSAGE.serverVersion, moderator, (who) => bulletin.onVersion(who));
  own(MESSAGE.serverUsers, moderator, (who) => administration.onServerUsers(who));
  own(MESSAGE.setLevel, admin, (who, text) => administration.onSetLevel(who, text));
  own(MESSAGE.nuke, admin, (who, text) => administration.onNuke(who, text));
  own(MESSAGE.setPassword, admin, (who, text) => administration.onSetPassword(who, text, ticket()));
  own(MESSAGE.register, admin, (who, text) => administration.onRegister(who, text, ticket()));
  own(MESSAGE.serverUsage, admin, (who) => bulletin.onUsage(who));

  for (const type of IGNORED) own(type, leech, () => {});
  return table;
}
