import { expect, test } from "vitest";
import { randomId } from "../../chord/chord-world.ts";
import { RandomStream } from "../../engine/random.ts";
import { chordLookups } from "./chord-lookups.ts";
import { PaperRing } from "./paper-ring.ts";
import { counted, countsOf, runProgram } from "../program-run.ts";

const PEERS = 40;
const LOOKUPS = 300;

/** Nodes asked in each of the run's lookups; undefined where the asker itself owns the key. */
function expected(seed: string, successors: number): (number | undefined)[] {
  const ids = new RandomStream(seed, "purpose/ids");
  const ring = new PaperRing(Array.from({ length: PEERS }, () => randomId(ids)));
  const lookups = new RandomStream(seed, "purpose/lookups");
  return Array.from({ length: LOOKUPS }, () => {
    const origin = lookups.below(PEERS);
    const key = randomId(lookups);
    return ring.owner(key) === origin ? undefined : ring.walk(origin, key, successors).asked.length;
  });
}

test.each([1, 4])(
  "iterative lookups ask the nodes that the paper's definitions say, with lists of %d",
  (successors) => {
    const found = runProgram(chordLookups, { peers: PEERS, lookups: LOOKUPS, successors });
    expect(countsOf(found.tables.hops)).toEqual(counted(expected("1", successors).map((asked) => asked ?? 0)));
    expect(found.values).toMatchObject({ wrong: 0, unanswered: 0 });
  },
);

test("recursive lookups are sent once more than iterative ones ask", () => {
  const found = runProgram(chordLookups, { peers: PEERS, lookups: LOOKUPS, kind: "recursive" });
  expect(countsOf(found.tables.hops)).toEqual(
    counted(expected("1", 1).map((asked) => (asked === undefined ? 0 : asked + 1))),
  );
  expect(found.values).toMatchObject({ wrong: 0, unanswered: 0 });
});

test("the distance from expected shares is nothing from the own ones, and all from others", () => {
  const run = (expectedShares: number[]) =>
    runProgram(chordLookups, { peers: PEERS, lookups: LOOKUPS, expectedShares }).values;
  const counts = counted(expected("1", 1).map((asked) => asked ?? 0));
  const shares = Array.from({ length: 20 }, (_, length) => (counts.get(length) ?? 0) / LOOKUPS);
  expect(run(shares)["variation"]).toBeCloseTo(0, 12);
  expect(run([...Array(30).fill(0), 1])["variation"]).toBeCloseTo(1, 12);
  expect(run([])["variation"]).toBeUndefined();
});

test("the same seed gives the same run, another one another", () => {
  const digest = (seed: string) => runProgram(chordLookups, { peers: PEERS, lookups: 50 }, seed).digest;
  expect(digest("1")).toBe(digest("1"));
  expect(digest("2")).not.toBe(digest("1"));
});
