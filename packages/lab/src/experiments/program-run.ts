// Runs a program in a test: with its defaults, but for what the test sets.
import type { Findings, Program, Settings, Table } from "./program.ts";

export function runProgram(program: Program, settings: Settings, seed = "1"): Findings {
  const defaults = Object.fromEntries(
    Object.entries(program.settings).map(([name, setting]) => [name, setting.default]),
  );
  return program.run({ seed, settings: { ...defaults, ...settings }, fidelity: "message", progress: () => {} });
}

/** How often each whole number came, from a table of counts. */
export function countsOf(table: Table | undefined): Map<number, number> {
  return new Map(
    table?.rows.filter(([, count]) => count !== 0).map(([value, count]) => [Number(value), Number(count)]),
  );
}

/** The same of a list of numbers. */
export function counted(values: readonly number[]): Map<number, number> {
  const counts = new Map<number, number>();
  for (const value of values.toSorted((a, b) => a - b)) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
}
