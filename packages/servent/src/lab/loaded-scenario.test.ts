import { expect, test } from "vitest";
import { ServentError } from "../base/servent-error.ts";
import { loadScenario } from "./loaded-scenario.ts";
import type { ScenarioChanges } from "./scenario-changes.ts";
import { SMALL_WORLD, smallWorld, worldSource } from "./testing/small-world.ts";

function refused(document: object, changes: ScenarioChanges = {}): { readonly error: ServentError; notes: string[] } {
  const notes: string[] = [];
  try {
    loadScenario(worldSource(document), changes, (text) => notes.push(text));
  } catch (error) {
    if (error instanceof ServentError) return { error, notes };
    throw error;
  }
  throw new Error("it was not refused");
}

test("a slip is told with file, line, column, the key, what was expected and the nearest key", () => {
  const { error } = refused({ ...SMALL_WORLD, link: { latancy: "20ms" } });

  expect(error.code).toBe("invalid_value");
  expect(error.message).toBe('world.jsonc:12:5: link.latancy: there is no "latancy" here; did you mean "latency"?');
  expect(error.hint).toMatch(/^Expected: "latency", .* or "\w+"\.$/);
});

test("a wrong value is told where the value stands", () => {
  const { error } = refused({ ...SMALL_WORLD, peers: 0 });

  expect(error.message).toBe("world.jsonc:6:12: peers: 0 is not allowed.");
  expect(error.hint).toContain("a whole number, 1 to");
});

test("what is missing is told where it belongs", () => {
  const rest = Object.fromEntries(Object.entries(SMALL_WORLD).filter(([key]) => key !== "until"));
  expect(refused(rest).error.message).toBe('world.jsonc:1:1: "until" is missing.');
});

test("every further problem is told as well", () => {
  const { notes } = refused({ ...SMALL_WORLD, peers: 0, until: "soon" });
  expect(notes).toEqual([expect.stringMatching(/^world\.jsonc:\d+:12: until: .*Expected: a time like/)]);
});

test("a mistake on the command line is told with the flag", () => {
  const { error } = refused(SMALL_WORLD, { set: ["peers=many"] });
  expect(error.message).toBe('--set peers=many: peers: "many" is not allowed.');
});

test("a change of something that is not there names the nearest", () => {
  const { error } = refused(SMALL_WORLD, { set: ["lnik.latency=10ms"] });
  expect(error.message).toContain('there is no "lnik" in this file; did you mean "link"?');
});

test("changes have the types of what they change", () => {
  const { document } = smallWorld(SMALL_WORLD, {
    set: ["peers=1_000", "link.latency=uniform(20ms,80ms)", "churn=null"],
    seed: 3,
    seeds: 2,
    fidelity: "wire",
    until: "6s",
  });
  expect(document).toMatchObject({
    peers: 1000,
    link: { latency: "uniform(20ms,80ms)" },
    churn: null,
    seed: 3,
    seeds: 2,
    fidelity: "wire",
    until: "6s",
  });
});

test("values to sweep over are split at commas, but not within brackets", () => {
  const { scenario } = smallWorld(SMALL_WORLD, { over: ["link.latency=20ms,uniform(20ms,80ms)", "load.0.ttl=1,2"] });
  expect(scenario.points.map(({ coordinates }) => coordinates.map(([, value]) => value))).toEqual([
    ["20ms", "1"],
    ["20ms", "2"],
    ["uniform(20ms,80ms)", "1"],
    ["uniform(20ms,80ms)", "2"],
  ]);
});

test("what was expected of other points or seeds is left out, and that is told", () => {
  const notes: string[] = [];
  const document = {
    ...SMALL_WORLD,
    seeds: 3,
    sweepOver: { "load.0.ttl": [1, 2] },
    expect: ["count[load.0.ttl=1] < count[load.0.ttl=2]", "low(count) > 0", "count > 0"],
  };

  const { scenario } = loadScenario(worldSource(document), { set: ["load.0.ttl=3"], seeds: 1 }, (text) =>
    notes.push(text),
  );

  expect(scenario.expectations.map(({ text }) => text)).toEqual(["count > 0"]);
  expect(notes).toEqual(["left out, as they speak of what is not run now: 2 expectations"]);
});

test("a file that expects what it does not run is refused", () => {
  const { error } = refused({ ...SMALL_WORLD, expect: ["count[ttl=1] > 0"] });
  expect(error.message).toContain("expect.0");
});

test("--until is refused for programs, which end by themselves", () => {
  expect(() => smallWorld({ program: "anything" }, { until: "5s" })).toThrow("a program ends by itself");
});

test.each(["peers", "=4", ""])("--set %j is no key and value", (text) => {
  expect(() => smallWorld(SMALL_WORLD, { set: [text] })).toThrow("sets nothing");
});
