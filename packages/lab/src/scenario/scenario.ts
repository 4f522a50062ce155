// A scenario in its checked form: what is run, at which points, with which seeds, and what is expected of it.
import type { Fidelity } from "../engine/world.ts";
import type { Program, Settings } from "../experiments/program.ts";
import type { Expectation, Reference } from "./expectation-syntax.ts";
import type { Coordinates } from "./sweep.ts";
import type { WorldSpec } from "./world-spec.ts";

/** How far a published number can be trusted: read in the source, computed by an independent program, or recalled. */
export type PublishedTag = "V" | "M" | "R";

/** A number that somebody else found, beside which ours stands. */
export interface Published {
  readonly reference: Reference;
  readonly number: number;
  readonly tag: PublishedTag;
  readonly label: string;
}

export type PlotKind = "line" | "bars";
export type PlotScale = "linear" | "log";

export interface PlotRequest {
  /** A table of the findings, or `sweep`: one row per point, a column for each setting and value. */
  readonly table: string;
  readonly x: string;
  /** Columns, each a series. */
  readonly y: readonly string[];
  /** A column of the table whose values tell series apart. */
  readonly by: string | undefined;
  readonly kind: PlotKind;
  readonly xScale: PlotScale;
  readonly yScale: PlotScale;
  readonly title: string | undefined;
  readonly published: readonly (readonly [x: number | string, y: number])[];
  /** The points whose tables are shown; all where empty. */
  readonly point: Coordinates;
}

export interface Point {
  /** What the sweep set here; empty where nothing is swept. */
  readonly coordinates: Coordinates;
  /** Settings that are numbers: expectations may speak of them. */
  readonly numbers: ReadonlyMap<string, number>;
}

export interface ProgramPoint extends Point {
  readonly settings: Settings;
}

export interface ScenarioHead {
  readonly title: string;
  readonly source: string | undefined;
  readonly text: string | undefined;
  /** At least one. */
  readonly seeds: readonly string[];
  readonly fidelity: Fidelity;
  readonly expectations: readonly Expectation[];
  readonly published: readonly Published[];
  readonly plots: readonly PlotRequest[];
}

export interface ProgramScenario extends ScenarioHead {
  readonly shape: "program";
  readonly program: Program;
  /** At least one. */
  readonly points: readonly ProgramPoint[];
}

export interface WorldPoint extends Point {
  readonly world: WorldSpec;
}

export interface WorldScenario extends ScenarioHead {
  readonly shape: "world";
  readonly points: readonly WorldPoint[];
}

export type Scenario = ProgramScenario | WorldScenario;
