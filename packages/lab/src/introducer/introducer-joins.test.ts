// A network that is small and busy enough for all that matters to happen within seconds.
import { expect, test } from "vitest";
import type { Findings, Settings } from "../experiments/program.ts";
import { introducerJoins } from "./introducer-joins.ts";

function run(settings: Settings, fidelity: "wire" | "message" = "message"): Findings {
  const defaults = Object.fromEntries(
    Object.entries(introducerJoins.settings).map(([name, setting]) => [name, setting.default]),
  );
  const busy: Settings = { joins: 600, joinsPerMinute: 20, sessionMinutes: 8, stayers: 20 };
  return introducerJoins.run({
    seed: "1",
    settings: { ...defaults, ...busy, ...settings },
    fidelity,
    progress: () => {},
  });
}

test("the same joins give the same network, whether messages are encoded or handed over", () => {
  const settings = { joins: 150 };
  const handedOver = run(settings);
  expect(run(settings, "wire")).toEqual(handedOver);
  expect(run(settings).digest).toBe(handedOver.digest);
});

test("the dead are named, but for no longer than is stated, and those that nobody can dial never", () => {
  const { values } = run({});
  expect(values["gone.share"]).toBeGreaterThan(0);
  expect(values["gone.longestSeconds"]).toBeGreaterThan(30);
  expect(values["gone.longestSeconds"]).toBeLessThanOrEqual(values["gone.statedSeconds"] as number);
  expect(values.undialable).toBe(0);
});

test("where everybody says goodbye, hardly anybody is named who is gone", () => {
  const { values } = run({ crashes: 0 });
  // A goodbye is on its way for as long as an answer.
  expect(values["gone.longestSeconds"]).toBeLessThan(1);
});

test("nobody is given to much more newcomers than by lot, and the network hangs together", () => {
  const { values, tables } = run({ stayers: 100, sessionMinutes: 20 });
  expect(values["given.overFair"]).toBeLessThan(2.1);
  expect(values["component.share"]).toBeGreaterThan(0.95);
  const peers = tables["degrees"]?.rows.reduce((sum, [, count]) => sum + Number(count), 0);
  expect(peers).toBe(values.present);
});
