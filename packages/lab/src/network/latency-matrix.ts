// Latencies from a file of measurements. Two forms: the topology files of the simulator p2psim (the King data set's `mking-t`
// in milliseconds, `uking-t` in microseconds), and a plain square of numbers. Peers beyond the matrix start over at its first
// row: peer p is host p modulo the number of hosts.
import { decoded, malformed, type Decoded } from "@servent/overlay/base/decoded.ts";
import type { Latency } from "./latency.ts";

export interface LatencyMatrix {
  readonly hosts: number;
  /** Milliseconds one way, a row for each host that sends. */
  readonly ms: Float32Array;
  /** Pairs that the file had no measurement for; they have the median. */
  readonly missing: number;
}

/** A matrix takes 4 bytes for each pair: 256 MB at most. King has 1,740 hosts. */
export const MATRIX_HOSTS_MAX = 8000;

/** The longest way that is taken for a measurement, one minute. */
export const MATRIX_MS_MAX = 60_000;

/** Draws nothing. Two peers at one host have 0, which the world makes 1. */
export function fromMatrix({ hosts, ms }: LatencyMatrix): Latency {
  return (from, to) => ms[(from % hosts) * hosts + (to % hosts)] as number;
}

/**
 * Reads either form. `unitMs` is what a number of the file is worth in milliseconds one way: 1 where it gives these, 0.5 for
 * round trips, 0.001 for microseconds. A negative number means that the pair was not measured.
 */
export function parseLatencyMatrix(text: string, unitMs = 1): Decoded<LatencyMatrix> {
  const lines = text.split("\n");
  const first = lines.find((line) => !isBlank(line)) ?? "";
  return /^\s*topology\b/.test(first) ? parseTopologyFile(lines, unitMs) : parseSquare(lines, unitMs);
}

/**
 * p2psim: `topology E2EGraph 1740`, perhaps further lines of a header, an empty line; then `node 1` for each host and
 * `1,2 87` for each pair, hosts counted from 1, for both directions.
 */
function parseTopologyFile(lines: readonly string[], unitMs: number): Decoded<LatencyMatrix> {
  let hosts = 0;
  let ms = new Float32Array(0);
  let inHeader = true;
  for (const [i, line] of lines.entries()) {
    const words = line.trim().split(/\s+/);
    if (isBlank(line)) {
      // The first empty line ends the header; comments may stand anywhere.
      if (line.trim() === "" && hosts > 0) inHeader = false;
      continue;
    }
    if (words[0] === "topology") {
      if (hosts > 0) return atLine(i, "there is a second topology");
      if (words[1] !== "E2EGraph") return atLine(i, `expected topology E2EGraph, got ${quote(words[1])}`);
      const count = Number(words[2]);
      if (!isCount(count, MATRIX_HOSTS_MAX)) {
        return atLine(i, `expected a number of hosts from 1 to ${MATRIX_HOSTS_MAX}, got ${quote(words[2])}`);
      }
      hosts = count;
      ms = new Float32Array(hosts * hosts).fill(Number.NaN);
      continue;
    }
    const pair = /^(\d+),(\d+)$/.exec(words[0] as string);
    if (pair === null) {
      if (inHeader || words[0] === "node") continue;
      return atLine(i, `expected a pair and a number such as 1,2 87, got ${quote(line.trim())}`);
    }
    inHeader = false;
    const [from, to] = [Number(pair[1]), Number(pair[2])];
    if (!isCount(from, hosts) || !isCount(to, hosts)) return atLine(i, `expected hosts from 1 to ${hosts}`);
    if (words.length !== 2) return atLine(i, "expected one number after the pair");
    const value = readMeasurement(words[1] as string, unitMs);
    if (!value.ok) return atLine(i, value.problem);
    ms[(from - 1) * hosts + to - 1] = value.value;
    ms[(to - 1) * hosts + from - 1] = value.value;
  }
  return fillGaps(hosts, ms);
}

/** One line for each host that sends, one number for each that receives, spaces, tabs or commas between them. */
function parseSquare(lines: readonly string[], unitMs: number): Decoded<LatencyMatrix> {
  let hosts = 0;
  let ms = new Float32Array(0);
  let row = 0;
  for (const [i, line] of lines.entries()) {
    if (isBlank(line)) continue;
    const words = line.trim().split(/[\s,]+/);
    if (hosts === 0) {
      hosts = words.length;
      if (hosts > MATRIX_HOSTS_MAX)
        return atLine(i, `a matrix has at most ${MATRIX_HOSTS_MAX} hosts, this line ${hosts}`);
      ms = new Float32Array(hosts * hosts);
    }
    if (words.length !== hosts) return atLine(i, `expected ${hosts} numbers as in the first row, got ${words.length}`);
    if (row === hosts) return atLine(i, `expected ${hosts} rows, as many as columns, but there are more`);
    for (const [column, word] of words.entries()) {
      const value = readMeasurement(word, unitMs);
      if (!value.ok) return atLine(i, value.problem);
      ms[row * hosts + column] = value.value;
    }
    row++;
  }
  if (row < hosts) return malformed("latency matrix", `expected ${hosts} rows, as many as columns, got ${row}`);
  return fillGaps(hosts, ms);
}

/** Milliseconds; NaN where nothing was measured. */
function readMeasurement(word: string, unitMs: number): Decoded<number> {
  const value = /^-?\d{1,12}(\.\d{1,12})?$/.test(word) ? Number(word) * unitMs : Number.NaN;
  if (Number.isNaN(value)) return malformed("measurement", `expected a number such as 87.5, got ${quote(word)}`);
  if (value > MATRIX_MS_MAX) return malformed("measurement", `expected at most ${MATRIX_MS_MAX} ms, got ${value} ms`);
  return decoded(value < 0 ? Number.NaN : value);
}

function fillGaps(hosts: number, ms: Float32Array): Decoded<LatencyMatrix> {
  if (hosts === 0) return malformed("latency matrix", "the text has neither a topology nor rows of numbers");
  for (let host = 0; host < hosts; host++) ms[host * (hosts + 1)] = 0;
  const measured = ms.filter((value) => value > 0).sort();
  if (measured.length === 0) return malformed("latency matrix", "no pair has a latency above 0");
  const median = measured[Math.floor(measured.length / 2)] as number;
  let missing = 0;
  for (let i = 0; i < ms.length; i++) {
    if (!Number.isNaN(ms[i])) continue;
    ms[i] = median;
    missing++;
  }
  return decoded({ hosts, ms, missing });
}

function isBlank(line: string): boolean {
  return /^\s*(#|$)/.test(line);
}

function isCount(value: number, most: number): boolean {
  return Number.isInteger(value) && value >= 1 && value <= most;
}

function atLine(index: number, problem: string): { readonly ok: false; readonly problem: string } {
  return malformed(`latency matrix, line ${index + 1}`, problem);
}

function quote(word: string | undefined): string {
  return word === undefined ? "nothing" : JSON.stringify(word.slice(0, 40));
}
