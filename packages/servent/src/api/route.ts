// One route as data: path, scope, schemas, handler. Everything about it is said once, and typed from its schemas.
import type { FastifyInstance, FastifyReply, FastifyRequest, FastifySchema } from "fastify";
import { Type, type Static, type TSchema } from "typebox";
import { ServentError } from "../base/servent-error.ts";
import type { Caller } from "./access.ts";
import type { Clock } from "./clock.ts";
import { IdempotencyKeys, type StoredAnswer } from "./idempotency.ts";
import { type Answer, NoFields, ProblemSchema, type Scope } from "./schemas.ts";

/** `anyone`: before any login. */
export type RouteScope = Scope | "anyone";

export interface RouteInput<P, Q, B> {
  readonly params: P;
  readonly query: Q;
  readonly body: B;
  /** Undefined only where the route's scope is "anyone". */
  readonly caller: Caller | undefined;
  /** For the few that set a header or stream. */
  readonly reply: FastifyReply;
}

export interface RouteSpec<P extends TSchema, Q extends TSchema, B extends TSchema, A extends TSchema> {
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  /** Below /api/v1, `:id` for parameters. */
  readonly path: string;
  readonly scope: RouteScope;
  readonly summary: string;
  readonly params?: P;
  readonly query?: Q;
  readonly body?: B;
  /** Of the answer; without one it is 204. */
  readonly answer?: A;
  /** The handler takes over the response and sends a stream of these. */
  readonly streamOf?: TSchema;
  /** Makes something: 201, or 200 where the answer says `created: false`; takes Idempotency-Key. */
  readonly creates?: true;
  /** 202: begun, not yet done. */
  readonly status?: 202;
  handle(input: RouteInput<Static<P>, Static<Q>, Static<B>>): Answer<A> | Promise<Answer<A>>;
}

/** A route whose schemas are no longer known to the compiler; fastify checks by them at run time. */
export interface Route {
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  readonly path: string;
  readonly scope: RouteScope;
  readonly summary: string;
  readonly params?: TSchema;
  readonly query?: TSchema;
  readonly body?: TSchema;
  readonly answer?: TSchema;
  readonly streamOf?: TSchema;
  readonly creates?: true;
  readonly status?: 202;
  handle(input: RouteInput<unknown, unknown, unknown>): unknown;
}

export function route<P extends TSchema, Q extends TSchema, B extends TSchema, A extends TSchema>(
  spec: RouteSpec<P, Q, B, A>,
): Route {
  return spec;
}

/** Registers the routes below /api/v1, and with them their part of the OpenAPI document. */
export function addRoutes(server: FastifyInstance, routes: readonly Route[], clock: Clock): void {
  const keys = new IdempotencyKeys(clock);
  for (const route of routes) {
    server.route({
      method: route.method,
      url: `/api/v1${route.path}`,
      config: { scope: route.scope },
      schema: routeSchema(route),
      async handler(request, reply) {
        const { params, query, body, caller } = request;
        if (route.body === undefined) refuseBody(body);
        const input = { params, query, body, caller: caller ?? undefined, reply };
        if (route.creates === true) {
          const { status, body: answer } = await createOnce(keys, request, () => route.handle(input));
          return reply.code(status).send(answer);
        }
        const answer = await route.handle(input);
        if (route.streamOf !== undefined) return reply;
        if (route.answer === undefined) return reply.code(204).send();
        return reply.code(route.status ?? 200).send(answer);
      },
    });
  }
}

const CreateHeaders = Type.Object({
  "idempotency-key": Type.Optional(
    Type.String({ minLength: 1, maxLength: 128, description: "The same key gets the first answer again." }),
  ),
});

function routeSchema(route: Route): FastifySchema {
  const { params, query, body, answer, streamOf, creates, summary } = route;
  const described = (schema: TSchema) => ({ ...schema, description: summary });
  const status = creates === true ? 201 : (route.status ?? 200);
  const responses: Record<string, unknown> = {
    default: { description: "A problem.", content: { "application/problem+json": { schema: ProblemSchema } } },
  };
  if (streamOf !== undefined) {
    responses[status] = { description: summary, content: { "text/event-stream": { schema: streamOf } } };
  } else if (answer === undefined) responses[204] = described(Type.Null());
  else {
    responses[status] = described(answer);
    if (creates === true)
      responses[200] = { ...answer, description: "It was there already, or the key was used before." };
  }
  return {
    summary,
    tags: [route.path.split("/")[1] as string],
    ...(route.scope === "anyone" ? { security: [] } : { description: `Needs the scope \`${route.scope}\`.` }),
    ...(params === undefined ? {} : { params }),
    ...(query === undefined ? { querystring: NoFields } : { querystring: query }),
    ...(body === undefined ? {} : { body }),
    ...(creates === true ? { headers: CreateHeaders } : {}),
    response: responses,
  };
}

/** Fields nobody would read are a mistake of the caller, here as elsewhere. */
function refuseBody(body: unknown): void {
  if (body === undefined || body === null) return;
  const names = typeof body === "object" ? Object.keys(body) : [];
  if (typeof body === "object" && names.length === 0) return;
  throw new ServentError(
    "invalid_value",
    `This takes no body; unknown: ${names.join(", ").slice(0, 200)}.`,
    "Send none.",
  );
}

async function createOnce(
  keys: IdempotencyKeys,
  request: FastifyRequest,
  create: () => unknown,
): Promise<StoredAnswer> {
  const header = request.headers["idempotency-key"];
  // Callers cannot see each other's answers by guessing keys.
  const key = typeof header === "string" ? `${request.caller?.key} ${request.url} ${header}` : undefined;
  const before = key === undefined ? undefined : keys.begin(key, request.body ?? null);
  if (before !== undefined) return { ...before, status: 200 };
  try {
    const body = await create();
    const wasThere = typeof body === "object" && body !== null && "created" in body && body.created === false;
    const answer = { status: wasThere ? 200 : 201, body };
    if (key !== undefined) keys.finish(key, answer);
    return answer;
  } catch (error) {
    if (key !== undefined) keys.forget(key);
    throw error;
  }
}
