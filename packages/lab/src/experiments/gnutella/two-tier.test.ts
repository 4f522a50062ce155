import { expect, test } from "vitest";
import type { Fidelity } from "../../engine/world.ts";
import type { Findings, Program, Settings } from "../program.ts";
import { gnutellaTiers } from "./tiers.ts";
import { gnutellaTwoTier } from "./two-tier.ts";

function run(program: Program, settings: Settings, seed = "1", fidelity: Fidelity = "message"): Findings {
  const defaults = Object.fromEntries(
    Object.entries(program.settings).map(([name, setting]) => [name, setting.default]),
  );
  return program.run({ seed, settings: { ...defaults, ...settings }, fidelity, progress: () => {} });
}

const SMALL: Settings = {
  peers: 120,
  ultrapeerShare: 0.05,
  minutes: 4,
  joinMinutes: 1,
  files: 300,
  queriesPerPeerPerHour: 30,
};
/** Nobody goes. */
const STEADY: Settings = { sessionMinutes: 100_000, ultrapeerSessionMinutes: 100_000 };

test("where all ultrapeers are near, every copy of every file is found, and nothing else", () => {
  const { values } = run(gnutellaTwoTier, { ...SMALL, ...STEADY });
  expect(values["searches"]).toBeGreaterThan(100);
  expect(values["hits"]).toBeGreaterThan(1);
  expect(values).toMatchObject({ peers: 120, recall: 1, success: 1, "leaves.linked": 1, reach: expect.any(Number) });
  // Six ultrapeers and the leaves whose tables match: fewer than there are peers.
  expect(values["reach"]).toBeLessThan(40);
});

test("peers that come and go are searched while they are there, and links are made again", () => {
  const { values, tables } = run(gnutellaTwoTier, {
    ...SMALL,
    ultrapeerShare: 0.1,
    minutes: 8,
    sessionMinutes: 6,
    ultrapeerSessionMinutes: 40,
    awayMinutes: 2,
  });
  const up = (tables.minutes?.rows ?? []).map(([, peers]) => peers as number);
  expect(Math.min(...up)).toBeGreaterThan(85);
  expect(Math.max(...up)).toBeLessThan(155);
  expect(new Set(up).size).toBeGreaterThan(3);
  expect(values["success"]).toBeGreaterThan(0.85);
  expect(values["leaves.linked"]).toBeGreaterThan(0.7);
  // A copy that goes while its hit is on the way counts as there; one that comes just then as not there.
  expect(values["recall"]).toBeGreaterThan(0.75);
  expect(values["recall"]).toBeLessThan(1.05);
});

test("both fidelities and the same seed give the same trace, another seed another", () => {
  const settings: Settings = { ...SMALL, minutes: 3, sessionMinutes: 5, awayMinutes: 1 };
  const { digest } = run(gnutellaTwoTier, settings);
  expect(run(gnutellaTwoTier, settings).digest).toBe(digest);
  expect(run(gnutellaTwoTier, settings, "1", "wire").digest).toBe(digest);
  expect(run(gnutellaTwoTier, settings, "2").digest).not.toBe(digest);
});

test("two tiers find what a flood over everybody finds, with fewer messages", () => {
  const peers = 150;
  const { values } = run(gnutellaTiers, {
    peers,
    minutes: 2,
    flatTtl: 15,
    flatDegree: 6,
    files: 300,
    queriesPerPeerPerHour: 20,
  });
  // With TTL 15 a flat flood covers whoever has a link: 2 E - (n - 1) queries, and hits on their way back.
  const [edges, others] = [(peers * 6) / 2, peers - 1];
  expect(values["flat.reach"]).toBeGreaterThan(0.97 * others);
  expect(values["flat.messages"]).toBeGreaterThan(0.95 * (2 * edges - others));
  expect(values["flat.recall"]).toBeGreaterThan(0.97);
  expect(values["tiers.recall"]).toBe(1);
  expect(values["tiers.messages"]).toBeLessThan(values["flat.messages"] as number);
});
