import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readResultAt, writeResultFolder } from "./result-folder.ts";
import { type Result, resultOf } from "./run-result.ts";
import { runJob } from "./run-job.ts";
import { SMALL_WORLD, smallWorld } from "./testing/small-world.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "servent-results-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

function madeHere(document: object): Result {
  const loaded = smallWorld(document);
  const runs = loaded.jobs.map(({ job, point }) => ({
    point,
    seed: job.seed,
    findings: runJob(job, () => undefined),
    cost: { cpuMs: 500, wallMs: 600, residentBytes: 80e6 },
  }));
  return resultOf(loaded, runs);
}

test("a result is read as it was written, from its file or its folder", () => {
  const result = madeHere({ ...SMALL_WORLD, seeds: 2, sweepOver: { "load.0.ttl": [1, 2] } });
  writeResultFolder(folder, result);

  for (const place of [folder, path.join(folder, "result.json")]) {
    const read = readResultAt(place, "/");
    expect(read.runs).toEqual(result.runs);
    expect(read.judgement).toEqual(result.judgement);
    expect(read.build).toBe(result.build);
  }
});

test("the folder holds a report, every table, and a row for each run", () => {
  const result = madeHere({ ...SMALL_WORLD, seeds: 3 });
  const files = writeResultFolder(folder, result);

  expect(readdirSync(folder).toSorted()).toEqual(files.toSorted());
  expect(files).toEqual(expect.arrayContaining(["report.html", "result.json", "values.csv", "runs.csv", "reach.csv"]));
  const rows = readFileSync(path.join(folder, "runs.csv"), "utf8").trimEnd().split("\r\n");
  expect(rows).toHaveLength(4);
  expect(rows[1]?.startsWith("7,")).toBe(true);
  expect(rows[1]?.endsWith(result.runs[0]?.findings.digest ?? "?")).toBe(true);
  expect(readFileSync(path.join(folder, "report.html"), "utf8")).toContain(result.judgement.digest);
});

test.each([
  ["nothing", "is no JSON"],
  ["{}", "is no result of the lab"],
  ["null", "is no result of the lab"],
  ['{"schema":"servent.lab-result/1"}', "is no result of the lab"],
])("%s is no result", (text, why) => {
  writeFileSync(path.join(folder, "result.json"), text);
  expect(() => readResultAt(folder, "/")).toThrow(why);
});

test("a result without all of its runs is refused", () => {
  writeResultFolder(folder, madeHere({ ...SMALL_WORLD, seeds: 2 }));
  const file = path.join(folder, "result.json");
  const written = JSON.parse(readFileSync(file, "utf8"));
  writeFileSync(file, JSON.stringify({ ...written, runs: written.runs.slice(1) }));

  expect(() => readResultAt(folder, "/")).toThrow("does not hold every run");
});
