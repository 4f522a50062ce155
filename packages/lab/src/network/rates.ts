// The lines of the peers: how many bytes each can send and receive in a millisecond, for all its links together. A line is a
// number, the instant from which on it is free; whatever is sent before waits its turn. How much waits follows from that number,
// so there are no queues to keep, and a queue that is too long refuses what comes.
//
// Both questions are asked when the thing happens, in order of time: `departs` when a peer sends, and `arrives` when the datagram
// has come over the net to the receiver's line, which may hold it up further.
import { assert } from "@servent/overlay/base/assert.ts";
import type { Address, Millis } from "@servent/overlay/host/host.ts";

/** Bytes per millisecond, which is about kilobytes per second; Infinity is no limit. */
export interface LineRates {
  readonly uploadBytesPerMs: number;
  readonly downloadBytesPerMs: number;
}

export interface RateOptions {
  /** Asked once for each peer. */
  readonly lineOf: (peer: Address) => LineRates;
  /** What may wait at either end of a line, the newcomer included. What is larger by itself never gets through. */
  readonly queueBytesMax: number;
}

/** In place of an instant: the queue was full, and the datagram is gone. */
export const DROPPED = -1;

export class Rates {
  /** Datagrams refused by the queue of their sender's line, and of their receiver's. */
  uploadsDropped = 0;
  downloadsDropped = 0;

  private readonly lineOf: (peer: Address) => LineRates;
  private readonly queueBytesMax: number;
  private readonly uploads = new Lines();
  private readonly downloads = new Lines();
  /** How many peers have been asked for. */
  private known = 0;
  private lastAt: Millis = 0;

  constructor({ lineOf, queueBytesMax }: RateOptions) {
    assert(queueBytesMax >= 0, "a queue has a length");
    this.lineOf = lineOf;
    this.queueBytesMax = queueBytesMax;
  }

  /** When the last byte of what is sent now leaves the sender; DROPPED where it does not. May have fractions. */
  departs(from: Address, bytes: number, now: Millis): Millis {
    this.see(from, now);
    const at = this.uploads.pass(from, bytes, now, this.queueBytesMax);
    if (at === DROPPED) this.uploadsDropped++;
    return at;
  }

  /**
   * When the receiver has the last byte of what reaches its line at `at`; DROPPED where it does not get it. Of a stream nothing is
   * dropped: what has no room waits, as flow control makes it do.
   */
  arrives(to: Address, bytes: number, at: Millis, isStream = false): Millis {
    this.see(to, at);
    const done = this.downloads.pass(to, bytes, at, isStream ? Number.POSITIVE_INFINITY : this.queueBytesMax);
    if (done === DROPPED) this.downloadsDropped++;
    return done;
  }

  /** Bytes that wait at the sender's line, the one under way included. */
  uploadQueueBytes(peer: Address, now: Millis): number {
    this.see(peer, now);
    return this.uploads.waitingBytes(peer, now);
  }

  downloadQueueBytes(peer: Address, now: Millis): number {
    this.see(peer, now);
    return this.downloads.waitingBytes(peer, now);
  }

  uploadBytesPerMs(peer: Address): number {
    return this.lineOf(peer).uploadBytesPerMs;
  }

  private see(peer: Address, at: Millis): void {
    // A line that was told of the future would hold up the present.
    assert(at >= this.lastAt, "lines are asked in order of time");
    this.lastAt = at;
    for (; this.known <= peer; this.known++) {
      const { uploadBytesPerMs, downloadBytesPerMs } = this.lineOf(this.known);
      this.uploads.set(this.known, uploadBytesPerMs);
      this.downloads.set(this.known, downloadBytesPerMs);
    }
  }
}

/** One direction of every peer's line: two columns, 16 bytes for a peer. */
class Lines {
  private bytesPerMs = new Float64Array(64);
  private busyUntil = new Float64Array(64);

  set(peer: Address, bytesPerMs: number): void {
    assert(bytesPerMs > 0, "a line carries something");
    if (peer >= this.bytesPerMs.length) {
      this.bytesPerMs = grown(this.bytesPerMs);
      this.busyUntil = grown(this.busyUntil);
    }
    this.bytesPerMs[peer] = bytesPerMs;
  }

  pass(peer: Address, bytes: number, at: Millis, queueBytesMax: number): Millis {
    if (this.waitingBytes(peer, at) + bytes > queueBytesMax) return DROPPED;
    const start = Math.max(at, this.busyUntil[peer] as Millis);
    const end = start + bytes / (this.bytesPerMs[peer] as number);
    this.busyUntil[peer] = end;
    return end;
  }

  waitingBytes(peer: Address, at: Millis): number {
    const busyMs = (this.busyUntil[peer] as Millis) - at;
    // A line without limit is never busy, and 0 · Infinity is not a number.
    if (busyMs <= 0) return 0;
    // Whole bytes, or what rounding left of one would fill a queue that is exactly full.
    return Math.floor(busyMs * (this.bytesPerMs[peer] as number) + 0.5);
  }
}

function grown(column: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(2 * column.length);
  larger.set(column);
  return larger;
}
