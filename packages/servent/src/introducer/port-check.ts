// Looks whether somebody takes calls at an address: connects, sends nothing, hangs up at once. Not a byte of what a peer said goes
// out, so a check is of no use to whoever would like to make us talk to somebody.
import { connect, type Socket } from "node:net";
import type { Address } from "@servent/overlay/host/host.ts";
import { endpointOf } from "../runtime/address.ts";

export interface PortChecksOptions {
  readonly timeoutMs: number;
  readonly onChecked: (address: Address, isThere: boolean) => void;
}

export class PortChecks {
  private readonly options: PortChecksOptions;
  private readonly sockets = new Set<Socket>();

  constructor(options: PortChecksOptions) {
    this.options = options;
  }

  /** `onChecked` follows, once and never before this returns. How many run at a time is the desk's to limit. */
  check(address: Address): void {
    const { timeoutMs, onChecked } = this.options;
    const socket = connect(endpointOf(address));
    this.sockets.add(socket);
    const deadline = setTimeout(() => done(false), timeoutMs);
    const done = (isThere: boolean): void => {
      if (!this.sockets.delete(socket)) return;
      clearTimeout(deadline);
      // A reset rather than a goodbye: the peer keeps no half-open connection of us.
      socket.resetAndDestroy();
      onChecked(address, isThere);
    };
    socket.on("connect", () => done(true));
    socket.on("error", () => done(false));
    socket.on("close", () => done(false));
  }

  /** Ends those under way; nobody hears of them. */
  stop(): void {
    for (const socket of this.sockets) socket.destroy();
    this.sockets.clear();
  }
}
