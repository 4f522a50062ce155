import { expect, test } from "vitest";
import { jobId } from "./job.ts";
import { SMALL_WORLD, smallWorld } from "./testing/small-world.ts";

const idOf = (document: object): string => smallWorld(document).jobs[0]?.id as string;

test("what only judges or shows a run does not change its name", () => {
  const told = { ...SMALL_WORLD, title: "Another", text: "More", expect: ["count >= 0"], plots: [], seeds: 5 };
  expect(idOf(told)).toBe(idOf(SMALL_WORLD));
});

test.each([
  ["a setting", { peers: 41 }],
  ["a part of the world", { link: { latency: "21ms" } }],
  ["the seed", { seed: 8 }],
  ["the fidelity", { fidelity: "wire" }],
])("%s makes another run", (_what, change) => {
  expect(idOf({ ...SMALL_WORLD, ...change })).not.toBe(idOf(SMALL_WORLD));
});

test("another build makes another run", () => {
  const job = smallWorld().jobs[0]?.job;
  if (job === undefined) throw new Error("there is a job");
  expect(jobId({ ...job, build: "0.0.0" })).not.toBe(jobId(job));
});

test("the order of the keys in the file says nothing", () => {
  const turned = Object.fromEntries(Object.entries(SMALL_WORLD).toReversed());
  expect(idOf(turned)).toBe(idOf(SMALL_WORLD));
});

test("a sweep is a job for every point and seed, each a run that could have been asked for alone", () => {
  const { jobs } = smallWorld({ ...SMALL_WORLD, sweepOver: { "load.0.ttl": [1, 3], peers: [40, 50] }, seeds: 2 });

  expect(jobs.map(({ point, job }) => [point, job.seed])).toEqual([
    [0, "7"],
    [0, "8"],
    [1, "7"],
    [1, "8"],
    [2, "7"],
    [2, "8"],
    [3, "7"],
    [3, "8"],
  ]);
  expect(new Set(jobs.map(({ id }) => id)).size).toBe(8);
  // The third point: TTL 3 with 40 peers, as the small world is.
  expect(jobs[4]?.id).toBe(idOf(SMALL_WORLD));
});
