// Who is on the bus, by heartbeats that everybody hears; and whether we may be there under our name. A newcomer listens before it
// speaks, so that it does not take the name of a server that is up. No clock and no bus here: whoever owns it says what happens.
import type { Beat, ServerId } from "@servent/overlay/protocols/napster/mesh/messages.ts";
import { type KnownServer, Servers } from "@servent/overlay/protocols/napster/mesh/servers.ts";

export interface PresenceOptions {
  readonly id: ServerId;
  readonly name: string;
  readonly beatMs: number;
  /** A server that was not heard for so long is down. */
  readonly silenceMs: number;
}

export interface PresenceEvents {
  onUp(server: string): void;
  onDown(server: string): void;
  /** Another server has our name: we are not there until it is gone. */
  onNameTaken(): void;
}

/** Everything comes over the bus, so there is one way. */
const BUS = 0;
/** Heartbeats that a newcomer waits for one under its own name; and, after the bus was gone, that others may be missing. */
const LISTEN_BEATS = 2;
const DOUBT_BEATS = 3;

export class BusPresence {
  private readonly options: PresenceOptions;
  private readonly events: PresenceEvents;
  private readonly known: Servers;
  private beats = 0;
  /** When we may speak; undefined while there is no bus. */
  private speaksFrom: number | undefined = undefined;
  /** Until when our name is another's. */
  private takenUntil = Number.NEGATIVE_INFINITY;

  constructor(options: PresenceOptions, events: PresenceEvents) {
    this.options = options;
    this.events = events;
    this.known = new Servers(options, options.silenceMs, DOUBT_BEATS * options.beatMs);
  }

  /** Servers that are up; none while we ourselves are not there. */
  all(now: number): readonly KnownServer[] {
    return this.isThere(now) ? [...this.known.all()] : [];
  }

  named(name: string, now: number): KnownServer | undefined {
    return this.isThere(now) ? this.known.named(name) : undefined;
  }

  get(id: ServerId): KnownServer | undefined {
    return this.known.get(id);
  }

  /** May we speak on the bus? */
  isThere(now: number): boolean {
    return this.speaksFrom !== undefined && now >= this.speaksFrom && now >= this.takenUntil;
  }

  onConnected(now: number): void {
    this.speaksFrom = now + LISTEN_BEATS * this.options.beatMs;
  }

  /** Nobody is heard any more: all others must be heard again soon. */
  onDisconnected(now: number): void {
    this.speaksFrom = undefined;
    this.known.loseLink(BUS, "", now);
  }

  onBeat(beat: Beat, now: number): void {
    const { id, name } = this.options;
    if (beat.origin === id) return;
    if (beat.name.toLowerCase() === name.toLowerCase()) {
      this.onRival(beat, now);
      return;
    }
    const heard = this.known.onBeat({ ...beat, path: [] }, BUS, now);
    if (heard.as !== "news") return;
    for (const server of heard.down) this.events.onDown(server.name);
    if (heard.up !== undefined) this.events.onUp(heard.up.name);
  }

  /** Finds out who is silent for too long. */
  sweep(now: number): void {
    for (const server of this.known.expire(now)) this.events.onDown(server.name);
  }

  /** This process stood still for so long, and nobody else was silent in that time. */
  excuse(ms: number): void {
    this.known.excuse(ms);
  }

  /** What we say of ourselves now; undefined: nothing. */
  nextBeat(isLast: boolean, now: number): Beat | undefined {
    if (!this.isThere(now)) return undefined;
    const { id: origin, name } = this.options;
    return { kind: "beat", origin, name, address: undefined, number: ++this.beats, isLast, path: [] };
  }

  /** Of two that are both there, as when two halves of a bus become one, the one of the smaller id stays. */
  private onRival(beat: Beat, now: number): void {
    if (beat.isLast) {
      this.takenUntil = now;
      return;
    }
    if (this.isThere(now) && this.options.id < beat.origin) return;
    const isNews = now >= this.takenUntil;
    this.takenUntil = now + this.options.silenceMs;
    if (isNews) this.events.onNameTaken();
  }
}
