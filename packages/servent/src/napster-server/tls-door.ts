// Connections that speak TLS first. Who has shaken hands is handed over as if he had come in clear.
import type { Socket } from "node:net";
import { createServer, type Server, type TLSSocket } from "node:tls";
import type { CertificatePair } from "./account-store.ts";
import { LIMITS } from "./limits.ts";

export class TlsDoor {
  /** Handshakes that came to nothing. */
  failed = 0;
  private readonly server: Server;
  /** Handshakes under way by the other side's address, the oldest first. */
  private readonly shaking = new Map<string, Socket>();

  /** @param take Owns the socket from there on; nothing has been read from it. */
  constructor({ certificate, key }: CertificatePair, take: (socket: TLSSocket) => void) {
    this.server = createServer({
      cert: certificate,
      key,
      minVersion: "TLSv1.2",
      handshakeTimeout: LIMITS.handshakeMs,
      allowHalfOpen: true,
    });
    this.server.on("secureConnection", (socket) => {
      this.shaking.delete(remoteOf(socket));
      take(socket);
    });
    this.server.on("tlsClientError", (_error, socket) => {
      this.failed++;
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
    if (this.shaking.size > LIMITS.handshakesMax) {
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
