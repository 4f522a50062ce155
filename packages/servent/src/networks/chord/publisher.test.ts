import { createHash } from "node:crypto";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { SharedFile } from "../../library/library.ts";
import { Publisher, RECORDS_MAX } from "./publisher.ts";
import { ScriptedRing } from "./ring-fixture.ts";

const MINUTE_MS = 60_000;

let publisher: Publisher;
let ring: ScriptedRing;
let names: readonly string[];
let version: number;
let isAmongOthers: boolean;

beforeEach(() => {
  vi.useFakeTimers();
  ring = new ScriptedRing();
  names = [];
  version = 1;
  isAmongOthers = true;
  publisher = new Publisher({
    library: {
      get version() {
        return version;
      },
      totals: () => ({ files: names.length, bytes: names.length }),
      list: (offset, limit) => ({ items: names.slice(offset, offset + limit).map(fileNamed), total: names.length }),
    },
    member: () => (isAmongOthers ? ring : undefined),
    provider: 77,
    isFirewalled: () => false,
  });
});

afterEach(async () => {
  const stopping = publisher.stop(false);
  await vi.advanceTimersByTimeAsync(1000);
  await stopping;
  vi.useRealTimers();
});

function fileNamed(name: string): SharedFile {
  const sha1 = createHash("sha1").update(name).digest();
  const paths = { shareId: "s", virtualPath: name, name };
  return { index: 1, ...paths, size: 1, modifiedAt: 0, sharedAt: 0, sha1, tigerRoot: undefined };
}

async function share(...shared: string[]): Promise<void> {
  names = shared;
  version++;
  await vi.advanceTimersByTimeAsync(10_000);
}

const holders = (): string[] => [...new Set([...ring.kept.keys()].map((place) => place.split(" ")[0] as string))];
const stores = (): string[] => ring.asked.filter((each) => each.startsWith("store"));

test("each key of a file is stored at its owner and the next two, for an hour, and renewed before that is over", async () => {
  publisher.start();
  await share("blue tide.txt");
  // Content, name, and two words.
  expect(ring.kept.size).toBe(4 * 3);
  expect(holders()).toEqual(["1", "2", "3"]);
  expect(new Set(stores())).toEqual(new Set(["store 1 3600", "store 2 3600", "store 3 3600"]));
  expect(publisher.status()).toMatchObject({ files: 1, filesLeftOut: 0, records: 4, waiting: 0, refused: 0 });

  for (let minute = 0; minute < 300; minute += 50) {
    const before = stores().length;
    await vi.advanceTimersByTimeAsync(50 * MINUTE_MS);
    expect(stores().length - before).toBeGreaterThanOrEqual(4 * 3);
  }
});

test("nothing is published while nobody else is there, and all of it again in a new ring", async () => {
  isAmongOthers = false;
  publisher.start();
  await share("tide.txt");
  expect(ring.asked).toEqual([]);
  expect(publisher.status().waiting).toBe(3);

  isAmongOthers = true;
  await vi.advanceTimersByTimeAsync(5000);
  expect(publisher.status().waiting).toBe(0);
  ring.kept.clear();
  publisher.renewAll();
  await vi.advanceTimersByTimeAsync(5000);
  expect(ring.kept.size).toBe(9);
});

test("what is no longer shared is taken back, also from those who held it before the ring changed", async () => {
  publisher.start();
  await share("tide.txt", "moon.txt");
  ring.peers = [3, 4, 5];
  await vi.advanceTimersByTimeAsync(2 * MINUTE_MS);
  expect(holders().toSorted()).toEqual(["1", "2", "3", "4", "5"]);

  await share("moon.txt");
  expect([...ring.kept.keys()].filter((place) => place.includes(Buffer.from("tide").toString("hex")))).toEqual([]);
  expect(publisher.status()).toMatchObject({ files: 1, records: 3 });

  const stopping = publisher.stop(true);
  await vi.advanceTimersByTimeAsync(3000);
  await stopping;
  expect(ring.kept.size).toBe(0);
});

test("a holder that started again gives a new permit, and one that is silent holds nobody up for long", async () => {
  publisher.start();
  await share("tide.txt");
  ring.restarted.add(2);
  ring.kept.clear();
  await vi.advanceTimersByTimeAsync(MINUTE_MS);
  expect(holders().toSorted()).toEqual(["1", "2", "3"]);

  ring.silent.add(1);
  ring.asked.length = 0;
  const stopping = publisher.stop(true);
  await vi.advanceTimersByTimeAsync(3000);
  await stopping;
  expect(holders()).toEqual(["1"]);
  expect(ring.asked.filter((each) => each === "store 1 0").length).toBeLessThanOrEqual(3);
});

test("a key that nobody takes is counted, and tried again", async () => {
  for (const peer of ring.peers) ring.full.add(peer);
  publisher.start();
  await share("tide.txt");
  expect(publisher.status()).toMatchObject({ records: 0, refused: 3 });

  ring.full.clear();
  await vi.advanceTimersByTimeAsync(30_000);
  expect(publisher.status()).toMatchObject({ records: 3, refused: 0 });

  ring.hasOwner = false;
  await share("tide.txt", "moon.txt");
  expect(publisher.status().waiting).toBe(3);
  ring.hasOwner = true;
  await vi.advanceTimersByTimeAsync(30_000);
  expect(publisher.status().waiting).toBe(0);
});

test("a large library is published as far as it can be kept fresh, slowly, and the rest is counted", async () => {
  publisher.start();
  await share(...Array.from({ length: 20_000 }, (_, i) => `file number${i}.txt`));
  const { files, filesLeftOut } = publisher.status();
  expect(files + filesLeftOut).toBe(20_000);
  // Content, name, and `number…` of each; 64 records under `word:file`.
  expect(files).toBeGreaterThan(RECORDS_MAX / 4 - 1);
  expect(files).toBeLessThan(RECORDS_MAX / 3);

  const before = ring.asked.length;
  await vi.advanceTimersByTimeAsync(MINUTE_MS);
  expect((ring.asked.length - before) / 60).toBeLessThan(40);
}, 60_000);
