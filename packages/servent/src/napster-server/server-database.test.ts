import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { AccountStore } from "./account-store.ts";
import { openServerDatabase, readServerDatabase } from "./server-database.ts";

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "servent-accounts-"));
  file = path.join(folder, "napster-server.db");
});
afterEach(() => rmSync(folder, { recursive: true }));

function countIn(database: DatabaseSync): number {
  const { count } = new AccountStore(database, false, () => {});
  database.close();
  return count;
}

test("whoever only looks makes no file and no tables", () => {
  expect(countIn(readServerDatabase(file))).toBe(0);
  expect(existsSync(file)).toBe(false);
  const other = new DatabaseSync(file);
  other.exec("CREATE TABLE notes (text TEXT)");
  other.close();
  expect(countIn(readServerDatabase(file))).toBe(0);
});

test("whoever only looks sees the accounts, and can change none", async () => {
  const database = openServerDatabase(file);
  await new AccountStore(database, false, () => {}).add({ nick: "anna", email: "", level: 1, lastSeen: 0 }, "secret99");
  database.close();
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const looking = readServerDatabase(file);
  expect(() => looking.exec("DELETE FROM napster_accounts")).toThrow("readonly");
  expect(countIn(looking)).toBe(1);
});

test("a file that is no database is refused, and not as one that may not be opened", () => {
  writeFileSync(file, "notes of somebody else, longer than the head of a database\n".repeat(20));
  for (const open of [openServerDatabase, readServerDatabase]) {
    expect(() => open(file)).toThrowError(expect.objectContaining({ code: "refused" }));
  }
});
