import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { writeWholeFile } from "./whole-file.ts";

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "servent-whole-"));
  file = path.join(folder, "it.json");
});
afterEach(() => rmSync(folder, { recursive: true }));

test("the new file takes the place of the old one, and what a crash left beside it is gone", () => {
  writeFileSync(file, "old");
  writeFileSync(`${file}.new`, "half of a longer o");

  writeWholeFile(file, "new", { mode: 0o600 });

  expect(readFileSync(file, "utf8")).toBe("new");
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readdirSync(folder)).toEqual(["it.json"]);
});

test("until the new file is whole the old one stays, and also where the last step fails", () => {
  writeFileSync(file, "old");
  const seen: string[] = [];
  const temporary = path.join(folder, "mine");
  const beforeSwap = (): void => {
    seen.push(readFileSync(file, "utf8"), readFileSync(temporary, "utf8"));
    throw new Error("stop here");
  };

  expect(() => writeWholeFile(file, "new", { mode: 0o600, temporary, beforeSwap })).toThrow("stop here");

  expect(seen).toEqual(["old", "new"]);
  expect(readFileSync(file, "utf8")).toBe("old");
});

test("where no file can be made the system says why", () => {
  expect(() => writeWholeFile(path.join(folder, "none/it.json"), "new", { mode: 0o600 })).toThrow(
    expect.objectContaining({ code: "ENOENT" }),
  );
  expect(existsSync(path.join(folder, "none"))).toBe(false);
});
