// HTTP to one daemon, over its local socket or over TCP with a token. It knows nothing of the verbs.
import type { Agent as HttpAgent, IncomingMessage, RequestOptions } from "node:http";
import { ServentError } from "../../base/servent-error.ts";
import { readEvents } from "./event-stream.ts";
import { ProblemError, problemOf } from "./problem-error.ts";
import type { DaemonEvent, Page } from "./shapes.ts";

/** Where a daemon listens: the path of its socket, or a URL with the token that opens it. */
export type Place =
  | { readonly kind: "socket"; readonly path: string }
  | { readonly kind: "url"; readonly url: URL; readonly token: string | undefined };

export type Method = "GET" | "POST" | "PATCH" | "DELETE";

export interface ClientOptions {
  /** Longest wait for one answer. */
  readonly timeoutMs: number;
  /** Told of each request, for -v. */
  trace?(line: string): void;
}

// An `import` of node:http reads all its exports, and one of them is a getter that loads a whole WebSocket client:
// 30 ms of CPU for each command line. Asking for the module itself does not.
const { Agent, request } = process.getBuiltinModule("node:http");

const API = "/api/v1";
/** A page of 1000 transfers is about a megabyte; this stops a wrong server from filling the memory. */
const ANSWER_BYTES_MAX = 64 * 1024 * 1024;
/** The most that the API gives in one page. */
const PAGE_MAX = 1000;

export class DaemonClient {
  readonly place: Place;
  private readonly options: ClientOptions;
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 2 });

  constructor(place: Place, options: ClientOptions) {
    this.place = place;
    this.options = options;
  }

  /** In words, for messages. */
  get name(): string {
    return this.place.kind === "socket" ? this.place.path : this.place.url.origin;
  }

  /** True where paths mean the same to us and to the daemon. */
  get isLocal(): boolean {
    return this.place.kind === "socket";
  }

  read<T>(path: string): Promise<T> {
    return this.send<T>("GET", path);
  }

  /**
   * One request; the parsed answer. Throws ProblemError for what the daemon refuses, ServentError `not_reachable`,
   * `timeout` or `internal` for what never got there or made no sense.
   */
  async send<T>(method: Method, path: string, body?: unknown): Promise<T> {
    const response = await this.exchange(method, path, body, this.options.timeoutMs);
    const text = await wholeBody(response, this.name);
    const status = response.statusCode ?? 0;
    if (status >= 400) throw new ProblemError(problemOf(status, text));
    try {
      // The daemon checks its answers against the schemas that these types are made of.
      return JSON.parse(text === "" ? "{}" : text) as T;
    } catch (cause) {
      throw new ServentError(
        "internal",
        `${this.name} did not answer in JSON.`,
        "Check that the address belongs to a servent.",
        { cause },
      );
    }
  }

  /** A list, page after page, up to `limit` items; `next` is null only where nothing was left out. */
  async list<Item>(path: string, limit: number): Promise<Page<Item>> {
    const items: Item[] = [];
    let cursor: string | null = null;
    for (;;) {
      const page: Page<Item> = await this.read(
        withQuery(path, { limit: Math.min(PAGE_MAX, limit - items.length), cursor }),
      );
      if (!Array.isArray(page.items)) {
        throw new ServentError("internal", `${this.name} answered without a list.`, "Is it the same version?");
      }
      items.push(...page.items);
      cursor = page.next;
      if (cursor === null || page.items.length === 0 || items.length >= limit) return { ...page, items, next: cursor };
    }
  }

  /** Events as they come, until the daemon ends the stream or `signal` does. */
  async *events(path: string, signal: AbortSignal): AsyncGenerator<DaemonEvent> {
    const response = await this.exchange("GET", path, undefined, this.options.timeoutMs, signal).catch((error) => {
      if (signal.aborted) return undefined;
      throw error;
    });
    if (response === undefined) return;
    const status = response.statusCode ?? 0;
    if (status >= 400) throw new ProblemError(problemOf(status, await wholeBody(response, this.name)));
    yield* readEvents(response, signal);
  }

  close(): void {
    this.agent.destroy();
  }

  private async exchange(
    method: Method,
    path: string,
    body: unknown,
    timeoutMs: number,
    signal?: AbortSignal,
  ): Promise<IncomingMessage> {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const headers: Record<string, string | number> = { accept: "application/json, application/problem+json" };
    if (text !== undefined) {
      headers["content-type"] = "application/json";
      headers["content-length"] = Buffer.byteLength(text);
    }
    if (method !== "GET") headers["x-servent-csrf"] = "1";
    if (this.place.kind === "url" && this.place.token !== undefined)
      headers.authorization = `Bearer ${this.place.token}`;
    const startedAt = performance.now();
    const open = await opener(this.place);
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const sent = open({
        ...target(this.place, `${API}${path}`),
        method,
        headers,
        agent: agentFor(this.place, this.agent),
        signal,
      });
      // The limit counts until the head of the answer: a stream may then be silent for as long as it likes.
      sent.setTimeout(timeoutMs, () => sent.destroy(timedOut(this.name, timeoutMs)));
      sent.on("response", (response) => {
        sent.setTimeout(signal === undefined ? timeoutMs : 0);
        resolve(response);
      });
      sent.on("error", (error) => reject(unreachable(error, this.name)));
      sent.end(text);
    });
    this.options.trace?.(
      `${method} ${path} -> ${response.statusCode} in ${(performance.now() - startedAt).toFixed(1)} ms`,
    );
    return response;
  }
}

type Query = Readonly<Record<string, string | number | undefined | null>>;

/** The path with those parameters that have a value. */
export function withQuery(path: string, query: Query): string {
  const [base = "", before] = path.split("?", 2);
  const parameters = new URLSearchParams(before);
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== null) parameters.set(name, String(value));
  }
  return parameters.size === 0 ? base : `${base}?${parameters}`;
}

function target(place: Place, path: string): RequestOptions {
  if (place.kind === "socket") return { socketPath: place.path, path, host: "localhost" };
  const { hostname, port, protocol, pathname } = place.url;
  return { protocol, host: hostname.replace(/^\[|\]$/g, ""), port, path: `${pathname.replace(/\/$/, "")}${path}` };
}

/** TLS is loaded only by those who use it. */
async function opener(place: Place): Promise<(options: RequestOptions) => ReturnType<typeof request>> {
  if (place.kind === "url" && place.url.protocol === "https:") return (await import("node:https")).request;
  return request;
}

function agentFor(place: Place, agent: HttpAgent): HttpAgent | undefined {
  return place.kind === "url" && place.url.protocol === "https:" ? undefined : agent;
}

async function wholeBody(response: IncomingMessage, name: string): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of response) {
      if (!Buffer.isBuffer(chunk)) continue;
      bytes += chunk.length;
      if (bytes > ANSWER_BYTES_MAX) {
        throw new ServentError("too_large", `${name} answered with too many bytes.`, "Ask for less with --limit.");
      }
      chunks.push(chunk);
    }
  } catch (cause) {
    throw unreachable(cause, name);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function timedOut(name: string, timeoutMs: number): ServentError {
  return new ServentError("timeout", `${name} did not answer within ${timeoutMs / 1000} s.`, "Try again.");
}

function unreachable(cause: unknown, name: string): Error {
  if (cause instanceof ServentError) return cause;
  if (!(cause instanceof Error)) return new ServentError("internal", String(cause), "");
  if (cause.name === "AbortError") return cause;
  const code = "code" in cause ? String(cause.code) : "";
  if (code === "EACCES" || code === "EPERM") {
    return new ServentError(
      "not_allowed",
      `The socket ${name} belongs to somebody else.`,
      "Run the command as the user who runs the daemon, or use --url with a token.",
      { cause },
    );
  }
  return new ServentError(
    "not_reachable",
    `The daemon at ${name} does not answer (${code === "" ? cause.message : code}).`,
    "See whether it runs with `servent status`; start one with `servent up`.",
    { cause },
  );
}
