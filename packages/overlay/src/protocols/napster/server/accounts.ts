// Accounts as the server needs them. Keeping them and hashing their passwords is somebody else's work, and takes its time.

/** 0 leech, 1 user, 2 moderator, 3 admin, 4 elite. */
export type Level = 0 | 1 | 2 | 3 | 4;

export const LEVEL = { leech: 0, user: 1, moderator: 2, admin: 3, elite: 4 } as const;

const LEVEL_NAMES = ["Leech", "User", "Moderator", "Admin", "Elite"] as const;

export function levelName(level: Level): string {
  return LEVEL_NAMES[level];
}

/** By number or by name, in any case; undefined where it is neither. */
export function levelOf(text: string): Level | undefined {
  const name = LEVEL_NAMES.findIndex((known) => known.toLowerCase() === text.toLowerCase());
  const level = name >= 0 ? name : Number(/^[0-4]$/.test(text) ? text : -1);
  return level < 0 ? undefined : (level as Level);
}

export interface Account {
  readonly nick: string;
  readonly email: string;
  readonly level: Level;
  /** Seconds since 1970; 0: never. */
  readonly lastSeen: number;
}

/** `busy`: too many passwords wait already. */
export type Verdict = "right" | "wrong" | "busy";

/**
 * What needs a password hashed is answered later, by `onAccount(ticket, verdict)` of the server, never inside the call. The rest is
 * answered at once. Names are equal where their folded forms are.
 */
export interface Accounts {
  /** Anybody may make himself one. */
  readonly mayCreate: boolean;
  find(nick: string): Account | undefined;
  check(nick: string, password: string, ticket: number): void;
  /** Makes an account; `right` once it is there, `wrong` where somebody was faster. */
  create(account: Account, password: string, ticket: number): void;
  /** `wrong`: there is no such account. */
  setPassword(nick: string, password: string, ticket: number): void;
  /** False: there is no such account. */
  setLevel(nick: string, level: Level): boolean;
  setEmail(nick: string, email: string): boolean;
  remove(nick: string): boolean;
  /** He was here just now. */
  seen(nick: string): void;
}

/** Nobody has an account, and nobody gets one. */
export const NO_ACCOUNTS: Accounts = {
  mayCreate: false,
  find: () => undefined,
  check: () => {},
  create: () => {},
  setPassword: () => {},
  setLevel: () => false,
  setEmail: () => false,
  remove: () => false,
  seen: () => {},
};
