// The Host of a node on real sockets: the process's monotonic clock, timers by number, numbers nobody can guess.
import { randomFillSync } from "node:crypto";
import type { Host, Millis } from "@servent/overlay/host/host.ts";
import { assert } from "@servent/overlay/base/assert.ts";

/** setTimeout takes 31 bits; longer waits wake up on the way and go on waiting. */
const SLEEP_MAX_MS = 0x7fff_ffff;

/** Random values drawn from the system at a time: a call for each would cost a microsecond. */
const RANDOM_AHEAD = 256;

interface Timer {
  due: Millis;
  handle: NodeJS.Timeout;
  /** When `handle` wakes; never later than `due`. */
  wakes: Millis;
}

export class SocketHost implements Host {
  private node: { onTimer(timer: number): void } | undefined;
  private readonly timers: (Timer | undefined)[] = [];
  private readonly random = new Uint32Array(RANDOM_AHEAD);
  private randomAt = RANDOM_AHEAD;

  /** Names the node whose timers these are; once, before the first timer is due. */
  attach(node: { onTimer(timer: number): void }): void {
    assert(this.node === undefined, "a host serves one node");
    this.node = node;
  }

  now(): Millis {
    return Math.floor(performance.now());
  }

  u32(): number {
    if (this.randomAt === RANDOM_AHEAD) {
      randomFillSync(this.random);
      this.randomAt = 0;
    }
    return this.random[this.randomAt++] as number;
  }

  arm(timer: number, delay: Millis): void {
    const due = this.now() + Math.max(1, Math.ceil(delay));
    const pending = this.timers[timer];
    // Nodes push deadlines back with every message. An early wake-up costs less than a new timeout each time.
    if (pending !== undefined && pending.wakes <= due) {
      pending.due = due;
      return;
    }
    this.disarm(timer);
    this.sleep(timer, due);
  }

  disarm(timer: number): void {
    const pending = this.timers[timer];
    if (pending === undefined) return;
    clearTimeout(pending.handle);
    this.timers[timer] = undefined;
  }

  /** Disarms every timer. */
  stop(): void {
    for (let timer = 0; timer < this.timers.length; timer++) this.disarm(timer);
  }

  private sleep(timer: number, due: Millis): void {
    const ms = Math.min(due - this.now(), SLEEP_MAX_MS);
    const handle = setTimeout(() => this.wake(timer), ms);
    this.timers[timer] = { due, handle, wakes: this.now() + ms };
  }

  private wake(timer: number): void {
    const pending = this.timers[timer];
    if (pending === undefined) return;
    // The loop's clock and ours may differ by a millisecond, and a deadline may have been pushed back.
    if (pending.due > this.now()) {
      this.sleep(timer, pending.due);
      return;
    }
    this.timers[timer] = undefined;
    assert(this.node !== undefined, "a timer is due but no node is attached");
    this.node.onTimer(timer);
  }
}
