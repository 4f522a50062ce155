import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { Findings } from "../experiments/program.ts";
import { ViolationError } from "./checkers.ts";
import { chordKit } from "./chord-kit.ts";
import { gnutellaKit } from "./gnutella-kit.ts";
import { judgeRuns } from "./judge.ts";
import type { WorldScenario } from "./scenario.ts";
import { checkScenario } from "./schema.ts";
import { runWorld } from "./world-run.ts";

function checked(value: unknown): WorldScenario {
  const result = checkScenario(value, { programs: [], kits: [gnutellaKit, chordKit] });
  if (!result.ok) throw new Error(JSON.stringify(result.problems, null, 1));
  if (result.scenario.shape !== "world") throw new Error("the scenario names a program");
  return result.scenario;
}

/** A world of Gnutella peers; `changes` are keys of the file. */
function world(changes: Readonly<Record<string, unknown>>): WorldScenario {
  return checked({
    schema: "servent.scenario/1",
    title: "test",
    seed: 7,
    protocol: "gnutella",
    peers: 40,
    topology: { kind: "regular", degree: 4 },
    link: { latency: "20ms" },
    until: "10s",
    checkers: ["asked-once", "links-bounded", "hits-wanted"],
    ...changes,
  });
}

function run(scenario: WorldScenario, seed = scenario.seeds[0] as string, fidelity = scenario.fidelity): Findings {
  const spec = scenario.points[0]?.world;
  if (spec === undefined) throw new Error("a scenario has a point");
  return runWorld(spec, { seed, fidelity, progress: () => {} });
}

const query = { do: "query", words: "tide", peer: 0 };

describe("the exam flood", () => {
  const file = readFileSync(new URL("../../experiments/exam-flood.jsonc", import.meta.url), "utf8");
  const scenario = checked(JSON.parse(file.replace(/^\/\/.*$/gm, "")));

  test("reaches 39 peers with 39 messages, none twice", () => {
    const findings = run(scenario);
    const judgement = judgeRuns(scenario, [{ point: 0, seed: "7", findings }]);

    expect(judgement.verdicts.map(({ text }) => text)).toEqual([
      "count(msg=query) was 39, expected 39",
      "reached(query#0) was 39, expected 39",
      "duplicates(query#0) was 0, expected 0",
    ]);
    expect(judgement.passed).toBe(true);
    expect(findings.tables["reach"]?.rows).toEqual([
      [1, 3, 0],
      [2, 9, 0],
      [3, 27, 0],
    ]);
  });

  test("is the same twice and at both fidelities, and another with another seed", () => {
    const findings = run(scenario);
    expect(run(scenario)).toEqual(findings);
    expect(run(scenario, "7", "wire")).toEqual(findings);
    expect(run(scenario, "8").digest).not.toBe(findings.digest);
  });
});

describe("a flood", () => {
  test("over a whole component costs 2E - (n - 1) messages, of which n - 1 are of use", () => {
    const findings = run(world({ options: { ttl: 15 }, load: [{ at: "1s", ...query }] }));
    // 40 peers of degree 4 have 80 links.
    expect(findings.values["count(msg=query)"]).toBe(2 * 80 - 39);
    expect(findings.values["reached(query#0)"]).toBe(39);
    expect(findings.values["duplicates(query#0)"]).toBe(2 * 80 - 2 * 39);
  });

  test("is answered by whoever has the file, over the hops that it came", () => {
    const findings = run(
      world({
        peers: 5,
        topology: { kind: "ring" },
        load: [
          { at: "0s", do: "share", peer: 2, name: "blue train.ogg" },
          { at: "1s", do: "query", peer: 0, words: "train" },
          { at: "2s", do: "query", peer: 0, words: "boat" },
        ],
      }),
    );
    expect(findings.values["answers(query#0)"]).toBe(1);
    expect(findings.values["latency(query#0)"]).toBe(4 * 20);
    expect(findings.values["hops.mean"]).toBe(2);
    expect(findings.values["answers(query#1)"]).toBe(0);
    expect(findings.values["latency(query#1)"]).toBeUndefined();
    expect(findings.values["success"]).toBe(0.5);
  });

  test("reaches further with every TTL that a sweep takes", () => {
    const scenario = world({
      peers: 121,
      topology: { kind: "tree", arity: 3, levels: 5 },
      load: [{ at: "1s", ...query, ttl: 1 }],
      sweepOver: { "load.0.ttl": [1, 2, 3] },
      expect: ["reached(query#0)[load.0.ttl=3] == 39", "reached(query#0) == count(msg=query)"],
    });
    const runs = scenario.points.map((point, index) => ({
      point: index,
      seed: "7",
      findings: runWorld(point.world, { seed: "7", fidelity: "message", progress: () => {} }),
    }));
    const judgement = judgeRuns(scenario, runs);
    expect(judgement.verdicts.map(({ text }) => text)).toEqual([
      "reached(query#0)[load.0.ttl=3] was 39, expected 39",
      "held at all 3 points",
    ]);
    expect(judgement.tables.get("sweep")?.rows.map((row) => row[0])).toEqual([1, 2, 3]);
  });
});

describe("load", () => {
  test("is repeated as often as it says, or until the end", () => {
    const findings = run(
      world({
        load: [
          { at: "1s", ...query, every: "1s", times: 3 },
          { at: "500ms", ...query, every: "2s" },
        ],
      }),
    );
    const times = findings.tables["operations"]?.rows.map((row) => Number(row[1])) ?? [];
    expect(times.map((at) => at - (times[0] as number))).toEqual([0, 500, 1500, 2000, 2500, 4000, 6000, 8000]);
  });

  test("with exponential gaps comes about as often, from peers of all kinds", () => {
    const findings = run(
      world({ until: "100s", load: [{ at: "0s", do: "query", words: "tide", every: "500ms", gaps: "exponential" }] }),
    );
    const rows = findings.tables["operations"]?.rows ?? [];
    expect(rows.length).toBeGreaterThan(160);
    expect(rows.length).toBeLessThan(240);
    expect(new Set(rows.map((row) => row[2])).size).toBeGreaterThan(30);
  });

  test("asks for popular files more often", () => {
    const findings = run(
      world({
        until: "60s",
        files: { count: 50, copies: 200, placement: "zipf(1.2)" },
        load: [{ at: "0s", do: "query", file: "popular", every: "200ms" }],
      }),
    );
    expect(findings.values["success"]).toBeGreaterThan(0.9);
    expect(findings.values["answers"] as number).toBeGreaterThan(2 * (findings.values["operations"] as number));
  });
});

describe("faults", () => {
  test("who crashed is out of reach, and back at its place when its time is over", () => {
    const findings = run(
      world({
        peers: 5,
        topology: { kind: "tree", arity: 1, levels: 5 },
        until: "60s",
        load: [
          { at: "1s", ...query },
          { at: "6s", ...query },
          { at: "40s", ...query },
        ],
        faults: [{ at: "5s", do: "crash", peers: 2, for: "10s" }],
      }),
    );
    const reached = [0, 1, 2].map((i) => findings.values[`reached(query#${i})`]);
    expect(reached).toEqual([4, 1, 4]);
    expect(findings.values["up"]).toBe(5);
  });

  test("who leaves says goodbye, and a restart brings back who is named", () => {
    const findings = run(
      world({
        peers: 4,
        topology: { kind: "ring" },
        until: "30s",
        load: [{ at: "29s", ...query }],
        faults: [
          { at: "5s", do: "leave", peers: [1, 3] },
          { at: "15s", do: "restart", peers: [3] },
        ],
      }),
    );
    expect(findings.values["count(msg=bye)"]).toBe(4);
    expect(findings.values["up"]).toBe(3);
    expect(findings.values["reached(query#0)"]).toBe(2);
  });

  test("a share of the peers is drawn among those that are up", () => {
    const findings = run(
      world({
        faults: [
          { at: "1s", do: "crash", peers: "25%" },
          { at: "2s", do: "crash", peers: "50%" },
        ],
      }),
    );
    expect(findings.values["up"]).toBe(15);
  });

  test("a partition keeps queries on their side, and ends when it says", () => {
    const findings = run(
      world({
        peers: 6,
        topology: { kind: "ring" },
        options: { links: 3 },
        until: "120s",
        load: [
          { at: "10s", ...query },
          { at: "110s", ...query },
        ],
        faults: [{ at: "5s", do: "partition", split: [0, 1, 2], for: "20s" }],
      }),
    );
    expect(findings.values["reached(query#0)"]).toBe(2);
    // Nobody has three neighbours on one side, so everybody goes on looking, and finds the other side again.
    expect(findings.values["reached(query#1)"]).toBe(5);
  });

  test("two partitions hold at the same time, and each ends for itself", () => {
    const findings = run(
      world({
        peers: 6,
        topology: { kind: "ring" },
        until: "20s",
        load: [{ at: "15s", ...query }],
        faults: [
          { at: "2s", do: "partition", split: [0, 1, 2, 3] },
          { at: "3s", do: "partition", split: [0, 1], for: "2s" },
        ],
      }),
    );
    expect(findings.values["reached(query#0)"]).toBe(1);
  });

  test("a slow peer holds up what passes through it", () => {
    const latency = (faults: readonly unknown[]): number | undefined =>
      run(
        world({
          peers: 3,
          topology: { kind: "tree", arity: 1, levels: 3 },
          load: [
            { at: "0s", do: "share", peer: 2, name: "tide.ogg" },
            { at: "2s", ...query },
          ],
          faults,
        }),
      ).values["latency(query#0)"];
    expect(latency([])).toBe(80);
    expect(latency([{ at: "1s", do: "slow", peers: 1, factor: 10 }])).toBe(800);
    expect(latency([{ at: "0s", do: "slow", peers: 1, factor: 10, for: "1s" }])).toBe(80);
  });

  test("a liar's answers are told from true ones, a mute peer passes nothing on, a flooder is held back", () => {
    const line = { peers: 3, topology: { kind: "tree", arity: 1, levels: 3 } };
    const lied = run(
      world({ ...line, load: [{ at: "2s", ...query }], faults: [{ at: "1s", do: "hostile", peers: 1, what: "lie" }] }),
    );
    expect([lied.values["lies"], lied.values["answers"], lied.values["success"]]).toEqual([1, 0, 0]);

    const muted = run(
      world({ ...line, load: [{ at: "2s", ...query }], faults: [{ at: "1s", do: "hostile", peers: 1, what: "mute" }] }),
    );
    expect(muted.values["reached(query#0)"]).toBe(1);

    const flooded = run(
      world({ until: "60s", faults: [{ at: "1s", do: "hostile", peers: 1, what: "flood", for: "30s" }] }),
    );
    expect(flooded.values["work.refused"]).toBeGreaterThan(1000);
  });

  test("clocks go wrong and messages get lost without harm to the order of a run", () => {
    const faults = [
      { at: "1s", do: "skew", peers: "20%", rate: 2, offset: "10m", for: "5s" },
      { at: "1s", do: "loss", share: 0.5, for: "5s" },
    ];
    const scenario = world({ faults, load: [{ at: "3s", ...query }] });
    expect(run(scenario)).toEqual(run(scenario));
    expect(run(scenario).values["reached(query#0)"]).toBe(39);
  });
});

describe("churn", () => {
  test("of sessions keeps the share of peers up that their lengths say, and the network alive", () => {
    const findings = run(
      world({
        peers: 60,
        topology: null,
        options: { links: 3 },
        churn: "exponential(10m,5m)",
        goodbyes: 0.5,
        until: "30m",
        sample: "30s",
        load: [{ at: "1m", do: "query", words: "tide", every: "20s" }],
      }),
    );
    const up = findings.tables["time"]?.rows.map((row) => Number(row[1])) ?? [];
    expect(up.length).toBe(60);
    expect(up.reduce((sum, each) => sum + each, 0) / up.length / 60).toBeCloseTo(2 / 3, 1);
    expect(findings.values["count(msg=bye)"]).toBeGreaterThan(0);
    expect(findings.values["reached.mean"]).toBeGreaterThan(25);
  });

  test("of a flash crowd brings peers on top of those that are there", () => {
    const findings = run(world({ options: { links: 3 }, churn: "flash(20,1s,10s)", until: "60s" }));
    expect(findings.values["up"]).toBe(60);
    expect(findings.values["links.mean"]).toBeGreaterThan(2);
  });

  test("of a Poisson process keeps the number about as it was", () => {
    const findings = run(world({ options: { links: 3 }, churn: "poisson(0.2)", until: "5m" }));
    expect(findings.values["up"]).toBeGreaterThan(20);
    expect(findings.values["up"]).toBeLessThan(60);
  });
});

describe("datagrams", () => {
  /** A ring that looks something up twice a second. */
  const ringWorld = (changes: Readonly<Record<string, unknown>>): WorldScenario =>
    checked({
      schema: "servent.scenario/1",
      title: "test",
      seed: 7,
      protocol: "chord",
      peers: 20,
      link: { latency: "20ms" },
      joinEvery: "1s",
      warmUp: "5m",
      until: "60s",
      load: [{ at: "1s", do: "lookup", every: "500ms" }],
      ...changes,
    });
  const ring = (changes: Readonly<Record<string, unknown>>): Findings => run(ringWorld(changes));

  test("that arrive twice or late make no answer wrong, and do so at both fidelities alike", () => {
    const plain = ring({});
    const scenario = ringWorld({ link: { latency: "20ms", duplicate: 0.3, reorder: 0.2 } });
    const rough = run(scenario);
    expect(plain.values["success"]).toBe(1);
    expect(rough.values["success"]).toBeGreaterThan(0.97);
    expect(rough.values["lies"]).toBe(0);
    expect(rough.events).toBeGreaterThan(1.1 * plain.events);
    expect(run(scenario, "7", "wire")).toEqual(rough);
  });

  test("cross a partition that is cut one way in the other direction only", () => {
    const apart = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
    const cut = (oneWay: boolean): Findings => ring({ faults: [{ at: "0s", do: "partition", split: apart, oneWay }] });
    const [both, oneWay] = [cut(false), cut(true)];
    expect(both.values["success"]).toBeLessThan(0.9);
    // Questions still come across, and nobody hears the answers.
    expect(oneWay.values["success"]).toBeLessThan(0.9);
    expect(oneWay.values["count(msg=found)"]).toBeGreaterThan(1.2 * (both.values["count(msg=found)"] as number));
  });

  test("wait for their turn on a line, and those for which there is no room are gone", () => {
    const wide = ring({ link: { latency: "20ms", upload: "1MB", download: "1MB" } });
    const narrow = ring({ link: { latency: "20ms", upload: "2kB", download: "2kB", queue: "2kB" } });
    expect(narrow.values["latency.mean"]).toBeGreaterThan(1.5 * (wide.values["latency.mean"] as number));
  });

  test("take time of any fineness", () => {
    const fine = ring({ ticksPerMs: 64, link: { latency: "20ms", upload: "100kB" } });
    expect(fine.values["success"]).toBe(1);
    expect((fine.values["latency.mean"] as number) % 1).not.toBe(0);
  });
});

test("leaves find files of other leaves behind ultrapeers, and are spared what they have not", () => {
  const findings = run(
    world({
      peers: 44,
      options: { role: "two-tier", ultrapeers: 4 },
      topology: { kind: "ring" },
      warmUp: "1m",
      files: { count: 40, copies: 40 },
      until: "30s",
      load: [{ at: "1s", do: "query", peer: 20, file: 5 }],
    }),
  );
  expect(findings.values["success"]).toBe(1);
  expect(findings.values["reached(query#0)"]).toBeLessThan(20);
  expect(findings.values["state.max"]).toBeGreaterThan(8192);
});

test("background traffic is what goes on without load", () => {
  const background = (load: readonly unknown[]): number =>
    run(world({ until: "60s", load })).values["background"] as number;
  const quiet = background([]);
  expect(quiet).toBeGreaterThan(1);
  expect(quiet).toBeLessThan(200);
  // A little less: a link on which queries pass needs no probe.
  const busy = background([{ at: "1s", ...query, every: "100ms" }]);
  expect(busy).toBeLessThan(quiet);
  expect(busy).toBeGreaterThan(0.8 * quiet);
});

test("a broken invariant stops the run and says seed, tick and event", () => {
  const scenario = world({ load: [{ at: "1s", ...query }], checkEvery: 1 });
  const spec = scenario.points[0]?.world;
  if (spec === undefined) throw new Error("a scenario has a point");
  const kit = {
    ...spec.kit,
    open: (setup: Parameters<typeof spec.kit.open>[0]) => {
      const network = spec.kit.open(setup);
      network.checker = (name) => ({
        name,
        check: () => (setup.world.sent().has("query") ? "a query was sent" : undefined),
      });
      return network;
    },
  };
  let caught: unknown;
  try {
    runWorld({ ...spec, kit }, { seed: "7", fidelity: "message", progress: () => {} });
  } catch (error) {
    caught = error;
  }
  expect(caught).toBeInstanceOf(ViolationError);
  expect(caught).toMatchObject({ checker: "asked-once", seed: "7" });
  expect((caught as ViolationError).message).toMatch(/^asked-once: a query was sent \(seed 7, tick \d+, event \d+\)$/);
});
