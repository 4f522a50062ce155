// Overlays that are small and calm enough to know beforehand how many links they must have.
import { expect, test } from "vitest";
import type { Findings, Settings } from "../program.ts";
import { gnutellaGrown } from "./grown.ts";

function run(settings: Settings): Findings {
  const defaults = Object.fromEntries(
    Object.entries(gnutellaGrown.settings).map(([name, setting]) => [name, setting.default]),
  );
  // Everybody has found its links before the next one comes.
  const calm: Settings = { peers: 80, joinEveryMs: 20_000, firstHosts: 20, wanted: [3], wantedShares: [1] };
  return gnutellaGrown.run({
    seed: "1",
    settings: { ...defaults, ...calm, ...settings },
    fidelity: "wire",
    progress: () => {},
  });
}

test("each newcomer opens the links that it wants, so there are as many for each but the first three", () => {
  const { values, tables } = run({});
  const edges = 3 * (80 - 3) + 3;
  expect(values["degree.mean"]).toBeCloseTo((2 * edges) / 80, 12);
  expect(values["component.share"]).toBe(1);
  expect(values["wanted.mean"]).toBe(3);

  // The mean is also the sum, over all degrees, of the share of peers with that degree or more.
  const rows = tables["degrees"]?.rows as readonly (readonly number[])[];
  const mean = rows.reduce(
    (sum, [degree, share], i) => sum + (share as number) * ((degree as number) - (rows[i - 1]?.[0] ?? 0)),
    0,
  );
  const generatorMean = rows.reduce(
    (sum, [degree, , share], i) => sum + (share as number) * ((degree as number) - (rows[i - 1]?.[0] ?? 0)),
    0,
  );
  expect(mean).toBeCloseTo((2 * edges) / 80, 9);
  // The generator's third host knows of one or two others.
  expect(generatorMean).toBeCloseTo(values["generator.degree.mean"] as number, 9);
  expect(values["generator.links"]).toBe(3);
});

test("nobody has more links than its user let in, and users ask for what their shares say", () => {
  const { values } = run({ wanted: [1, 4], wantedShares: [3, 1], letsIn: 2, peers: 200, joinEveryMs: 2000 });
  expect(values["degree.most"]).toBeLessThanOrEqual(8);
  expect(values["degree.most"]).toBeGreaterThan(4);
  // Three of four want one link, the others four: 1.75, with a standard error of 0.092.
  expect(Math.abs((values["wanted.mean"] as number) - 1.75)).toBeLessThan(3 * 0.092);
});
