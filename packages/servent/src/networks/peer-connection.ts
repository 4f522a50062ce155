// One TCP connection seen as chunks to pull: back-pressure, one bound on every wait, no copies. Used for asking
// (dialled, or opened towards us after a push); the upload server reads with it too.
import net from "node:net";
import { type Endpoint, SourceError } from "./network.ts";

/** Bytes read from the kernel at once. Fewer, larger reads halve the processor time of a fast download. */
const READ_BYTES = 256 * 1024;
/** Chunks that may come in after the socket was told to pause: it stops at the next turn of the loop. */
const QUEUED_CHUNKS_MAX = 8;
/** How long a connection that we end may take to see it. */
const LINGER_MS = 2000;

type Waiter = { resolve(bytes: Uint8Array | "quiet" | undefined): void; reject(error: SourceError): void };

export class PeerConnection {
  readonly socket: net.Socket;
  /** Chunks not yet pulled, in order. */
  private readonly queue: Uint8Array[] = [];
  private waiter: Waiter | undefined = undefined;
  private ended = false;
  private failure: SourceError | undefined = undefined;
  private timer: NodeJS.Timeout | undefined = undefined;
  private onGone: (() => void) | undefined = undefined;
  private discards = false;
  private isWriting = false;

  private constructor(socket: net.Socket) {
    this.socket = socket;
    socket.setNoDelay(true);
    socket.on("end", () => this.onEnd());
    socket.on("close", () => this.onEnd());
    socket.on("timeout", () => {
      if (this.isWriting) this.fail(new SourceError("timeout", "The peer stopped taking bytes."));
    });
    socket.on("error", (error) => this.fail(new SourceError("peer_gone", words(error), { cause: error })));
  }

  /** Rejects with a SourceError: the peer cannot be reached in time. */
  static dial(
    endpoint: Endpoint,
    options: { readonly localAddress?: string | undefined; readonly timeoutMs: number },
    signal?: AbortSignal,
  ): Promise<PeerConnection> {
    return new Promise((resolve, reject) => {
      let connection: PeerConnection | undefined = undefined;
      const socket = net.connect({
        host: endpoint.host,
        port: endpoint.port,
        ...(options.localAddress === undefined ? {} : { localAddress: options.localAddress }),
        onread: {
          buffer: Buffer.allocUnsafeSlow(READ_BYTES),
          callback: (count, buffer) => {
            connection?.push(buffer.subarray(0, count));
            // The buffer holds unread bytes until the next pull, so nothing more may be read into it.
            return false;
          },
        },
      });
      const made = new PeerConnection(socket);
      connection = made;
      const finish = (error?: SourceError) => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", abort);
        socket.off("connect", connected);
        socket.off("error", failed);
        if (error === undefined) return resolve(made);
        socket.destroy();
        reject(error);
      };
      const connected = () => finish();
      const failed = (error: Error) => finish(new SourceError("peer_gone", words(error), { cause: error }));
      const abort = () => finish(new SourceError("peer_gone", "The request was given up."));
      const timer = setTimeout(
        () => finish(new SourceError("timeout", "The peer did not answer the connection in time.")),
        options.timeoutMs,
      );
      socket.once("connect", connected);
      socket.once("error", failed);
      signal?.addEventListener("abort", abort);
      if (signal?.aborted) abort();
    });
  }

  /** Takes over an open socket whose first bytes may already have been read. */
  static adopt(socket: net.Socket, early: Uint8Array = new Uint8Array(0)): PeerConnection {
    const connection = new PeerConnection(socket);
    if (early.length > 0) connection.queue.push(early);
    socket.pause();
    socket.on("data", (bytes: Buffer) => {
      if (connection.discards) return;
      socket.pause();
      connection.push(bytes);
    });
    // Adding a listener for data sets a fresh socket flowing.
    socket.pause();
    return connection;
  }

  /**
   * The next chunk, or undefined at the end. It is valid until the next call, so it must be used up first. Rejects
   * with a SourceError when the connection breaks or nothing comes for `timeoutMs`.
   */
  read(timeoutMs: number): Promise<Uint8Array | undefined> {
    return this.next<never>(() => this.timeout(), timeoutMs);
  }

  /** As `read`, but a silence of `quietMs` is an answer too, and the connection goes on. */
  readSoon(quietMs: number): Promise<Uint8Array | "quiet" | undefined> {
    return this.next<"quiet">(() => {
      const { waiter } = this;
      this.release();
      this.socket.pause();
      waiter?.resolve("quiet");
    }, quietMs);
  }

  /** Puts back bytes that belong to the next message. */
  unread(bytes: Uint8Array): void {
    if (bytes.length > 0) this.queue.unshift(bytes);
  }

  /** Resolves when the kernel has the bytes. Rejects with a SourceError, also when it takes none of them for `timeoutMs`. */
  write(bytes: Uint8Array, timeoutMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      // The socket's own timer knows when a part of a long write has gone out, so a slow peer is not a stalled one.
      this.isWriting = true;
      this.socket.setTimeout(timeoutMs);
      this.socket.write(bytes, (error) => {
        this.isWriting = false;
        this.socket.setTimeout(0);
        if (error === undefined || error === null) resolve();
        else reject(this.failure ?? new SourceError("peer_gone", words(error), { cause: error }));
      });
    });
  }

  /** Watches an idle connection: bytes or an end while nobody asks mean that it is of no further use. */
  watchIdle(onGone: () => void): void {
    if (!this.isUsable) return onGone();
    this.onGone = onGone;
    this.socket.resume();
  }

  stopWatching(): void {
    this.onGone = undefined;
    this.socket.pause();
  }

  /** Open, and nothing has come that nobody asked for. */
  get isUsable(): boolean {
    return !this.ended && this.failure === undefined && this.queue.length === 0 && !this.socket.destroyed;
  }

  /** Ends after what was written is out. What the peer still sends is read away, since unread bytes would cut our answer short. */
  end(): void {
    this.discards = true;
    this.ended = true;
    this.queue.length = 0;
    this.socket.end();
    this.socket.resume();
    const timer = setTimeout(() => this.socket.destroy(), LINGER_MS);
    timer.unref();
    this.socket.once("close", () => clearTimeout(timer));
    this.socket.once("end", () => this.socket.destroySoon());
    this.settle();
  }

  destroy(): void {
    this.ended = true;
    this.socket.destroy();
    this.settle();
  }

  private push(buffer: Uint8Array): void {
    // A Buffer's `slice` would share its memory, which surprises whoever wants to keep a part.
    const bytes = new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
    if (this.onGone !== undefined) {
      this.fail(new SourceError("protocol", "The peer sent bytes that nobody asked for."));
      return;
    }
    if (this.waiter !== undefined) {
      const { resolve } = this.waiter;
      this.release();
      resolve(bytes);
    } else if (this.queue.length < QUEUED_CHUNKS_MAX) this.queue.push(bytes);
    else this.fail(new SourceError("protocol", "The peer sent more than was asked for."));
  }

  private next<Quiet extends "quiet">(onSilence: () => void, ms: number): Promise<Uint8Array | Quiet | undefined> {
    const next = this.queue.shift();
    if (next !== undefined) return Promise.resolve(next);
    if (this.failure !== undefined) return Promise.reject(this.failure);
    if (this.ended) return Promise.resolve(undefined);
    return new Promise((resolve, reject) => {
      this.waiter = { resolve: (bytes) => resolve(bytes as Uint8Array | Quiet | undefined), reject };
      this.timer = setTimeout(onSilence, ms);
      this.socket.resume();
    });
  }

  private timeout(): void {
    if (this.waiter === undefined) return;
    this.fail(new SourceError("timeout", "The peer fell silent."));
  }

  private fail(error: SourceError): void {
    this.failure ??= error;
    this.socket.destroy();
    this.settle();
  }

  private onEnd(): void {
    this.ended = true;
    this.settle();
  }

  private settle(): void {
    const gone = this.onGone;
    this.onGone = undefined;
    gone?.();
    if (this.waiter === undefined) return;
    const { resolve, reject } = this.waiter;
    this.release();
    if (this.failure === undefined) resolve(undefined);
    else reject(this.failure);
  }

  private release(): void {
    this.waiter = undefined;
    clearTimeout(this.timer);
  }
}

function words(error: Error & { code?: string }): string {
  switch (error.code) {
    case "ECONNREFUSED":
      return "The peer refused the connection.";
    case "ECONNRESET":
    case "EPIPE":
      return "The peer closed the connection.";
    case "EHOSTUNREACH":
    case "ENETUNREACH":
    case "ETIMEDOUT":
      return "The peer cannot be reached.";
    default:
      return `The connection failed (${error.code ?? error.message}).`;
  }
}
