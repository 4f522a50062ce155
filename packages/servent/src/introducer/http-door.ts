// The introducer's HTTP side: who asks, how much of it we read, and which answer is written how. What is said is the desk's business.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { Address } from "@servent/overlay/host/host.ts";
import { decodeRequest, encodeDocument } from "@servent/overlay/protocols/introducer/codec.ts";
import { LIMITS as PROTOCOL } from "@servent/overlay/protocols/introducer/limits.ts";
import type { Answer, Reason, Request } from "@servent/overlay/protocols/introducer/messages.ts";
import { closeServer } from "../api/listeners.ts";
import { ServentError } from "../base/servent-error.ts";
import { WELL_KNOWN } from "../joining/introducer-url.ts";
import { type AddressBlock, addressFrom, isInBlock } from "../runtime/address.ts";
import { placeOf } from "../runtime/place.ts";
import { HourCount } from "./hour-count.ts";
import { LIMITS } from "./limits.ts";
import { answerWebCache, isUpdate } from "./web-cache.ts";

export interface HttpDoorOptions {
  /** `host:port` of this machine, IPv4; port 0: the system chooses. */
  readonly listen: string;
  /** Whom everybody is sent to; null: the work is done here. */
  readonly handOn: string | null;
  /** Other introducers, named by the owner. */
  readonly others: readonly string[];
  /** Reverse proxies whose `X-Forwarded-For` counts; of everybody else only the connection does. */
  readonly trustedProxies: readonly AddressBlock[];
  readonly networks: readonly string[];
  readonly goneWithinMs: number;
  readonly name: string;
  readonly answer: (from: Address, request: Request) => Answer;
  readonly now: () => number;
}

interface Reply {
  readonly status: number;
  readonly body: string;
  readonly type: "application/json" | "text/plain; charset=utf-8";
  readonly headers?: Readonly<Record<string, string>>;
}

const STATUS: Readonly<Record<Reason, number>> = {
  too_often: 429,
  network: 404,
  port: 422,
  address: 422,
  malformed: 400,
};
const PEERS_DEFAULT = 10;
const WELCOME = `A Servent introducer: it tells peers of each other.\nWhat it offers: ${WELL_KNOWN}\n`;

export class HttpDoor {
  /** Requests that were answered, and those that changed the table. */
  readonly requests: HourCount;
  readonly updates: HourCount;
  private readonly options: HttpDoorOptions;
  private readonly server: Server;
  private readonly perHost = new Map<string, number>();
  /** Connections of which no request has come yet, oldest first. */
  private readonly silent = new Set<Socket>();
  private openCount = 0;

  constructor(options: HttpDoorOptions) {
    this.options = options;
    this.requests = new HourCount(options.now);
    this.updates = new HourCount(options.now);
    this.server = createServer(
      {
        maxHeaderSize: LIMITS.headerBytesMax,
        headersTimeout: LIMITS.headersMs,
        requestTimeout: LIMITS.requestMs,
        keepAliveTimeout: LIMITS.idleMs,
        connectionsCheckingInterval: 1000,
      },
      (request, response) => {
        this.silent.delete(request.socket);
        void this.serve(request, response);
      },
    );
    this.server.maxRequestsPerSocket = LIMITS.requestsPerConnectionMax;
    this.server.on("connection", (socket) => this.onConnection(socket));
    this.server.on("clientError", (_error, socket) => socket.destroy());
  }

  /** The address and port that it listens on, as `http://host:port`. Throws ServentError `port_in_use`, `permission`, `invalid_value`. */
  async listen(): Promise<string> {
    const { host, port } = placeOf(this.options.listen);
    await new Promise<void>((resolve, reject) => {
      this.server.once("error", (error) => reject(explain(error, this.options.listen)));
      this.server.listen({ host, port, exclusive: true }, () => {
        this.server.removeAllListeners("error");
        // Running out of file descriptors fails one accept, not the server.
        this.server.on("error", () => undefined);
        resolve();
      });
    });
    const bound = this.server.address() as AddressInfo;
    return `http://${bound.address}:${bound.port}`;
  }

  async close(): Promise<void> {
    await closeServer(this.server);
  }

  private onConnection(socket: Socket): void {
    const host = socket.remoteAddress ?? "";
    const open = (this.perHost.get(host) ?? 0) + 1;
    if (open > LIMITS.connectionsPerHostMax && !this.isProxy(host)) {
      socket.destroy();
      return;
    }
    if (this.openCount >= LIMITS.connectionsMax) {
      // Whoever is slow to say what he wants makes room; where nobody is, the newcomer has to wait.
      const [slowest = socket] = this.silent;
      slowest.destroy();
      if (slowest === socket) return;
      this.silent.delete(slowest);
    }
    this.openCount++;
    this.silent.add(socket);
    this.perHost.set(host, open);
    socket.once("close", () => {
      this.openCount--;
      this.silent.delete(socket);
      const left = (this.perHost.get(host) ?? 1) - 1;
      if (left > 0) this.perHost.set(host, left);
      else this.perHost.delete(host);
    });
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // The other side may go at any moment; an unheard error would end the process.
    request.on("error", () => undefined);
    response.on("error", () => undefined);
    const reply = await this.reply(request).catch(() => plain(500, "Something is wrong here.\n"));
    if (response.destroyed) return;
    response.writeHead(reply.status, {
      "content-type": reply.type,
      "content-length": Buffer.byteLength(reply.body),
      "cache-control": "no-store",
      "x-content-type-options": "nosniff",
      server: this.options.name,
      // What is left of a body that is too long is not read.
      ...(reply.status >= 400 ? { connection: "close" } : {}),
      ...reply.headers,
    });
    response.end(reply.body);
  }

  private async reply(request: IncomingMessage): Promise<Reply> {
    const text = request.url ?? "";
    if (text.length > LIMITS.urlCharsMax) return plain(414, "That address is too long.\n");
    const url = URL.parse(text, "http://introducer");
    if (url === null) return plain(400, "That is no address.\n");
    this.requests.add();
    const { method } = request;
    const isRead = method === "GET" || method === "HEAD";
    const isPost = url.pathname === "/v1/join" || url.pathname === "/v1/leave";
    if (isPost ? method !== "POST" : !isRead) return plain(405, "Not by that method.\n");
    const { handOn } = this.options;
    if (
      handOn !== null &&
      (url.pathname === WELL_KNOWN || url.pathname === "/gwc" || url.pathname.startsWith("/v1/"))
    ) {
      return this.sendOn(handOn, url);
    }
    const from = this.source(request);
    if (from === undefined) return plain(403, "Only hosts with an IPv4 address are served.\n");
    switch (url.pathname) {
      case "/":
        return plain(200, WELCOME);
      case WELL_KNOWN:
        return json(200, this.description());
      case "/v1/join":
      case "/v1/leave":
        return this.post(request, from, url.pathname === "/v1/join" ? "join" : "leave");
      case "/v1/peers":
        return this.peers(url.searchParams, from);
      case "/gwc":
        return this.webCache(request, url.searchParams, from);
      default:
        return plain(404, "Nothing is here.\n");
    }
  }

  private async post(request: IncomingMessage, from: Address, kind: "join" | "leave"): Promise<Reply> {
    // A page could send other types without asking, and so make its reader's host join.
    if (!/^application\/json\b/i.test(request.headers["content-type"] ?? "")) {
      return plain(415, "Send application/json.\n");
    }
    const body = await bodyOf(request, PROTOCOL.requestBytesMax);
    if (body === undefined) return plain(413, "That is too much.\n");
    const decoded = decodeRequest(body, kind);
    if (!decoded.ok) return answered({ kind: "refused", reason: "malformed", againSeconds: 0 });
    this.updates.add();
    return answered(this.options.answer(from, decoded.value));
  }

  private peers(query: URLSearchParams, from: Address): Reply {
    const document = {
      networks: (query.get("network") ?? "").split(","),
      count: Number(query.get("count") ?? PEERS_DEFAULT),
      port: Number(query.get("port") ?? 0),
    };
    const decoded = decodeRequest(new TextEncoder().encode(JSON.stringify(document)), "ask");
    if (!decoded.ok) return answered({ kind: "refused", reason: "malformed", againSeconds: 0 });
    return answered(this.options.answer(from, decoded.value));
  }

  private webCache(request: IncomingMessage, query: URLSearchParams, from: Address): Reply {
    const { name, others, answer } = this.options;
    if (isUpdate(query)) {
      // A picture in a page is fetched by GET too: its reader's host must not join by it.
      const site = request.headers["sec-fetch-site"];
      if (site !== undefined && site !== "none") return plain(403, "ERROR: Not from a page\r\n");
      this.updates.add();
    }
    const { status, text } = answerWebCache(query, from, {
      name,
      others: others.map((url) => new URL("/gwc", url).href),
      answer,
      statistics: () => [this.requests.total, this.requests.lastHour, this.updates.lastHour],
    });
    return plain(status, text);
  }

  private description(): object {
    const { name, networks, others, goneWithinMs, handOn } = this.options;
    return {
      schema: "servent.introducer/1",
      name,
      networks,
      handOn,
      others,
      goneWithinSeconds: Math.ceil(goneWithinMs / 1000),
      joinAgainSeconds: PROTOCOL.joinAgainMs / 1000,
      join: "/v1/join",
      leave: "/v1/leave",
      peers: "/v1/peers",
      webCache: "/gwc",
    };
  }

  /** 307 keeps the method and its body, so a join that is handed on is still one. */
  private sendOn(handOn: string, url: URL): Reply {
    const location = new URL(url.pathname + url.search, handOn).href;
    return { ...json(307, this.description()), headers: { location } };
  }

  /** Whom the request came from; undefined where that is no IPv4 host. */
  private source(request: IncomingMessage): Address | undefined {
    const remote = request.socket.remoteAddress ?? "";
    const forwarded = request.headers["x-forwarded-for"];
    if (forwarded === undefined || !this.isProxy(remote)) return addressFrom(remote, request.socket.remotePort ?? 0);
    // The last one was written by the proxy that we trust; what stands before it may be anybody's word.
    const last = String(forwarded).split(",").at(-1)?.trim() ?? "";
    return addressFrom(last, 0);
  }

  private isProxy(host: string): boolean {
    const address = addressFrom(host, 0);
    return address !== undefined && this.options.trustedProxies.some((block) => isInBlock(address, block));
  }
}

function answered(answer: Answer): Reply {
  const status = answer.kind === "refused" ? STATUS[answer.reason] : 200;
  const headers: Record<string, string> =
    status === 429 && answer.kind === "refused" ? { "retry-after": String(answer.againSeconds) } : {};
  return { status, body: `${encodeDocument(answer)}\n`, type: "application/json", headers };
}

function json(status: number, value: object): Reply {
  return { status, body: `${JSON.stringify(value)}\n`, type: "application/json" };
}

function plain(status: number, body: string): Reply {
  return { status, body, type: "text/plain; charset=utf-8" };
}

/** Undefined where it is longer; no more than one piece of the rest is read. */
async function bodyOf(request: IncomingMessage, bytesMax: number): Promise<Uint8Array | undefined> {
  if (Number(request.headers["content-length"] ?? 0) > bytesMax) return undefined;
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of request as AsyncIterable<Uint8Array>) {
    length += part.length;
    if (length > bytesMax) return undefined;
    parts.push(part);
  }
  return Buffer.concat(parts);
}

function explain(cause: NodeJS.ErrnoException, listen: string): ServentError {
  if (cause.code === "EADDRINUSE") {
    const hint = "Stop that program, or choose another port with --listen.";
    return new ServentError("port_in_use", `${listen} is taken by another program.`, hint, { cause });
  }
  if (cause.code === "EACCES") {
    const hint = "Choose a port above 1023, or put a reverse proxy in front (--proxy).";
    return new ServentError("permission", `We may not listen on ${listen}.`, hint, { cause });
  }
  const hint = "--listen takes an address of this machine, like 0.0.0.0:7391.";
  return new ServentError("invalid_value", `We cannot listen on ${listen}: ${cause.message}.`, hint, { cause });
}
