import { expect, test } from "vitest";
import { chordKit } from "./chord-kit.ts";
import { ViolationError } from "./checkers.ts";
import { checkScenario } from "./schema.ts";
import { faultsText, smallestFaults } from "./smallest-faults.ts";
import { runWorld } from "./world-run.ts";
import type { WorldSpec } from "./world-spec.ts";

const CONTEXT = { seed: "1", fidelity: "message", progress: () => {} } as const;

function world(faults: unknown): WorldSpec {
  const json = {
    schema: "servent.scenario/1",
    title: "the published Chord under crashes",
    seed: 1,
    protocol: "chord",
    peers: 20,
    joinEvery: "500ms",
    warmUp: "2m",
    options: { upkeep: "original", successors: 2 },
    faults,
    checkers: ["living-successor"],
    until: "2m",
  };
  const checked = checkScenario(json, { programs: [], kits: [chordKit] });
  if (!checked.ok) throw new Error(JSON.stringify(checked.problems));
  const spec = checked.scenario.shape === "world" ? checked.scenario.points[0]?.world : undefined;
  if (spec === undefined) throw new Error("a world is described");
  return spec;
}

function violationIn(spec: WorldSpec): ViolationError {
  try {
    runWorld(spec, CONTEXT);
  } catch (error) {
    if (error instanceof ViolationError) return error;
    throw error;
  }
  throw new Error("nothing was violated");
}

test("of five faults the one that breaks the ring is left, and its text breaks the same once more", () => {
  const spec = world([
    { at: "5s", do: "slow", peers: [3], factor: 2, for: "10s" },
    { at: "10s", do: "crash", peers: "5%" },
    { at: "20s", do: "loss", share: 0.01, for: "5s" },
    { at: "30s", do: "crash", peers: "30%" },
    { at: "60s", do: "crash", peers: "5%" },
  ]);
  const found = smallestFaults(spec, CONTEXT, violationIn(spec));
  expect(found?.faults).toMatchObject([{ do: "crash", at: 30_000, peers: { share: 0.3 } }]);

  const again = world(JSON.parse(faultsText(found?.faults ?? [])));
  expect(violationIn(again).message).toBe(found?.violation.message);
});

test("where no fault was planned there is none to leave out", () => {
  const spec = world([]);
  const violation = new ViolationError("living-successor", "made up", { seed: "1", tick: 1, event: 1 });
  expect(smallestFaults(spec, CONTEXT, violation)).toBeUndefined();
});
