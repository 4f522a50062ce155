// Builds the HTTP API of one daemon: routes, doors, listeners. See README.md for the order in which a request passes.
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import fastify, { type FastifyInstance, type FastifyRequest } from "fastify";
import type { TSchema } from "typebox";
import { ServentError } from "../base/servent-error.ts";
import { SideWrites } from "../base/side-writes.ts";
import { endpointOfText } from "../runtime/address.ts";
import { Access, type Caller } from "./access.ts";
import type { App } from "./app.ts";
import { type Clock, systemClock } from "./clock.ts";
import { SOCKET_CALLER, callerOf, checkScope, hostProblem, isLoopbackListen, originProblem } from "./guard.ts";
import { SECURITY_HEADERS } from "./headers.ts";
import { TrustedSockets, closeServer, listenSocket, listenTcp, makeServer } from "./listeners.ts";
import { addOpenApi } from "./openapi.ts";
import { problemFrom } from "./problem.ts";
import { type RouteScope, addRoutes } from "./route.ts";
import { type LoginCode, accessRoutes } from "./routes/access.ts";
import { EventStreams, eventRoutes } from "./routes/events.ts";
import { libraryRoutes } from "./routes/library.ts";
import { networkRoutes } from "./routes/networks.ts";
import { searchRoutes } from "./routes/searches.ts";
import { settingRoutes } from "./routes/settings.ts";
import { type ApiPlace, systemRoutes } from "./routes/system.ts";
import { transferRoutes } from "./routes/transfers.ts";
import { checkRequest } from "./validation.ts";
import { addPage } from "./web-page.ts";

export interface ApiOptions {
  /** Keeps tokens and sessions, in tables of their own. */
  readonly database: DatabaseSync;
  /** The built page; the one of this project where absent. */
  readonly pageFolder?: string;
  readonly clock?: Clock;
}

export interface Api {
  /**
   * Starts to listen as `http.listen` and `http.socket` say. Throws ServentError `port_in_use`, `already_running`,
   * `refused` (an address beyond this machine without any token), and then listens nowhere.
   */
  listen(): Promise<ApiPlace>;
  /** Where it listens now. */
  readonly place: ApiPlace;
  /** The TCP ports that it listens on now, also those the system chose. */
  readonly ports: readonly number[];
  /** A one-time login link, as `servent up` prints it. */
  loginCode(): LoginCode;
  /** Ends event streams, lets open requests finish for a moment, removes the socket. */
  close(): Promise<void>;
}

declare module "fastify" {
  interface FastifyContextConfig {
    /** Routes without one hold nothing that needs a login: the page and the health checks. */
    scope?: RouteScope;
  }
  interface FastifyRequest {
    caller: Caller | null;
  }
}

const BODY_BYTES_MAX = 1024 * 1024;
const PAGE_FOLDER = fileURLToPath(new URL("../../../web/dist", import.meta.url));

export async function createApi(app: App, options: ApiOptions): Promise<Api> {
  const clock = options.clock ?? systemClock;
  const log = app.log.area("api");
  const writes = new SideWrites((error) => log.warn("When tokens are used cannot be written down.", { error }));
  const access = new Access(options.database, writes, clock.now);
  const streams = new EventStreams();
  const trusted = new TrustedSockets();
  const servers: Server[] = [];
  let place: ApiPlace = { httpUrl: null, socket: null };

  const loginCode = (): LoginCode => {
    const { code, expiresAt } = access.createCode();
    const url = place.httpUrl === null ? null : `${place.httpUrl}/#code=${code}`;
    return { code, url, expiresAt: new Date(expiresAt).toISOString() };
  };

  const isAllowed = (request: FastifyRequest) => {
    try {
      checkScope(callerFor(request.raw, access, trusted), "read");
      return true;
    } catch {
      return false;
    }
  };

  const server = makeFastify(app, access, trusted);
  await addOpenApi(server, app.version);
  addRoutes(
    server,
    [
      ...systemRoutes(app, () => place),
      ...accessRoutes(app, { access, clock, loginCode }),
      ...networkRoutes(app),
      ...searchRoutes(app),
      ...transferRoutes(app),
      ...libraryRoutes(app),
      ...settingRoutes(app),
      ...eventRoutes(app, { clock, streams, isAllowed }),
    ],
    clock,
  );
  addHealth(server, () => {
    options.database.prepare("SELECT 1").get();
    return servers.some(({ listening }) => listening);
  });
  const page = await addPage(server, options.pageFolder ?? PAGE_FOLDER);
  server.setNotFoundHandler((request, reply) => {
    if (page(request, reply)) return reply;
    throw new ServentError(
      "not_found",
      `There is no ${request.method} ${request.url.split("?")[0]}.`,
      "See /api/v1/openapi.json.",
    );
  });
  await server.ready();

  /** Before routing: a name that is not ours gets nothing, not even the page. */
  const fromNetwork = (request: IncomingMessage, response: ServerResponse) => {
    const refused = hostProblem(request.headers.host, app.settings.get("http.allowedHosts"));
    if (refused === undefined) server.routing(request, response);
    else refuse(response, refused);
  };

  const open = async () => {
    const addresses = app.settings.get("http.listen");
    checkAddresses(addresses, access);
    const socket = socketPath(app);
    if (socket !== null) {
      const local = makeServer((request, response) => server.routing(request, response));
      trusted.watch(local);
      servers.push(local);
      await listenSocket(local, socket);
    }
    let httpUrl: string | null = null;
    for (const address of addresses) {
      const tcp = makeServer(fromNetwork);
      try {
        const port = await listenTcp(tcp, address);
        httpUrl ??= urlOf(address, port);
        servers.push(tcp);
      } catch (error) {
        // Many machines have no IPv6; the other address serves them.
        if (!isMissingIpv6(address, error) || addresses.length === 1) throw error;
        log.info("There is no IPv6 loopback address here.", { address });
      }
    }
    place = { httpUrl, socket };
    for (const address of addresses) {
      if (!isLoopbackListen(endpointOfText(address).host)) {
        log.warn(`The API listens on ${address} without encryption: others on the way can read tokens.`);
      }
    }
    log.info("The API is open.", { httpUrl, socket });
  };

  const close = async () => {
    streams.closeAll();
    await Promise.all(servers.splice(0).map(closeServer));
    await server.close();
    place = { httpUrl: null, socket: null };
  };

  return {
    get place() {
      return place;
    },
    get ports() {
      return servers.flatMap((each) => {
        const address = each.address();
        return address !== null && typeof address === "object" ? [address.port] : [];
      });
    },
    async listen() {
      try {
        await open();
      } catch (error) {
        await Promise.all(servers.splice(0).map(closeServer));
        throw error;
      }
      return place;
    },
    loginCode,
    close,
  };
}

function makeFastify(app: App, access: Access, trusted: TrustedSockets): FastifyInstance {
  let requests = 0;
  const log = app.log.area("api");
  const server = fastify({
    // Requests are told to our own log, which hides what must be hidden.
    logger: false,
    bodyLimit: BODY_BYTES_MAX,
    exposeHeadRoutes: false,
    genReqId: () => `q_${++requests}`,
  });
  // Forms of other pages may send text/plain without asking; JSON they may not.
  server.removeContentTypeParser("text/plain");
  const parseJson = server.getDefaultJsonParser("error", "error");
  server.removeContentTypeParser("application/json");
  server.addContentTypeParser("application/json", { parseAs: "string" }, (request, body, done) => {
    if (body === "") done(null, undefined);
    else parseJson(request, String(body), done);
  });
  server.setValidatorCompiler<TSchema>(({ schema, httpPart }) => checkRequest(schema, httpPart ?? "body"));
  server.decorateRequest("caller", null);

  server.addHook("onRequest", async (request, reply) => {
    reply.headers(SECURITY_HEADERS);
    reply.header("x-request-id", request.id);
    const { scope } = request.routeOptions.config;
    if (scope === undefined) return;
    reply.header("cache-control", "no-store");
    const { raw } = request;
    const foreign = originProblem(raw, app.settings.get("http.allowedOrigins"));
    if (foreign !== undefined) throw foreign;
    if (scope !== "anyone") request.caller = checkScope(callerFor(raw, access, trusted), scope);
  });
  server.addHook("onResponse", async (request, reply) => {
    const { method, routeOptions, id } = request;
    log.debug(`${method} ${routeOptions.url ?? "-"} ${reply.statusCode}`, { id, ms: Math.round(reply.elapsedTime) });
  });
  server.setErrorHandler((error, request, reply) => {
    const { problem, headers, isOurFault } = problemFrom(error, request.id);
    if (isOurFault)
      log.error(`${request.method} ${request.routeOptions.url ?? "-"} failed.`, { id: request.id, error });
    return reply.code(problem.status).headers(headers).type("application/problem+json").send(problem);
  });
  return server;
}

/** Whoever came in by the local socket is the owner: its file mode let them in. */
function callerFor(request: IncomingMessage, access: Access, trusted: TrustedSockets): Caller | undefined {
  return trusted.has(request.socket) ? SOCKET_CALLER : callerOf(request, access);
}

function addHealth(server: FastifyInstance, isReady: () => boolean): void {
  server.get("/healthz", { schema: { hide: true } }, () => ({ status: "ok" }));
  server.get("/readyz", { schema: { hide: true } }, (_request, reply) => {
    const ready = isReady();
    return reply.code(ready ? 200 : 503).send({ status: ready ? "ok" : "starting" });
  });
}

function refuse(response: ServerResponse, refused: ServentError): void {
  const { problem } = problemFrom(refused, "q_0");
  response.writeHead(problem.status, {
    ...SECURITY_HEADERS,
    "content-type": "application/problem+json",
    // The rest of the request is not read.
    connection: "close",
  });
  response.end(JSON.stringify(problem));
}

/** Whoever opens the API to others must first have something to keep them out. */
function checkAddresses(addresses: readonly string[], access: Access): void {
  const beyond = addresses.find((address) => !isLoopbackListen(endpointOfText(address).host));
  if (beyond !== undefined && !access.hasToken()) {
    throw new ServentError(
      "refused",
      `http.listen has ${beyond}, which others can reach, and there is no token yet.`,
      "Start with a loopback address, run `servent token new --scope admin`, then change http.listen.",
    );
  }
}

function socketPath(app: App): string | null {
  const socket = app.settings.get("http.socket");
  return typeof socket === "string" ? socket : socket ? app.paths.socket : null;
}

function isMissingIpv6(address: string, error: unknown): boolean {
  const cause = error instanceof ServentError ? error.cause : undefined;
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  return endpointOfText(address).host === "::1" && (code === "EADDRNOTAVAIL" || code === "EAFNOSUPPORT");
}

/** A URL that works on this machine, also where we listen on all addresses. */
function urlOf(address: string, port: number): string {
  const { host } = endpointOfText(address);
  const reachable = host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "::1" : host;
  return `http://${reachable.includes(":") ? `[${reachable}]` : reachable}:${port}`;
}
