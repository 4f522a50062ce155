import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { buildId, hashOfSources } from "./build-id.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "servent-build-"));
  writeFileSync(path.join(folder, "a.ts"), "export const a = 1;\n");
});
afterEach(() => rmSync(folder, { recursive: true }));

test("a build is the version and a hash of the sources", () => {
  expect(buildId()).toMatch(/^\d+\.\d+\.\d+\+[0-9a-f]{12}$/);
});

test("a changed, renamed or new source is another build; a test is not", () => {
  const hashes = [hashOfSources([folder])];
  writeFileSync(path.join(folder, "a.test.ts"), "");
  expect(hashOfSources([folder])).toBe(hashes[0]);
  writeFileSync(path.join(folder, "a.ts"), "export const a = 2;\n");
  hashes.push(hashOfSources([folder]));
  writeFileSync(path.join(folder, "b.ts"), "");
  hashes.push(hashOfSources([folder]));
  expect(new Set(hashes).size).toBe(3);
});
