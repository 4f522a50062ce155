// On a tree there is one way to everybody, so what floods of pings and queries cost can be counted without a world.
import { expect, test } from "vitest";
import { floodOracle } from "../../topology/distances.ts";
import { tree } from "../../topology/regular-shapes.ts";
import type { Settings } from "../program.ts";
import { gnutellaPings } from "./pings.ts";

const PING_BYTES = 23;
const PONG_BYTES = 23 + 14;
/** Header, flags, two words of ten letters, a blank between them, a zero byte behind, and the wish for hashes. */
const QUERY_BYTES = 23 + 2 + 21 + 1 + "urn:0".length;

function run(settings: Settings): Readonly<Record<string, number>> {
  const defaults = Object.fromEntries(
    Object.entries(gnutellaPings.settings).map(([name, setting]) => [name, setting.default]),
  );
  const small: Settings = { topology: "tree", degree: 3, levels: 4, files: 1000, freeRiders: 1 };
  return gnutellaPings.run({
    seed: "1",
    settings: { ...defaults, ...small, ...settings },
    fidelity: "wire",
    progress: () => {},
  }).values;
}

test("a flooded ping costs a flood, and a pong for every hop back from everybody", () => {
  const graph = tree(3, 4);
  let bytes = 0;
  for (let peer = 0; peer < graph.nodes; peer++) {
    const { messages, byHop } = floodOracle(graph, peer, 7);
    bytes += PING_BYTES * messages + PONG_BYTES * byHop.reduce((sum, count, hop) => sum + count * (hop + 1), 0);
  }
  const expected = bytes / graph.nodes / 30;

  const values = run({ pingEverySeconds: 30, queriesPerPeerPerHour: 0, seconds: 600 });

  expect(values).toMatchObject({ peers: 40, "flooded.linked": 1, "flooded.refused": 0, "flooded.share": 1 });
  // What is on its way at the beginning and at the end need not be equally much.
  expect((values["flooded.pingBytes"] as number) / expected).toBeCloseTo(1, 2);
});

test("the rest are queries: each goes over every link of a tree once", () => {
  const perSecond = 360 / 3600;
  const values = run({ pingEverySeconds: 600, queriesPerPeerPerHour: 360, seconds: 200 });
  const queryBytes = perSecond * 39 * QUERY_BYTES;
  const pingBytes = values["cached.pingBytes"] as number;
  expect((values["cached.queries"] as number) / (queryBytes / (queryBytes + pingBytes))).toBeCloseTo(1, 2);
  expect(values["cached.hits"]).toBe(0);
});

test("with caches a peer asks one neighbour every 10 s and has eleven pongs at most", () => {
  const values = run({ queriesPerPeerPerHour: 0, seconds: 200 });
  const most = (PING_BYTES + 11 * PONG_BYTES) / 10;
  // A leaf of the tree has one neighbour, who knows of others by then.
  expect(values["cached.pingBytes"]).toBeGreaterThan(0.5 * most);
  expect(values["cached.pingBytes"]).toBeLessThan(1.1 * most);
});
