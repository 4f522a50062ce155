import { expect, test } from "vitest";
import type { Findings } from "../experiments/program.ts";
import { chordKit } from "./chord-kit.ts";
import { checkScenario } from "./schema.ts";
import { runWorld } from "./world-run.ts";

function run(world: Readonly<Record<string, unknown>>, fidelity: "wire" | "message" = "message"): Findings {
  const json = {
    schema: "servent.scenario/1",
    title: "a ring",
    seed: 1,
    protocol: "chord",
    peers: 40,
    joinEvery: "1s",
    warmUp: "5m",
    link: { latency: "uniform(10ms,60ms)" },
    until: "5m",
    ...world,
  };
  const checked = checkScenario(json, { programs: [], kits: [chordKit] });
  if (!checked.ok) throw new Error(JSON.stringify(checked.problems));
  const point = checked.scenario.points[0];
  if (point === undefined || !("world" in point)) throw new Error("a world is described");
  return runWorld(point.world, { seed: "1", fidelity, progress: () => {} });
}

const LOOKUPS = [
  { at: "1s", do: "lookup", peer: "any", every: "2s", times: 100 },
  { at: "2s", do: "lookup", peer: "any", recursive: true, every: "2s", times: 100 },
];

test("peers join one after another, and every lookup of both kinds finds the owner", () => {
  const { values } = run({ load: LOOKUPS, checkers: ["living-successor"] });
  expect(values).toMatchObject({ operations: 200, success: 1, lies: 0, members: 40, joining: 0 });
  expect(values["hops.mean"]).toBeGreaterThan(1);
  expect(values["hops.mean"]).toBeLessThan(3);
});

test("crashes, goodbyes and a partition are survived; at the end every lookup is right again", () => {
  const faults = [
    { at: "10s", do: "crash", peers: "10%", for: "60s" },
    { at: "20s", do: "leave", peers: "10%" },
    { at: "90s", do: "partition", split: 0.3, for: "5s" },
  ];
  const load = [{ at: "5m", do: "lookup", peer: "any", every: "1s", times: 100 }];
  const { values } = run({ faults, load, until: "8m" });
  expect(values).toMatchObject({ operations: 100, success: 1, lies: 0 });
});

test("a peer that claims whatever it is asked for makes some lookups wrong, and they are counted as lies", () => {
  const faults = [{ at: "0s", do: "hostile", peers: "20%", what: "claim" }];
  const { values } = run({ faults, load: LOOKUPS });
  expect(values["lies"]).toBeGreaterThan(10);
});

test("both fidelities find the same", () => {
  const faults = [{ at: "10s", do: "crash", peers: "10%", for: "60s" }];
  expect(run({ faults, load: LOOKUPS }, "wire")).toEqual(run({ faults, load: LOOKUPS }, "message"));
});
