// The certificate of the TLS port: the operator's own, or one that we make once and keep. Clients that were told its fingerprint
// know the server again; nobody else vouches for it.
import { X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createSecureContext } from "node:tls";
import { ServentError } from "../base/servent-error.ts";
import type { AccountStore, CertificatePair } from "./account-store.ts";
import { LIMITS } from "./limits.ts";

const DAY_MS = 86_400_000;

export interface ServerCertificate extends CertificatePair {
  /** SHA-256 of the certificate, as other programs print it: `AB:CD:…`. */
  readonly fingerprint: string;
}

/** Throws ServentError `invalid_value` where the two files cannot be read or do not belong together. */
export async function readCertificate(certificateFile: string, keyFile: string): Promise<ServerCertificate> {
  try {
    const [certificate, key] = await Promise.all([readFile(certificateFile, "utf8"), readFile(keyFile, "utf8")]);
    return serverCertificate({ certificate, key });
  } catch (cause) {
    throw new ServentError(
      "invalid_value",
      `${certificateFile} and ${keyFile} are no certificate with its key: ${cause instanceof Error ? cause.message : String(cause)}.`,
      "Both must be PEM files, and the key that of the certificate.",
      { cause },
    );
  }
}

/** The one that is kept, or a new one where there is none or its end is near. */
export async function ownCertificate(store: AccountStore, name: string): Promise<ServerCertificate> {
  const known = store.certificate();
  if (known !== undefined && isGood(known)) return serverCertificate(known);
  const fresh = await makeCertificate(name);
  store.setCertificate(fresh);
  return serverCertificate(fresh);
}

async function makeCertificate(name: string): Promise<CertificatePair> {
  // Node makes no certificates. `selfsigned` is kept up and does it in one call; it takes a third of a second to load.
  const { generate } = await import("selfsigned");
  const { cert, private: key } = await generate([{ name: "commonName", value: name }], {
    keyType: "ec",
    curve: "P-256",
    algorithm: "sha256",
    notAfterDate: new Date(Date.now() + LIMITS.certificateDays * DAY_MS),
  });
  return { certificate: cert, key };
}

function isGood({ certificate }: CertificatePair): boolean {
  return new X509Certificate(certificate).validToDate.getTime() > Date.now() + LIMITS.certificateRenewDays * DAY_MS;
}

/** Throws where they are no certificate and key, or do not belong together. */
function serverCertificate({ certificate, key }: CertificatePair): ServerCertificate {
  createSecureContext({ cert: certificate, key });
  return { certificate, key, fingerprint: new X509Certificate(certificate).fingerprint256 };
}
