// One open stream of a SocketStreamPort: a TCP socket, the codec of both directions, and what is queued for sending.
// Every call into the node starts in an event of the socket, of zlib or of a timer, so nothing here is ever re-entrant.
import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import type { Address, Link, LinkCodec, StreamNode } from "@servent/overlay/host/host.ts";
import { Deflater, Inflater } from "./deflate.ts";
import { FrameCutter } from "./frame-cutter.ts";
import { SendBatch } from "./send-batch.ts";

/** Traffic of one link since it opened. `bytes…` before compression, `wireBytes…` as the socket carried them. */
export interface LinkStats {
  readonly messagesIn: number;
  readonly messagesOut: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly wireBytesIn: number;
  readonly wireBytesOut: number;
  /** Milliseconds since the stream opened; 0 while it is being dialled. */
  readonly ageMs: number;
}

export interface LinkOptions {
  /** Queued bytes from which on `send` answers false. */
  readonly markBytes: number;
  readonly messageBytesMax: number;
  /** How long a closing stream may take to send what is queued and to hear the other side's end. */
  readonly closeWaitMs: number;
  /** How long something may wait in a compressed stream for more to compress it with; 0: not beyond one turn of the event loop. */
  readonly compressionWaitMs: number;
}

/** What a link needs of its port. */
export interface LinkOwner<M> {
  readonly node: StreamNode<M>;
  /** The link has something to write; the port calls `flush` at the end of this turn of the event loop. */
  flushSoon(link: SocketLink<M>): void;
  /** The socket is gone; the port delivers `onClose` and frees the number. */
  gone(link: SocketLink<M>): void;
}

/** A node that never reads `room` is cut off when it has queued this many times the mark. */
const OVERRUN_FACTOR = 4;

/** Messages of one link in one turn of the event loop; then the others have theirs. A read may bring a thousand small ones. */
const MESSAGES_PER_TURN = 64;

/** Answers of so many bytes go to the socket before the next message is read. */
const BATCH_BYTES = 32 * 1024;

export class SocketLink<M> {
  readonly number: Link;
  /** Why the stream ended, in words; the first reason stands. */
  reason = "";

  private readonly owner: LinkOwner<M>;
  private readonly socket: Socket;
  private readonly codec: LinkCodec<M>;
  private readonly cutter: FrameCutter<M>;
  private readonly options: LinkOptions;

  private state: "opening" | "open" | "closing" | "gone" = "opening";
  private openedAt = 0;

  /** The node knows the number: it dialled, or has heard `onOpen`. */
  private known: boolean;
  private readonly batch = new SendBatch();
  private overMark = false;
  private deflater: Deflater | undefined;
  private inflater: Inflater | undefined;
  /** Who wants that nothing is read for now. */
  private holds = 0;
  private endHeard = false;
  /** What is sent goes out at the end of that. */
  private isDelivering = false;
  private closeTimer: NodeJS.Timeout | undefined;

  private messagesIn = 0;
  private messagesOut = 0;
  private bytesIn = 0;
  private bytesOut = 0;
  private wireBytesIn = 0;
  private wireBytesOut = 0;

  /** `dialled`: the node asked for this link and waits for its answer. */
  constructor(
    owner: LinkOwner<M>,
    number: Link,
    socket: Socket,
    codec: LinkCodec<M>,
    dialled: boolean,
    options: LinkOptions,
  ) {
    this.owner = owner;
    this.number = number;
    this.socket = socket;
    this.codec = codec;
    this.known = dialled;
    this.options = options;
    this.cutter = new FrameCutter(codec, options.messageBytesMax);
    socket.on("error", (error) => this.blame(describe(error)));
    socket.on("close", () => this.end());
  }

  /** The node has heard of this link, so it must hear of its end. */
  get isKnown(): boolean {
    return this.known;
  }

  /** Tells the node, then starts to read. `head` was read from the socket before. */
  open(remote: Address, inbound: boolean, head: Uint8Array): void {
    if (this.state !== "opening" || this.socket.destroyed) return;
    this.state = "open";
    this.known = true;
    this.openedAt = performance.now();
    this.owner.node.onOpen(this.number, remote, inbound);
    if (!this.isOpen) return;
    this.socket.on("data", (chunk: Uint8Array) => this.receive(chunk));
    this.socket.on("end", () => this.heardEnd());
    if (head.length > 0) this.receive(head);
  }

  get room(): number {
    if (this.state !== "open") return 0;
    const room = this.options.markBytes - this.queued;
    // Also where no `send` has said so: what zlib works on may count twice for a while.
    if (room <= 0) this.overMark = true;
    return room;
  }

  send(message: M): boolean {
    if (this.state !== "open") return false;
    const bytes = this.codec.encode(message);
    this.messagesOut++;
    this.bytesOut += bytes.length;
    if (this.batch.length === 0 && !this.isDelivering) this.owner.flushSoon(this);
    this.batch.add(bytes);
    if (this.deflater === undefined && this.codec.deflates) {
      // This message still goes out plain, the next one is the first of the zlib stream.
      this.flush();
      const write = (compressed: Uint8Array): void => this.write(compressed);
      this.deflater = new Deflater(write, this.tellWritable, this.options.compressionWaitMs);
    }
    const queued = this.queued;
    if (queued >= this.options.markBytes) this.overMark = true;
    if (queued > OVERRUN_FACTOR * this.options.markBytes) this.abort("the send queue overran");
    return !this.overMark;
  }

  /** Gives the socket what is queued, as one write. */
  flush(): void {
    if (this.batch.length === 0) return;
    if (this.deflater === undefined) {
      this.wireBytesOut += this.batch.length;
      this.batch.writeTo(this.socket, this.tellWritable);
    } else this.deflater.write(this.batch.take());
  }

  /** Sends what is queued, then ends the stream; drops what still arrives. */
  close(reason: string): void {
    if (this.state === "opening") this.abort(reason);
    if (this.state !== "open") return;
    this.blame(reason);
    this.flush();
    this.state = "closing";
    this.inflater?.destroy();
    if (this.deflater === undefined) this.socket.end();
    else this.deflater.finish(() => this.socket.end());
    // Bytes left unread would turn our end into a reset, which takes what we sent from the other side.
    this.socket.resume();
    this.closeTimer = setTimeout(() => this.socket.destroy(), this.options.closeWaitMs);
  }

  /** Ends the stream without sending what is queued. */
  abort(reason: string): void {
    this.blame(reason);
    if (this.state === "gone") return;
    this.state = "closing";
    this.socket.destroy();
  }

  get isTls(): boolean {
    return this.socket instanceof TLSSocket;
  }

  stats(): LinkStats {
    return {
      messagesIn: this.messagesIn,
      messagesOut: this.messagesOut,
      bytesIn: this.bytesIn,
      bytesOut: this.bytesOut,
      wireBytesIn: this.wireBytesIn,
      wireBytesOut: this.wireBytesOut,
      ageMs: this.openedAt === 0 ? 0 : Math.floor(performance.now() - this.openedAt),
    };
  }

  /** Asked anew after every call into the node, which may have closed the link. */
  private get isOpen(): boolean {
    return this.state === "open";
  }

  private get queued(): number {
    return this.batch.length + (this.deflater?.held ?? 0) + this.socket.writableLength;
  }

  private write(bytes: Uint8Array): void {
    this.wireBytesOut += bytes.length;
    this.socket.write(bytes, this.tellWritable);
  }

  private readonly tellWritable = (): void => {
    if (!this.overMark || this.state !== "open" || this.queued >= this.options.markBytes) return;
    this.overMark = false;
    this.owner.node.onWritable(this.number);
  };

  private receive(chunk: Uint8Array): void {
    this.wireBytesIn += chunk.length;
    if (this.state !== "open") return;
    if (this.inflater === undefined) this.receivePlain(chunk);
    else this.inflate(chunk);
  }

  private receivePlain(bytes: Uint8Array): void {
    this.cutter.push(bytes);
    this.deliver();
  }

  /**
   * Answers go out before others have their turn: at the end of the event loop's turn they would have waited for all that the
   * others asked, and with them all that they were made of.
   */
  private deliver(): void {
    this.isDelivering = true;
    try {
      this.deliverSome();
    } finally {
      this.isDelivering = false;
    }
    this.flush();
  }

  private deliverSome(): void {
    for (let count = 0; this.isOpen; count++) {
      if (this.inflater === undefined && this.codec.inflates) {
        this.startInflating(this.cutter.takeRest());
        return;
      }
      // What zlib gives comes in small portions with turns of others between them.
      if (count === MESSAGES_PER_TURN && this.inflater === undefined) {
        this.rest();
        return;
      }
      const framed = this.cutter.next();
      switch (framed.at) {
        case "more":
          return;
        case "lost":
          this.close(framed.problem);
          return;
        case "bad-message":
          this.bytesIn += framed.used;
          this.owner.node.onMalformed(this.number, framed.problem);
          this.flushMuch();
          break;
        case "message":
          this.messagesIn++;
          this.bytesIn += framed.used;
          this.owner.node.onMessage(this.number, framed.message);
          this.flushMuch();
          break;
      }
    }
  }

  private flushMuch(): void {
    if (this.batch.length >= BATCH_BYTES) this.flush();
  }

  /** Goes on with what is there in the next turn, and reads nothing before. */
  private rest(): void {
    this.cutter.keep();
    this.hold();
    setImmediate(() => {
      this.deliver();
      this.release();
    });
  }

  private startInflating(early: Uint8Array): void {
    this.inflater = new Inflater(
      (bytes) => this.receivePlain(bytes),
      (problem) => this.close(problem),
    );
    if (early.length > 0) this.inflate(early);
  }

  private inflate(chunk: Uint8Array): void {
    // The next read waits: that bounds memory.
    this.hold();
    this.inflater?.push(chunk, () => this.release());
  }

  private hold(): void {
    if (this.holds++ === 0) this.socket.pause();
  }

  private release(): void {
    if (--this.holds > 0) return;
    this.socket.resume();
    if (this.endHeard) this.heardEnd();
  }

  /** The other side sends no more. Its end may overtake what has been read before, though the socket is paused. */
  private heardEnd(): void {
    this.endHeard = true;
    if (this.holds === 0) this.close("closed by the other side");
  }

  private blame(reason: string): void {
    if (this.reason === "") this.reason = reason;
  }

  private end(): void {
    clearTimeout(this.closeTimer);
    this.deflater?.destroy();
    this.inflater?.destroy();
    this.state = "gone";
    this.blame("closed by the other side");
    this.owner.gone(this);
  }
}

/** What happened to a socket, for people. */
function describe(error: NodeJS.ErrnoException): string {
  switch (error.code) {
    case "ECONNREFUSED":
      return "connection refused";
    case "ECONNRESET":
    case "EPIPE":
      return "reset by the other side";
    case "ETIMEDOUT":
      return "no answer";
    case "EHOSTUNREACH":
    case "ENETUNREACH":
      return "host unreachable";
    // What we said under a key that both should share made no sense to the other side.
    case "ERR_SSL_SSL/TLS_ALERT_BAD_RECORD_MAC":
      return "it has another key";
    case "ERR_SSL_WRONG_VERSION_NUMBER":
      return "it speaks no TLS";
    default:
      return error.code ?? error.message;
  }
}
