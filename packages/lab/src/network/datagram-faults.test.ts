import { expect, test } from "vitest";
import { RandomStream } from "../engine/random.ts";
import {
  DatagramFaults,
  DELAYED,
  exponentialDelay,
  DUPLICATED,
  LOST,
  type DatagramFaultOptions,
} from "./datagram-faults.ts";

const SENT = 100_000;

interface Seen {
  readonly fates: number[];
  readonly extraMs: number[];
  readonly copyAfterMs: number[];
}

function send(options: DatagramFaultOptions, count = SENT): Seen {
  const faults = new DatagramFaults(options);
  const random = new RandomStream("7", "faults");
  const seen: Seen = { fates: [], extraMs: [], copyAfterMs: [] };
  for (let i = 0; i < count; i++) {
    seen.fates.push(faults.drawFate(random));
    seen.extraMs.push(faults.extraMs);
    seen.copyAfterMs.push(faults.copyAfterMs);
  }
  return seen;
}

function share(fates: readonly number[], bit: number): number {
  return fates.filter((fate) => (fate & bit) !== 0).length / fates.length;
}

test("without faults everything arrives once and in time", () => {
  const { fates, extraMs } = send({});
  expect(new Set(fates)).toEqual(new Set([0]));
  expect(new Set(extraMs)).toEqual(new Set([0]));
});

test("each fault happens as often as it was asked for", () => {
  const { fates } = send({ loss: 0.05, duplication: 0.02, reordering: 0.1 });
  // Five standard errors; only what is not lost can have another fault.
  expect(Math.abs(share(fates, LOST) - 0.05)).toBeLessThan(0.0035);
  expect(Math.abs(share(fates, DUPLICATED) - 0.95 * 0.02)).toBeLessThan(0.0022);
  expect(Math.abs(share(fates, DELAYED) - 0.95 * 0.1)).toBeLessThan(0.0047);
  expect(fates.filter((fate) => (fate & LOST) !== 0 && fate !== LOST)).toEqual([]);
  expect(fates).toContain(DUPLICATED | DELAYED);
});

test("a share of 1 is always", () => {
  expect(new Set(send({ loss: 1, duplication: 1, reordering: 1 }).fates)).toEqual(new Set([LOST]));
  expect(new Set(send({ duplication: 1, reordering: 1 }).fates)).toEqual(new Set([DUPLICATED | DELAYED]));
});

test("only a delayed datagram takes longer, as long as the model says", () => {
  const { fates, extraMs, copyAfterMs } = send({ reordering: 0.5, duplication: 0.5, loss: 0.1 });
  for (const [delays, bit] of [
    [extraMs, DELAYED],
    [copyAfterMs, DUPLICATED],
  ] as const) {
    const some = delays.filter((_, i) => ((fates[i] as number) & bit) !== 0);
    expect(delays.filter((ms) => ms !== 0).length).toBe(some.length);
    expect(Math.abs(some.reduce((sum, ms) => sum + ms, 0) / some.length - 100)).toBeLessThan(2.5);
    expect(Math.abs(some.filter((ms) => ms > 100).length / some.length - Math.exp(-1))).toBeLessThan(0.012);
  }
  const other = send({ reordering: 1, duplication: 1, extraDelay: exponentialDelay(3) });
  expect(Math.abs(other.extraMs.reduce((sum, ms) => sum + ms, 0) / SENT - 3)).toBeLessThan(0.05);
  const fixed = send({ reordering: 1, duplication: 1, extraDelay: () => 7 }, 10);
  expect([...fixed.extraMs, ...fixed.copyAfterMs]).toEqual(Array.from({ length: 20 }, () => 7));
});

test("turning one fault on shifts no other", () => {
  const without = send({ duplication: 0.1, reordering: 0.2 });
  const lossy = send({ duplication: 0.1, reordering: 0.2, loss: 0.3 });
  const arrived = lossy.fates.map((fate, i) => (fate === LOST ? LOST : (without.fates[i] as number)));
  expect(lossy.fates).toEqual(arrived);
  expect(lossy.copyAfterMs.filter((ms, i) => lossy.fates[i] !== LOST && ms !== without.copyAfterMs[i])).toEqual([]);
});

test("what is no share is our own fault", () => {
  expect(() => new DatagramFaults({ loss: 1.1 })).toThrow("between 0 and 1");
  expect(() => new DatagramFaults({ duplication: -0.1 })).toThrow("between 0 and 1");
  expect(() => new DatagramFaults({ reordering: Number.NaN })).toThrow("between 0 and 1");
});

test("a seed gives these fates", () => {
  const { fates, extraMs } = send({ loss: 0.2, duplication: 0.2, reordering: 0.5 }, 12);
  expect(fates).toEqual([1, 4, 0, 2, 2, 0, 4, 0, 4, 4, 6, 4]);
  expect(extraMs.slice(0, 3)).toEqual([0, 139.0332736243244, 0]);
});
