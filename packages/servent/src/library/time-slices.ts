// Long work in small pieces, so that everything else in the process goes on; and reports that come no faster than people
// can read them.
import { setImmediate } from "node:timers/promises";

/** The longest that one piece of work may hold the process: half a frame of 60 per second. */
const SLICE_MS = 8;

/**
 * Runs a generator to its end, with a breath for all others whenever a slice is used up.
 * Undefined where `isOver` said so before the end; the work is then left as it is.
 */
export async function drive<T>(
  steps: Generator<undefined, T, undefined>,
  isOver: () => boolean = () => false,
): Promise<T | undefined> {
  let since = performance.now();
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    if (performance.now() - since < SLICE_MS) continue;
    await setImmediate();
    if (isOver()) return undefined;
    since = performance.now();
  }
}

/** Calls `act` when asked to, but not more often than each `everyMs`; the last of a flock is never lost. */
export class Throttle {
  private readonly everyMs: number;
  private readonly act: () => void;
  private last = Number.NEGATIVE_INFINITY;
  private timer: NodeJS.Timeout | undefined;

  constructor(everyMs: number, act: () => void) {
    this.everyMs = everyMs;
    this.act = act;
  }

  call(): void {
    if (this.timer !== undefined) return;
    const wait = this.last + this.everyMs - performance.now();
    if (wait <= 0) this.now();
    else this.timer = setTimeout(() => this.now(), wait).unref();
  }

  /** Acts at once. */
  now(): void {
    this.close();
    this.last = performance.now();
    this.act();
  }

  /** Forgets what still waits. */
  close(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }
}
