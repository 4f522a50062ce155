import { spawn } from "node:child_process";
import { once } from "node:events";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Catalog } from "./catalog.ts";
import { LibraryFixture } from "./library-fixture.ts";
import type { FoundFile, Identity, ShareRecord } from "./records.ts";

let fixture: LibraryFixture;
let db: DatabaseSync;

beforeEach(() => {
  fixture = new LibraryFixture();
  db = fixture.openDatabase();
});

afterEach(async () => {
  if (db.isOpen) db.close();
  await fixture.dispose();
});

function file(name: string, size = 10, modified = 1000.5): FoundFile {
  return { name, size, modified, inode: 7 };
}

function identity(fill: number): Identity {
  const node = new Uint8Array(24).fill(fill);
  return { sha1: new Uint8Array(20).fill(fill), tigerRoot: node, blockSize: 1 << 20, nodes: node };
}

function take(catalog: Catalog, share: ShareRecord, path: string, files: readonly FoundFile[], scan = 1): number {
  return catalog.takeFolders(share, scan, [{ path, device: 1, files }], 1_700_000_000);
}

function hashAll(catalog: Catalog): void {
  catalog.takeIdentities(
    catalog.unhashed(0, 1e6).map((found) => ({ file: found, identity: identity(found.index % 251) })),
  );
}

function run(steps: Generator): void {
  while (steps.next().done !== true);
}

describe("the catalog", () => {
  test("offers a file once it is hashed", () => {
    const catalog = new Catalog(db);
    const share = catalog.addShare("/a", "Music", []);
    const lowest = take(catalog, share, "Big Band", [file("Blue Train.ogg")]);

    expect(catalog.match("blue", 10)).toEqual([]);
    expect(catalog.unhashedIn(share.id)).toEqual({ files: 1, bytes: 10 });

    hashAll(catalog);

    const found = catalog.match("blue band music", 10);
    expect(found).toEqual([
      {
        index: lowest,
        shareId: "s_1",
        virtualPath: "Music/Big Band/Blue Train.ogg",
        name: "Blue Train.ogg",
        size: 10,
        modifiedAt: 1000,
        sharedAt: 1_700_000_000,
        sha1: identity(1).sha1,
        tigerRoot: identity(1).tigerRoot,
      },
    ]);
    expect(catalog.byIndex(lowest)).toEqual(found[0]);
    expect(catalog.bySha1(identity(1).sha1)).toEqual(found[0]);
    expect(catalog.totals()).toEqual({ files: 1, bytes: 10 });
    expect(catalog.unhashedIn(share.id)).toEqual({ files: 0, bytes: 0 });
  });

  test("asks for a file's identity again only where size, time or inode differ", () => {
    const catalog = new Catalog(db);
    const share = catalog.addShare("/a", "Music", []);
    const index = take(catalog, share, "", [file("a.txt"), file("b.txt")]);
    hashAll(catalog);

    expect(take(catalog, share, "", [file("a.txt"), file("b.txt")])).toBe(Number.POSITIVE_INFINITY);
    expect(take(catalog, share, "", [file("a.txt", 11), file("b.txt")])).toBe(index);
    expect(catalog.match("txt", 10).map(({ name }) => name)).toEqual(["b.txt"]);
    expect(catalog.totals()).toEqual({ files: 1, bytes: 10 });
    expect(catalog.unhashedIn(share.id)).toEqual({ files: 1, bytes: 11 });
  });

  test("drops an identity whose file was seen otherwise in the meantime", () => {
    const catalog = new Catalog(db);
    const share = catalog.addShare("/a", "Music", []);
    take(catalog, share, "", [file("a.txt")]);
    const [before] = catalog.unhashed(0, 10);
    take(catalog, share, "", [file("a.txt", 10, 2000)]);

    catalog.takeIdentities(before === undefined ? [] : [{ file: before, identity: identity(1) }]);

    expect(catalog.match("txt", 10)).toEqual([]);
    expect(catalog.unhashed(0, 10)).toHaveLength(1);
  });

  test("forgets what is gone from a folder, and never gives its index again", () => {
    const catalog = new Catalog(db);
    const share = catalog.addShare("/a", "Music", []);
    const index = take(catalog, share, "", [file("a.txt")]);
    hashAll(catalog);
    take(catalog, share, "", []);

    expect(catalog.byIndex(index)).toBeUndefined();
    expect(take(catalog, share, "", [file("a.txt")])).toBeGreaterThan(index);
  });

  test("forgets folders that a full scan did not see, and keeps those that could not be read", () => {
    const catalog = new Catalog(db);
    const share = catalog.addShare("/a", "Music", []);
    for (const path of ["", "gone", "gone/deep", "locked", "locked/deep", "locked2"]) {
      take(catalog, share, path, [file("x.txt")]);
    }
    hashAll(catalog);
    const scan = catalog.beginScan(share.id) + 1;
    take(catalog, share, "", [file("x.txt")], scan);
    run(catalog.withdrawFolders(share.id, "locked", scan));

    run(catalog.endScan(share.id, scan, "2026-01-01T00:00:00Z"));

    expect(catalog.list(0, 10, "").items.map(({ virtualPath }) => virtualPath)).toEqual(["Music/x.txt"]);
    expect(catalog.folders(share.id, 10)).toEqual(["", "locked", "locked/deep"]);
    expect(take(catalog, share, "locked/deep", [file("x.txt")], scan)).toBe(Number.POSITIVE_INFINITY);
    expect(catalog.match("locked deep", 10)).toHaveLength(1);
  });

  test("is the same after a restart, with what was sealed, merged and not", () => {
    const catalog = new Catalog(db);
    const share = catalog.addShare("/a", "Music", ["*.tmp"]);
    // More than one tail, so that a segment is written.
    for (let folder = 0; folder < 40; folder++) {
      take(
        catalog,
        share,
        `folder ${folder}`,
        Array.from({ length: 500 }, (_, i) => file(`number${i} of${folder}.txt`)),
      );
      if (catalog.needsTidying) run(catalog.tidyIndex());
    }
    hashAll(catalog);
    take(catalog, share, "folder 3", []);
    db.close();

    db = fixture.openDatabase();
    const again = new Catalog(db);

    expect(again.shares()).toEqual([expect.objectContaining({ path: "/a", alias: "Music", exclude: ["*.tmp"] })]);
    expect(again.totals()).toEqual(catalog.totals());
    expect(again.match("number7 of39", 10).map(({ name }) => name)).toEqual(["number7 of39.txt"]);
    expect(again.match("number7", 100)).toHaveLength(39);
    expect(again.match("number7 of3", 10)).toEqual([]);
    expect(again.list(500, 2, "").items.map(({ name }) => name)).toEqual(["number0 of1.txt", "number1 of1.txt"]);
    const words: string[] = [];
    again.forEachTerm((term) => words.push(term));
    expect(words).toHaveLength(new Set(words).size);
    expect(words).toContain("of39");
    expect(words).not.toContain("of3");
  });

  test("a change that cannot be written leaves memory as it was", () => {
    const catalog = new Catalog(db);
    const share = catalog.addShare("/a", "Music", []);
    take(catalog, share, "", [file("a.txt")]);
    hashAll(catalog);
    const now = () => ({
      totals: catalog.totals(),
      unhashed: catalog.unhashedIn(share.id),
      version: catalog.version,
      list: catalog.list(0, 10, ""),
    });
    const before = now();
    db.exec(
      "CREATE TRIGGER full BEFORE INSERT ON library_files WHEN new.name = 'last' BEGIN SELECT raise(ABORT, 'full'); END",
    );

    expect(() => take(catalog, share, "", [file("a.txt", 99), file("b.txt"), file("last")])).toThrow("full");

    expect(now()).toEqual(before);
    db.exec("DROP TRIGGER full");
    take(catalog, share, "", [file("a.txt"), file("b.txt")]);
    hashAll(catalog);
    expect(catalog.match("txt", 10).map(({ name }) => name)).toEqual(["a.txt", "b.txt"]);
  });

  test("the index catches up where its disk was full", () => {
    const catalog = new Catalog(db);
    const share = catalog.addShare("/a", "Music", []);
    const many = Array.from({ length: 17_000 }, (_, i) => file(`w${i}`));
    take(catalog, share, "one", many);
    db.exec("CREATE TRIGGER full BEFORE INSERT ON library_segment_parts BEGIN SELECT raise(ABORT, 'full'); END");
    expect(() => run(catalog.tidyIndex())).toThrow("full");
    db.exec("DROP TRIGGER full");
    take(catalog, share, "two", many);
    run(catalog.tidyIndex());
    hashAll(catalog);
    db.close();

    db = fixture.openDatabase();

    expect(new Catalog(db).match("w77", 10).map(({ virtualPath }) => virtualPath)).toEqual([
      "Music/one/w77",
      "Music/two/w77",
    ]);
  });

  test("a removed share is gone at once, also for one who comes before its rows are deleted", () => {
    const catalog = new Catalog(db);
    const share = catalog.addShare("/a", "Music", []);
    take(catalog, share, "", [file("a.txt")]);
    hashAll(catalog);

    catalog.removeShare(share.id);

    expect(catalog.match("txt", 10)).toEqual([]);
    expect(catalog.totals()).toEqual({ files: 0, bytes: 0 });
    const again = new Catalog(db);
    expect(again.shares()).toEqual([]);
    expect(again.match("txt", 10)).toEqual([]);
    run(again.clearRemoved());
    expect(db.prepare("SELECT count(*) AS n FROM library_files").get()?.["n"]).toBe(0);
    expect(again.addShare("/a", "Music", []).id).toBeGreaterThan(share.id);
  });

  test("refuses a database of a newer program", () => {
    expect(new Catalog(db).shares()).toEqual([]);
    db.exec("INSERT INTO library_schema (version) VALUES (1000)");

    expect(() => new Catalog(db)).toThrow(expect.objectContaining({ code: "conflict" }));
  });
});

describe("kill -9", () => {
  test("in the middle of the work leaves rows, bit maps, counts and index in agreement", async () => {
    for (const rounds of [2, 9, 30]) {
      db.close();
      await killedWriter(rounds);
      db = fixture.openDatabase();
      const catalog = new Catalog(db);

      const rows = db
        .prepare("SELECT count(*) AS files, total(size) AS bytes FROM library_files WHERE identity IS NOT NULL")
        .get();
      const all = catalog.list(0, 1e6, "");
      expect(catalog.totals()).toEqual({ files: rows?.["files"], bytes: rows?.["bytes"] });
      expect(all.items).toHaveLength(Number(rows?.["files"]));
      for (const found of all.items.slice(-200)) {
        expect(catalog.match(found.name, 1000).map(({ index }) => index)).toContain(found.index);
      }
      const unhashed = db.prepare("SELECT count(*) AS n FROM library_files WHERE identity IS NULL").get();
      expect(catalog.shares().reduce((sum, { id }) => sum + catalog.unhashedIn(id).files, 0)).toBe(unhashed?.["n"]);
    }
    // Otherwise the test has tested nothing.
    expect(db.prepare("SELECT count(*) AS n FROM library_files").get()?.["n"]).toBeGreaterThan(1000);
  });

  /** A process that adds, hashes, changes and deletes files until it is killed, which it is some rounds later. */
  async function killedWriter(rounds: number): Promise<void> {
    const code = `
      import { DatabaseSync } from "node:sqlite";
      import { Catalog } from ${JSON.stringify(new URL("./catalog.ts", import.meta.url).href)};
      const db = new DatabaseSync(${JSON.stringify(`${fixture.folder}/servent.db`)});
      db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL");
      const catalog = new Catalog(db);
      const share = catalog.shares()[0] ?? catalog.addShare("/a", "Music", []);
      for (let round = Date.now(); ; round++) {
        const files = Array.from({ length: 400 }, (_, i) => ({ name: "w" + i + " r" + round, size: i, modified: round, inode: i }));
        catalog.takeFolders(share, 1, [{ path: "f" + round, device: 1, files }], 1);
        const node = new Uint8Array(24).fill(round);
        catalog.takeIdentities(catalog.unhashed(0, 300).map((file) => ({ file, identity: { sha1: node.subarray(4), tigerRoot: node, blockSize: 1 << 20, nodes: node } })));
        if (round % 3 === 0) catalog.takeFolders(share, 1, [{ path: "f" + (round - 2), device: 1, files: files.slice(0, 50) }], 1);
        if (catalog.needsTidying) for (const _ of catalog.tidyIndex());
        console.log("round");
      }
    `;
    const child = spawn(process.execPath, ["--input-type=module-typescript", "-e", code], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let lines = 0;
    for await (const chunk of child.stdout) {
      lines += String(chunk).split("\n").length - 1;
      if (lines >= rounds) break;
    }
    child.kill("SIGKILL");
    await once(child, "exit");
  }
});
