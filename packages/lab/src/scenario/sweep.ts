// A sweep: one run for every combination of the values that some settings take. A combination is called a point, and known
// by what was set: `p=0.1, r=20`. Expectations pick one as `path[p=0.1, r=20]`.
import { nearestNames } from "./nearest-name.ts";

/** Settings and their values as text, in the order of the file. */
export type Coordinates = readonly (readonly [setting: string, value: string])[];

export interface SweptSetting<T> {
  readonly name: string;
  readonly values: readonly T[];
}

/** Every combination; the last setting changes fastest. One empty combination where nothing is swept. */
export function combinations<T>(settings: readonly SweptSetting<T>[]): ReadonlyMap<string, T>[] {
  let found: ReadonlyMap<string, T>[] = [new Map()];
  for (const { name, values } of settings) {
    found = found.flatMap((point) => values.map((value) => new Map(point).set(name, value)));
  }
  return found;
}

export function coordinatesOf(point: ReadonlyMap<string, unknown>): Coordinates {
  return Array.from(point, ([name, value]) => [name, valueText(value)] as const);
}

/** `p=0.1, r=20`; empty where nothing is swept. */
export function coordinatesText(coordinates: Coordinates): string {
  return coordinates.map(([setting, value]) => `${setting}=${value}`).join(", ");
}

/** A setting's value as it is named in a point: a list as `2/4/8`. */
function valueText(value: unknown): string {
  if (Array.isArray(value)) return value.map(valueText).join("/");
  return typeof value === "string" ? value : String(value);
}

/** Whether the point is one of those that a selection means; what it does not mention may be anything. */
export function isSelected(point: Coordinates, selection: Coordinates): boolean {
  return selection.every(([setting, wanted]) => {
    const value = point.find(([name]) => name === setting)?.[1];
    return value !== undefined && isSameValue(value, wanted);
  });
}

/** The point with the selected settings changed: `path[p=0.1]` at `p=0.3, r=20` is `p=0.1, r=20`. */
export function moved(point: Coordinates, selection: Coordinates): Coordinates {
  return point.map(([setting, value]) => [setting, selection.find(([name]) => name === setting)?.[1] ?? value]);
}

/** The same for every way to write a point's values. */
export function coordinatesKey(coordinates: Coordinates): string {
  return coordinatesText(coordinates.map(([setting, value]) => [setting, normalValue(value)]));
}

/** What is wrong with a selection, as a sentence without its full stop; undefined where it means a point. */
export function selectionProblem(selection: Coordinates, points: readonly Coordinates[]): string | undefined {
  const swept = points[0]?.map(([setting]) => setting) ?? [];
  for (const [setting, wanted] of selection) {
    if (!swept.includes(setting)) {
      if (swept.length === 0) return `nothing is swept over, so there is no point ${setting}=${wanted}`;
      const nearest = nearestNames(setting, swept, 1)[0];
      const hint = nearest === undefined ? "" : `; did you mean "${nearest}"?`;
      return `"${setting}" is not swept over (${swept.join(", ")})${hint}`;
    }
    const values = new Set(points.map((point) => point.find(([name]) => name === setting)?.[1] as string));
    if (![...values].some((value) => isSameValue(value, wanted))) {
      return `${setting} is never ${wanted} (${[...values].join(", ")})`;
    }
  }
  return undefined;
}

/** 0.10 and 0.1 are one value. */
function isSameValue(a: string, b: string): boolean {
  return normalValue(a) === normalValue(b);
}

function normalValue(value: string): string {
  const number = Number(value);
  return value.trim() === "" || Number.isNaN(number) ? value : String(number);
}
