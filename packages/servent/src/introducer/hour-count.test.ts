import { expect, test } from "vitest";
import { HourCount } from "./hour-count.ts";

const MINUTE = 60_000;

test("what is older than an hour is in the total only", () => {
  let now = 5 * MINUTE;
  const count = new HourCount(() => now);
  count.add();
  now += 30 * MINUTE;
  count.add();
  count.add();
  expect([count.total, count.lastHour]).toEqual([3, 3]);
  now += 30 * MINUTE;
  expect([count.total, count.lastHour]).toEqual([3, 2]);
  now += 1000 * MINUTE;
  expect([count.total, count.lastHour]).toEqual([3, 0]);
});
