import { expect, test } from "vitest";
import { type Worker, assign } from "./assignment.ts";
import { PIECE_BYTES } from "./piece-map.ts";

const P = PIECE_BYTES;
const worker = (more: Partial<Worker>): Worker => ({
  position: 0,
  end: P,
  rate: 1_000_000,
  silentMs: 0,
  isChallenged: false,
  ...more,
});
const base = { gaps: [], workers: [], rate: 0, isAlone: false, unitBytes: P };

test("alone it gets all of the first gap", () => {
  const gaps = [
    { start: 5, end: 1000 * P },
    { start: 1001 * P, end: 1002 * P },
  ];

  expect(assign({ ...base, gaps, isAlone: true })).toEqual({ kind: "free", range: gaps[0] });
});

test("among others it gets some seconds of work, ending between pieces, and no more than its share", () => {
  const gaps = [{ start: 100, end: 1000 * P }];

  expect(assign({ ...base, gaps })?.range).toEqual({ start: 100, end: 3 * P });
  expect(assign({ ...base, gaps, rate: 1_000_000 })?.range).toEqual({ start: 100, end: 10 * P });
  expect(assign({ ...base, gaps, rate: 1e9 })?.range).toEqual({ start: 100, end: 65 * P });
  expect(assign({ ...base, gaps: [{ start: 0, end: 8 * P }], rate: 1e9, workers: [worker({})] })?.range).toEqual({
    start: 0,
    end: 4 * P,
  });
  expect(assign({ ...base, gaps: [{ start: 0, end: 9 }] })?.range).toEqual({ start: 0, end: 9 });
});

test("with nothing free it takes from who has longest to go, as much as it is worth", () => {
  const quick = worker({ position: 0, end: 2 * P });
  const slow = worker({ position: 10 * P, end: 20 * P, rate: 1_000_000 });

  const found = assign({ ...base, workers: [quick, slow], rate: 4_000_000 });

  expect(found).toEqual({ kind: "split", range: { start: 12 * P, end: 20 * P }, from: slow });
});

test("the piece at work stays with who has it, unless the other is much faster or it is stuck", () => {
  const last = worker({ position: 10, end: P, rate: 100_000 });

  expect(assign({ ...base, workers: [last], rate: 150_000 })).toBeUndefined();
  expect(assign({ ...base, workers: [last], rate: 1_000_000 })).toEqual({
    kind: "takeover",
    range: { start: 10, end: P },
    from: last,
  });
  const stuck = worker({ ...last, silentMs: 5000 });
  expect(assign({ ...base, workers: [stuck] })?.kind).toBe("takeover");
  expect(assign({ ...base, workers: [{ ...stuck, isChallenged: true }] })).toBeUndefined();
});

test("what is over in a moment is left alone", () => {
  expect(assign({ ...base, workers: [worker({ end: 2 * P, rate: 10_000_000 })], rate: 100_000_000 })).toBeUndefined();
  expect(assign({ ...base, workers: [worker({ position: P })] })).toBeUndefined();
  expect(assign(base)).toBeUndefined();
});

test("cuts lie between units of the hash tree", () => {
  const slow = worker({ position: P, end: 32 * P, rate: 1000 });

  const found = assign({ ...base, workers: [slow], rate: 1000, unitBytes: 4 * P });

  expect(found?.kind).toBe("split");
  expect((found?.range.start ?? 1) % (4 * P)).toBe(0);
});
