import fc from "fast-check";
import { expect, test } from "vitest";
import { LeafIndex } from "./leaf-index.ts";
import { Neighbour } from "./neighbour.ts";
import { QueryRoutingTable, WantedSlots } from "./query-routing.ts";

const LEAVES = 70;
const word = fc.stringMatching(/^[a-d]{1,5}$/);
const table = fc
  .record({ bits: fc.constantFrom(4, 10, 12, 13, 16), words: fc.array(word, { maxLength: 12 }), urn: fc.boolean() })
  .map(({ bits, words, urn }) => {
    const made = new QueryRoutingTable(bits);
    for (const each of words) made.addWord(each);
    if (urn) made.addUrn("abcd");
    return made.seal();
  });
const query = fc.record({ words: fc.array(word, { maxLength: 3 }), urns: fc.array(word, { maxLength: 1 }) });

test("it finds the leaves that a look at each table finds, of whatever sizes, while tables come, change and go", () => {
  const change = fc.record({ leaf: fc.nat(LEAVES - 1), table: fc.option(table, { freq: 4 }) });
  fc.assert(
    fc.property(
      fc.array(change, { maxLength: 200 }),
      fc.array(query, { minLength: 1, maxLength: 6 }),
      (changes, queries) => {
        const leaves = Array.from({ length: LEAVES }, (_, i) => new Neighbour(i, i, i, true, "open", 0));
        const held = new Map<Neighbour, QueryRoutingTable>();
        const index = new LeafIndex();
        for (const { leaf: number, table } of changes) {
          const leaf = leaves[number] as Neighbour;
          const isNew = index.put(leaf, table);
          expect(isNew).toBe((held.get(leaf) ?? null) !== (table?.isEmpty === true ? null : table));
          held.delete(leaf);
          if (table !== null && !table.isEmpty) held.set(leaf, table);
        }
        for (const { words, urns } of queries) {
          const wanted = new WantedSlots(words, urns);
          const expected = leaves.filter((leaf) => {
            const known = held.get(leaf);
            return known !== undefined && wanted.mayBeIn(known);
          });
          expect(new Set(index.mayHave(wanted))).toEqual(new Set(expected));
          expect(new Set(index.held())).toEqual(new Set(held.values()));
        }
      },
    ),
    { numRuns: 200 },
  );
});

test("without tables it finds nobody", () => {
  expect(new LeafIndex().mayHave(new WantedSlots(["blue"], []))).toEqual([]);
});
