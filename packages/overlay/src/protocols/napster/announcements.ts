// Uploads that a server announced to us and we agreed to: whoever comes to the data port for anything else gets nothing.
import type { Millis } from "../../host/host.ts";
import { CLIENT_LIMITS } from "./client-limits.ts";
import { foldNick } from "./nick.ts";

export class Announcements {
  /** Until when, the oldest first. */
  private readonly until = new Map<string, Millis>();

  add(nick: string, path: string, now: Millis): void {
    const key = keyOf(nick, path);
    this.until.delete(key);
    this.until.set(key, now + CLIENT_LIMITS.announcedMs);
    for (const [oldest, end] of this.until) {
      if (end > now && this.until.size <= CLIENT_LIMITS.announcedMax) break;
      this.until.delete(oldest);
    }
  }

  has(nick: string, path: string, now: Millis): boolean {
    return (this.until.get(keyOf(nick, path)) ?? 0) > now;
  }

  /** Whether anything is announced at all. */
  hasAny(now: Millis): boolean {
    return [...this.until.values()].some((end) => end > now);
  }
}

function keyOf(nick: string, path: string): string {
  return `${foldNick(nick)}\n${path}`;
}
