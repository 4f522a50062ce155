// Who answers, against counts of who has what that know nothing of nodes.
import { expect, test } from "vitest";
import type { Settings } from "../program.ts";
import { filesOfSharers, gnutellaFreeRiders } from "./free-riders.ts";

function run(settings: Settings): Readonly<Record<string, number>> {
  const defaults = Object.fromEntries(
    Object.entries(gnutellaFreeRiders.settings).map(([name, setting]) => [name, setting.default]),
  );
  const small: Settings = { topology: "tree", degree: 3, levels: 4, tastes: 1, filesPerTaste: 100, filesPerSharer: 4 };
  return gnutellaFreeRiders.run({
    seed: "1",
    settings: { ...defaults, ...small, ...settings },
    fidelity: "wire",
    progress: () => {},
  }).values;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

test("of 10,000 peers, 3,000 of which share, the first 1 % have 37 % of the files and the first 20 % have 98 %", () => {
  const counts = filesOfSharers(3000, 300_000);
  expect(counts.length).toBe(3000);
  expect(sum(counts)).toBe(300_000);
  // In descending order, but for what rounding does.
  for (const [rank, count] of counts.entries()) expect(count).toBeGreaterThanOrEqual((counts[rank + 1] ?? 0) - 1);
  expect(sum(counts.slice(0, 100)) / 300_000).toBeCloseTo(0.37, 4);
  expect(sum(counts.slice(0, 2000)) / 300_000).toBeCloseTo(0.98, 4);
  // What is left is spread evenly.
  expect(counts[2001]).toBe(6);
  expect(counts[2999]).toBe(6);
});

test("even a sharer at the end has a file", () => {
  expect(Math.min(...filesOfSharers(100, 120))).toBe(1);
});

test("where a flood covers all, whoever has a file answers for it, as often as chance says", () => {
  // One taste, every file as likely: a query finds each file that anybody has with probability 1 / 100.
  const queries = 2000;
  const values = run({ freeRiders: 0.5, popularity: 0, queries });
  expect(values).toMatchObject({ peers: 40, sharers: 20, "reach.share": 1, "success.possible": 1 });
  const counts = filesOfSharers(20, 80);
  // A peer does not ask itself: one of 40 times it asks what it has.
  const expected = (sum(counts) / 100) * (39 / 40);
  const error = Math.sqrt(sum(counts) / 100 / queries) * 2;
  expect(Math.abs((values["responses"] as number) - expected)).toBeLessThan(3 * error);
  // The first of 20 sharers has its files' part of them; its standard error is that of as many draws as there were responses.
  const share = (counts[0] as number) / sum(counts);
  const shareError = Math.sqrt((share * (1 - share)) / (expected * queries));
  expect(Math.abs((values["responses.top1"] as number) - share)).toBeLessThan(4 * shareError);
});

test("a free rider works as much as others and answers nothing; without sharers but one little is found", () => {
  const many = run({ freeRiders: 0, queries: 200 });
  const few = run({ freeRiders: 0.97, queries: 200 });
  // In a tree each peer hears every query of another once.
  expect(few["load.freeRider.heard"]).toBeCloseTo(39 / 40, 1);
  expect(few["load.freeRider.answered"]).toBe(0);
  expect(few["load.sharer.answered"]).toBeGreaterThan(0);
  expect(few["sharers"]).toBe(1);
  expect(few["success"]).toBeLessThan((many["success"] as number) / 2);
});
