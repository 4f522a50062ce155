import { expect, test } from "vitest";
import { RandomStream } from "../../engine/random.ts";
import { ringSpace } from "../../chord/chord-world.ts";
import { LiveRing } from "./live-ring.ts";

test("after any joins and leaves the owner is who stands nearest clockwise", () => {
  const random = new RandomStream("1", "live-ring");
  const members = new Map<number, number>([[0, 500]]);
  const ring = new LiveRing([{ address: 0, id: 500 }]);
  for (let address = 1; address < 300; address++) {
    const id = random.below(100_000);
    if ([...members.values()].includes(id)) continue;
    members.set(address, id);
    ring.add({ address, id });
    if (random.below(3) === 0) {
      const [gone, goneId] = [...members][random.below(members.size)] as [number, number];
      members.delete(gone);
      ring.remove({ address: gone, id: goneId });
      expect(ring.has({ address: gone, id: goneId })).toBe(false);
    }
    const key = random.below(120_000);
    const nearest = [...members].sort(([, a], [, b]) => ringSpace.distance(key, a) - ringSpace.distance(key, b))[0];
    expect(ring.owner(key)).toBe(nearest?.[0]);
    expect(ring.size).toBe(members.size);
  }
});
