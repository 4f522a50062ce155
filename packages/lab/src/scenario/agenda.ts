// What is to be done in a world from outside its nodes, in order of time: load, faults, churn, samples. At the same instant
// what was entered first is done first.
import type { Millis } from "@servent/overlay/host/host.ts";

interface Entry {
  readonly at: Millis;
  readonly act: () => void;
}

export class Agenda {
  /** In order; those up to `done` are over. */
  private readonly entries: Entry[] = [];
  private done = 0;

  /** When the next entry is due; Infinity where there is none. */
  get next(): Millis {
    return this.entries[this.done]?.at ?? Number.POSITIVE_INFINITY;
  }

  /** Entries of the past are due at once. */
  add(at: Millis, act: () => void): void {
    if (at === Number.POSITIVE_INFINITY) return;
    let low = this.done;
    let high = this.entries.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.entries[middle] as Entry).at <= at) low = middle + 1;
      else high = middle;
    }
    this.entries.splice(low, 0, { at, act });
  }

  /** Does what is due, also what comes to it meanwhile. */
  act(now: Millis): void {
    while (this.next <= now) {
      const entry = this.entries[this.done++] as Entry;
      if (this.done === DONE_KEPT) {
        this.entries.splice(0, this.done);
        this.done = 0;
      }
      entry.act();
    }
  }
}

/** Entries that are over are thrown away by the hundred, since taking away the first moves all others. */
const DONE_KEPT = 100;
