import * as fc from "fast-check";
import { expect, test } from "vitest";
import { CalendarQueue, RECORD_WORDS, TICK_MAX } from "./calendar-queue.ts";

interface Entry {
  readonly tick: number;
  readonly id: number;
}

/** Everything of the present tick, in order. */
function readTick(queue: CalendarQueue): Entry[] {
  const entries: Entry[] = [];
  for (let count = queue.nextBlock(); count > 0; count = queue.nextBlock()) {
    for (let i = 0; i < count; i++) {
      const at = queue.at + i * RECORD_WORDS;
      entries.push({ tick: queue.words[at] as number, id: queue.words[at + 1] as number });
    }
  }
  return entries;
}

function push(queue: CalendarQueue, { tick, id }: Entry): void {
  const at = queue.add(tick);
  queue.newWords[at + 1] = id;
  queue.newDoubles[at / 2 + 1] = id + 0.5;
}

test("it gives what a sorted list would: by tick, then in order of insertion, also while more is added", () => {
  // Delays of every size that matters: neighbours, the ends of epochs, far epochs, and many at the same tick.
  const delay = fc.oneof(
    { weight: 4, arbitrary: fc.integer({ min: 1, max: 40 }) },
    { weight: 1, arbitrary: fc.integer({ min: 4090, max: 4100 }) },
    { weight: 1, arbitrary: fc.integer({ min: 8180, max: 8200 }) },
    { weight: 1, arbitrary: fc.integer({ min: 1, max: 100_000 }) },
  );
  const batch = fc.record({ delays: fc.array(delay, { maxLength: 30 }), run: delay });
  fc.assert(
    fc.property(fc.array(batch, { maxLength: 60 }), (batches) => {
      const queue = new CalendarQueue();
      const expected: Entry[] = [];
      const got: Entry[] = [];
      let id = 0;
      const add = (tick: number) => {
        const entry = { tick, id: id++ };
        push(queue, entry);
        expected.push(entry);
      };
      const run = (limit: number) => {
        while (queue.advance(limit)) {
          for (const entry of readTick(queue)) {
            expect(entry.tick).toBe(queue.tick);
            got.push(entry);
            // Some events make others, as in a world.
            if (entry.id % 5 === 0) add(queue.tick + 1 + (entry.id % 9000));
          }
        }
        expect(queue.tick).toBe(limit);
      };

      for (const { delays, run: forTicks } of batches) {
        for (const each of delays) {
          add(queue.tick + each);
          // Round ticks meet again from near and from far, so that the order between the two levels shows.
          add((Math.floor((queue.tick + each) / 3000) + 1) * 3000);
        }
        run(queue.tick + forTicks);
      }
      run(queue.tick + 200_000);

      const read = expected.filter(({ tick }) => tick <= queue.tick).sort((a, b) => a.tick - b.tick || a.id - b.id);
      expect(got).toEqual(read);
      expect(queue.size).toBe(expected.length - got.length);
    }),
    { numRuns: 200 },
  );
});

test("a record keeps all its words through near and far", () => {
  const queue = new CalendarQueue();
  for (const tick of [5, 50_000]) {
    const at = queue.add(tick);
    queue.newWords.set([-1, 2, -3, 2_147_483_647, -2_147_483_648], at + 1);
    queue.newDoubles[at / 2 + 3] = Number.MAX_SAFE_INTEGER;
    queue.newDoubles[at / 2 + 4] = -0;
  }
  for (const tick of [5, 50_000]) {
    expect(queue.advance(100_000)).toBe(true);
    expect(queue.nextBlock()).toBe(1);
    const words = queue.words.subarray(queue.at, queue.at + 6);
    expect([...words]).toEqual([tick, -1, 2, -3, 2_147_483_647, -2_147_483_648]);
    const doubles = queue.doubles.subarray(queue.at / 2 + 3, (queue.at + RECORD_WORDS) / 2);
    expect([...doubles]).toEqual([Number.MAX_SAFE_INTEGER, -0]);
    expect(queue.nextBlock()).toBe(0);
  }
});

test("a hundred thousand records in one tick come out in order, and their memory is used again", () => {
  const queue = new CalendarQueue();
  for (let round = 0; round < 3; round++) {
    const tick = queue.tick + 7;
    for (let id = 0; id < 100_000; id++) push(queue, { tick, id });
    expect(queue.size).toBe(100_000);
    queue.advance(tick);
    expect(readTick(queue).every((entry, at) => entry.id === at)).toBe(true);
    expect(queue.size).toBe(0);
  }
});

test("nothing may be added to the present, the past, or after the end of the clock", () => {
  const queue = new CalendarQueue();
  queue.advance(100);
  for (const tick of [100, 99, TICK_MAX + 1]) expect(() => push(queue, { tick, id: 0 })).toThrow("assertion failed");
  push(queue, { tick: TICK_MAX, id: 9 });
  expect(queue.advance(TICK_MAX)).toBe(true);
  expect(readTick(queue)).toEqual([{ tick: TICK_MAX, id: 9 }]);
});
