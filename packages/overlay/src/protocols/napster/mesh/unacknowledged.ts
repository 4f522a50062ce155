// Envelopes that were sent over a link and that the other side has not said to have: when the link breaks they go another way.
// The receiver counts, and tells its count; so nothing is numbered on the wire.
import { envelopeBytesMax } from "./codec.ts";
import { MESH_LIMITS } from "./limits.ts";
import type { Envelope } from "./messages.ts";

export class Unacknowledged {
  /** Sent over the link since it opened. */
  private sent = 0;
  /** The last of them, oldest first. */
  private kept: Envelope[] = [];
  private bytes = 0;

  get envelopes(): readonly Envelope[] {
    return this.kept;
  }

  /** Takes note of one that goes out now. Those that nobody acknowledged for long are forgotten, the oldest first. */
  add(envelope: Envelope): void {
    this.sent++;
    this.kept.push(envelope);
    this.bytes += envelopeBytesMax(envelope);
    let over = Math.max(0, this.kept.length - MESH_LIMITS.unacknowledgedMax);
    for (let bytes = this.bytes - sum(this.kept, over); bytes > MESH_LIMITS.unacknowledgedBytesMax; over++) {
      bytes -= envelopeBytesMax(this.kept[over] as Envelope);
    }
    this.forget(over);
  }

  /** The other side has had so many since the link opened. False: it cannot have. */
  acknowledge(received: number): boolean {
    if (received > this.sent) return false;
    this.forget(Math.max(0, this.kept.length - (this.sent - received)));
    return true;
  }

  private forget(count: number): void {
    this.bytes -= sum(this.kept, count);
    this.kept.splice(0, count);
  }
}

function sum(envelopes: readonly Envelope[], count: number): number {
  let bytes = 0;
  for (let i = 0; i < count; i++) bytes += envelopeBytesMax(envelopes[i] as Envelope);
  return bytes;
}
