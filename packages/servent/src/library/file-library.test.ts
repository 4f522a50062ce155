import { createHash } from "node:crypto";
import {
  appendFileSync,
  mkdirSync,
  readSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { tigerBlock } from "@servent/overlay/base/tiger.ts";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { FileLibrary } from "./file-library.ts";
import type { SharedFile } from "./library.ts";
import { LibraryFixture } from "./library-fixture.ts";

let fixture: LibraryFixture;

beforeEach(() => {
  fixture = new LibraryFixture();
});

afterEach(() => fixture.dispose());

function paths(library: FileLibrary): string[] {
  return library.list(0, 1000).items.map((file) => file.virtualPath);
}

function only(library: FileLibrary, words: string): SharedFile {
  const [file, ...others] = library.match(words, 10);
  if (file === undefined || others.length > 0) throw new Error(`${others.length + Number(file !== undefined)} hits`);
  return file;
}

describe("a shared folder", () => {
  test("is scanned and hashed, and its files are found by words, hash and index", async () => {
    fixture.write("Big Band/Blue Train.ogg", "tschu tschu");
    fixture.write("notes.txt", "la la");

    const library = await fixture.sharing();

    const file = only(library, "BLUE band");
    expect(file.virtualPath).toBe("Music/Big Band/Blue Train.ogg");
    expect(Buffer.from(file.sha1 ?? [])).toEqual(createHash("sha1").update("tschu tschu").digest());
    expect(file.tigerRoot).toEqual(tigerBlock(new TextEncoder().encode("tschu tschu")));
    expect(library.bySha1(file.sha1 ?? new Uint8Array())).toEqual(file);
    expect(library.byIndex(file.index)).toEqual(file);
    expect(library.tigerLevel(file)).toEqual({ blockSize: 1 << 20, nodes: file.tigerRoot });
    expect(library.totals()).toEqual({ files: 2, bytes: 16 });
    expect(library.list(0, 10, "notes")).toMatchObject({ total: 1, items: [{ name: "notes.txt" }] });
    expect(library.shares()).toEqual([
      expect.objectContaining({ id: "s_1", path: fixture.root, as: "Music", files: 2, bytes: 16, problems: 0 }),
    ]);
    const words: string[] = [];
    library.forEachWord((word) => words.push(word));
    expect(words.sort()).toEqual(["band", "big", "blue", "music", "notes", "ogg", "train", "txt"]);
  });

  test("keeps the tree level of large files", async () => {
    fixture.write("large.bin", Buffer.alloc(2_500_000, 7));
    const library = await fixture.sharing();

    const level = library.tigerLevel(only(library, "large"));

    expect(level?.blockSize).toBe(1 << 20);
    expect(level?.nodes.length).toBe(3 * 24);
    expect(level?.nodes.subarray(48)).toEqual(tigerBlock(Buffer.alloc(2_500_000 - 2 * (1 << 20), 7)));
  });

  test("is not hashed again after a restart, and is offered at once", async () => {
    fixture.write("a.txt");
    fixture.write("b.txt");
    const first = await fixture.sharing();
    const before = paths(first);
    await fixture.close(first);
    // Same size and time: only a reader would notice, and nobody reads what seems unchanged.
    const time = new Date(1_600_000_000_000);
    utimesSync(join(fixture.root, "a.txt"), time, time);

    const second = await fixture.library({ scanOnStart: false });

    expect(paths(second)).toEqual(before);
    await fixture.rescan(second);
    expect(second.share("s_1").progress.filesHashed).toBe(1);
    expect(paths(second)).toEqual(before);
  });

  test("follows what happens on disk: new, changed, moved and deleted files", async () => {
    fixture.write("a/old.txt", "old");
    fixture.write("a/gone.txt");
    fixture.write("b/moved.txt");
    const library = await fixture.sharing();
    const version = library.version;

    fixture.write("a/old.txt", "new content");
    rmSync(join(fixture.root, "a/gone.txt"));
    renameSync(join(fixture.root, "b"), join(fixture.root, "c"));
    fixture.write("d/e/f/fresh.txt");
    await fixture.rescan(library);

    expect(library.share("s_1").progress).toMatchObject({ filesFound: 3, filesHashed: 3 });
    expect(paths(library).sort()).toEqual(["Music/a/old.txt", "Music/c/moved.txt", "Music/d/e/f/fresh.txt"]);
    expect(only(library, "old").sha1).toEqual(Uint8Array.from(createHash("sha1").update("new content").digest()));
    expect(library.version).toBeGreaterThan(version);
  });

  test("obeys its own and the general exclusions, also when they change", async () => {
    fixture.write("keep.txt");
    fixture.write("mine.tmp");
    fixture.write("cache/x.txt");
    fixture.write(".hidden");
    const library = await fixture.library();
    await library.add({ path: fixture.root, as: "Music", exclude: ["cache"] });
    await fixture.settled(library);
    expect(paths(library).sort()).toEqual(["Music/keep.txt", "Music/mine.tmp"]);

    library.setExclude(["*.tmp"]);
    await fixture.settled(library);
    expect(paths(library)).toEqual(["Music/keep.txt"]);

    library.setHidden(true);
    await fixture.settled(library);
    expect(paths(library).sort()).toEqual(["Music/.hidden", "Music/keep.txt"]);
  });

  test("tells its progress, at most twice a second, and its end", async () => {
    for (let i = 0; i < 300; i++) fixture.write(`folder ${i % 30}/${i}.txt`);
    const from = performance.now();
    await fixture.sharing();
    const seconds = (performance.now() - from) / 1000;

    const scans = fixture.events.filter(({ type }) => type === "share.scan");
    expect(scans.length).toBeGreaterThan(0);
    expect(scans.length).toBeLessThanOrEqual(2 + 2 * seconds);
    const last = (type: string) => fixture.events.findLast((event) => event.type === type)?.data;
    await fixture.until("the end is told", () => last("share.scan")?.["state"] === "idle");
    await fixture.until("the change is told", () => last("share.changed")?.["files"] === 300);
    expect(last("share.scan")).toMatchObject({ id: "s_1", filesHashed: 300, filesFound: 300, current: "" });
  });

  test("can be removed, which forgets all about it", async () => {
    fixture.write("a.txt");
    const library = await fixture.sharing();
    const file = only(library, "txt");

    await library.remove("s_1");

    expect(library.shares()).toEqual([]);
    expect(library.totals()).toEqual({ files: 0, bytes: 0 });
    expect(library.match("txt", 10)).toEqual([]);
    expect(library.byIndex(file.index)).toBeUndefined();
    expect(library.open(file)).toBeUndefined();
    await expect(library.add({ path: fixture.root, as: "Music" })).resolves.toMatchObject({ as: "Music" });
  });

  test("is refused twice, in another share, or as what must not be shared", async () => {
    mkdirSync(join(fixture.root, "sub"));
    mkdirSync(join(fixture.folder, "data"));
    const library = await fixture.library({ protectedPaths: [join(fixture.folder, "data")] });
    const [first, second] = await Promise.allSettled([
      library.add({ path: fixture.root }),
      library.add({ path: fixture.root }),
    ]);

    expect(first.status).toBe("fulfilled");
    expect(second).toMatchObject({ status: "rejected", reason: { code: "conflict" } });
    await expect(library.add({ path: join(fixture.root, "sub") })).rejects.toMatchObject({ code: "conflict" });
    await expect(library.add({ path: join(fixture.folder, "data") })).rejects.toMatchObject({ code: "share_refused" });
    await expect(library.add({ path: fixture.folder })).rejects.toMatchObject({ code: "share_refused" });
    await expect(library.preview({ path: fixture.folder })).rejects.toMatchObject({ code: "share_refused" });
    expect(() => library.share("s_99")).toThrow(expect.objectContaining({ code: "not_found" }));
  });

  test("can be looked at before it is shared", async () => {
    fixture.write("a/large.bin", "x".repeat(100));
    fixture.write("small.txt", "x");
    fixture.write("junk.part");
    fixture.write("private/x.txt");
    const library = await fixture.library();

    const preview = await library.preview({ path: fixture.root, exclude: ["private"] });

    expect(preview).toEqual({
      path: fixture.root,
      files: 2,
      bytes: 101,
      largest: [
        { path: "a/large.bin", size: 100 },
        { path: "small.txt", size: 1 },
      ],
      excluded: expect.arrayContaining([
        { path: "junk.part", why: "matches *.part" },
        { path: "private", why: "matches private" },
      ]),
      truncated: false,
    });
    expect(library.shares()).toEqual([]);
  });

  test("hashes slower or faster as it is told, and stops when cancelled until the next scan", async () => {
    fixture.write("slow.bin", Buffer.alloc(5_000_000));
    const library = await fixture.library({ hashRate: 10_000 });
    await library.add({ path: fixture.root, as: "Music" });
    await fixture.until("it hashes", () => library.share("s_1").progress.state === "hashing");
    await expect.poll(() => library.share("s_1").progress.bytesHashed, { timeout: 10_000 }).toBeGreaterThan(0);
    expect(library.share("s_1").progress).toMatchObject({ bytesToHash: 5_000_000, current: "slow.bin" });

    library.cancelScan("s_1");
    await fixture.settled(library);
    expect(library.totals().files).toBe(0);
    expect(library.problems("s_1")).toEqual([]);

    library.setHashRate(0);
    await fixture.rescan(library);
    expect(library.totals().files).toBe(1);
  });
});

describe("opening a shared file", () => {
  let library: FileLibrary;
  let file: SharedFile;

  beforeEach(async () => {
    const path = fixture.write("a/song.ogg", "la la la");
    utimesSync(path, 1_700_000_000, 1_700_000_000);
    library = await fixture.sharing();
    file = only(library, "song");
  });

  test("gives its bytes, at any place", () => {
    const open = library.open(file);
    const bytes = Buffer.alloc(5);

    expect(readSync(open?.fd ?? -1, bytes, 0, 5, 3)).toBe(5);
    expect(bytes.toString()).toBe("la la");
    expect(open?.file).toEqual(file);
    open?.close();
  });

  test.each([
    ["was written to", () => appendFileSync(join(fixture.root, "a/song.ogg"), "!")],
    ["was touched", () => utimesSync(join(fixture.root, "a/song.ogg"), 1, 1)],
    [
      "was replaced by one of the same size and time",
      () => {
        const path = join(fixture.root, "a/song.ogg");
        renameSync(path, `${path}.bak`);
        writeFileSync(path, "lo lo lo");
        utimesSync(path, 1_700_000_000, 1_700_000_000);
      },
    ],
    ["is gone", () => rmSync(join(fixture.root, "a/song.ogg"))],
    [
      "became a link",
      () => {
        const path = join(fixture.root, "a/song.ogg");
        renameSync(path, join(fixture.folder, "elsewhere.ogg"));
        symlinkSync(join(fixture.folder, "elsewhere.ogg"), path);
      },
    ],
    [
      "is reached through a link now",
      () => {
        renameSync(join(fixture.root, "a"), join(fixture.folder, "elsewhere"));
        symlinkSync(join(fixture.folder, "elsewhere"), join(fixture.root, "a"));
      },
    ],
  ])("is refused where it %s, and it is no longer offered", async (_, change) => {
    change();

    expect(library.open(file)).toBeUndefined();
    expect(library.byIndex(file.index)).toBeUndefined();
    expect(library.match("song", 10)).toEqual([]);
    expect(library.totals()).toEqual({ files: 0, bytes: 0 });
  });

  test("that was changed works again once it is hashed anew, but not by what it was", async () => {
    fixture.write("a/song.ogg", "another song");
    library.open(file);

    await fixture.until("it is offered again", () => library.match("song", 10).length === 1);

    expect(library.open(file)).toBeUndefined();
    const open = library.open(only(library, "song"));
    expect(open?.file.size).toBe(12);
    open?.close();
  });
});

describe("trouble", () => {
  test("a share whose folder has gone offers nothing and forgets nothing", async () => {
    fixture.write("a/one.txt");
    const library = await fixture.sharing();
    const file = only(library, "one");
    const away = join(fixture.folder, "away");
    renameSync(fixture.root, away);

    await fixture.rescan(library);

    expect(library.totals()).toEqual({ files: 0, bytes: 0 });
    expect(library.match("one", 10)).toEqual([]);
    expect(library.bySha1(file.sha1 ?? new Uint8Array())).toBeUndefined();
    expect(library.problems("s_1")).toEqual([expect.objectContaining({ path: "", code: "vanished" })]);

    renameSync(away, fixture.root);
    await fixture.rescan(library);

    expect(only(library, "one")).toEqual(file);
    expect(library.share("s_1")).toMatchObject({ problems: 0, progress: { filesHashed: 1 } });
  });

  test("a share that is away at the start comes back with its identities", async () => {
    fixture.write("a/one.txt");
    const first = await fixture.sharing();
    const file = only(first, "one");
    await fixture.close(first);
    const away = join(fixture.folder, "away");
    renameSync(fixture.root, away);

    const second = await fixture.library({ scanOnStart: false });
    expect(second.totals()).toEqual({ files: 0, bytes: 0 });
    await fixture.settled(second);
    renameSync(away, fixture.root);
    await fixture.rescan(second);

    expect(only(second, "one")).toEqual(file);
    expect(second.share("s_1").progress.filesHashed).toBe(0);
  });

  test("the empty mount point of an unplugged disk is not taken for deleted files", async () => {
    fixture.write("usb/one.txt");
    fixture.write("two.txt");
    const library = await fixture.sharing();
    const file = only(library, "one");
    // As if the folder had been on another disk.
    const db = fixture.openDatabase();
    db.exec("UPDATE library_folders SET device = device + 1 WHERE path = 'usb'");
    const away = join(fixture.folder, "one.txt");
    renameSync(join(fixture.root, "usb/one.txt"), away);

    await fixture.rescan(library);

    expect(paths(library)).toEqual(["Music/two.txt"]);
    expect(library.problems("s_1")).toEqual([expect.objectContaining({ path: "usb", code: "vanished" })]);

    renameSync(away, join(fixture.root, "usb/one.txt"));
    await fixture.rescan(library);

    expect(only(library, "one")).toEqual(file);
    expect(library.problems("s_1")).toEqual([]);
    db.close();
  });

  test("a file that is written to while it is hashed is a problem until it rests", async () => {
    const path = fixture.write("growing.bin", Buffer.alloc(3_000_000));
    const library = await fixture.library({ hashRate: 1_000_000 });
    await library.add({ path: fixture.root, as: "Music" });
    await expect.poll(() => library.share("s_1").progress.bytesHashed, { timeout: 10_000 }).toBeGreaterThan(0);
    appendFileSync(path, "more");
    library.setHashRate(0);

    await fixture.until("it is told", () => library.problems("s_1")[0]?.code === "changed_while_hashing");
    expect(library.totals().files).toBe(0);
    await fixture.rescan(library);

    expect(library.totals()).toEqual({ files: 1, bytes: 3_000_004 });
    expect(library.problems("s_1")).toEqual([]);
  });

  // Root reads everything, so there is nothing unreadable to test with.
  test.skipIf(process.getuid?.() === 0)("unreadable files and folders are told, the rest is shared", async () => {
    const file = fixture.write("locked.txt");
    fixture.write("closed/x.txt");
    fixture.write("open.txt");
    const { chmodSync } = await import("node:fs");
    chmodSync(file, 0);
    chmodSync(join(fixture.root, "closed"), 0);

    const library = await fixture.sharing();

    chmodSync(join(fixture.root, "closed"), 0o700);
    expect(paths(library)).toEqual(["Music/open.txt"]);
    expect(
      library
        .problems("s_1")
        .map(({ path, code }) => `${path} ${code}`)
        .sort(),
    ).toEqual(["closed unreadable", "locked.txt unreadable"]);
  });

  test("two libraries of one process share threads and nothing else", async () => {
    const other = new LibraryFixture();
    fixture.write("mine.txt");
    other.write("yours.txt");
    const [mine, yours] = await Promise.all([fixture.sharing(), other.sharing({ hashPool: fixture.pool })]);

    expect(paths(mine)).toEqual(["Music/mine.txt"]);
    expect(paths(yours)).toEqual(["Music/yours.txt"]);
    await other.dispose();
  });
});

describe("links inside the share, where they are followed", () => {
  test("lead to files that can be opened, and not round in circles", async () => {
    fixture.write("real/song.ogg");
    symlinkSync(join(fixture.root, "real/song.ogg"), join(fixture.root, "alias.ogg"));
    symlinkSync(fixture.root, join(fixture.root, "real/loop"));
    const library = await fixture.sharing({ symlinks: "inside" });

    expect(paths(library)).toEqual(expect.arrayContaining(["Music/alias.ogg", "Music/real/song.ogg"]));
    expect(paths(library).length).toBeLessThan(8);
    const [alias] = library.match("alias", 10);
    const open = alias === undefined ? undefined : library.open(alias);
    expect(open).toBeDefined();
    open?.close();
  });
});

describe("a watched share", () => {
  test("sees new files, also in new folders, and deleted ones", async () => {
    fixture.write("a/one.txt");
    const library = await fixture.sharing({ watch: true });
    expect(library.share("s_1")).toMatchObject({ watched: true, watchNote: "" });

    fixture.write("a/two.txt");
    fixture.write("b/c/three.txt");
    await fixture.until("they are offered", () => library.totals().files === 3);
    rmSync(join(fixture.root, "a"), { recursive: true });
    await fixture.until("they are gone", () => library.totals().files === 1);

    expect(paths(library)).toEqual(["Music/b/c/three.txt"]);
  });

  test("sees what happens in a folder that was replaced by another of the same name", async () => {
    fixture.write("a/b/one.txt");
    fixture.write("new/b/two.txt");
    const library = await fixture.sharing({ watch: true });

    renameSync(join(fixture.root, "a"), join(fixture.folder, "away"));
    renameSync(join(fixture.root, "new"), join(fixture.root, "a"));
    await fixture.until(
      "it is the other one",
      () => library.match("a two", 10).length === 1 && library.totals().files === 1,
    );
    fixture.write("a/b/three.txt");
    await fixture.until("the new one is watched", () => library.match("a b three", 10).length === 1);

    expect(paths(library).sort()).toEqual(["Music/a/b/three.txt", "Music/a/b/two.txt"]);
  });

  test("sees itself go", async () => {
    fixture.write("one.txt");
    const library = await fixture.sharing({ watch: true });

    renameSync(fixture.root, join(fixture.folder, "away"));
    await fixture.until("it is told", () => library.problems("s_1")[0]?.code === "vanished");

    expect(library.totals().files).toBe(0);
  });

  test("can be unwatched, says so, and can be watched again", async () => {
    fixture.write("a/one.txt");
    const library = await fixture.sharing({ watch: true });

    library.setWatch(false);

    expect(library.share("s_1")).toMatchObject({ watched: false });
    expect(library.share("s_1").watchNote).not.toBe("");

    library.setWatch(true);
    fixture.write("a/two.txt");

    await fixture.until("it is offered", () => library.totals().files === 2);
    expect(library.share("s_1")).toMatchObject({ watched: true, watchNote: "" });
  });
});
