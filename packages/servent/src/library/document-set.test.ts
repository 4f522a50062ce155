import fc from "fast-check";
import { expect, test } from "vitest";
import { DocumentSet, PAGE_DOCUMENTS } from "./document-set.ts";

const documents = fc.array(fc.integer({ min: 1, max: 3 * PAGE_DOCUMENTS }), { maxLength: 60 });

function filled(from: readonly number[]): DocumentSet {
  const set = new DocumentSet();
  for (const document of from) set.add(document);
  return set;
}

test("it holds what was added and not deleted, in order", () => {
  fc.assert(
    fc.property(documents, documents, (added, deleted) => {
      const set = filled(added);
      for (const document of deleted) set.delete(document);
      const expected = [...new Set(added).difference(new Set(deleted))].sort((a, b) => a - b);

      expect(set.count).toBe(expected.length);
      expect(set.slice(0, 1000)).toEqual(expected);
      expect(set.slice(3, 5)).toEqual(expected.slice(3, 8));
      for (const document of [...added, ...deleted]) expect(set.has(document)).toBe(expected.includes(document));
    }),
  );
});

test("slices begin and end in the middle of a word of bits", () => {
  const set = filled(Array.from({ length: 100 }, (_, i) => i + 1));

  expect(set.slice(10, 3)).toEqual([11, 12, 13]);
  expect(set.slice(60, 6)).toEqual([61, 62, 63, 64, 65, 66]);
  expect(set.slice(98, 10)).toEqual([99, 100]);
});

test("its changed pages make the same set again", () => {
  fc.assert(
    fc.property(documents, (added) => {
      const copy = new DocumentSet();
      for (const { page, bits } of filled(added).changedPages()) copy.loadPage(page, bits);

      expect(copy.slice(0, 1000)).toEqual([...new Set(added)].sort((a, b) => a - b));
      expect(copy.count).toBe(new Set(added).size);
    }),
  );
});

test("undo goes back to what was kept last", () => {
  const set = filled([1, 5, 40_000]);
  set.keep();
  set.delete(5);
  set.add(6);
  set.add(100_000);
  set.delete(100_000);

  set.undo();

  expect(set.slice(0, 10)).toEqual([1, 5, 40_000]);
  expect(set.changedPages()).toEqual([]);
});

test("adding twice and deleting what is not there say so", () => {
  const set = filled([7]);

  expect(set.add(7)).toBe(false);
  expect(set.delete(8)).toBe(false);
  expect(set.has(99_999_999)).toBe(false);
});
