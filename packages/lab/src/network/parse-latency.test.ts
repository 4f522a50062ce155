import { expect, test } from "vitest";
import { RandomStream } from "../engine/random.ts";
import type { Latency } from "./latency.ts";
import { parseLatency } from "./parse-latency.ts";
import { exponential, lognormal } from "./random-latency.ts";
import { plane, space3d, sphere } from "./space-latency.ts";
import { synthetic } from "./synthetic-latency.ts";
import { transitStub } from "./transit-stub-latency.ts";

function latency(text: string, files?: (name: string) => string | undefined): Latency {
  const parsed = parseLatency(text, "7", files);
  if (!parsed.ok) throw new Error(parsed.problem);
  return parsed.value;
}

function draws(model: Latency): number[] {
  const random = new RandomStream("7", "parse");
  return Array.from({ length: 20 }, (_, i) => model(i, 3 * i + 1, random));
}

test("a duration is the latency of every message", () => {
  expect(draws(latency("50ms"))).toEqual(draws(() => 50));
  expect(draws(latency(" 0.25s "))).toEqual(draws(() => 250));
  expect(draws(latency("constant(50ms)"))).toEqual(draws(() => 50));
});

test("a model is the function of its name", () => {
  expect(draws(latency("exponential(50ms)"))).toEqual(draws(exponential(50)));
  expect(draws(latency("lognormal( 50ms , 0.4 )"))).toEqual(draws(lognormal(50, 0.4)));
  for (const ms of draws(latency("uniform(20ms,80ms)"))) expect(ms >= 20 && ms <= 80).toBe(true);
  for (const text of ["plane(1000,0.1ms)", "space3d(90ms)", "sphere(200ms,2ms)", "transit-stub", "synthetic"]) {
    const model = latency(text);
    expect(new Set(draws(model)).size).toBeGreaterThan(3);
    expect(draws(latency(text))).toEqual(draws(model));
    expect(draws(latency(`${text}()`.replace(")()", ")")))).toEqual(draws(model));
  }
  // Each term has a seed of its own.
  const seed = "7/latency/0";
  expect(draws(latency("plane(1000,0.1ms)"))).toEqual(draws(plane(seed, 1000, 0.1)));
  expect(draws(latency("space3d(90ms)"))).toEqual(draws(space3d(seed, 90)));
  expect(draws(latency("sphere(200ms,2ms)"))).toEqual(draws(sphere(seed, 200, 2)));
  expect(draws(latency("synthetic"))).toEqual(draws(synthetic(seed)));
  expect(draws(latency("transit-stub"))).toEqual(draws(transitStub(seed)));
  expect(draws(latency("transit-stub(50ms,20ms,5ms)"))).toEqual(draws(latency("transit-stub")));
  expect(Math.max(...draws(latency("transit-stub(0ms,0ms,1ms)")))).toBeLessThan(20);
});

test("terms add up, each with peers in places of its own", () => {
  const random = new RandomStream("7", "sum");
  const jitter = latency("10ms + exponential(5ms)");
  for (let i = 0; i < 100; i++) expect(jitter(0, 1, random)).toBeGreaterThan(10);
  const twice = draws(latency("sphere(200ms,2ms) + sphere(200ms,2ms)"));
  expect(twice).not.toEqual(draws(sphere("7/latency/0", 200, 2)).map((ms) => 2 * ms));
});

test("a matrix comes from a file", () => {
  const files = (name: string): string | undefined => (name === "two.txt" ? "0 10\n20 0\n" : undefined);
  const random = new RandomStream("7", "unused");
  expect(latency("matrix(two.txt)", files)(1, 0, random)).toBe(20);
  expect(latency("matrix(two.txt, 0.5ms)", files)(1, 0, random)).toBe(10);
  const broken = parseLatency("matrix(two.txt)", "7", () => "0 1\n2\n");
  expect(broken).toEqual({ ok: false, problem: expect.stringContaining("two.txt: latency matrix, line 2") });
});

test.each([
  ["", "expected a name"],
  ["50", "expected a number with ms, s, m, h or d"],
  ["-5ms", "expected a name"],
  ["99d", "expected at most 24 days"],
  ["unifrom(1ms,2ms)", "expected a duration such as 50ms or one of constant, uniform, exponential"],
  ["uniform(20ms)", "uniform: expected least, most, as in uniform(20ms,80ms), got 1 values"],
  ["uniform", "got 0 values"],
  ["uniform(80ms,20ms)", "expected the least before the most"],
  ["uniform(0.5ms,20ms)", "expected whole milliseconds"],
  ["uniform(20,80)", 'uniform, least: duration: expected a number with ms, s, m, h or d, got "20"'],
  ["exponential(50ms", "expected a name, perhaps with values in brackets"],
  ["exponential(2d)", "exponential, mean: expected 0 to 86400000 ms, got 2d"],
  ["lognormal(50ms,0.4ms)", 'lognormal, sigma: number: expected a number such as 0.5, got "0.4ms"'],
  ["lognormal(50ms,11)", "lognormal, sigma: expected 0 to 10, got 11"],
  ["plane(1000000000,1s)", "expected a side of at most a day"],
  ["synthetic(3)", "synthetic: expected no values"],
  ["transit-stub(5ms)", "expected transit link, link to a stub domain, link in a stub domain"],
  ["matrix", "expected a file, as in matrix(king.txt)"],
  ["matrix(nothing.txt)", 'there is no file "nothing.txt"'],
  ["1ms+1ms+1ms+1ms+1ms", "expected at most 4 terms"],
  ["x".repeat(10_000), "longer than 200 characters"],
])("of the text %j it says what was expected", (text, expected) => {
  const parsed = parseLatency(text, "7");
  expect(parsed).toEqual({ ok: false, problem: expect.stringContaining(expected) });
  if (!parsed.ok) expect(parsed.problem.length).toBeLessThan(300);
});
