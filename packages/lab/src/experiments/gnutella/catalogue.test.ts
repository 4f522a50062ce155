import { splitWords } from "@servent/overlay/base/words.ts";
import { QueryRoutingTable } from "@servent/overlay/protocols/gnutella/query-routing.ts";
import { expect, test } from "vitest";
import { RandomStream } from "../../engine/random.ts";
import { Catalogue, Shelf } from "./catalogue.ts";

test("a query for a file matches that file alone, and its name has all the words", () => {
  const catalogue = new Catalogue(3000, 1);
  const names = new Set<string>();
  for (let file = 0; file < catalogue.files; file++) {
    names.add(catalogue.name(file));
    expect(catalogue.matching(catalogue.query(file))).toEqual([file]);
    const words = splitWords(catalogue.name(file));
    for (const word of splitWords(catalogue.query(file))) expect(words).toContain(word);
  }
  expect(names.size).toBe(catalogue.files);
  expect(catalogue.matching("nobody has this")).toEqual([]);
});

test("file number n is drawn in proportion to a power of n", () => {
  const catalogue = new Catalogue(1000, 1);
  const random = new RandomStream("draws", "test");
  const drawn = new Int32Array(1000);
  const draws = 200_000;
  for (let i = 0; i < draws; i++) {
    const file = catalogue.draw(random);
    drawn[file] = (drawn[file] as number) + 1;
  }
  // The sum of 1/n up to 1000 is 7.4855; the first ten files are 39.1 % of it.
  const firstTen = drawn.subarray(0, 10).reduce((sum, count) => sum + count, 0);
  expect(firstTen / draws).toBeCloseTo(2.92897 / 7.48547, 2);
  expect((drawn[0] as number) / draws).toBeCloseTo(1 / 7.48547, 2);
});

test("a shelf answers for what it holds and says so in its table", () => {
  const catalogue = new Catalogue(1000, 0.5);
  const held = catalogue.drawSome(30, new RandomStream("shelf", "test"));
  const shelf = new Shelf(catalogue, held);
  const table = new QueryRoutingTable(16);
  shelf.addWords(table);
  for (let file = 0; file < catalogue.files; file++) {
    const isHeld = held.includes(file);
    expect(shelf.holds(file)).toBe(isHeld);
    const found = shelf.match(catalogue.query(file), [], 10);
    expect(found.map(({ name }) => name)).toEqual(isHeld ? [catalogue.name(file)] : []);
    if (isHeld) expect(table.mayMatch(splitWords(catalogue.query(file)), [])).toBe(true);
  }
});
