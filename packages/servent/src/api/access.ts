// Who may come in: tokens for programs, one-time codes and sessions for browsers. Secrets are kept as hashes only;
// each holds at least 60 random bits, so a fast hash is enough.
import { createHash, randomBytes, randomInt } from "node:crypto";
import type { DatabaseSync } from "node:sqlite";
import { ServentError } from "../base/servent-error.ts";
import type { SideWrites } from "../base/side-writes.ts";
import { SCOPES, type Scope } from "./schemas.ts";

/** Whoever makes a request. */
export interface Caller {
  readonly via: "socket" | "token" | "cookie";
  readonly scopes: readonly Scope[];
  readonly expiresAt: number | undefined;
  /** Tells callers apart where requests are remembered; no secret. */
  readonly key: string;
}

export interface TokenInfo {
  readonly id: string;
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly createdAt: number;
  readonly expiresAt: number | undefined;
  readonly usedAt: number | undefined;
}

const CODE_LIFE_MS = 10 * 60_000;
/** More unused login codes than this are nobody's need; the oldest goes. */
const CODES_MAX = 16;
const TOKENS_MAX = 1000;
const SESSIONS_MAX = 1000;
/** `usedAt` is for people; writing it at every request would be a write per request. */
const USED_EVERY_MS = 60_000;
/** Letters and digits that nobody mistakes for another: 32 of them, 5 bits each. */
const CODE_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ";

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS api_tokens (
    id TEXT PRIMARY KEY, hash BLOB NOT NULL UNIQUE, name TEXT NOT NULL, scopes TEXT NOT NULL,
    created_at INTEGER NOT NULL, expires_at INTEGER, used_at INTEGER
  ) STRICT;
  CREATE TABLE IF NOT EXISTS api_sessions (
    hash BLOB PRIMARY KEY, scopes TEXT NOT NULL, created_at INTEGER NOT NULL, expires_at INTEGER NOT NULL
  ) STRICT;`;

export class Access {
  private readonly database: DatabaseSync;
  private readonly writes: SideWrites;
  private readonly now: () => number;
  /** Code → when it ends. Not in the database: a restart ends them all. */
  private readonly codes = new Map<string, number>();

  constructor(database: DatabaseSync, writes: SideWrites, now: () => number = Date.now) {
    this.database = database;
    this.writes = writes;
    this.now = now;
    database.exec(SCHEMA);
  }

  // ---- tokens

  createToken(name: string, scopes: readonly Scope[], lifeMs?: number): { info: TokenInfo; secret: string } {
    const { count } = this.database.prepare("SELECT count(*) AS count FROM api_tokens").get() as { count: number };
    if (count >= TOKENS_MAX) {
      throw new ServentError(
        "too_many",
        `There are ${count} tokens already.`,
        "Delete some with `servent token revoke`.",
      );
    }
    const secret = `srv_${randomBytes(32).toString("base64url")}`;
    const createdAt = this.now();
    const info: TokenInfo = {
      id: `k_${randomBytes(6).toString("hex")}`,
      name,
      scopes: SCOPES.filter((scope) => scopes.includes(scope)),
      createdAt,
      expiresAt: lifeMs === undefined ? undefined : createdAt + lifeMs,
      usedAt: undefined,
    };
    this.database
      .prepare("INSERT INTO api_tokens (id, hash, name, scopes, created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?)")
      .run(info.id, hash(secret), name, info.scopes.join(" "), createdAt, info.expiresAt ?? null);
    return { info, secret };
  }

  tokens(): TokenInfo[] {
    return this.database
      .prepare("SELECT id, name, scopes, created_at, expires_at, used_at FROM api_tokens ORDER BY created_at, id")
      .all()
      .map((row) => tokenInfo(row as TokenRow));
  }

  deleteToken(id: string): void {
    const { changes } = this.database.prepare("DELETE FROM api_tokens WHERE id = ?").run(id);
    if (changes === 0)
      throw new ServentError("not_found", `There is no token ${id}.`, "`servent token ls` shows them.");
  }

  /** Is there one that still works? */
  hasToken(): boolean {
    const query = "SELECT 1 FROM api_tokens WHERE expires_at IS NULL OR expires_at > ? LIMIT 1";
    return this.database.prepare(query).get(this.now()) !== undefined;
  }

  callerByToken(secret: string): Caller | undefined {
    const row = this.database
      .prepare("SELECT id, name, scopes, created_at, expires_at, used_at FROM api_tokens WHERE hash = ?")
      .get(hash(secret)) as TokenRow | undefined;
    if (row === undefined) return undefined;
    const info = tokenInfo(row);
    const now = this.now();
    if (info.expiresAt !== undefined && info.expiresAt <= now) return undefined;
    if (now - (info.usedAt ?? 0) > USED_EVERY_MS) {
      this.writes.attempt(() =>
        this.database.prepare("UPDATE api_tokens SET used_at = ? WHERE id = ?").run(now, info.id),
      );
    }
    return { via: "token", scopes: info.scopes, expiresAt: info.expiresAt, key: info.id };
  }

  // ---- one-time codes

  createCode(): { code: string; expiresAt: number } {
    const letters = Array.from({ length: 12 }, () => CODE_LETTERS[randomInt(CODE_LETTERS.length)]).join("");
    const expiresAt = this.now() + CODE_LIFE_MS;
    const oldest = this.codes.keys().next().value;
    if (this.codes.size >= CODES_MAX && oldest !== undefined) this.codes.delete(oldest);
    this.codes.set(letters, expiresAt);
    return { code: letters.replace(/(....)(....)(....)/, "$1-$2-$3"), expiresAt };
  }

  /** True once, for a code that was given out in the last ten minutes. */
  takeCode(code: string): boolean {
    const letters = code.toUpperCase().replace(/[\s-]/g, "");
    const expiresAt = this.codes.get(letters);
    this.codes.delete(letters);
    return expiresAt !== undefined && expiresAt > this.now();
  }

  // ---- sessions

  createSession(scopes: readonly Scope[], lifeMs: number): { secret: string; expiresAt: number } {
    const secret = randomBytes(32).toString("base64url");
    const now = this.now();
    const expiresAt = now + lifeMs;
    this.database.prepare("DELETE FROM api_sessions WHERE expires_at <= ?").run(now);
    this.database
      .prepare("INSERT INTO api_sessions (hash, scopes, created_at, expires_at) VALUES (?, ?, ?, ?)")
      .run(hash(secret), scopes.join(" "), now, expiresAt);
    this.database
      .prepare(
        "DELETE FROM api_sessions WHERE hash NOT IN (SELECT hash FROM api_sessions ORDER BY created_at DESC LIMIT ?)",
      )
      .run(SESSIONS_MAX);
    return { secret, expiresAt };
  }

  callerBySession(secret: string): Caller | undefined {
    const digest = hash(secret);
    const row = this.database.prepare("SELECT scopes, expires_at FROM api_sessions WHERE hash = ?").get(digest) as
      | { scopes: string; expires_at: number }
      | undefined;
    if (row === undefined || row.expires_at <= this.now()) return undefined;
    const key = `s_${digest.toString("hex").slice(0, 12)}`;
    return { via: "cookie", scopes: readScopes(row.scopes), expiresAt: row.expires_at, key };
  }

  endSession(secret: string): void {
    this.database.prepare("DELETE FROM api_sessions WHERE hash = ?").run(hash(secret));
  }
}

/** A type, not an interface: only so does it count as what SQLite returns. */
type TokenRow = {
  readonly id: string;
  readonly name: string;
  readonly scopes: string;
  readonly created_at: number;
  readonly expires_at: number | null;
  readonly used_at: number | null;
};

function tokenInfo(row: TokenRow): TokenInfo {
  return {
    id: row.id,
    name: row.name,
    scopes: readScopes(row.scopes),
    createdAt: row.created_at,
    expiresAt: row.expires_at ?? undefined,
    usedAt: row.used_at ?? undefined,
  };
}

function readScopes(text: string): Scope[] {
  const words = text.split(" ");
  return SCOPES.filter((scope) => words.includes(scope));
}

function hash(secret: string): Buffer {
  return createHash("sha256").update(secret).digest();
}
