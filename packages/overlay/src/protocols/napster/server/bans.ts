// Who may not come in: masks `nick!address` with * and ?, each with who said so and until when.
import { foldNick } from "../nick.ts";
import { SERVER_LIMITS } from "./limits.ts";

export interface Ban {
  /** `nick!address`, lower case; either may hold * and ?. */
  readonly mask: string;
  readonly by: string;
  readonly reason: string;
  /** Seconds since 1970. */
  readonly at: number;
  /** How long, in seconds; 0: for good. */
  readonly seconds: number;
}

export class Bans {
  private readonly masks = new Map<string, Ban>();

  constructor(bans: readonly Ban[]) {
    for (const ban of bans.slice(0, SERVER_LIMITS.bansMax)) this.masks.set(ban.mask, ban);
  }

  /** False: there are too many. */
  add(ban: Ban): boolean {
    if (this.masks.size >= SERVER_LIMITS.bansMax && !this.masks.has(ban.mask)) return false;
    this.masks.set(ban.mask, ban);
    return true;
  }

  /** By its mask, or by the nick or address alone. */
  remove(text: string): boolean {
    return this.masks.delete(banMask(text));
  }

  all(): IterableIterator<Ban> {
    return this.masks.values();
  }

  /** The ban that keeps this user out; those that are over are forgotten. */
  against(nick: string, address: string, now: number): Ban | undefined {
    const who = `${foldNick(nick)}!${address}`;
    for (const ban of this.masks.values()) {
      if (ban.seconds > 0 && ban.at + ban.seconds <= now) this.masks.delete(ban.mask);
      else if (matches(ban.mask, who)) return ban;
    }
    return undefined;
  }
}

/** `nick!address` of what an operator wrote: a nick or an address alone stands for any of the other. */
export function banMask(text: string): string {
  const mask = text.toLowerCase().slice(0, SERVER_LIMITS.maskCharsMax);
  if (mask.includes("!")) return mask;
  return /^[\d.*?]+$/.test(mask) && mask.includes(".") ? `*!${mask}` : `${mask}!*`;
}

/** `*`: any characters, `?`: one. Goes back to the last star only, so its time is the product of both lengths at most. */
export function matches(mask: string, text: string): boolean {
  let at = 0;
  let star = -1;
  let resume = 0;
  for (let i = 0; i < text.length; ) {
    if (mask[at] === "*") {
      star = at++;
      resume = i;
    } else if (mask[at] === "?" || mask[at] === text[i]) {
      at++;
      i++;
    } else if (star >= 0) {
      at = star + 1;
      i = ++resume;
    } else return false;
  }
  while (mask[at] === "*") at++;
  return at === mask.length;
}
