import { expect, test } from "vitest";
import type { RunsProgress } from "../../lab/scenario-runs.ts";
import { formatRate, ProgressText } from "./lab-progress.ts";

/** A text whose clock is moved by hand. */
function textAt(): { readonly text: ProgressText; at(ms: number): void } {
  let now = 1000;
  return { text: new ProgressText("chord-c3", () => now), at: (ms) => (now = 1000 + ms) };
}

const state: RunsProgress = { total: 40, done: 0, kept: 0, events: 0, running: [] };

test("tells runs, share, rate and time left", () => {
  const { text, at } = textAt();
  at(10_000);
  const running = [{ done: 50, total: 100, what: "lookups" }];

  expect(text.line({ ...state, done: 9, events: 12_000_000, running }, 200)).toBe(
    "chord-c3  9/40 runs  23 %  1.2 M events/s  0:33 left",
  );
});

test("runs that were kept took no time, and count for nothing that is left", () => {
  const { text, at } = textAt();
  at(10_000);

  expect(text.line({ ...state, done: 30, kept: 20, events: 1000 }, 200)).toBe(
    "chord-c3  30/40 runs  50 %  100 events/s  0:10 left",
  );
});

test("a single run tells what it counts, and how fast", () => {
  const { text, at } = textAt();
  const running = (done: number) => ({ ...state, total: 1, running: [{ done, total: 500_000, what: "lookups" }] });
  at(1000);
  text.line(running(10_000), 200);
  at(11_000);

  expect(text.line(running(320_000), 200)).toBe("chord-c3  64 %  320 000/500 000 lookups  31 k lookups/s  0:07 left");
});

test("virtual time is shown as a clock, without a rate", () => {
  const { text, at } = textAt();
  at(60_000);
  const running = [{ done: 150_000, total: 600_000, what: "time" }];

  expect(text.line({ ...state, total: 1, running }, 200)).toBe("chord-c3  25 %  2:30/10:00 time  3:00 left");
});

test("no line is wider than the terminal", () => {
  const { text, at } = textAt();
  at(1);
  for (let width = 5; width < 90; width++) {
    expect(text.line({ ...state, done: 3, events: 5 }, width).length).toBeLessThanOrEqual(width);
  }
});

test.each([
  [0.4, "0"],
  [999, "999"],
  [999.6e3, "1.0 M"],
  [1234, "1 k"],
  [12_345_678, "12 M"],
])("%d a second is %s", (rate, text) => {
  expect(formatRate(rate)).toBe(text);
});
