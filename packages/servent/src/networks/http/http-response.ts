// The head of an answer, and what it means to a download: bytes, or one of the problems a source may have.
import { type Decoded, decoded, malformed } from "@servent/overlay/base/decoded.ts";
import { type ByteRange, SourceError } from "../network.ts";
import { type Headers, listHas, parseCount, parseHead } from "./http-head.ts";
import { parseContentRange } from "./http-range.ts";

export interface HttpResponse {
  readonly status: number;
  readonly reason: string;
  readonly headers: Headers;
  readonly keepAlive: boolean;
  /** Bytes of the body; `chunked`, or `close`: up to the end of the connection. */
  readonly length: number | "chunked" | "close";
}

export function parseResponse(bytes: Uint8Array, method: "GET" | "HEAD"): Decoded<HttpResponse> {
  const head = parseHead(bytes);
  if (!head.ok) return head;
  const { start, headers } = head.value;
  const match = /^HTTP\/?(?:([0-9])\.([0-9]))? ([0-9]{3})(?: (.*))?$/i.exec(start.trim());
  if (match === null) return malformed("response", "a malformed status line");
  const status = Number(match[3]);
  const isOld = match[1] !== "1" || match[2] === "0";
  const connection = headers.get("connection");
  const keepAlive = isOld ? listHas(connection, "keep-alive") : !listHas(connection, "close");
  let length: HttpResponse["length"] = "close";
  if (method === "HEAD" || status === 204 || status === 304) length = 0;
  else if (listHas(headers.get("transfer-encoding"), "chunked")) length = "chunked";
  else if (headers.has("content-length")) {
    const count = parseCount(headers.get("content-length"));
    if (count === undefined) return malformed("response", "a malformed Content-Length");
    length = count;
  }
  return decoded({ status, reason: match[4] ?? "", headers, keepAlive: keepAlive && length !== "close", length });
}

/** Where a peer's own wish for a pause ends: longer ones would park a source for ever. */
const RETRY_AFTER_MS_MAX = 3_600_000;

/** Milliseconds of `Retry-After` (seconds only: peers send no dates), or the earliest poll of `X-Queue`; 0 without. */
export function retryAfterMs(headers: Headers): number {
  const seconds = parseCount(headers.get("retry-after")) ?? queueNumber(headers, "pollmin");
  return Math.min(1000 * (seconds ?? 0), RETRY_AFTER_MS_MAX);
}

/** Our place in the peer's queue, or 0: PARQ `X-Queued: position=3; ID=…`, legacy `X-Queue: position=3,pollMin=45`. */
export function queuePosition(headers: Headers): number {
  return queueNumber(headers, "position") ?? 0;
}

function queueNumber(headers: Headers, name: string): number | undefined {
  const text = headers.get("x-queued") ?? headers.get("x-queue");
  const match = new RegExp(`(?:^|[,;\\s])${name}\\s*=\\s*([0-9]{1,9})`, "i").exec(text ?? "");
  return parseCount(match?.[1]);
}

/** The ID by which a PARQ server knows us, to be sent back with the next request for the file. */
export function queueId(headers: Headers): string | undefined {
  const match = /(?:^|[,;\s])id\s*=\s*"?([0-9a-z-]{1,64})"?/i.exec(headers.get("x-queued") ?? "");
  return match?.[1];
}

/** The problem that a status other than 200 and 206 stands for. */
export function problemOf(response: HttpResponse): SourceError {
  const said = `The peer answered ${response.status}${response.reason === "" ? "" : ` ${response.reason.slice(0, 120)}`}.`;
  const more = { retryAfterMs: retryAfterMs(response.headers), position: queuePosition(response.headers) };
  switch (response.status) {
    case 404:
    case 410:
      return new SourceError("not_found", said, more);
    case 416:
      return new SourceError("range_unavailable", said, more);
    case 408:
    case 409:
    case 429:
    case 500:
    case 502:
    case 503:
    case 504: {
      const isQueued = more.position > 0 || /^queued/i.test(response.reason);
      return new SourceError(isQueued ? "remote_queue" : "remote_busy", said, more);
    }
    default:
      return new SourceError(response.status >= 400 && response.status < 600 ? "refused" : "protocol", said, more);
  }
}

/** Which bytes of a file of how many an answer carries, when `wanted` were asked for. */
export function rangeOf(
  response: HttpResponse,
  wanted: ByteRange,
): Decoded<{ readonly range: ByteRange; readonly total: number }> {
  if (typeof response.length !== "number") return malformed("response", "no Content-Length");
  if (response.status === 200) {
    return decoded({ range: { start: 0, end: response.length }, total: response.length });
  }
  const content = parseContentRange(response.headers.get("content-range"));
  if (content === undefined) return malformed("response", "a missing or malformed Content-Range");
  const { range, total } = content;
  if (range.end - range.start !== response.length) return malformed("response", "Content-Range contradicts the length");
  if (range.start !== wanted.start) return malformed("response", "bytes from another place than was asked for");
  if (total === undefined) return malformed("response", "Content-Range without the size of the file");
  return decoded({ range, total });
}
