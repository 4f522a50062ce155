// Who comes and goes, as a stream of events in order of time. A stream shows its next event; `advance` goes on to the one
// after it. Nothing is allocated for an event.
import type { Address, Millis } from "@servent/overlay/host/host.ts";

export interface ChurnStream {
  /** When the next event happens, whole milliseconds of virtual time; Infinity when there is none any more. */
  readonly at: Millis;
  /** Whom it is about. */
  readonly peer: Address;
  /** Whether that peer comes; otherwise it goes. */
  readonly up: boolean;
  advance(): void;
}

/** Several streams as one. At the same instant the earlier one in the list goes first. */
export class MergedChurn implements ChurnStream {
  private readonly streams: readonly ChurnStream[];
  private next: ChurnStream | undefined;

  constructor(streams: readonly ChurnStream[]) {
    this.streams = streams;
    this.choose();
  }

  get at(): Millis {
    return this.next?.at ?? Number.POSITIVE_INFINITY;
  }

  get peer(): Address {
    return this.next?.peer ?? 0;
  }

  get up(): boolean {
    return this.next?.up ?? false;
  }

  advance(): void {
    this.next?.advance();
    this.choose();
  }

  private choose(): void {
    this.next = this.streams[0];
    for (const stream of this.streams) if (stream.at < this.at) this.next = stream;
  }
}
