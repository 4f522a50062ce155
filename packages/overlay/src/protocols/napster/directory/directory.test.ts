import { describe, expect, test } from "vitest";
import { ANY } from "../range.ts";
import type { Criteria } from "./criteria.ts";
import { Directory } from "./directory.ts";
import { keyedHash } from "./keyed-hash.ts";
import { LIMITS } from "./limits.ts";
import type { FoundFile, Owner } from "./found-file.ts";
import type { SharedFile } from "../shared-file.ts";

const MD5 = "0123456789abcdef0123456789abcdef";
const HASH_KEY = [1, 2] as const;
const EVERYBODY = (): boolean => true;

function file(path: string, rest: Partial<SharedFile> = {}): SharedFile {
  return {
    path,
    md5: MD5,
    size: 4_000_000,
    bitrate: 128,
    frequency: 44_100,
    seconds: 245,
    media: "mp3",
    urn: "",
    ...rest,
  };
}

function criteria(words: string, rest: Partial<Criteria> = {}): Criteria {
  return {
    words: words.split(" ").filter((word) => word !== ""),
    without: [],
    size: ANY,
    bitrate: ANY,
    frequency: ANY,
    seconds: ANY,
    media: "any",
    ...rest,
  };
}

function search(
  directory: Directory,
  wanted: Criteria,
  max = 100,
  accept: (owner: Owner) => boolean = EVERYBODY,
): string[] {
  return directory.search(wanted, max, accept).map((id) => directory.file(id).path);
}

function list(directory: Directory, owner: Owner, max = 1000): FoundFile[] {
  const files: FoundFile[] = [];
  directory.list(owner, max, (file) => files.push(file));
  return files;
}

describe("a file", () => {
  test("comes back as it was shared, byte for byte", () => {
    const directory = new Directory({ hashKey: HASH_KEY });
    const owner = directory.addOwner();
    const everyByte = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code)).join("");
    const files = [
      file(everyByte, { urn: "urn:sha1:PLSTHIPQGSSZTS5FJUPAKUZWUGYQYPFB" }),
      file("b.jpg", { md5: "", size: 0xffff_ffff, bitrate: 0, frequency: 0, seconds: 0, media: "image" }),
      file("c", {
        md5: "nomd5computed",
        size: 0,
        bitrate: 65_535,
        frequency: 96_000,
        seconds: 65_535,
        media: "application",
      }),
      file("", { md5: "f".repeat(32), media: "video" }),
      file("d".repeat(LIMITS.pathBytesMax), { md5: "\xff".repeat(32), media: "text" }),
    ];

    for (const each of files) expect(directory.add(owner, each)).toBe("added");

    expect(list(directory, owner)).toEqual(files.map((each) => ({ ...each, owner })));
    for (const each of files) {
      expect(directory.file(directory.find(owner, each.path) as number)).toEqual({ ...each, owner });
    }
  });

  test("with numbers or names that are too large has the largest that there is room for", () => {
    const directory = new Directory({ hashKey: HASH_KEY });
    const owner = directory.addOwner();

    directory.add(owner, file("a", { size: 2 ** 40, bitrate: 1e6, frequency: 1e9, seconds: 1e6, md5: "z".repeat(50) }));
    directory.add(owner, file("b", { urn: "urn:sha1:not base 32" }));

    expect(list(directory, owner)).toMatchObject([
      { size: 2 ** 32 - 1, bitrate: 65_535, frequency: 2 ** 24 - 1, seconds: 65_535, md5: "z".repeat(32) },
      { urn: "" },
    ]);
  });

  test("is shared once under one path by one owner, and by each owner", () => {
    const directory = new Directory({ hashKey: HASH_KEY });
    const [alice, bob] = [directory.addOwner(), directory.addOwner()];

    expect(directory.add(alice, file("a.mp3"))).toBe("added");
    expect(directory.add(alice, file("a.mp3", { size: 7 }))).toBe("duplicate");
    expect(directory.add(alice, file("A.mp3"))).toBe("added");
    expect(directory.add(bob, file("a.mp3"))).toBe("added");

    expect([directory.count(alice), directory.count(bob), directory.files]).toEqual([2, 1, 3]);
    expect(directory.bytes).toBe(12_000_000);
    expect(directory.bytesOf(alice)).toBe(8_000_000);
  });

  test("that is taken back is found no more, and may be shared again", () => {
    const directory = new Directory({ hashKey: HASH_KEY });
    const owner = directory.addOwner();
    directory.add(owner, file("blue.mp3"));

    expect(directory.remove(owner, "green.mp3")).toBe(false);
    expect(directory.remove(owner, "blue.mp3")).toBe(true);
    expect(directory.remove(owner, "blue.mp3")).toBe(false);

    expect(search(directory, criteria("blue"))).toEqual([]);
    expect(directory.find(owner, "blue.mp3")).toBeUndefined();
    expect([directory.files, directory.bytes, directory.count(owner)]).toEqual([0, 0, 0]);
    expect(directory.add(owner, file("blue.mp3"))).toBe("added");
    expect(search(directory, criteria("blue"))).toEqual(["blue.mp3"]);
  });
});

describe("a search", () => {
  const directory = new Directory({ hashKey: HASH_KEY });
  const [alice, bob] = [directory.addOwner(), directory.addOwner()];
  directory.add(alice, file("Coltrane\\Blue Train.mp3", { bitrate: 192, seconds: 643 }));
  directory.add(alice, file("Coltrane\\Blue Train (live).mp3", { bitrate: 128 }));
  directory.add(bob, file("Ellington\\Take the A Train.mp3", { size: 99, frequency: 22_050 }));
  directory.add(bob, file("Ellington\\train.jpg", { media: "image" }));

  test("finds whole words only, all of them, the newest first", () => {
    expect(search(directory, criteria("train"))).toEqual([
      "Ellington\\train.jpg",
      "Ellington\\Take the A Train.mp3",
      "Coltrane\\Blue Train (live).mp3",
      "Coltrane\\Blue Train.mp3",
    ]);
    expect(search(directory, criteria("train blue blue"))).toHaveLength(2);
    expect(search(directory, criteria("rain"))).toEqual([]);
    expect(search(directory, criteria("blue ellington"))).toEqual([]);
    expect(search(directory, criteria("blue unheard"))).toEqual([]);
  });

  test("without words finds nothing", () => {
    expect(search(directory, criteria(""))).toEqual([]);
    expect(search(directory, criteria("", { without: ["live"] }))).toEqual([]);
  });

  test("leaves out what has an unwanted word; one that nobody knows leaves out nothing", () => {
    expect(search(directory, criteria("blue", { without: ["live", "unheard"] }))).toEqual(["Coltrane\\Blue Train.mp3"]);
  });

  test("keeps to ranges, both ends included, and to the kind", () => {
    const train = (rest: Partial<Criteria>): number => search(directory, criteria("train", rest)).length;
    expect(train({ bitrate: { least: 192, most: 192 } })).toBe(1);
    expect(train({ bitrate: { least: 0, most: 191 } })).toBe(3);
    expect(train({ size: { least: 99, most: 99 } })).toBe(1);
    expect(train({ size: { least: 100, most: Number.POSITIVE_INFINITY } })).toBe(3);
    expect(train({ frequency: { least: 0, most: 22_050 } })).toBe(1);
    expect(train({ seconds: { least: 643, most: 1000 } })).toBe(1);
    expect(train({ media: "image" })).toBe(1);
    expect(train({ media: "mp3" })).toBe(3);
  });

  test("ends when it has enough, and asks whose files are wanted", () => {
    expect(search(directory, criteria("train"), 1)).toEqual(["Ellington\\train.jpg"]);
    expect(search(directory, criteria("train"), 0)).toEqual([]);
    expect(search(directory, criteria("train"), 100, (owner) => owner === alice)).toHaveLength(2);
  });
});

test("an owner who leaves is gone from everything at once, before any housekeeping, and his number is free", () => {
  const directory = new Directory({ hashKey: HASH_KEY });
  const [alice, bob] = [directory.addOwner(), directory.addOwner()];
  for (let i = 0; i < 300; i++) directory.add(i % 2 === 0 ? alice : bob, file(`blue ${i}.mp3`, { size: 1000 }));

  directory.removeOwner(alice);

  expect([directory.files, directory.bytes]).toEqual([150, 150_000]);
  expect(search(directory, criteria("blue"), 1000)).toHaveLength(150);
  let holders = 0;
  directory.byHash(MD5, 1000, ({ owner }) => {
    expect(owner).toBe(bob);
    holders++;
  });
  expect(holders).toBe(LIMITS.holdersMax);
  const carol = directory.addOwner();
  expect(carol).toBe(alice);
  expect([directory.count(carol), list(directory, carol)]).toEqual([0, []]);
  expect(directory.find(carol, "blue 0.mp3")).toBeUndefined();
  expect(directory.add(carol, file("blue 0.mp3"))).toBe("added");
});

test("an owner may take everything back and goes on sharing", () => {
  const directory = new Directory({ hashKey: HASH_KEY });
  const owner = directory.addOwner();
  for (let i = 0; i < 100; i++) directory.add(owner, file(`blue ${i}.mp3`));

  expect(directory.removeAll(owner)).toBe(100);
  expect(directory.removeAll(owner)).toBe(0);

  expect(search(directory, criteria("blue"))).toEqual([]);
  expect(directory.add(owner, file("blue 1.mp3"))).toBe("added");
  expect(list(directory, owner)).toHaveLength(1);
  expect(directory.files).toBe(1);
});

test("the files of an owner are listed in the order in which they came, the first ones where not all are wanted", () => {
  const directory = new Directory({ hashKey: HASH_KEY });
  const owner = directory.addOwner();
  const paths = Array.from({ length: 500 }, (_, i) => `folder ${i % 7}\\song ${i}.mp3`);
  for (const path of paths) directory.add(owner, file(path));
  for (const path of paths.filter((_, i) => i % 3 !== 0)) directory.remove(owner, path);
  directory.add(owner, file(paths[1] as string));

  const expected = [...paths.filter((_, i) => i % 3 === 0), paths[1]];
  expect(list(directory, owner).map(({ path }) => path)).toEqual(expected);
  expect(list(directory, owner, 10).map(({ path }) => path)).toEqual(expected.slice(0, 10));
  expect(list(directory, owner, 0)).toEqual([]);
});

describe("by its content", () => {
  test("a file is found at all who have it, of exactly that MD5 and size", () => {
    const directory = new Directory({ hashKey: HASH_KEY });
    const owners = Array.from({ length: 5 }, () => directory.addOwner());
    for (const owner of owners) directory.add(owner, file(`${owner}.mp3`));
    directory.add(owners[0] as Owner, file("other size", { size: 5 }));
    directory.add(owners[0] as Owner, file("other hash", { md5: MD5.replace("0", "1") }));
    const holders = (): string[] => {
      const paths: string[] = [];
      directory.byHash(MD5, 4_000_000, ({ path }) => paths.push(path));
      return paths.sort();
    };

    expect(holders()).toEqual(["0.mp3", "1.mp3", "2.mp3", "3.mp3", "4.mp3"]);
    // The first one stood in the table for all.
    directory.remove(owners[0] as Owner, "0.mp3");
    expect(holders()).toEqual(["1.mp3", "2.mp3", "3.mp3", "4.mp3"]);
    for (const owner of owners) directory.removeOwner(owner);
    expect(holders()).toEqual([]);
  });

  test("nothing is found where clients write something that is no hash", () => {
    const directory = new Directory({ hashKey: HASH_KEY });
    const owner = directory.addOwner();
    const texts = ["", "nomd5computed", "0".repeat(32), "a".repeat(32), "wma-file", `${MD5.slice(1)}x`];
    for (const md5 of texts) directory.add(owner, file(`${md5}.mp3`, { md5 }));
    for (const md5 of texts) directory.byHash(md5, 4_000_000, ({ path }) => expect.unreachable(path));
    expect(directory.count(owner)).toBe(texts.length);
  });
});

test("words whose hashes are equal are still two words", () => {
  const byHash = new Map<number, string>();
  let [one, other] = ["", ""];
  for (let i = 0; one === ""; i++) {
    const hash = keyedHash(HASH_KEY, 0, `w${i}`);
    const same = byHash.get(hash);
    if (same !== undefined) [one, other] = [same, `w${i}`];
    byHash.set(hash, `w${i}`);
  }
  const directory = new Directory({ hashKey: HASH_KEY });
  const owner = directory.addOwner();
  directory.add(owner, file(`${one}.mp3`));
  expect(search(directory, criteria(other))).toEqual([]);
  directory.add(owner, file(`${other}.mp3`));
  expect(search(directory, criteria(one))).toEqual([`${one}.mp3`]);
  expect(search(directory, criteria(other))).toEqual([`${other}.mp3`]);
});

test("to share for somebody who is not there is our own fault", () => {
  const directory = new Directory({ hashKey: HASH_KEY });
  const owner = directory.addOwner();
  directory.removeOwner(owner);
  expect(() => directory.add(owner, file("a"))).toThrow("assertion failed");
  expect(() => directory.removeOwner(owner)).toThrow("assertion failed");
  expect(() => directory.count(7)).toThrow("assertion failed");
});
