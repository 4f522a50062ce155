// Clients that try to use up memory or time, and what is left for the others.
import { describe, expect, test } from "vitest";
import { ANY } from "../range.ts";
import type { Criteria } from "./criteria.ts";
import { Directory } from "./directory.ts";
import { LIMITS } from "./limits.ts";
import type { Owner } from "./found-file.ts";
import type { SharedFile } from "../shared-file.ts";

const HASH_KEY = [1, 2] as const;
const MD5 = "0123456789abcdef0123456789abcdef";

function file(path: string, rest: Partial<SharedFile> = {}): SharedFile {
  return { path, md5: MD5, size: 1000, bitrate: 128, frequency: 44_100, seconds: 245, media: "mp3", urn: "", ...rest };
}

function hits(directory: Directory, word: string, rest: Partial<Criteria> = {}): number {
  const asked: Criteria = {
    words: [word],
    without: [],
    size: ANY,
    bitrate: ANY,
    frequency: ANY,
    seconds: ANY,
    media: "any",
    ...rest,
  };
  return directory.search(asked, 1000, () => true).length;
}

/** As many words as a path can hold that nobody else has. */
function strangeWords(number: number): string {
  return Array.from({ length: 31 }, (_, i) => `w${number}x${i}`.padEnd(62, "q")).join(" ");
}

describe("a client that shares thousands of words that nobody else has", () => {
  test("gets as much memory as one owner may have, and others go on sharing", () => {
    const directory = new Directory({ hashKey: HASH_KEY });
    const [hostile, other] = [directory.addOwner(), directory.addOwner()];

    let added = 0;
    for (let i = 0; i < 5000; i++) if (directory.add(hostile, file(strangeWords(i))) === "added") added++;

    expect(added).toBeGreaterThan(1000);
    expect(added).toBeLessThan(5000);
    expect(directory.memoryUsed).toBeLessThan(LIMITS.bytesPerOwnerMax);
    expect(directory.add(other, file("blue train.mp3"))).toBe("added");
    directory.removeOwner(hostile);
    while (directory.work(100_000));
    expect(directory.wordCount).toBe(2);
  });

  test("gets nothing at all for paths that no message could carry", () => {
    const directory = new Directory({ hashKey: HASH_KEY });
    const owner = directory.addOwner();
    expect(directory.add(owner, file("x".repeat(LIMITS.pathBytesMax + 1)))).toBe("full");
    expect(directory.add(owner, file(Array.from({ length: 31 }, (_, i) => `${i}`.repeat(10_000)).join(" ")))).toBe(
      "full",
    );
    expect([directory.files, directory.memoryUsed]).toEqual([0, 0]);
  });
});

describe("without any housekeeping but what sharing pays for, memory stays bounded", () => {
  /** What one turn does, given its number and somebody who stays. */
  const turns: Record<string, (directory: Directory, turn: number, owner: Owner) => void> = {
    "while a file is shared and taken back": (directory, _, owner) => {
      directory.add(owner, file("blue train.mp3"));
      directory.remove(owner, "blue train.mp3");
    },
    "while ever new files are shared and taken back": (directory, turn, owner) => {
      directory.add(owner, file(`blue train ${turn}x.mp3`));
      directory.remove(owner, `blue train ${turn}x.mp3`);
    },
    "while one file stays and others are taken back": (directory, turn, owner) => {
      directory.add(owner, file(`blue train ${turn}.mp3`));
      if (turn > 0) directory.remove(owner, `blue train ${turn - 1}.mp3`);
    },
    "while everything is taken back again and again": (directory, turn, owner) => {
      directory.add(owner, file(`blue train ${turn}.mp3`));
      directory.removeAll(owner);
    },
    "while somebody comes, shares and goes": (directory, turn) => {
      const guest = directory.addOwner();
      directory.add(guest, file(`blue train ${turn}.mp3`));
      directory.removeOwner(guest);
    },
  };
  for (const [name, turn] of Object.entries(turns)) {
    test(name, () => {
      const directory = new Directory({ hashKey: HASH_KEY });
      const [resident, owner] = [directory.addOwner(), directory.addOwner()];
      // Long lists that are alive for the most part: only the round over all words takes the dead ones out of them.
      for (let i = 0; i < 5000; i++) directory.add(resident, file(`blue train ${i}y.mp3`));
      for (let i = 0; i < 15_000; i++) turn(directory, i, owner);
      const before = directory.memoryBytes;

      for (let i = 15_000; i < 45_000; i++) turn(directory, i, owner);

      expect(directory.memoryBytes).toBe(before);
      expect(before).toBeLessThan(12_000_000);
      expect(hits(directory, "42y")).toBe(1);
    });
  }
});

test("a client that takes back most of what he shares keeps no memory by the few that stay", () => {
  const directory = new Directory({ hashKey: HASH_KEY });
  const owner = directory.addOwner();
  for (let i = 0; i < 5000; i++) directory.add(owner, file(`C:\\${"long ago ".repeat(20)}\\blue ${i}.mp3`));
  const before = directory.memoryUsed;

  for (let i = 0; i < 5000; i++)
    if (i % 20 !== 0) directory.remove(owner, `C:\\${"long ago ".repeat(20)}\\blue ${i}.mp3`);
  while (directory.work(100_000));

  expect(directory.count(owner)).toBe(250);
  expect(directory.memoryUsed).toBeLessThan(before / 6);
});

test("what a hundred thousand clients have alike is shared and taken back as fast as anything else", () => {
  const directory = new Directory({ hashKey: HASH_KEY });
  const owners = Array.from({ length: 100_000 }, () => directory.addOwner());
  for (const owner of owners) directory.add(owner, file("blue.mp3"));
  for (const owner of owners) directory.remove(owner, "blue.mp3");
  while (directory.work(100_000));
  expect(directory.memoryUsed).toBe(0);
});

test("a search that would look at everything ends before the oldest files", () => {
  const directory = new Directory({ hashKey: HASH_KEY, filesPerOwnerMax: 100_000 });
  const owner = directory.addOwner();
  const wanted = { size: { least: 7, most: 7 } };
  directory.add(owner, file("blue.mp3", { size: 7 }));
  for (let i = 0; i < 12_000; i++) directory.add(owner, file(`blue ${i}.mp3`));
  expect(hits(directory, "blue", wanted)).toBe(1);
  for (let i = 0; i < 1000; i++) directory.add(owner, file(`${i} blue.mp3`));
  expect(hits(directory, "blue", wanted)).toBe(0);
  expect(hits(directory, "blue")).toBe(1000);
});

test("a search without hundreds of words costs no more than any other, and a word that is named twice counts once", () => {
  const directory = new Directory({ hashKey: HASH_KEY });
  const owner = directory.addOwner();
  for (let i = 0; i < 480; i++) directory.add(owner, file(`b${i}.mp3`));
  for (let i = 0; i < 4000; i++) directory.add(owner, file(`blue ${i}.mp3`));
  const lookedAt = (without: readonly string[]): number => {
    let owners = 0;
    const asked = { words: ["blue"], without, size: { least: 7, most: 7 }, bitrate: ANY, frequency: ANY, seconds: ANY };
    const accept = (): boolean => ++owners > 0;
    directory.search({ ...asked, media: "any" }, 100, accept);
    return owners;
  };
  expect(lookedAt([])).toBe(4000);
  expect(lookedAt(Array.from({ length: 480 }, () => "b7"))).toBe(4000);
  expect(lookedAt(Array.from({ length: 480 }, (_, i) => `b${i}`)) * 480).toBeLessThan(LIMITS.searchLooksMax);
});

test("housekeeping does no more at a time than it is asked for", () => {
  const directory = new Directory({ hashKey: HASH_KEY });
  const owner = directory.addOwner();
  for (let i = 0; i < 5000; i++) directory.add(owner, file(`blue train ${i}.mp3`));
  directory.removeOwner(owner);
  let slices = 1;
  for (let used = directory.memoryUsed; directory.work(1000); slices++) {
    expect(used - directory.memoryUsed).toBeLessThan(200_000);
    used = directory.memoryUsed;
  }
  expect(slices).toBeGreaterThan(300);
  expect(directory.memoryUsed).toBe(0);
});

describe("a full directory", () => {
  test("takes no more files than it may, in all and of one owner, until others go", () => {
    const directory = new Directory({ hashKey: HASH_KEY, filesMax: 5, filesPerOwnerMax: 3 });
    const [alice, bob] = [directory.addOwner(), directory.addOwner()];
    const share = (owner: Owner): string[] => [1, 2, 3, 4].map((i) => directory.add(owner, file(`${i}.mp3`)));

    expect(share(alice)).toEqual(["added", "added", "added", "full"]);
    expect(share(bob)).toEqual(["added", "added", "full", "full"]);
    expect(share(alice)).toEqual(["duplicate", "duplicate", "duplicate", "full"]);
    directory.removeAll(alice);
    expect(share(bob)).toEqual(["duplicate", "duplicate", "added", "full"]);
  });

  test("keeps within its memory, and has room for as many again when all have gone, ten times", () => {
    const bytesMax = 10 * 1024 * 1024;
    const directory = new Directory({ hashKey: HASH_KEY, bytesMax });
    const shared: number[] = [];
    for (let round = 0; round < 10; round++) {
      const owners: Owner[] = [];
      for (let isFull = false; !isFull; ) {
        const owner = directory.addOwner();
        owners.push(owner);
        for (let i = 0; i < 5000 && !isFull; i++) {
          isFull = directory.add(owner, file(`artist ${owner % 7}\\song ${i} ${round}r${owner}x${i}.mp3`)) === "full";
        }
      }
      shared.push(directory.files);
      expect(directory.memoryBytes).toBeLessThanOrEqual(bytesMax);
      for (const owner of owners) directory.removeOwner(owner);
      while (directory.work(100_000));
      expect(directory.memoryUsed).toBe(0);
    }
    expect(shared[0]).toBeGreaterThan(10_000);
    expect(Math.min(...shared)).toBeGreaterThanOrEqual(0.9 * Math.max(...shared));
  });
});
