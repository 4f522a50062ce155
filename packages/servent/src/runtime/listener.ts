// One listening TCP socket for everything. It reads the first bytes of a connection, just enough to know whose it is,
// and hands the socket over. It understands no protocol, and lets nobody sit undecided.
import { createServer, type Server, type Socket } from "node:net";
import type { Address } from "@servent/overlay/host/host.ts";
import { concatBytes, latin1Decode } from "@servent/overlay/base/bytes.ts";
import { ServentError } from "../base/servent-error.ts";
import { addressFrom } from "./address.ts";
import { plainBytes } from "./plain-bytes.ts";

export interface ListenerHandler {
  /** The first bytes of a connection, one character per byte: `GNUTELLA `, `GET `. Empty takes every connection at once. */
  readonly prefix: string;
  /**
   * Owns the socket from here on, errors and closing included. `head` has been read from it, prefix and all; nothing else has, and
   * nothing will be before the new owner listens. Half-open: when the other side ends, ours stays open.
   */
  take(socket: Socket, head: Uint8Array): void;
}

export interface ListenerOptions {
  /** An address of this machine, in digits. */
  readonly host: string;
  /** 0: the system chooses. */
  readonly port: number;
  /** Asked in this order. */
  readonly handlers: readonly ListenerHandler[];
  readonly decideMs?: number;
  readonly undecidedMax?: number;
  readonly perMinuteMax?: number;
}

/** An honest peer speaks at once. */
const DECIDE_MS = 10_000;

/** Connections that have not said what they are. An honest one decides in a round trip, so the oldest goes first. */
const UNDECIDED_MAX = 128;

/** Connections of one host in a minute: a busy downloader opens dozens, a flood thousands. */
const PER_MINUTE_MAX = 600;

/** Hosts whose connections are counted; beyond that the one seen longest ago is forgotten. */
const HOSTS_MAX = 4096;

export class Listener {
  /** Connections refused, by cause. */
  readonly refused = { unknown: 0, silent: 0, crowded: 0, tooOften: 0 };

  private readonly options: ListenerOptions;
  private readonly server: Server;
  /** In order of arrival; each has a function that gives it up. */
  private readonly undecided = new Map<Socket, () => void>();
  private readonly perHost = new Map<string, number>();
  private minute = 0;
  private own: Address | undefined;

  /** Rejects with a ServentError: `port_in_use`, `permission`, or `invalid_value` where the host is not ours. */
  static async open(options: ListenerOptions): Promise<Listener> {
    const listener = new Listener(options);
    await listener.listen();
    return listener;
  }

  private constructor(options: ListenerOptions) {
    this.options = options;
    this.server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => this.accept(socket));
  }

  /** Where we listen, with the port that the system chose. */
  get address(): Address {
    if (this.own === undefined) throw new Error("the listener is closed");
    return this.own;
  }

  /** Stops listening and drops who has not decided; handed-over sockets stay with their owners. */
  close(): void {
    this.own = undefined;
    this.server.close();
    for (const socket of this.undecided.keys()) socket.destroy();
  }

  private listen(): Promise<void> {
    const { host, port } = this.options;
    return new Promise((resolve, reject) => {
      this.server.once("error", (error) => reject(explain(error, host, port)));
      this.server.listen({ host, port, exclusive: true }, () => {
        this.server.removeAllListeners("error");
        // Running out of file descriptors fails one accept, not the listener.
        this.server.on("error", () => this.refused.crowded++);
        const bound = this.server.address();
        if (bound === null || typeof bound === "string") throw new Error("a TCP server has an address");
        this.own = addressFrom(bound.address, bound.port);
        resolve();
      });
    });
  }

  private accept(socket: Socket): void {
    // The other side may reset before anybody else listens; an unheard error would end the process.
    socket.on("error", ignore);
    if (this.isTooOften(socket.remoteAddress ?? "")) {
      this.refused.tooOften++;
      socket.destroy();
      return;
    }

    let head: Uint8Array = new Uint8Array(0);
    const onReadable = () => {
      for (let chunk = socket.read() as Uint8Array | null; chunk !== null; chunk = socket.read() as Uint8Array | null) {
        head = head.length === 0 ? plainBytes(chunk) : concatBytes([head, chunk]);
      }
      decide();
    };
    const deadline = setTimeout(() => {
      this.refused.silent++;
      socket.destroy();
    }, this.options.decideMs ?? DECIDE_MS);
    const leave = () => {
      clearTimeout(deadline);
      this.undecided.delete(socket);
      socket.off("readable", onReadable);
      socket.off("end", onEnd);
      socket.off("close", leave);
    };
    const onEnd = () => socket.destroy();
    const decide = () => {
      const choice = this.choose(head);
      if (choice === "wait") return;
      leave();
      if (choice === "unknown") {
        this.refused.unknown++;
        socket.destroy();
        return;
      }
      choice.take(socket, head);
    };

    this.undecided.set(socket, () => {
      this.refused.crowded++;
      socket.destroy();
    });
    this.makeRoom();
    socket.on("end", onEnd);
    socket.on("close", leave);
    decide();
    if (this.undecided.has(socket)) socket.on("readable", onReadable);
  }

  /** The first handler whose prefix matches, "wait" where more bytes decide. What is held never exceeds one read plus a prefix. */
  private choose(head: Uint8Array): ListenerHandler | "wait" | "unknown" {
    for (const handler of this.options.handlers) {
      const { prefix } = handler;
      const seen = latin1Decode(head.subarray(0, prefix.length));
      if (seen === prefix) return handler;
      if (prefix.startsWith(seen)) return "wait";
    }
    return "unknown";
  }

  private makeRoom(): void {
    if (this.undecided.size <= (this.options.undecidedMax ?? UNDECIDED_MAX)) return;
    const [oldest] = this.undecided.values();
    oldest?.();
  }

  private isTooOften(host: string): boolean {
    const minute = Math.floor(performance.now() / 60_000);
    if (minute !== this.minute) {
      this.minute = minute;
      this.perHost.clear();
    }
    const count = (this.perHost.get(host) ?? 0) + 1;
    this.perHost.delete(host);
    this.perHost.set(host, count);
    if (this.perHost.size > HOSTS_MAX) {
      const [oldest] = this.perHost.keys();
      if (oldest !== undefined) this.perHost.delete(oldest);
    }
    return count > (this.options.perMinuteMax ?? PER_MINUTE_MAX);
  }
}

function ignore(): void {}

/** Why a socket could not be bound, as the user's or the system's fault. */
export function explain(error: NodeJS.ErrnoException, host: string, port: number): Error {
  switch (error.code) {
    case "EADDRINUSE":
      return new ServentError(
        "port_in_use",
        `Port ${port} on ${host} is taken by another program.`,
        "Stop that program, or choose another port.",
        { cause: error },
      );
    case "EACCES":
      return new ServentError(
        "permission",
        `The system does not let us listen on port ${port} of ${host}.`,
        "Choose a port above 1023.",
        { cause: error },
      );
    case "EADDRNOTAVAIL":
      return new ServentError(
        "invalid_value",
        `${host} is not an address of this machine.`,
        "Choose an address that one of the machine's interfaces has.",
        { cause: error },
      );
    default:
      return error;
  }
}
