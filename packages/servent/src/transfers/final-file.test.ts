import {
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ServentError } from "../base/servent-error.ts";
import { finishFile } from "./final-file.ts";

let root: string;
let part: string;
let folder: string;
const chosen: string[] = [];

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "servent-final-"));
  part = join(root, "t_1.part");
  folder = join(root, "downloads");
  writeFileSync(part, "whole", { mode: 0o600 });
  chosen.length = 0;
});
afterEach(() => rmSync(root, { recursive: true }));

function finish(more: Partial<Parameters<typeof finishFile>[0]> = {}): Promise<string> {
  return finishFile({
    part,
    folder,
    name: "a.txt",
    onConflict: "rename",
    chosen: undefined,
    choose: (path) => chosen.push(path),
    ...more,
  });
}

test("the part gets its name, the folder is made, and the usual rights are given", async () => {
  const path = await finish();

  expect(path).toBe(join(folder, "a.txt"));
  expect(readFileSync(path, "utf8")).toBe("whole");
  expect(readdirSync(root)).toEqual(["downloads"]);
  expect(statSync(path).mode & 0o777).toBe(0o666 & ~process.umask());
  expect(chosen).toEqual([path]);
});

test("neither a file, nor a folder, nor a dangling link of that name is touched", async () => {
  mkdirSync(folder);
  writeFileSync(join(folder, "a.txt"), "old");
  mkdirSync(join(folder, "a (2).txt"));
  symlinkSync("/nowhere/at/all", join(folder, "a (3).txt"));

  const path = await finish();

  expect(path).toBe(join(folder, "a (4).txt"));
  expect(readFileSync(join(folder, "a.txt"), "utf8")).toBe("old");
});

test("where names must not be changed a taken one is a conflict, and the part stays", async () => {
  mkdirSync(folder);
  writeFileSync(join(folder, "a.txt"), "old");

  await expect(finish({ onConflict: "skip" })).rejects.toThrow(ServentError);

  expect(readFileSync(part, "utf8")).toBe("whole");
});

test("an interruption after the link is repaired, one before it starts over", async () => {
  mkdirSync(folder);
  const path = join(folder, "a.txt");
  expect(await finish({ chosen: path })).toBe(path);
  expect(await finish({ chosen: path })).toBe(path);

  linkSync(path, part);
  expect(await finish({ chosen: path })).toBe(path);
  expect(readdirSync(root)).toEqual(["downloads"]);
});

test("a chosen path that somebody else took meanwhile is left to them", async () => {
  mkdirSync(folder);
  writeFileSync(join(folder, "a.txt"), "other");

  const path = await finish({ chosen: join(folder, "a.txt") });

  expect(path).toBe(join(folder, "a (2).txt"));
  expect(readFileSync(join(folder, "a.txt"), "utf8")).toBe("other");
});

test("names that are no plain names are our own mistake", async () => {
  for (const name of ["", ".", "..", "a/b", "../a"]) await expect(finish({ name })).rejects.toThrow("assertion failed");
});
