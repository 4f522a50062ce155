// Addresses that may be dialled, and when each is next: servers named by hand, and servers that others told of.
import type { Address, Millis } from "../../../host/host.ts";
import { MESH_LIMITS } from "./limits.ts";
import type { ServerId } from "./messages.ts";

export interface Target {
  readonly address: Address;
  /** Named by hand: it is never forgotten. */
  readonly isNamed: boolean;
  /** Whose address it is, as far as we know. */
  server: ServerId | undefined;
  /** Dials in a row that came to nothing. */
  failures: number;
  dueAt: Millis;
  /** A dial or a link of ours to it is there. */
  isBusy: boolean;
}

/** Ten minutes of dials every eight seconds: who is away longer comes back by itself, or was named by hand. */
const FAILURES_MAX = 75;

export class Targets {
  private readonly byAddress = new Map<Address, Target>();

  /** An address named by hand. */
  name(address: Address): void {
    this.add(address, true);
  }

  /** An address that another server told us. */
  learn(address: Address, server: ServerId | undefined): void {
    const target = this.byAddress.get(address) ?? this.add(address, false);
    if (server !== undefined) target.server = server;
  }

  get(address: Address): Target | undefined {
    return this.byAddress.get(address);
  }

  /** It is our own. */
  forget(address: Address): void {
    this.byAddress.delete(address);
  }

  /** Those that may be dialled now. */
  due(now: Millis): Target[] {
    return [...this.byAddress.values()].filter((target) => !target.isBusy && target.dueAt <= now);
  }

  /** A dial came to nothing, or was refused. `random`: 0 … 1, so that two that dial each other do not do so forever. */
  onFailed(target: Target, now: Millis, random: number): void {
    target.isBusy = false;
    target.failures++;
    const wait = Math.min(MESH_LIMITS.redialMs * 2 ** (target.failures - 1), MESH_LIMITS.redialMaxMs);
    target.dueAt = now + Math.ceil(wait * (0.5 + random / 2));
    if (!target.isNamed && target.failures > FAILURES_MAX) this.byAddress.delete(target.address);
  }

  /** A link to it broke. */
  onLost(target: Target, now: Millis, random: number): void {
    target.isBusy = false;
    target.failures = 0;
    target.dueAt = now + Math.ceil((MESH_LIMITS.redialMs / 2) * random);
  }

  private add(address: Address, isNamed: boolean): Target {
    const target = { address, isNamed, server: undefined, failures: 0, dueAt: 0, isBusy: false };
    this.byAddress.set(address, target);
    if (this.byAddress.size > MESH_LIMITS.targetsMax) this.makeRoom();
    return target;
  }

  /** The one that failed most often goes, of equals the oldest. */
  private makeRoom(): void {
    let worst: Target | undefined;
    for (const target of this.byAddress.values()) {
      if (target.isNamed || target.isBusy) continue;
      if (worst === undefined || target.failures > worst.failures) worst = target;
    }
    if (worst !== undefined) this.byAddress.delete(worst.address);
  }
}
