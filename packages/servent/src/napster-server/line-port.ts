// A port that says one line to whoever connects, and hangs up: the protocol's redirectors and statistics ports.
import type { Socket } from "node:net";
import { formatEndpoint } from "@servent/overlay/base/ipv4.ts";
import { Listener } from "../runtime/listener.ts";
import { LIMITS } from "./limits.ts";
import { placeOf } from "../runtime/place.ts";

export class LinePort {
  /** How many have asked. */
  asked = 0;
  private readonly listener: Listener;
  private readonly open: Set<Socket>;

  /** @param line Without its end. Rejects as `Listener.open`. */
  static async open(listen: string, line: () => string): Promise<LinePort> {
    const open = new Set<Socket>();
    const take = (socket: Socket): void => {
      port.asked++;
      const host = socket.remoteAddress;
      let ofHost = 0;
      for (const { remoteAddress } of open) if (remoteAddress === host) ofHost++;
      if (open.size >= LIMITS.lineConnectionsMax || ofHost >= LIMITS.lineConnectionsPerHostMax) {
        socket.destroy();
        return;
      }
      open.add(socket);
      // From the beginning, whatever still comes: who goes on writing does not stay.
      const deadline = setTimeout(() => socket.destroy(), LIMITS.lineTimeoutMs);
      socket.once("close", () => {
        clearTimeout(deadline);
        open.delete(socket);
      });
      // What the other side says is of no interest, but unread it would turn our end into a reset.
      socket.resume();
      socket.end(`${line()}\n`);
    };
    const listener = await Listener.open({
      ...placeOf(listen),
      handlers: [{ prefix: "", take }],
      perMinuteMax: LIMITS.connectionsPerMinute,
    });
    const port = new LinePort(listener, open);
    return port;
  }

  private constructor(listener: Listener, open: Set<Socket>) {
    this.listener = listener;
    this.open = open;
  }

  get place(): string {
    return formatEndpoint(this.listener.address);
  }

  close(): void {
    this.listener.close();
    for (const socket of this.open) socket.destroy();
  }
}
