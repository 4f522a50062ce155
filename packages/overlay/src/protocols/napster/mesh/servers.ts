// The other servers that are up, and by which links each can be reached. Everything follows from heartbeats: a number never seen
// before says that its server lives, every copy says by which link, and over whom, it came here.
import { RecentRoutes } from "../../../base/recent-routes.ts";
import type { Address, Link, Millis } from "../../../host/host.ts";
import { MESH_LIMITS } from "./limits.ts";
import type { Beat, ServerId } from "./messages.ts";

/** A link by which heartbeats of a server came. */
interface Way {
  readonly link: Link;
  /** Of the latest that came by it. */
  number: number;
  /** Servers between us. */
  passed: number;
}

export interface KnownServer {
  readonly id: ServerId;
  readonly name: string;
  readonly address: Address | undefined;
  /** Of its latest heartbeat. */
  number: number;
  /** When it is down, unless it is heard. */
  deadline: Millis;
  readonly ways: Way[];
}

/** What a heartbeat was. `taken`: its server's name belongs to another one that is up; `full`: there is no room for its server. */
export type Heard =
  | { readonly as: "news"; readonly up: KnownServer | undefined; readonly down: readonly KnownServer[] }
  | { readonly as: "copy" | "stale" | "taken" | "full" };

/** A way by which the last three heartbeats have not come is used only where there is no better. */
const BEATS_LATE_MAX = 2;

/** No heartbeat brings back a server that said goodbye. */
const FOR_GOOD = Number.POSITIVE_INFINITY;

export class Servers {
  private readonly self: { readonly id: ServerId; readonly name: string };
  private readonly silenceMs: Millis;
  /** How long a server whose link broke is believed in: heartbeats by other ways would have come by then. */
  private readonly doubtMs: Millis;
  private readonly byId = new Map<ServerId, KnownServer>();
  private readonly byName = new Map<string, KnownServer>();
  /** Servers that are down, and the last number that each was heard with. */
  private readonly departed = new RecentRoutes({
    generationMax: MESH_LIMITS.departedGenerationMax,
    periodMs: MESH_LIMITS.departedPeriodMs,
  });

  constructor(self: { readonly id: ServerId; readonly name: string }, silenceMs: Millis, doubtMs: Millis) {
    this.self = self;
    this.silenceMs = silenceMs;
    this.doubtMs = doubtMs;
  }

  /** Those that are up, in the order in which they came. */
  all(): IterableIterator<KnownServer> {
    return this.byId.values();
  }

  get count(): number {
    return this.byId.size;
  }

  get(id: ServerId): KnownServer | undefined {
    return this.byId.get(id);
  }

  named(name: string): KnownServer | undefined {
    return this.byName.get(fold(name));
  }

  /** May a server of this id and address be called so? */
  mayBeCalled(name: string, id: ServerId, address: Address | undefined): boolean {
    if (fold(name) === fold(this.self.name)) return false;
    const known = this.named(name);
    return known === undefined || known.id === id || isRestart(known, address);
  }

  onBeat(beat: Beat, link: Link, now: Millis): Heard {
    const known = this.byId.get(beat.origin);
    if (known === undefined) return this.onStranger(beat, link, now);
    if (beat.number < known.number) return { as: "stale" };
    if (beat.number === known.number) {
      noteWay(known, beat, link);
      return { as: "copy" };
    }
    known.number = beat.number;
    if (beat.isLast) {
      this.remove(known, FOR_GOOD, now);
      return { as: "news", up: undefined, down: [known] };
    }
    known.deadline = now + this.silenceMs;
    noteWay(known, beat, link);
    return { as: "news", up: undefined, down: [] };
  }

  /** The link by which a server is best reached, but for one; undefined: by none. */
  wayTo(id: ServerId, except: Link | undefined): Link | undefined {
    const server = this.byId.get(id);
    if (server === undefined) return undefined;
    let best: Way | undefined;
    for (const way of server.ways) {
      if (way.link === except) continue;
      if (best === undefined || isBetter(way, best, server.number)) best = way;
    }
    return best?.link;
  }

  /** The link is gone: what was reached by it alone, and its other end, must be heard soon. */
  loseLink(link: Link, otherEnd: ServerId, now: Millis): void {
    for (const server of this.byId.values()) {
      const at = server.ways.findIndex((way) => way.link === link);
      if (at >= 0) server.ways.splice(at, 1);
      if (server.id === otherEnd || server.ways.length === 0) {
        server.deadline = Math.min(server.deadline, now + this.doubtMs);
      }
    }
  }

  /** Those that were silent too long; they are known no longer. */
  expire(now: Millis): readonly KnownServer[] {
    const silent = [...this.byId.values()].filter((server) => server.deadline <= now);
    for (const server of silent) this.remove(server, server.number, now);
    return silent;
  }

  /** We ourselves stood still so long, so nobody else was silent in that time. */
  excuse(ms: Millis): void {
    for (const server of this.byId.values()) server.deadline += ms;
  }

  private onStranger(beat: Beat, link: Link, now: Millis): Heard {
    const last = this.departed.route(beat.origin, now);
    if (beat.isLast || (last !== undefined && beat.number <= last)) return { as: "stale" };
    if (!this.mayBeCalled(beat.name, beat.origin, beat.address)) return { as: "taken" };
    const before = this.named(beat.name);
    if (before === undefined && this.byId.size >= MESH_LIMITS.serversMax - 1) return { as: "full" };
    if (before !== undefined) this.remove(before, FOR_GOOD, now);
    const { origin: id, name, address, number } = beat;
    const server: KnownServer = { id, name, address, number, deadline: now + this.silenceMs, ways: [] };
    noteWay(server, beat, link);
    this.byId.set(id, server);
    this.byName.set(fold(name), server);
    return { as: "news", up: server, down: before === undefined ? [] : [before] };
  }

  private remove(server: KnownServer, lastNumber: number, now: Millis): void {
    this.byId.delete(server.id);
    this.byName.delete(fold(server.name));
    this.departed.renew(server.id, lastNumber, now);
  }
}

/** Two names are one where their folded forms are equal, as with users. */
function fold(name: string): string {
  return name.toLowerCase();
}

/** One address has one server: who comes from there under a name of old is that server, started again. */
function isRestart(known: KnownServer, address: Address | undefined): boolean {
  return address !== undefined && known.address === address;
}

function noteWay(server: KnownServer, beat: Beat, link: Link): void {
  const way = server.ways.find((each) => each.link === link);
  const passed = beat.path.length;
  if (way === undefined) server.ways.push({ link, number: beat.number, passed });
  else {
    way.number = beat.number;
    way.passed = passed;
  }
}

function isBetter(a: Way, b: Way, latest: number): boolean {
  const isLate = latest - a.number > BEATS_LATE_MAX;
  if (isLate !== latest - b.number > BEATS_LATE_MAX) return !isLate;
  return isLate ? a.number > b.number : a.passed < b.passed;
}
