// One HTTP request of a test, over TCP or the local socket, with exactly the headers it names.
import { type IncomingHttpHeaders, type IncomingMessage, request as httpRequest } from "node:http";
import type { HandMade } from "./hand-made-app.ts";

export interface Answered {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** The parsed body; an empty object where there is none. */
  readonly body: Readonly<Record<string, unknown>>;
}

export interface Asked {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** An object is sent as JSON, text as it is. */
  readonly body?: object | string;
}

export type Via = "tcp" | "socket";

export function ask(to: HandMade, via: Via, path: string, asked: Asked = {}): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const { body, headers = {} } = asked;
    const sent = typeof body === "object" ? JSON.stringify(body) : body;
    const request = httpRequest({
      ...target(to, via),
      path,
      method: asked.method ?? (body === undefined ? "GET" : "POST"),
      headers: { ...(typeof body === "object" ? { "content-type": "application/json" } : {}), ...headers },
      agent: false,
    });
    request.on("error", reject);
    request.on("response", (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => (text += chunk));
      response.on("end", () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text, body: parsed(text, response) }),
      );
    });
    request.end(sent);
  });
}

/** The way to the API, as options of an HTTP request. */
export function target(to: HandMade, via: Via): { socketPath: string } | { host: string; port: number } {
  const { httpUrl, socket } = to.api.place;
  if (via === "socket") return { socketPath: socket as string };
  const { hostname, port } = new URL(httpUrl as string);
  return { host: hostname, port: Number(port) };
}

function parsed(text: string, response: IncomingMessage): Answered["body"] {
  const isJson = /json/.test(response.headers["content-type"] ?? "");
  return isJson && text !== "" ? JSON.parse(text) : {};
}
