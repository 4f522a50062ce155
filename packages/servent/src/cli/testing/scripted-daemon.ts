// A test double of the daemon's API: a Unix socket in a temporary folder that answers as the test says, and remembers
// what it was asked.
import { mkdtemp, rm } from "node:fs/promises";
import { type IncomingMessage, type ServerResponse, createServer } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { text } from "node:stream/consumers";

export interface Asked {
  readonly method: string;
  /** Path and query below `/api/v1`. */
  readonly path: string;
  readonly body: unknown;
  readonly headers: IncomingMessage["headers"];
}

export interface Reply {
  readonly status?: number;
  readonly body?: unknown;
  /** Instead of `body`: these lines, and then the end unless `stays`. */
  readonly stream?: string;
  readonly stays?: boolean;
}

type Handler = (asked: Asked, times: number) => Reply;

export class ScriptedDaemon {
  readonly folder: string;
  readonly socket: string;
  readonly asked: Asked[] = [];
  private readonly handlers = new Map<string, Handler>();
  private readonly times = new Map<string, number>();
  private readonly server = createServer((request, response) => void this.answer(request, response));

  private constructor(folder: string) {
    this.folder = folder;
    this.socket = path.join(folder, "api.sock");
  }

  static async start(): Promise<ScriptedDaemon> {
    const daemon = new ScriptedDaemon(await mkdtemp(path.join(tmpdir(), "servent-cli-")));
    await new Promise<void>((resolve) => daemon.server.listen(daemon.socket, resolve));
    return daemon;
  }

  /** `GET /transfers`: the query is not part of the route. The handler learns how often it was asked before. */
  on(route: string, handler: Handler | Reply): this {
    this.handlers.set(route, typeof handler === "function" ? handler : () => handler);
    return this;
  }

  /** Requests that were not GET. */
  get changes(): readonly Asked[] {
    return this.asked.filter(({ method }) => method !== "GET");
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
    await rm(this.folder, { recursive: true, force: true });
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const sent = await text(request);
    const url = (request.url ?? "").replace("/api/v1", "");
    const method = request.method ?? "";
    const asked = { method, path: url, body: sent === "" ? undefined : JSON.parse(sent), headers: request.headers };
    this.asked.push(asked);
    const route = `${method} ${url.split("?")[0]}`;
    const handler = this.handlers.get(route);
    const times = this.times.get(route) ?? 0;
    this.times.set(route, times + 1);
    const reply = handler === undefined ? problem(404, "not_found", `There is no ${route}.`) : handler(asked, times);
    if (reply.stream !== undefined) {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(reply.stream);
      if (!reply.stays) response.end();
      return;
    }
    const status = reply.status ?? 200;
    response.writeHead(status, { "content-type": status < 400 ? "application/json" : "application/problem+json" });
    response.end(JSON.stringify(reply.body ?? {}));
  }
}

export function problem(status: number, code: string, detail: string, hint = "Do something else."): Reply {
  return { status, body: { type: "about:blank", title: code, status, code, detail, hint, requestId: "q_1" } };
}

export function page(schema: string, items: readonly unknown[], next: string | null = null): Reply {
  return { body: { schema: `servent.${schema}/1`, items, next, total: items.length } };
}
