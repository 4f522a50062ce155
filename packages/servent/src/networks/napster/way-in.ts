// Which index servers there are: those that our owner named, by number or by name, those of last time, and those that redirectors
// send us to.
import { lookup } from "node:dns/promises";
import { endpointOf as addressAt, parseIpv4 } from "@servent/overlay/base/ipv4.ts";
import type { Address } from "@servent/overlay/host/host.ts";
import type { Trust } from "../../runtime/tls-dial.ts";
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
  /** `trust`: it speaks TLS first. */
  readonly onServer: (address: Address, isNamed: boolean, trust: Trust | undefined) => void;
}

/** Asked at once; a list of settings has few. */
const ENTRIES_MAX = 50;

export class WayIn {
  private readonly options: WayInOptions;
  private isAsking = false;
  private isClosed = false;

  constructor(options: WayInOptions) {
    this.options = options;
  }

  /** Asks all entries, unless they are being asked. Never rejects. */
  async look(): Promise<void> {
    if (this.isAsking) return;
    this.isAsking = true;
    await Promise.all(
      this.options
        .entries()
        .slice(0, ENTRIES_MAX)
        .map((entry) => this.follow(entry)),
    );
    this.isAsking = false;
  }

  close(): void {
    this.isClosed = true;
  }

  private async follow(entry: Entry): Promise<void> {
    const { localAddress, mayDial, onServer } = this.options;
    const ip = parseIpv4(entry.host) ?? (await addressOfName(entry.host));
    if (ip === undefined) return;
    if (entry.kind !== "redirect") {
      const trust = entry.kind === "tls" ? { fingerprint: entry.fingerprint } : undefined;
      if (!this.isClosed) onServer(addressAt(ip, entry.port), true, trust);
      return;
    }
    const address = await askRedirector(entry, localAddress);
    // Our owner named the redirector, not where it sends us.
    if (address !== undefined && mayDial(address) && !this.isClosed) onServer(address, false, undefined);
  }
}

async function addressOfName(host: string): Promise<number | undefined> {
  try {
    return parseIpv4((await lookup(host, { family: 4 })).address);
  } catch {
    return undefined;
  }
}
