import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { base32Encode } from "./base32.ts";
import { concatBytes, hexEncode, utf8Encode } from "./bytes.ts";
import { TIGER_BYTES, TIGER_LEAF_BYTES, TigerTreeHasher, tiger, tigerBlock, tigerRootOf } from "./tiger.ts";

function treeText(bytes: Uint8Array): string {
  return base32Encode(tigerBlock(bytes));
}

/** Bytes that differ everywhere, the same at each run. */
function noise(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = length + 1;
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[i] = state >>> 24;
  }
  return bytes;
}

/** The tree as its definition says, one Tiger at a time. */
function treeByDefinition(bytes: Uint8Array): Uint8Array {
  let level: Uint8Array[] = [];
  for (let at = 0; at === 0 || at < bytes.length; at += TIGER_LEAF_BYTES) {
    level.push(tiger(concatBytes([Uint8Array.of(0), bytes.subarray(at, at + TIGER_LEAF_BYTES)])));
  }
  while (level.length > 1) {
    const parents: Uint8Array[] = [];
    for (let i = 0; i < level.length; i += 2) {
      const [left, right] = [level[i] as Uint8Array, level[i + 1]];
      parents.push(right === undefined ? left : tiger(concatBytes([Uint8Array.of(1), left, right])));
    }
    level = parents;
  }
  return level[0] as Uint8Array;
}

describe("tiger", () => {
  test.each([
    ["", "3293ac630c13f0245f92bbb1766e16167a4e58492dde73f3"],
    ["abc", "2aab1484e8c158f2bfb8c5ff41b57a525129131c957b5f93"],
    ["Tiger", "dd00230799f5009fec6debc838bb6a27df2b9d6f110c7937"],
    [
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+-",
      "f71c8583902afb879edfe610f82c0d4786a3a534504486b5",
    ],
    [
      "Tiger - A Fast New Hash Function, by Ross Anderson and Eli Biham",
      "8a866829040a410c729ad23f5ada711603b3cdd357e4c15e",
    ],
  ])("of %j is as published", (text, expected) => {
    expect(hexEncode(tiger(utf8Encode(text)))).toBe(expected);
  });
});

describe("the tree", () => {
  test.each([
    ["no bytes", new Uint8Array(0), "LWPNACQDBZRYXW3VHJVCJ64QBZNGHOHHHZWCLNQ"],
    ["one zero", new Uint8Array(1), "VK54ZIEEVTWNAUI5D5RDFIL37LX2IQNSTAXFKSA"],
    ["1024 A", new Uint8Array(1024).fill(65), "L66Q4YVNAFWVS23X2HJIRA5ZJ7WXR3F26RSASFA"],
    ["1025 A", new Uint8Array(1025).fill(65), "PZMRYHGY6LTBEH63ZWAHDORHSYTLO4LEFUIKHWY"],
    ["abc", utf8Encode("abc"), "ASD4UJSEH5M47PDYB46KBTSQTSGDKLBHYXOMUIA"],
  ])("of %s is as published", (_, bytes, expected) => {
    expect(treeText(bytes)).toBe(expected);
  });

  test("is the one of its definition, at every length around leaves, lanes and batches", () => {
    const lengths = [1023, 1024, 1025, 2047, 2048, 2049, 3 * 1024, 3 * 1024 + 7, 65535, 65536, 65537, 66560, 200_001];
    for (const length of lengths) {
      const bytes = noise(length);

      expect(hexEncode(tigerBlock(bytes)), `${length} bytes`).toBe(hexEncode(treeByDefinition(bytes)));
    }
  });

  test("does not depend on the pieces in which the bytes come", () => {
    const bytes = noise(300_000);
    const whole = hexEncode(tigerBlock(bytes));
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 150_000 }), { maxLength: 8 }), (cuts) => {
        const hasher = new TigerTreeHasher();
        let at = 0;
        for (const cut of cuts) {
          hasher.update(bytes.subarray(at, at + cut));
          at = Math.min(bytes.length, at + cut);
        }
        hasher.update(bytes.subarray(at));

        expect(hexEncode(hasher.finish().root)).toBe(whole);
      }),
      { numRuns: 30 },
    );
  });

  test.each([1024, 8192, 65536, 131_072, 1 << 20])("keeps the level over blocks of %i bytes, and its root", (size) => {
    const bytes = noise(2_500_000);
    const hasher = new TigerTreeHasher(size);
    hasher.update(bytes);

    const tree = hasher.finish();

    const blocks: Uint8Array[] = [];
    for (let at = 0; at < bytes.length; at += size) blocks.push(tigerBlock(bytes.subarray(at, at + size)));
    expect(tree.size).toBe(bytes.length);
    expect(tree.blockSize).toBe(size);
    expect(hexEncode(tree.nodes)).toBe(hexEncode(concatBytes(blocks)));
    expect(hexEncode(tree.root)).toBe(hexEncode(tigerRootOf(tree.nodes)));
    expect(hexEncode(tree.root)).toBe(hexEncode(tigerBlock(bytes)));
  });

  test("two hashers at work at a time do not disturb each other", () => {
    const [a, b] = [noise(100_000), noise(100_001)];
    const [first, second] = [new TigerTreeHasher(), new TigerTreeHasher()];
    for (let at = 0; at < 100_001; at += 700) {
      first.update(a.subarray(at, at + 700));
      second.update(b.subarray(at, at + 700));
    }

    expect(hexEncode(first.finish().root)).toBe(hexEncode(tigerBlock(a)));
    expect(hexEncode(second.finish().root)).toBe(hexEncode(tigerBlock(b)));
  });

  test("folds a level of more nodes than fit one batch", () => {
    const nodes = noise(TIGER_BYTES * 5001);

    expect(hexEncode(tigerRootOf(nodes))).toBe(hexEncode(foldByDefinition(nodes)));
  });

  test("refuses a level of no or half a node", () => {
    expect(() => tigerRootOf(new Uint8Array(0))).toThrow("whole node");
    expect(() => tigerRootOf(new Uint8Array(25))).toThrow("whole node");
  });
});

function foldByDefinition(nodes: Uint8Array): Uint8Array {
  if (nodes.length === TIGER_BYTES) return nodes;
  const parents: Uint8Array[] = [];
  for (let at = 0; at < nodes.length; at += 2 * TIGER_BYTES) {
    const pair = nodes.subarray(at, at + 2 * TIGER_BYTES);
    parents.push(pair.length === TIGER_BYTES ? pair : tiger(concatBytes([Uint8Array.of(1), pair])));
  }
  return foldByDefinition(concatBytes(parents));
}

const hasRhash = spawnSync("rhash", ["--version"]).status === 0;

// Another program's opinion; `apt-get install rhash` brings it.
test.skipIf(!hasRhash)("rhash computes the same Tiger and the same tree", () => {
  const folder = mkdtempSync(join(tmpdir(), "tiger-"));
  try {
    for (const length of [0, 1, 63, 64, 1024, 1025, 70_000, 1_048_577, 3_000_003]) {
      const bytes = noise(length);
      const path = join(folder, `${length}`);
      writeFileSync(path, bytes);

      const { stdout } = spawnSync("rhash", ["--printf=%{tiger} %{tth}", path], { encoding: "utf8" });

      expect(stdout.trim().toLowerCase()).toBe(`${hexEncode(tiger(bytes))} ${treeText(bytes).toLowerCase()}`);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});
