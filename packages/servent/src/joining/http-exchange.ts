// One HTTP request and its answer, small and bounded: no redirects, no cookies, no connection that is kept.
import { type IncomingMessage, request as httpRequest, type RequestOptions } from "node:http";
import { request as httpsRequest } from "node:https";
import type { LookupFunction } from "node:net";

export interface ExchangeOptions {
  readonly method: "GET" | "POST";
  /** JSON text. */
  readonly body?: string;
  readonly userAgent: string;
  /** Address that we connect from, in digits; the system's choice where absent. */
  readonly localAddress?: string | undefined;
  /** Resolves host names; the system's where absent. Hosts in digits are not asked about. */
  readonly lookup?: LookupFunction;
  readonly answerBytesMax: number;
  readonly timeoutMs: number;
}

export interface Exchanged {
  readonly status: number;
  readonly location: string | undefined;
  readonly body: Uint8Array;
}

/**
 * The answer, whatever its status. Rejects with an Error within `timeoutMs`: the system's, with its `code` (`ECONNREFUSED`, `ENOTFOUND`, a
 * TLS failure), an AbortError where the time was up, ours where the answer has more than `answerBytesMax` bytes, or what `lookup` gave.
 */
export function exchange(url: URL, options: ExchangeOptions): Promise<Exchanged> {
  const { method, body, userAgent, localAddress, lookup, timeoutMs, answerBytesMax } = options;
  const settings: RequestOptions = {
    method,
    // IPv4 only, as all of the overlay.
    family: 4,
    agent: false,
    signal: AbortSignal.timeout(timeoutMs),
    headers: {
      accept: "application/json",
      "user-agent": userAgent,
      connection: "close",
      ...(body === undefined ? {} : { "content-type": "application/json", "content-length": Buffer.byteLength(body) }),
    },
    ...(localAddress === undefined ? {} : { localAddress }),
    ...(lookup === undefined ? {} : { lookup }),
  };
  return new Promise((resolve, reject) => {
    const asked = (url.protocol === "https:" ? httpsRequest : httpRequest)(url, settings, (answer) => {
      readAnswer(answer, answerBytesMax).then(resolve, (error: unknown) => {
        asked.destroy();
        reject(error instanceof Error ? error : new Error(String(error)));
      });
    });
    asked.on("error", reject);
    asked.end(body);
  });
}

async function readAnswer(answer: IncomingMessage, bytesMax: number): Promise<Exchanged> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of answer as AsyncIterable<Uint8Array>) {
    length += part.length;
    if (length > bytesMax) throw new Error(`the answer has more than ${bytesMax} bytes`);
    parts.push(part);
  }
  return { status: answer.statusCode ?? 0, location: answer.headers.location, body: Buffer.concat(parts) };
}
