import { expect, test } from "vitest";
import { sampleSource, sampleTransfer } from "../testing/samples.ts";
import { doneParts, progressLines } from "./progress-line.ts";
import { displayWidth } from "./text.ts";

const queued = sampleSource({ state: "queued", position: 14 });

test("a line tells name, share, bytes, rate, time left, sources by network, and who makes us wait", () => {
  const transfer = sampleTransfer({ sources: [...sampleTransfer().sources, queued] });
  expect(progressLines([transfer], 200)).toEqual([
    "tide-tables.txt   42 %  1.3/3.1 MB  810 kB/s  0:02 left  4 src (gnutella 3, bt 1)  waiting: 1 queued at 14",
  ]);
});

test("what matters least is shortened and then left out, before the name is cut", () => {
  const transfer = sampleTransfer({ sources: [...sampleTransfer().sources, queued] });
  expect(progressLines([transfer], 80)).toEqual(["tide-tables.txt   42 %  1.3/3.1 MB  810 kB/s  0:02 left  4 src"]);
});

test("no line is wider than the terminal", () => {
  const transfer = sampleTransfer({ name: "潮の満ち引き ".repeat(8) });
  for (let width = 20; width < 160; width++) {
    for (const line of progressLines([transfer, sampleTransfer()], width)) {
      expect(displayWidth(line)).toBeLessThanOrEqual(width);
    }
  }
});

test("several lines have their parts below each other", () => {
  const lines = progressLines([sampleTransfer({ name: "a" }), sampleTransfer()], 120);
  expect(new Set(lines.map((line) => line.indexOf("42 %"))).size).toBe(1);
});

test("a transfer that waits says why, and one of unknown size how much it has", () => {
  const waiting = sampleTransfer({ state: "waiting", reason: "remote_queue", bytesDone: 0, sources: [queued] });
  expect(progressLines([waiting], 200)[0]).toBe(
    "tide-tables.txt    0 %  0.0/3.1 MB  waiting: remote queue  1 src (gnutella 1)  waiting: 1 queued at 14",
  );
  const unknown = sampleTransfer({ size: null, state: "finding", reason: "no_sources", bytesDone: 0, sources: [] });
  expect(progressLines([unknown], 200)[0]).toBe("tide-tables.txt  size unknown  finding: no sources");
});

test("sources that were dropped count no more", () => {
  const transfer = sampleTransfer({ sources: [sampleSource(), sampleSource({ state: "dropped" })] });
  expect(progressLines([transfer], 200)[0]).toContain("1 src (gnutella 1)");
});

test("the end names the sources that gave bytes, their networks and the check", () => {
  const transfer = sampleTransfer({
    size: 812_000,
    verified: "sha1",
    sources: [sampleSource(), sampleSource({ network: "bittorrent" }), sampleSource({ bytes: 0 })],
  });
  expect(doneParts(transfer)).toEqual(["100 %", "812 kB", "2 sources on 2 networks", "sha1 ok"]);
  expect(doneParts({ ...transfer, verified: "none" })).toContain("unverified: no hash was known");
});

test("a hostile name cannot steer the terminal", () => {
  expect(progressLines([sampleTransfer({ name: "a\u001b[2J\u202eb" })], 200)[0]).toMatch(/^a␛\[2J<202E>b {2}/);
});
