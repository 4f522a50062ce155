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
const RING_MAX = 20_000;
const RING_AGE_MS = 10 * 60_000;

export class EventBus {
  private readonly ring: ServentEvent[] = [];
  private first = 0;
  private nextId = 1;
  private readonly listeners = new Set<(event: ServentEvent) => void>();

  emit(type: string, data: Readonly<Record<string, unknown>>): void {
    const now = Date.now();
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

  /** All kept events after `id`, or undefined where some of them are already forgotten. */
  since(id: number): readonly ServentEvent[] | undefined {
    const oldest = this.ring[this.first]?.id ?? this.nextId;
    if (id + 1 < oldest || id >= this.nextId) return undefined;
    return this.ring.slice(this.first + (id + 1 - oldest));
  }

  get lastId(): number {
    return this.nextId - 1;
  }

  private forget(now: number): void {
    const oldest = now - RING_AGE_MS;
    while (
      this.ring.length - this.first > RING_MAX ||
      Date.parse((this.ring[this.first] as ServentEvent).at) < oldest
    ) {
      this.first++;
    }
    // Dropping the front one by one would move the whole ring each time.
    if (this.first > RING_MAX) {
      this.ring.splice(0, this.first);
      this.first = 0;
    }
  }
}
