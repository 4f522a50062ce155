// What every Chord experiment begins with: a world with an ideal ring in it, and what that takes of memory.
import type { Millis } from "@servent/overlay/host/host.ts";
import type { ChordOptions } from "@servent/overlay/protocols/chord/options.ts";
import { Routes, type RoutesShape } from "@servent/overlay/protocols/chord/routes.ts";
import { ChordWorld, type Ring } from "../../chord/chord-world.ts";
import { World } from "../../engine/world.ts";
import type { Latency } from "../../network/latency.ts";
import { exponential } from "../../network/random-latency.ts";
import type { Program, RunContext } from "../program.ts";

/** Distances that have a finger, the largest first: down to a sixteenth of the usual gap in a ring of a million. */
export const FINGERS = 24;

/** A Chord node numbers its timers below. */
const TIMERS_MAX = 8;

interface IdealRingOptions {
  readonly latency: Latency;
  readonly peers: number;
  /** Peers that can ever be; as many where absent. */
  readonly peersMax?: number;
  readonly successors: number;
  readonly node: Partial<ChordOptions<number>>;
}

export function idealRing(
  { seed, fidelity, progress }: RunContext,
  { latency, peers, peersMax = peers, successors, node }: IdealRingOptions,
): { readonly chord: ChordWorld; readonly ring: Ring } {
  progress(0, peers, "peers");
  const world = new World({ seed, fidelity, latency, timersMax: TIMERS_MAX });
  const chord = new ChordWorld(world, { peersMax, shape: shapeOf(successors), node });
  chord.addMany(peers, world.random("ids"));
  const ring = chord.fillIdeal();
  progress(peers, peers, "peers");
  return { chord, ring };
}

/**
 * The delays of ToN 2003: exponentially distributed. A question and its answer never take as long as a questioner waits, so
 * nobody who is there is taken for gone: failures are detected without fault, as in the paper.
 */
export function answeredInTime(meanMs: Millis, timeoutMs: Millis): Latency {
  const delay = exponential(meanMs);
  const most = Math.floor((timeoutMs - 1) / 2);
  return (from, to, random) => Math.min(delay(from, to, random), most);
}

/** Node, timers and random numbers of a peer that asks now and then, in bytes; measured. */
const BYTES_PER_PEER = 850;

/** … and of one that keeps its place in the ring: upkeep, open questions, messages on their way. */
const BYTES_PER_BUSY_PEER = 10_000;

const BYTES_PER_PLACE = 16;

/** Code, queues and results, and what waits for the collector after many lookups. */
const FIXED_BYTES = 300_000_000;

export function memoryOf(peers: number, successors: number, isBusy: boolean): ReturnType<Program["memory"]> {
  const rowBytes = BYTES_PER_PLACE * Routes.places(shapeOf(successors));
  return { peers, bytesPerPeer: rowBytes + (isBusy ? BYTES_PER_BUSY_PEER : BYTES_PER_PEER), fixedBytes: FIXED_BYTES };
}

function shapeOf(successors: number): RoutesShape {
  return { successors, fingers: FINGERS };
}
