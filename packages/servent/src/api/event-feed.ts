// One reader's stream of events (SSE). It keeps no queue of its own: the bus keeps the events, the feed only knows
// how far its reader has come. A reader that falls behind what the bus keeps is told to start over, and is let go.
import type { EventBus, ServentEvent } from "../events/event-bus.ts";
import type { Clock } from "./clock.ts";

/** Where the text goes: a socket, or a test. */
export interface FeedSink {
  write(text: string): void;
  /** Bytes that the reader has not yet taken. */
  readonly waiting: number;
  /** Sends what is waiting, then ends. */
  end(): void;
}

export interface FeedOptions {
  /** Patterns like `transfer.*`, `search.hit`; all where absent. */
  readonly types?: readonly string[] | undefined;
  /** Id of the last event the reader has; from now on where absent. */
  readonly since?: number | undefined;
  /** Asked with every heartbeat, so that a stream does not outlive the login it came with. */
  readonly mayGoOn?: () => boolean;
}

/** A reader with more than this in its socket gets nothing more until it has read: memory per reader is bounded. */
const WAITING_BYTES_MAX = 256 * 1024;
/** Events looked at in one go, so that a long replay does not hold up everybody else. */
const BATCH_MAX = 500;
const HEARTBEAT_MS = 15_000;
/** Progress of one transfer at most twice a second, of all together ten times. */
const PROGRESS_EACH_MS = 500;
const PROGRESS_ALL_MS = 100;
/** Transfers whose progress may wait at once; far more than can be active. */
const PROGRESS_MAX = 4096;
const RETRY_MS = 2000;

export class EventFeed {
  private readonly bus: EventBus;
  private readonly sink: FeedSink;
  private readonly clock: Clock;
  private readonly matches: (type: string) => boolean;
  private readonly mayGoOn: () => boolean;
  private cursor: number;
  private closed = false;
  private pumping = false;
  private stopListening: () => void = () => undefined;
  private cancelHeartbeat: () => void = () => undefined;
  private cancelProgress: (() => void) | undefined;
  /** The newest progress of each transfer that waits for its turn. */
  private readonly progress = new Map<string, ServentEvent>();
  /** When progress of a transfer was last sent; entries older than PROGRESS_EACH_MS are dropped. */
  private readonly progressSent = new Map<string, number>();

  constructor(bus: EventBus, sink: FeedSink, clock: Clock, options: FeedOptions = {}) {
    this.bus = bus;
    this.sink = sink;
    this.clock = clock;
    this.matches = typeFilter(options.types);
    this.mayGoOn = options.mayGoOn ?? (() => true);
    this.cursor = options.since ?? bus.lastId;
  }

  start(): void {
    this.sink.write(`retry: ${RETRY_MS}\n\n`);
    if (this.bus.since(this.cursor, 0) === undefined) {
      this.sink.write(this.reset("too_old"));
      this.cursor = this.bus.lastId;
    }
    // An id without data: from here on a reader that comes back knows where it was.
    this.sink.write(`id: ${this.cursor}\n\n`);
    this.stopListening = this.bus.listen(() => this.pumpSoon());
    this.heartbeat();
    this.pump();
  }

  /** The reader took what was waiting. */
  onDrain(): void {
    this.pumpSoon();
  }

  close(): void {
    this.closed = true;
    this.stopListening();
    this.cancelHeartbeat();
    this.cancelProgress?.();
    this.progress.clear();
  }

  /** Once per turn of the event loop, so that a burst of events goes out in few writes. */
  private pumpSoon(): void {
    if (this.pumping || this.closed) return;
    this.pumping = true;
    setImmediate(() => {
      this.pumping = false;
      this.pump();
    });
  }

  private pump(): void {
    if (this.closed) return;
    // A full reader is woken by onDrain; what it misses meanwhile is kept by the bus.
    const isFull = this.sink.waiting > WAITING_BYTES_MAX;
    const events = this.bus.since(this.cursor, isFull ? 0 : BATCH_MAX);
    if (events === undefined) {
      this.giveUp();
      return;
    }
    let text = "";
    for (const event of events) {
      this.cursor = event.id;
      if (!this.matches(event.type)) continue;
      if (event.type === "transfer.progress") this.hold(event);
      else {
        // What a transfer has become makes its waiting progress stale.
        if (event.type.startsWith("transfer.")) this.progress.delete(transferId(event));
        text += message(event, event.id);
      }
    }
    if (text !== "") this.sink.write(text);
    if (events.length === BATCH_MAX) this.pumpSoon();
  }

  private hold(event: ServentEvent): void {
    const transfer = transferId(event);
    if (this.progress.size >= PROGRESS_MAX && !this.progress.has(transfer)) return;
    this.progress.set(transfer, event);
    this.cancelProgress ??= this.clock.after(PROGRESS_ALL_MS, () => this.sendProgress());
  }

  private sendProgress(): void {
    const now = this.clock.now();
    this.cancelProgress = undefined;
    for (const [transfer, sentAt] of this.progressSent) {
      // The wall clock may also be set back.
      if (Math.abs(now - sentAt) >= PROGRESS_EACH_MS) this.progressSent.delete(transfer);
    }
    if (this.sink.waiting <= WAITING_BYTES_MAX) {
      for (const [transfer, event] of this.progress) {
        if (this.progressSent.has(transfer)) continue;
        this.progress.delete(transfer);
        this.progressSent.set(transfer, now);
        // Later events may have gone out before it, so it carries no id: those only grow.
        this.sink.write(message(event, null));
        break;
      }
    }
    if (this.progress.size > 0) this.cancelProgress = this.clock.after(PROGRESS_ALL_MS, () => this.sendProgress());
  }

  private heartbeat(): void {
    this.cancelHeartbeat = this.clock.after(HEARTBEAT_MS, () => {
      if (!this.mayGoOn()) {
        this.close();
        this.sink.end();
        return;
      }
      if (this.sink.waiting <= WAITING_BYTES_MAX) this.sink.write(": alive\n\n");
      this.heartbeat();
    });
  }

  private giveUp(): void {
    this.sink.write(this.reset("too_slow"));
    this.close();
    this.sink.end();
  }

  private reset(reason: "too_old" | "too_slow"): string {
    const at = new Date(this.clock.now()).toISOString();
    return `data: ${JSON.stringify({ id: null, at, type: "reset", data: { reason } })}\n\n`;
  }
}

/** Without an `event:` line, so that a page's `onmessage` hears every type; the type is in the data. */
function message(event: ServentEvent, id: number | null): string {
  const data = JSON.stringify({ id, at: event.at, type: event.type, data: event.data });
  return id === null ? `data: ${data}\n\n` : `id: ${id}\ndata: ${data}\n\n`;
}

/** Events about a transfer carry it whole, or its id alone. */
function transferId({ data }: ServentEvent): string {
  const { transfer } = data;
  const named = typeof transfer === "object" && transfer !== null && "id" in transfer ? transfer.id : data.id;
  return String(named);
}

function typeFilter(patterns: readonly string[] | undefined): (type: string) => boolean {
  if (patterns === undefined || patterns.includes("*")) return () => true;
  const exact = new Set(patterns);
  const prefixes = patterns.filter((pattern) => pattern.endsWith(".*")).map((pattern) => pattern.slice(0, -1));
  return (type) => exact.has(type) || prefixes.some((prefix) => type.startsWith(prefix));
}
