import { expect, test } from "vitest";
import type { FileGroup } from "../api/shapes.ts";
import { sortedGroups } from "./steady-rows.ts";

function group(number: number, more: Partial<FileGroup>): FileGroup {
  return {
    number,
    id: `g_${number}`,
    name: `file ${number}`,
    names: [],
    size: 1,
    type: "text",
    urns: [],
    networks: ["gnutella"],
    sources: [],
    health: "ready",
    match: "strong",
    have: false,
    transfer: null,
    ...more,
  };
}

const numbers = (rows: readonly FileGroup[]) => rows.map(({ number }) => number);

test("equals keep the order in which they came", () => {
  const rows = [group(3, { size: 5 }), group(1, { size: 5 }), group(2, { size: 9 })];

  expect(numbers(sortedGroups(rows, { by: "size", isDescending: true }))).toEqual([2, 1, 3]);
  expect(numbers(sortedGroups(rows, { by: "size", isDescending: false }))).toEqual([1, 3, 2]);
  expect(numbers(sortedGroups(rows, undefined))).toEqual([1, 2, 3]);
});

test("health sorts from what comes soonest to what may never come", () => {
  const rows = (["unreachable", "busy", "ready", "push"] as const).map((health, at) => group(at, { health }));

  const best = sortedGroups(rows, { by: "health", isDescending: true });

  expect(best.map(({ health }) => health)).toEqual(["ready", "busy", "push", "unreachable"]);
});

test("a column that an older page remembered and this one lacks changes nothing", () => {
  expect(numbers(sortedGroups([group(2, {}), group(1, {})], { by: "speed", isDescending: true }))).toEqual([1, 2]);
});
