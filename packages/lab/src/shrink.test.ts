import * as fc from "fast-check";
import { expect, test } from "vitest";
import { smallestFailing } from "./shrink.ts";

test("what is left fails, and no element of it can be missed", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(30), { minLength: 1, maxLength: 40 }), fc.nat(200), (items, wanted) => {
      const fails = (part: readonly number[]): boolean => part.reduce((sum, each) => sum + each, 0) >= wanted;
      fc.pre(fails(items));
      const left = smallestFailing(items, fails, 100_000);
      expect(fails(left)).toBe(true);
      left.forEach((_, i) => {
        expect(fails(left.filter((_each, j) => j !== i))).toBe(false);
      });
    }),
  );
});

test("two culprits among a thousand are found with few tries, and it ends when its tries are used up", () => {
  const items = Array.from({ length: 1000 }, (_, i) => i);
  let tries = 0;
  const fails = (part: readonly number[]): boolean => {
    tries++;
    return part.includes(123) && part.includes(877);
  };
  expect(smallestFailing(items, fails, 1000)).toEqual([123, 877]);
  expect(tries).toBeLessThan(100);
  tries = 0;
  expect(smallestFailing(items, fails, 5).length).toBeLessThan(1000);
  expect(tries).toBe(5);
});
