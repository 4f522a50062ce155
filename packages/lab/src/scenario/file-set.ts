// The files of a world: their names, how often each is there, and who has it. Names are made of a few words, so that a query
// of one word finds several; which file a copy is of follows a law of popularity.
import { assert } from "@servent/overlay/base/assert.ts";
import { decoded, type Decoded, malformed } from "@servent/overlay/base/decoded.ts";
import type { RandomStream } from "../engine/random.ts";
import { exp, ln } from "../exact-math.ts";
import { parseCall, parseValues } from "../model-text.ts";
import { uniform53 } from "../random-draws.ts";

/** How popular files are: the file of rank k (from 1) with weight k^-exponent; 0 makes all alike. */
export interface Popularity {
  readonly exponent: number;
}

export const POPULARITY_EXPECTED = "how popular files are: uniform or zipf(1.0)";

const EXPONENT_MAX = 10;

/** `uniform`, `zipf(1.0)`. */
export function parsePopularity(text: string): Decoded<Popularity> {
  const call = parseCall(text);
  if (!call.ok) return call;
  if (call.value.name === "uniform" && call.value.values.length === 0) return decoded({ exponent: 0 });
  if (call.value.name !== "zipf") return malformed("popularity", `expected uniform or zipf(1.0)`);
  const parameter = { name: "exponent", kind: "number", least: 0, most: EXPONENT_MAX } as const;
  const values = parseValues(call.value, { example: "zipf(1.0)", parameters: [parameter] });
  return values.ok ? decoded({ exponent: values.value[0] as number }) : values;
}

export interface FilesSpec {
  /** Different files. */
  readonly count: number;
  /** Copies of all of them together; every file is there once at least. */
  readonly copies: number;
  readonly popularity: Popularity;
  /** Share of the peers that have none. */
  readonly freeRiders: number;
}

/** Peers of whose libraries a copy is tried: with few sharers and many copies some find no place. */
const PLACES_TRIED_MAX = 20;

export class FileSet {
  /** Files of each peer, numbers from 0. */
  readonly held: readonly (readonly number[])[];
  private readonly names: readonly string[];
  private readonly weights: Float64Array;

  constructor(spec: FilesSpec | undefined, peers: number, random: RandomStream) {
    const count = spec?.count ?? 0;
    this.names = Array.from({ length: count }, (_, file) => nameOf(file));
    this.weights = cumulativeWeights(count, spec?.popularity.exponent ?? 0);
    const held: number[][] = Array.from({ length: peers }, () => []);
    this.held = held;
    if (spec === undefined) return;
    const sharers = Array.from({ length: peers }, (_, peer) => peer).filter(() => uniform53(random) >= spec.freeRiders);
    if (sharers.length === 0) return;
    for (let copy = 0; copy < Math.max(spec.count, spec.copies); copy++) {
      const file = copy < spec.count ? copy : this.draw(random);
      for (let tried = 0; tried < PLACES_TRIED_MAX; tried++) {
        const files = held[sharers[random.below(sharers.length)] as number] as number[];
        if (files.includes(file)) continue;
        files.push(file);
        break;
      }
    }
  }

  get count(): number {
    return this.names.length;
  }

  name(file: number): string {
    const name = this.names[file];
    assert(name !== undefined, "a file's number is below their count");
    return name;
  }

  /** A file by its popularity. */
  draw(random: RandomStream): number {
    return drawFrom(this.weights, random);
  }
}

/** Running sums of k^-exponent, by exact mathematics: they decide. */
function cumulativeWeights(count: number, exponent: number): Float64Array {
  const sums = new Float64Array(count);
  let sum = 0;
  for (let i = 0; i < count; i++) {
    sum += exponent === 0 ? 1 : exp(-exponent * ln(i + 1));
    sums[i] = sum;
  }
  return sums;
}

function drawFrom(sums: Float64Array, random: RandomStream): number {
  assert(sums.length > 0, "there are files to draw from");
  const wanted = uniform53(random) * (sums.at(-1) as number);
  let low = 0;
  let high = sums.length - 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sums[middle] as number) > wanted) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** `blue tide 17.ogg`: the number makes it the only one, the words make it one of several. */
function nameOf(file: number): string {
  const first = FIRST_WORDS[file % FIRST_WORDS.length] as string;
  const second = SECOND_WORDS[Math.floor(file / FIRST_WORDS.length) % SECOND_WORDS.length] as string;
  return `${first} ${second} ${file}.ogg`;
}

const FIRST_WORDS = ["tide", "blue", "night", "winter", "paper", "river", "silver", "morning", "glass", "north"];
const SECOND_WORDS = ["train", "garden", "letters", "harbour", "signal", "orchard", "window", "market", "bridge"];
