import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Program } from "../experiments/program.ts";
import { parseRate, parseSize, parseTime } from "./amounts.ts";
import { gnutellaKit } from "./gnutella-kit.ts";
import { nearestNames } from "./nearest-name.ts";
import type { Scenario } from "./scenario.ts";
import { type Catalogue, changedScenario, checkScenario, scenarioSchema } from "./schema.ts";

const program: Program = {
  name: "chord-lookups",
  summary: "Look-ups in a ring",
  settings: {
    nodes: { default: 1000, summary: "nodes of the ring", least: 1, most: 1_000_000, whole: true },
    failed: { default: 0, summary: "share of nodes that fail", least: 0, most: 1 },
    style: { default: "iterative", summary: "how look-ups go", choices: ["iterative", "recursive"] },
    proximity: { default: false, summary: "whether near fingers are preferred" },
    sizes: { default: [1, 2], summary: "sizes to try", least: 1, most: 10, whole: true },
  },
  memory: () => ({ peers: 1, bytesPerPeer: 1, fixedBytes: 1 }),
  run: () => ({ values: {}, tables: {}, digest: "", events: 0 }),
};

const catalogue: Catalogue = {
  programs: [program],
  kits: [gnutellaKit],
  files: (name) => (name === "line.txt" ? "0 1\n1 2\n" : undefined),
};

const head = { schema: "servent.scenario/1", title: "test", seed: 7 };
const ofProgram = { ...head, program: "chord-lookups" };
const ofWorld = { ...head, protocol: "gnutella", peers: 5, topology: { kind: "ring" }, until: "10s" };

function scenarioOf(value: unknown): Scenario {
  const result = checkScenario(value, catalogue);
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.scenario;
}

/** Every problem on a line: its path, what is wrong, what is expected. */
function problemsOf(value: unknown): string[] {
  const result = checkScenario(value, catalogue);
  if (result.ok) throw new Error("nothing is wrong");
  return result.problems.map(({ path, problem, expected }) => `${path.join(".")}: ${problem} | ${expected}`);
}

describe("a scenario that names a program", () => {
  test("has the program's defaults where it says nothing, and one seed", () => {
    const scenario = scenarioOf(ofProgram);
    expect(scenario).toMatchObject({
      shape: "program",
      title: "test",
      seeds: ["7"],
      fidelity: "message",
      expectations: [],
    });
    expect(scenario.points).toEqual([
      {
        coordinates: [],
        numbers: new Map([
          ["nodes", 1000],
          ["failed", 0],
        ]),
        settings: { nodes: 1000, failed: 0, style: "iterative", proximity: false, sizes: [1, 2] },
      },
    ]);
  });

  test("has one point for every combination of the values that are swept over, and consecutive seeds", () => {
    const scenario = scenarioOf({
      ...ofProgram,
      seeds: 3,
      settings: { nodes: 500 },
      sweepOver: { failed: [0, 0.5], style: ["iterative", "recursive"] },
      expect: ["path[failed=0.50, style=recursive] < 5", "low(path) > 1"],
    });
    expect(scenario.seeds).toEqual(["7", "8", "9"]);
    expect(scenario.points.map(({ coordinates }) => coordinates.map(([, value]) => value).join("/"))).toEqual([
      "0/iterative",
      "0/recursive",
      "0.5/iterative",
      "0.5/recursive",
    ]);
    const settings = scenario.points.map((point) => ("settings" in point ? point.settings : {}));
    expect(settings[3]).toMatchObject({ nodes: 500, failed: 0.5, style: "recursive" });
  });

  test("turns published pairs into one number for each point", () => {
    const scenario = scenarioOf({
      ...ofProgram,
      sweepOver: { failed: [0, 0.1] },
      published: [
        {
          value: "path",
          at: [
            [0, 3.84],
            [0.1, 4.03],
          ],
          tag: "V",
        },
        { value: "path[failed=0]", at: 3.77, tag: "M", label: "calibration" },
      ],
    });
    expect(scenario.published.map(({ label, number, reference }) => [label, number, reference.point])).toEqual([
      ["path, failed = 0", 3.84, [["failed", "0"]]],
      ["path, failed = 0.1", 4.03, [["failed", "0.1"]]],
      ["calibration", 3.77, [["failed", "0"]]],
    ]);
  });

  test.each<[string, unknown, string[]]>([
    ["no object", 5, [": 5 is no scenario | an object"]],
    [
      "nothing that runs",
      head,
      [': nothing says what runs | "program": the name of a program, or "protocol": that of a protocol'],
    ],
    ["both shapes", { ...ofProgram, protocol: "gnutella" }, ["protocol: the program decides what runs | one of both"]],
    [
      "an unknown program",
      { ...head, program: "chord-lookup" },
      ['program: "chord-lookup" is not known here; did you mean "chord-lookups"? | "chord-lookups"'],
    ],
    [
      "no title and a wrong schema",
      { schema: "servent.scenario/2", seed: 1, program: "chord-lookups" },
      [
        'schema: "servent.scenario/2" is not known here; did you mean "servent.scenario/1"? | "servent.scenario/1"',
        ': "title" is missing | "title": a text of 1 to 200 characters',
      ],
    ],
    [
      "an unknown setting",
      { ...ofProgram, settings: { noeds: 5 } },
      [
        'settings.noeds: there is no "noeds" here; did you mean "nodes"? | "nodes", "failed", "style", "proximity" or "sizes"',
      ],
    ],
    [
      "a setting out of range",
      { ...ofProgram, settings: { nodes: 0, failed: 2, style: "x", proximity: 1, sizes: [0] } },
      [
        "settings.nodes: 0 is not allowed | a whole number, 1 to 1000000",
        "settings.failed: 2 is not allowed | a number, 0 to 1",
        'settings.style: "x" is not known here | "iterative" or "recursive"',
        "settings.proximity: 1 is neither | true or false",
        "settings.sizes.0: 0 is not allowed | a whole number, 1 to 10",
      ],
    ],
    [
      "a setting that is swept and set",
      { ...ofProgram, settings: { failed: 0 }, sweepOver: { failed: [0, 1] } },
      ['settings.failed: "failed" is swept over, so it cannot have one value | it in one place'],
    ],
    [
      "a value that is swept twice",
      { ...ofProgram, sweepOver: { failed: [0, 0.1, 0] } },
      ["sweepOver.failed.2: 0 is there twice | every value once"],
    ],
    [
      "an expectation of a point that is not there",
      { ...ofProgram, sweepOver: { failed: [0, 0.1] }, expect: ["path[faild=0] < 1", "path[failed=0.2] < 1"] },
      [
        'expect.0: "faild" is not swept over (failed); did you mean "failed"? | a point of the sweep',
        "expect.1: failed is never 0.2 (0, 0.1) | a point of the sweep",
      ],
    ],
    [
      "a mistyped expectation",
      { ...ofProgram, expect: ["mean = 4"] },
      ['expect.0: at character 6: "=" compares nothing, expected "==" | an expectation like `mean == 10.83 +- 0.02`'],
    ],
    [
      "an interval of one seed",
      { ...ofProgram, expect: ["low(path) > 1"] },
      ['expect.0: low(path) is the end of an interval, which one seed does not have | "seeds": 2 or more'],
    ],
    [
      "a published number without its point",
      { ...ofProgram, sweepOver: { failed: [0, 0.1] }, published: [{ value: "path", at: 3, tag: "V" }] },
      [
        "published.0.value: path has a value at each point of the sweep | a name that says its point, as path[failed=…]",
      ],
    ],
    [
      "published pairs without a sweep",
      { ...ofProgram, published: [{ value: "path", at: [[0, 1]], tag: "V" }] },
      ["published.0.at: pairs are for one setting of a sweep | one number"],
    ],
    [
      "too many points",
      {
        ...ofProgram,
        sweepOver: {
          nodes: Array.from({ length: 200 }, (_, i) => i + 1),
          failed: Array.from({ length: 6 }, (_, i) => i / 10),
        },
      },
      ["sweepOver: the sweep has 1200 points | at most 1000"],
    ],
  ])("with %s is refused", (_what, value, problems) => {
    expect(problemsOf(value)).toEqual(problems);
  });
});

describe("a scenario that describes a world", () => {
  test("is read with all its parts", () => {
    const scenario = scenarioOf({
      ...ofWorld,
      link: { latency: "lognormal(50ms,0.4)", rate: "1MB" },
      churn: "exponential(1h,30m)",
      files: { count: 100, placement: "zipf(1.0)" },
      load: [{ at: "1s", peer: 0, do: "query", words: "tide", ttl: 3 }],
      faults: [{ at: "4s", do: "partition", split: 0.5, for: "2s" }],
    });
    const world = scenario.shape === "world" ? scenario.points[0]?.world : undefined;
    expect(world).toMatchObject({
      peers: 5,
      topology: { kind: "ring", nodes: 5 },
      link: { loss: 0, bytesPerMs: 1000 },
      churn: { kind: "sessions" },
      files: { count: 100, copies: 100, popularity: { exponent: 1 } },
      load: [
        { at: 1000, every: undefined, gaps: "even", peer: 0, do: "query", words: "tide", file: undefined, ttl: 3 },
      ],
      faults: [{ at: 4000, do: "partition", split: 0.5, oneWay: false, for: 2000 }],
      until: 10_000,
    });
  });

  test("may name a graph in a file", () => {
    const world = { ...ofWorld, peers: 3, topology: { kind: "file", name: "line.txt" } };
    expect(scenarioOf(world).shape).toBe("world");
    expect(problemsOf({ ...world, topology: { kind: "file", name: "tree.txt" } })).toEqual([
      'topology.name: there is no file "tree.txt" | a topology that can be built',
    ]);
  });

  test.each<[string, Record<string, unknown>, string[]]>([
    [
      "an unknown key",
      { links: {} },
      [expect.stringContaining('links: there is no "links" here; did you mean "link"?')],
    ],
    [
      "a key that every object inherits",
      { toString: 1 },
      [expect.stringContaining('toString: there is no "toString" here')],
    ],
    ["a time without a unit", { until: "10" }, ['until: "10" is no time | a time like 500ms, 4s, 2m or 1h']],
    ["a time that is a number", { until: 10 }, ["until: 10 is no text | a time like 500ms, 4s, 2m or 1h"]],
    [
      "half a millisecond",
      { until: "0.5ms" },
      ["until: 0.5ms is no whole number of milliseconds, the ticks of the world | a time like 500ms, 4s, 2m or 1h"],
    ],
    [
      "an unknown latency",
      { link: { latency: "normal(5ms)" } },
      [expect.stringMatching(/^link\.latency: .*normal.* \| a latency like 50ms/)],
    ],
    ["an unknown churn", { churn: "sometimes" }, [expect.stringMatching(/^churn: .* \| churn like exponential/)]],
    [
      "an unknown kind of topology",
      { topology: { kind: "rign" } },
      [expect.stringContaining('topology.kind: "rign" is not known here; did you mean "ring"?')],
    ],
    [
      "an unknown key of a topology",
      { topology: { kind: "tree", arty: 3, levels: 2 } },
      [expect.stringContaining('topology.arty: there is no "arty" here; did you mean "arity"?')],
    ],
    [
      "a topology of another size",
      { topology: { kind: "tree", arity: 3, levels: 2 } },
      ["topology: it links 4 peers, and there are 5 to link | a topology of 5 nodes"],
    ],
    [
      "a degree that cannot be",
      { topology: { kind: "regular", degree: 9 } },
      [expect.stringMatching(/^topology\.?.*: expected at most 4, got 9 \| /)],
    ],
    [
      "an unknown action",
      { load: [{ at: "1s", do: "qeury" }] },
      [expect.stringContaining('load.0.do: "qeury" is not known here; did you mean "query"?')],
    ],
    [
      "a query of nothing",
      { load: [{ at: "1s", do: "query" }] },
      ['load.0: a query asks for words or for a file | "words" or "file"'],
    ],
    [
      "a file that is not there",
      { files: { count: 2 }, load: [{ at: "1s", do: "query", file: 2 }] },
      ["load.0.file: there is no file 2 | a number below 2"],
    ],
    [
      "load of nobody, too late",
      { load: [{ at: "1m", do: "query", words: "x", peer: 5 }] },
      [
        'load.0.peer: there is no peer 5 | a number below 5, or "any"',
        "load.0.at: the run has ended by then | a time before `until`",
      ],
    ],
    [
      "an unknown fault",
      { faults: [{ at: "1s", do: "explode" }] },
      [expect.stringMatching(/^faults\.0\.do: "explode" is not known here \| "crash", /)],
    ],
    [
      "a fault of nobody",
      { faults: [{ at: "1s", do: "crash", peers: [1, 7] }] },
      ["faults.0: there is no peer 7 | numbers below 5"],
    ],
    [
      "a share that is none",
      { faults: [{ at: "1s", do: "crash", peers: "110%" }] },
      ['faults.0.peers: "110%" is no share | a share like 10%'],
    ],
    [
      "an unknown invariant",
      { checkers: ["asked-onec"] },
      [expect.stringContaining('checkers.0: "asked-onec" is not known here; did you mean "asked-once"?')],
    ],
    ["an option out of range", { options: { ttl: 99 } }, ["options.ttl: 99 is not allowed | a whole number, 1 to 15"]],
    [
      "a swept place that is not there",
      { sweepOver: { "lnik.loss": [0, 1] } },
      ['sweepOver.lnik.loss: there is no "lnik" in this file | a place in this file'],
    ],
    [
      "a swept value that is wrong there",
      { sweepOver: { peers: [5, 0] } },
      ["sweepOver.peers.1: 0 is not allowed | a whole number, 1 to 1000000"],
    ],
  ])("with %s is refused", (_what, changes, problems) => {
    expect(problemsOf({ ...ofWorld, ...changes })).toEqual(problems);
  });
});

describe("a change from outside", () => {
  test("sets a program's setting, which is then no longer swept over", () => {
    const file = { ...ofProgram, sweepOver: { failed: [0, 0.1], nodes: [10, 20] } };
    expect(changedScenario(file, "failed", 0.2)).toEqual({
      ok: true,
      value: { ...ofProgram, settings: { failed: 0.2 }, sweepOver: { nodes: [10, 20] } },
    });
  });

  test("sets a place in a world", () => {
    const file = { ...ofWorld, load: [{ at: "1s", do: "query", words: "x" }] };
    const changed = changedScenario(file, "load.0.ttl", 3);
    expect(changed).toEqual({ ok: true, value: { ...file, load: [{ at: "1s", do: "query", words: "x", ttl: 3 }] } });
    expect(changedScenario(file, "load.1.ttl", 3)).toEqual({ ok: false, problem: "there is no item 1 of 1" });
  });

  test("cannot reach what an object inherits", () => {
    const changed = changedScenario(ofWorld, "__proto__.polluted", 1);
    expect(changed).toEqual({ ok: false, problem: 'there is no "__proto__" in this file' });
    expect(changedScenario(ofWorld, "constructor.name", 1).ok).toBe(false);
  });
});

test("whatever a file holds, the check ends with a scenario or with problems", () => {
  const keys = fc.constantFrom(
    ...Object.keys(ofWorld),
    "program",
    "load",
    "faults",
    "sweepOver",
    "expect",
    "plots",
    "__proto__",
  );
  const values = fc.oneof(
    fc.jsonValue({ maxDepth: 3 }),
    fc.constantFrom("1s", "gnutella", "chord-lookups", 5, [{ at: "1s" }]),
  );
  fc.assert(
    fc.property(fc.dictionary(keys, values), fc.boolean(), (changes, isWorld) => {
      const result = checkScenario({ ...(isWorld ? ofWorld : ofProgram), ...changes }, catalogue);
      if (!result.ok) expect(result.problems.length).toBeGreaterThan(0);
    }),
    { numRuns: 2000 },
  );
});

test("the schema describes every key of both shapes, and offers their defaults", () => {
  const schema = JSON.parse(JSON.stringify(scenarioSchema(catalogue)));
  const [ofPrograms, ofWorlds] = schema.oneOf;
  expect(schema.$schema).toBe("https://json-schema.org/draft/2020-12/schema");
  expect(ofPrograms.properties.settings.properties.nodes).toEqual({
    type: "integer",
    minimum: 1,
    maximum: 1_000_000,
    description: "nodes of the ring",
    default: 1000,
  });
  expect(ofPrograms.required).toEqual(["schema", "title", "seed", "program"]);
  expect(ofWorlds.required).toEqual(["schema", "title", "seed", "protocol", "peers", "until"]);
  const kinds = ofWorlds.properties.topology.anyOf[0].oneOf.map(
    (each: { properties: { kind: { enum: string[] } } }) => each.properties.kind.enum[0],
  );
  expect(kinds).toContain("grown-by-joins");
});

describe("amounts", () => {
  test("are read with their units", () => {
    expect(
      [parseTime("500ms"), parseTime("1.5s"), parseTime("2m"), parseTime("1h")].map((each) => each.ok && each.value),
    ).toEqual([500, 1500, 120_000, 3_600_000]);
    expect([parseSize("800"), parseSize("64kB"), parseSize("1 MiB")].map((each) => each.ok && each.value)).toEqual([
      800,
      64_000,
      2 ** 20,
    ]);
    expect([parseRate("1MB"), parseRate("1MB/s"), parseRate("4Mbit")].map((each) => each.ok && each.value)).toEqual([
      1e6, 1e6, 500_000,
    ]);
  });

  test("are refused with what is wrong with them", () => {
    const problems = [parseTime("4x"), parseSize("4Mbit"), parseSize("0.3"), parseRate("0"), parseRate("fast")];
    expect(problems.map((each) => (each.ok ? "" : each.problem))).toEqual([
      '"4x" is no time',
      '"Mbit" is no unit of a size',
      "0.3 is no whole number of bytes",
      "nothing would ever pass a line of rate 0",
      '"fast" is no rate',
    ]);
  });
});

test("the nearest names are those of a slip, not any other word", () => {
  const known = ["latency", "loss", "rate", "hops.mean", "hops.p95"];
  expect(nearestNames("latancy", known)).toEqual(["latency"]);
  expect(nearestNames("lsos", known)).toEqual(["loss"]);
  expect(nearestNames("hops", known)).toEqual(["hops.mean", "hops.p95", "loss"]);
  expect(nearestNames("bandwidth", known)).toEqual([]);
  expect(nearestNames("x".repeat(10_000), known)).toEqual([]);
});
