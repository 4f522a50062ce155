import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readTextFile, writeTextFile } from "./text-files.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "servent-text-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test("a file is written with the folders above it, and read again up to a bound", () => {
  const file = path.join(folder, "a/b/c.txt");
  writeTextFile(file, "tide");
  writeTextFile(file, "tide table");
  expect(readFileSync(file, "utf8")).toBe("tide table");
  expect(readTextFile(file, "c.txt", 100)).toBe("tide table");
  expect(() => readTextFile(file, "c.txt", 5)).toThrow(/has more than/);
});

test("where nothing can be made, that is said at once", () => {
  expect(() => writeTextFile("/proc/no/such/file.txt", "x")).toThrow(/cannot be written/);
});

test("a folder, and a file that is not there, are told apart", () => {
  expect(() => readTextFile(folder, "it", 5)).toThrow("it is a folder.");
  expect(() => readTextFile(path.join(folder, "none"), "none", 5)).toThrow("There is no file none.");
});
