// How much each host may ask of us: so many requests a second, with a burst. Two generations of hosts, so that nothing is
// scanned and strangers cannot fill the memory.
import type { Address, Millis } from "../../host/host.ts";
import { hostOf } from "./host-of.ts";
import { LIMITS } from "./limits.ts";

interface Ration {
  left: number;
  at: Millis;
}

export class Rations {
  private young = new Map<number, Ration>();
  private old = new Map<number, Ration>();

  /** Whether the host of this address may be served once more now, with something that counts as `cost` requests. */
  take(from: Address, now: Millis, cost: number): boolean {
    const ration = this.ration(hostOf(from), now);
    const earned = ((now - ration.at) * LIMITS.requestsPerSecond) / 1000;
    ration.left = Math.min(LIMITS.requestsBurst, ration.left + earned);
    ration.at = now;
    if (ration.left < cost) return false;
    ration.left -= cost;
    return true;
  }

  private ration(host: number, now: Millis): Ration {
    const known = this.young.get(host);
    if (known !== undefined) return known;
    const ration = this.old.get(host) ?? { left: LIMITS.requestsBurst, at: now };
    if (this.young.size >= LIMITS.hostsMax) {
      this.old = this.young;
      this.young = new Map();
    }
    this.young.set(host, ration);
    return ration;
  }
}
