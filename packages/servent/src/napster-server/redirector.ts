// A redirector (metaserver): names one server after the other to whoever asks. One that does not answer is not named.
import { connect } from "node:net";
import { LIMITS } from "./limits.ts";
import { LinePort } from "./line-port.ts";
import { placeOf } from "../runtime/place.ts";

/** What clients take for "come later". */
const NOBODY = "127.0.0.1:0";

export class Redirector {
  private readonly servers: readonly string[];
  private readonly alive = new Set<string>();
  private next = 0;
  private line: LinePort | undefined;
  private timer: NodeJS.Timeout | undefined;

  /** @param servers `ip:port` each. Has looked at all of them when this resolves. Rejects as `Listener.open`. */
  static async open(listen: string, servers: readonly string[]): Promise<Redirector> {
    const redirector = new Redirector(servers);
    await redirector.check();
    redirector.line = await LinePort.open(listen, () => redirector.name());
    redirector.timer = setInterval(() => void redirector.check(), LIMITS.checkEveryMs);
    return redirector;
  }

  private constructor(servers: readonly string[]) {
    this.servers = servers.slice(0, LIMITS.redirectedServersMax);
  }

  get place(): string {
    return this.line?.place ?? "";
  }

  /** Servers that answer, and all. */
  status(): { readonly alive: number; readonly known: number; readonly asked: number } {
    return { alive: this.alive.size, known: this.servers.length, asked: this.line?.asked ?? 0 };
  }

  close(): void {
    clearInterval(this.timer);
    this.line?.close();
  }

  /** Looks at all servers at once; done when each has answered or failed. */
  async check(): Promise<void> {
    await Promise.all(
      this.servers.map(async (server) => {
        if (await answers(server)) this.alive.add(server);
        else this.alive.delete(server);
      }),
    );
  }

  private name(): string {
    for (let tries = this.servers.length; tries > 0; tries--) {
      const server = this.servers[this.next++ % this.servers.length] as string;
      if (this.alive.has(server)) return server;
    }
    return NOBODY;
  }
}

function answers(server: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ ...placeOf(server), timeout: LIMITS.checkTimeoutMs });
    const say = (isAlive: boolean): void => {
      resolve(isAlive);
      socket.destroy();
    };
    socket.once("connect", () => say(true));
    socket.once("timeout", () => say(false));
    socket.once("error", () => say(false));
  });
}
