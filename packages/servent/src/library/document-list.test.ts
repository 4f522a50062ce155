import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ArrayCursor, type Cursor, END, openList, PackedLists, packDocuments } from "./document-list.ts";

function read(cursor: Cursor): number[] {
  const found: number[] = [];
  for (let document = cursor.seek(0); document !== END; document = cursor.seek(document + 1)) found.push(document);
  return found;
}

function pack(documents: readonly number[], base: number): Cursor {
  const lists = new PackedLists();
  // Something before it, so that offsets matter.
  lists.grow(3);
  packDocuments(Uint32Array.from(documents), base, lists);
  return openList(lists.done(), 3, lists.length, base);
}

const ascending = fc
  .tuple(
    fc.integer({ min: 1, max: 1_000_000_000 }),
    fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 200 }),
    fc.boolean(),
  )
  .map(([base, gaps, dense]) => {
    let document = base - 1;
    return { base, documents: gaps.map((gap) => (document += dense ? 1 + (gap % 4) : gap)) };
  });

describe("a packed list", () => {
  test("gives back what was packed, dense or sparse", () => {
    fc.assert(
      fc.property(ascending, ({ base, documents }) => {
        expect(read(pack(documents, base))).toEqual(documents);
      }),
    );
  });

  test("leaps to the first document that is not lower", () => {
    fc.assert(
      fc.property(ascending, fc.array(fc.integer({ min: 0, max: 90_000 }), { maxLength: 20 }), (list, leaps) => {
        const { base, documents } = list;
        const cursors = [pack(documents, base), new ArrayCursor(Uint32Array.from(documents))];
        for (const leap of leaps.toSorted((a, b) => a - b)) {
          const expected = documents.find((document) => document >= base + leap - 5) ?? END;

          for (const cursor of cursors) expect(cursor.seek(base + leap - 5)).toBe(expected);
        }
      }),
    );
  });

  test("takes one byte per document where they are a hundred apart, and two bits where every fourth is there", () => {
    const sparse = new PackedLists();
    packDocuments(
      Uint32Array.from({ length: 1000 }, (_, i) => 1 + i * 100),
      1,
      sparse,
    );
    const dense = new PackedLists();
    packDocuments(
      Uint32Array.from({ length: 1000 }, (_, i) => 1 + i * 4),
      1,
      dense,
    );

    expect(sparse.length).toBe(1001);
    expect(dense.length).toBe(1 + 500);
  });

  test("holds the largest numbers that a file index can have", () => {
    const documents = [1, 0xffff_fff0, 0xffff_fffe];

    expect(read(pack(documents, 1))).toEqual(documents);
  });

  test("an empty list has no documents", () => {
    expect(read(openList(new Uint8Array(4), 2, 2, 7))).toEqual([]);
  });
});
