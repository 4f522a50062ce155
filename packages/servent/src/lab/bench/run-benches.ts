// Makes benches, each in a process of its own, so that what one leaves behind does not burden the next, and judges them.
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { type Bench, type BenchFigures, BENCHES, type Bound } from "./benches.ts";

const ENTRY = fileURLToPath(new URL("bench-process.ts", import.meta.url));

export interface JudgedBound extends Pick<Bound, "what" | "least" | "most"> {
  /** Undefined where it was not measured, or promises nothing at this size. */
  readonly here: number | undefined;
  readonly met: boolean | undefined;
}

export interface BenchResult extends BenchFigures {
  readonly name: Bench["name"];
  readonly summary: string;
  readonly peers: number;
  readonly bounds: readonly JudgedBound[];
}

export interface BenchOptions {
  readonly quick: boolean;
  /** All where empty. */
  readonly only: readonly string[];
  readonly signal: AbortSignal;
  onStart(bench: Bench): void;
}

/** One after the other: two at a time would measure each other. Ends early when the signal aborts. */
export async function runBenches({ quick, only, signal, onStart }: BenchOptions): Promise<BenchResult[]> {
  const results: BenchResult[] = [];
  for (const bench of BENCHES) {
    if (only.length > 0 && !only.includes(bench.name)) continue;
    onStart(bench);
    const peers = quick ? bench.quickPeers : bench.peers;
    const figures = await measure(bench, peers, signal);
    if (figures === undefined) break;
    const { name, summary, bounds } = bench;
    results.push({
      name,
      summary,
      peers,
      ...figures,
      bounds: bounds.map((bound) => judgeBound(bound, figures, quick)),
    });
  }
  return results;
}

async function measure({ name }: Bench, peers: number, signal: AbortSignal): Promise<BenchFigures | undefined> {
  const words = ["--disable-warning=ExperimentalWarning", ENTRY, name, String(peers)];
  try {
    const { stdout } = await promisify(execFile)(process.execPath, words, { signal, killSignal: "SIGKILL" });
    return JSON.parse(stdout) as BenchFigures;
  } catch (error) {
    if (signal.aborted) return undefined;
    throw error;
  }
}

export function judgeBound(bound: Bound, figures: BenchFigures, quick: boolean): JudgedBound {
  const { what, least, most, isFullSize } = bound;
  const here = bound.of(figures);
  const promisesNothing = (least === undefined && most === undefined) || (isFullSize && quick);
  if (here === undefined || promisesNothing) return { what, here, met: undefined };
  const met = here >= (least ?? here) && here <= (most ?? here);
  return { what, ...(least === undefined ? {} : { least }), ...(most === undefined ? {} : { most }), here, met };
}
