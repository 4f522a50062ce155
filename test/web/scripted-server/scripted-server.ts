// A daemon that is none: it serves the page as the real one does and answers the HTTP API out of a scripted world,
// so that tests can make it slow, wrong or silent. Run it by hand: `node test/web/scripted-server/scripted-server.ts`.
import { readFileSync, readdirSync } from "node:fs";
import http, { type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import path from "node:path";
import { SECURITY_HEADERS } from "servent/api/headers.ts";
import { type Answer, answer, problem } from "./routes.ts";
import { WORLD, World, type WorldEvent, type WorldOptions } from "./world.ts";

const DIST = path.join(import.meta.dirname, "../../../packages/web/dist");
const MEDIA: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
  ".woff2": "font/woff2",
};
export const CODE = "K7QM-42PD-9XTA";

interface Trouble {
  readonly pattern: RegExp;
  readonly answer: Answer | "never" | number;
}

export class ScriptedServer {
  readonly world: World;
  /** Changing requests that came in: `POST transfers/batch`. */
  readonly changes: string[] = [];
  /** By hand, one code for many browsers is more use than a safe one. */
  isCodeReusable = false;
  private readonly server = http.createServer((request, response) => void this.handle(request, response));
  private readonly files = readPage();
  private readonly sockets = new Set<Socket>();
  private readonly streams = new Set<ServerResponse>();
  private readonly sessions = new Set<string>();
  private code: string | undefined = CODE;
  private troubles: Trouble[] = [];
  private port = 0;

  constructor(options: Partial<WorldOptions> = {}) {
    this.world = new World({ ...WORLD, ...options });
    this.server.on("connection", (socket) => {
      this.sockets.add(socket);
      socket.on("close", () => this.sockets.delete(socket));
    });
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/`;
  }

  /** A link that logs in, again and again where tests need it. */
  loginUrl(): string {
    this.code = CODE;
    return `${this.url}#code=${CODE}`;
  }

  async listen(port = this.port): Promise<void> {
    await new Promise<void>((resolve) => this.server.listen(port, "127.0.0.1", resolve));
    this.port = (this.server.address() as AddressInfo).port;
  }

  /** Goes silent, as a daemon that was killed; `listen` brings it back. */
  async silence(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }

  async close(): Promise<void> {
    this.world.stop();
    if (this.server.listening) await this.silence();
  }

  /** From now on requests like `GET searches` are answered so, `never`, or that many ms late. */
  trouble(pattern: RegExp, how: Trouble["answer"]): void {
    this.troubles.push({ pattern, answer: how });
  }

  calm(): void {
    this.troubles = [];
  }

  /** Ends the open event streams; the rest goes on. */
  cutStreams(): void {
    for (const stream of this.streams) stream.destroy();
  }

  logOutEverybody(): void {
    this.sessions.clear();
  }

  // ---- requests

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", this.url);
    for (const [name, value] of Object.entries(SECURITY_HEADERS)) response.setHeader(name, value);
    if (!url.pathname.startsWith("/api/v1/")) return this.file(url.pathname, response);
    const route = url.pathname.slice("/api/v1/".length);
    const method = request.method ?? "GET";
    const body = await readJson(request);
    if (method !== "GET") this.changes.push(`${method} ${route}`);
    const found = this.troubles.find(({ pattern }) => pattern.test(`${method} ${route}`))?.answer;
    if (found === "never") return undefined;
    if (typeof found === "number") await new Promise((resolve) => setTimeout(resolve, found));
    else if (found !== undefined) return send(response, found);
    if (route === "session") return this.session(request, response, body);
    const session = this.sessionOf(request);
    if (!this.sessions.has(session))
      return send(response, problem(401, "not_allowed", "This needs a login.", "Run `servent open`."));
    if (method !== "GET" && request.headers["x-servent-csrf"] === undefined) {
      return send(response, problem(403, "cross_site", "A change by cookie came without X-Servent-CSRF."));
    }
    if (route === "events") return this.stream(request, response, url);
    return send(response, answer(this.world, method, route, url.searchParams, body));
  }

  private session(request: IncomingMessage, response: ServerResponse, body: unknown): void {
    const view = { via: "cookie", scopes: ["read", "transfer", "share", "network", "admin"], expiresAt: null };
    const session = this.sessionOf(request);
    if (request.method === "POST") {
      if ((body as { code?: string }).code !== this.code) {
        return send(
          response,
          problem(
            401,
            "not_allowed",
            "This login is unknown, was used, or has ended.",
            "Make a new link with `servent open`.",
          ),
        );
      }
      if (!this.isCodeReusable) this.code = undefined;
      const secret = `s${this.sessions.size}${Date.now()}`;
      this.sessions.add(secret);
      response.setHeader("set-cookie", `servent_session_${this.port}=${secret}; Path=/; HttpOnly; SameSite=Strict`);
      return send(response, { status: 200, body: view });
    }
    if (request.method === "DELETE") this.sessions.delete(session);
    if (this.sessions.has(session)) return send(response, { status: 200, body: view });
    return send(response, problem(401, "not_allowed", "This needs a login.", "Run `servent open`."));
  }

  /** Cookies do not know ports; this one carries its own in its name. */
  private sessionOf({ headers }: IncomingMessage): string {
    return new RegExp(`servent_session_${this.port}=(\\w+)`).exec(headers.cookie ?? "")?.[1] ?? "";
  }

  private stream(request: IncomingMessage, response: ServerResponse, url: URL): void {
    response.writeHead(200, { "content-type": "text/event-stream" });
    const { events } = this.world;
    const since = Number(request.headers["last-event-id"] ?? url.searchParams.get("since") ?? events.at(-1)?.id ?? 0);
    const write = (event: WorldEvent) => response.write(`id: ${event.id}\ndata: ${JSON.stringify(event)}\n\n`);
    response.write(`retry: 2000\n\nid: ${since}\n\n`);
    for (const event of events) if (event.id > since) write(event);
    this.streams.add(response);
    const forget = this.world.listen(write);
    response.on("close", () => {
      this.streams.delete(response);
      forget();
    });
  }

  private file(pathname: string, response: ServerResponse): void {
    const file = this.files.get(pathname === "/" ? "/index.html" : pathname);
    if (file === undefined) return send(response, { status: 404 });
    response.writeHead(200, { "content-type": MEDIA[path.extname(file.name)] ?? "application/octet-stream" });
    response.end(file.bytes);
  }
}

interface PageFile {
  readonly name: string;
  readonly bytes: Buffer;
}

/** The built page, by address; read once, so that a build in between does not take it away. */
function readPage(): ReadonlyMap<string, PageFile> {
  const names = readdirSync(DIST, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return new Map(
    names.map(({ name, parentPath }) => {
      const file = path.join(parentPath, name);
      return [`/${path.relative(DIST, file).split(path.sep).join("/")}`, { name, bytes: readFileSync(file) }];
    }),
  );
}

function send(response: ServerResponse, { status, body }: Answer): void {
  response.writeHead(status, { "content-type": status < 400 ? "application/json" : "application/problem+json" });
  response.end(body === undefined ? undefined : JSON.stringify(body));
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  let text = "";
  for await (const chunk of request) text += String(chunk);
  return text === "" ? undefined : JSON.parse(text);
}

if (import.meta.main) {
  const server = new ScriptedServer({ transfers: Number(process.argv[3] ?? 10_000) });
  server.isCodeReusable = true;
  await server.listen(Number(process.argv[2] ?? 0));
  process.stdout.write(`${server.loginUrl()}\n`);
}
