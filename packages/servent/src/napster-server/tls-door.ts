// Connections that speak TLS first. Who has shaken hands is handed over as if he had come in clear.
import type { Socket } from "node:net";
import { createServer, type Server, type TlsOptions, type TLSSocket } from "node:tls";
import type { Address } from "@servent/overlay/host/host.ts";
import { addressFrom } from "../runtime/address.ts";

export interface TlsDoorBounds {
  /** Handshakes under way; the oldest makes room. */
  readonly handshakesMax: number;
  /** From the connection to the end of the handshake. */
  readonly handshakeMs: number;
}

export class TlsDoor {
  private readonly server: Server;
  private readonly handshakesMax: number;
  /** Handshakes under way by the other side's address, the oldest first. */
  private readonly shaking = new Map<string, Socket>();

  /**
   * @param options How the other side knows us, and we it.
   * @param take Owns the socket from there on; nothing has been read from it.
   * @param refused Hears whose handshake came to nothing, and why.
   */
  constructor(
    options: TlsOptions,
    { handshakesMax, handshakeMs }: TlsDoorBounds,
    take: (socket: TLSSocket) => void,
    refused: (remote: Address, error: NodeJS.ErrnoException) => void = () => {},
  ) {
    this.handshakesMax = handshakesMax;
    this.server = createServer({ ...options, handshakeTimeout: handshakeMs, allowHalfOpen: true });
    this.server.on("secureConnection", (socket) => {
      this.shaking.delete(remoteOf(socket));
      take(socket);
    });
    this.server.on("tlsClientError", (error, socket) => {
      const remote = addressFrom(socket.remoteAddress ?? "", socket.remotePort ?? 0);
      if (remote !== undefined) refused(remote, error);
      socket.destroy();
    });
  }

  /** Owns the socket from here on. */
  enter(socket: Socket): void {
    const remote = remoteOf(socket);
    this.shaking.set(remote, socket);
    socket.once("close", () => {
      if (this.shaking.get(remote) === socket) this.shaking.delete(remote);
    });
    if (this.shaking.size > this.handshakesMax) {
      const [oldest] = this.shaking.values();
      oldest?.destroy();
    }
    // A server that does not listen still shakes hands with whom it is given.
    this.server.emit("connection", socket);
  }

  /** Drops whoever is still shaking hands. */
  close(): void {
    for (const socket of this.shaking.values()) socket.destroy();
  }
}

function remoteOf(socket: Socket): string {
  return `${socket.remoteAddress}:${socket.remotePort}`;
}
