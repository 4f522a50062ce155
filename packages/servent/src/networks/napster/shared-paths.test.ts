import { formatEndpoint } from "@servent/overlay/base/ipv4.ts";
import { expect, test } from "vitest";
import { fromByteText } from "@servent/overlay/protocols/napster/byte-text.ts";
import type { Library, SharedFile } from "../../library/library.ts";
import { hitOf, locatorOf, nameOf } from "./hit-sources.ts";
import { SharedPaths } from "./shared-paths.ts";

function library(paths: readonly string[]) {
  const files = paths.map(
    (virtualPath, i): SharedFile => ({
      index: i + 1,
      shareId: "s_1",
      virtualPath,
      name: virtualPath.split("/").at(-1) as string,
      size: 10,
      modifiedAt: 0,
      sharedAt: 0,
      sha1: new Uint8Array(20).fill(i),
      tigerRoot: undefined,
    }),
  );
  const shared: Pick<Library, "list" | "byIndex" | "version"> & { version: number } = {
    version: 1,
    list: (offset, limit) => ({ items: files.slice(offset, offset + limit), total: files.length }),
    byIndex: (index) => files[index - 1],
  };
  return { shared, files };
}

const NO_FACTS = { version: 0, of: () => undefined };

test("paths are byte text with backslashes, without what no message can carry, and lead back to their files", () => {
  const names = ['music/blue "train".ogg', "music/forêt/潮.mp3", "notes/line\nbreak.txt"];
  const { shared, files } = library(names);
  const paths = new SharedPaths(shared, NO_FACTS);
  const told = paths.files().map(({ path }) => path);

  expect(told.map(fromByteText)).toEqual(["music\\blue 'train'.ogg", "music\\forêt\\潮.mp3", "notes\\line break.txt"]);
  expect(told.every((path) => /^[ !#-\xff]*$/.test(path))).toBe(true);
  expect(told.map((path) => paths.fileAt(path)?.index)).toEqual([1, 2, 3]);
  expect(paths.fileAt("music\\other.ogg")).toBeUndefined();
  expect(paths.files().map(({ media, urn }) => `${media} ${urn.length}`)).toEqual(["audio 41", "mp3 41", "text 41"]);

  files[1] = { ...(files[1] as SharedFile), virtualPath: "music/ebb.mp3" };
  shared.version++;
  expect(paths.fileAt(told[1] as string)).toBeUndefined();
  expect(paths.fileAt("music\\ebb.mp3")?.index).toBe(2);
});

test("two names that become one path are one file to others, and files without a hash none", () => {
  const { shared, files } = library(['m/a".mp3', "m/a'.mp3", "m/b.mp3"]);
  files[2] = { ...(files[2] as SharedFile), sha1: undefined };
  const paths = new SharedPaths(shared, NO_FACTS);
  expect(paths.files().length).toBe(1);
  expect(paths.fileAt("m\\a'.mp3")?.index).toBe(1);
});

test("no more files are listed than servers take", () => {
  const { shared } = library(Array.from({ length: 6000 }, (_, i) => `m/${i}.mp3`));
  expect(new SharedPaths(shared, NO_FACTS).files().length).toBe(5000);
});

const MD5 = "631072b944eb6196797ab6a534b1ab97";

function sourceOf(changes: { md5?: string; urn?: string; nick?: string; port?: number }) {
  const { md5 = MD5, urn = "", nick = "Bob" } = changes;
  const path = "C:\\caf\xe9\\tide.mp3";
  const file = { path, md5, size: 10, bitrate: 128, frequency: 44_100, seconds: 1, media: "mp3", urn } as const;
  const port = changes.port === undefined ? {} : { port: changes.port };
  return hitOf({ file, nick, ip: 0x7f00_0009, linkSpeed: 7, ...port }, 99);
}

test("a hit is a source by owner, size and path, which survives being stored", () => {
  const { source, speedKbps } = sourceOf({});
  expect(source).toMatchObject({ network: "napster", peer: "Bob@127.0.0.9", name: "tide.mp3", size: 10, urns: [] });
  expect(speedKbps).toBe(1000);
  expect(source.key).toBe(sourceOf({ nick: "bob" }).source.key);
  expect(source.key).not.toBe(sourceOf({ nick: "carl" }).source.key);
  const stored = JSON.parse(JSON.stringify(source)) as typeof source;
  expect(locatorOf(stored)).toEqual({ nick: "Bob", path: "C:\\caf\xe9\\tide.mp3", server: 99, at: 0 });
  const told = sourceOf({ port: 6699 }).source;
  expect(formatEndpoint(locatorOf(told).at)).toBe("127.0.0.9:6699");
  const { at: _, ...old } = told.locator;
  expect(locatorOf({ ...told, locator: old }).at).toBe(0);
  expect(() => locatorOf({ ...source, locator: {} })).toThrow("not a source");
});

test("only an MD5 that is one makes files of different owners alike, and a hash that proves makes likeness needless", () => {
  const likeness = (changes: Parameters<typeof sourceOf>[0]) => sourceOf(changes).source.likeness;
  expect(likeness({})).toBe(likeness({ nick: "carl" }));
  for (const md5 of ["0".repeat(32), "a".repeat(32), "nomd5computed", "wma-file", ""]) {
    expect(likeness({ md5 })).not.toBe(likeness({ md5, nick: "carl" }));
  }
  expect(likeness({ urn: `urn:sha1:${"A".repeat(32)}` })).toBeUndefined();
});

test("who cannot be dialled is known where the server says so", () => {
  expect(sourceOf({ port: 0 }).source.firewalled).toBe(true);
  expect(sourceOf({ port: 6699 }).source.firewalled).toBe(false);
  expect(sourceOf({}).source.firewalled).toBe(false);
});

test("names are the last part of either kind of path, and whole characters", () => {
  expect(nameOf("C:\\a/b\\c.mp3")).toBe("c.mp3");
  expect(nameOf("c.mp3")).toBe("c.mp3");
  expect(nameOf("a\\caf\xe9.mp3")).toBe("café.mp3");
  expect(nameOf(`a\\${"x".repeat(300)}`).length).toBe(255);
});
