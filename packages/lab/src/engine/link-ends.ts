// The two ends of every stream in a world, as columns of numbers. Ends come in pairs: `end ^ 1` is the other one.

/** The life of an end. `expected`: the dial is on its way to its owner. */
export const FREE = 0;
export const EXPECTED = 1;
export const DIALLING = 2;
export const OPEN = 3;
export const CLOSING = 4;

const FIRST_ROWS = 64;

export class LinkEnds {
  /** The peer at this end. */
  owner = new Int32Array(FIRST_ROWS);
  /** The number that its node knows this end by. */
  link = new Int32Array(FIRST_ROWS);
  state = new Uint8Array(FIRST_ROWS);
  /** Grows with every use of the row, so that an event of an earlier stream is known as stale. */
  generation = new Int32Array(FIRST_ROWS);
  /** When the last thing sent from this end arrives: nothing sent later may arrive before. */
  lastArrival = new Float64Array(FIRST_ROWS);
  /** When the line out of this end has sent all that it was given. */
  busyUntil = new Float64Array(FIRST_ROWS);
  /** 1: over the mark, and an event to tell the node is on its way. */
  overMark = new Uint8Array(FIRST_ROWS);

  private rows = 0;
  private readonly freePairs: number[] = [];

  /** Rows there are, free ones included. */
  get size(): number {
    return this.rows;
  }

  /** A pair of free ends; the answer is the first of them. */
  takePair(): number {
    const end = this.freePairs.pop() ?? this.addPair();
    for (const each of [end, end ^ 1]) {
      this.generation[each] = ((this.generation[each] as number) + 1) | 0;
      this.lastArrival[each] = 0;
      this.busyUntil[each] = 0;
      this.overMark[each] = 0;
    }
    return end;
  }

  /** The end has done; when the other one has too, the pair is used again. */
  leave(end: number): void {
    this.state[end] = FREE;
    if (this.state[end ^ 1] === FREE) this.freePairs.push(end & ~1);
  }

  private addPair(): number {
    const end = this.rows;
    this.rows += 2;
    if (this.rows > this.owner.length) this.grow();
    return end;
  }

  private grow(): void {
    this.owner = twice(this.owner, new Int32Array(2 * this.owner.length));
    this.link = twice(this.link, new Int32Array(2 * this.link.length));
    this.state = twice(this.state, new Uint8Array(2 * this.state.length));
    this.generation = twice(this.generation, new Int32Array(2 * this.generation.length));
    this.lastArrival = twice(this.lastArrival, new Float64Array(2 * this.lastArrival.length));
    this.busyUntil = twice(this.busyUntil, new Float64Array(2 * this.busyUntil.length));
    this.overMark = twice(this.overMark, new Uint8Array(2 * this.overMark.length));
  }
}

function twice<T extends Int32Array | Uint8Array | Float64Array>(column: T, larger: T): T {
  larger.set(column);
  return larger;
}
