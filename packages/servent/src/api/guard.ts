// The doors of the API: may this host name, this page, this caller come in? Product rules, each with a test.
import type { IncomingMessage } from "node:http";
import { isIP } from "node:net";
import type { Access, Caller } from "./access.ts";
import { ApiError } from "./problem.ts";
import { SCOPES, type Scope } from "./schemas.ts";

const LOCALHOST = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;
/** A page must send it with every change; no page of another origin can, without asking us first. */
export const CSRF_HEADER = "x-servent-csrf";
const UNSAFE = new Set(["POST", "PUT", "PATCH", "DELETE"]);

/** The name in a Host header, without its port, in lower case; undefined where there is none. */
export function hostName(header: string | undefined): string | undefined {
  return header === undefined ? undefined : /^(\[[0-9a-f:.]+\]|[^:[\]/@\s]+)(?::\d*)?$/.exec(header.toLowerCase())?.[1];
}

/**
 * Stops pages that make their own name point to this machine (DNS rebinding).
 */
export function hostProblem(header: string | undefined, allowed: readonly string[]): ApiError | undefined {
  const name = hostName(header);
  if (name !== undefined && (LOCALHOST.test(name) || allowed.some((host) => host.toLowerCase() === name)))
    return undefined;
  return new ApiError(
    "host_not_allowed",
    421,
    name === undefined
      ? "The request does not say which host it means."
      : `The request used the name ${name}, which is not on the list.`,
    name === undefined ? "Send a Host header." : `Add "${name}" to http.allowedHosts`,
  );
}

/** Refuses what a page of another origin sends. */
export function originProblem(request: IncomingMessage, allowedOrigins: readonly string[]): ApiError | undefined {
  const { origin, host } = request.headers;
  const site = request.headers["sec-fetch-site"];
  const isOwn = origin !== undefined && (origin === `http://${host}` || allowedOrigins.includes(origin));
  // Browsers send Sec-Fetch-Site about the page that asks; same-site is another port of this machine: another program.
  const isForeign =
    (origin !== undefined && !isOwn) || (site !== undefined && site !== "same-origin" && site !== "none" && !isOwn);
  if (!isForeign) return undefined;
  return new ApiError(
    "cross_site",
    403,
    `A page of another origin${origin === undefined ? "" : ` (${origin})`} sent this request.`,
    "If that page is yours, add its origin to http.allowedOrigins.",
  );
}

/** The cookie's name carries the port: cookies do not, and two daemons on one machine must not share them. */
export function sessionCookie(port: number): string {
  return `servent_session_${port}`;
}

export function cookieValue(header: string | undefined, name: string): string | undefined {
  for (const pair of header?.split(";") ?? []) {
    const at = pair.indexOf("=");
    if (at > 0 && pair.slice(0, at).trim() === name) return pair.slice(at + 1).trim();
  }
  return undefined;
}

export const SOCKET_CALLER: Caller = { via: "socket", scopes: SCOPES, expiresAt: undefined, key: "socket" };

/**
 * Who sends this request; undefined: nobody we know. A wrong token is an error of its own. A cookie that changes
 * something must come with our header.
 */
export function callerOf(request: IncomingMessage, access: Access): Caller | undefined {
  const { authorization } = request.headers;
  if (authorization !== undefined) {
    const secret = /^Bearer +(\S+)$/i.exec(authorization)?.[1];
    const caller = secret === undefined ? undefined : access.callerByToken(secret);
    if (caller === undefined) throw loginNeeded("The token is unknown, was revoked or has ended.");
    return caller;
  }
  const secret = cookieValue(request.headers.cookie, sessionCookie(request.socket.localPort ?? 0));
  const caller = secret === undefined ? undefined : access.callerBySession(secret);
  if (caller !== undefined && UNSAFE.has(request.method ?? "") && !request.headers[CSRF_HEADER]) {
    throw new ApiError("cross_site", 403, "A change by cookie came without X-Servent-CSRF.", "Send X-Servent-CSRF: 1.");
  }
  return caller;
}

export function loginNeeded(message: string): ApiError {
  return new ApiError(
    "not_allowed",
    401,
    message,
    "Run `servent open` for a login link, or send a token from `servent token new`.",
    { "www-authenticate": 'Bearer realm="servent"' },
  );
}

/** Throws where the caller lacks the scope; `admin` has them all. */
export function checkScope(caller: Caller | undefined, scope: Scope): Caller {
  if (caller === undefined) throw loginNeeded("This needs a login.");
  if (!caller.scopes.includes(scope) && !caller.scopes.includes("admin")) {
    throw new ApiError(
      "not_allowed",
      403,
      `This needs the scope ${scope}; the token has ${caller.scopes.join(", ")}.`,
      `Make one with \`servent token new --scope ${scope}\`.`,
    );
  }
  return caller;
}

/** Is this address, as in `http.listen`, one that only this machine reaches? */
export function isLoopbackListen(host: string): boolean {
  const bare = host.replace(/^\[|\]$/g, "");
  return host === "localhost" || bare === "::1" || (isIP(bare) === 4 && bare.startsWith("127."));
}
