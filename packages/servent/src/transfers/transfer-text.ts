// The sentences of a transfer: what it does, what it waits for, what stands in its way.
import { ServentError } from "../base/servent-error.ts";
import type { SourceProblem } from "../networks/network.ts";
import type { SourceState } from "./source-state.ts";
import type { TransferReason, TransferState, TransferView } from "./transfer.ts";

/** A state, why, and both as a sentence. */
export type Condition = readonly [state: TransferState, reason: TransferReason | null, text: string];

/** What keeps a transfer from going on until somebody does something, or the disk has room. */
export interface Obstacle {
  readonly reason: TransferReason;
  readonly text: string;
  /** Full disk: where, and how many bytes must be free there before it goes on. */
  readonly folder?: string;
  readonly needed?: number;
}

/** The reason that a waiting transfer gives when its sources have this problem, those worth most first. */
const REASONS: readonly (readonly [SourceProblem, TransferReason])[] = [
  ["remote_queue", "remote_queue"],
  ["remote_busy", "remote_busy"],
  ["timeout", "peer_gone"],
  ["peer_gone", "peer_gone"],
  ["both_firewalled", "both_firewalled"],
  ["network_off", "network_off"],
  ["range_unavailable", "backoff"],
  ["protocol", "backoff"],
  ["not_found", "backoff"],
  ["refused", "refused"],
];

/** None of the live sources can be asked now: the most hopeful one says why. */
export function waiting(live: readonly SourceState[]): Condition {
  for (const [problem, reason] of REASONS) {
    const found = live.filter((source) => source.problem === problem);
    const [first] = found.sort((a, b) => a.retryAt - b.retryAt);
    if (first === undefined) continue;
    const place = first.position > 0 ? ` Place ${first.position} in its queue.` : "";
    return ["waiting", reason, `Waiting for ${first.source.peer}: ${first.note}${place}`];
  }
  return ["waiting", "backoff", "Waiting before the sources are asked again."];
}

export function active(sources: readonly SourceState[]): string {
  const sending = sources.filter((source) => source.phase === "active");
  if (sending.length === 0)
    return sources.length === 1 ? `Connecting to ${peersOf(sources)}.` : `Connecting to ${sources.length} sources.`;
  return sending.length === 1 ? `Getting it from ${peersOf(sending)}.` : `Getting it from ${sending.length} sources.`;
}

export function finding(sources: readonly SourceState[]): string {
  if (sources.length === 0) return "Looking for sources: none is known yet.";
  return sources.length === 1
    ? `Looking for other sources: ${sources[0]?.source.peer} is not asked any more. ${sources[0]?.note ?? ""}`.trim()
    : `Looking for other sources: none of the ${sources.length} known ones is of use.`;
}

export function allLied(sources: readonly SourceState[]): string {
  return sources.length === 1
    ? `The only source, ${peersOf(sources)}, sent wrong bytes. It goes on when another source is found.`
    : "Every source sent wrong bytes. It goes on when another source is found.";
}

export function done(path: string, verified: TransferView["verified"]): string {
  if (verified === "none") return `Saved as ${path}, unverified: no hash was known.`;
  return `Saved as ${path}, ${verified === "sha1" ? "SHA-1" : "Tiger tree"} right.`;
}

export function diskFull(folder: string, needed: number, missing: number): Obstacle {
  const text = `There is too little room in ${folder}: ${sizeText(missing)} more must be free.`;
  return { reason: "disk_full", text, folder, needed };
}

/** The obstacle that a system error stands for, when `needed` bytes were to be written; undefined: it is no system error. */
export function obstacleOf(error: unknown, folder: string, needed: number): Obstacle | undefined {
  if (error instanceof ServentError) {
    return error.code === "conflict"
      ? { reason: "name_conflict", text: error.message }
      : { reason: "permission", text: error.message };
  }
  if (!(error instanceof Error) || !("code" in error)) return undefined;
  switch (error.code) {
    case "ENOSPC":
    case "EDQUOT":
      return diskFull(folder, needed, needed);
    case "EACCES":
    case "EPERM":
    case "EROFS":
    case "ELOOP":
      return { reason: "permission", text: `${folder} cannot be written: ${error.message}.` };
    default:
      return { reason: "permission", text: `Working in ${folder} failed: ${error.message}.` };
  }
}

/** `1.5 MB`: decimal units, as in the rest of the product. */
export function sizeText(bytes: number): string {
  const units = ["bytes", "kB", "MB", "GB", "TB"];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

function peersOf(sources: readonly SourceState[]): string {
  return sources.map(({ source }) => source.peer).join(", ");
}
