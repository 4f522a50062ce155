// Which bytes a free source fetches next. Pure: gaps and who is at work go in, a range comes out.
import type { ByteRange } from "../networks/network.ts";
import { PIECE_BYTES } from "./piece-map.ts";

/** A source at work, as far as sharing out goes. */
export interface Worker {
  /** The next byte it will receive. */
  readonly position: number;
  /** It stops in front of this; may be lowered while it works. */
  readonly end: number;
  /** Bytes per second, 0 where not known yet. */
  readonly rate: number;
  /** Milliseconds since its last byte. */
  readonly silentMs: number;
  /** Somebody already tries to take the rest of its range. */
  readonly isChallenged: boolean;
}

export type Assignment<W extends Worker> =
  /** Nobody else's bytes. */
  | { readonly kind: "free"; readonly range: ByteRange }
  /** The end of another's range, which now ends earlier. */
  | { readonly kind: "split"; readonly range: ByteRange; readonly from: W }
  /** All that another still has to get; it keeps at it until the first byte has come here. */
  | { readonly kind: "takeover"; readonly range: ByteRange; readonly from: W };

export interface Situation<W extends Worker> {
  readonly gaps: readonly ByteRange[];
  readonly workers: readonly W[];
  /** Bytes per second that the free source is thought to make, 0 where not known. */
  readonly rate: number;
  /** No other source is at work or could be now. */
  readonly isAlone: boolean;
  /** Ranges begin and end at multiples of this where they can. */
  readonly unitBytes: number;
}

/** A range is as much as a source sends in this time, so that sharing out keeps up with what happens. */
const RANGE_S = 10;
const RANGE_BYTES_MAX = 64 * PIECE_BYTES;
/** Of a source whose rate nobody knows yet. */
const FIRST_RANGE_BYTES = 2 * PIECE_BYTES;
/** Work that is over in less is left to who has it: another request would cost more than it saves. */
const WORTH_MS = 1000;
/** Silence after which a worker counts as stuck. */
const STUCK_MS = 3000;
/** A takeover throws away a connection, so the newcomer must be clearly faster. */
const TAKEOVER_GAIN = 2;

export function assign<W extends Worker>(situation: Situation<W>): Assignment<W> | undefined {
  const { gaps, workers, unitBytes } = situation;
  const gap = gaps[0];
  if (gap === undefined) return share(situation);
  if (situation.isAlone) return { kind: "free", range: gap };
  const left = gaps.reduce((sum, each) => sum + each.end - each.start, 0);
  const fair = left / (workers.length + 1);
  const pace = situation.rate === 0 ? FIRST_RANGE_BYTES : situation.rate * RANGE_S;
  const bytes = Math.min(pace, fair, RANGE_BYTES_MAX);
  const end = Math.min(gap.end, roundUp(gap.start + Math.max(1, bytes), unitBytes));
  return { kind: "free", range: { start: gap.start, end } };
}

/** Nothing is free: take part of the work of who would be at it longest. */
function share<W extends Worker>({ workers, rate, unitBytes }: Situation<W>): Assignment<W> | undefined {
  let slowest: W | undefined;
  for (const worker of workers) if (slowest === undefined || leftMs(worker) > leftMs(slowest)) slowest = worker;
  if (slowest === undefined || slowest.position >= slowest.end || leftMs(slowest) < WORTH_MS) return undefined;
  const { position, end } = slowest;
  const mine = rate > 0 ? rate : slowest.rate;
  const weight = mine + slowest.rate === 0 ? 0.5 : mine / (mine + slowest.rate);
  // The one at work keeps at least the unit it is in.
  const cut = Math.max(roundUp(position + 1, unitBytes), roundUp(end - (end - position) * weight, unitBytes));
  if (cut < end) return { kind: "split", range: { start: cut, end }, from: slowest };
  const myMs = rate > 0 ? ((end - position) / rate) * 1000 : Number.POSITIVE_INFINITY;
  const isFaster = myMs * TAKEOVER_GAIN < leftMs(slowest);
  if (slowest.isChallenged || !(isFaster || isStuck(slowest))) return undefined;
  return { kind: "takeover", range: { start: position, end }, from: slowest };
}

/** It has given nothing for so long that others may take its part. */
export function isStuck(worker: Worker): boolean {
  return worker.silentMs >= STUCK_MS;
}

function leftMs(worker: Worker): number {
  const left = worker.end - worker.position;
  if (left <= 0) return 0;
  return worker.rate === 0 || isStuck(worker) ? Number.POSITIVE_INFINITY : (left / worker.rate) * 1000;
}

function roundUp(bytes: number, unit: number): number {
  return Math.ceil(bytes / unit) * unit;
}
