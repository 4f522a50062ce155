// The port where peers come for files, lists and hash trees, or bring what we asked them to bring. Whoever accepts speaks first here,
// so this port cannot be shared with HTTP, where the caller does.
import type { Socket } from "node:net";
import { latin1Encode } from "@servent/overlay/base/bytes.ts";
import type { Address } from "@servent/overlay/host/host.ts";
import { GREETING, type Opening } from "@servent/overlay/protocols/napster/peer/opening.ts";
import { Listener } from "../../runtime/listener.ts";
import { SourceError } from "../network.ts";
import { PeerConnection } from "../peer-connection.ts";
import { readOpeningOf } from "./talk.ts";

export interface DataPortOptions {
  readonly host: string;
  readonly port: number;
  /** Answers what the peer wants. `kept`: the connection has another owner now. May reject with a SourceError. */
  readonly serve: (opening: Opening, caller: Caller) => Promise<"answered" | "kept">;
}

/** Who is at the other end, and how to talk. */
export interface Caller {
  readonly connection: PeerConnection;
  /** Address in digits. */
  readonly host: string;
}

/** Connections in all: each costs a descriptor and some kilobytes. */
const CONNECTIONS_MAX = 200;
/** Connections of one address: several people may share one. */
const CONNECTIONS_PER_HOST_MAX = 16;

export class DataPort {
  /** What came to nothing, by cause. */
  readonly counters = { accepted: 0, crowded: 0, nonsense: 0, faults: 0 };
  private readonly options: DataPortOptions;
  private listener: Listener | undefined = undefined;
  private readonly connections = new Map<PeerConnection, string>();

  /** Rejects with a ServentError, as the Listener does. */
  static async open(options: DataPortOptions): Promise<DataPort> {
    const port = new DataPort(options);
    port.listener = await Listener.open({
      host: options.host,
      port: options.port,
      handlers: [{ prefix: "", take: (socket) => void port.take(socket) }],
    });
    return port;
  }

  private constructor(options: DataPortOptions) {
    this.options = options;
  }

  get address(): Address {
    return (this.listener as Listener).address;
  }

  close(): void {
    this.listener?.close();
    for (const connection of this.connections.keys()) connection.destroy();
  }

  /** Never rejects: what goes wrong with a peer ends its connection, and nothing else. */
  private async take(socket: Socket): Promise<void> {
    const host = socket.remoteAddress ?? "";
    const fromThere = [...this.connections.values()].filter((each) => each === host).length;
    if (this.connections.size >= CONNECTIONS_MAX || fromThere >= CONNECTIONS_PER_HOST_MAX) {
      this.counters.crowded++;
      socket.destroy();
      return;
    }
    this.counters.accepted++;
    const connection = PeerConnection.adopt(socket);
    this.connections.set(connection, host);
    socket.once("close", () => this.connections.delete(connection));
    try {
      await connection.write(latin1Encode(GREETING), GREETING_MS);
      const opening = await readOpeningOf(connection);
      if ((await this.options.serve(opening, { connection, host })) === "answered") connection.end();
    } catch (error) {
      connection.destroy();
      if (error instanceof SourceError) this.counters.nonsense++;
      else this.counters.faults++;
    }
  }
}

const GREETING_MS = 10_000;
