// What the lab can run: a program takes settings and a seed, and gives findings. The same settings, seed and build give the
// same findings everywhere. Scenario files name a program and judge what it found; the generic one builds its world from
// the file itself.
import type { Fidelity, Tracer } from "../engine/world.ts";

export type SettingValue = number | string | boolean | readonly number[];

/** One thing that can be set about a program; numbers lie in [least, most]. */
export interface Setting {
  readonly default: SettingValue;
  /** What it is, with its unit. */
  readonly summary: string;
  readonly least?: number;
  readonly most?: number;
  readonly whole?: boolean;
  readonly choices?: readonly string[];
}

export type Settings = Readonly<Record<string, SettingValue>>;

export interface RunContext {
  readonly seed: string;
  /** Every setting of the program, checked, defaults filled in. */
  readonly settings: Settings;
  readonly fidelity: Fidelity;
  /** How far it is: call it at least once a second of work; it costs nothing when called more often. */
  progress(done: number, total: number, what: string): void;
  /** Hears of every event that is delivered, where somebody wants to know; only worlds of scenario files tell it. */
  readonly trace?: Tracer | undefined;
}

export interface Table {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (number | string)[])[];
}

export interface Findings {
  /** Numbers by name: `mean`, `timeouts.p10`. Expectations, sweeps and comparisons speak of these. */
  readonly values: Readonly<Record<string, number>>;
  /** Rows that belong together: a distribution, a curve. Plots and CSV come from these. */
  readonly tables: Readonly<Record<string, Table>>;
  /** Of everything delivered, in order. */
  readonly digest: string;
  /** Events delivered, timers included; 0 where the program runs no world. */
  readonly events: number;
}

export interface Program {
  /** `chord-lookups`: protocol first. */
  readonly name: string;
  readonly summary: string;
  readonly settings: Readonly<Record<string, Setting>>;
  /** What a run needs at most, in bytes, and how that grows with its peers. */
  memory(settings: Settings): { readonly peers: number; readonly bytesPerPeer: number; readonly fixedBytes: number };
  run(context: RunContext): Findings;
}
