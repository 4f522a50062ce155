// Reads what the next events will read, before they are delivered. A million peers are read at random, and each read by itself is a
// wait of 200 ns for memory. Here they are asked for in short loops over one kind of memory each, of which none needs what the one
// just before it has asked for: so a dozen are on their way at a time. Nothing is written but a number that nobody reads.
import type { Address } from "@servent/overlay/host/host.ts";
import { BLOCK_RECORDS, RECORD_WORDS } from "./calendar-queue.ts";
import { PACKED, TIMER } from "./event-kinds.ts";
import { IMAGE, TO, TYPE } from "./event-record.ts";
import type { Peer, Seated } from "./peer.ts";
import type { PeerTable } from "./peer-table.ts";

/** A table outside the nodes that their steps read: a row for each peer, by address. */
export interface SharedRows {
  readonly words: Int32Array;
  readonly rowWords: number;
  /** Where in `words` the receiver of a packed message will look, as its row's front and the image tell. */
  placeOf(to: Address, i32: Int32Array, f64: Float64Array, at: number): number;
}

export class FetchAhead {
  /** Null where the nodes share nothing. */
  rows: SharedRows | null = null;
  private readonly table: PeerTable;
  private readonly receivers = new Int32Array(BLOCK_RECORDS);
  private readonly places = new Int32Array(BLOCK_RECORDS);
  /** What was read, so that the reads are not optimised away. */
  private warmth = 0;

  constructor(table: PeerTable) {
    this.table = table;
  }

  /** For a block of records of the queue. */
  events(words: Int32Array, doubles: Float64Array, at: number, count: number): void {
    const { receivers, table } = this;
    let warmth = 0;
    for (let i = 0; i < count; i++) receivers[i] = words[at + i * RECORD_WORDS + TO] as number;
    for (let i = 0; i < count; i++) {
      const isTimer = words[at + i * RECORD_WORDS + TYPE] === TIMER;
      if (isTimer) warmth ^= table.words[table.rowAt(receivers[i] as number)] as number;
    }
    this.warmth ^= warmth;
    this.seats(count);
    if (this.rows !== null) this.messages(this.rows, words, doubles, at, count);
    this.nodes(count);
  }

  /** For peers that will be told to do something. */
  peers(addresses: readonly Address[]): void {
    const { receivers, table } = this;
    for (let first = 0; first < addresses.length; first += BLOCK_RECORDS) {
      const count = Math.min(BLOCK_RECORDS, addresses.length - first);
      let warmth = 0;
      for (let i = 0; i < count; i++) {
        const address = addresses[first + i] as Address;
        receivers[i] = address;
        warmth ^= table.words[table.rowAt(address)] as number;
      }
      this.warmth ^= warmth;
      this.seats(count);
      this.nodes(count);
    }
  }

  /** The fronts of the receivers' rows, their peers and nodes. */
  private seats(count: number): void {
    const { receivers, rows } = this;
    const { seats } = this.table;
    let warmth = 0;
    if (rows !== null) {
      const { words, rowWords } = rows;
      for (let i = 0; i < count; i++) warmth ^= words[(receivers[i] as number) * rowWords] as number;
    }
    for (let i = 0; i < count; i++) if (seats[2 * (receivers[i] as number)] === undefined) warmth++;
    for (let i = 0; i < count; i++) {
      const seat = 2 * (receivers[i] as number);
      warmth ^= (seats[seat] as Peer | undefined)?.address ?? 0;
      if ((seats[seat + 1] as Seated | undefined)?.warm !== undefined) warmth++;
    }
    this.warmth ^= warmth;
  }

  /** The places in their rows that the messages lead to. */
  private messages(rows: SharedRows, words: Int32Array, doubles: Float64Array, at: number, count: number): void {
    const { receivers, places } = this;
    let found = 0;
    for (let i = 0; i < count; i++) {
      const record = at + i * RECORD_WORDS;
      if (words[record + TYPE] !== PACKED) continue;
      places[found++] = rows.placeOf(receivers[i] as number, words, doubles, record + IMAGE);
    }
    let warmth = 0;
    for (let i = 0; i < found; i++) warmth ^= rows.words[places[i] as number] as number;
    this.warmth ^= warmth;
  }

  /** What the nodes say that they will read. */
  private nodes(count: number): void {
    const { receivers } = this;
    const { seats } = this.table;
    let warmth = 0;
    for (let i = 0; i < count; i++) {
      warmth ^= (seats[2 * (receivers[i] as number) + 1] as Seated | undefined)?.warm?.() ?? 0;
    }
    this.warmth ^= warmth;
  }
}
