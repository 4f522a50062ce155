// What a client may ask of an index server: `FILENAME CONTAINS "words" MAX_RESULTS 100 BITRATE "AT LEAST" 128 …`, clauses in any
// order, all of which must hold. The grammar is that of OpenNap and opennap-ng.
import { type Decoded, decoded, malformed } from "../../base/decoded.ts";
import { FieldReader, quote, wholeNumber } from "./fields.ts";
import { LIMITS } from "./limits.ts";
import { ANY, intersection, type Range } from "./range.ts";
import { MEDIA_TYPES, type MediaType } from "./shared-file.ts";

export interface SearchRequest {
  /** Texts whose words must occur in the name; a word with a minus in front must not. Byte text. */
  readonly contains: readonly string[];
  readonly excludes: readonly string[];
  /** 0: as many as the server gives. */
  readonly resultsMax: number;
  /** Only this server's own users. */
  readonly isLocal: boolean;
  readonly media: MediaType | "any";
  /** Undefined: any. */
  readonly linkSpeed: Range | undefined;
  readonly bitrate: Range | undefined;
  readonly frequency: Range | undefined;
  readonly size: Range | undefined;
  readonly seconds: Range | undefined;
}

type Measure = "linkSpeed" | "bitrate" | "frequency" | "size" | "seconds";

const MEASURES: Readonly<Record<string, Measure>> = {
  LINESPEED: "linkSpeed",
  BITRATE: "bitrate",
  FREQ: "frequency",
  SIZE: "size",
  DURATION: "seconds",
};

const NUMBER_MAX = 0xffff_ffff;

/** What a request for these words alone is. */
export function requestFor(words: string, resultsMax: number): SearchRequest {
  return { ...EMPTY, contains: [words], resultsMax };
}

const EMPTY: SearchRequest = {
  contains: [],
  excludes: [],
  resultsMax: 0,
  isLocal: false,
  media: "mp3",
  linkSpeed: undefined,
  bitrate: undefined,
  frequency: undefined,
  size: undefined,
  seconds: undefined,
};

export function parseSearchRequest(text: string): Decoded<SearchRequest> {
  const reader = new FieldReader(text);
  const contains: string[] = [];
  const excludes: string[] = [];
  const ranges: Partial<Record<Measure, Range>> = {};
  let { resultsMax, isLocal, media } = EMPTY;
  let clauses = 0;
  for (let word = reader.next(); word !== undefined; word = reader.next()) {
    if (++clauses > LIMITS.searchClausesMax) return malformed("search", "too many clauses");
    const key = word.toUpperCase();
    const measure = Object.hasOwn(MEASURES, key) ? MEASURES[key] : undefined;
    if (reader.wasQuoted) return malformed("search", `"${word}" where a clause begins`);
    if (key === "FILENAME") {
      const how = reader.next()?.toUpperCase();
      const value = reader.next();
      if (value === undefined || (how !== "CONTAINS" && how !== "EXCLUDES")) return malformed("search", "FILENAME");
      (how === "CONTAINS" ? contains : excludes).push(value);
    } else if (key === "MAX_RESULTS") {
      const most = wholeNumber(reader.next(), NUMBER_MAX);
      if (most === undefined) return malformed("search", key);
      resultsMax = most;
    } else if (key === "LOCAL_ONLY" || key === "LOCAL") {
      isLocal = true;
    } else if (key === "TYPE") {
      const type = reader.next()?.toLowerCase();
      const known = type === "any" ? "any" : MEDIA_TYPES.find((each) => each === type);
      if (known === undefined) return malformed("search", key);
      media = known;
    } else if (measure !== undefined) {
      const range = readRange(reader);
      if (range === undefined) return malformed("search", key);
      ranges[measure] = intersection(ranges[measure] ?? ANY, range);
    } else return malformed("search", `unknown clause ${key}`);
  }
  return decoded({ ...EMPTY, ...ranges, contains, excludes, resultsMax, isLocal, media });
}

/** The request as text that every server of the family reads: what it does not ask for is left out. */
export function formatSearchRequest(request: SearchRequest): string {
  const clauses = request.contains.map((words) => `FILENAME CONTAINS ${quote(words)}`);
  clauses.push(...request.excludes.map((words) => `FILENAME EXCLUDES ${quote(words)}`));
  if (request.resultsMax > 0) clauses.push(`MAX_RESULTS ${request.resultsMax}`);
  if (request.media !== "mp3") clauses.push(`TYPE ${request.media === "any" ? "ANY" : request.media}`);
  for (const [key, measure] of Object.entries(MEASURES)) {
    const range = request[measure];
    if (range === undefined) continue;
    if (range.least === range.most) clauses.push(`${key} "EQUAL TO" ${range.least}`);
    else {
      if (range.least > 0) clauses.push(`${key} "AT LEAST" ${range.least}`);
      if (range.most < NUMBER_MAX) clauses.push(`${key} "AT BEST" ${range.most}`);
    }
  }
  if (request.isLocal) clauses.push("LOCAL_ONLY");
  return clauses.join(" ");
}

/** `"AT LEAST" 128`: the two words in quotes, the number with or without. */
function readRange(reader: FieldReader): Range | undefined {
  const how = reader.next()?.toUpperCase();
  const number = wholeNumber(reader.next(), NUMBER_MAX);
  if (number === undefined) return undefined;
  switch (how) {
    case "EQUAL TO":
      return { least: number, most: number };
    case "AT LEAST":
      return { least: number, most: NUMBER_MAX };
    case "AT BEST":
      return { least: 0, most: number };
    default:
      return undefined;
  }
}
