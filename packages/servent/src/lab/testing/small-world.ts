// A world of Gnutella peers that runs in a blink, for tests.
import type { ScenarioSource } from "../scenario-source.ts";
import { type LoadedScenario, loadScenario } from "../loaded-scenario.ts";
import type { ScenarioChanges } from "../scenario-changes.ts";

export const SMALL_WORLD: Readonly<Record<string, unknown>> = {
  schema: "servent.scenario/1",
  title: "A query in a small world",
  seed: 7,
  protocol: "gnutella",
  peers: 40,
  topology: { kind: "regular", degree: 4 },
  link: { latency: "20ms" },
  load: [{ at: "1s", peer: 0, do: "query", words: "tide", ttl: 3 }],
  until: "5s",
  expect: ["reached(query#0) > 20"],
};

/** As a file `world.jsonc` that holds these keys. */
export function worldSource(document: object = SMALL_WORLD): ScenarioSource {
  const text = JSON.stringify(document, undefined, 2);
  return { name: "world", shown: "world.jsonc", file: "/nowhere/world.jsonc", text, isShipped: false };
}

export function smallWorld(document: object = SMALL_WORLD, changes: ScenarioChanges = {}): LoadedScenario {
  return loadScenario(worldSource(document), changes, () => undefined);
}
