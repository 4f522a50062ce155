import { sha1 } from "@servent/overlay/base/sha1.ts";
import { expect, test } from "vitest";
import { ringSpace } from "../../chord/chord-world.ts";
import { hashText } from "../../engine/random.ts";
import { chordBalance } from "./chord-balance.ts";
import { counted, countsOf, runProgram } from "../program-run.ts";

/** The id of a peer's id (1) or a key (2): SHA-1 of the seed's hash, the kind and the number, in twelve bytes. */
function idOf(seed: string, kind: number, number: number): number {
  const name = new DataView(new ArrayBuffer(12));
  name.setInt32(0, hashText(seed, 0));
  name.setInt32(4, kind);
  name.setInt32(8, number);
  return ringSpace.fromHash(sha1(new Uint8Array(name.buffer)));
}

test.each([1, 3])("each key is at the peer whose next id clockwise is nearest, with %d ids each", (virtualNodes) => {
  const peers = 100;
  const keys = 2000;
  const ids = Array.from({ length: peers * virtualNodes }, (_, i) => idOf("7", 1, i));
  const held = Array.from({ length: peers }, () => 0);
  for (let key = 0; key < keys; key++) {
    const place = idOf("7", 2, key);
    const ways = ids.map((id) => ringSpace.distance(place, id));
    const owner = Math.floor(ways.indexOf(Math.min(...ways)) / virtualNodes);
    held[owner] = (held[owner] as number) + 1;
  }

  const { tables, values } = runProgram(chordBalance, { peers, keys, virtualNodes }, "7");

  expect(countsOf(tables.held)).toEqual(counted(held));
  const sorted = held.toSorted((a, b) => a - b);
  expect(values["load.max"]).toBe((sorted.at(-1) as number) / 20);
  expect(values["load.p99"]).toBe((sorted[98] as number) / 20);
  expect(values["load.p1"]).toBe((sorted[0] as number) / 20);
  expect(values["empty"]).toBe(held.filter((count) => count === 0).length / peers);
});

test.each([
  [1, 4.605],
  [5, 2.321],
  [20, 1.592],
])("with %d ids each the largest hundredth of the peers owns what the gamma distribution says", (virtualNodes, law) => {
  const { values } = runProgram(chordBalance, { peers: 20_000, keys: 1, virtualNodes });
  expect((values["share.p99"] as number) / law).toBeCloseTo(1, 1);
});

test("drawn keys spread as hashed ones do", () => {
  const run = (keyIds: string) => runProgram(chordBalance, { peers: 1000, keys: 50_000, keyIds }).values;
  expect(run("drawn")["load.p99"]).toBeCloseTo(run("sha-1")["load.p99"] as number, 0);
  expect(run("drawn")["share.p99"]).toBe(run("sha-1")["share.p99"]);
});
