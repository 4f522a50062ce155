// Searches that peers of a world begin at random times for files by popularity, and what comes of them, beside what there was to
// be found.
import type { Millis } from "@servent/overlay/host/host.ts";
import type { RandomStream } from "../../engine/random.ts";
import type { GnutellaWorld, Search } from "./gnutella-world.ts";

const HOUR = 3_600_000;
/** All hits of a search have come by then. */
export const SEARCH_OVER_MS = 30_000;

export class SearchLoad {
  searches = 0;
  answered = 0;
  records = 0;
  private readonly gnutella: GnutellaWorld;
  private readonly random: RandomStream;
  /** Searches that begin in a millisecond. */
  private readonly perMs: number;
  private owed = 0;
  /** Copies of each file at peers that are there. */
  private readonly copies: Int32Array;
  private readonly pending: { readonly search: Search; readonly copies: number }[] = [];
  private possible = 0;
  private copiesWanted = 0;
  private waitedMs = 0;

  /** As many searches as so many peers begin, at so many an hour each. */
  constructor(gnutella: GnutellaWorld, peers: number, perPeerPerHour: number) {
    this.gnutella = gnutella;
    this.random = gnutella.world.random("searches");
    this.perMs = (peers * perPeerPerHour) / HOUR;
    this.copies = new Int32Array(gnutella.catalogue.files);
  }

  /** Its files can be found from now on. */
  arrive(peer: number): void {
    for (const file of this.gnutella.shelf(peer).held) this.copies[file] = (this.copies[file] as number) + 1;
  }

  depart(peer: number): void {
    for (const file of this.gnutella.shelf(peer).held) this.copies[file] = (this.copies[file] as number) - 1;
  }

  /** Begins what is due in so long. */
  begin(ms: Millis): void {
    for (this.owed += this.perMs * ms; this.owed >= 1; this.owed--) this.search();
  }

  /** Counts the searches that began before then; hits that come later do not count. */
  settle(before: Millis): void {
    while (this.pending[0] !== undefined && this.pending[0].search.startedAt < before) {
      const { search, copies } = this.pending.shift() as (typeof this.pending)[number];
      this.searches++;
      if (copies > 0) this.possible++;
      this.copiesWanted += copies;
      this.records += search.records;
      if (search.records === 0) continue;
      this.answered++;
      this.waitedMs += search.firstAt - search.startedAt;
    }
    this.gnutella.forgetSearches(before);
  }

  values(): Record<string, number> {
    const searches = Math.max(1, this.searches);
    return {
      searches: this.searches,
      /** Of the searches for what somebody else had, those that found it. */
      success: this.answered / Math.max(1, this.possible),
      answered: this.answered / searches,
      hits: this.records / searches,
      /** Of all copies of what was looked for, those that were found. */
      recall: this.records / Math.max(1, this.copiesWanted),
      "firstHit.seconds": this.waitedMs / Math.max(1, this.answered) / 1000,
    };
  }

  private search(): void {
    const { nodes, catalogue } = this.gnutella;
    let peer = this.random.below(nodes.length);
    while (nodes[peer] === undefined) peer = this.random.below(nodes.length);
    const file = catalogue.draw(this.random);
    const own = this.gnutella.shelf(peer).holds(file) ? 1 : 0;
    this.pending.push({ search: this.gnutella.search(peer, file), copies: (this.copies[file] as number) - own });
  }
}
