// The index servers that a client knows: which may be tried now, which next, which never again.
import type { Address, Host, Millis } from "../../host/host.ts";
import { CLIENT_LIMITS } from "./client-limits.ts";

/** Why a server is not asked again that our owner wants to be away from. */
export const CLOSED_BY_USER = "closed by the user";

export interface KnownServer {
  readonly address: Address;
  /** Named by our owner: never forgotten for others. */
  isNamed: boolean;
  /** In a row. */
  failures: number;
  retryAt: Millis;
  /** Other names tried, since ours is taken there; and the one that is tried now, empty: ours. */
  nickTries: number;
  nick: string;
  /** Why it did not work last time, in words; empty where it did. */
  problem: string;
  /** It will not have us, so it is not asked again. */
  isRefused: boolean;
  /** There is a link to it, open or being opened. */
  isInUse: boolean;
}

export class ServerList {
  private readonly host: Host;
  private readonly servers = new Map<Address, KnownServer>();

  constructor(host: Host) {
    this.host = host;
  }

  get size(): number {
    return this.servers.size;
  }

  all(): Iterable<KnownServer> {
    return this.servers.values();
  }

  get(address: Address): KnownServer | undefined {
    return this.servers.get(address);
  }

  /** Named by our owner it is tried anew, whatever was held against it. */
  learn(address: Address, isNamed: boolean): void {
    const known = this.servers.get(address);
    if (known === undefined) {
      if (this.servers.size >= CLIENT_LIMITS.serversMax && !this.forgetWorst()) return;
      this.servers.set(address, {
        address,
        isNamed,
        failures: 0,
        retryAt: 0,
        nickTries: 0,
        nick: "",
        problem: "",
        isRefused: false,
        isInUse: false,
      });
    } else if (isNamed) {
      known.isNamed = true;
      known.isRefused = false;
      known.nickTries = 0;
      known.nick = "";
      known.retryAt = 0;
    }
  }

  /** We have another name or password: what was held against the old ones counts no more. */
  onNewName(): void {
    for (const server of this.servers.values()) {
      server.nickTries = 0;
      server.nick = "";
      if (server.problem !== CLOSED_BY_USER) server.isRefused = false;
    }
  }

  /** The one to try now: of those that failed least any, so that clients with one list spread over its servers. */
  next(): KnownServer | undefined {
    const now = this.host.now();
    let least = Number.POSITIVE_INFINITY;
    let best: KnownServer[] = [];
    for (const server of this.servers.values()) {
      if (server.isInUse || server.isRefused || server.retryAt > now || server.failures > least) continue;
      if (server.failures < least) best = [];
      least = server.failures;
      best.push(server);
    }
    return best[this.host.u32() % Math.max(1, best.length)];
  }

  fail(server: KnownServer, problem: string): void {
    const doublings = Math.min(server.failures, DOUBLINGS_MAX);
    const pause = Math.min(CLIENT_LIMITS.retryMs, CLIENT_LIMITS.retryFirstMs * 2 ** doublings);
    server.failures++;
    server.problem = problem;
    // Spread, so that a server that comes back does not hear from everybody in the same moment.
    server.retryAt = this.host.now() + Math.ceil(pause * (0.5 + this.host.u32() / 2 ** 33));
  }

  /** It said no, and would say it again. */
  refuse(server: KnownServer, problem: string): void {
    server.isRefused = true;
    server.problem = problem;
  }

  private forgetWorst(): boolean {
    let worst: KnownServer | undefined;
    for (const server of this.servers.values()) {
      if (server.isNamed || server.isInUse) continue;
      if (worst === undefined || server.failures > worst.failures) worst = server;
    }
    if (worst === undefined) return false;
    this.servers.delete(worst.address);
    return true;
  }
}

const DOUBLINGS_MAX = 20;
