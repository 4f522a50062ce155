// Idempotency-Key: a program that repeats a creating request, not knowing whether the first arrived, gets the first answer.
import { createHash } from "node:crypto";
import type { Clock } from "./clock.ts";
import { ApiError } from "./problem.ts";

export interface StoredAnswer {
  readonly status: number;
  readonly body: unknown;
}

interface Entry {
  readonly requestHash: string;
  readonly at: number;
  /** Undefined while the first request is being answered. */
  answer: StoredAnswer | undefined;
}

/** Answers remembered, and for how long: a program repeats within seconds, not days. */
const ENTRIES_MAX = 1000;
const LIFE_MS = 10 * 60_000;

export class IdempotencyKeys {
  private readonly clock: Clock;
  private readonly entries = new Map<string, Entry>();

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /**
   * The first answer to the same request, or undefined: this is the first, and `finish` or `forget` must follow.
   * Throws ApiError `conflict` where the key was used for another request, or the first is still at work.
   */
  begin(key: string, request: unknown): StoredAnswer | undefined {
    this.forgetOld();
    const requestHash = createHash("sha256").update(JSON.stringify(request)).digest("base64");
    const entry = this.entries.get(key);
    if (entry === undefined) {
      this.entries.set(key, { requestHash, at: this.clock.now(), answer: undefined });
      return undefined;
    }
    if (entry.requestHash !== requestHash) {
      throw new ApiError("conflict", 409, "This Idempotency-Key was used for another request.", "Use a new key.");
    }
    if (entry.answer === undefined) {
      throw new ApiError(
        "conflict",
        409,
        "The first request with this Idempotency-Key is still at work.",
        "Ask again.",
        {
          "retry-after": "1",
        },
      );
    }
    return entry.answer;
  }

  finish(key: string, answer: StoredAnswer): void {
    const entry = this.entries.get(key);
    if (entry !== undefined) entry.answer = answer;
  }

  /** The request failed; it may be tried again under the same key. */
  forget(key: string): void {
    this.entries.delete(key);
  }

  private forgetOld(): void {
    const oldest = this.clock.now() - LIFE_MS;
    for (const [key, entry] of this.entries) {
      if (entry.at >= oldest && this.entries.size < ENTRIES_MAX) break;
      this.entries.delete(key);
    }
  }
}
