import { createHash } from "node:crypto";
import { appendFileSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { tigerBlock, TigerTreeHasher } from "@servent/overlay/base/tiger.ts";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { treeBlockSize } from "./hash-job.ts";
import { HashPool } from "./hash-pool.ts";
import { LibraryFixture } from "./library-fixture.ts";

let fixture: LibraryFixture;
let pool: HashPool;

beforeEach(() => {
  fixture = new LibraryFixture();
  pool = new HashPool({ threads: 2 });
});

afterEach(async () => {
  await pool.close();
  await fixture.dispose();
});

describe("the hash pool", () => {
  test("gives SHA-1, root and level of a file", async () => {
    const content = Buffer.alloc(2_500_000, "servent");
    const path = fixture.write("file.bin", content);

    const task = pool.hash(path, 0);
    const result = await task.outcome;

    const tree = new TigerTreeHasher(1 << 20);
    tree.update(content);
    const { root, nodes } = tree.finish();
    expect(result).toMatchObject({ ok: true, size: content.length, blockSize: 1 << 20 });
    if (!result.ok) return;
    expect(Buffer.from(result.sha1)).toEqual(createHash("sha1").update(content).digest());
    expect(Buffer.from(result.tigerRoot)).toEqual(Buffer.from(root));
    expect(Buffer.from(result.nodes)).toEqual(Buffer.from(nodes));
    expect(task.done()).toBe(content.length);
  });

  test("hashes an empty file", async () => {
    const result = await pool.hash(fixture.write("empty", ""), 0).outcome;

    expect(result.ok && Buffer.from(result.sha1).toString("hex")).toBe("da39a3ee5e6b4b0d3255bfef95601890afd80709");
    expect(result.ok && Buffer.from(result.nodes)).toEqual(Buffer.from(tigerBlock(new Uint8Array(0))));
  });

  test("hashes many files, more than it has threads, each as itself", async () => {
    const paths = Array.from({ length: 20 }, (_, i) => fixture.write(`${i}`, `content ${i}`));

    const results = await Promise.all(paths.map((path) => pool.hash(path, 0).outcome));

    for (const [i, result] of results.entries()) {
      const expected = createHash("sha1").update(`content ${i}`).digest("hex");
      expect(result.ok && Buffer.from(result.sha1).toString("hex")).toBe(expected);
    }
  });

  test("says what cannot be read, and does not follow a link or wait at a folder", async () => {
    const real = fixture.write("real");
    symlinkSync(real, join(fixture.root, "link"));

    await expect(pool.hash(join(fixture.root, "gone"), 0).outcome).resolves.toMatchObject({ code: "unreadable" });
    await expect(pool.hash(join(fixture.root, "link"), 0).outcome).resolves.toMatchObject({ code: "unreadable" });
    await expect(pool.hash(fixture.root, 0).outcome).resolves.toMatchObject({ code: "unreadable" });
  });

  test.each([
    ["grows", (path: string) => appendFileSync(path, "more")],
    ["shrinks", (path: string) => writeFileSync(path, "less")],
    ["is touched", (path: string) => utimesSync(path, 1, 1)],
  ])("notices that a file %s while it is read", async (_, change) => {
    const path = fixture.write("file.bin", Buffer.alloc(3_000_000));
    // So slow that the change comes long before the end.
    const task = pool.hash(path, 1_000_000);
    await reads(task);

    change(path);
    task.setRate(0);

    await expect(task.outcome).resolves.toMatchObject({ ok: false, code: "changed" });
  });

  test("stops when cancelled, waiting or reading, and goes on with the next", async () => {
    const single = new HashPool({ threads: 1 });
    const slow = single.hash(fixture.write("slow", Buffer.alloc(50_000_000)), 100_000);
    const waiting = single.hash(fixture.write("waiting"), 0);
    const next = single.hash(fixture.write("next"), 0);

    waiting.cancel();
    await reads(slow);
    slow.cancel();

    await expect(waiting.outcome).resolves.toMatchObject({ code: "cancelled" });
    await expect(slow.outcome).resolves.toMatchObject({ code: "cancelled" });
    await expect(next.outcome).resolves.toMatchObject({ ok: true });
    await single.close();
  });

  test("reads no faster than it is told", async () => {
    const path = fixture.write("file.bin", Buffer.alloc(1_000_000));
    await pool.hash(path, 0).outcome;
    const from = performance.now();

    await pool.hash(path, 2_000_000).outcome;

    // Half a second by the rate; naps may be a little short, never much.
    expect(performance.now() - from).toBeGreaterThan(450);
  });

  test("closing cancels what is at work, and what comes later", async () => {
    const task = pool.hash(fixture.write("slow", Buffer.alloc(5_000_000)), 10_000);
    await reads(task);

    await pool.close();

    await expect(task.outcome).resolves.toMatchObject({ code: "cancelled" });
    await expect(pool.hash("anything", 0).outcome).resolves.toMatchObject({ code: "cancelled" });
  });

  test("ends its threads when nothing comes, and starts new ones", async () => {
    const idle = new HashPool({ threads: 1, idleMs: 1 });
    const path = fixture.write("file");
    await idle.hash(path, 0).outcome;

    await expect.poll(() => idle.threadCount).toBe(0);

    await expect(idle.hash(path, 0).outcome).resolves.toMatchObject({ ok: true });
    await idle.close();
    rmSync(path);
  });
});

/** Resolves when the first bytes have been read. */
async function reads(task: { done(): number }): Promise<void> {
  await expect.poll(() => task.done(), { interval: 5, timeout: 10_000 }).toBeGreaterThan(0);
}

test("the kept level never has more than 4096 nodes, and no block less than a mebibyte", () => {
  expect(treeBlockSize(0)).toBe(1 << 20);
  expect(treeBlockSize(4 * 2 ** 30)).toBe(1 << 20);
  expect(treeBlockSize(4 * 2 ** 30 + 1)).toBe(2 << 20);
  expect(treeBlockSize(2 ** 44)).toBe(2 ** 32);
});
