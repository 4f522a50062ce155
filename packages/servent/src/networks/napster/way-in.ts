// Which index servers there are: those that our owner named, by number or by name, those of last time, and those that redirectors
// send us to.
import { lookup } from "node:dns/promises";
import { endpointOf as addressAt, parseIpv4 } from "@servent/overlay/base/ipv4.ts";
import type { Address } from "@servent/overlay/host/host.ts";
import type { TlsDial } from "../../runtime/socket-stream-port.ts";
import type { Endpoint } from "../network.ts";
import { askRedirector } from "./redirector.ts";

/** A way to index servers as the settings name it. */
export interface Entry extends Endpoint {
  /** A redirector is asked for servers; what stands behind TLS is a server. */
  readonly kind: "server" | "tls" | "redirect";
  /** Of the certificate behind TLS, SHA-256 in hexadecimal; empty: whatever certificate is there. */
  readonly fingerprint: string;
}

export interface WayInOptions {
  readonly entries: () => readonly Entry[];
  readonly localAddress: string | undefined;
  readonly mayDial: (address: Address) => boolean;
  /** `tls`: it speaks TLS first, and so. */
  readonly onServer: (address: Address, isNamed: boolean, tls: TlsDial | undefined) => void;
}

/** Asked at once; a list of settings has few. */
const ENTRIES_MAX = 50;

export class WayIn {
  private readonly options: WayInOptions;
  private isBusy = false;
  private isClosed = false;

  constructor(options: WayInOptions) {
    this.options = options;
  }

  /** Asks all entries, unless they are being asked. Never rejects. */
  async look(): Promise<void> {
    if (this.isBusy) return;
    this.isBusy = true;
    await Promise.all(
      this.options
        .entries()
        .slice(0, ENTRIES_MAX)
        .map((entry) => this.follow(entry)),
    );
    this.isBusy = false;
  }

  get isAsking(): boolean {
    return this.isBusy;
  }

  close(): void {
    this.isClosed = true;
  }

  private async follow(entry: Entry): Promise<void> {
    const { localAddress, mayDial, onServer } = this.options;
    const ip = parseIpv4(entry.host) ?? (await addressOfName(entry.host));
    if (ip === undefined) return;
    if (entry.kind !== "redirect") {
      const tls = entry.kind === "tls" ? tlsFor(entry.fingerprint) : undefined;
      if (!this.isClosed) onServer(addressAt(ip, entry.port), true, tls);
      return;
    }
    const address = await askRedirector(entry, localAddress);
    // Our owner named the redirector, not where it sends us.
    if (address !== undefined && mayDial(address) && !this.isClosed) onServer(address, false, undefined);
  }
}

/**
 * Index servers make their certificates themselves, so a certificate proves nothing by its issuer: without a fingerprint TLS keeps
 * listeners out and no more; with one it also says that this is the server that was meant.
 */
function tlsFor(fingerprint: string): TlsDial {
  return { rejectUnauthorized: false, ...(fingerprint === "" ? {} : { fingerprint }) };
}

async function addressOfName(host: string): Promise<number | undefined> {
  try {
    return parseIpv4((await lookup(host, { family: 4 })).address);
  } catch {
    return undefined;
  }
}
