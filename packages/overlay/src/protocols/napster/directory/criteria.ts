// What a search asks for. Words and numbers are joined by "and"; what depends on the owner is not here but in `accept`.
import type { Range } from "../range.ts";
import type { MediaType } from "../shared-file.ts";

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
