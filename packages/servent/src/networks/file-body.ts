// The bytes of one file, as they come over a connection that carries other things before and after them.
import { type ByteRange, SourceError } from "./network.ts";
import type { PeerConnection } from "./peer-connection.ts";

/** Ends after exactly the bytes of its range, or throws a SourceError. Written out rather than a generator, so that one never begun can also be left. */
export class FileBody implements AsyncIterable<Uint8Array>, AsyncIterator<Uint8Array> {
  private readonly connection: PeerConnection;
  private readonly timeoutMs: number;
  private readonly signal: AbortSignal;
  private readonly onEnd: (isWhole: boolean) => void;
  private readonly onAbort = () => this.finish(false);
  private left: number;
  private finished = false;

  constructor(
    connection: PeerConnection,
    range: ByteRange,
    timeoutMs: number,
    signal: AbortSignal,
    onEnd: (isWhole: boolean) => void,
  ) {
    this.connection = connection;
    this.left = range.end - range.start;
    this.timeoutMs = timeoutMs;
    this.signal = signal;
    this.onEnd = onEnd;
    signal.addEventListener("abort", this.onAbort);
    if (signal.aborted) this.finish(false);
    // An empty file has nothing to read, and its connection is free at once.
    else if (this.left === 0) this.finish(true);
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    return this;
  }

  async next(): Promise<IteratorResult<Uint8Array>> {
    if (this.left === 0) {
      this.finish(true);
      return { done: true, value: undefined };
    }
    if (this.finished) throw new SourceError("peer_gone", "The request was given up.");
    try {
      const bytes = await this.connection.read(this.timeoutMs);
      if (bytes === undefined)
        throw new SourceError("peer_gone", "The peer closed the connection in the middle of the file.");
      const mine = bytes.length > this.left ? bytes.subarray(0, this.left) : bytes;
      if (mine.length < bytes.length) this.connection.unread(bytes.subarray(mine.length));
      this.left -= mine.length;
      return { done: false, value: mine };
    } catch (error) {
      this.finish(false);
      throw error;
    }
  }

  return(): Promise<IteratorResult<Uint8Array>> {
    this.finish(this.left === 0);
    return Promise.resolve({ done: true, value: undefined });
  }

  private finish(isWhole: boolean): void {
    if (this.finished) return;
    this.finished = true;
    this.signal.removeEventListener("abort", this.onAbort);
    this.onEnd(isWhole);
  }
}
