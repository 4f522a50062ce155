import fc from "fast-check";
import { expect, test } from "vitest";
import { BLOCK_MAX, Pool } from "./pool.ts";

test("blocks never overlap and keep what was written, however they are taken and given back", () => {
  const act = fc.record({ size: fc.integer({ min: 1, max: BLOCK_MAX }), goes: fc.nat(), isKept: fc.boolean() });
  fc.assert(
    fc.property(fc.array(act, { maxLength: 500 }), (acts) => {
      const pool = new Pool();
      const held: { address: number; size: number; mark: number }[] = [];
      const check = ({ address, size, mark }: (typeof held)[number]): void => {
        for (let i = 0; i < size; i++) if (pool.get(address + i) !== mark + i) throw new Error(`overwritten at ${i}`);
      };
      for (const [mark, { size, goes, isKept }] of acts.entries()) {
        const address = pool.take(size);
        expect(address).toBeGreaterThan(0);
        expect(pool.sizeOf(address)).toBeGreaterThanOrEqual(size);
        for (let i = 0; i < size; i++) pool.set(address + i, mark * 2000 + i);
        held.push({ address, size, mark: mark * 2000 });
        if (isKept) continue;
        const gone = held.splice(goes % held.length, 1)[0] as (typeof held)[number];
        check(gone);
        pool.release(gone.address);
      }
      for (const block of held) {
        check(block);
        pool.release(block.address);
      }
      expect(pool.bytesUsed).toBe(0);
    }),
    { numRuns: 100 },
  );
});

test("a page serves blocks of another size after all of its own are back", () => {
  const pool = new Pool();
  for (let round = 0; round < 20; round++) {
    const size = 4 << (round % 9);
    const blocks = Array.from({ length: 65_536 / size }, () => pool.take(size));
    for (const block of blocks) pool.release(block);
  }
  expect(pool.bytes).toBe(4 * 65_536);
});

test("it knows whether blocks of every size can be had without more memory", () => {
  const pool = new Pool();
  expect(pool.hasRoom(1)).toBe(false);
  const sizes = [4, 8, 16, 32, 64, 128, 256, 512];
  for (const size of sizes) pool.take(size);
  expect(pool.hasRoom(31)).toBe(false);
  const last = pool.take(1024);
  expect(pool.hasRoom(31)).toBe(true);
  for (let i = 0; i < 40; i++) pool.take(1024);
  expect(pool.hasRoom(31)).toBe(false);
  pool.release(last);
  const before = pool.bytes;
  for (const size of sizes) for (let i = 0; i < 31; i++) pool.take(size);
  expect(pool.bytes).toBe(before);
});
