// What lists of all kinds share.
import type { Page } from "../client/shapes.ts";
import { counted, formatCount } from "../terminal/units.ts";

/** Rows shown unless --limit says otherwise: more than anyone reads, less than fills a terminal's memory. */
export const LIST_LIMIT = 1000;

/** `24 peers`, or `1 000 of 52 310 peers; more with --limit`. */
export function sumLine({ items, total }: Page<unknown>, one: string, plural?: string): string {
  if (total <= items.length) return counted(items.length, one, plural);
  return `${formatCount(items.length)} of ${counted(total, one, plural)}; more with --limit`;
}
