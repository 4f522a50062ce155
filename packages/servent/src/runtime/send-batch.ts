// What one link has to send, put together for one write. Mostly the system takes a write at once; then its memory serves the next.
import type { Writable } from "node:stream";
import { TLSSocket } from "node:tls";

const DESK_BYTES = 64 * 1024;
/** A smaller batch is put together in memory of its own. */
const DESK_BATCH_MIN = 4 * 1024;
/** A smaller one is written from memory of its own: what waits in a socket holds at most four times as much. */
const DESK_WRITE_MIN = 16 * 1024;
const DESKS_MAX = 8;
const FIRST_BYTES = 256;
const NOTHING = new Uint8Array(0);

/** Large arrays that nobody uses. */
const desks: Uint8Array[] = [];

export class SendBatch {
  length = 0;
  private buffer: Uint8Array = NOTHING;

  /** Copies them. */
  add(bytes: Uint8Array): void {
    const length = this.length + bytes.length;
    if (length > this.buffer.length) this.grow(length);
    this.buffer.set(bytes, this.length);
    this.length = length;
  }

  /** An array with all of it; then the batch is empty. */
  take(): Uint8Array {
    const { buffer, length } = this;
    this.clear();
    if (length === buffer.length) return buffer;
    const bytes = buffer.slice(0, length);
    giveBack(buffer);
    return bytes;
  }

  /** Writes all of it; then the batch is empty. */
  writeTo(stream: Writable, done: () => void): void {
    // Where others wait already, this waits, too: no link keeps more than one desk from the others. TLS takes nothing at once.
    const isAtDesk = this.buffer.length === DESK_BYTES && this.length >= DESK_WRITE_MIN;
    if (!isAtDesk || stream.writableLength > 0 || stream instanceof TLSSocket) {
      stream.write(this.take(), done);
      return;
    }
    const { buffer, length } = this;
    this.clear();
    stream.write(buffer.subarray(0, length), done);
    if (stream.writableLength === 0) giveBack(buffer);
  }

  private clear(): void {
    this.buffer = NOTHING;
    this.length = 0;
  }

  private grow(length: number): void {
    const { buffer } = this;
    if (length < DESK_BATCH_MIN)
      this.buffer = new Uint8Array(this.length === 0 ? length : Math.max(FIRST_BYTES, 2 * length));
    else if (length <= DESK_BYTES) this.buffer = desks.pop() ?? new Uint8Array(DESK_BYTES);
    else this.buffer = new Uint8Array(2 * length);
    this.buffer.set(buffer.subarray(0, this.length));
    giveBack(buffer);
  }
}

function giveBack(buffer: Uint8Array): void {
  if (buffer.length === DESK_BYTES && desks.length < DESKS_MAX) desks.push(buffer);
}
