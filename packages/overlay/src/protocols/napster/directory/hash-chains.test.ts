import fc from "fast-check";
import { expect, test } from "vitest";
import { HashChains } from "./hash-chains.ts";
import { Rows } from "./rows.ts";

const HASH = 1;
const LINK = 2;

test("rows are found by their hash, equal ones too, while thousands come and go", () => {
  const hash = fc.oneof(fc.integer(), fc.nat(20), fc.constant(-1));
  fc.assert(
    fc.property(fc.array(fc.tuple(hash, fc.boolean()), { minLength: 1, maxLength: 3000 }), (acts) => {
      const rows = new Rows(3);
      const chains = new HashChains(rows, HASH, LINK);
      const model = new Map<number, Set<number>>();
      const all: number[] = [];
      for (const [hash, goes] of acts) {
        const row = rows.take();
        chains.insert(row, hash);
        all.push(row);
        model.set(hash, (model.get(hash) ?? new Set()).add(row));
        if (!goes) continue;
        const gone = all.splice(Math.abs(hash) % all.length, 1)[0] as number;
        model.get(rows.get(gone, HASH))?.delete(gone);
        chains.remove(gone);
        rows.release(gone);
      }
      for (const [hash, expected] of model) {
        const found: number[] = [];
        for (let row = chains.first(hash); row !== 0; row = chains.next(row)) found.push(row);
        expect(found.sort()).toEqual([...expected].sort());
      }
      expect(rows.used).toBe(all.length);
    }),
    { numRuns: 50 },
  );
});
