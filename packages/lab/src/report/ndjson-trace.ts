// The trace of a run as lines of JSON: a head that says which run it is, then one line for each event in the order in which
// they were delivered. Short, since a run has millions: {"t":1012,"e":"message","to":4,"from":0,"m":"query","b":31}
import { assert } from "@servent/overlay/base/assert.ts";
import { decoded, type Decoded, malformed } from "@servent/overlay/base/decoded.ts";

const TRACE_SCHEMA = "servent.trace/1";

export interface TraceHead {
  readonly title: string;
  readonly seed: string;
  readonly build: string;
  readonly fidelity: string;
}

/** What happened: a timer fired, a message or a change of a stream arrived. */
export type TraceEventKind =
  | "timer"
  | "datagram"
  | "message"
  | "dial"
  | "open"
  | "refused"
  | "end"
  | "closed"
  | "writable";

export interface TraceEvent {
  readonly tick: number;
  readonly kind: TraceEventKind;
  readonly to: number;
  /** The peer that sent it; for a timer its number. */
  readonly from: number;
  /** Kind of the message; undefined where the event carries none. */
  readonly message: string | undefined;
  /** Bytes of the message as charged. */
  readonly bytes: number;
}

/** A line of a trace is never longer; a longer one is not read. */
const TRACE_LINE_LENGTH_MAX = 1000;

/** By the numbers that events have in a world (engine/event-kinds.ts). */
const KINDS: readonly TraceEventKind[] = [
  "timer",
  "datagram",
  "dial",
  "open",
  "refused",
  "message",
  "end",
  "closed",
  "writable",
];

/** A world's own number for a kind of event, in words. */
export function traceKind(type: number): TraceEventKind {
  const kind = KINDS[type];
  assert(kind !== undefined, "every kind of event that is delivered has a name");
  return kind;
}

export function traceHeadLine({ title, seed, build, fidelity }: TraceHead): string {
  return `${JSON.stringify({ schema: TRACE_SCHEMA, title, seed, build, fidelity })}\n`;
}

export function traceLine({ tick, kind, to, from, message, bytes }: TraceEvent): string {
  const head = `{"t":${tick},"e":"${kind}","to":${to},"from":${from}`;
  return message === undefined ? `${head}}\n` : `${head},"m":${JSON.stringify(message)},"b":${bytes}}\n`;
}

/** Reads a line that `traceLine` made; anything else is a problem in words. */
export function parseTraceLine(line: string): Decoded<TraceEvent> {
  if (line.length > TRACE_LINE_LENGTH_MAX) return malformed("trace", `a line of ${line.length} characters`);
  let parsed: unknown;
  try {
    parsed = JSON.parse(line);
  } catch {
    return malformed("trace", "a line that is no JSON");
  }
  if (typeof parsed !== "object" || parsed === null) return malformed("trace", "a line that is no object");
  const { t, e, to, from, m, b } = parsed as Readonly<Record<string, unknown>>;
  const whole = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
  if (!whole(t) || !whole(to) || !whole(from)) return malformed("trace", "t, to and from are whole numbers");
  const kind = KINDS.find((each) => each === e);
  if (kind === undefined) return malformed("trace", `e is one of ${KINDS.join(", ")}`);
  if (m === undefined) return decoded({ tick: t, kind, to, from, message: undefined, bytes: 0 });
  if (typeof m !== "string" || !whole(b)) return malformed("trace", "m is a text, and b the bytes of the message");
  return decoded({ tick: t, kind, to, from, message: m, bytes: b });
}
