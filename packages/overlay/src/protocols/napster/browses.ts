// Lists of users' files that we asked for. Answers name the user and no more: of several of us who asked a server for the same list
// the oldest gets it.
import type { Millis } from "../../host/host.ts";
import { CLIENT_LIMITS } from "./client-limits.ts";
import { foldNick } from "./nick.ts";
import type { Session } from "./session.ts";

interface Browse {
  readonly token: number;
  readonly route: number;
  readonly nick: string;
  readonly until: Millis;
  /** The server said that nobody of this name is there. */
  isUnknown: boolean;
}

export class Browses {
  /** Oldest first. */
  private open: Browse[] = [];
  private readonly onEnd: (token: number, isUnknown: boolean) => void;

  /** @param onEnd Nothing more comes: all was said, nobody of this name is there, the server is gone, or it took too long. */
  constructor(onEnd: (token: number, isUnknown: boolean) => void) {
    this.onEnd = onEnd;
  }

  get isFull(): boolean {
    return this.open.length >= CLIENT_LIMITS.browsesMax;
  }

  add(token: number, session: Session, nick: string, now: Millis): void {
    this.open.push({
      token,
      route: session.route,
      nick: foldNick(nick),
      until: now + CLIENT_LIMITS.browseMs,
      isUnknown: false,
    });
  }

  /** Who asked this server for the list of this user, the oldest of several. */
  asker(session: Session, nick: string): number | undefined {
    return this.find(session, nick)?.token;
  }

  /** Nobody of this name is there, or he is just gone. The end of the list follows. */
  onSignOff(session: Session, nick: string): void {
    const browse = this.find(session, nick);
    if (browse !== undefined) browse.isUnknown = true;
  }

  /** The server has told all of this user's list. */
  finish(session: Session, nick: string): void {
    const browse = this.find(session, nick);
    if (browse !== undefined) this.end((each) => each === browse);
  }

  lose(session: Session): void {
    this.end(({ route }) => route === session.route);
  }

  sweep(now: Millis): void {
    this.end(({ until }) => until <= now);
  }

  private find(session: Session, nick: string): Browse | undefined {
    const folded = foldNick(nick);
    return this.open.find((each) => each.route === session.route && each.nick === folded);
  }

  private end(isOver: (browse: Browse) => boolean): void {
    const over = this.open.filter(isOver);
    this.open = this.open.filter((browse) => !over.includes(browse));
    for (const { token, isUnknown } of over) this.onEnd(token, isUnknown);
  }
}
