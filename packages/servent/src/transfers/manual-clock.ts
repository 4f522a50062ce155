// A clock that tests advance by hand.
import type { Clock } from "./clock.ts";

export class ManualClock implements Clock {
  private time: number;
  private readonly timers: { at: number; run: () => void }[] = [];

  constructor(start = 1_800_000_000_000) {
    this.time = start;
  }

  now(): number {
    return this.time;
  }

  after(ms: number, run: () => void): () => void {
    const timer = { at: this.time + Math.max(1, ms), run };
    this.timers.push(timer);
    return () => {
      const at = this.timers.indexOf(timer);
      if (at >= 0) this.timers.splice(at, 1);
    };
  }

  /** Runs everything that is due up to then, in order of time. */
  advance(ms: number): void {
    const end = this.time + ms;
    for (;;) {
      let next: { at: number; run: () => void } | undefined;
      for (const timer of this.timers) if (timer.at <= end && (next === undefined || timer.at < next.at)) next = timer;
      if (next === undefined) break;
      this.timers.splice(this.timers.indexOf(next), 1);
      this.time = next.at;
      next.run();
    }
    this.time = end;
  }
}
