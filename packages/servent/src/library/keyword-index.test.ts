import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { KeywordIndex } from "./keyword-index.ts";

const ALL = { has: () => true };

function merge(index: KeywordIndex, alive: { has(document: number): boolean } = ALL): void {
  for (let group = index.mergeable(); group.length > 0; group = index.mergeable()) {
    const steps = index.merge(group, alive);
    let step = steps.next();
    while (step.done !== true) step = steps.next();
    index.replace(group, step.value);
  }
}

/** An index of one name per document, numbered from 1, sealed after each `sealEvery`. */
function indexOf(names: readonly (readonly string[])[], sealEvery = Number.POSITIVE_INFINITY): KeywordIndex {
  const index = new KeywordIndex();
  for (const [i, terms] of names.entries()) {
    index.add(i + 1, new Set(terms));
    if ((i + 1) % sealEvery === 0) index.seal();
  }
  return index;
}

describe("the keyword index", () => {
  const names = [["blue", "train"], ["blue", "moon"], ["red", "train"], ["blue", "train", "live"], ["été"]];

  test.each([1, 2, 3, 100])("finds documents that have all terms, with segments of %i", (sealEvery) => {
    const index = indexOf(names, sealEvery);

    expect(index.match(["blue"], 10, ALL)).toEqual([1, 2, 4]);
    expect(index.match(["train", "blue"], 10, ALL)).toEqual([1, 4]);
    expect(index.match(["blue", "train", "live"], 10, ALL)).toEqual([4]);
    expect(index.match(["été"], 10, ALL)).toEqual([5]);
    expect(index.match(["moon", "train"], 10, ALL)).toEqual([]);
    expect(index.match(["blu"], 10, ALL)).toEqual([]);
    expect(index.match([], 10, ALL)).toEqual([]);
  });

  test("finds words whose UTF-16 and UTF-8 sort differently", () => {
    const words = ["a", "東", "\uf900", "\uffda", "𠀀", "𝒳"];
    const index = indexOf(
      words.map((word) => [word]),
      words.length,
    );

    for (const [i, word] of words.entries()) expect(index.match([word], 10, ALL)).toEqual([i + 1]);
  });

  test("stops at the limit", () => {
    expect(indexOf(names, 2).match(["blue"], 2, ALL)).toEqual([1, 2]);
    expect(indexOf(names).match(["blue"], 0, ALL)).toEqual([]);
  });

  test("passes over documents that are not wanted, and goes on to the limit", () => {
    const wanted = { has: (document: number) => document !== 1 };

    expect(indexOf(names, 2).match(["blue"], 2, wanted)).toEqual([2, 4]);
  });

  test("tells each term of a wanted document once", () => {
    const told: string[] = [];
    indexOf([...names, ["blue", "red"]], 2).forEachTerm({ has: (document) => document !== 2 }, (term) =>
      told.push(term),
    );

    expect(told.sort()).toEqual(["blue", "live", "red", "train", "été"]);
  });

  test("merging keeps what lives, drops what does not, and leaves few segments", () => {
    const many = Array.from({ length: 1000 }, (_, i) => ["all", `w${i % 7}`, `n${i}`]);
    const index = indexOf(many, 10);
    const before = index.match(["all", "w3"], 1000, ALL);

    merge(index, { has: (document) => document % 2 === 0 });

    expect(index.sealed.length).toBeLessThan(12);
    expect(index.match(["all", "w3"], 1000, ALL)).toEqual(before.filter((document) => document % 2 === 0));
    expect(index.match(["n0"], 10, ALL)).toEqual([]);
    expect(index.match(["n1"], 10, ALL)).toEqual([2]);
  });

  test("answers while a merge is under way, and takes documents", () => {
    const index = indexOf(
      Array.from({ length: 20_000 }, (_, i) => ["common", `w${i % 5000}`]),
      5000,
    );
    const group = index.mergeable();
    const steps = index.merge(group, ALL);
    let breaths = 0;
    let step = steps.next();
    for (; step.done !== true; step = steps.next()) {
      breaths++;
      index.add(20_000 + breaths, ["common", "late"]);
      expect(index.match(["w17"], 10, ALL)).toEqual([18, 5018, 10_018, 15_018]);
    }
    index.replace(group, step.value);

    expect(breaths).toBeGreaterThan(1);
    expect(index.match(["w17"], 10, ALL)).toEqual([18, 5018, 10_018, 15_018]);
    expect(index.match(["late", "common"], 1000, ALL)).toHaveLength(breaths);
  });

  test("agrees with looking at every name, whatever is sealed, merged and deleted", () => {
    const word = fc.constantFrom("a", "b", "c", "dd", "é", "東京", "zz");
    fc.assert(
      fc.property(
        fc.array(fc.array(word, { maxLength: 4 }), { maxLength: 120 }),
        fc.integer({ min: 1, max: 40 }),
        fc.array(word, { minLength: 1, maxLength: 3 }),
        fc.integer({ min: 2, max: 9 }),
        (texts, sealEvery, query, dead) => {
          const index = indexOf(texts, sealEvery);
          const wanted = { has: (document: number) => document % dead !== 0 };
          const expected = texts.flatMap((terms, i) =>
            wanted.has(i + 1) && query.every((term) => terms.includes(term)) ? [i + 1] : [],
          );

          expect(index.match(new Set(query), 1000, wanted)).toEqual(expected);
          merge(index, wanted);
          expect(index.match(new Set(query), 1000, wanted)).toEqual(expected);
        },
      ),
    );
  });

  test("refuses documents that do not ascend: lists would lie", () => {
    const index = indexOf(names);

    expect(() => index.add(5, ["again"])).toThrow("in order");
  });
});
