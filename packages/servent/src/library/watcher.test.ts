import { mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { LibraryFixture } from "./library-fixture.ts";
import { ShareWatcher } from "./watcher.ts";

let fixture: LibraryFixture;
let watcher: ShareWatcher | undefined;
let changed: Set<string>;
let notes: string[];

beforeEach(() => {
  fixture = new LibraryFixture();
  changed = new Set();
  notes = [];
});

afterEach(async () => {
  watcher?.close();
  await fixture.dispose();
});

function watch(folders: readonly string[], foldersMax = 100): ShareWatcher {
  watcher = new ShareWatcher({
    root: fixture.root,
    foldersMax,
    onChanged: ({ folders, trees }) => {
      for (const folder of folders) changed.add(folder);
      for (const tree of trees) changed.add(`${tree} and below`);
    },
    onGivenUp: (note) => notes.push(note),
  });
  for (const folder of folders) watcher.add(folder);
  return watcher;
}

function seen(): string[] {
  return [...changed].sort();
}

// Elsewhere the system watches whole trees and tells less.
describe.skipIf(process.platform !== "linux")("a watcher", () => {
  test("tells the folder in which a file came, changed or went", async () => {
    const path = fixture.write("a/one.txt");
    watch(["", "a"]);

    fixture.write("a/one.txt", "more");
    await expect.poll(seen, { timeout: 5000 }).toEqual(["a"]);
    changed.clear();
    rmSync(path);

    await expect.poll(seen, { timeout: 5000 }).toEqual(["a"]);
  });

  test("tells a flock of changes at once", async () => {
    let told = 0;
    watcher = new ShareWatcher({ root: fixture.root, onChanged: () => told++, onGivenUp: () => undefined });
    watcher.add("");

    for (let i = 0; i < 200; i++) fixture.write(`${i}.txt`);

    await expect.poll(() => told, { timeout: 5000 }).toBe(1);
  });

  test("tells that a folder was moved, with all below it, and no longer watches it", async () => {
    fixture.write("a/b/one.txt");
    watch(["", "a", "a/b"]);

    renameSync(join(fixture.root, "a"), join(fixture.root, "c"));
    await expect.poll(seen, { timeout: 5000 }).toContain("a and below");
    changed.clear();
    fixture.write("c/b/two.txt");
    mkdirSync(join(fixture.root, "d"));

    await expect.poll(seen, { timeout: 5000 }).toEqual([""]);
  });

  test("gives up where there are too many folders, and says so once", () => {
    const watcher = watch(["", "a", "b"], 2);
    watcher.add("c");

    expect(notes).toEqual([]);
    mkdirSync(join(fixture.root, "a"));
    mkdirSync(join(fixture.root, "b"));
    for (const folder of ["a", "b", "c"]) watcher.add(folder);

    expect(notes).toEqual(["The share has more than 2 folders; changes are seen at the next scan."]);
  });

  test("a folder that is not there is no reason to give up", () => {
    watch(["", "gone"]);

    expect(notes).toEqual([]);
  });
});
