import { createHash, randomBytes } from "node:crypto";
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { tigerBlock, TigerTreeHasher } from "@servent/overlay/base/tiger.ts";
import { HashEngine, ThreadHasher, replyTo } from "./file-hasher.ts";

const MIB = 1024 * 1024;
const bytes = randomBytes(3 * MIB + 7);
const sha1 = new Uint8Array(createHash("sha1").update(bytes).digest());
let folder: string;
let fd: number;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "servent-hasher-"));
  writeFileSync(join(folder, "f"), bytes);
  fd = openSync(join(folder, "f"), "r");
});
afterAll(() => {
  closeSync(fd);
  rmSync(folder, { recursive: true });
});

const job = (start: number, end: number) => ({
  key: "k",
  fd,
  start,
  end,
  node: false,
  expected: undefined,
  whole: "sha1" as const,
});

test("the running hash follows pieces in order, and ignores those out of order", () => {
  const engine = new HashEngine();

  expect(engine.hash(job(0, MIB)).wholeAt).toBe(MIB);
  expect(engine.hash(job(2 * MIB, 3 * MIB)).wholeAt).toBe(MIB);
  engine.hash(job(MIB, 3 * MIB));
  expect(engine.hash(job(3 * MIB, bytes.length)).wholeAt).toBe(bytes.length);

  expect(engine.digest("k", "sha1")).toEqual(sha1);
  expect(engine.hash(job(0, 1)).wholeAt).toBe(1);
});

test("a block that is not the expected one does not get into the running hash", () => {
  const engine = new HashEngine();
  const right = tigerBlock(bytes.subarray(0, 2 * MIB));

  const wrong = engine.hash({ ...job(0, 2 * MIB), node: true, expected: new Uint8Array(24) });
  const good = engine.hash({ ...job(0, 2 * MIB), node: true, expected: right });

  expect(wrong).toEqual({ node: right, wholeAt: 0 });
  expect(good).toEqual({ node: right, wholeAt: 2 * MIB });
});

test("the thread computes the same, reports what it cannot read, and can be stopped", async () => {
  const hasher = new ThreadHasher();
  const tree = new TigerTreeHasher();
  tree.update(bytes);

  const results = await Promise.all([
    hasher.hash(job(0, MIB)),
    hasher.hash(job(MIB, bytes.length)),
    hasher.digest("k", "sha1"),
  ]);
  await hasher.hash({ ...job(0, bytes.length), whole: "tiger" });
  const root = await hasher.digest("k", "tiger");
  await expect(hasher.hash(job(0, bytes.length + 1))).rejects.toThrow("shorter");
  const waiting = hasher.hash(job(0, 1));
  hasher.stop();

  expect(results[2]).toEqual(sha1);
  expect(root).toEqual(tree.finish().root);
  await expect(waiting).rejects.toThrow("stopped");
});

test("forgetting begins anew", () => {
  const engine = new HashEngine();
  engine.hash(job(0, MIB));

  expect(replyTo(engine, { kind: "forget", id: 0, key: "k" })).toBeUndefined();

  expect(engine.hash(job(0, 5)).wholeAt).toBe(5);
});
