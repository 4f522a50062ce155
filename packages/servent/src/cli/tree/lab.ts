// Verbs of the lab: whole networks in memory, run again and again. None of them needs a daemon.
import { countOption, listOption } from "../input.ts";
import { ServentError } from "../../base/servent-error.ts";
import type { OptionSpec, Verb } from "../verb.ts";

const group = "Lab";

/** What `run` and `sweep` change about a scenario. */
const CHANGES: readonly OptionSpec[] = [
  { flags: "--seed <n>", summary: "the first seed, in place of the scenario's", parse: seedOption },
  { flags: "--seeds <n>", summary: "so many seeds, this one and those after it", parse: countOption },
  {
    flags: "--set <key=value>",
    summary: "a setting for this run: peers=2000, link.loss=0.1; may be repeated",
    isRepeated: true,
  },
  { flags: "--until <time>", summary: "when a world ends: 500ms, 10s, 2h" },
  {
    flags: "--fidelity <fidelity>",
    summary: "messages as encoded bytes, or handed over",
    choices: ["wire", "message"],
  },
  { flags: "--check", summary: "end with 10 unless everything holds that is expected" },
];

const REDIS = "a Redis or Valkey: redis://host:6379";

export const LAB: readonly Verb[] = [
  {
    name: "lab",
    group,
    summary: "run whole networks in memory, and check what is known of them",
    examples: ["lab ls", "lab run exam-flood", "lab new mine.jsonc"],
    otherwise: "ls",
    verbs: [
      {
        name: "ls",
        summary: "scenarios that come with the lab",
        examples: ["lab ls"],
        run: async (context) => (await import("../verbs/lab-scenarios.ts")).list(context),
      },
      {
        name: "show",
        operands: "<scenario>",
        summary: "what a scenario runs, what can be set, what it expects",
        examples: ["lab show exam-flood"],
        run: async (context, input) => (await import("../verbs/lab-scenarios.ts")).show(context, input),
      },
      {
        name: "run",
        operands: "[scenario...]",
        summary: "run scenarios: by name, by pattern, or from files",
        examples: [
          "lab run exam-flood --seed 7",
          "lab run mine.jsonc --set peers=2000 --out results",
          "lab run 'chord-*' --check",
        ],
        options: [
          ...CHANGES,
          { flags: "--out <dir>", summary: "keep the result there: report.html, JSON, CSV" },
          { flags: "--trace <file>", summary: "every event of the first run of a world, as lines of JSON" },
          { flags: "--all", summary: "all that come with the lab" },
        ],
        waits: true,
        run: async (context, input) => (await import("../verbs/lab-run.ts")).run(context, input),
      },
      {
        name: "sweep",
        operands: "<scenario>",
        summary: "run a scenario for every combination of some settings",
        examples: [
          "lab sweep exam-flood --over load.0.ttl=1,2,3,4",
          "lab sweep exam-flood --over link.loss=0,0.1 --seeds 10 --out results",
        ],
        options: [
          { flags: "--over <key=a,b>", summary: "a setting and its values; may be repeated", isRepeated: true },
          ...CHANGES,
          { flags: "--out <dir>", summary: "keep every run there: an interrupted sweep goes on" },
          { flags: "--jobs <n>", summary: "so many processes at the same time", parse: countOption },
          { flags: "--redis <url>", summary: `give the runs to workers elsewhere through ${REDIS}` },
        ],
        waits: true,
        run: async (context, input) => (await import("../verbs/lab-sweep.ts")).sweep(context, input),
      },
      {
        name: "worker",
        summary: "make runs of sweeps that others start, until Ctrl-C",
        examples: ["lab worker --redis redis://127.0.0.1:6379"],
        options: [
          { flags: "--redis <url>", summary: REDIS },
          { flags: "--jobs <n>", summary: "so many processes at the same time", parse: countOption },
        ],
        waits: true,
        run: async (context, input) => (await import("../verbs/lab-worker.ts")).worker(context, input),
      },
      {
        name: "replay",
        operands: "<result>",
        summary: "run a result or capsule again; 11 where it comes out otherwise",
        examples: ["lab replay results", "lab replay 'servent:run/1?…'"],
        options: [{ flags: "--scenario <file>", summary: "the scenario, where a capsule holds only its hash" }],
        waits: true,
        run: async (context, input) => (await import("../verbs/lab-replay.ts")).replay(context, input),
      },
      {
        name: "compare",
        operands: "<a> <b>",
        summary: "two results side by side",
        examples: ["lab compare results/before results/after"],
        run: async (context, input) => (await import("../verbs/lab-compare.ts")).compare(context, input),
      },
      {
        name: "report",
        operands: "<result...>",
        summary: "one page of results, as HTML",
        examples: ["lab report results", "lab report results/one results/two --out both.html"],
        options: [{ flags: "--out <file>", summary: "where to write it (report.html)" }],
        run: async (context, input) => (await import("../verbs/lab-report.ts")).report(context, input),
      },
      {
        name: "new",
        operands: "[file]",
        summary: "write a scenario to begin with (scenario.jsonc)",
        examples: ["lab new mine.jsonc", "lab new mine.jsonc --from exam-flood"],
        options: [{ flags: "--from <name>", summary: "a copy of this scenario, or the settings of a program" }],
        run: async (context, input) => (await import("../verbs/lab-new.ts")).create(context, input),
      },
      {
        name: "schema",
        summary: "the JSON Schema of scenario files, for editors",
        examples: ["lab schema > scenario.schema.json"],
        run: async (context) => (await import("../verbs/lab-scenarios.ts")).schema(context),
      },
      {
        name: "bench",
        summary: "how fast the lab is here, against the figures it promises",
        examples: ["lab bench --quick", "lab bench --only engine,chord"],
        options: [
          { flags: "--quick", summary: "100 000 peers in place of a million" },
          {
            flags: "--only <a,b>",
            summary: "only these: queue, engine, chord, gnutella",
            parse: listOption("bench", ["queue", "engine", "chord", "gnutella"]),
          },
        ],
        waits: true,
        run: async (context, input) => (await import("../verbs/lab-bench.ts")).bench(context, input),
      },
    ],
  },
];

function seedOption(text: string): number {
  if (!/^\d{1,10}$/.test(text) || Number(text) >= 2 ** 32) {
    throw new ServentError("usage", `"${text}" is no seed.`, `Write a number from 0 to ${2 ** 32 - 1}.`);
  }
  return Number(text);
}
