import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { SideWrites } from "../base/side-writes.ts";
import { Memory } from "./database.ts";

test("what a full disk does not take is told once, and the next that fits is remembered", () => {
  const problems: unknown[] = [];
  const db = new DatabaseSync(":memory:");
  const memory = new Memory(db, new SideWrites((error) => problems.push(error)));
  memory.remember("hosts", [1]);
  // As small as it is now.
  db.exec("PRAGMA max_page_count = 1");
  const large = "x".repeat(50_000);

  memory.remember("hosts", [large]);
  memory.remember("hosts", [large]);

  expect(problems).toEqual([expect.objectContaining({ errcode: 13 })]);
  expect(memory.recall("hosts")).toEqual([1]);
  memory.remember("port", 6346);
  expect(memory.recall("port")).toBe(6346);
  memory.remember("hosts", [large]);
  expect(problems.length).toBe(2);
});
