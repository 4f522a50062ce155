// One source at work for one download: asks for a range, writes what comes, until its range is done or it breaks off.
import { type ByteRange, type Network, type Source, SourceError } from "../networks/network.ts";
import type { Clock } from "./clock.ts";
import { type PieceMap, PIECE_BYTES } from "./piece-map.ts";
import type { PartFile } from "./part-file.ts";
import type { RateLimit } from "./rate-limit.ts";
import type { SourceState } from "./source-state.ts";

/** Bytes that are written at once. Chunks of half of this or more are written as they came, without a copy. */
const WRITE_BYTES = 256 * 1024;

/** What a lane works on. */
export interface LaneJob {
  readonly clock: Clock;
  /** Undefined: it is off. */
  readonly network: Network | undefined;
  readonly map: PieceMap;
  readonly part: PartFile;
  readonly rate: RateLimit;
  /** The download's key for the shared rate limit. */
  readonly key: string;
  /** A piece is whole and listed. */
  readonly onPiece: (piece: number) => void;
  /** Bytes were written. */
  readonly onBytes: (bytes: number) => void;
  /** Resolves when the other lane has stopped; its bytes are in the map then. */
  readonly takeOver: (() => Promise<void>) | undefined;
}

export class Lane {
  readonly state: SourceState;
  isChallenged = false;
  private readonly job: LaneJob;
  private readonly abort = new AbortController();
  private readonly ended: Promise<void>;
  private markEnded: () => void = () => undefined;
  /** Received bytes that are not written yet; they lie just in front of `at`. */
  private buffer: Uint8Array | undefined = undefined;
  private held = 0;
  private at: number;
  /** All received bytes in front of this are in the map. */
  private settled: number;
  private until: number;
  private lastByteAt: number;
  private isWaiting = false;
  private stopReason: SourceError | undefined = undefined;

  constructor(state: SourceState, range: ByteRange, job: LaneJob) {
    this.state = state;
    this.job = job;
    this.at = range.start;
    this.settled = range.start;
    this.until = range.end;
    this.lastByteAt = job.clock.now();
    this.ended = new Promise((resolve) => {
      this.markEnded = resolve;
    });
  }

  private get source(): Source {
    return this.state.source;
  }

  get position(): number {
    return this.at;
  }

  get end(): number {
    return this.until;
  }

  /** What nobody else need fetch: what will come, and what has come and is being written. */
  get taken(): ByteRange {
    return { start: this.settled, end: Math.max(this.at, this.until) };
  }

  get rate(): number {
    return this.state.meter.rate;
  }

  get silentMs(): number {
    // Held back by our own limit or disk is no silence of the source.
    return this.isWaiting ? 0 : this.job.clock.now() - this.lastByteAt;
  }

  /** Leaves what is behind `end` to another. */
  shorten(end: number): void {
    this.until = Math.max(this.at, Math.min(this.until, end));
  }

  /** Breaks off; `reason` is what `run` then rejects with, and without one it resolves. Resolves when all is written. */
  stop(reason?: SourceError): Promise<void> {
    this.stopReason ??= reason;
    this.until = this.at;
    this.abort.abort();
    return this.ended;
  }

  /** Fetches the range. Rejects with a SourceError, or the system's error when the file cannot be written. */
  async run(): Promise<void> {
    try {
      await this.fetch();
    } catch (error) {
      // Whatever broke, it was because we broke it off.
      if (this.abort.signal.aborted && error instanceof SourceError) {
        if (this.stopReason !== undefined) throw this.stopReason;
      } else throw error;
    } finally {
      this.markEnded();
    }
    if (this.stopReason !== undefined) throw this.stopReason;
  }

  private async fetch(): Promise<void> {
    const { job, state } = this;
    if (job.network === undefined) throw new SourceError("network_off", `The network ${this.source.network} is off.`);
    state.phase = "connecting";
    const opening = job.network.open(state.source, { start: this.at, end: this.until }, this.abort.signal);
    const stream = await this.unlessStopped(opening);
    const chunks = stream.body[Symbol.asyncIterator]();
    try {
      if (stream.total !== job.map.size) throw new SourceError("not_found", "The source has a file of another size.");
      if (stream.range.start !== this.at || stream.range.end <= this.at)
        throw new SourceError("protocol", "The source sent another part than was asked for.");
      // It may give less than was asked; the rest is asked for again, of it or of another.
      this.shorten(stream.range.end);
      let isFirst = true;
      while (this.at < this.until) {
        const { done, value } = await this.unlessStopped(chunks.next());
        if (done === true) throw new SourceError("peer_gone", "The source stopped in the middle.");
        if (isFirst) {
          isFirst = false;
          state.phase = "active";
          if (job.takeOver !== undefined) await this.takeOver(job.takeOver);
        }
        await this.take(value);
      }
    } finally {
      // At the end of its range this leaves the connection open for the next request.
      if (this.at >= stream.range.end) await this.unlessStopped(chunks.next()).catch(() => undefined);
      // Not awaited: a source that hangs must not keep us.
      void chunks.return?.().catch(() => undefined);
      await this.flush();
    }
  }

  private async takeOver(stopOther: () => Promise<void>): Promise<void> {
    await stopOther();
    // The other's last bytes could not be written: ours would leave a hole behind them.
    if (this.job.map.nextOf(this.job.map.pieceAt(this.at)) < this.at)
      throw new SourceError("range_unavailable", "The bytes in front of its part are missing.");
  }

  /** Does not wait for a network that does not heed the signal. */
  private unlessStopped<T>(promise: Promise<T>): Promise<T> {
    const { signal } = this.abort;
    return new Promise((resolve, reject) => {
      const stop = () => reject(new SourceError("peer_gone", "The request was given up."));
      signal.addEventListener("abort", stop, { once: true });
      if (signal.aborted) stop();
      promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
    });
  }

  private async take(chunk: Uint8Array): Promise<void> {
    const { job } = this;
    this.lastByteAt = job.clock.now();
    this.isWaiting = true;
    const leave = job.rate.take(job.key, chunk.length, this.abort.signal);
    if (leave !== undefined) await leave;
    this.state.meter.add(chunk.length);
    for (let from = 0; from < chunk.length && this.at < this.until; ) {
      const pieceEnd = job.map.endOf(job.map.pieceAt(this.at));
      const most = Math.min(this.until, pieceEnd) - this.at;
      const part = chunk.subarray(from, from + most);
      from += part.length;
      if (this.held === 0 && part.length >= WRITE_BYTES / 2) {
        const at = this.at;
        this.at += part.length;
        await this.write(part, at);
      } else await this.hold(part);
    }
    this.isWaiting = false;
    this.lastByteAt = job.clock.now();
  }

  private async hold(bytes: Uint8Array): Promise<void> {
    this.buffer ??= Buffer.allocUnsafeSlow(WRITE_BYTES);
    for (let from = 0; from < bytes.length; ) {
      const part = bytes.subarray(from, from + WRITE_BYTES - this.held);
      this.buffer.set(part, this.held);
      this.held += part.length;
      this.at += part.length;
      from += part.length;
      if (this.held === WRITE_BYTES || this.at === this.until || this.at % PIECE_BYTES === 0) await this.flush();
    }
  }

  private async flush(): Promise<void> {
    if (this.held === 0) return;
    const bytes = (this.buffer as Uint8Array).subarray(0, this.held);
    this.held = 0;
    await this.write(bytes, this.at - bytes.length);
  }

  /** Bytes of one piece. They count once they are in the file, so a crash loses at most the piece at work. */
  private async write(bytes: Uint8Array, position: number): Promise<void> {
    const { map, part, onPiece, onBytes } = this.job;
    const piece = map.pieceAt(position);
    // While a lane that was taken over wrote its last bytes, the newcomer got some of the same.
    const known = Math.max(0, Math.min(bytes.length, map.nextOf(piece) - position));
    const fresh = bytes.subarray(known);
    this.settled = position + known;
    if (fresh.length === 0) return;
    await part.write(fresh, position + known);
    this.state.bytes += fresh.length;
    this.state.lastGoodAt = this.job.clock.now();
    const isWhole = map.append(position + known, fresh.length, this.state.number);
    this.settled += fresh.length;
    onBytes(fresh.length);
    if (!isWhole) return;
    part.list(piece);
    onPiece(piece);
  }
}
