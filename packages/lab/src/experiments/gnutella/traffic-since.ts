// What was sent in a world since some moment, by kind of message.
import type { Traffic, World } from "../../engine/world.ts";

export class TrafficSince {
  private readonly world: World;
  private readonly before: ReadonlyMap<string, Traffic>;

  constructor(world: World) {
    this.world = world;
    this.before = new Map([...world.sent()].map(([kind, { messages, bytes }]) => [kind, { messages, bytes }]));
  }

  /** Kinds that were ever sent. */
  kinds(): readonly string[] {
    return [...this.world.sent().keys()];
  }

  /** Of these kinds together; of all where none is named. */
  of(...kinds: readonly string[]): Traffic {
    let [messages, bytes] = [0, 0];
    for (const kind of kinds.length === 0 ? this.kinds() : kinds) {
      const now = this.world.sent().get(kind);
      const before = this.before.get(kind);
      messages += (now?.messages ?? 0) - (before?.messages ?? 0);
      bytes += (now?.bytes ?? 0) - (before?.bytes ?? 0);
    }
    return { messages, bytes };
  }
}
