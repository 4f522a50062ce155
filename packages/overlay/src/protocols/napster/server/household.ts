// What the users of one host do together: a measure for all of them, so that nobody gets more by logging in again or under many names.
import { Budget } from "../../../base/budget.ts";
import type { Millis } from "../../../host/host.ts";
import { SERVER_LIMITS } from "./limits.ts";
import type { ServerOptions } from "./options.ts";

/** What is measured of users. */
export interface Budgets {
  readonly commands: Budget;
  readonly searches: Budget;
  readonly shares: Budget;
  readonly channelLines: Budget;
}

/** @param times As much as so many users. */
export function budgets(now: Millis, sharesMax: number, times = 1): Budgets {
  const of = (burst: number, perSecond: number): Budget => new Budget(now, times * burst, times * perSecond);
  const limits = SERVER_LIMITS;
  return {
    commands: of(limits.commandsBurst, limits.commandsPerSecond),
    searches: of(limits.searchesBurst, limits.searchesPerSecond),
    // All that he may share, twice: a client that lost its place sends everything again.
    shares: of(2 * sharesMax, limits.sharesPerSecond),
    channelLines: of(limits.channelLinesBurst, limits.channelLinesPerSecond),
  };
}

export class Household {
  /** Logged in. */
  users = 0;
  /** Of their files in the directory; see `Directory.weight`. */
  weight = 0;
  /** When the last of them went. */
  leftAt: Millis = 0;
  readonly budgets: Budgets;
  readonly weightMax: number;

  /** An operator who lets more users of one host in than usual means them to do more. */
  constructor(now: Millis, { usersPerHostMax, sharesPerUserMax, directoryBytesMax }: ServerOptions) {
    const { hostAsUsers, usersPerHostUsual, directoryHostsLeast } = SERVER_LIMITS;
    const times = Math.max(1, usersPerHostMax / usersPerHostUsual);
    this.budgets = budgets(now, sharesPerUserMax, hostAsUsers * times);
    this.weightMax = directoryBytesMax * Math.min(1, times / directoryHostsLeast);
  }
}

/** By host. Who is gone is remembered for a while. */
export class Households {
  private readonly byHost = new Map<number, Household>();
  /** Hosts without users, the one that was left first in front. */
  private readonly left = new Map<number, Household>();

  usersOf(host: number): number {
    return this.byHost.get(host)?.users ?? 0;
  }

  /** A user of this host comes in. */
  enter(host: number, now: Millis, options: ServerOptions): Household {
    this.forget(now);
    const household = this.byHost.get(host) ?? this.left.get(host) ?? new Household(now, options);
    this.left.delete(host);
    this.byHost.set(host, household);
    household.users++;
    return household;
  }

  /** … and goes. */
  leave(host: number, now: Millis): void {
    const household = this.byHost.get(host);
    if (household === undefined || --household.users > 0) return;
    this.byHost.delete(host);
    household.leftAt = now;
    this.left.set(host, household);
    this.forget(now);
  }

  private forget(now: Millis): void {
    for (const [host, { leftAt }] of this.left) {
      if (this.left.size <= SERVER_LIMITS.hostsLeftMax && leftAt + SERVER_LIMITS.hostLeftMs > now) return;
      this.left.delete(host);
    }
  }
}
