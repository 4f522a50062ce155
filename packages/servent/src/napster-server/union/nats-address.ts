// Where a NATS server is and how one gets in, as one URL: `nats://user:password@10.0.0.5:4222`, `tls://token@host?ca=/etc/ca.pem`.
import { readFileSync } from "node:fs";
import { checkServerIdentity, type ConnectionOptions, type PeerCertificate } from "node:tls";
import { credsAuthenticator, type NodeConnectionOptions } from "@nats-io/transport-node";
import { ServentError } from "../../base/servent-error.ts";

/** The client hands on what it does not know to Node. */
type TlsOptions = NonNullable<NodeConnectionOptions["tls"]> & Pick<ConnectionOptions, "checkServerIdentity">;

const FILES = ["ca", "cert", "key", "creds"] as const;
const PORT = 4222;

/**
 * Options of the client for these servers, which are of one cluster: how one gets in says the first of them. `ca`, `cert`, `key`
 * and `creds` name files. Throws ServentError `invalid_value`.
 */
export function natsConnection(urls: readonly string[]): NodeConnectionOptions {
  const parsed = urls.map(parse);
  const [first] = parsed;
  if (first === undefined) throw invalid("", "No NATS server is named.");
  const servers = parsed.map(({ hostname, port }) => `${hostname}:${port === "" ? PORT : port}`);
  const [user, pass] = [decodeURIComponent(first.username), decodeURIComponent(first.password)];
  const { ca: caFile, cert: certFile, key: keyFile, creds } = files(first);
  const isTls = first.protocol === "tls:" || caFile !== undefined || certFile !== undefined;
  return {
    servers,
    ...(user === "" ? {} : pass === "" ? { token: user } : { user, pass }),
    ...(creds === undefined ? {} : { authenticator: credsAuthenticator(read(creds)) }),
    ...(isTls
      ? {
          tls: tlsOptions(
            { caFile, certFile, keyFile },
            parsed.map(({ hostname }) => hostname),
          ),
        }
      : {}),
  };
}

/** For logs: without what lets one in. */
export function natsPlace(url: string): string {
  const { protocol, host } = parse(url);
  return `${protocol}//${host}`;
}

function parse(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || (url.protocol !== "nats:" && url.protocol !== "tls:") || url.hostname === "") {
    throw invalid(text.replace(/\/\/[^@]*@/, "//…@"), "It is no address of a NATS server.");
  }
  for (const name of url.searchParams.keys()) {
    if (!FILES.some((file) => file === name)) throw invalid(name, "An address of a NATS server has no such part.");
  }
  return url;
}

function files(url: URL): { readonly [name in (typeof FILES)[number]]?: string } {
  return Object.fromEntries([...url.searchParams].filter(([, file]) => file !== ""));
}

function read(file: string): Uint8Array {
  try {
    return readFileSync(file);
  } catch (cause) {
    throw new ServentError("invalid_value", `${file} cannot be read.`, "It holds what lets us in to NATS.", { cause });
  }
}

/** The client tells TLS a server's name but not its address, so a certificate for an address would be held against "localhost". */
function tlsOptions(files: Readonly<Record<string, string | undefined>>, hosts: readonly string[]): TlsOptions {
  const named = Object.entries(files).filter(([, file]) => file !== undefined);
  return {
    ...Object.fromEntries(named),
    checkServerIdentity: (host: string, certificate: PeerCertificate) => {
      const problems = (hosts.includes(host) ? [host] : hosts).map((each) => checkServerIdentity(each, certificate));
      return problems.includes(undefined) ? undefined : problems[0];
    },
  };
}

function invalid(what: string, why: string): ServentError {
  return new ServentError("invalid_value", `"${what}": ${why}`, "Write it like nats://user:password@10.0.0.5:4222.");
}
