// GET /events: what happens, as it happens (Server-Sent Events), with replay.
import type { ServerResponse } from "node:http";
import type { FastifyRequest } from "fastify";
import type { App } from "../app.ts";
import type { Clock } from "../clock.ts";
import { EventFeed, type FeedSink } from "../event-feed.ts";
import { ApiError } from "../problem.ts";
import { type Route, route } from "../route.ts";
import { EventQuery, EventSchema } from "../schemas.ts";

/** Streams open at once: a person's windows and scripts many times over, and little enough memory. */
const FEEDS_MAX = 64;
/** How long a reader that was let go may take to read its last words. */
const GOODBYE_MS = 5000;

/** Open streams; they would keep the daemon from ending, so it closes them. */
export class EventStreams {
  private readonly open = new Set<() => void>();

  get size(): number {
    return this.open.size;
  }

  add(end: () => void): () => void {
    this.open.add(end);
    return () => this.open.delete(end);
  }

  closeAll(): void {
    for (const end of this.open) end();
  }
}

export interface EventRouteOptions {
  readonly clock: Clock;
  readonly streams: EventStreams;
  /** Would this request still be let in? */
  readonly isAllowed: (request: FastifyRequest) => boolean;
}

export function eventRoutes(app: App, { clock, streams, isAllowed }: EventRouteOptions): Route[] {
  return [
    route({
      method: "GET",
      path: "/events",
      scope: "read",
      summary: "Events as they happen, or from `since` (or Last-Event-ID) on. `reset`: fetch everything anew.",
      query: EventQuery,
      streamOf: EventSchema,
      handle({ query, reply }) {
        if (streams.size >= FEEDS_MAX) {
          throw new ApiError("too_many", 429, `${streams.size} event streams are open.`, "Close one.");
        }
        const { raw } = reply;
        const lastId = reply.request.headers["last-event-id"];
        // A browser that comes back sends both: the header is where it was, the query where it began.
        const since = typeof lastId === "string" && /^\d{1,16}$/.test(lastId) ? Number(lastId) : query.since;
        const types = query.types?.split(",").map((type) => type.trim());
        reply.hijack();
        // Taking over skips fastify's own writing of what the hooks have set.
        for (const [name, value] of Object.entries(reply.getHeaders()))
          if (value !== undefined) raw.setHeader(name, value);
        raw.writeHead(200, { "content-type": "text/event-stream", "x-accel-buffering": "no" });
        const feed = new EventFeed(app.events, responseSink(raw, clock), clock, {
          types,
          since,
          mayGoOn: () => isAllowed(reply.request),
        });
        const forget = streams.add(() => {
          feed.close();
          raw.end();
        });
        raw.on("drain", () => feed.onDrain());
        raw.on("close", () => {
          forget();
          feed.close();
        });
        feed.start();
      },
    }),
  ];
}

function responseSink(response: ServerResponse, clock: Clock): FeedSink {
  return {
    write: (text) => void response.write(text),
    get waiting() {
      return response.writableLength;
    },
    end() {
      response.end();
      const cancel = clock.after(GOODBYE_MS, () => response.destroy());
      response.on("close", cancel);
    },
  };
}
