import { expect, test } from "vitest";
import { parseSchedule, runSchedule, scheduleText } from "../../chord/ring-schedule.ts";
import type { Findings, Settings } from "../program.ts";
import { chordSchedules } from "./chord-schedules.ts";

function run(settings: Settings, seed = "1"): Findings {
  const defaults = Object.fromEntries(
    Object.entries(chordSchedules.settings).map(([name, setting]) => [name, setting.default]),
  );
  return chordSchedules.run({ seed, settings: { ...defaults, ...settings }, fidelity: "message", progress: () => {} });
}

function row(findings: Findings, what: string): string {
  return String(findings.tables.violation?.rows.find(([name]) => name === what)?.[1]);
}

test("the published protocol breaks; the smallest schedule breaks it again, in the same way, and none of its parts does", () => {
  const found = run({ upkeep: "original", schedules: 2000 });
  expect(found.values).toMatchObject({ broken: 1 });
  const smallest = parseSchedule(row(found, "smallest")) ?? [];
  expect(smallest.length).toBeGreaterThan(1);
  const number = /run=(\d+)/.exec(row(found, "again"))?.[1];

  const again = run({ upkeep: "original", schedule: scheduleText(smallest), run: Number(number) });
  expect(row(again, "violation")).toBe(row(found, "violation"));

  const setting = { upkeep: "original", peers: 9, successors: 2, watches: true } as const;
  smallest.forEach((_, i) => {
    const shorter = smallest.filter((_change, j) => j !== i);
    expect(runSchedule(setting, shorter, `1/${number}`).violation).toBeUndefined();
  });
});

test("the repaired protocol stands the same schedules, in rings of several sizes", () => {
  for (const [peers, successors] of [
    [9, 2],
    [6, 1],
    [14, 3],
  ]) {
    const found = run({ upkeep: "repaired", schedules: 60, peers: peers as number, successors: successors as number });
    expect(row(found, "violation")).toBe("undefined");
    expect(found.values).toMatchObject({ broken: 0, schedules: 60 });
  }
});

test("the same seed tries the same schedules, another one others", () => {
  const digest = (seed: string): string => run({ schedules: 5 }, seed).digest;
  expect(digest("1")).toBe(digest("1"));
  expect(digest("2")).not.toBe(digest("1"));
});

test("a schedule that is none, or of peers that are permanent or not there, is refused", () => {
  expect(() => run({ schedule: "12 jump 5" })).toThrow(/is no schedule/);
  expect(() => run({ schedule: "12 join 2" })).toThrow(/peers 3 to 8/);
  expect(() => run({ schedule: "12 join 9" })).toThrow(/peers 3 to 8/);
});
