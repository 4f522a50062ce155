// That benches measure what they say; how fast this machine is, no test asks.
import { expect, test } from "vitest";
import { BENCHES, type BenchFigures } from "./benches.ts";
import { holdQueue, holdTimers } from "./engine-hold.ts";
import { judgeBound } from "./run-benches.ts";

test("the engine's timers fire as often as asked, all of them pending all the time", () => {
  const times = [10, 30];
  const { events, cpuMs } = holdTimers(100, 5000, () => times.shift() ?? 0);

  expect(events).toBeGreaterThanOrEqual(5000);
  expect(events).toBeLessThan(5100);
  expect(cpuMs).toBe(20);
});

test("the bare queue passes as many events as asked", () => {
  const times = [10, 30];
  const { events, cpuMs } = holdQueue(100, 5000, () => times.shift() ?? 0);

  expect(events).toBeGreaterThanOrEqual(5000);
  expect(events).toBeLessThan(5100);
  expect(cpuMs).toBe(20);
});

test.each(BENCHES)("$name runs small as well, and answers nothing wrongly", ({ measure }) => {
  let clock = 0;
  const { events, cpuMs, values } = measure(300, () => (clock += 5));

  expect(events).toBeGreaterThan(1000);
  expect(cpuMs).toBe(5);
  expect(values["wrong"] ?? 0).toBe(0);
});

const figures: BenchFigures = { events: 2_000_000, cpuMs: 1000, residentBytes: 1e9, values: { mean: 10.83 } };
const rate = { what: "rate", of: ({ events, cpuMs }: BenchFigures) => (1000 * events) / cpuMs };

test("a promise holds, is missed, or says nothing", () => {
  expect(judgeBound({ ...rate, least: 2e6 }, figures, false)).toMatchObject({ here: 2e6, met: true });
  expect(judgeBound({ ...rate, least: 2.1e6 }, figures, false)).toMatchObject({ met: false });
  expect(judgeBound({ ...rate, most: 1e6 }, figures, false)).toMatchObject({ met: false });
  expect(judgeBound(rate, figures, false)).toMatchObject({ here: 2e6, met: undefined });
  expect(judgeBound({ what: "none", least: 1, of: () => undefined }, figures, false).met).toBeUndefined();
});

test("what is promised of the full size is not asked of a smaller one", () => {
  const bound = { ...rate, least: 1e9, isFullSize: true } as const;
  expect(judgeBound(bound, figures, true).met).toBeUndefined();
  expect(judgeBound(bound, figures, false).met).toBe(false);
});
