import { once } from "node:events";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { exclusion, JUNK } from "./exclusions.ts";
import { type FolderContent, readFolder, type SymlinkRule } from "./folder-reader.ts";
import { LibraryFixture } from "./library-fixture.ts";

let fixture: LibraryFixture;

beforeEach(() => {
  fixture = new LibraryFixture();
});

afterEach(() => fixture.dispose());

function read(path = "", symlinks: SymlinkRule = "never"): Promise<FolderContent> {
  return readFolder({ root: fixture.root, symlinks, excluded: exclusion(JUNK, false) }, path);
}

function names(content: FolderContent): string[] {
  return content.found.files.map((file) => file.name).sort();
}

describe("a folder's content", () => {
  test("is regular files with their stamps, and folders by their path in the share", async () => {
    fixture.write("a/one.txt", "12345");
    fixture.write("a/b/two.txt");

    const content = await read("a");

    expect(content.found.path).toBe("a");
    expect(content.found.files).toEqual([
      { name: "one.txt", size: 5, modified: expect.any(Number), inode: expect.any(Number) },
    ]);
    expect(content.folders).toEqual(["a/b"]);
    expect(content.problems).toEqual([]);
  });

  test("leaves out junk and hidden files, and says why", async () => {
    fixture.write(".secret");
    fixture.write("film.part");
    fixture.write("film.avi");

    const content = await read();

    expect(names(content)).toEqual(["film.avi"]);
    expect(content.excluded).toEqual(
      expect.arrayContaining([
        { path: ".secret", why: "hidden" },
        { path: "film.part", why: "matches *.part" },
      ]),
    );
  });

  test("does not have sockets, pipes and the like", async () => {
    const server = createServer().listen(join(fixture.root, "socket"));
    await once(server, "listening");

    const content = await read();

    expect(names(content)).toEqual([]);
    expect(content.excluded).toEqual([{ path: "socket", why: "not a regular file" }]);
    server.close();
  });

  // Other systems do not let such names come into being.
  test.skipIf(process.platform !== "linux")(
    "reports names that are not UTF-8, and keeps those that only look so",
    async () => {
      writeFileSync(Buffer.concat([Buffer.from(`${fixture.root}/bad-`), Buffer.from([0xff, 0xfe])]), "x");
      fixture.write("good-\ufffd.txt");

      const content = await read();

      expect(names(content)).toEqual(["good-\ufffd.txt"]);
      expect(content.problems).toEqual([expect.objectContaining({ code: "bad_name", path: "bad-\ufffd\ufffd" })]);
    },
  );

  test("never follows links", async () => {
    fixture.write("real/file.txt");
    symlinkSync(join(fixture.root, "real/file.txt"), join(fixture.root, "link.txt"));
    symlinkSync(join(fixture.root, "real"), join(fixture.root, "linked"));

    const content = await read();

    expect(names(content)).toEqual([]);
    expect(content.folders).toEqual(["real"]);
    expect(content.linkedFolders).toEqual([]);
    await expect(read("linked")).rejects.toMatchObject({ code: "ELOOP" });
  });

  test("follows links inside the share where that is wanted, and reports those that lead out", async () => {
    fixture.write("real/file.txt", "12");
    mkdirSync(join(fixture.folder, "outside"));
    writeFileSync(join(fixture.folder, "outside/secret.txt"), "");
    symlinkSync(join(fixture.root, "real/file.txt"), join(fixture.root, "link.txt"));
    symlinkSync(join(fixture.root, "real"), join(fixture.root, "linked"));
    symlinkSync(join(fixture.folder, "outside/secret.txt"), join(fixture.root, "out.txt"));
    symlinkSync(join(fixture.folder, "outside"), join(fixture.root, "out"));
    symlinkSync(join(fixture.folder, "nowhere"), join(fixture.root, "dangling"));

    const content = await read("", "inside");

    expect(content.found.files).toEqual([expect.objectContaining({ name: "link.txt", size: 2 })]);
    expect(content.linkedFolders).toEqual([{ path: "linked", target: join(fixture.root, "real") }]);
    expect(content.problems.map(({ path, code }) => `${path} ${code}`).sort()).toEqual([
      "out outside",
      "out.txt outside",
    ]);
    await expect(read("out", "inside")).rejects.toMatchObject({ code: "ELOOP" });
  });
});
