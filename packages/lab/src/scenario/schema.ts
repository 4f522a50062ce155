// The format of scenario files, `servent.scenario/1`: as JSON Schema for editors, and as a check that gives the typed form or
// every problem with its place. A file names a program and its settings, or describes a world of its own.
import { decoded, type Decoded, malformed } from "@servent/overlay/base/decoded.ts";
import type { Program, SettingValue } from "../experiments/program.ts";
import type { TextSource } from "../model-text.ts";
import {
  about,
  choice,
  type Description,
  flag,
  isObject,
  type JsonSchema,
  list,
  named,
  object,
  objectSchema,
  optional,
  type Problem,
  shown,
} from "./description.ts";
import { nearestNames } from "./nearest-name.ts";
import { describeSetting, describeSettings } from "./program-settings.ts";
import type { ProtocolKit } from "./protocol-kit.ts";
import { HEAD_FIELDS, readHead } from "./scenario-head.ts";
import type { ProgramPoint, Scenario, WorldPoint } from "./scenario.ts";
import { combinations, coordinatesOf, type SweptSetting } from "./sweep.ts";
import { readWorld, worldFields } from "./world-spec.ts";

/** What scenarios may speak of. */
export interface Catalogue {
  readonly programs: readonly Program[];
  readonly kits: readonly ProtocolKit[];
  /** Files that a scenario names: matrices, traces, graphs. */
  readonly files?: TextSource;
}

export type CheckedScenario =
  | { readonly ok: true; readonly scenario: Scenario }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** Problems that are told; who has more has one wrong file, not a hundred slips. */
const PROBLEMS_MAX = 50;
/** Values of one swept setting, and points of all together. */
const VALUES_MAX = 200;
const POINTS_MAX = 1000;
const SWEPT_MAX = 6;
/** Runs of a scenario: points times seeds. */
const RUNS_MAX = 100_000;

/** Turns what a file holds (parsed JSON) into a scenario, or says what is wrong. */
export function checkScenario(value: unknown, catalogue: Catalogue): CheckedScenario {
  const problems: Problem[] = [];
  const scenario = readScenario(value, catalogue, problems);
  if (scenario !== undefined && problems.length === 0) return { ok: true, scenario };
  return { ok: false, problems: problems.slice(0, PROBLEMS_MAX) };
}

function readScenario(value: unknown, catalogue: Catalogue, problems: Problem[]): Scenario | undefined {
  const wrong = (path: Problem["path"], problem: string, expected: string): undefined => {
    problems.push({ path, problem, expected });
    return undefined;
  };
  if (!isObject(value)) return wrong([], `${shown(value)} is no scenario`, "an object");
  const [hasProgram, hasProtocol] = [Object.hasOwn(value, "program"), Object.hasOwn(value, "protocol")];
  if (hasProgram && hasProtocol) return wrong(["protocol"], "the program decides what runs", "one of both");
  if (hasProgram) {
    const name = choice(catalogue.programs.map((each) => each.name)).read(value["program"], ["program"], problems);
    const program = catalogue.programs.find((each) => each.name === name);
    return program === undefined ? undefined : readProgramScenario(value, program, problems);
  }
  if (hasProtocol) {
    const name = choice(catalogue.kits.map((each) => each.name)).read(value["protocol"], ["protocol"], problems);
    const kit = catalogue.kits.find((each) => each.name === name);
    return kit === undefined ? undefined : readWorldScenario(value, kit, catalogue.files, problems);
  }
  return wrong([], "nothing says what runs", '"program": the name of a program, or "protocol": that of a protocol');
}

function programFields(program: Program) {
  const swept = Object.fromEntries(
    Object.entries(program.settings).map(([name, setting]) => [
      name,
      optional(list<SettingValue>(describeSetting(setting), VALUES_MAX, 1)),
    ]),
  );
  return {
    ...HEAD_FIELDS,
    program: about("What runs.", choice([program.name])),
    settings: about("What can be set about the program.", optional(describeSettings(program.settings))),
    sweepOver: about(
      "Settings, and the values that they take: one run for every combination.",
      optional(object(swept)),
    ),
  };
}

function readProgramScenario(
  value: Readonly<Record<string, unknown>>,
  program: Program,
  problems: Problem[],
): Scenario | undefined {
  const fields = object(programFields(program)).read(value, [], problems);
  if (fields === undefined) return undefined;
  const swept = sweptSettings(fields.sweepOver ?? {}, value, problems);
  const written = value["settings"];
  for (const { name } of swept) {
    if (!isObject(written) || !Object.hasOwn(written, name)) continue;
    const path = ["settings", name];
    problems.push({
      path,
      problem: `"${name}" is swept over, so it cannot have one value`,
      expected: "it in one place",
    });
  }
  const settings = fields.settings ?? describeSettings(program.settings).read({}, ["settings"], problems);
  if (settings === undefined || !areFewEnough(swept, fields.seeds, problems)) return undefined;
  const points = combinations(swept).map((set): ProgramPoint => {
    const all = { ...settings, ...Object.fromEntries(set) };
    const numbers = Object.entries(all).filter((entry): entry is [string, number] => typeof entry[1] === "number");
    return { coordinates: coordinatesOf(set), numbers: new Map(numbers), settings: all };
  });
  return { shape: "program", program, points, ...readHead(fields, points, problems) };
}

type Scalar = number | string | boolean;

/** A value that a place in a world's description takes in turn; what it may be is known only at that place. */
const scalar: Description<Scalar> = {
  schema: { type: ["number", "string", "boolean"] },
  expected: "a number, a text, true or false",
  read: (value, at, problems) => {
    if (typeof value === "number" || typeof value === "string") return value;
    return flag().read(value, at, problems);
  },
};

function worldScenarioFields(kit: ProtocolKit, files: TextSource | undefined) {
  return {
    ...HEAD_FIELDS,
    ...worldFields(kit, files),
    sweepOver: about(
      "Places in this file, like peers, link.loss or load.0.ttl, and the values that they take: one run for every combination.",
      optional(named(list(scalar, VALUES_MAX, 1), SWEPT_MAX)),
    ),
  };
}

function readWorldScenario(
  value: Readonly<Record<string, unknown>>,
  kit: ProtocolKit,
  files: TextSource | undefined,
  problems: Problem[],
): Scenario | undefined {
  const description = object(worldScenarioFields(kit, files));
  const fields = description.read(value, [], problems);
  if (fields === undefined) return undefined;
  const swept = sweptSettings(Object.fromEntries(fields.sweepOver ?? []), value, problems);
  if (!areFewEnough(swept, fields.seeds, problems)) return undefined;
  const points: WorldPoint[] = [];
  for (const set of combinations(swept)) {
    const here: Problem[] = [];
    let raw = value;
    for (const [place, each] of set) {
      const changed = changedAt(raw, place, each);
      if (changed.ok) raw = changed.value;
      else here.push({ path: ["sweepOver", place], problem: changed.problem, expected: "a place in this file" });
    }
    const read = here.length > 0 ? undefined : description.read(raw, [], here);
    const world = read === undefined ? undefined : readWorld(raw, read, kit, files, here);
    if (world === undefined) {
      // What is wrong at a point only is wrong with the values of that point.
      problems.push(...here.map((problem) => atPoint(problem, set, swept)));
      return undefined;
    }
    const numbers = [...set].filter((entry): entry is [string, number] => typeof entry[1] === "number");
    points.push({ coordinates: coordinatesOf(set), numbers: new Map([["peers", world.peers], ...numbers]), world });
  }
  return { shape: "world", points, ...readHead(fields, points, problems) };
}

/** A problem of a place that is swept over stands with the value that made it. */
function atPoint(problem: Problem, set: ReadonlyMap<string, Scalar>, swept: readonly SweptSetting<Scalar>[]): Problem {
  for (const [place, value] of set) {
    if (problem.path.join(".") !== place) continue;
    const index = swept.find(({ name }) => name === place)?.values.indexOf(value) ?? 0;
    return { ...problem, path: ["sweepOver", place, index] };
  }
  return problem;
}

/** In the order of the file. */
function sweptSettings<T>(
  lists: Readonly<Record<string, readonly T[] | undefined>>,
  value: Readonly<Record<string, unknown>>,
  problems: Problem[],
): SweptSetting<T>[] {
  const written = isObject(value["sweepOver"]) ? Object.keys(value["sweepOver"]) : [];
  return written.flatMap((name) => {
    const values = lists[name];
    if (values === undefined) return [];
    const texts = coordinatesOf(new Map(values.map((each, i) => [String(i), each]))).map(([, text]) => text);
    const twice = texts.findIndex((text, i) => texts.indexOf(text) < i);
    if (twice >= 0) {
      const path = ["sweepOver", name, twice];
      problems.push({ path, problem: `${texts[twice]} is there twice`, expected: "every value once" });
    }
    return [{ name, values }];
  });
}

function areFewEnough(swept: readonly SweptSetting<unknown>[], seeds: number, problems: Problem[]): boolean {
  const points = swept.reduce((product, { values }) => product * values.length, 1);
  const path = ["sweepOver"];
  if (points > POINTS_MAX) {
    problems.push({ path, problem: `the sweep has ${points} points`, expected: `at most ${POINTS_MAX}` });
  } else if (points * seeds > RUNS_MAX) {
    problems.push({
      path,
      problem: `${points} points and ${seeds} seeds are too many`,
      expected: `${RUNS_MAX} runs at most`,
    });
  }
  return problems.length === 0;
}

/**
 * A file with one setting changed, as sweeps and command lines do it: a program's setting by its name, a place in a world by
 * its path (`link.loss`, `load.0.ttl`). A swept setting is no longer swept. What the value may be is checked with the file.
 */
export function changedScenario(value: unknown, name: string, setting: unknown): Decoded<unknown> {
  if (!isObject(value)) return malformed("scenario", "it is no object");
  const place = Object.hasOwn(value, "program") ? `settings.${name}` : name;
  const withSettings =
    place.startsWith("settings.") && !isObject(value["settings"]) ? { ...value, settings: {} } : value;
  const changed = changedAt(withSettings, place, setting);
  if (!changed.ok || !isObject(changed.value["sweepOver"])) return changed;
  const sweepOver = Object.fromEntries(Object.entries(changed.value["sweepOver"]).filter(([key]) => key !== name));
  return decoded({ ...changed.value, sweepOver });
}

/** The value with what stands at `load.0.ttl` replaced; the last key may be new. */
function changedAt(
  value: Readonly<Record<string, unknown>>,
  place: string,
  replacement: unknown,
): Decoded<Readonly<Record<string, unknown>>> {
  const change = (part: unknown, keys: readonly string[]): Decoded<unknown> => {
    const [key, ...rest] = keys;
    if (key === undefined) return decoded(replacement);
    if (Array.isArray(part)) {
      const index = /^\d{1,6}$/.test(key) ? Number(key) : Number.NaN;
      if (!(index < part.length)) return { ok: false, problem: `there is no item ${key} of ${part.length}` };
      const changed = change(part[index], rest);
      return changed.ok ? decoded(part.with(index, changed.value)) : changed;
    }
    if (!isObject(part)) return { ok: false, problem: `${shown(part)} has no part "${key}"` };
    if (rest.length > 0 && !Object.hasOwn(part, key)) {
      const nearest = nearestNames(key, Object.keys(part), 1)[0];
      const hint = nearest === undefined ? "" : `; did you mean "${nearest}"?`;
      return { ok: false, problem: `there is no "${key}" in this file${hint}` };
    }
    const changed = change(Object.hasOwn(part, key) ? part[key] : undefined, rest);
    return changed.ok ? decoded({ ...part, [key]: changed.value }) : changed;
  };
  const changed = change(value, place.split("."));
  // The top of the file is an object, and stays one.
  return changed.ok ? decoded(changed.value as Readonly<Record<string, unknown>>) : changed;
}

/** The whole format as JSON Schema, draft 2020-12. */
export function scenarioSchema({ programs, kits, files }: Catalogue): JsonSchema {
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "Lab scenario",
    description: "What the lab runs, and what is expected of it.",
    type: "object",
    // Told apart by one word, `program` or `protocol`, so that an editor offers what belongs to it.
    oneOf: [
      ...programs.map((program) => ({ title: program.summary, ...objectSchema(programFields(program)) })),
      ...kits.map((kit) => ({ title: kit.summary, ...objectSchema(worldScenarioFields(kit, files)) })),
    ],
  };
}
