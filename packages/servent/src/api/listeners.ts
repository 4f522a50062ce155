// Where the API listens: TCP addresses and the local socket. Limits are on the listener, before any of our code runs.
import { lstatSync, rmSync } from "node:fs";
import { type IncomingMessage, type Server, type ServerResponse, createServer } from "node:http";
import { type AddressInfo, type Socket, connect } from "node:net";
import { ServentError } from "../base/servent-error.ts";
import { checkSocketPath } from "../daemon/profile.ts";
import { endpointOfText } from "../runtime/address.ts";

export type RequestHandler = (request: IncomingMessage, response: ServerResponse) => void;

/** A person's browsers and scripts need a few dozen; the rest waits outside. */
const CONNECTIONS_MAX = 256;
const HEADER_BYTES_MAX = 16 * 1024;
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 30_000;
const KEEP_ALIVE_MS = 30_000;
/** How long open requests may take to end when the API closes. */
const CLOSE_MS = 2000;
/** A daemon that lives answers a connection on its own machine at once. */
const PROBE_MS = 2000;

export function makeServer(handler: RequestHandler): Server {
  const server = createServer(
    {
      maxHeaderSize: HEADER_BYTES_MAX,
      headersTimeout: HEADERS_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      keepAliveTimeout: KEEP_ALIVE_MS,
      connectionsCheckingInterval: 5000,
    },
    handler,
  );
  server.maxConnections = CONNECTIONS_MAX;
  return server;
}

/** The port it listens on. Throws ServentError `port_in_use`, `permission`, `invalid_value`. */
export async function listenTcp(server: Server, listen: string): Promise<number> {
  const { host, port } = endpointOfText(listen);
  try {
    await started(server, () => server.listen({ host, port, exclusive: true }));
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === "EADDRINUSE") {
      throw new ServentError(
        "port_in_use",
        `${listen} is taken by another program.`,
        `Stop it (a demo: \`servent down\`), or start with \`servent up --set http.listen=${host.includes(":") ? `[${host}]` : host}:${port + 1}\`.`,
        { cause },
      );
    }
    if (code === "EACCES") {
      throw new ServentError("permission", `We may not listen on ${listen}.`, "Choose a port above 1023.", { cause });
    }
    throw new ServentError(
      "invalid_value",
      `We cannot listen on ${listen}: ${(cause as Error).message}.`,
      "http.listen takes addresses of this machine.",
      { cause },
    );
  }
  return (server.address() as AddressInfo).port;
}

/**
 * Listens on a local socket that only its owner may open (0600). A file left over from a crash is replaced; one that
 * somebody answers on is not. Throws ServentError `already_running`, `permission`, `invalid_value`.
 */
export async function listenSocket(server: Server, socket: string): Promise<void> {
  checkSocketPath(socket);
  if (await answers(socket)) {
    throw new ServentError(
      "already_running",
      `A daemon answers on ${socket}.`,
      "Use it, stop it with `servent down`, or start this one with another --profile.",
    );
  }
  // Made with the right mode: before a chmod could come, others might have opened it.
  const mask = process.umask(0o177);
  try {
    const left = lstatSync(socket, { throwIfNoEntry: false });
    if (left !== undefined && !left.isSocket()) throw new Error("a file that is no socket is in the way");
    rmSync(socket, { force: true });
    const listening = started(server, () => server.listen(socket));
    process.umask(mask);
    await listening;
  } catch (cause) {
    throw new ServentError(
      "permission",
      `The local socket ${socket} cannot be made: ${(cause as Error).message}.`,
      "Check who owns its folder, or set http.socket to another path.",
      { cause },
    );
  } finally {
    process.umask(mask);
  }
}

/** Does somebody listen on this socket? */
export function answers(socket: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(socket);
    const done = (isAlive: boolean) => {
      probe.destroy();
      resolve(isAlive);
    };
    // Whoever lets us wait this long is alive, if not well.
    probe.setTimeout(PROBE_MS, () => done(true));
    probe.on("connect", () => done(true));
    probe.on("error", (error: NodeJS.ErrnoException) => done(error.code === "EAGAIN" || error.code === "EACCES"));
  });
}

function started(server: Server, listen: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.once("listening", () => {
      server.off("error", reject);
      resolve();
    });
    listen();
  });
}

/** Takes no more, lets open requests end for a moment, then ends them. */
export async function closeServer(server: Server): Promise<void> {
  if (!server.listening) return;
  const late = setTimeout(() => server.closeAllConnections(), CLOSE_MS);
  await new Promise((resolve) => {
    server.close(resolve);
    server.closeIdleConnections();
  });
  clearTimeout(late);
}

/** Remembers which connections came in by the local socket: its file mode let them in. */
export class TrustedSockets {
  private readonly sockets = new WeakSet<Socket>();

  watch(server: Server): void {
    server.on("connection", (socket) => this.sockets.add(socket));
  }

  has(socket: Socket): boolean {
    return this.sockets.has(socket);
  }
}
