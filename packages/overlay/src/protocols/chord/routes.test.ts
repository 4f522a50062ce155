import * as fc from "fast-check";
import { expect, test } from "vitest";
import { NumberSpace } from "./id-space.ts";
import type { Peer } from "./messages.ts";
import { NOWHERE, Routes } from "./routes.ts";

const space = new NumberSpace(16);
const SIZE = 2 ** 16;
const SHAPE = { successors: 3, fingers: 12 };

function distance(from: number, to: number): number {
  return (to - from + SIZE) % SIZE;
}

/** A row of an ideal ring of these ids, as the first of them has it; the address of an id is its place in the list. */
function idealRow(ids: readonly number[]): { routes: Routes<number>; me: number; known: Peer<number>[] } {
  const me = ids[0] as number;
  const routes = Routes.alone(space, SHAPE);
  const peers = ids.map((id, address) => ({ id, address }));
  const clockwise = [...peers].sort((a, b) => distance(me, a.id) - distance(me, b.id));
  const first = (start: number): Peer<number> =>
    [...peers].sort((a, b) => distance(start, a.id) - distance(start, b.id))[0] as Peer<number>;
  routes.setSelf(0, clockwise[0] as Peer<number>);
  routes.setPredecessor(0, clockwise.at(-1));
  routes.setSuccessors(
    0,
    [1, 2, 3].map((i) => clockwise[i % clockwise.length] as Peer<number>),
  );
  for (let exponent = 15; exponent >= routes.leastExponent; exponent--) {
    routes.setFinger(0, exponent, first((me + 2 ** exponent) % SIZE));
  }
  const fingers = Array.from({ length: 12 }, (_, i) => first((me + 2 ** (i + 4)) % SIZE));
  return { routes, me, known: [...routes.successors(0), ...fingers].filter(({ id }) => id !== me) };
}

const ring = fc.uniqueArray(fc.nat(SIZE - 1), { minLength: 1, maxLength: 40 });

test("the closest preceding node is the one a search through the paper's whole finger table finds", () => {
  fc.assert(
    fc.property(ring, fc.nat(SIZE - 1), (ids, key) => {
      const { routes, me, known } = idealRow(ids);
      const way = distance(me, key);
      const inside = known.filter(({ id }) => way === 0 || distance(me, id) < way);
      const best = inside.sort((a, b) => distance(me, b.id) - distance(me, a.id))[0];
      const place = routes.closestPreceding(0, key);
      expect(place === NOWHERE ? undefined : routes.peer(0, place)).toEqual(best);
      expect(routes.preceding(0, key, [], 50)[0]).toEqual(best);
    }),
    { numRuns: 2000 },
  );
});

test("a node owns what lies behind its predecessor, its successor what lies behind it, and one alone owns all", () => {
  fc.assert(
    fc.property(ring, fc.nat(SIZE - 1), (ids, key) => {
      const { routes, me } = idealRow(ids);
      const owner = [...ids].sort((a, b) => distance(key, a) - distance(key, b))[0];
      expect(routes.owns(0, key)).toBe(owner === me);
      expect(routes.isHeadOwner(0, key)).toBe(owner === routes.successors(0)[0]?.id);
    }),
    { numRuns: 2000 },
  );
});

test("peers to avoid are left out, and those that are forgotten are gone from list and fingers", () => {
  const { routes } = idealRow([100, 200, 300, 5000, 40_000]);
  expect(routes.preceding(0, 50_000, [4], 9).map(({ address }) => address)).toEqual([3, 2, 1]);
  expect(routes.forget(0, 1)).toBe(true);
  expect(routes.successors(0).map(({ address }) => address)).toEqual([2, 3]);
  expect(routes.forget(0, 4)).toBe(false);
  expect(routes.fingers(0).map(({ address }) => address)).not.toContain(4);
});

test("a finger says also who is not there: what was known in between goes", () => {
  const { routes } = idealRow([0, 5000, 40_000]);
  expect(routes.finger(0, 12)?.id).toBe(5000);
  routes.setFinger(0, 10, { id: 40_000, address: 2 });
  expect(routes.finger(0, 12)).toBeUndefined();
  expect(routes.finger(0, 15)?.id).toBe(40_000);
  routes.setFinger(0, 14, { id: 0, address: 0 });
  expect(routes.fingers(0)).toEqual([]);
});
