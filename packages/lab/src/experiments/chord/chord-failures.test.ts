import { expect, test } from "vitest";
import { randomId } from "../../chord/chord-world.ts";
import { RandomStream } from "../../engine/random.ts";
import { shuffle } from "../../random-draws.ts";
import { chordFailures } from "./chord-failures.ts";
import { PaperRing } from "./paper-ring.ts";
import { counted, countsOf, runProgram } from "../program-run.ts";

const PEERS = 60;
const LOOKUPS = 200;
const SUCCESSORS = 12;

function expected(seed: string, failing: number): { asked: number[]; timeouts: number[] } {
  const ids = new RandomStream(seed, "purpose/ids");
  const order = Int32Array.from({ length: PEERS }, (_, i) => i);
  shuffle(order, new RandomStream(seed, "purpose/failures"));
  const dead = new Set(order.subarray(0, failing));
  const ring = new PaperRing(
    Array.from({ length: PEERS }, () => randomId(ids)),
    (address) => dead.has(address),
  );
  const living = Array.from({ length: PEERS }, (_, i) => i).filter((address) => !dead.has(address));
  const lookups = new RandomStream(seed, "purpose/lookups");
  const asked: number[] = [];
  const timeouts: number[] = [];
  for (let i = 0; i < LOOKUPS; i++) {
    const origin = living[lookups.below(living.length)] as number;
    const key = randomId(lookups);
    // Its own keys a peer knows from its predecessor, which the paper's lookup does not ask.
    const isOwn = ring.from(key)[0] === origin;
    const walk = isOwn ? { asked: [], timeouts: 0 } : ring.walk(origin, key, SUCCESSORS);
    asked.push(walk.asked.length);
    timeouts.push(walk.timeouts);
  }
  return { asked, timeouts };
}

test.each([
  [0, 0],
  [0.3, 18],
  [0.5, 30],
])("with %d of the peers dead, lookups take the ways and meet the dead that the definitions say", (failed, failing) => {
  const found = runProgram(chordFailures, { peers: PEERS, successors: SUCCESSORS, failed, lookups: LOOKUPS });
  const { asked, timeouts } = expected("1", failing);
  expect(countsOf(found.tables.hops)).toEqual(counted(asked));
  expect(countsOf(found.tables.timeouts)).toEqual(counted(timeouts));
  expect(found.values).toMatchObject({ wrong: 0, unanswered: 0 });
});

test("where lists are too short some lookups go wrong or find nobody, and that is counted", () => {
  const found = runProgram(chordFailures, { peers: PEERS, successors: 1, failed: 0.5, lookups: LOOKUPS });
  expect(found.values["wrong"]).toBeGreaterThan(10);
});
