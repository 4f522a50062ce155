import { describe, expect, test } from "vitest";
import { randomId } from "../../chord/chord-world.ts";
import { PoissonChurn } from "../../churn/poisson-churn.ts";
import { RandomStream } from "../../engine/random.ts";
import { chordChurn } from "./chord-churn.ts";
import { PaperRing } from "./paper-ring.ts";
import { runProgram } from "../program-run.ts";

const SMALL = { peers: 60, successors: 8, warmUpSeconds: 60, seconds: 1200 };

test("where nobody comes or goes every lookup is right, and as long as the definitions say", () => {
  const { values } = runProgram(chordChurn, { ...SMALL, perSecond: 1e-6, seconds: 300, lookupsPerSecond: 5 }, "5");
  expect(values).toMatchObject({ failures: 0, timeouts: 0, firstTryFailures: 0, members: 60, abandoned: 0 });
  expect(values["lookups"]).toBeGreaterThan(1350);

  const ids = new RandomStream("5", "purpose/ids");
  const ring = new PaperRing(Array.from({ length: 60 }, () => randomId(ids)));
  const random = new RandomStream("1", "lookups");
  const asked: number[] = [];
  for (let i = 0; i < 300; i++) asked.push(ring.walk(random.below(60), randomId(random), 8).asked.length);
  const mean = asked.reduce((sum, each) => sum + each, 0) / asked.length;
  expect(Math.abs((values["mean"] as number) - mean)).toBeLessThan(0.2);
});

describe.each(["goodbye", "crash"])("with peers that leave by %s", (leaving) => {
  const settings = { ...SMALL, perSecond: 0.05, leaving, lookupsPerSecond: 2 };

  test("as many are members in the end as joined and did not leave", () => {
    const random = new RandomStream("1", "purpose/churn");
    const churn = new PoissonChurn({ initial: 60, peers: 1000, perSecond: 0.05, random });
    let members = 60;
    for (; churn.at <= 1_260_000; churn.advance()) members += churn.up ? 1 : -1;

    expect(runProgram(chordChurn, settings).values["members"]).toBe(members);
  });

  test("the repaired ring hardly fails, and less than the published one, whose joiners wait for their first round", () => {
    const repaired = runProgram(chordChurn, { ...settings, upkeep: "repaired" }).values;
    const original = runProgram(chordChurn, { ...settings, upkeep: "original" }).values;
    expect(repaired["failures"]).toBeLessThan(30);
    expect(original["failures"]).toBeGreaterThan(2 * (repaired["failures"] as number));
    expect(repaired["timeouts"]).toBeGreaterThan(0);
    expect(repaired["firstTryFailures"]).toBeGreaterThanOrEqual((repaired["failures"] as number) / 10_000);
  });
});

test("fingers that take turns with the list are older, and more of them are dead", () => {
  const run = (listTurns: boolean) =>
    runProgram(chordChurn, { ...SMALL, peers: 200, perSecond: 0.1, lookupsPerSecond: 5, listTurns }).values;
  expect(run(true)["timeouts"]).toBeGreaterThan(1.3 * (run(false)["timeouts"] as number));
});

test("who must find a joiner from its first question on fails more often than who may wait until it has joined", () => {
  const run = (joinerOwns: string) =>
    runProgram(chordChurn, { ...SMALL, perSecond: 0.2, lookupsPerSecond: 20, joinerOwns }).values;
  const [early, late] = [run("from-its-first-question"), run("when-it-has-joined")];
  expect(early["failures"]).toBeGreaterThan(late["failures"] as number);
  // What counts changes; what happens does not.
  expect(early["mean"]).toBe(late["mean"]);
  expect(early["members"]).toBe(late["members"]);
});
