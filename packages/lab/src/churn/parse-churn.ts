// Churn by its text form, as scenario files have it.
import { decoded, malformed, type Decoded } from "@servent/overlay/base/decoded.ts";
import type { Millis } from "@servent/overlay/host/host.ts";
import type { RandomStream } from "../engine/random.ts";
import {
  DURATION_MS_MAX,
  parseCall,
  parseValues,
  quoted,
  type Form,
  type Parameter,
  type TextSource,
} from "../model-text.ts";
import { ChurnSchedule } from "./churn-schedule.ts";
import type { ChurnStream } from "./churn-stream.ts";
import { exponential, pareto, SHAPE_LEAST, weibull, type Durations } from "./durations.ts";
import { FlashCrowd } from "./flash-crowd.ts";
import { PoissonChurn } from "./poisson-churn.ts";
import { parseSessionTrace, TRACE_PEERS_MAX, TraceReplay, type SessionTrace } from "./session-trace.ts";

export type ChurnPlan =
  /** Every peer comes and goes for ever. */
  | { readonly kind: "sessions"; readonly up: Durations; readonly down: Durations }
  /** As many joins as leaves in a second, whoever it is. */
  | { readonly kind: "poisson"; readonly perSecond: number }
  /** Peers that come within a window, and stay. */
  | { readonly kind: "flash"; readonly peers: number; readonly atMs: Millis; readonly windowMs: Millis }
  | { readonly kind: "trace"; readonly trace: SessionTrace };

/**
 * `exponential(1h,30m)`: the mean session, the mean pause. `weibull(0.5,1h,30m)` and `pareto(3,30m,30m)`: their shape first,
 * which holds for both. `poisson(0.2)`: joins in a second, and as many leaves. `flash(1000,10m,30s)`: how many, from when, within
 * how long. `trace(sessions.txt)`: a file, which `files` gives.
 */
export function parseChurn(text: string, files?: TextSource): Decoded<ChurnPlan> {
  const plan = parsePlan(text, files);
  return plan.ok ? plan : malformed(`churn ${quoted(text)}`, plan.problem);
}

export interface ChurnPopulation {
  /** Numbers there are. */
  readonly peers: number;
  /** For Poisson churn: peers 0 … `initial` - 1 are up at the start. For a flash crowd: it is numbered from here. */
  readonly initial: number;
  readonly random: RandomStream;
}

/** The stream of events; who is up before the first of them is told by `ChurnSchedule.isUp`, or by `initial`. */
export function startChurn(plan: ChurnPlan, { peers, initial, random }: ChurnPopulation): ChurnStream {
  switch (plan.kind) {
    case "sessions":
      return new ChurnSchedule({ peers, up: plan.up, down: plan.down, random });
    case "poisson":
      return new PoissonChurn({ initial, peers, perSecond: plan.perSecond, random });
    case "flash":
      return new FlashCrowd({ first: initial, peers: plan.peers, atMs: plan.atMs, windowMs: plan.windowMs, random });
    case "trace":
      return new TraceReplay(plan.trace);
  }
}

function parsePlan(text: string, files: TextSource | undefined): Decoded<ChurnPlan> {
  const call = parseCall(text);
  if (!call.ok) return call;
  const { name, values } = call.value;
  if (name === "trace") return parseTraceCall(values, files);
  const model = MODELS.get(name);
  if (model === undefined) {
    const known = [...MODELS.keys(), "trace"].join(", ");
    return malformed("model", `expected one of ${known}, got ${quoted(name)}`);
  }
  const numbers = parseValues(call.value, model);
  return numbers.ok ? decoded(model.plan(numbers.value)) : numbers;
}

function parseTraceCall(values: readonly string[], files: TextSource | undefined): Decoded<ChurnPlan> {
  const [name] = values;
  if (name === undefined || values.length > 1) return malformed("trace", "expected a file, as in trace(sessions.txt)");
  const text = files?.(name);
  if (text === undefined) return malformed("trace", `there is no file ${quoted(name)}`);
  const trace = parseSessionTrace(text);
  return trace.ok ? decoded({ kind: "trace", trace: trace.value }) : malformed(name, trace.problem);
}

interface Model extends Form {
  plan(values: readonly number[]): ChurnPlan;
}

function mean(name: string): Parameter {
  return { name, kind: "duration", least: 1, most: DURATION_MS_MAX };
}

const MEANS = [mean("mean session"), mean("mean pause")];

const MODELS: ReadonlyMap<string, Model> = new Map<string, Model>([
  [
    "exponential",
    {
      example: "exponential(1h,30m)",
      parameters: MEANS,
      plan: ([up = 1, down = 1]) => ({ kind: "sessions", up: exponential(up), down: exponential(down) }),
    },
  ],
  [
    "weibull",
    {
      example: "weibull(0.5,1h,30m)",
      parameters: [{ name: "shape", kind: "number", least: SHAPE_LEAST, most: 10 }, ...MEANS],
      plan: ([shape = 1, up = 1, down = 1]) => ({
        kind: "sessions",
        up: weibull(shape, up),
        down: weibull(shape, down),
      }),
    },
  ],
  [
    "pareto",
    {
      example: "pareto(3,30m,30m)",
      parameters: [{ name: "alpha", kind: "number", least: 1.05, most: 100 }, ...MEANS],
      plan: ([alpha = 3, up = 1, down = 1]) => ({ kind: "sessions", up: pareto(alpha, up), down: pareto(alpha, down) }),
    },
  ],
  [
    "poisson",
    {
      example: "poisson(0.2)",
      parameters: [{ name: "joins in a second", kind: "number", least: 0.000001, most: 1_000_000 }],
      plan: ([perSecond = 1]) => ({ kind: "poisson", perSecond }),
    },
  ],
  [
    "flash",
    {
      example: "flash(1000,10m,30s)",
      parameters: [
        { name: "peers", kind: "count", least: 1, most: TRACE_PEERS_MAX },
        { name: "start", kind: "duration", least: 0, most: DURATION_MS_MAX },
        { name: "window", kind: "duration", least: 0, most: DURATION_MS_MAX },
      ],
      plan: ([peers = 1, atMs = 0, windowMs = 0]) => ({ kind: "flash", peers, atMs, windowMs }),
    },
  ],
]);
