// What a search asks for. Words and numbers are joined by "and"; what depends on the owner is not here but in `accept`.
import type { MediaType } from "../shared-file.ts";

/** Both ends included: `EQUAL TO` has two equal ends. */
export interface Range {
  readonly min: number;
  readonly max: number;
}

export const ANY: Range = { min: 0, max: Number.POSITIVE_INFINITY };

/** Words as `queryWords` makes them. Without words nothing is found. */
export interface Criteria {
  readonly words: readonly string[];
  /** No file with any of these. */
  readonly without: readonly string[];
  /** Bytes. */
  readonly size: Range;
  /** kbit/s. */
  readonly bitrate: Range;
  /** Hz. */
  readonly frequency: Range;
  readonly seconds: Range;
  readonly media: MediaType | "any";
}

export function isWithin(value: number, { min, max }: Range): boolean {
  return value >= min && value <= max;
}
