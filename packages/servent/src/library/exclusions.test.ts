import { describe, expect, test } from "vitest";
import { exclusion, JUNK } from "./exclusions.ts";

describe("exclusions", () => {
  test.each([
    [".bashrc", "hidden"],
    ["a/b/.git", "hidden"],
    ["Thumbs.db", "matches Thumbs.db"],
    ["photos/thumbs.DB", "matches Thumbs.db"],
    ["@eaDir", "matches @eaDir"],
    ["$RECYCLE.BIN", "matches $RECYCLE.BIN"],
    ["System Volume Information", "matches System Volume Information"],
    ["film.avi.part", "matches *.part"],
    ["film.avi.!ut", "matches *.!*"],
    ["film.avi", undefined],
    ["part", undefined],
    ["a.b", undefined],
  ])("of what systems leave: %s is %s", (path, why) => {
    expect(exclusion(JUNK, false)(path)).toBe(why);
  });

  test("hidden files come in where they are wanted, junk does not", () => {
    const why = exclusion(JUNK, true);

    expect(why(".config")).toBeUndefined();
    expect(why(".DS_Store")).toBe("matches .DS_Store");
    expect(why(".Trash-1000")).toBe("matches .Trash-*");
  });

  test.each([
    ["*.tmp", "a/b/c.TMP", true],
    ["*.tmp", "c.tmpx", false],
    ["private", "a/private", true],
    ["private", "a/private2", false],
    ["a/*", "a/b", true],
    ["a/*", "a/b/c", false],
    ["a/*", "x/a/b", false],
    ["a/**", "a/b/c", true],
    ["**/cache", "cache", true],
    ["**/cache", "a/b/cache", true],
    ["**/cache", "a/mycache", false],
    ["/top", "top", true],
    ["/top", "a/top", false],
    ["trash/", "trash", true],
    ["img_?.[a-c]x", "IMG_1.bx", true],
    ["img_?.[a-c]x", "img_1.dx", false],
    ["[!a]*", "bcd", true],
    ["[!a]*", "abc", false],
    ["a+b(c).{d}", "a+b(c).{d}", true],
    ["[z-a]", "z", false],
    ["*a*b*c", "xxaxxbxbxc", true],
    ["*a*b*c", "xxaxxbxbx", false],
    ["a/**/z/*.x", "a/b/z/c/z/d.x", true],
    ["a/**/z/*.x", "a/b/z/c/y/d.x", false],
    ["[", "[", true],
    ["日本*", "日本語", true],
  ])("glob %s against %s: %s", (glob, path, expected) => {
    expect(exclusion([glob], false)(path) !== undefined).toBe(expected);
  });

  test("many stars cost no more than a few", () => {
    const why = exclusion([`${"*".repeat(200)}x`, `${"*a".repeat(100)}x`], false);

    expect(why("a".repeat(250))).toBeUndefined();
  });
});
