// A port that says one line to whoever connects, and hangs up: the protocol's redirectors and statistics ports.
import type { Socket } from "node:net";
import { formatEndpoint } from "@servent/overlay/base/ipv4.ts";
import { Listener } from "../runtime/listener.ts";
import { LIMITS } from "./limits.ts";
import { placeOf } from "./place.ts";

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
      if (open.size >= LIMITS.lineConnectionsMax) {
        socket.destroy();
        return;
      }
      open.add(socket);
      socket.setTimeout(LIMITS.lineTimeoutMs, () => socket.destroy());
      socket.once("close", () => open.delete(socket));
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
