// Dialling a peer that speaks TLS first. Index servers make their certificates themselves, so a certificate proves nothing by its
// issuer: without a fingerprint TLS keeps listeners out and no more; with one it also says that this is the server that was meant.
import { connect, type TLSSocket } from "node:tls";
import type { NetConnectOpts } from "node:net";

/** Whom to trust. */
export interface Trust {
  /** SHA-256 of the certificate, hexadecimal, colons allowed, any case; empty: whoever answers. */
  readonly fingerprint: string;
}

/** The socket is of use from `secureConnect` on; before that it ends with an error where the certificate is another. */
export function dialTls(place: NetConnectOpts, { fingerprint }: Trust): TLSSocket {
  const socket = connect({ ...place, rejectUnauthorized: false });
  if (fingerprint !== "") {
    socket.prependOnceListener("secureConnect", () => {
      if (fold(socket.getPeerCertificate().fingerprint256 ?? "") === fold(fingerprint)) return;
      socket.removeAllListeners("secureConnect");
      socket.destroy(new Error("the server's certificate is not the one that is expected"));
    });
  }
  return socket;
}

function fold(fingerprint: string): string {
  return fingerprint.replaceAll(":", "").toLowerCase();
}
