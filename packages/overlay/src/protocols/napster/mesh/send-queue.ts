// What waits for a congested link: of every server's heartbeats the latest, then words, hits, searches and lists. When
// they are too many bytes, lists are lost first, then searches: the oldest, whose asker has waited longest already.
import { envelopeBytesMax } from "./codec.ts";
import { MESH_LIMITS } from "./limits.ts";
import { type Beat, type Envelope, type Rank, RANKS, type ServerId } from "./messages.ts";

/** The oldest of the least important goes first. */
const DROP_ORDER: readonly Rank[] = ["browse", "search", "hits", "word"];

export class SendQueue {
  private readonly beats = new Map<ServerId, Beat>();
  private readonly byRank: Readonly<Record<Rank, Envelope[]>> = { word: [], hits: [], search: [], browse: [] };
  private bytes = 0;

  get isEmpty(): boolean {
    return this.beats.size === 0 && this.bytes === 0;
  }

  /** The latest of a server stands for those before it. */
  pushBeat(beat: Beat): void {
    this.beats.set(beat.origin, beat);
  }

  /** What is lost to make room; it may be the envelope itself. */
  push(envelope: Envelope): readonly Envelope[] {
    this.byRank[envelope.rank].push(envelope);
    this.bytes += envelopeBytesMax(envelope);
    const lost: Envelope[] = [];
    while (this.bytes > MESH_LIMITS.queueBytesMax) lost.push(this.drop());
    return lost;
  }

  /** The next to send. */
  shift(): Beat | Envelope | undefined {
    for (const [origin, beat] of this.beats) {
      this.beats.delete(origin);
      return beat;
    }
    for (const rank of RANKS) {
      const envelope = this.byRank[rank].shift();
      if (envelope === undefined) continue;
      this.bytes -= envelopeBytesMax(envelope);
      return envelope;
    }
    return undefined;
  }

  /** All envelopes, in the order in which they would be sent. */
  envelopes(): readonly Envelope[] {
    return RANKS.flatMap((rank) => this.byRank[rank]);
  }

  private drop(): Envelope {
    for (const rank of DROP_ORDER) {
      const envelope = this.byRank[rank].shift();
      if (envelope === undefined) continue;
      this.bytes -= envelopeBytesMax(envelope);
      return envelope;
    }
    throw new Error("assertion failed: what has bytes has envelopes");
  }
}
