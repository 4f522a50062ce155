// The file of an index server: accounts, bans, and the private key of its certificate, so it is its owner's alone.
import { chmodSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import { openDatabase } from "../daemon/database.ts";

/** Throws ServentError `permission` where the file cannot be opened or is no database. */
export function openServerDatabase(file: string): DatabaseSync {
  const database = openDatabase(file);
  // SQLite gives its side files the same mode.
  chmodSync(file, 0o600);
  return database;
}
