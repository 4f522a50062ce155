// Sessions that were measured somewhere: a text with one on each line, "peer up down", where `up` and `down` are the instants,
// in milliseconds, at which that peer came and went. They can be replayed, or give durations to draw from.
import { decoded, malformed, type Decoded } from "@servent/overlay/base/decoded.ts";
import type { Address, Millis } from "@servent/overlay/host/host.ts";
import type { ChurnStream } from "./churn-stream.ts";
import { empirical, type Durations } from "./durations.ts";

/** Sorted by peer, a peer's by time; they do not overlap. */
export interface SessionTrace {
  /** One more than the highest number of a peer. */
  readonly peers: number;
  readonly peer: Int32Array;
  readonly upAt: Float64Array;
  readonly downAt: Float64Array;
}

/** While it is read a session takes about 100 bytes, later 20, and 8 more in a replay. */
export const TRACE_SESSIONS_MAX = 1_000_000;
export const TRACE_PEERS_MAX = 1_000_000;
/** Virtual time ends here. */
export const TRACE_MS_MAX = 2 ** 31 - 1;

/** Lines that are empty or begin with # say nothing. */
export function parseSessionTrace(text: string): Decoded<SessionTrace> {
  const rows: { peer: number; up: number; down: number; line: number }[] = [];
  for (const [i, line] of text.split("\n").entries()) {
    if (/^\s*(#|$)/.test(line)) continue;
    const match = /^\s*(\d{1,7})[\s,]+(\d{1,10})[\s,]+(\d{1,10})\s*$/.exec(line);
    if (match === null)
      return atLine(i, "expected a peer and the milliseconds at which it came and went, such as 3 0 5000");
    const [peer, up, down] = [Number(match[1]), Number(match[2]), Number(match[3])];
    if (peer >= TRACE_PEERS_MAX) return atLine(i, `expected a peer below ${TRACE_PEERS_MAX}, got ${peer}`);
    if (down > TRACE_MS_MAX) return atLine(i, `expected times up to ${TRACE_MS_MAX} ms, got ${down}`);
    if (down <= up) return atLine(i, `expected that the peer goes after it came, but it went at ${down}`);
    if (rows.length === TRACE_SESSIONS_MAX) return atLine(i, `there are more than ${TRACE_SESSIONS_MAX} sessions`);
    rows.push({ peer, up, down, line: i });
  }
  if (rows.length === 0) return malformed("session trace", "there is no session in it");
  rows.sort((a, b) => a.peer - b.peer || a.up - b.up || a.line - b.line);
  for (let i = 1; i < rows.length; i++) {
    const [before, after] = [rows[i - 1] as (typeof rows)[0], rows[i] as (typeof rows)[0]];
    if (before.peer === after.peer && after.up < before.down) {
      return atLine(after.line, `peer ${after.peer} came before it went at ${before.down} (line ${before.line + 1})`);
    }
  }
  return decoded({
    peers: (rows.at(-1)?.peer ?? 0) + 1,
    peer: Int32Array.from(rows, ({ peer }) => peer),
    upAt: Float64Array.from(rows, ({ up }) => up),
    downAt: Float64Array.from(rows, ({ down }) => down),
  });
}

/** The lengths of the sessions. */
export function sessionsOf({ upAt, downAt }: SessionTrace): Durations {
  return empirical(upAt.map((up, i) => (downAt[i] as Millis) - up));
}

/** The pauses between two sessions of a peer; nothing where no peer came twice. */
export function pausesOf({ peer, upAt, downAt }: SessionTrace): Durations | undefined {
  const pauses: Millis[] = [];
  for (let i = 1; i < peer.length; i++) {
    const pause = (upAt[i] as Millis) - (downAt[i - 1] as Millis);
    if (peer[i] === peer[i - 1] && pause > 0) pauses.push(pause);
  }
  return pauses.length === 0 ? undefined : empirical(Float64Array.from(pauses));
}

/** Exactly what the trace says. At the same instant peers go before others come, in the order of their numbers. */
export class TraceReplay implements ChurnStream {
  private readonly trace: SessionTrace;
  /** In order of time: 2 i + 1 is the beginning of session i, 2 i its end. */
  private readonly order: Uint32Array;
  private next = 0;

  constructor(trace: SessionTrace) {
    this.trace = trace;
    const events = new Uint32Array(2 * trace.peer.length).map((_, i) => i);
    this.order = events.sort((a, b) => this.instant(a) - this.instant(b) || (a & 1) - (b & 1) || a - b);
  }

  get at(): Millis {
    return this.next < this.order.length ? this.instant(this.order[this.next] as number) : Number.POSITIVE_INFINITY;
  }

  get peer(): Address {
    return this.trace.peer[(this.order[this.next] ?? 0) >> 1] as Address;
  }

  get up(): boolean {
    return ((this.order[this.next] ?? 0) & 1) === 1;
  }

  advance(): void {
    if (this.next < this.order.length) this.next++;
  }

  private instant(event: number): Millis {
    return ((event & 1) === 1 ? this.trace.upAt : this.trace.downAt)[event >> 1] as Millis;
  }
}

function atLine(index: number, problem: string): { readonly ok: false; readonly problem: string } {
  return malformed(`session trace, line ${index + 1}`, problem);
}
