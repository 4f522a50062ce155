import fc from "fast-check";
import { expect, test } from "vitest";
import type { ByteRange } from "../networks/network.ts";
import { MISSING, PIECE_BYTES, PieceMap, SEVERAL, WRITTEN } from "./piece-map.ts";

test("a piece given by two sources is nobody's alone", () => {
  const map = new PieceMap(2 * PIECE_BYTES);

  expect(map.append(0, 10, 1)).toBe(false);
  expect(map.nextOf(0)).toBe(10);
  expect(map.append(10, PIECE_BYTES - 10, 2)).toBe(true);
  expect(map.append(PIECE_BYTES, PIECE_BYTES, 2)).toBe(true);

  expect([map.giver(0), map.giver(1)]).toEqual([SEVERAL, 2]);
  expect(map.isComplete).toBe(true);
});

test("bytes must join those that are there", () => {
  const map = new PieceMap(2 * PIECE_BYTES);

  expect(() => map.append(5, 10, 1)).toThrow("assertion failed");
  expect(() => map.append(0, PIECE_BYTES + 1, 1)).toThrow("assertion failed");
});

test("gaps are what is missing, minus what is taken, in order and as long as can be", () => {
  const map = new PieceMap(5 * PIECE_BYTES);
  map.set(1, WRITTEN, 1);
  map.append(2 * PIECE_BYTES, 100, 1);

  expect(map.gaps()).toEqual([
    { start: 0, end: PIECE_BYTES },
    { start: 2 * PIECE_BYTES + 100, end: 5 * PIECE_BYTES },
  ]);
  expect(
    map.gaps([
      { start: 3 * PIECE_BYTES, end: 4 * PIECE_BYTES },
      { start: 0, end: 10 },
    ]),
  ).toEqual([
    { start: 10, end: PIECE_BYTES },
    { start: 2 * PIECE_BYTES + 100, end: 3 * PIECE_BYTES },
    { start: 4 * PIECE_BYTES, end: 5 * PIECE_BYTES },
  ]);
});

test("gaps and taken ranges never overlap, and together with what is there they make the file", () => {
  const size = 8 * PIECE_BYTES - 17;
  const place = fc.integer({ min: 0, max: size });
  const range: fc.Arbitrary<ByteRange> = fc
    .tuple(place, place)
    .map(([a, b]) => ({ start: Math.min(a, b), end: Math.max(a, b) }));
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 7 })), fc.array(range, { maxLength: 4 }), (pieces, taken) => {
      const map = new PieceMap(size);
      for (const piece of pieces) if (map.state(piece) === MISSING) map.set(piece, WRITTEN, 1);
      const gaps = map.gaps(taken);
      for (let i = 0; i < gaps.length; i++) {
        const gap = gaps[i] as ByteRange;
        expect(gap.start).toBeLessThan(gap.end);
        if (i > 0) expect((gaps[i - 1] as ByteRange).end).toBeLessThanOrEqual(gap.start);
        for (const each of taken)
          expect(gap.end <= each.start || gap.start >= each.end || each.start === each.end).toBe(true);
      }
      if (taken.length === 0) expect(gaps.reduce((sum, gap) => sum + gap.end - gap.start, map.bytesDone)).toBe(size);
    }),
  );
});
