// Invariants that are watched while a world runs. A violation stops the run and says where it was, so that the same seed
// leads to the same place again.
import type { Millis } from "@servent/overlay/host/host.ts";

export interface Checker {
  readonly name: string;
  /** What is wrong, as a sentence without its full stop; undefined while all is well. */
  check(now: Millis): string | undefined;
}

/** Our own code did what it must never do. */
export class ViolationError extends Error {
  readonly checker: string;
  readonly seed: string;
  readonly tick: Millis;
  readonly event: number;

  constructor(
    checker: string,
    problem: string,
    at: { readonly seed: string; readonly tick: Millis; readonly event: number },
  ) {
    super(`${checker}: ${problem} (seed ${at.seed}, tick ${at.tick}, event ${at.event})`);
    this.name = "ViolationError";
    this.checker = checker;
    this.seed = at.seed;
    this.tick = at.tick;
    this.event = at.event;
  }
}

/** Asks every checker whenever so many events have passed. */
export class Watch {
  private readonly checkers: readonly Checker[];
  private readonly every: number;
  private readonly seed: string;
  private next: number;

  constructor(checkers: readonly Checker[], every: number, seed: string) {
    this.checkers = checkers;
    this.every = every;
    this.seed = seed;
    this.next = every;
  }

  /** To be called between ticks. Throws `ViolationError`. */
  look(now: Millis, events: number): void {
    if (events < this.next || this.checkers.length === 0) return;
    this.next = events + this.every;
    this.lookNow(now, events);
  }

  lookNow(now: Millis, events: number): void {
    for (const checker of this.checkers) {
      const problem = checker.check(now);
      if (problem !== undefined)
        throw new ViolationError(checker.name, problem, { seed: this.seed, tick: now, event: events });
    }
  }
}
