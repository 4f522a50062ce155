// TLS between servers of a union without certificates: the key of the union is TLS's pre-shared key (RFC 5489 and 7905: an ephemeral key
// exchange besides, so what was recorded stays secret when the key is lost). Who does not know it gets no handshake.
import type { ConnectionOptions, TlsOptions } from "node:tls";
import { utf8Encode } from "@servent/overlay/base/bytes.ts";
import { hmacSha256 } from "@servent/overlay/base/sha256.ts";
import type { TlsDoorBounds } from "../tls-door.ts";

/** Node's TLS 1.3 knows no pre-shared keys from outside. */
const COMMON = {
  ciphers: "ECDHE-PSK-CHACHA20-POLY1305",
  minVersion: "TLSv1.2",
  maxVersion: "TLSv1.2",
} as const satisfies TlsOptions & ConnectionOptions;

const IDENTITY = "servent-union";

/** Servers of a union are few, and near enough to shake hands soon. */
export const UNION_DOOR: TlsDoorBounds = { handshakesMax: 32, handshakeMs: 5000 };

/** How a server that has this key is dialled. */
export function unionDial(key: Uint8Array): ConnectionOptions {
  const psk = tlsKey(key);
  return {
    ...COMMON,
    pskCallback: () => ({ psk, identity: IDENTITY }),
    // There is no certificate: who knows the key is right.
    checkServerIdentity: () => undefined,
  };
}

/** How those that have this key come in. */
export function unionTls(key: Uint8Array): TlsOptions {
  const psk = tlsKey(key);
  return { ...COMMON, pskCallback: (_socket, identity) => (identity === IDENTITY ? psk : null) };
}

/** Did the handshake of whoever came in fail since his key is another? The first thing that he says under it makes no sense then. */
export function isOtherKey(error: NodeJS.ErrnoException): boolean {
  return error.code === "ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC";
}

/** Not the key itself, which also proves who we are inside. */
function tlsKey(key: Uint8Array): Buffer {
  return Buffer.from(hmacSha256(key, utf8Encode("servent union TLS")));
}
