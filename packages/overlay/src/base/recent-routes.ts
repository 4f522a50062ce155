// A bounded memory of recently seen ids and where each came from. Two generations of one map: when the young one is
// full or old, the old one is dropped whole. So nothing is ever scanned, and an id is kept between one and two periods.

/** Ids and where each came from. A lone servent keeps its own; thousands of nodes in one process may share a table behind it. */
export interface Routes {
  /** False: the id is known already, and its route stays as it was. */
  add(id: string, route: number, now: number): boolean;
  /** Like `add`, but a known id takes the new route and is young again. */
  renew(id: string, route: number, now: number): void;
  route(id: string, now: number): number | undefined;
}

export interface RecentRoutesOptions {
  /** Ids per generation; the table holds at most twice as many. */
  readonly generationMax: number;
  /** How long a generation stays young. */
  readonly periodMs: number;
}

export class RecentRoutes implements Routes {
  private readonly options: RecentRoutesOptions;
  private young = new Map<string, number>();
  private old = new Map<string, number>();
  private bornAt = 0;

  constructor(options: RecentRoutesOptions) {
    this.options = options;
  }

  add(id: string, route: number, now: number): boolean {
    this.turn(now);
    if (this.young.has(id) || this.old.has(id)) return false;
    this.young.set(id, route);
    return true;
  }

  renew(id: string, route: number, now: number): void {
    this.turn(now);
    this.young.set(id, route);
  }

  route(id: string, now: number): number | undefined {
    this.turn(now);
    return this.young.get(id) ?? this.old.get(id);
  }

  get size(): number {
    return this.young.size + this.old.size;
  }

  private turn(now: number): void {
    const age = now - this.bornAt;
    if (age < this.options.periodMs && this.young.size < this.options.generationMax) return;
    this.old = age < 2 * this.options.periodMs ? this.young : new Map();
    this.young = new Map();
    this.bornAt = now;
  }
}
