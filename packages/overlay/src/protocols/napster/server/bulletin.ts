// What the server says of itself: greeting, statistics, version, and who else there is.
import { formatEndpoint, formatIpv4, ipv4Of, portOf } from "../../../base/ipv4.ts";
import type { Address } from "../../../host/host.ts";
import { MESSAGE } from "../messages.ts";
import type { Elsewhere } from "./elsewhere.ts";
import type { Office } from "./office.ts";
import type { User } from "./person.ts";

/** As the protocol counts: 2^30 bytes. */
const GIGABYTE = 1 << 30;

export class Bulletin {
  private readonly office: Office;
  private readonly self: Address;
  private readonly elsewhere: readonly Elsewhere[];

  constructor(office: Office, self: Address, elsewhere: readonly Elsewhere[]) {
    this.office = office;
    this.self = self;
    this.elsewhere = elsewhere;
  }

  /** 621. The first two lines are how clients tell what they talk to. */
  onMotd(user: User): void {
    const { options, users, counters } = this.office;
    const lines = [
      `VERSION servent ${options.version}`,
      `SERVER ${options.name}`,
      `Welcome ${user.nick}!`,
      `You are user ${users.size} of at most ${options.usersMax}; ${counters.searches} searches so far.`,
      ...options.motdOfLink(user.line.link),
      ...options.motd,
    ];
    for (const line of lines) user.send(MESSAGE.motd, line);
  }

  /** 214. `users files gigabytes`, of all servers whose numbers are known. */
  onStatistics(user: User): void {
    user.send(MESSAGE.statistics, this.statistics);
  }

  get statistics(): string {
    const { users, directory } = this.office;
    const sum = { users: users.size, files: directory.files, bytes: directory.bytes };
    for (const others of this.elsewhere) {
      const there = others.totals?.();
      sum.users += there?.users ?? 0;
      sum.files += there?.files ?? 0;
      sum.bytes += 1024 * (there?.kilobytes ?? 0);
    }
    return `${sum.users} ${sum.files} ${Math.floor(sum.bytes / GIGABYTE)}`;
  }

  tellAll(): void {
    const { statistics } = this;
    for (const user of this.office.users.all()) user.tell(MESSAGE.statistics, statistics);
  }

  /** 750. */
  onServerPing(user: User, text: string): void {
    user.send(MESSAGE.serverPing, `${this.office.options.name} ${text}`);
  }

  /** 801. */
  onVersion(user: User): void {
    user.send(MESSAGE.notice, `servent ${this.office.options.version}`);
  }

  /** 10112. `host port server port hops` each, then an empty one. */
  onLinks(user: User): void {
    const own = `${formatIpv4(ipv4Of(this.self))} ${portOf(this.self)}`;
    for (const others of this.elsewhere) {
      const lines = others.linkLines?.() ?? others.servers().map((server) => `${own} ${server} 0 1`);
      for (const line of lines) user.send(MESSAGE.linkList, line);
    }
    user.send(MESSAGE.linkList, "");
  }

  /** 10115, for people. */
  onUsage(user: User): void {
    const { counters } = this.office;
    user.send(MESSAGE.notice, `${this.office.options.name} at ${formatEndpoint(this.self)}: ${this.statistics}`);
    for (const [name, count] of Object.entries(counters)) user.send(MESSAGE.notice, `${name}: ${count}`);
  }
}
