// Time as transfers see it, so that tests can advance it by hand.

export interface Clock {
  /** Unix milliseconds. */
  now(): number;
  /** Calls once after `ms`; the answer calls it off. Never keeps the process alive. */
  after(ms: number, run: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  after: (ms, run) => {
    const timer = setTimeout(run, ms);
    timer.unref();
    return () => clearTimeout(timer);
  },
};

export function rfc3339(at: number): string {
  return new Date(at).toISOString();
}
