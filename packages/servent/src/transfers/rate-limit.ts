// Bytes per second: a token bucket that many transfers share fairly, and a meter that says how fast one is.
import type { Clock } from "./clock.ts";

/** The bucket holds this much of a second, so that a pause does not turn into a burst. */
const BURST_S = 0.25;
/** Below this the timer would cost more than it shapes. */
const WAIT_MS_MIN = 10;
/** Moves per second that a chunk size aims at when the rate is low. */
const CHUNKS_PER_S = 8;
const CHUNK_BYTES_MIN = 1024;

type Waiter = { readonly bytes: number; readonly go: () => void };

/** A limit of 0 is no limit. Takers with different keys get turns in a circle, however many each has waiting. */
export class RateLimit {
  private readonly clock: Clock;
  private perSecond: number;
  private tokens = 0;
  private filledAt: number;
  private readonly waiting = new Map<string, Waiter[]>();
  private stopTimer: (() => void) | undefined = undefined;

  constructor(clock: Clock, perSecond = 0) {
    this.clock = clock;
    this.perSecond = perSecond;
    this.filledAt = clock.now();
  }

  get bytesPerSecond(): number {
    return this.perSecond;
  }

  /** Holds from now on, for those that wait too. */
  setRate(perSecond: number): void {
    this.fill();
    this.perSecond = perSecond;
    // A debt made at another rate must not hold anybody for long.
    this.tokens = Math.max(this.tokens, -perSecond);
    this.serve();
  }

  /** How much to move at once, at most `most`, so that a slow rate still flows evenly. */
  chunkBytes(most: number): number {
    if (this.perSecond === 0) return most;
    return Math.max(CHUNK_BYTES_MIN, Math.min(most, Math.floor(this.perSecond / CHUNKS_PER_S)));
  }

  /**
   * Undefined: go on at once. Otherwise resolves when the bytes may be moved, or as soon as `signal` aborts. A chunk
   * may be larger than the bucket: it goes when the bucket is not empty and leaves a debt.
   */
  take(key: string, bytes: number, signal?: AbortSignal): Promise<void> | undefined {
    if (this.perSecond === 0) return undefined;
    this.fill();
    if (this.waiting.size === 0 && this.tokens > 0) {
      this.tokens -= bytes;
      return undefined;
    }
    return new Promise((resolve) => {
      const waiter: Waiter = {
        bytes,
        go: () => {
          signal?.removeEventListener("abort", abort);
          resolve();
        },
      };
      const abort = () => {
        this.drop(key, waiter);
        resolve();
      };
      this.waiting.set(key, [...(this.waiting.get(key) ?? []), waiter]);
      signal?.addEventListener("abort", abort, { once: true });
      if (signal?.aborted) abort();
      this.serve();
    });
  }

  private fill(): void {
    const now = this.clock.now();
    const gained = (Math.max(0, now - this.filledAt) / 1000) * this.perSecond;
    this.filledAt = now;
    this.tokens = Math.min(this.tokens + gained, this.perSecond * BURST_S);
  }

  private serve(): void {
    this.fill();
    this.stopTimer?.();
    this.stopTimer = undefined;
    for (const [key, waiters] of this.waiting) {
      if (this.perSecond > 0 && this.tokens <= 0) break;
      const first = waiters.shift() as Waiter;
      // To the end of the circle.
      this.waiting.delete(key);
      if (waiters.length > 0) this.waiting.set(key, waiters);
      this.tokens -= first.bytes;
      first.go();
    }
    if (this.perSecond === 0) this.tokens = 0;
    if (this.waiting.size === 0) return;
    const waitMs = Math.max(WAIT_MS_MIN, Math.ceil((-this.tokens / this.perSecond) * 1000) + 1);
    this.stopTimer = this.clock.after(waitMs, () => this.serve());
  }

  private drop(key: string, waiter: Waiter): void {
    const rest = (this.waiting.get(key) ?? []).filter((each) => each !== waiter);
    if (rest.length === 0) this.waiting.delete(key);
    else this.waiting.set(key, rest);
  }
}

/** Time over which a rate is averaged: long enough to read, short enough to follow. */
const AVERAGE_MS = 3000;
/** Shorter spans say more about chunks than about rates. */
const SAMPLE_MS_MIN = 200;

export class RateMeter {
  private readonly clock: Clock;
  private bytes = 0;
  private since: number;
  private average = 0;
  private isFresh = true;

  constructor(clock: Clock) {
    this.clock = clock;
    this.since = clock.now();
  }

  add(bytes: number): void {
    this.bytes += bytes;
  }

  /** Starts anew, as after a pause. */
  reset(): void {
    this.bytes = 0;
    this.average = 0;
    this.isFresh = true;
    this.since = this.clock.now();
  }

  /** Bytes per second, lately. */
  get rate(): number {
    const now = this.clock.now();
    const span = now - this.since;
    if (span >= SAMPLE_MS_MIN) {
      const seen = (this.bytes / span) * 1000;
      const weight = this.isFresh ? 1 : 1 - Math.exp(-span / AVERAGE_MS);
      this.average += weight * (seen - this.average);
      this.isFresh = this.isFresh && this.bytes === 0;
      this.bytes = 0;
      this.since = now;
    }
    return Math.round(this.average);
  }
}
