// How much each host may ask for: so many units in a minute, with a burst. Two generations of hosts, so that nothing is scanned
// and strangers cannot fill the memory.
import type { Millis } from "../../host/host.ts";
import { LIMITS } from "./limits.ts";

interface Ration {
  left: number;
  at: Millis;
}

const MINUTE_MS = 60_000;

export class Rations {
  private young = new Map<number, Ration>();
  private old = new Map<number, Ration>();

  /** Takes so many units for this host. 0: they were there; else the milliseconds until they will be, and none is taken. */
  take(host: number, now: Millis, units: number): Millis {
    const ration = this.ration(host, now);
    const earned = ((now - ration.at) * LIMITS.unitsPerMinute) / MINUTE_MS;
    ration.left = Math.min(LIMITS.unitsBurst, ration.left + earned);
    ration.at = now;
    if (ration.left < units) return Math.ceil(((units - ration.left) * MINUTE_MS) / LIMITS.unitsPerMinute);
    ration.left -= units;
    return 0;
  }

  private ration(host: number, now: Millis): Ration {
    const known = this.young.get(host);
    if (known !== undefined) return known;
    const ration = this.old.get(host) ?? { left: LIMITS.unitsBurst, at: now };
    if (this.young.size >= LIMITS.hostsMax) {
      this.old = this.young;
      this.young = new Map();
    }
    this.young.set(host, ration);
    return ration;
  }
}
