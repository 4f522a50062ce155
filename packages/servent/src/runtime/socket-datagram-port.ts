// A DatagramPort over UDP. Sending reports nothing to the node; what was dropped is counted.
import { formatIpv4, ipv4Of, portOf } from "@servent/overlay/base/ipv4.ts";
import { createSocket, type Socket } from "node:dgram";
import { assert } from "@servent/overlay/base/assert.ts";
import type { Address, DatagramCodec, DatagramPort } from "@servent/overlay/host/host.ts";
import { addressFrom, isEndpoint } from "./address.ts";
import { explain } from "./listener.ts";
import { plainBytes } from "./plain-bytes.ts";

export interface SocketDatagramPortOptions {
  /** An address of this machine, in digits. */
  readonly host: string;
  /** 0: the system chooses. */
  readonly port: number;
  /** What `self` says in place of `host`, where that is no address that others could use. */
  readonly advertise?: string;
  /** Bytes that may wait for the kernel. */
  readonly queueBytesMax?: number;
}

/** About a second of a fast line; beyond that a datagram is better lost than late. */
const QUEUE_BYTES_MAX = 1024 * 1024;

export class SocketDatagramPort<M> implements DatagramPort<M> {
  readonly self: Address;
  /** Datagrams sent and delivered, their bytes, and those dropped, by cause. */
  readonly counts = {
    sent: 0,
    received: 0,
    bytesSent: 0,
    bytesReceived: 0,
    tooLarge: 0,
    undecodable: 0,
    overflowed: 0,
    failed: 0,
  };

  private readonly socket: Socket;
  private readonly codec: DatagramCodec<M>;
  private readonly queueBytesMax: number;
  private node: { onMessage(from: Address, message: M): void } | undefined;
  private closed = false;

  /** Binds. Rejects with a ServentError as a Listener does. */
  static async open<M>(codec: DatagramCodec<M>, options: SocketDatagramPortOptions): Promise<SocketDatagramPort<M>> {
    const socket = createSocket("udp4");
    await new Promise<void>((resolve, reject) => {
      socket.once("error", (error) => reject(explain(error, options.host, options.port)));
      socket.bind({ address: options.host, port: options.port, exclusive: true }, resolve);
    });
    socket.removeAllListeners("error");
    return new SocketDatagramPort(codec, socket, options);
  }

  private constructor(codec: DatagramCodec<M>, socket: Socket, options: SocketDatagramPortOptions) {
    this.codec = codec;
    this.socket = socket;
    this.queueBytesMax = options.queueBytesMax ?? QUEUE_BYTES_MAX;
    const bound = socket.address();
    const self = addressFrom(options.advertise ?? bound.address, bound.port);
    assert(self !== undefined, "a UDP socket has an IPv4 address, and so has what is said in its place");
    this.self = self;
    socket.on("error", () => this.counts.failed++);
    socket.on("message", (bytes, from) => this.receive(bytes, addressFrom(from.address, from.port)));
  }

  /** Names the node that hears of everything; datagrams before that are dropped. */
  attach(node: { onMessage(from: Address, message: M): void }): void {
    assert(this.node === undefined, "a port serves one node");
    this.node = node;
  }

  send(to: Address, message: M): void {
    if (this.closed) return;
    if (this.codec.size(message) > this.codec.datagramBytesMax) {
      this.counts.tooLarge++;
    } else if (!isEndpoint(to)) {
      this.counts.failed++;
    } else if (this.socket.getSendQueueSize() > this.queueBytesMax) {
      this.counts.overflowed++;
    } else {
      const bytes = this.codec.encode(message);
      this.counts.sent++;
      this.counts.bytesSent += bytes.length;
      this.socket.send(bytes, portOf(to), formatIpv4(ipv4Of(to)), (error) => {
        if (error) this.counts.failed++;
      });
    }
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.socket.close();
  }

  private receive(bytes: Uint8Array, from: Address | undefined): void {
    if (this.node === undefined || from === undefined) return;
    const decoded = this.codec.decode(plainBytes(bytes));
    if (!decoded.ok) {
      this.counts.undecodable++;
      return;
    }
    this.counts.received++;
    this.counts.bytesReceived += bytes.length;
    this.node.onMessage(from, decoded.value);
  }
}
