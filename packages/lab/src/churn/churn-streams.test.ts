// The streams of events: order, equilibrium, rates, and that each seed gives its own.
import { describe, expect, test } from "vitest";
import { RandomStream } from "../engine/random.ts";
import { ChurnSchedule } from "./churn-schedule.ts";
import { MergedChurn, type ChurnStream } from "./churn-stream.ts";
import { exponential, pareto, weibull, type Durations } from "./durations.ts";
import { FlashCrowd } from "./flash-crowd.ts";
import { PoissonChurn } from "./poisson-churn.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

interface Event {
  readonly at: number;
  readonly peer: number;
  readonly up: boolean;
}

function until(stream: ChurnStream, limit: number): Event[] {
  const events: Event[] = [];
  for (; stream.at <= limit; stream.advance()) events.push({ at: stream.at, peer: stream.peer, up: stream.up });
  return events;
}

function schedule(peers: number, up: Durations, down: Durations, seed = "7", first = 0): ChurnSchedule {
  return new ChurnSchedule({ first, peers, up, down, random: new RandomStream(seed, "churn") });
}

describe("a population that comes and goes", () => {
  test("events are in order of time, and each peer's alternate, from what it was at the start", () => {
    const stream = schedule(200, weibull(0.5, HOUR), exponential(HOUR / 2), "7", 1000);
    const state = Array.from({ length: 200 }, (_, i) => stream.isUp(1000 + i));
    const wrong: Event[] = [];
    let last = 0;
    for (const event of until(stream, 20 * HOUR)) {
      const { at, peer, up } = event;
      if (!Number.isInteger(at) || at < last || state[peer - 1000] === up) wrong.push(event);
      last = at;
      state[peer - 1000] = up;
    }
    expect(wrong).toEqual([]);
    expect(state).toEqual(state.map((_, i) => stream.isUp(1000 + i)));
  });

  test.each([
    ["exponential", exponential(HOUR), exponential(HOUR / 2)],
    ["weibull", weibull(0.5, HOUR), weibull(0.5, HOUR / 2)],
    ["pareto", pareto(3, HOUR), pareto(3, HOUR / 2)],
  ] as const)("%s: it is in equilibrium from the first moment on", (_name, up, down) => {
    const peers = 20_000;
    const stream = schedule(peers, up, down);
    let online = 0;
    for (let peer = 0; peer < peers; peer++) if (stream.isUp(peer)) online++;
    // Two thirds of the time a peer is up, and it goes and comes once in an hour and a half. Bounds of five standard errors.
    expect(Math.abs(online / peers - 2 / 3)).toBeLessThan(0.017);
    for (let quarter = 1; quarter <= 12; quarter++) {
      let events = 0;
      for (const { up: comes } of until(stream, (quarter * HOUR) / 4)) {
        online += comes ? 1 : -1;
        events++;
      }
      expect(Math.abs(online / peers - 2 / 3)).toBeLessThan(0.017);
      // Without the residual start a heavy tail would have most of its events at first.
      expect(Math.abs(events / ((2 * peers) / 6) - 1)).toBeLessThan(0.1);
    }
  });

  test("the same seed gives the same events, another seed others", () => {
    const events = (seed: string): Event[] => until(schedule(100, pareto(3, HOUR), pareto(3, HOUR), seed), 5 * HOUR);
    expect(events("7")).toEqual(events("7"));
    expect(events("8")).not.toEqual(events("7"));
    expect(events("7").slice(0, 4)).toEqual([
      { at: 7531, peer: 95, up: false },
      { at: 124_217, peer: 43, up: false },
      { at: 137_783, peer: 98, up: false },
      { at: 150_301, peer: 85, up: false },
    ]);
  });

  test("a million peers fit", () => {
    const stream = schedule(1_000_000, exponential(HOUR), exponential(HOUR));
    expect(Math.abs(until(stream, 10_000).length / (1_000_000 / 360) - 1)).toBeLessThan(0.1);
  });
});

describe("joins and leaves at a rate", () => {
  test("as many of each as the rate says, and only who is up leaves", () => {
    const stream = new PoissonChurn({
      initial: 1000,
      peers: 100_000,
      perSecond: 0.4,
      random: new RandomStream("7", "poisson"),
    });
    const online = new Set(Array.from({ length: 1000 }, (_, i) => i));
    const seen = new Set(online);
    const counts = { joins: 0, leaves: 0 };
    const leavers: number[] = [];
    const wrong: Event[] = [];
    for (const event of until(stream, 20 * HOUR)) {
      const { peer, up } = event;
      if (online.has(peer) === up || (up && seen.has(peer))) wrong.push(event);
      if (up) {
        counts.joins++;
        online.add(peer);
        seen.add(peer);
      } else {
        counts.leaves++;
        online.delete(peer);
        leavers.push(peer);
      }
    }
    expect(wrong).toEqual([]);
    // 28,800 of each are expected, give or take five roots.
    expect(Math.abs(counts.joins - 28_800)).toBeLessThan(850);
    expect(Math.abs(counts.leaves - 28_800)).toBeLessThan(850);
    expect(stream.skipped).toBe(0);
    // Any peer may leave: of the first hundred about half are of the older half, and later newcomers do as well.
    expect(Math.abs(leavers.slice(0, 100).filter((peer) => peer < 500).length - 50)).toBeLessThan(25);
    expect(leavers.filter((peer) => peer >= 1000).length).toBeGreaterThan(25_000);
  });

  test("gaps between joins are exponential", () => {
    const stream = new PoissonChurn({ initial: 0, peers: 50_000, perSecond: 2, random: new RandomStream("7", "gaps") });
    const joins = until(stream, 4 * HOUR)
      .filter(({ up }) => up)
      .map(({ at }) => at);
    const gaps = joins.slice(1).map((at, i) => at - (joins[i] as number));
    const long = gaps.filter((gap) => gap > 500).length / gaps.length;
    expect(Math.abs(long - Math.exp(-1))).toBeLessThan(0.016);
  });

  test("numbers are used again, the longest unused first, and nobody joins when all are up", () => {
    const stream = new PoissonChurn({ initial: 2, peers: 3, perSecond: 1, random: new RandomStream("7", "few") });
    const down = [2];
    for (const { peer, up } of until(stream, HOUR)) {
      if (up) expect(peer).toBe(down.shift());
      else down.push(peer);
    }
    expect(stream.skipped).toBeGreaterThan(100);
  });
});

describe("a flash crowd", () => {
  test("comes within its window, in the order of its numbers, and stays", () => {
    const random = new RandomStream("7", "flash");
    const stream = new FlashCrowd({ first: 500, peers: 10_000, atMs: 10 * MINUTE, windowMs: 30_000, random });
    const events = until(stream, HOUR);
    expect(events.map(({ peer }) => peer)).toEqual(Array.from({ length: 10_000 }, (_, i) => 500 + i));
    expect(events.every(({ at, up }) => up && at >= 600_000 && at <= 630_000)).toBe(true);
    const early = events.filter(({ at }) => at < 610_000).length;
    expect(Math.abs(early - 3333)).toBeLessThan(240);
    expect(stream.at).toBe(Number.POSITIVE_INFINITY);
    stream.advance();
    expect(stream.at).toBe(Number.POSITIVE_INFINITY);
  });

  test("and a population go together in order of time", () => {
    const random = new RandomStream("7", "both");
    const crowd = new FlashCrowd({ first: 100, peers: 50, atMs: HOUR, windowMs: HOUR, random });
    const merged = new MergedChurn([schedule(100, exponential(HOUR), exponential(HOUR)), crowd]);
    const events = until(merged, 3 * HOUR);
    const alone = until(schedule(100, exponential(HOUR), exponential(HOUR)), 3 * HOUR);
    expect(events.map(({ at }) => at)).toEqual(events.map(({ at }) => at).sort((a, b) => a - b));
    expect(events.filter(({ peer }) => peer < 100)).toEqual(alone);
    expect(events.length).toBe(alone.length + 50);
    expect(new MergedChurn([]).at).toBe(Number.POSITIVE_INFINITY);
  });
});
