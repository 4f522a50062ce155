// A world as a scenario file describes it: which protocol, how many peers, how they are linked, what the lines are like, who
// comes and goes, what they do and what goes wrong. Here are the descriptions and the checked form; `world-run.ts` runs it.
import { decoded, type Decoded } from "@servent/overlay/base/decoded.ts";
import type { Millis } from "@servent/overlay/host/host.ts";
import { type ChurnPlan, parseChurn } from "../churn/parse-churn.ts";
import type { TextSource } from "../model-text.ts";
import type { Latency } from "../network/latency.ts";
import { parseLatency } from "../network/parse-latency.ts";
import { parseTopology, type Topology, SHAPES as TOPOLOGY_SHAPES } from "../topology/parse-topology.ts";
import { parseRate, parseSize, RATE_EXPECTED, SIZE_EXPECTED } from "./amounts.ts";
import {
  about,
  choice,
  type Description,
  either,
  type Fields,
  list,
  mapped,
  meaning,
  nullable,
  object,
  type ObjectOf,
  oneOfNumbers,
  optional,
  type Path,
  type Problem,
  real,
  text,
  variants,
  whole,
  withDefault,
} from "./description.ts";
import { describeFault, type Fault, time } from "./faults.ts";
import { type FilesSpec, parsePopularity, POPULARITY_EXPECTED } from "./file-set.ts";
import type { LoadAction, ProtocolKit } from "./protocol-kit.ts";

/** As many as the lab is made for. */
export const PEERS_MAX = 1_000_000;
const LOAD_MAX = 1000;
const FAULTS_MAX = 1000;
const MODEL_LENGTH_MAX = 200;
const TIME_LENGTH_MAX = 32;

export interface LinkSpec {
  /** The seed decides where the peers are. */
  readonly latency: (seed: string) => Latency;
  /** Shares of the datagrams that vanish, arrive twice, arrive late. */
  readonly loss: number;
  readonly duplicate: number;
  readonly reorder: number;
  /** What a link carries, bytes per millisecond in each direction; undefined: no limit. */
  readonly bytesPerMs: number | undefined;
  /** What a peer's line carries, all its links together; undefined: no limit. */
  readonly line: LineSpec | undefined;
}

export interface LineSpec {
  readonly uploadBytesPerMs: number;
  readonly downloadBytesPerMs: number;
  readonly queueBytesMax: number;
}

/** Something that is done once, or again and again. */
export type LoadEntry = LoadAction & {
  readonly at: Millis;
  /** The gap, or its mean; undefined: once. */
  readonly every: Millis | undefined;
  readonly times: number | undefined;
  readonly gaps: "even" | "exponential";
  readonly peer: number | "any";
};

export interface WorldSpec {
  readonly kit: ProtocolKit;
  /** As the kit read them. */
  readonly options: unknown;
  /** Peers at the start. */
  readonly peers: number;
  /** Undefined: the peers join one after another, each through one that is there. */
  readonly topology: Topology | undefined;
  readonly joinEvery: Millis;
  readonly link: LinkSpec;
  readonly ticksPerMs: number;
  readonly churn: ChurnPlan | undefined;
  /** Share of those who go that say goodbye; the others vanish. */
  readonly goodbyes: number;
  readonly files: FilesSpec | undefined;
  readonly load: readonly LoadEntry[];
  readonly faults: readonly Fault[];
  /** Time between the moment when the network stands and time 0. */
  readonly warmUp: Millis;
  readonly until: Millis;
  /** How often a row of the table `time` is taken; undefined: never. */
  readonly sample: Millis | undefined;
  readonly checkers: readonly string[];
  readonly checkEvery: number;
}

const describeLatency = (files: TextSource | undefined): Description<(seed: string) => Latency> =>
  meaning(
    {
      expected: "a latency like 50ms, uniform(20ms,80ms), exponential(50ms) or lognormal(50ms,0.4)",
      examples: ["50ms", "uniform(20ms,80ms)", "lognormal(50ms,0.4)", "synthetic + exponential(5ms)"],
      lengthMax: MODEL_LENGTH_MAX,
    },
    (source): Decoded<(seed: string) => Latency> => {
      const checked = parseLatency(source, "check", files);
      if (!checked.ok) return checked;
      return decoded((seed) => {
        const latency = parseLatency(source, seed, files);
        if (!latency.ok) throw new Error(`assertion failed: ${latency.problem}`);
        return latency.value;
      });
    },
  );

const rate: Description<number> = meaning(
  {
    expected: RATE_EXPECTED,
    examples: ["64kB", "1MB", "4Mbit"],
    lengthMax: TIME_LENGTH_MAX,
  },
  parseRate,
);

const size: Description<number> = meaning(
  { expected: SIZE_EXPECTED, examples: ["64kB", "1MB"], lengthMax: TIME_LENGTH_MAX },
  parseSize,
);

const describeLink = (files: TextSource | undefined): Description<LinkSpec> =>
  mapped(
    object({
      latency: about("How long a message is on its way.", optional(describeLatency(files))),
      loss: about("Share of datagrams that vanish. Streams lose nothing.", withDefault(real(0, 1), 0, 0)),
      duplicate: about("Share of datagrams that arrive twice.", withDefault(real(0, 1), 0, 0)),
      reorder: about(
        "Share of datagrams that are held up, so that later ones overtake them.",
        withDefault(real(0, 1), 0, 0),
      ),
      rate: about("What a link carries in each direction, bytes per second; no limit where absent.", optional(rate)),
      upload: about("What a peer sends at most, over all its links; no limit where absent.", optional(rate)),
      download: about("What a peer receives at most, over all its links; no limit where absent.", optional(rate)),
      queue: about("What may wait at either end of a peer's line.", withDefault(size, LINE_QUEUE_BYTES, "64kB")),
    }),
    ({ latency, loss, duplicate, reorder, rate: bytesPerSecond, upload, download, queue }) => ({
      latency: latency ?? DEFAULT_LINK.latency,
      loss,
      duplicate,
      reorder,
      bytesPerMs: bytesPerSecond === undefined ? undefined : bytesPerSecond / 1000,
      line:
        upload === undefined && download === undefined
          ? undefined
          : {
              uploadBytesPerMs: (upload ?? Number.POSITIVE_INFINITY) / 1000,
              downloadBytesPerMs: (download ?? Number.POSITIVE_INFINITY) / 1000,
              queueBytesMax: queue,
            },
    }),
  );

/** About what routers at home hold. */
const LINE_QUEUE_BYTES = 64_000;

const POWERS = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024];
const powerOfTwo: Description<number> = oneOfNumbers(POWERS);

const LATENCY_MS = 50;
const DEFAULT_LINK: LinkSpec = {
  latency: () => () => LATENCY_MS,
  loss: 0,
  duplicate: 0,
  reorder: 0,
  bytesPerMs: undefined,
  line: undefined,
};

const filesSpec: Description<FilesSpec> = mapped(
  object({
    count: about("Different files.", whole(1, 1_000_000)),
    copies: about("Copies of all together; as many as there are files where absent.", optional(whole(1, 10_000_000))),
    placement: about(
      "How popular they are: which file a further copy is of.",
      withDefault(
        meaning(
          { expected: POPULARITY_EXPECTED, examples: ["uniform", "zipf(1.0)"], lengthMax: MODEL_LENGTH_MAX },
          parsePopularity,
        ),
        { exponent: 0 },
        "uniform",
      ),
    ),
    freeRiders: about("Share of the peers that have none.", withDefault(real(0, 1), 0, 0)),
  }),
  ({ count, copies, placement, freeRiders }) => ({ count, copies: copies ?? count, popularity: placement, freeRiders }),
);

/** Kinds and their keys come from the topologies themselves; whether they fit is theirs to say as well. */
const topologyFields = variants(
  "kind",
  Object.fromEntries(
    Array.from(TOPOLOGY_SHAPES, ([kind, { keys }]): [string, Fields] => [
      kind,
      Object.fromEntries(
        Object.entries(keys).map(([name, key]) => {
          if (key === "text") return [name, about("A file with an edge on each line.", text(MODEL_LENGTH_MAX))];
          const number = key.whole ? whole(key.least, key.most) : real(key.least, key.most);
          return [name, about(key.summary, optional(number))];
        }),
      ),
    ]),
  ),
);

function readTopology(
  value: unknown,
  nodes: number,
  files: TextSource | undefined,
  problems: Problem[],
): Topology | undefined {
  const path: Path = ["topology"];
  const before = problems.length;
  topologyFields.read(value, path, problems);
  if (problems.length > before) return undefined;
  const topology = parseTopology(value, { path: "topology", peers: nodes, ...(files === undefined ? {} : { files }) });
  if (!topology.ok) {
    // It begins with its place: `topology.arity: expected …`.
    const [, key, problem] = /^topology(?:\.(\w+))?: (.*)$/s.exec(topology.problem) ?? [];
    problems.push({
      path: key === undefined ? path : [...path, key],
      problem: problem ?? topology.problem,
      expected: "a topology that can be built",
    });
    return undefined;
  }
  if (topology.value.nodes !== nodes) {
    const problem = `it links ${topology.value.nodes} peers, and there are ${nodes} to link`;
    problems.push({ path, problem, expected: `a topology of ${nodes} nodes` });
    return undefined;
  }
  return topology.value;
}

function describeLoad(kit: ProtocolKit): Description<LoadEntry> {
  const common = {
    at: about("When, counted from the moment when the network stands.", time),
    every: about("Again after this time.", optional(time)),
    times: about("How often; until the end where absent.", optional(whole(1, 10_000_000))),
    gaps: about(
      "Whether the gaps are all alike, or exponential with this mean.",
      withDefault(choice(["even", "exponential"]), "even", "even"),
    ),
    peer: about(
      "Who does it: a number, or any of those that are up.",
      withDefault(
        either(whole(0, PEERS_MAX), choice(["any"]), (value) => typeof value === "string"),
        "any",
        "any",
      ),
    ),
  };
  // What a kit's action has beside the common fields is known to the kit alone.
  const kinds = Object.fromEntries(
    Object.entries(kit.actions).map(([word, fields]): [string, typeof common] => [word, { ...fields, ...common }]),
  );
  return variants("do", kinds);
}

/** The fields of a world beside those of every scenario; `kit` is that of its protocol. */
export function worldFields(kit: ProtocolKit, files: TextSource | undefined) {
  return {
    protocol: about("Which protocol the peers speak.", choice([kit.name])),
    options: about("What the protocol lets one choose.", optional(kit.options)),
    peers: about("How many there are at the start.", whole(1, PEERS_MAX)),
    topology: about(
      "How they are linked at the start; absent: they join one after another and find their way themselves.",
      optional(nullable(topologyFields)),
    ),
    joinEvery: about("Without a topology: time between two joins.", withDefault(time, 100, "100ms")),
    link: about("What the lines are like.", withDefault(describeLink(files), DEFAULT_LINK, {})),
    ticksPerMs: about(
      "How fine the world's time is: more than 1 where bandwidth is studied. Peers see whole milliseconds all the same.",
      withDefault(powerOfTwo, 1, 1),
    ),
    churn: about(
      "Who comes and goes, and how long they stay.",
      withDefault(
        nullable(
          meaning(
            {
              expected: "churn like exponential(1h,30m), weibull(0.5,1h,30m), poisson(0.2) or flash(1000,10m,30s)",
              examples: ["exponential(1h,30m)", "weibull(0.5,1h,30m)", "poisson(0.2)", "flash(1000,10m,30s)"],
              lengthMax: MODEL_LENGTH_MAX,
            },
            (source): Decoded<ChurnPlan> => parseChurn(source, files),
          ),
        ),
        null,
        null,
      ),
    ),
    goodbyes: about("Churn: share of those who go that say goodbye; the others vanish.", withDefault(real(0, 1), 0, 0)),
    files: about("What the peers share.", withDefault(nullable(filesSpec), null, null)),
    load: about("What they do.", withDefault(list(describeLoad(kit), LOAD_MAX), [])),
    faults: about("What goes wrong.", withDefault(list(describeFault(kit.hostilities), FAULTS_MAX), [])),
    warmUp: about("Time that passes, uncounted, before time 0.", withDefault(time, 0, "0s")),
    until: about("When it ends.", time),
    sample: about("How often a row of the table `time` is taken.", optional(time)),
    checkers: about("Invariants to watch.", withDefault(list(choice(kit.checkers), kit.checkers.length), [])),
    checkEvery: about("Events between two looks at them.", withDefault(whole(1, 1_000_000_000), 1000, 1000)),
  };
}

type WorldValues = ObjectOf<ReturnType<typeof worldFields>>;

/** The checked world, from what its fields read; what does not fit together is noted. */
export function readWorld(
  raw: Readonly<Record<string, unknown>>,
  values: WorldValues,
  kit: ProtocolKit,
  files: TextSource | undefined,
  problems: Problem[],
): WorldSpec | undefined {
  const before = problems.length;
  const { peers, until, load, faults, churn, files: shared } = values;
  // Absent options are those of an empty object.
  const options = values.options ?? kit.options.read({}, ["options"], problems);
  if (problems.length > before) return undefined;
  const core = kit.corePeers(options, peers);
  const hasTopology = raw["topology"] !== undefined && raw["topology"] !== null;
  const topology = hasTopology ? readTopology(raw["topology"], core, files, problems) : undefined;
  const wrong = (path: Path, problem: string, expected: string): void => {
    problems.push({ path, problem, expected });
  };
  const numbers = peerNumbers(churn ?? undefined, peers);
  for (const [i, entry] of load.entries()) {
    if (entry.peer !== "any" && entry.peer >= numbers) {
      wrong(["load", i, "peer"], `there is no peer ${entry.peer}`, `a number below ${numbers}, or "any"`);
    }
    if (entry.at >= until) wrong(["load", i, "at"], "the run has ended by then", "a time before `until`");
    if (entry.times !== undefined && entry.every === undefined) {
      wrong(["load", i, "times"], "nothing says how far apart they are", '"every": a time');
    }
    const problem = kit.actionProblem(entry, shared?.count ?? 0);
    if (problem !== undefined) {
      wrong(["load", i, ...(problem.key === undefined ? [] : [problem.key])], problem.problem, problem.expected);
    }
    if (entry.every === 0) wrong(["load", i, "every"], "time would not pass", "a time above 0");
  }
  for (const [i, fault] of faults.entries()) {
    if (fault.at >= until) wrong(["faults", i, "at"], "the run has ended by then", "a time before `until`");
    const named = namedPeers(fault);
    const unknown = named.find((peer) => peer >= numbers);
    if (unknown !== undefined) wrong(["faults", i], `there is no peer ${unknown}`, `numbers below ${numbers}`);
  }
  if (churn?.kind === "trace" && churn.trace.peers !== peers) {
    wrong(["churn"], `the trace has ${churn.trace.peers} peers`, `"peers": ${churn.trace.peers}`);
  }
  if (values.sample === 0) wrong(["sample"], "time would not pass", "a time above 0");
  if (problems.length > before) return undefined;
  return {
    kit,
    options,
    peers,
    topology,
    joinEvery: values.joinEvery,
    link: values.link,
    ticksPerMs: values.ticksPerMs,
    churn: churn ?? undefined,
    goodbyes: values.goodbyes,
    files: shared ?? undefined,
    load,
    faults,
    warmUp: values.warmUp,
    until,
    sample: values.sample,
    checkers: values.checkers,
    checkEvery: values.checkEvery,
  };
}

/** Numbers of peers that a world needs: those of the start, and of those that come on top. */
export function peerNumbers(churn: ChurnPlan | undefined, peers: number): number {
  // Newcomers of a Poisson process take the number of who left longest ago; with as many again none has to wait for one.
  if (churn?.kind === "poisson") return 2 * peers;
  return churn?.kind === "flash" ? peers + churn.peers : peers;
}

function namedPeers(fault: Fault): readonly number[] {
  if (fault.do === "partition") return typeof fault.split === "number" ? [] : fault.split;
  return "peers" in fault && !("share" in fault.peers) ? fault.peers : [];
}
