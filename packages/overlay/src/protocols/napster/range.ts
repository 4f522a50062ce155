// From a least to a most number, as searches ask for.

/** Both ends belong to it: `EQUAL TO` has two equal ends. */
export interface Range {
  readonly least: number;
  readonly most: number;
}

export const ANY: Range = { least: 0, most: Number.POSITIVE_INFINITY };

export function isWithin(value: number, { least, most }: Range): boolean {
  return value >= least && value <= most;
}

/** What belongs to both. */
export function intersection(a: Range, b: Range): Range {
  return { least: Math.max(a.least, b.least), most: Math.min(a.most, b.most) };
}
