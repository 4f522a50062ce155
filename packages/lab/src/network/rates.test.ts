import { expect, test } from "vitest";
import { DROPPED, Rates } from "./rates.ts";

const MODEM = { uploadBytesPerMs: 4, downloadBytesPerMs: 6 };
const KILOBYTE = 1000;

function modems(queueBytesMax = Number.POSITIVE_INFINITY): Rates {
  return new Rates({ lineOf: () => MODEM, queueBytesMax });
}

test("a free line takes as long as the bytes need, a busy one first finishes what came before", () => {
  const rates = modems();
  expect(rates.departs(0, 2 * KILOBYTE, 100)).toBe(600);
  expect(rates.departs(0, KILOBYTE, 200)).toBe(850);
  expect(rates.departs(0, KILOBYTE, 2000)).toBe(2250);
});

test("peers, and the two directions of a peer, do not hold each other up", () => {
  const rates = modems();
  expect(rates.departs(0, 4 * KILOBYTE, 0)).toBe(1000);
  expect(rates.departs(1, 4 * KILOBYTE, 0)).toBe(1000);
  expect(rates.arrives(0, 3 * KILOBYTE, 0)).toBe(500);
  expect(rates.departs(999_999, 4, 0)).toBe(1);
});

test("a receiver's line shares itself among all who send to it", () => {
  const rates = modems();
  const done = Array.from({ length: 5 }, () => rates.arrives(7, 600, 50));
  expect(done).toEqual([150, 250, 350, 450, 550]);
});

test("what waits falls as time goes on, and what finds no room is dropped and counted", () => {
  const rates = modems(2500);
  rates.departs(3, 2 * KILOBYTE, 0);
  expect(rates.uploadQueueBytes(3, 0)).toBe(2000);
  expect(rates.departs(3, KILOBYTE, 0)).toBe(DROPPED);
  expect(rates.uploadQueueBytes(3, 125)).toBe(1500);
  // The dropped one took no time of the line.
  expect(rates.departs(3, KILOBYTE, 125)).toBe(750);
  expect(rates.uploadQueueBytes(3, 10_000)).toBe(0);
  expect([rates.uploadsDropped, rates.downloadsDropped]).toEqual([1, 0]);

  rates.arrives(3, 2500, 10_000);
  expect(rates.arrives(3, 1, 10_000)).toBe(DROPPED);
  expect(rates.downloadQueueBytes(3, 10_000)).toBe(2500);
  expect(rates.arrives(9, 2501, 10_000)).toBe(DROPPED);
  expect([rates.uploadsDropped, rates.downloadsDropped]).toEqual([1, 2]);
});

test("an overloaded line carries its rate, and the rest is dropped", () => {
  const rates = modems(4 * KILOBYTE);
  let carried = 0;
  for (let now = 0; now < 100_000; now += 10) if (rates.departs(0, 80, now) !== DROPPED) carried += 80;
  // Twice its rate was offered for 100 seconds.
  expect(carried / 100_000).toBeCloseTo(4, 1);
  expect(rates.uploadsDropped).toBe(10_000 - carried / 80);
});

test("a line without limit takes no time and never has a queue", () => {
  const line = { uploadBytesPerMs: Number.POSITIVE_INFINITY, downloadBytesPerMs: 1 };
  const rates = new Rates({ lineOf: () => line, queueBytesMax: 100 });
  expect([rates.departs(0, 100, 5), rates.departs(0, 100, 5), rates.uploadQueueBytes(0, 5)]).toEqual([5, 5, 0]);
  expect(rates.departs(0, 101, 5)).toBe(DROPPED);
});

test("each peer is asked for its line once, and has its own", () => {
  const asked: number[] = [];
  const rates = new Rates({
    lineOf: (peer) => {
      asked.push(peer);
      return { uploadBytesPerMs: peer + 1, downloadBytesPerMs: 1 };
    },
    queueBytesMax: KILOBYTE,
  });
  expect([rates.departs(3, 100, 0), rates.departs(0, 100, 0), rates.departs(99, 100, 0)]).toEqual([25, 100, 1]);
  expect(asked).toEqual(Array.from({ length: 100 }, (_, peer) => peer));
});

test("going back in time, or a line that carries nothing, is our own fault", () => {
  const rates = modems();
  rates.departs(0, 10, 50);
  expect(() => rates.arrives(1, 10, 49)).toThrow("in order of time");
  const dead = new Rates({ lineOf: () => ({ uploadBytesPerMs: 0, downloadBytesPerMs: 1 }), queueBytesMax: 1 });
  expect(() => dead.departs(0, 1, 0)).toThrow("carries something");
});
