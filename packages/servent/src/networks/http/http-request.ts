// An HTTP/1.x request from a peer. Node's own parser refuses `GET /get/1/blue train.ogg HTTP/1.1`, which real
// servents send, so the target here is everything up to the last ` HTTP/`.
import { type Head, type Headers, listHas, parseHead } from "./http-head.ts";

export interface HttpRequest {
  readonly method: "GET" | "HEAD";
  /** As sent, still escaped. */
  readonly target: string;
  /** 0 for HTTP/1.0, 1 for everything newer. */
  readonly minor: 0 | 1;
  readonly headers: Headers;
  /** The peer wants to ask again on this connection. */
  readonly keepAlive: boolean;
}

/** What to answer when a request cannot be served: a status line; the connection ends behind it. */
export interface RequestRefusal {
  readonly status: number;
  readonly reason: string;
}

export type ParsedRequest =
  | { readonly ok: true; readonly request: HttpRequest }
  | { readonly ok: false; readonly refusal: RequestRefusal };

/** A whole head, as `HeadCollector` gives it. */
export function parseRequest(bytes: Uint8Array): ParsedRequest {
  const head = parseHead(bytes);
  if (!head.ok) return refuse(head.problem.includes("long") ? 413 : 400, "Malformed request");
  return requestOf(head.value);
}

function requestOf({ start, headers }: Head): ParsedRequest {
  const blank = start.indexOf(" ");
  const end = start.lastIndexOf(" HTTP/");
  if (blank <= 0 || end < blank) return refuse(400, "Malformed request line");
  const method = start.slice(0, blank);
  const version = /^ HTTP\/1\.([0-9])\s*$/.exec(start.slice(end));
  if (version === null) return refuse(505, "HTTP version not supported");
  if (method !== "GET" && method !== "HEAD") return refuse(501, "Not implemented");
  const target = start.slice(blank + 1, end).trim();
  if (!target.startsWith("/") || hasControl(target)) return refuse(400, "Malformed request target");
  const minor = version[1] === "0" ? 0 : 1;
  if (minor === 1 && !headers.has("host")) return refuse(400, "Missing Host header");
  // Repeated headers come as one list; no name of a host holds a comma.
  if (headers.get("host")?.includes(",") === true) return refuse(400, "More than one Host header");
  // No request that we serve has a body; one that claims to would be read as the next request.
  if (headers.has("transfer-encoding") || (headers.get("content-length") ?? "0") !== "0")
    return refuse(413, "A request body is not accepted");
  const connection = headers.get("connection");
  const keepAlive = minor === 1 ? !listHas(connection, "close") : listHas(connection, "keep-alive");
  return { ok: true, request: { method, target, minor, headers, keepAlive } };
}

function refuse(status: number, reason: string): ParsedRequest {
  return { ok: false, refusal: { status, reason } };
}

function hasControl(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 0x20 || code === 0x7f) return true;
  }
  return false;
}

/** What the target asks for. `bad` is an escape that cannot be decoded. */
export type RequestTarget =
  | { readonly kind: "browse" }
  | { readonly kind: "index"; readonly index: number; readonly name: string }
  | { readonly kind: "urn"; readonly service: "n2r" | "n2x"; readonly urn: string }
  | { readonly kind: "other"; readonly path: string; readonly query: string }
  | { readonly kind: "bad" };

export function parseTarget(target: string): RequestTarget {
  if (target === "/") return { kind: "browse" };
  const byIndex = /^\/get\/([0-9]{1,10})\/(.+?)\/?$/i.exec(target);
  if (byIndex !== null) {
    const name = unescape(byIndex[2] as string);
    return name === undefined ? { kind: "bad" } : { kind: "index", index: Number(byIndex[1]), name };
  }
  const byUrn = /^\/uri-res\/(n2[rx])\?(.+)$/i.exec(target);
  if (byUrn !== null) {
    const urn = unescape(byUrn[2] as string);
    const service = (byUrn[1] as string).toLowerCase() === "n2x" ? "n2x" : "n2r";
    return urn === undefined ? { kind: "bad" } : { kind: "urn", service, urn };
  }
  const question = target.indexOf("?");
  return question < 0
    ? { kind: "other", path: target, query: "" }
    : { kind: "other", path: target.slice(0, question), query: target.slice(question + 1) };
}

/** Percent escapes as UTF-8; undefined where they are broken. `+` stays a plus: it is a file name, not a form. */
function unescape(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
