// The deflate dress of a stream: one zlib stream (RFC 1950) per direction. The sender flushes by amount and by time, never
// per message, which would ruin the ratio; the receiver bounds what a few bytes may grow into.
import { constants, createDeflate, createInflate, type Deflate, type Inflate } from "node:zlib";

/** A flush after this much input: enough for a good ratio, little enough to wait for. */
const FLUSH_INPUT_BYTES = 4096;

/** A flush this long after the last message, where nothing else flushed and nobody wants it sooner: more may follow at once. */
export const FLUSH_QUIET_MS = 200;

/** No message waits longer, however steadily small ones keep arriving. */
const FLUSH_WAIT_MAX_MS = 1000;

/** zlib memory 2^(13+2) + 2^(6+9) = 64 KiB per link. Larger windows gain little on messages of some hundred bytes. */
const WINDOW_BITS = 13;
const MEMORY_LEVEL = 6;
const OUTPUT_CHUNK = 4096;

export class Deflater {
  private readonly stream: Deflate;
  private readonly onTaken: () => void;
  private readonly quietMs: number;
  private unflushed = 0;
  private flushing = 0;
  private waitingSince = 0;
  private timer: NodeJS.Timeout | undefined;
  private ended = false;

  /**
   * `onBytes` gets compressed bytes, and `onTaken` is called when less is held; later, never within a call. `quietMs` 0: each write
   * is flushed.
   */
  constructor(onBytes: (bytes: Uint8Array) => void, onTaken: () => void, quietMs = FLUSH_QUIET_MS) {
    this.onTaken = onTaken;
    this.quietMs = quietMs;
    this.stream = createDeflate({
      level: 6,
      windowBits: WINDOW_BITS,
      memLevel: MEMORY_LEVEL,
      chunkSize: OUTPUT_CHUNK,
      // The end of the zlib stream is not written: some servents take it for an error.
      finishFlush: constants.Z_SYNC_FLUSH,
    });
    this.stream.on("data", onBytes);
  }

  /** Bytes taken that have not come out in full. */
  get held(): number {
    return this.unflushed + this.flushing;
  }

  write(bytes: Uint8Array): void {
    if (this.ended) return;
    if (this.unflushed === 0) this.waitingSince = performance.now();
    this.unflushed += bytes.length;
    this.stream.write(bytes);
    if (this.unflushed >= FLUSH_INPUT_BYTES || this.quietMs === 0) this.flush();
    else this.flushLater();
  }

  /** Flushes, then calls `done`; nothing can be written afterwards. */
  finish(done: () => void): void {
    clearTimeout(this.timer);
    this.ended = true;
    this.stream.once("end", done);
    this.stream.end();
  }

  destroy(): void {
    clearTimeout(this.timer);
    this.ended = true;
    this.stream.removeAllListeners();
    this.stream.destroy();
  }

  private flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    const input = this.unflushed;
    this.unflushed = 0;
    this.flushing += input;
    this.stream.flush(constants.Z_SYNC_FLUSH, () => {
      this.flushing -= input;
      this.onTaken();
    });
  }

  private flushLater(): void {
    clearTimeout(this.timer);
    const waited = performance.now() - this.waitingSince;
    this.timer = setTimeout(() => this.flush(), Math.max(0, Math.min(this.quietMs, FLUSH_WAIT_MAX_MS - waited)));
  }
}

/** Traffic packs two or three to one over time; a hundred is a bomb (zlib can reach 1032). */
const INFLATE_RATIO_MAX = 100;

/** What may come out beyond the ratio, saved up again by packing less: a few of the largest messages, all zeros. */
const INFLATE_BURST_BYTES = 256 * 1024;

/** Inflated at a time, so that a bomb is noticed after a few hundred kilobytes and not after megabytes. */
const INFLATE_INPUT_BYTES = 4096;

export class Inflater {
  private readonly stream: Inflate;
  private readonly onBytes: (bytes: Uint8Array) => void;
  private readonly onProblem: (problem: string) => void;
  private credit = INFLATE_BURST_BYTES;
  private over = false;

  /** Both are called later, never within a call; `onProblem` once, and nothing follows it. */
  constructor(onBytes: (bytes: Uint8Array) => void, onProblem: (problem: string) => void) {
    this.onBytes = onBytes;
    this.onProblem = onProblem;
    this.stream = createInflate();
    this.stream.on("data", (bytes: Uint8Array) => this.take(bytes));
    this.stream.on("end", () => this.fail("bytes after the end of the compressed stream"));
    this.stream.on("error", (error) => this.fail(`not a zlib stream: ${error.message}`));
  }

  /** Inflates what was read and calls `done` when all of it came out, unless there was a problem. One at a time. */
  push(bytes: Uint8Array, done: () => void): void {
    if (this.over) return;
    const part = bytes.subarray(0, INFLATE_INPUT_BYTES);
    const rest = bytes.subarray(part.length);
    this.credit = Math.min(this.credit, INFLATE_BURST_BYTES) + part.length * INFLATE_RATIO_MAX;
    this.stream.write(part, (error) => {
      if (error || this.over) return;
      if (rest.length === 0) done();
      else this.push(rest, done);
    });
  }

  destroy(): void {
    this.over = true;
    this.stream.destroy();
  }

  private take(bytes: Uint8Array): void {
    if (this.over) return;
    this.credit -= bytes.length;
    if (this.credit < 0) this.fail("the compressed stream grows too much");
    else this.onBytes(bytes);
  }

  private fail(problem: string): void {
    if (this.over) return;
    this.destroy();
    this.onProblem(problem);
  }
}
