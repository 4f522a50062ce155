// Files that we asked owners for, through a server that passes it on: each gets one answer, or none in time.
import type { Address, Millis } from "../../host/host.ts";
import { CLIENT_LIMITS } from "./client-limits.ts";
import { foldNick } from "./nick.ts";
import type { Session } from "./session.ts";

export type WantAnswer =
  /** Connect there and ask as `nick`; with port 0 nobody can, so the owner has to be asked to call. */
  | { readonly kind: "accepted"; readonly nick: string; readonly address: Address; readonly md5: string }
  /** The owner is gone, or does not share it any more. */
  | { readonly kind: "unavailable" }
  /** All places are taken; `limit` of them are there, 0 where it did not say. */
  | { readonly kind: "full"; readonly limit: number }
  | { readonly kind: "refused"; readonly text: string }
  /** Neither side can be dialled. */
  | { readonly kind: "both-firewalled" }
  /** No answer in time, or the server is gone. */
  | { readonly kind: "lost" };

export type WantKind = "download" | "push";

interface Want {
  readonly token: number;
  readonly kind: WantKind;
  readonly nick: string;
  readonly path: string;
  readonly route: number;
  readonly until: Millis;
}

export class Wants {
  private readonly answer: (token: number, answer: WantAnswer) => void;
  /** Oldest first. */
  private readonly open = new Map<number, Want>();

  constructor(answer: (token: number, answer: WantAnswer) => void) {
    this.answer = answer;
  }

  /** False: too many wait already. */
  add(token: number, kind: WantKind, session: Session, nick: string, path: string, now: Millis): boolean {
    if (this.open.size >= CLIENT_LIMITS.wantsMax) return false;
    const until = now + CLIENT_LIMITS.wantMs;
    this.open.set(token, { token, kind, nick: foldNick(nick), path, route: session.route, until });
    return true;
  }

  /** Nobody waits for it any more. */
  forget(token: number): void {
    this.open.delete(token);
  }

  /** The server answered for this owner and path. Where several of us wait for the same, the oldest gets it. */
  settle(session: Session, nick: string, path: string, answer: WantAnswer): void {
    const folded = foldNick(nick);
    for (const want of this.open.values()) {
      if (want.route !== session.route || want.nick !== folded || want.path !== path) continue;
      // To a request for a push there is only one answer of this form: that it cannot be.
      if (want.kind === "push" && answer.kind === "accepted") continue;
      this.open.delete(want.token);
      this.answer(want.token, answer);
      return;
    }
  }

  /** A text for people that names an owner whom we wait for: the servers' way of saying no. */
  complain(session: Session, text: string): void {
    const words = foldNick(text).split(/[\s"',:;]+/);
    for (const want of this.open.values()) {
      if (want.route !== session.route || !words.includes(want.nick)) continue;
      this.open.delete(want.token);
      this.answer(want.token, { kind: "refused", text });
      return;
    }
  }

  lose(session: Session): void {
    this.end((want) => want.route === session.route);
  }

  sweep(now: Millis): void {
    this.end((want) => want.until <= now);
  }

  private end(isLost: (want: Want) => boolean): void {
    for (const want of [...this.open.values()].filter(isLost)) {
      this.open.delete(want.token);
      this.answer(want.token, { kind: "lost" });
    }
  }
}
