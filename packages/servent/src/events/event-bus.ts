// Changes, told once. Everything that a person may watch is an event; the API streams them with replay.

export interface ServentEvent {
  /** Grows by one. */
  readonly id: number;
  /** RFC 3339 UTC. */
  readonly at: string;
  /** `transfer.state`, `search.hit`, `share.scan`, … */
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Events kept for replay: enough for ten minutes of a busy daemon, and bounded in memory. */
export const RING_MAX = 20_000;
const RING_AGE_MS = 10 * 60_000;

export class EventBus {
  /** What is forgotten leaves a hole at the front until the whole front is dropped. */
  private readonly ring: (ServentEvent | undefined)[] = [];
  private first = 0;
  private nextId: number;
  private readonly now: () => number;
  private readonly listeners = new Set<(event: ServentEvent) => void>();

  /**
   * Ids begin at the time of the start in milliseconds. A reader that comes back after a restart then always asks for
   * something older than all we have, and is told so, instead of missing what happened under ids it thinks it has seen.
   */
  constructor(now: () => number = Date.now) {
    this.now = now;
    this.nextId = now();
  }

  emit(type: string, data: Readonly<Record<string, unknown>>): void {
    const now = this.now();
    const event: ServentEvent = { id: this.nextId++, at: new Date(now).toISOString(), type, data };
    this.ring.push(event);
    this.forget(now);
    for (const listener of this.listeners) listener(event);
  }

  /** Listens from now on; the answer ends it. A listener must not throw and must not emit. */
  listen(listener: (event: ServentEvent) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Kept events after `id`, at most `limit`, or undefined where some of them are already forgotten, or `id` never was. */
  since(id: number, limit = RING_MAX): readonly ServentEvent[] | undefined {
    const oldest = this.ring[this.first]?.id ?? this.nextId;
    if (id + 1 < oldest || id >= this.nextId) return undefined;
    const from = this.first + (id + 1 - oldest);
    return this.ring.slice(from, from + limit) as ServentEvent[];
  }

  /** Id of the last event, or of the one before the first. */
  get lastId(): number {
    return this.nextId - 1;
  }

  private forget(now: number): void {
    const oldest = now - RING_AGE_MS;
    // The event just pushed is never older than that, so this ends.
    while (
      this.ring.length - this.first > RING_MAX ||
      Date.parse((this.ring[this.first] as ServentEvent).at) < oldest
    ) {
      // Else up to as many again would be held until the front is dropped.
      this.ring[this.first++] = undefined;
    }
    // Dropping the front one by one would move the whole ring each time.
    if (this.first > RING_MAX) {
      this.ring.splice(0, this.first);
      this.first = 0;
    }
  }
}
