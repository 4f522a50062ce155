// Of the faults that broke an invariant, the fewest that still do. Leaving one out changes what comes after it, so a smaller
// schedule may break elsewhere; it counts when the same checker finds it.
import type { Findings, RunContext } from "../experiments/program.ts";
import { smallestFailing } from "../shrink.ts";
import { ViolationError } from "./checkers.ts";
import type { Fault } from "./faults.ts";
import { runWorld } from "./world-run.ts";
import type { WorldSpec } from "./world-spec.ts";

/** Each try runs the world once more, up to where it breaks. */
const TRIES_MAX = 100;

export interface SmallestFaults {
  readonly faults: readonly Fault[];
  /** What these break. */
  readonly violation: ViolationError;
}

/** Undefined: there are no faults to leave out. */
export function smallestFaults(
  spec: WorldSpec,
  context: Omit<RunContext, "settings">,
  violation: ViolationError,
): SmallestFaults | undefined {
  if (spec.faults.length === 0) return undefined;
  let last = violation;
  const fails = (faults: readonly Fault[]): boolean => {
    const found = violationOf(() => runWorld({ ...spec, faults }, context));
    if (found?.checker !== violation.checker) return false;
    last = found;
    return true;
  };
  const faults = smallestFailing(spec.faults, fails, TRIES_MAX);
  return { faults, violation: last };
}

function violationOf(run: () => Findings): ViolationError | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    if (error instanceof ViolationError) return error;
    throw error;
  }
}

/** As a scenario file has them, on one line: what `--set faults=…` takes. */
export function faultsText(faults: readonly Fault[]): string {
  return JSON.stringify(faults, (key, value: unknown) => {
    if ((key === "at" || key === "for" || key === "offset") && typeof value === "number") return `${value}ms`;
    if (key === "peers" && typeof value === "object" && value !== null && "share" in value) {
      return `${100 * Number(value.share)}%`;
    }
    return value;
  });
}
