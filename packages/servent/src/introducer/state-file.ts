// What the introducer knew, over a restart: one JSON file, written whole or not at all. So a file that
// is not ours is somebody else's, which we do not write over; a single peer in it that makes no sense is left out.
import { readFileSync, statSync } from "node:fs";
import { formatEndpoint, parseEndpoint } from "@servent/overlay/base/ipv4.ts";
import { isNetworkName } from "@servent/overlay/protocols/introducer/codec.ts";
import type { KeptPeer } from "@servent/overlay/protocols/introducer/desk.ts";
import { ServentError } from "../base/servent-error.ts";
import { writeWholeFile } from "../base/whole-file.ts";
import { LIMITS } from "./limits.ts";

const SCHEMA = "servent.introducer-state/1";
const REACHABLE = ["yes", "no", "unknown"] as const;

/**
 * The peers of the file, their ages grown by the time since it was written; none where there is no such file, or an empty one. Throws
 * ServentError: `refused` where the file is not ours, `permission` where it cannot be read.
 */
export function readState(file: string, now: number): KeptPeer[] {
  const text = textOf(file);
  if (text === "") return [];
  const { schema, writtenAt, peers } = fieldsOf(text);
  const writtenMs = typeof writtenAt === "string" ? Date.parse(writtenAt) : Number.NaN;
  if (schema !== SCHEMA || Number.isNaN(writtenMs) || !Array.isArray(peers)) {
    const hint = "Name another file with --state; it is made where there is none.";
    throw new ServentError("refused", `${file} was not written by an introducer, and is not written over.`, hint);
  }
  // A clock that was put back makes nobody younger.
  return peers.flatMap((peer) => peerOf(peer, Math.max(0, now - writtenMs)) ?? []);
}

function textOf(file: string): string {
  try {
    const stat = statSync(file, { throwIfNoEntry: false });
    if (stat === undefined) return "";
    return stat.isFile() && stat.size <= LIMITS.stateBytesMax ? readFileSync(file, "utf8") : "not ours";
  } catch (cause) {
    const said = cause instanceof Error ? cause.message : String(cause);
    throw new ServentError(
      "permission",
      `${file} cannot be read: ${said}.`,
      "Name a file that is yours with --state.",
      {
        cause,
      },
    );
  }
}

function fieldsOf(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
  } catch {
    return {};
  }
}

/** Throws ServentError `permission` where it cannot be written. */
export function writeState(file: string, peers: readonly KeptPeer[], now: number): void {
  const lines = peers.map((peer) => JSON.stringify({ ...peer, address: formatEndpoint(peer.address) }));
  const head = `{"schema":"${SCHEMA}","writtenAt":"${new Date(now).toISOString()}","peers":[`;
  try {
    writeWholeFile(file, `${head}\n${lines.join(",\n")}\n]}\n`, { mode: 0o600 });
  } catch (cause) {
    throw new ServentError(
      "permission",
      `The peers cannot be written to ${file}: ${cause instanceof Error ? cause.message : String(cause)}.`,
      "Name a file in a folder that is yours with --state.",
      { cause },
    );
  }
}

function peerOf(value: unknown, olderMs: number): KeptPeer | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { network, address: text, load, reachable, seenAgoMs, reachedAgoMs } = value as Record<string, unknown>;
  const address = typeof text === "string" ? parseEndpoint(text) : undefined;
  const known = REACHABLE.find((each) => each === reachable);
  if (address === undefined || known === undefined || !isNetworkName(network)) return undefined;
  // Null: it never was.
  const isReached = isAge(reachedAgoMs) || (reachedAgoMs === null && known !== "yes");
  if (!isAge(seenAgoMs) || !isReached || !isAge(load) || load > 100) return undefined;
  return {
    network,
    address,
    load,
    reachable: known,
    seenAgoMs: seenAgoMs + olderMs,
    reachedAgoMs: reachedAgoMs === null ? null : reachedAgoMs + olderMs,
  };
}

function isAge(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0;
}
