// Accounts, bans and the certificate of an index server, in one SQLite file. Passwords are kept as scrypt hashes only.
import type { DatabaseSync } from "node:sqlite";
import type { Account, Accounts, Level, Verdict } from "@servent/overlay/protocols/napster/server/accounts.ts";
import type { Ban } from "@servent/overlay/protocols/napster/server/bans.ts";
import { foldNick } from "@servent/overlay/protocols/napster/nick.ts";
import { SideWrites } from "../base/side-writes.ts";
import { LIMITS } from "./limits.ts";
import { type PasswordHash, PasswordHasher, TooBusy } from "./password-hash.ts";

/** A certificate and its private key, PEM. */
export interface CertificatePair {
  readonly certificate: string;
  readonly key: string;
}

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS napster_accounts (
    folded TEXT PRIMARY KEY, nick TEXT NOT NULL, password TEXT NOT NULL, email TEXT NOT NULL,
    level INTEGER NOT NULL, created INTEGER NOT NULL, seen INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS napster_bans (
    mask TEXT PRIMARY KEY, by_nick TEXT NOT NULL, reason TEXT NOT NULL, at INTEGER NOT NULL, seconds INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS napster_certificate (
    one INTEGER PRIMARY KEY CHECK (one = 1), certificate TEXT NOT NULL, key TEXT NOT NULL
  ) STRICT;
`;

export class AccountStore implements Accounts {
  readonly mayCreate: boolean;
  private readonly db: DatabaseSync;
  private readonly hasher = new PasswordHasher();
  private readonly statements: ReturnType<typeof prepare>;
  private readonly onUnwritten: (error: unknown) => void;
  private readonly writes: SideWrites;
  private answer: (ticket: number, verdict: Verdict) => void = () => {};
  private isClosed = false;

  /**
   * @param mayCreate Anybody may make himself an account.
   * @param onUnwritten Hears when something could not be written, as on a full disk; the server goes on without.
   */
  constructor(db: DatabaseSync, mayCreate: boolean, onUnwritten: (error: unknown) => void) {
    this.db = db;
    this.mayCreate = mayCreate;
    this.onUnwritten = onUnwritten;
    this.writes = new SideWrites(onUnwritten);
    db.exec(SCHEMA);
    this.statements = prepare(db);
  }

  /** Where answers about passwords go. */
  attach(server: { onAccount(ticket: number, verdict: Verdict): void }): void {
    this.answer = (ticket, verdict) => server.onAccount(ticket, verdict);
  }

  /** No answer comes any more; the database stays open. */
  close(): void {
    this.isClosed = true;
  }

  // --- what the server asks

  find(nick: string): Account | undefined {
    const row = this.statements.find.get(foldNick(nick));
    return row === undefined ? undefined : accountOf(row);
  }

  check(nick: string, password: string, ticket: number): void {
    const hash = this.statements.password.get(foldNick(nick))?.password as PasswordHash | undefined;
    this.later(ticket, async () => hash !== undefined && (await this.hasher.matches(password, hash)));
  }

  create(account: Account, password: string, ticket: number): void {
    this.later(ticket, () => this.add(account, password));
  }

  setPassword(nick: string, password: string, ticket: number): void {
    this.later(ticket, async () => {
      const hash = await this.hasher.hash(password);
      return !this.isClosed && this.statements.setPassword.run(hash, foldNick(nick)).changes > 0;
    });
  }

  setLevel(nick: string, level: Level): boolean {
    return this.change(() => this.statements.setLevel.run(level, foldNick(nick)));
  }

  setEmail(nick: string, email: string): boolean {
    return this.change(() => this.statements.setEmail.run(email, foldNick(nick)));
  }

  remove(nick: string): boolean {
    return this.change(() => this.statements.remove.run(foldNick(nick)));
  }

  seen(nick: string): void {
    this.change(() => this.statements.seen.run(now(), foldNick(nick)));
  }

  // --- what its operator asks

  /** False: there is one of that name, or too many. */
  async add({ nick, email, level }: Account, password: string): Promise<boolean> {
    const hash = await this.hasher.hash(password);
    if (this.isClosed || this.count >= LIMITS.accountsMax) return false;
    return this.statements.add.run(foldNick(nick), nick, hash, email, level, now()).changes > 0;
  }

  get count(): number {
    return this.statements.count.get()?.count as number;
  }

  /** In the order of their names. */
  all(): readonly Account[] {
    return this.statements.all.all().map(accountOf);
  }

  bans(): readonly Ban[] {
    return this.statements.bans.all().map((row) => ({
      mask: row.mask as string,
      by: row.by_nick as string,
      reason: row.reason as string,
      at: row.at as number,
      seconds: row.seconds as number,
    }));
  }

  setBans(bans: readonly Ban[]): void {
    this.writes.attempt(() => {
      this.db.exec("BEGIN");
      try {
        this.db.exec("DELETE FROM napster_bans");
        for (const { mask, by, reason, at, seconds } of bans) this.statements.addBan.run(mask, by, reason, at, seconds);
        this.db.exec("COMMIT");
      } catch (error) {
        this.db.exec("ROLLBACK");
        throw error;
      }
    });
  }

  certificate(): CertificatePair | undefined {
    const row = this.statements.certificate.get();
    return row === undefined ? undefined : { certificate: row.certificate as string, key: row.key as string };
  }

  setCertificate({ certificate, key }: CertificatePair): void {
    this.statements.setCertificate.run(certificate, key);
  }

  /** True where something was changed. */
  private change(write: () => { readonly changes: number | bigint }): boolean {
    let isChanged = false;
    this.writes.attempt(() => {
      isChanged = write().changes > 0;
    });
    return isChanged;
  }

  private later(ticket: number, work: () => Promise<boolean>): void {
    work().then(
      (isRight) => this.say(ticket, isRight ? "right" : "wrong"),
      (error: unknown) => {
        if (!(error instanceof TooBusy)) this.onUnwritten(error);
        this.say(ticket, "busy");
      },
    );
  }

  private say(ticket: number, verdict: Verdict): void {
    if (!this.isClosed) this.answer(ticket, verdict);
  }
}

function prepare(db: DatabaseSync) {
  return {
    find: db.prepare("SELECT nick, email, level, seen FROM napster_accounts WHERE folded = ?"),
    password: db.prepare("SELECT password FROM napster_accounts WHERE folded = ?"),
    add: db.prepare("INSERT OR IGNORE INTO napster_accounts VALUES (?, ?, ?, ?, ?, ?, 0)"),
    setPassword: db.prepare("UPDATE napster_accounts SET password = ? WHERE folded = ?"),
    setLevel: db.prepare("UPDATE napster_accounts SET level = ? WHERE folded = ?"),
    setEmail: db.prepare("UPDATE napster_accounts SET email = ? WHERE folded = ?"),
    remove: db.prepare("DELETE FROM napster_accounts WHERE folded = ?"),
    seen: db.prepare("UPDATE napster_accounts SET seen = ? WHERE folded = ?"),
    count: db.prepare("SELECT count(*) AS count FROM napster_accounts"),
    all: db.prepare("SELECT nick, email, level, seen FROM napster_accounts ORDER BY folded"),
    bans: db.prepare("SELECT mask, by_nick, reason, at, seconds FROM napster_bans ORDER BY rowid"),
    addBan: db.prepare("INSERT INTO napster_bans VALUES (?, ?, ?, ?, ?)"),
    certificate: db.prepare("SELECT certificate, key FROM napster_certificate"),
    setCertificate: db.prepare("INSERT OR REPLACE INTO napster_certificate VALUES (1, ?, ?)"),
  };
}

function accountOf(row: Record<string, unknown>): Account {
  return {
    nick: row.nick as string,
    email: row.email as string,
    level: row.level as Level,
    lastSeen: row.seen as number,
  };
}

function now(): number {
  return Math.floor(Date.now() / 1000);
}
