// TLS between servers of a union without certificates: the key of the union is TLS's pre-shared key (RFC 5489 and 7905: an ephemeral key
// exchange besides, so what was recorded stays secret when the key is lost). Who does not know it gets no handshake.
import type { Socket } from "node:net";
import { type ConnectionOptions, createServer, type Server, type TlsOptions, type TLSSocket } from "node:tls";
import { utf8Encode } from "@servent/overlay/base/bytes.ts";
import { hmacSha256 } from "@servent/overlay/base/sha256.ts";

/** Node's TLS 1.3 knows no pre-shared keys from outside. */
const COMMON = {
  ciphers: "ECDHE-PSK-CHACHA20-POLY1305",
  minVersion: "TLSv1.2",
  maxVersion: "TLSv1.2",
} as const satisfies TlsOptions & ConnectionOptions;

const IDENTITY = "servent-union";

/** From the connection to the end of the handshake. */
const HANDSHAKE_MS = 5000;
/** Handshakes under way; the oldest makes room. */
const HANDSHAKES_MAX = 32;

/** How a server that has this key is dialled. */
export function dialTls(key: Uint8Array): ConnectionOptions {
  const psk = tlsKey(key);
  return {
    ...COMMON,
    pskCallback: () => ({ psk, identity: IDENTITY }),
    // There is no certificate: who knows the key is right.
    checkServerIdentity: () => undefined,
  };
}

/** Where other servers come in and shake hands. */
export class UnionDoor {
  private readonly server: Server;
  /** Handshakes under way by the other side's address, the oldest first. */
  private readonly shaking = new Map<string, Socket>();

  /** @param take Owns the socket from there on; nothing has been read from it. */
  constructor(key: Uint8Array, take: (socket: TLSSocket) => void) {
    const psk = tlsKey(key);
    this.server = createServer({
      ...COMMON,
      pskCallback: (_socket, identity) => (identity === IDENTITY ? psk : null),
      handshakeTimeout: HANDSHAKE_MS,
      allowHalfOpen: true,
    });
    this.server.on("secureConnection", (socket) => {
      this.shaking.delete(remoteOf(socket));
      take(socket);
    });
    this.server.on("tlsClientError", (_error, socket) => socket.destroy());
  }

  /** Owns the socket from here on. */
  enter(socket: Socket): void {
    const remote = remoteOf(socket);
    this.shaking.set(remote, socket);
    socket.once("close", () => {
      if (this.shaking.get(remote) === socket) this.shaking.delete(remote);
    });
    if (this.shaking.size > HANDSHAKES_MAX) {
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

/** Not the key itself, which also proves who we are inside. */
function tlsKey(key: Uint8Array): Buffer {
  return Buffer.from(hmacSha256(key, utf8Encode("servent union TLS")));
}
