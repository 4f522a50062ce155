import { expect, test } from "vitest";
import { Dictionary } from "./dictionary.ts";
import { FileRows, NAMED, SHELF } from "./file-rows.ts";
import { Pool } from "./pool.ts";
import { Postings } from "./postings.ts";

function index(): { files: FileRows; words: Dictionary; postings: Postings } {
  const pool = new Pool();
  const files = new FileRows();
  const words = new Dictionary(pool, [1, 2]);
  return { files, words, postings: new Postings(pool, words, files) };
}

test("a list of which most is gone is swept, and what stays keeps its order", () => {
  const { files, words, postings } = index();
  const word = words.intern("blue");
  const rows = Array.from({ length: 1000 }, () => {
    const row = files.take();
    files.set(row, SHELF, 1);
    files.set(row, NAMED, 1);
    postings.add(word, row, postings.signatureOf(word));
    return row;
  });
  const staying = rows.filter((_, i) => i % 5 === 0);
  for (const row of rows) {
    if (staying.includes(row)) continue;
    files.bury(row);
    postings.leave(word);
  }
  expect([postings.isWaiting, postings.length(word), files.gone]).toEqual([true, 1000, 800]);

  expect(postings.sweep(100_000)).toBeGreaterThan(0);

  expect([postings.isWaiting, postings.length(word), files.gone, files.used]).toEqual([false, 200, 0, 200]);
  const found: number[] = [];
  postings.scan(word, 0, 1000, (row) => found.push(row) > 0);
  expect(found).toEqual(staying.toReversed());
});

test("a scan passes over files whose signature lacks a bit, and ends where it is told", () => {
  const { files, words, postings } = index();
  const word = words.intern("blue");
  const rows = [0b0011, 0b0111, 0b1001, 0b1111].map((signature) => {
    const row = files.take();
    postings.add(word, row, signature);
    return row;
  });
  const found: number[] = [];

  postings.scan(word, 0b0011, 100, (row) => found.push(row) < 2);

  expect(found).toEqual([rows[3], rows[1]]);
});
