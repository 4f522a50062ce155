// What the rounds do about fingers.
import { expect, test } from "vitest";
import { uniform } from "../network/latency.ts";
import { World } from "../engine/world.ts";
import { ChordWorld, RING_BITS, ringSpace } from "./chord-world.ts";

const SUCCESSORS = 8;

function rounds(minutes: number, restRounds: number): ChordWorld {
  const world = new World({ seed: 3, latency: uniform(10, 90) });
  const shape = { successors: SUCCESSORS, fingers: 24 };
  const chord = new ChordWorld(world, { peersMax: 100, shape, node: { restRounds } });
  chord.addMany(100, world.random("ids"));
  chord.fillIdeal();
  for (const node of chord.nodes) node.enter();
  for (let i = 0; i < 100; i += 4) world.crash(chord.peers[i] as (typeof chord.peers)[0]);
  world.runFor(minutes * 60_000);
  return chord;
}

function deadFingers(chord: ChordWorld): number {
  const isDead = (address: number): boolean => chord.peers[address]?.alive === false;
  const living = chord.nodes.filter(({ self }) => !isDead(self.address));
  return living.flatMap(({ row }) => chord.routes.fingers(row)).filter(({ address }) => isDead(address)).length;
}

test("fingers that the successor list covers are dropped, since nobody refreshes them; the others are right", () => {
  const chord = rounds(10, 0);
  expect(deadFingers(chord)).toBe(0);
  for (const { id, row } of chord.nodes.filter(({ self }) => chord.peers[self.address]?.alive === true)) {
    const reach = ringSpace.distance(id, chord.routes.successors(row).at(-1)?.id ?? id);
    const fingers = chord.routes.fingers(row).map((peer) => ringSpace.distance(id, peer.id));
    expect(fingers.every((distance) => distance >= 2 ** ringSpace.log2(reach))).toBe(true);
    expect(fingers.length).toBeLessThanOrEqual(RING_BITS - ringSpace.log2(reach));
  }
});

test("fingers that rest between their turns stay dead for longer", () => {
  expect(deadFingers(rounds(2, 20))).toBeGreaterThan(2 * deadFingers(rounds(2, 0)));
});
