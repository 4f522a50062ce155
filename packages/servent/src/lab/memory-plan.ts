// How many runs fit into memory at the same time, decided before the first begins: a machine that swaps is of use to nobody.
import type { Scenario } from "@servent/lab/scenario/scenario.ts";
import { ServentError } from "../base/servent-error.ts";

/** Node itself with the code of the lab, before a run begins. */
const PROCESS_BYTES = 70e6;

export interface MemoryNeed {
  readonly peers: number;
  readonly bytesPerPeer: number;
  readonly fixedBytes: number;
}

export interface MemoryLimits {
  /** The setting lab.maxMemory. */
  readonly maxBytes: number;
  /** What the machine has left. */
  readonly freeBytes: number;
}

export interface MemoryPlan {
  readonly processes: number;
  readonly heapBytesMax: number;
}

/**
 * Throws ServentError `out_of_memory` where not even one run fits, with the number of peers that would. `need` tells what the
 * runs at a point need.
 */
export function planMemory(needs: readonly MemoryNeed[], processes: number, limits: MemoryLimits): MemoryPlan {
  const room = Math.min(limits.maxBytes, limits.freeBytes);
  let most = PROCESS_BYTES;
  for (const need of needs) {
    const bytes = bytesOf(need);
    if (bytes > room) throw tooLarge(need, limits, room);
    most = Math.max(most, bytes);
  }
  const fitting = Math.max(1, Math.min(processes, Math.floor(room / most)));
  return { processes: fitting, heapBytesMax: Math.floor(room / fitting) };
}

function bytesOf({ peers, bytesPerPeer, fixedBytes }: MemoryNeed): number {
  return PROCESS_BYTES + fixedBytes + peers * bytesPerPeer;
}

function tooLarge(need: MemoryNeed, { maxBytes, freeBytes }: MemoryLimits, room: number): ServentError {
  const why =
    freeBytes < maxBytes
      ? `the machine has ${megabytes(freeBytes)} left`
      : `lab.maxMemory allows ${megabytes(maxBytes)}`;
  const fitting = Math.floor((room - PROCESS_BYTES - need.fixedBytes) / need.bytesPerPeer);
  const fits = fitting > 0 ? `${grouped(fitting)} peers would fit.` : "Not even one peer would fit.";
  const more = freeBytes < maxBytes ? "" : " SERVENT_LAB_MAX_MEMORY=8GB before the command allows more.";
  return new ServentError(
    "out_of_memory",
    `${grouped(need.peers)} peers need about ${megabytes(bytesOf(need))}, and ${why}.`,
    `${fits}${more}`,
  );
}

/** What one run needs, at each point of the scenario. */
export function needsOf(scenario: Scenario): MemoryNeed[] {
  if (scenario.shape === "program") return scenario.points.map(({ settings }) => scenario.program.memory(settings));
  return scenario.points.map(({ world }) => ({ peers: world.peers, ...WORLD_BYTES }));
}

/** A world of peers that a file describes: Gnutella with ten links each, which take the most of it. */
const WORLD_BYTES = { bytesPerPeer: 45_000, fixedBytes: 30e6 };

function megabytes(bytes: number): string {
  return `${grouped(Math.ceil(bytes / 1e6))} MB`;
}

function grouped(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, " ");
}
