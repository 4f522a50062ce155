// A ring of one must be a ring of two as soon as a second member is in: those who come next ask either of them for their place.
import { expect, test } from "vitest";
import { World } from "../engine/world.ts";
import { uniform } from "../network/latency.ts";
import { ChordWorld, Ring } from "./chord-world.ts";

test("members that come in one after the other stand in order before any of them had a round", () => {
  const world = new World({ seed: 7, latency: uniform(10, 90), freeze: true });
  const day = 24 * 60 * 60_000;
  const shape = { successors: 4, fingers: 20 };
  const chord = new ChordWorld(world, { peersMax: 10, shape, node: { roundMs: [day, day] } });
  chord.addMany(6, world.random("ids"));
  chord.nodes[0]?.create();
  for (let i = 1; i < 6; i++) {
    chord.nodes[i]?.join(0);
    world.runFor(3000);
    const members = chord.nodes.slice(0, i + 1);
    const ring = new Ring(members);
    for (const node of members) {
      const rank = ring.rankOf(node.id);
      expect([node.predecessor, node.successors[0]]).toEqual([ring.peer(rank - 1), ring.peer(rank + 1)]);
    }
  }
});
