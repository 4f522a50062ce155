// Pings the hosts of a file before one of them is chosen: dials the data port, takes the time to the byte with which every client
// greets, and hangs up. Only hosts of which nothing is known yet and whose port the index server told: others are measured when
// they are dialled for the file.
import { portOf } from "@servent/overlay/base/ipv4.ts";
import type { Address } from "@servent/overlay/host/host.ts";
import type { HostChoice } from "@servent/overlay/protocols/napster/host-choice.ts";
import { endpointOf } from "../../runtime/address.ts";
import { PeerConnection } from "../peer-connection.ts";
import { CallRations } from "./call-rations.ts";
import { PORT_LEAST } from "./dial-bounds.ts";
import { awaitGreeting } from "./talk.ts";

export interface PingsOptions {
  readonly choice: HostChoice<string>;
  /** Address that we dial from, in digits; undefined: any. */
  readonly localAddress: string | undefined;
  readonly mayDial: (address: Address) => boolean;
}

/** At the same time: a search names dozens of holders, and each dial takes a place in somebody's queue for a moment. */
const PINGS_MAX = 8;
/** Whoever is farther away than this is no better than one who is not there. */
const PING_MS = 4000;

export class Pings {
  private readonly options: PingsOptions;
  private readonly underway = new Set<string>();
  private readonly closing = new AbortController();
  /** An index server may name anybody as a holder: we are no part of a flood. */
  private readonly rations = new CallRations();

  constructor(options: PingsOptions) {
    this.options = options;
  }

  /** Pings a user there, unless something is known of him, or it must not be now; then a later call may. Never throws. */
  measure(nick: string, address: Address): void {
    const { choice, mayDial } = this.options;
    if (this.closing.signal.aborted || this.underway.has(nick) || this.underway.size >= PINGS_MAX) return;
    if (choice.isMeasured(nick) || portOf(address) < PORT_LEAST || !mayDial(address)) return;
    const { host } = endpointOf(address);
    if (!this.rations.take(host)) return;
    this.underway.add(nick);
    void this.ping(nick, address).finally(() => this.underway.delete(nick));
  }

  close(): void {
    this.closing.abort();
  }

  private async ping(nick: string, address: Address): Promise<void> {
    const { choice, localAddress } = this.options;
    const { signal } = this.closing;
    const endpoint = endpointOf(address);
    const started = performance.now();
    let connection: PeerConnection | undefined;
    try {
      connection = await PeerConnection.dial(endpoint, { localAddress, timeoutMs: PING_MS }, signal);
      await awaitGreeting(connection);
      choice.onPing(nick, Math.round(performance.now() - started));
      this.rations.giveBack(endpoint.host);
    } catch {
      if (!signal.aborted) choice.onFailure(nick, Math.floor(performance.now()));
    } finally {
      connection?.destroy();
    }
  }
}
