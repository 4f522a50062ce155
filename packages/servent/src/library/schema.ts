// The library's tables, as numbered steps. All names begin with `library_`: the database is shared with other parts.
import type { DatabaseSync } from "node:sqlite";
import { ServentError } from "../base/servent-error.ts";

/** Append only. A step that has ever been released is never edited. */
const STEPS = [
  `
  CREATE TABLE library_shares (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    path TEXT NOT NULL UNIQUE,          -- real path of the folder
    alias TEXT NOT NULL UNIQUE,
    exclude TEXT NOT NULL,              -- JSON array of globs
    scanned_at TEXT,
    scan INTEGER NOT NULL DEFAULT 0,    -- number of the last full scan
    files INTEGER NOT NULL DEFAULT 0,   -- offered
    bytes INTEGER NOT NULL DEFAULT 0,
    removed INTEGER NOT NULL DEFAULT 0  -- its rows are being deleted
  );
  CREATE TABLE library_folders (
    id INTEGER PRIMARY KEY,
    share INTEGER NOT NULL,
    path TEXT NOT NULL,                 -- relative to the share, '/' between names; '' is the share itself
    device REAL NOT NULL,
    scan INTEGER NOT NULL,
    UNIQUE (share, path)
  );
  -- The id is the file's index in hits and in the keyword index. It is never given twice.
  -- Inode and time are REAL: 64 bits do not fit a JavaScript number, and for "is it the same?" a rounded one will do.
  CREATE TABLE library_files (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    folder INTEGER NOT NULL,
    name TEXT NOT NULL,
    size INTEGER NOT NULL,
    modified REAL NOT NULL,             -- Unix ms
    inode REAL NOT NULL,
    shared_at INTEGER NOT NULL,         -- Unix s
    identity BLOB,                      -- SHA-1 (20 bytes) and root of the Tiger tree (24); NULL until hashed
    UNIQUE (folder, name)
  );
  CREATE INDEX library_files_sha1 ON library_files (substr(identity, 1, 20)) WHERE identity IS NOT NULL;
  CREATE INDEX library_files_unhashed ON library_files (id) WHERE identity IS NULL;
  CREATE TABLE library_trees (file INTEGER PRIMARY KEY, block_size INTEGER NOT NULL, nodes BLOB NOT NULL);
  -- Bit maps over file ids: 'known' (has a row) and 'offered' (hashed, and there at the last look).
  CREATE TABLE library_sets (name TEXT NOT NULL, page INTEGER NOT NULL, bits BLOB NOT NULL, PRIMARY KEY (name, page));
  -- The keyword index. A segment counts once it is complete.
  CREATE TABLE library_segments (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    first INTEGER NOT NULL, last INTEGER NOT NULL, tier INTEGER NOT NULL,
    word_bytes INTEGER NOT NULL, words INTEGER NOT NULL, list_bytes INTEGER NOT NULL,
    state TEXT NOT NULL                 -- 'building', 'complete', 'old'
  );
  CREATE TABLE library_segment_parts (segment INTEGER NOT NULL, part INTEGER NOT NULL, bytes BLOB NOT NULL, PRIMARY KEY (segment, part));
  `,
];

/** Brings the tables to the present form. Throws ServentError `conflict` where a newer program has been here. */
export function migrateLibrary(db: DatabaseSync): void {
  db.exec("CREATE TABLE IF NOT EXISTS library_schema (version INTEGER NOT NULL)");
  const row = db.prepare("SELECT max(version) AS version FROM library_schema").get();
  const version = Number(row?.["version"] ?? 0);
  if (version > STEPS.length) {
    throw new ServentError(
      "conflict",
      `The library in this database is of version ${version}; this program knows ${STEPS.length}.`,
      "Use the newer program, or another profile.",
    );
  }
  for (const [i, step] of STEPS.entries()) {
    if (i < version) continue;
    db.exec("BEGIN IMMEDIATE");
    try {
      db.exec(step);
      db.prepare("INSERT INTO library_schema (version) VALUES (?)").run(i + 1);
      db.exec("COMMIT");
    } catch (error) {
      db.exec("ROLLBACK");
      throw error;
    }
  }
}
