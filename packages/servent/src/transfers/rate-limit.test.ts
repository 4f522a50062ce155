import { expect, test } from "vitest";
import { ManualClock } from "./manual-clock.ts";
import { RateLimit, RateMeter } from "./rate-limit.ts";

/** Takes `bytes` over and over until told to stop; answers how often it could. */
function taker(limit: RateLimit, key: string, bytes: number): { count: number } {
  const taken = { count: 0 };
  void (async () => {
    for (;;) {
      await (limit.take(key, bytes) ?? Promise.resolve());
      taken.count++;
      if (taken.count > 10_000) return;
    }
  })();
  return taken;
}

async function pass(clock: ManualClock, ms: number): Promise<void> {
  for (let at = 0; at < ms; at += 20) {
    clock.advance(20);
    for (let i = 0; i < 20; i++) await Promise.resolve();
  }
}

test("over time no more than the rate goes through, and no less", async () => {
  const clock = new ManualClock();
  const limit = new RateLimit(clock, 100_000);
  const one = taker(limit, "one", 8000);

  await pass(clock, 10_000);

  expect(one.count * 8000).toBeGreaterThan(950_000);
  expect(one.count * 8000).toBeLessThan(1_050_000);
});

test("two keys share evenly, however many each has waiting", async () => {
  const clock = new ManualClock();
  const limit = new RateLimit(clock, 100_000);
  const crowd = Array.from({ length: 5 }, () => taker(limit, "crowd", 4000));
  const single = taker(limit, "single", 4000);

  await pass(clock, 5000);

  const crowdCount = crowd.reduce((sum, each) => sum + each.count, 0);
  expect(Math.abs(crowdCount - single.count)).toBeLessThanOrEqual(2);
});

test("no limit lets everything through at once, also those that wait when it is lifted", async () => {
  const clock = new ManualClock();
  const limit = new RateLimit(clock, 10);
  expect(new RateLimit(clock).take("x", 1e9)).toBeUndefined();
  let passed = 0;
  for (let i = 0; i < 3; i++) void limit.take("x", 1000)?.then(() => passed++);

  limit.setRate(0);
  await Promise.resolve();

  expect(passed).toBe(3);
});

test("one that gives up waits no longer and takes nothing", async () => {
  const clock = new ManualClock();
  const limit = new RateLimit(clock, 1000);
  const abort = new AbortController();
  const waiting = limit.take("x", 1_000_000, abort.signal);

  abort.abort();
  await waiting;
  clock.advance(100);

  expect(limit.take("y", 10)).toBeUndefined();
});

test("a low rate asks for small chunks, no limit for large ones", () => {
  const clock = new ManualClock();

  expect(new RateLimit(clock, 80_000).chunkBytes(500_000)).toBe(10_000);
  expect(new RateLimit(clock, 10).chunkBytes(500_000)).toBe(1024);
  expect(new RateLimit(clock).chunkBytes(500_000)).toBe(500_000);
});

test("the meter follows a rate and forgets it", () => {
  const clock = new ManualClock();
  const meter = new RateMeter(clock);
  for (let i = 0; i < 20; i++) {
    meter.add(50_000);
    clock.advance(500);
    void meter.rate;
  }
  expect(meter.rate).toBeGreaterThan(95_000);
  expect(meter.rate).toBeLessThan(105_000);

  clock.advance(60_000);

  expect(meter.rate).toBeLessThan(10);
});
