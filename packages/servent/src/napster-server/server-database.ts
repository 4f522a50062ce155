// The file of an index server: accounts, bans, and the private key of its certificate, so it is its owner's alone.
import { chmodSync, statSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { openDatabase } from "../daemon/database.ts";

/** Throws ServentError: `permission` where the file cannot be opened, `refused` where it is no database. */
export function openServerDatabase(file: string): DatabaseSync {
  const database = openDatabase(file);
  // SQLite gives its side files the same mode.
  chmodSync(file, 0o600);
  return database;
}

/** Only to look at: it cannot be written, and is an empty one where the file is not there yet. Throws as `openServerDatabase`. */
export function readServerDatabase(file: string): DatabaseSync {
  if ((statSync(file, { throwIfNoEntry: false })?.size ?? 0) === 0) return new DatabaseSync(":memory:");
  const database = openDatabase(file, { readOnly: true });
  if (database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'napster_accounts'").get() !== undefined)
    return database;
  database.close();
  return new DatabaseSync(":memory:");
}
