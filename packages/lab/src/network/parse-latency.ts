// Latency models by their text form, as scenario files have it. `synthetic + exponential(5ms)` is a place for each peer and
// jitter on top. Units are milliseconds one way throughout.
import { decoded, malformed, type Decoded } from "@servent/overlay/base/decoded.ts";
import {
  parseCall,
  parseDuration,
  parseValues,
  quoted,
  type Call,
  type Form,
  type Parameter,
  type TextSource,
} from "../model-text.ts";
import { constant, LATENCY_MS_MAX, uniform, type Latency } from "./latency.ts";
import { fromMatrix, parseLatencyMatrix } from "./latency-matrix.ts";
import { exponential, lognormal, sum } from "./random-latency.ts";
import { plane, space3d, sphere } from "./space-latency.ts";
import { synthetic } from "./synthetic-latency.ts";
import { TRANSIT_STUB, transitStub } from "./transit-stub-latency.ts";

/** A base and its jitters. */
const TERMS_MAX = 4;

const SIGMA_MAX = 10;
const SIDE_MAX = 1e9;

interface Model extends Form {
  /** What is wrong with values that are each in their range. */
  fault?(values: readonly number[]): string | undefined;
  make(values: readonly number[], seed: string): Latency;
}

/**
 * `50ms`, `uniform(20ms,80ms)`, … : the whole list stands below. `seed` decides where the peers are. A matrix names a file,
 * which `files` gives.
 */
export function parseLatency(text: string, seed: string, files?: TextSource): Decoded<Latency> {
  const terms = text.split("+");
  if (terms.length > TERMS_MAX) return problem(text, `expected at most ${TERMS_MAX} terms`);
  const latencies: Latency[] = [];
  for (const [i, term] of terms.entries()) {
    const latency = parseTerm(term, `${seed}/latency/${i}`, files);
    if (!latency.ok) return problem(text, latency.problem);
    latencies.push(latency.value);
  }
  return decoded(latencies.reduce(sum));
}

function parseTerm(text: string, seed: string, files: TextSource | undefined): Decoded<Latency> {
  if (/^\s*\d/.test(text)) {
    const duration = parseDuration(text);
    return duration.ok ? decoded(constant(duration.value)) : duration;
  }
  const call = parseCall(text);
  if (!call.ok) return call;
  const { name } = call.value;
  if (name === "matrix") return parseMatrixTerm(call.value, files);
  const model = MODELS.get(name);
  if (model === undefined) {
    const known = [...MODELS.keys(), "matrix"].join(", ");
    return malformed("model", `expected a duration such as 50ms or one of ${known}, got ${quoted(name)}`);
  }
  const usesDefaults = call.value.values.length === 0 && name === "transit-stub";
  const values = usesDefaults ? decoded(TRANSIT_STUB_MS) : parseValues(call.value, model);
  if (!values.ok) return values;
  const fault = model.fault?.(values.value);
  if (fault !== undefined) return malformed(name, fault);
  return decoded(model.make(values.value, seed));
}

/** `matrix(king.txt)`, or `matrix(king.txt, 0.5ms)` where a number of the file is worth half a millisecond one way. */
function parseMatrixTerm({ values }: Call, files: TextSource | undefined): Decoded<Latency> {
  const [name, unit = "1ms"] = values;
  if (name === undefined || values.length > 2) return malformed("matrix", "expected a file, as in matrix(king.txt)");
  const unitMs = parseDuration(unit);
  if (!unitMs.ok) return malformed("matrix, what a number is worth", unitMs.problem);
  const text = files?.(name);
  if (text === undefined) return malformed("matrix", `there is no file ${quoted(name)}`);
  const matrix = parseLatencyMatrix(text, unitMs.value);
  return matrix.ok ? decoded(fromMatrix(matrix.value)) : malformed(name, matrix.problem);
}

function problem(text: string, what: string): { readonly ok: false; readonly problem: string } {
  return malformed(`latency ${quoted(text)}`, what);
}

function duration(name: string): Parameter {
  return { name, kind: "duration", least: 0, most: LATENCY_MS_MAX };
}

const TRANSIT_STUB_MS = [TRANSIT_STUB.transitMs, TRANSIT_STUB.transitStubMs, TRANSIT_STUB.stubMs];

const MODELS: ReadonlyMap<string, Model> = new Map<string, Model>([
  ["constant", { example: "constant(50ms)", parameters: [duration("latency")], make: ([ms = 0]) => constant(ms) }],
  [
    "uniform",
    {
      example: "uniform(20ms,80ms)",
      parameters: [duration("least"), duration("most")],
      fault: ([least = 0, most = 0]) => {
        if (!Number.isInteger(least) || !Number.isInteger(most)) return "expected whole milliseconds";
        return least > most ? "expected the least before the most, as in uniform(20ms,80ms)" : undefined;
      },
      make: ([least = 0, most = 0]) => uniform(least, most),
    },
  ],
  [
    "exponential",
    { example: "exponential(50ms)", parameters: [duration("mean")], make: ([ms = 0]) => exponential(ms) },
  ],
  [
    "lognormal",
    {
      example: "lognormal(50ms,0.4)",
      parameters: [duration("median"), { name: "sigma", kind: "number", least: 0, most: SIGMA_MAX }],
      make: ([ms = 0, sigma = 0]) => lognormal(ms, sigma),
    },
  ],
  [
    "plane",
    {
      example: "plane(1000,0.1ms)",
      parameters: [{ name: "side", kind: "number", least: 0, most: SIDE_MAX }, duration("latency of a unit")],
      fault: ([side = 0, ms = 0]) => (side * ms > LATENCY_MS_MAX ? "expected a side of at most a day" : undefined),
      make: ([side = 0, ms = 0], seed) => plane(seed, side, ms),
    },
  ],
  [
    "space3d",
    { example: "space3d(90ms)", parameters: [duration("mean")], make: ([ms = 0], seed) => space3d(seed, ms) },
  ],
  [
    "sphere",
    {
      example: "sphere(200ms,2ms)",
      parameters: [duration("diameter"), duration("floor")],
      make: ([diameter = 0, floor = 0], seed) => sphere(seed, diameter, floor),
    },
  ],
  [
    "transit-stub",
    {
      example: "transit-stub(50ms,20ms,5ms)",
      parameters: [duration("transit link"), duration("link to a stub domain"), duration("link in a stub domain")],
      make: ([transitMs = 0, transitStubMs = 0, stubMs = 0], seed) =>
        transitStub(seed, { transitMs, transitStubMs, stubMs }),
    },
  ],
  ["synthetic", { example: "synthetic", parameters: [], make: (_values, seed) => synthetic(seed) }],
]);
