// One source of one download: may it be asked now, and what is it worth.
import type { Source, SourceError, SourceProblem } from "../networks/network.ts";
import { type Clock, rfc3339 } from "./clock.ts";
import { RateMeter } from "./rate-limit.ts";
import type { TransferSourceView } from "./transfer.ts";

export interface RetryPolicy {
  /** Failures in a row after which a source is given up; 0 is never. */
  readonly tries: number;
  /** The first pause after a failure; each further failure in a row doubles it. */
  readonly firstMs: number;
  readonly maxMs: number;
}

/** A source that gave bytes this recently is thought to come back soon (a restart, a lost link) … */
const HOPEFUL_MS = 10 * 60_000;
/** … and is tried at least this often while no other source is at work. */
const HOPEFUL_PAUSE_MS_MAX = 30_000;
/** Wishes of the source itself are kept, but no longer than this. */
const RETRY_AFTER_MS_MAX = 3_600_000;
/** Doublings that matter; beyond them every pause is the longest one. */
const DOUBLINGS_MAX = 20;

/** Every failure costs at least this, whatever the policy says: without a pause a fast failure is an endless loop. */
const PAUSE_MS_MIN = 100;

/** Some problems pass slowly: a file that is not there will hardly be there in 15 seconds. */
const PATIENCE: Readonly<Record<SourceProblem, number>> = {
  remote_busy: 2,
  remote_queue: 2,
  refused: 8,
  not_found: 8,
  range_unavailable: 4,
  peer_gone: 1,
  timeout: 1,
  both_firewalled: 8,
  network_off: 1,
  protocol: 4,
};

export class SourceState {
  readonly source: Source;
  /** 1 … 250; pieces remember by it who gave them. */
  readonly number: number;
  readonly meter: RateMeter;
  phase: "idle" | "connecting" | "active" = "idle";
  note = "";
  problem: SourceProblem | undefined = undefined;
  position = 0;
  retryAt = 0;
  failures = 0;
  /** Bytes that were written. */
  bytes = 0;
  lastGoodAt = 0;
  /** Why it is not asked again at all; the tree that spoke against it, if that was the reason. */
  dropped: { readonly text: string; readonly isLiar: boolean; readonly root: string | undefined } | undefined =
    undefined;
  /** It was asked for the hash tree already. */
  askedTree = false;
  private readonly clock: Clock;

  constructor(source: Source, number: number, clock: Clock) {
    this.source = source;
    this.number = number;
    this.clock = clock;
    this.meter = new RateMeter(clock);
  }

  get isReady(): boolean {
    return this.dropped === undefined && this.phase === "idle" && this.retryAt <= this.clock.now();
  }

  /** Another range can be asked for at once. */
  succeed(): void {
    this.phase = "idle";
    this.failures = 0;
    this.problem = undefined;
    this.position = 0;
    this.retryAt = 0;
    this.note = this.dropped?.text ?? "";
  }

  /** `isAlone`: no other source is at work for this download. */
  fail(error: SourceError, policy: RetryPolicy, isAlone: boolean): void {
    const now = this.clock.now();
    this.phase = "idle";
    this.meter.reset();
    if (this.dropped !== undefined) return;
    this.problem = error.problem;
    this.note = error.message;
    this.position = error.position;
    this.failures++;
    if (policy.tries > 0 && this.failures >= policy.tries) {
      this.drop(`Given up after ${this.failures} tries. ${error.message}`, false);
      return;
    }
    const doublings = Math.min(this.failures - 1, DOUBLINGS_MAX);
    let pause = Math.min(policy.maxMs, policy.firstMs * PATIENCE[error.problem] * 2 ** doublings);
    const isPassing = error.problem === "peer_gone" || error.problem === "timeout";
    if (isAlone && isPassing && now - this.lastGoodAt < HOPEFUL_MS) pause = Math.min(pause, HOPEFUL_PAUSE_MS_MAX);
    // Spread, so that a source that comes back is not asked by everybody at once; its own wish is never cut short.
    const wish = Math.min(error.retryAfterMs, RETRY_AFTER_MS_MAX);
    pause = wish > 0 ? wish * (1 + 0.1 * Math.random()) : pause * (0.8 + 0.4 * Math.random());
    this.retryAt = now + Math.max(PAUSE_MS_MIN, Math.ceil(pause));
  }

  drop(text: string, isLiar: boolean, root?: string): void {
    this.dropped = { text, isLiar, root };
    this.note = text;
    this.meter.reset();
  }

  /** Ask again at once; forgiven what was held against it. */
  revive(): void {
    this.dropped = undefined;
    this.failures = 0;
    this.problem = undefined;
    this.retryAt = 0;
    this.position = 0;
    this.note = "";
  }

  view(): TransferSourceView {
    const isPaused = this.dropped === undefined && this.phase === "idle" && this.retryAt > this.clock.now();
    let state: TransferSourceView["state"] = this.phase;
    if (this.dropped !== undefined) state = "dropped";
    else if (isPaused) state = this.problem === "remote_queue" ? "queued" : "backoff";
    return {
      network: this.source.network,
      peer: this.source.peer,
      state,
      note: this.note,
      rate: this.phase === "active" ? this.meter.rate : 0,
      bytes: this.bytes,
      position: this.position,
      retryAt: isPaused ? rfc3339(this.retryAt) : null,
    };
  }
}
