import { expect, test } from "vitest";
import { randomId } from "../../chord/chord-world.ts";
import { RandomStream } from "../../engine/random.ts";
import { shuffle } from "../../random-draws.ts";
import { chordHealing } from "./chord-healing.ts";
import { PaperRing } from "./paper-ring.ts";
import { runProgram } from "../program-run.ts";

const PEERS = 60;
const KEYS = 400;
const LOOKUPS = 300;

test.each(["original", "repaired"])("the %s ring heals, and exactly the keys of failed peers are lost", (upkeep) => {
  const ids = new RandomStream("1", "purpose/ids");
  const ring = new PaperRing(Array.from({ length: PEERS }, () => randomId(ids)));
  const order = Int32Array.from({ length: PEERS }, (_, i) => i);
  shuffle(order, new RandomStream("1", "purpose/failures"));
  const dead = new Set(order.subarray(0, 18));
  const draws = new RandomStream("1", "purpose/keys");
  const isLost = Array.from({ length: KEYS }, () => dead.has(ring.owner(randomId(draws))));
  const lookups = new RandomStream("1", "purpose/lookups");
  let failures = 0;
  for (let i = 0; i < LOOKUPS; i++) {
    lookups.below(PEERS - dead.size);
    if (isLost[lookups.below(KEYS)]) failures++;
  }

  const { values } = runProgram(chordHealing, {
    peers: PEERS,
    successors: 10,
    upkeep,
    failed: 0.3,
    keys: KEYS,
    lookups: LOOKUPS,
  });

  expect(values["lost"]).toBe(isLost.filter((lost) => lost).length / KEYS);
  expect(values["failures"]).toBe(failures / LOOKUPS);
  expect(values).toMatchObject({ wrong: 0, unanswered: 0 });
});

test("a ring that had no time to heal still meets the dead", () => {
  const run = (healingSeconds: number) =>
    runProgram(chordHealing, { peers: 200, successors: 10, failed: 0.3, keys: 100, lookups: 300, healingSeconds })
      .values;
  expect(run(0)["timeouts"]).toBeGreaterThan(0.3);
  expect(run(300)["timeouts"]).toBeLessThan(0.05);
});
