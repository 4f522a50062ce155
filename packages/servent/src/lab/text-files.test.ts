import { existsSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readTextFile, writeTextFile } from "./text-files.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "servent-text-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

test("a file is written whole, with the folders above it, and nothing else stays behind", () => {
  const file = path.join(folder, "a/b/c.txt");
  writeTextFile(file, "one");
  writeTextFile(file, "two");

  expect(readTextFile(file, "c.txt", 10)).toBe("two");
  expect(readdirSync(path.dirname(file))).toEqual(["c.txt"]);
});

test("what cannot be written is told", () => {
  writeFileSync(path.join(folder, "file"), "");
  expect(() => writeTextFile(path.join(folder, "file/below.txt"), "")).toThrow(
    expect.objectContaining({ code: "permission", message: expect.stringContaining("below.txt cannot be written") }),
  );
});

test.skipIf(!existsSync("/proc/self"))("where no folder can be made it ends as well", () => {
  expect(() => writeTextFile("/proc/servent/result.json", "")).toThrow(expect.objectContaining({ code: "permission" }));
});

test("a file that is longer than it may be is not read to its end", () => {
  const file = path.join(folder, "long");
  writeFileSync(file, "x".repeat(2_000_001));
  expect(readTextFile(file, "long", 2_000_001)).toHaveLength(2_000_001);
  expect(() => readTextFile(file, "long", 2_000_000)).toThrow("long has more than 2 MB.");
});

test("a link that goes round in a circle is an error, not an end", () => {
  const link = path.join(folder, "link");
  symlinkSync(link, link);
  expect(() => readTextFile(link, "link", 10)).toThrow(expect.objectContaining({ code: "permission" }));
});

test("a folder, and a file that is not there, are told apart", () => {
  expect(() => readTextFile(folder, "it", 5)).toThrow("it is a folder.");
  expect(() => readTextFile(path.join(folder, "none"), "none", 5)).toThrow("There is no file none.");
});
