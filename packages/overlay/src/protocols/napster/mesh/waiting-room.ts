// Envelopes for servers that are up but to which no way is known at the moment: a link broke, and the next heartbeat shows
// another way. Each waits a little, then is lost.
import type { Millis } from "../../../host/host.ts";
import { envelopeBytesMax } from "./codec.ts";
import { MESH_LIMITS } from "./limits.ts";
import type { Envelope, ServerId } from "./messages.ts";

interface Waiting {
  /** To one server. */
  readonly envelope: Envelope;
  readonly until: Millis;
}

export class WaitingRoom {
  private all: Waiting[] = [];
  private bytes = 0;

  /** How many were lost to make room: the oldest. */
  add(envelope: Envelope, until: Millis): number {
    this.all.push({ envelope, until });
    this.bytes += envelopeBytesMax(envelope);
    let lost = 0;
    while (this.all.length > MESH_LIMITS.waitingMax || this.bytes > MESH_LIMITS.waitingBytesMax) {
      const oldest = this.all.shift();
      if (oldest === undefined) break;
      this.bytes -= envelopeBytesMax(oldest.envelope);
      lost++;
    }
    return lost;
  }

  /** Those for this server, which leave. */
  take(server: ServerId): readonly Envelope[] {
    if (this.all.length === 0) return [];
    const taken = this.all.filter(({ envelope }) => envelope.to[0] === server);
    if (taken.length > 0) this.keep(({ envelope }) => envelope.to[0] !== server);
    return taken.map(({ envelope }) => envelope);
  }

  /** How many have waited too long, and are lost. */
  expire(now: Millis): number {
    const before = this.all.length;
    this.keep(({ until }) => until > now);
    return before - this.all.length;
  }

  private keep(stays: (waiting: Waiting) => boolean): void {
    this.all = this.all.filter(stays);
    this.bytes = this.all.reduce((bytes, { envelope }) => bytes + envelopeBytesMax(envelope), 0);
  }
}
