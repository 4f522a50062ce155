// How often one host may have passwords hashed. Each costs a tenth of a second and a place in a queue that all logins share, and each
// wrong one is a guess; so what is under way counts as wrong until it turns out right.
import { Budget } from "../../../base/budget.ts";
import { Rations } from "../../../base/rations.ts";
import type { Host } from "../../../host/host.ts";
import type { Verdict } from "./accounts.ts";
import { SERVER_LIMITS } from "./limits.ts";

export class PasswordGate {
  private readonly host: Host;
  /** By host: passwords that are being hashed. */
  private readonly waiting = new Map<number, number>();
  /** By host: wrong passwords that it may still send. */
  private readonly tries = new Map<number, Budget>();
  /** Accounts and passwords that a host makes. */
  private readonly made = new Rations({
    burst: SERVER_LIMITS.passwordsMadeMax,
    perSecond: 1000 / SERVER_LIMITS.passwordMadeEveryMs,
    hostsMax: SERVER_LIMITS.passwordHostsMax,
  });

  constructor(host: Host) {
    this.host = host;
  }

  /** `busy`: so many are under way that the next must wait for them. `used-up`: there were too many wrong ones. */
  mayTry(from: number): "yes" | "busy" | "used-up" {
    const underWay = this.waiting.get(from) ?? 0;
    const tries = this.tries.get(from);
    const now = this.host.now();
    if (tries?.has(now) === false) return "used-up";
    if (underWay >= SERVER_LIMITS.passwordsPerHostMax || tries?.has(now, underWay + 1) === false) return "busy";
    return "yes";
  }

  /** Takes from what the host may make. */
  mayMake(from: number): boolean {
    const underWay = this.waiting.get(from) ?? 0;
    return underWay < SERVER_LIMITS.passwordsPerHostMax && this.made.take(from, this.host.now(), 1) === 0;
  }

  /** One goes to be hashed. */
  enter(from: number): void {
    this.waiting.set(from, (this.waiting.get(from) ?? 0) + 1);
  }

  /** … and is back. Only a wrong one was a guess. */
  leave(from: number, verdict: Verdict): void {
    const left = (this.waiting.get(from) ?? 1) - 1;
    if (left > 0) this.waiting.set(from, left);
    else this.waiting.delete(from);
    if (verdict === "wrong") this.countWrong(from);
  }

  private countWrong(from: number): void {
    const now = this.host.now();
    const { passwordTriesMax, passwordTryEveryMs, passwordHostsMax } = SERVER_LIMITS;
    const tries = this.tries.get(from) ?? new Budget(now, passwordTriesMax, 1000 / passwordTryEveryMs);
    this.tries.delete(from);
    this.tries.set(from, tries);
    tries.take(now);
    if (this.tries.size > passwordHostsMax) this.tries.delete(this.tries.keys().next().value as number);
  }
}
