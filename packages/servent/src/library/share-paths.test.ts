import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { refuseOverlap, shareAlias, sharePath } from "./share-paths.ts";

let folder: string;

beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "share-paths-")));
  for (const name of ["home/music", "home/.config/servent", "home/config-of-others"]) {
    mkdirSync(join(folder, name), { recursive: true });
  }
});

afterEach(() => rmSync(folder, { recursive: true }));

function check(path: string): Promise<string> {
  return sharePath(path, {
    home: join(folder, "home"),
    protectedPaths: [join(folder, "home/.config/servent"), join(folder, "home/not/there/yet")],
  });
}

describe("a share's folder", () => {
  test("may be a folder in the home folder; its real path is taken", async () => {
    symlinkSync(join(folder, "home/music"), join(folder, "link"));

    await expect(check(join(folder, "home/music"))).resolves.toBe(join(folder, "home/music"));
    await expect(check(join(folder, "link"))).resolves.toBe(join(folder, "home/music"));
    await expect(check(join(folder, "home/config-of-others"))).resolves.toContain("others");
  });

  test.each([
    ["the whole disk", () => "/"],
    ["the home folder", () => join(folder, "home")],
    ["what holds the home folder", () => folder],
    ["a folder of ours", () => join(folder, "home/.config/servent")],
    ["what holds a folder of ours", () => join(folder, "home/.config")],
    ["a folder of ours by another way", () => join(folder, "home/music/../.config/./servent/")],
  ])("may not be %s", async (_, path) => {
    await expect(check(path())).rejects.toMatchObject({ code: "share_refused" });
  });

  test("may not be in a folder of ours, nor reach it by a link, nor hold one that is not made yet", async () => {
    mkdirSync(join(folder, "home/.config/servent/x"));
    mkdirSync(join(folder, "home/not"));
    symlinkSync(join(folder, "home/.config"), join(folder, "innocent"));

    await expect(check(join(folder, "home/.config/servent/x"))).rejects.toMatchObject({ code: "share_refused" });
    await expect(check(join(folder, "innocent"))).rejects.toMatchObject({ code: "share_refused" });
    await expect(check(join(folder, "home/not"))).rejects.toMatchObject({ code: "share_refused" });
  });

  test("must be a folder that is there", async () => {
    writeFileSync(join(folder, "file"), "");

    await expect(check(join(folder, "gone"))).rejects.toMatchObject({ code: "share_unreadable" });
    await expect(check(join(folder, "file"))).rejects.toMatchObject({ code: "share_unreadable" });
  });

  test("may not lie in another share, nor around one", () => {
    expect(() => refuseOverlap("/a/b", ["/a/b"])).toThrow("already");
    expect(() => refuseOverlap("/a/b/c", ["/a/b"])).toThrow("one in the other");
    expect(() => refuseOverlap("/a", ["/x", "/a/b"])).toThrow("one in the other");
    expect(() => refuseOverlap("/a/bc", ["/a/b"])).not.toThrow();
  });
});

describe("a share's name", () => {
  test("is the folder's, with a number where another has it", () => {
    expect(shareAlias(undefined, "/a/music", [])).toBe("music");
    expect(shareAlias(undefined, "/a/music", ["music", "music 2"])).toBe("music 3");
  });

  test("may be chosen, but not twice", () => {
    expect(shareAlias("Mine", "/a/music", ["music"])).toBe("Mine");
    expect(() => shareAlias("Mine", "/a/music", ["Mine"])).toThrow(expect.objectContaining({ code: "conflict" }));
  });

  test.each(["", ".", "..", "a/b", "a\\b", "a\nb", " a", "x".repeat(200)])("cannot be %j", (alias) => {
    expect(() => shareAlias(alias, "/a/music", [])).toThrow(expect.objectContaining({ code: "share_refused" }));
  });
});
