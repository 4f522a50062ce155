import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { RunCache } from "./run-cache.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "servent-runs-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const run = {
  findings: { values: { mean: 2, none: Number.NaN }, tables: {}, digest: "00ff", events: 3 },
  cost: { cpuMs: 1, wallMs: 2, residentBytes: 3 },
};

test("a run that was kept is found again, by whoever looks into the same folder", () => {
  new RunCache(folder).keep("abc", run);

  expect(new RunCache(folder).read("abc")).toEqual(run);
  expect(new RunCache(folder).read("abd")).toBeUndefined();
});

test("half a file, or another run's, is none", () => {
  const cache = new RunCache(folder);
  cache.keep("abc", run);
  const [name = ""] = readdirSync(path.join(folder, "runs"));
  writeFileSync(path.join(folder, "runs", "half.json"), '{"schema":"servent.lab-run/1","id":"ha');
  writeFileSync(path.join(folder, "runs", "other.json"), '{"schema":"servent.lab-run/1","id":"abc"}');

  expect(name).toBe("abc.json");
  expect(cache.read("half")).toBeUndefined();
  expect(cache.read("other")).toBeUndefined();
});
