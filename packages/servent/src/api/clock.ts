// Time for the parts of the API that wait, so that tests can move it by hand.

export interface Clock {
  /** Unix milliseconds. */
  now(): number;
  /** Calls once, later; the answer takes it back. */
  after(ms: number, act: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  after(ms, act) {
    const timer = setTimeout(act, ms);
    // Nothing here is a reason to keep a process alive.
    timer.unref();
    return () => clearTimeout(timer);
  },
};
