// What to expect of a host, so that of those that have a file the best is asked first. Whoever dials a host's data port measures the
// time to the one byte with which every client greets: that is its ping. What it gave before counts most, then how near it is, then
// what it says of itself.
import type { Millis } from "../../host/host.ts";
import { LINK_SPEEDS_KBPS } from "./login.ts";

/** What is known of a host. */
interface Facts {
  /** Milliseconds from dialling to the greeting, smoothed; undefined: not pinged yet. */
  pingMs: number | undefined;
  /** Bytes per second that it gave, smoothed; undefined: nothing yet. */
  rate: number | undefined;
  /** As it claims, a number of login.ts. */
  linkSpeed: number;
  /** In a row. */
  failures: number;
  failedAt: Millis;
}

/** Hosts remembered; the one seen longest ago is forgotten first. */
const HOSTS_MAX = 2000;
/** What a new figure weighs against those before it. */
const NEWS = 0.3;
/** A failure counts for so long: then the host may be there again. */
const FAILURE_MS = 5 * 60_000;
/** Below this an observed rate says more about the start of a connection than about the host. */
const RATE_BYTES_MIN = 16 * 1024;
/** Of a host that claims nothing: a modem's, so that whoever claims more goes first. */
const UNKNOWN_BYTES_PER_S = 5000;
/** Nobody is believed to be faster than this before he has shown it. */
const CLAIM_BYTES_PER_S_MAX = 200_000;
/** A host that answers after so long is thought to give half of what it claims: far lines are crowded, and slow to start. */
const HALF_PING_MS = 500;

export class HostChoice<Name> {
  private readonly hosts = new Map<Name, Facts>();

  /** It answered after so long. */
  onPing(host: Name, ms: Millis): void {
    const facts = this.factsOf(host);
    facts.pingMs = smooth(facts.pingMs, Math.max(1, ms));
    facts.failures = 0;
  }

  /** It gave so many bytes in that time. */
  onBytes(host: Name, bytes: number, ms: Millis): void {
    if (bytes < RATE_BYTES_MIN) return;
    const facts = this.factsOf(host);
    facts.rate = smooth(facts.rate, (1000 * bytes) / Math.max(1, ms));
    facts.failures = 0;
  }

  onClaim(host: Name, linkSpeed: number): void {
    this.factsOf(host).linkSpeed = linkSpeed;
  }

  /** It could not be reached, or broke off. */
  onFailure(host: Name, now: Millis): void {
    const facts = this.factsOf(host);
    facts.failures++;
    facts.failedAt = now;
  }

  /** It was dialled before, with or without success. */
  isMeasured(host: Name): boolean {
    const facts = this.hosts.get(host);
    return facts !== undefined && (facts.pingMs !== undefined || facts.rate !== undefined || facts.failures > 0);
  }

  /** Bytes per second to expect of it. 0: it failed just now. */
  expected(host: Name, now: Millis): number {
    const facts = this.hosts.get(host);
    if (facts === undefined) return UNKNOWN_BYTES_PER_S / 2;
    if (facts.failures > 0 && now - facts.failedAt < FAILURE_MS) return 0;
    if (facts.rate !== undefined) return facts.rate;
    const claimed = ((LINK_SPEEDS_KBPS[facts.linkSpeed] ?? 0) * 1000) / 8;
    const claim = claimed === 0 ? UNKNOWN_BYTES_PER_S : Math.min(claimed, CLAIM_BYTES_PER_S_MAX);
    return claim / (1 + (facts.pingMs ?? HALF_PING_MS) / HALF_PING_MS);
  }

  private factsOf(host: Name): Facts {
    const known = this.hosts.get(host);
    const facts = known ?? { pingMs: undefined, rate: undefined, linkSpeed: 0, failures: 0, failedAt: 0 };
    this.hosts.delete(host);
    this.hosts.set(host, facts);
    if (this.hosts.size > HOSTS_MAX)
      for (const oldest of this.hosts.keys()) {
        this.hosts.delete(oldest);
        break;
      }
    return facts;
  }
}

function smooth(before: number | undefined, now: number): number {
  return before === undefined ? now : before + NEWS * (now - before);
}
