// The sources at work for one download: puts free ones to work, shares the work out among them, notices who hangs.
import { type Network, type NetworkId, SourceError } from "../networks/network.ts";
import { assign, isStuck } from "./assignment.ts";
import type { Clock } from "./clock.ts";
import { Lane } from "./lane.ts";
import type { PartFile } from "./part-file.ts";
import type { PieceMap } from "./piece-map.ts";
import type { RateLimit } from "./rate-limit.ts";
import type { SourceState } from "./source-state.ts";

/** Sources at work for one file at once: more share a line no faster. */
const LANES_MAX = 8;

const OUTRUN = new SourceError("timeout", "It was silent, and another source took over.");

/** What a free source is worth. */
export interface Standing {
  /** Bytes per second that it gives, for this file, now. */
  readonly rate: number;
  /** In a row. */
  readonly failures: number;
  /** That it gave of this file. */
  readonly bytes: number;
  /** Bytes per second that its network expects of it; 0: it failed, or nobody knows. */
  readonly expectedRate: number;
  /** In the order in which they were found. */
  readonly number: number;
}

/** The best first: known fast ones, then those that failed least, then those that their network thinks fast. */
export function compareStandings(a: Standing, b: Standing): number {
  return (
    b.rate - a.rate ||
    a.failures - b.failures ||
    b.bytes - a.bytes ||
    b.expectedRate - a.expectedRate ||
    a.number - b.number
  );
}

export interface CrewHost {
  readonly clock: Clock;
  readonly rate: RateLimit;
  network(id: NetworkId): Network | undefined;
  /** False: this peer, or all of them together, have as many sources at work as may be. */
  takeLane(peer: string): boolean;
  leaveLane(peer: string): void;
}

export interface CrewEvents {
  /** A piece is whole and listed. */
  piece(piece: number): void;
  /** The source gave bytes. */
  bytes(source: SourceState): void;
  /** A source stopped; `error`: a SourceError if it was its fault, else the system's; undefined: its part is done. */
  left(source: SourceState, error: unknown): void;
}

/** What there is to do. */
export interface CrewWork {
  readonly map: PieceMap;
  readonly part: PartFile;
  readonly unitBytes: number;
  /** The only source that may be asked; undefined: all may. */
  readonly only: SourceState | undefined;
}

export class Crew {
  private readonly host: CrewHost;
  private readonly key: string;
  private readonly sources: readonly SourceState[];
  private readonly events: CrewEvents;
  private readonly lanes = new Set<Lane>();

  constructor(host: CrewHost, key: string, sources: readonly SourceState[], events: CrewEvents) {
    this.host = host;
    this.key = key;
    this.sources = sources;
    this.events = events;
  }

  get size(): number {
    return this.lanes.size;
  }

  get bytesPerSecond(): number {
    let sum = 0;
    for (const lane of this.lanes) sum += lane.rate;
    return sum;
  }

  get atWork(): readonly SourceState[] {
    return Array.from(this.lanes, (lane) => lane.state);
  }

  /** Is anybody free who may be asked? */
  hasReady(only: SourceState | undefined): boolean {
    return this.sources.some((source) => source.isReady && (only === undefined || source === only));
  }

  /** Puts free sources to work while there is work for them. */
  employ(work: CrewWork): void {
    const ready = this.sources
      .filter((source) => source.isReady && (work.only === undefined || source === work.only))
      .map((source) => ({ source, standing: this.standingOf(source) }))
      .sort((a, b) => compareStandings(a.standing, b.standing));
    for (const { source } of ready) {
      if (this.lanes.size >= LANES_MAX) return;
      const isAlone = this.lanes.size === 0 && ready.length === 1;
      if (!this.start(source, isAlone, work)) return;
    }
  }

  private standingOf({ source, meter, failures, bytes, number }: SourceState): Standing {
    const expectedRate = this.host.network(source.network)?.expectedRate?.(source) ?? 0;
    return { rate: meter.rate, failures, bytes, expectedRate, number };
  }

  /** Breaks off all work, or that of one source. Resolves when all bytes are written. */
  async stop(source?: SourceState): Promise<void> {
    const lanes = [...this.lanes].filter((lane) => source === undefined || lane.state === source);
    await Promise.all(lanes.map((lane) => lane.stop()));
  }

  /** Sources that gave nothing for so long count as gone. */
  mindSilence(stallMs: number): void {
    for (const lane of this.lanes) {
      if (lane.silentMs > stallMs) void lane.stop(new SourceError("timeout", "It fell silent."));
    }
  }

  /** False: there is nothing left to do. */
  private start(source: SourceState, isAlone: boolean, { map, part, unitBytes }: CrewWork): boolean {
    const workers = [...this.lanes];
    const gaps = map.gaps(workers.map((lane) => lane.taken));
    const found = assign({ gaps, workers, rate: source.meter.rate, isAlone, unitBytes });
    if (found === undefined) return false;
    if (!this.host.takeLane(source.source.peer)) return true;
    const victim = found.kind === "takeover" ? found.from : undefined;
    if (found.kind === "split") found.from.shorten(found.range.start);
    if (victim !== undefined) victim.isChallenged = true;
    const lane = new Lane(source, found.range, {
      clock: this.host.clock,
      network: this.host.network(source.source.network),
      map,
      part,
      rate: this.host.rate,
      key: this.key,
      onPiece: (piece) => this.events.piece(piece),
      onBytes: () => this.events.bytes(source),
      takeOver: victim === undefined ? undefined : () => victim.stop(isStuck(victim) ? OUTRUN : undefined),
    });
    this.lanes.add(lane);
    const leave = (error: unknown) => {
      this.lanes.delete(lane);
      if (victim !== undefined) victim.isChallenged = false;
      this.host.leaveLane(source.source.peer);
      this.events.left(source, error);
    };
    void lane.run().then(() => leave(undefined), leave);
    return true;
  }
}
