// The profile's one database file, and a small table for what is remembered by name.
import { DatabaseSync } from "node:sqlite";
import { ServentError } from "../base/servent-error.ts";
import type { SideWrites } from "../base/side-writes.ts";

/** SQLITE_NOTADB of SQLite's result codes. */
const NO_DATABASE = 26;

/** Throws ServentError: `permission` where the file cannot be opened, `refused` where it is no database. */
export function openDatabase(file: string, { readOnly = false } = {}): DatabaseSync {
  try {
    const db = new DatabaseSync(file, { readOnly });
    if (readOnly) {
      // Whether it is a database shows when it is read.
      db.prepare("SELECT count(*) FROM sqlite_schema").get();
      return db;
    }
    // kill -9 loses nothing in WAL mode; a power cut may lose the last moments, never the file.
    db.exec(
      "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA busy_timeout = 5000; PRAGMA foreign_keys = ON",
    );
    return db;
  } catch (cause) {
    if ((cause as { readonly errcode?: unknown }).errcode === NO_DATABASE) {
      const hint = "Name another file, or move this one away: a new one is made where there is none.";
      throw new ServentError("refused", `${file} is no database.`, hint, { cause });
    }
    throw new ServentError(
      "permission",
      `The database ${file} cannot be opened: ${cause instanceof Error ? cause.message : String(cause)}.`,
      "Check that the file and its folder are yours; a copy of a broken file can be moved away, and a new one is made.",
      { cause },
    );
  }
}

/** Small values that must outlive the process: ids, ports, known hosts. */
export class Memory {
  private readonly db: DatabaseSync;
  private readonly writes: SideWrites;

  constructor(db: DatabaseSync, writes: SideWrites) {
    this.db = db;
    this.writes = writes;
    db.exec("CREATE TABLE IF NOT EXISTS memory (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT");
  }

  recall(name: string): unknown {
    const row = this.db.prepare("SELECT value FROM memory WHERE name = ?").get(name);
    return row === undefined ? undefined : JSON.parse(row.value as string);
  }

  /** Where it cannot be written, what was remembered before stays. */
  remember(name: string, value: unknown): void {
    this.writes.attempt(() =>
      this.db.prepare("INSERT OR REPLACE INTO memory (name, value) VALUES (?, ?)").run(name, JSON.stringify(value)),
    );
  }
}
