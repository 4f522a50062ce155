import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readSecretFile } from "./secret-file.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "servent-secret-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

test.each([
  [0o600, false],
  [0o400, false],
  [0o640, true],
  [0o604, true],
])("a file of mode %o is taken, and told of where others can read it: %s", (mode, isTold) => {
  const file = path.join(folder, "links.txt");
  writeFileSync(file, "secrets\n");
  chmodSync(file, mode);
  const told: string[] = [];
  expect(readSecretFile(file, "It is a test.", (warning) => told.push(warning))).toBe("secrets\n");
  expect(told).toEqual(isTold ? [expect.stringContaining(`others can read ${file}`)] : []);
});
