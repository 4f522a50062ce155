// Some old clients do not heed the offset that they are asked for and send the file from its beginning (TekNap 1.3g does). Where a
// hash is known the bytes would be found out; where none is, nothing else would. So the first bytes of such a file are remembered,
// and what an owner sends for a later part must not be those.
import { concatBytes, equalBytes } from "@servent/overlay/base/bytes.ts";
import { type Source, SourceError } from "../network.ts";
import type { PeerConnection } from "../peer-connection.ts";

/** Enough that two places of a file are hardly alike. */
const BYTES = 256;
/** Files remembered: as many as are fetched at the same time, and some. */
const FILES_MAX = 200;
const READ_MS = 60_000;

export class Beginnings {
  /** By likeness, the latest last. */
  private readonly known = new Map<string, Uint8Array>();

  /** The offset to ask for: 0 where a wrong answer could not be told from a right one. */
  offsetFor(source: Source, start: number): number {
    if (source.urns.length > 0) return start;
    const beginning = this.known.get(keyOf(source));
    const isTold = beginning !== undefined && beginning.some((byte) => byte !== beginning[0]);
    return isTold && source.size - start >= BYTES ? start : 0;
  }

  /** The connection gives what was asked for from `asked` on; afterwards it stands at `start`. Rejects with a SourceError. */
  async settle(connection: PeerConnection, source: Source, asked: number, start: number): Promise<void> {
    if (source.urns.length > 0 || source.size === 0) return;
    const head = await peek(connection, Math.min(BYTES, source.size - asked));
    const beginning = this.known.get(keyOf(source));
    if (asked === 0) this.remember(keyOf(source), head);
    const isFromBeginning =
      asked === 0 || (beginning !== undefined && equalBytes(head, beginning.subarray(0, head.length)));
    await skip(connection, isFromBeginning ? start : start - asked);
  }

  private remember(key: string, head: Uint8Array): void {
    this.known.delete(key);
    this.known.set(key, head);
    for (const oldest of this.known.keys()) {
      if (this.known.size <= FILES_MAX) break;
      this.known.delete(oldest);
    }
  }
}

function keyOf({ likeness, key, size }: Source): string {
  return `${size} ${likeness ?? key}`;
}

/** The next bytes, which stay to be read. */
async function peek(connection: PeerConnection, count: number): Promise<Uint8Array> {
  let bytes: Uint8Array = new Uint8Array(0);
  while (bytes.length < count) bytes = concatBytes([bytes, await next(connection)]);
  connection.unread(bytes);
  return bytes.slice(0, count);
}

async function skip(connection: PeerConnection, count: number): Promise<void> {
  for (let left = count; left > 0; ) {
    const bytes = await next(connection);
    if (bytes.length > left) connection.unread(bytes.subarray(left));
    left -= bytes.length;
  }
}

async function next(connection: PeerConnection): Promise<Uint8Array> {
  const bytes = await connection.read(READ_MS);
  if (bytes === undefined)
    throw new SourceError("peer_gone", "The peer closed the connection in the middle of the file.");
  return bytes;
}
