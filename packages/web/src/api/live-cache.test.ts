import { expect, test } from "vitest";
import { patchOf, scanProgress } from "./live-cache.ts";

test("an event's subject is found whole, flat, or by its id alone", () => {
  expect(patchOf({ transfer: { id: "t_1", rate: 5 } }, "transfer")).toEqual({ id: "t_1", rate: 5 });
  expect(patchOf({ id: "t_1", rate: 5 }, "transfer")).toEqual({ id: "t_1", rate: 5 });
  expect(patchOf({ shareId: "sh_1" }, "share")).toMatchObject({ id: "sh_1" });
});

test("an event without a subject is nothing to apply", () => {
  for (const data of [{}, { peer: null }, { id: 7 }, { peer: "p_1" }]) expect(patchOf(data, "peer")).toBeUndefined();
});

test("the progress of a scan is found in the share or by itself, and nowhere else", () => {
  const progress = { state: "hashing", filesFound: 3 };

  expect(scanProgress({ id: "sh_1", progress })).toBe(progress);
  expect(scanProgress({ id: "sh_1", ...progress })).toMatchObject(progress);
  expect(scanProgress({ id: "sh_1", change: "content" })).toBeUndefined();
  expect(scanProgress({ id: "sh_1", progress: null })).toBeUndefined();
});
