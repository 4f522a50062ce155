// The daemon itself: what it is, how it is, and how to stop it.
import type { App } from "../app.ts";
import { page } from "../listing.ts";
import { type Route, route } from "../route.ts";
import {
  DoctorCheckSchema,
  LogEntrySchema,
  LogQuery,
  ReloadAnswer,
  ShutdownAnswer,
  SystemSchema,
  list,
} from "../schemas.ts";
import { networkView } from "./networks.ts";

/** Where the API can be reached; null where it cannot. */
export interface ApiPlace {
  readonly httpUrl: string | null;
  readonly socket: string | null;
}

export function systemRoutes(app: App, place: () => ApiPlace): Route[] {
  return [
    route({
      method: "GET",
      path: "/system",
      scope: "read",
      summary: "The daemon at a glance.",
      answer: SystemSchema,
      handle() {
        const networks = app.networks.list();
        const transfers: Record<string, number> = {};
        let rateDown = 0;
        let rateUp = 0;
        for (const { state, direction, rate } of app.transfers.list()) {
          transfers[state] = (transfers[state] ?? 0) + 1;
          if (direction === "down") rateDown += rate;
          else rateUp += rate;
        }
        const { files, bytes } = app.library.totals();
        return {
          version: app.version,
          profile: app.profile,
          demo: app.demo,
          pid: process.pid,
          uptimeMs: Math.max(0, Date.now() - Date.parse(app.startedAt)),
          startedAt: app.startedAt,
          paths: {
            config: app.paths.config,
            data: app.paths.data,
            state: app.paths.state,
            downloads: app.settings.get("paths.downloads") ?? app.paths.downloads,
            incomplete: app.settings.get("paths.incomplete") ?? app.paths.incomplete,
            log: app.paths.log,
          },
          ...place(),
          networks: networks.map((status) => networkView(app, status)),
          indexServer: app.indexServer(),
          peers: networks.reduce((sum, { peers }) => sum + peers, 0),
          files,
          sharedBytes: bytes,
          rateDown,
          rateUp,
          transfers,
          searches: app.searches.list().filter(({ state }) => state === "running").length,
        };
      },
    }),
    route({
      method: "POST",
      path: "/system/shutdown",
      scope: "admin",
      summary: "Ends the daemon; transfers go on at the next start.",
      answer: ShutdownAnswer,
      status: 202,
      handle() {
        app.shutdown();
        return { stopping: true };
      },
    }),
    route({
      method: "POST",
      path: "/system/reload",
      scope: "admin",
      summary: "Reads the configuration files again.",
      answer: ReloadAnswer,
      handle: () => ({ changed: app.settings.reload() }),
    }),
    route({
      method: "GET",
      path: "/logs",
      scope: "read",
      summary: "The last entries of the log, newest last.",
      query: LogQuery,
      answer: list("logs", LogEntrySchema),
      handle: ({ query }) => page("logs", app.log.entries(query), { limit: 1000 }),
    }),
    route({
      method: "GET",
      path: "/doctor",
      scope: "read",
      summary: "What is wrong or could be better, each with a fix.",
      answer: list("checks", DoctorCheckSchema),
      handle: async () => page("checks", await app.doctor(), { limit: 1000 }),
    }),
  ];
}
