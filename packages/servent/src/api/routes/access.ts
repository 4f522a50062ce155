// Logging in and out, and tokens for programs.
import { ServentError } from "../../base/servent-error.ts";
import type { App } from "../app.ts";
import type { Access, Caller, TokenInfo } from "../access.ts";
import { cookieValue, sessionCookie } from "../guard.ts";
import { page } from "../listing.ts";
import { LoginTries, isLoopback } from "../login-tries.ts";
import { ApiError } from "../problem.ts";
import { type Route, route } from "../route.ts";
import {
  type Answer,
  IdParams,
  LoginCodeSchema,
  LoginRequest,
  PageQuery,
  SCOPES,
  SessionSchema,
  TokenCreate,
  TokenCreated,
  TokenSchema,
  list,
} from "../schemas.ts";
import type { Clock } from "../clock.ts";

const HOUR_MS = 3_600_000;

/** A login link for a browser on this machine. */
export interface LoginCode {
  readonly code: string;
  /** The code stands in the fragment, which browsers send to nobody. Null where no page is served. */
  readonly url: string | null;
  readonly expiresAt: string;
}

export interface AccessRouteOptions {
  readonly access: Access;
  readonly clock: Clock;
  readonly loginCode: () => LoginCode;
}

export function accessRoutes(app: App, { access, clock, loginCode }: AccessRouteOptions): Route[] {
  const tries = new LoginTries(() => app.settings.get("auth.loginTries"), clock.now);
  return [
    route({
      method: "POST",
      path: "/system/login-code",
      scope: "admin",
      summary: "A code that logs one browser in, once, within ten minutes.",
      answer: LoginCodeSchema,
      handle({ caller }) {
        if (caller?.via === "cookie") {
          throw new ApiError("not_allowed", 403, "A browser may not make logins for others.", "Run `servent open`.");
        }
        return loginCode();
      },
    }),
    route({
      method: "POST",
      path: "/session",
      scope: "anyone",
      summary: "Logs a browser in: with a one-time code on this machine, with a token from anywhere.",
      body: LoginRequest,
      answer: SessionSchema,
      async handle({ body, reply }) {
        const { request } = reply;
        const address = request.raw.socket.remoteAddress ?? "";
        const waitMs = tries.refusedFor(address);
        if (waitMs > 0) {
          throw new ApiError("too_many", 429, "Too many failed logins from your address.", "Wait, then try again.", {
            "retry-after": String(Math.ceil(waitMs / 1000)),
          });
        }
        if ((body.code === undefined) === (body.token === undefined)) {
          throw new ServentError("invalid_value", "How to log in is not clear.", "Send either code or token.");
        }
        const found =
          body.code === undefined ? access.callerByToken(body.token as string) : takeCode(access, body.code, address);
        if (found === undefined) {
          await hold(clock, tries.failed(address));
          throw new ApiError(
            "not_allowed",
            401,
            "This login is unknown, was used, or has ended.",
            "Make a new link with `servent open`.",
          );
        }
        tries.succeeded(address);
        const lifeMs = app.settings.get("auth.sessionHours") * HOUR_MS;
        // A session from a token must not outlive it.
        const leftMs = found.expiresAt === undefined ? lifeMs : Math.min(lifeMs, found.expiresAt - clock.now());
        const { secret, expiresAt } = access.createSession(found.scopes, leftMs);
        const cookie = sessionCookie(request.raw.socket.localPort ?? 0);
        reply.header("set-cookie", `${cookie}=${secret}; Path=/; Max-Age=${Math.floor(leftMs / 1000)}; ${COOKIE}`);
        return sessionView({ via: "cookie", scopes: found.scopes, expiresAt });
      },
    }),
    route({
      method: "GET",
      path: "/session",
      scope: "read",
      summary: "Who we are to the daemon.",
      answer: SessionSchema,
      handle: ({ caller }) => sessionView(caller as Caller),
    }),
    route({
      method: "DELETE",
      path: "/session",
      scope: "read",
      summary: "Logs the browser out.",
      handle({ reply }) {
        const { headers, socket } = reply.request.raw;
        const cookie = sessionCookie(socket.localPort ?? 0);
        const secret = cookieValue(headers.cookie, cookie);
        if (secret !== undefined) access.endSession(secret);
        reply.header("set-cookie", `${cookie}=; Path=/; Max-Age=0; ${COOKIE}`);
      },
    }),
    route({
      method: "GET",
      path: "/tokens",
      scope: "admin",
      summary: "Tokens, without their secrets.",
      query: PageQuery,
      answer: list("tokens", TokenSchema),
      handle: ({ query }) => page("tokens", access.tokens().map(tokenView), query),
    }),
    route({
      method: "POST",
      path: "/tokens",
      scope: "admin",
      summary: "Makes a token; its secret is shown this once.",
      body: TokenCreate,
      answer: TokenCreated,
      creates: true,
      handle({ body }) {
        const { info, secret } = access.createToken(body.name ?? "", body.scopes, body.expiresInMs);
        return { ...tokenView(info), secret };
      },
    }),
    route({
      method: "DELETE",
      path: "/tokens/:id",
      scope: "admin",
      summary: "Revokes a token.",
      params: IdParams,
      handle: ({ params }) => access.deleteToken(params.id),
    }),
  ];
}

const COOKIE = "HttpOnly; SameSite=Strict";

interface Login {
  readonly scopes: Caller["scopes"];
  readonly expiresAt: number | undefined;
}

/** A code is for the owner, who sits at this machine; from elsewhere it is not even looked at. */
function takeCode(access: Access, code: string, address: string): Login | undefined {
  if (!isLoopback(address)) {
    throw new ApiError("not_allowed", 403, "Login codes work on this machine only.", "Log in with a token instead.");
  }
  return access.takeCode(code) ? { scopes: SCOPES, expiresAt: undefined } : undefined;
}

function hold(clock: Clock, ms: number): Promise<void> {
  return ms === 0 ? Promise.resolve() : new Promise((resolve) => clock.after(ms, resolve));
}

function sessionView(caller: Pick<Caller, "via" | "scopes" | "expiresAt">): Answer<typeof SessionSchema> {
  return { via: caller.via, scopes: caller.scopes, expiresAt: timeText(caller.expiresAt) };
}

function tokenView(info: TokenInfo): Answer<typeof TokenSchema> {
  return {
    id: info.id,
    name: info.name,
    scopes: info.scopes,
    createdAt: new Date(info.createdAt).toISOString(),
    expiresAt: timeText(info.expiresAt),
    usedAt: timeText(info.usedAt),
  };
}

function timeText(ms: number | undefined): string | null {
  return ms === undefined ? null : new Date(ms).toISOString();
}
