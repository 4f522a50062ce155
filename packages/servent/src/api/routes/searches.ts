// Searches and what they found.
import { ServentError } from "../../base/servent-error.ts";
import type { FileGroup, Searches } from "../../search/search.ts";
import type { App } from "../app.ts";
import { page, parseFilter, sorted } from "../listing.ts";
import { type Route, route } from "../route.ts";
import {
  FileGroupSchema,
  IdParams,
  PageQuery,
  ResultQuery,
  SearchCreate,
  SearchSchema,
  WhySchema,
  list,
} from "../schemas.ts";

const SORT_FIELDS = {
  number: (row: FileGroup) => row.number,
  name: (row: FileGroup) => row.name,
  size: (row: FileGroup) => row.size,
  type: (row: FileGroup) => row.type,
  sources: (row: FileGroup) => row.sources.length,
  networks: (row: FileGroup) => row.networks.length,
  health: (row: FileGroup) => ["unreachable", "push", "busy", "ready"].indexOf(row.health),
};

export function searchRoutes(app: App): Route[] {
  const { searches } = app;
  return [
    route({
      method: "GET",
      path: "/searches",
      scope: "read",
      summary: "Searches, running and ended.",
      query: PageQuery,
      answer: list("searches", SearchSchema),
      handle: ({ query }) => page("searches", searches.list(), query),
    }),
    route({
      method: "POST",
      path: "/searches",
      scope: "transfer",
      summary: "Starts a search; hits come as `search.hit`, its end as `search.done`.",
      body: SearchCreate,
      answer: SearchSchema,
      creates: true,
      handle({ body }) {
        if ((body.words ?? "").trim() === "" && body.urn === undefined) {
          throw new ServentError("invalid_value", "The search has no words.", "Give words or a urn.");
        }
        return searches.start({ ...body, words: body.words ?? "" });
      },
    }),
    route({
      method: "GET",
      path: "/searches/:id",
      scope: "read",
      summary: "One search; `latest` is the one started last.",
      params: IdParams,
      answer: SearchSchema,
      handle: ({ params }) => searches.view(searchId(searches, params.id)),
    }),
    route({
      method: "DELETE",
      path: "/searches/:id",
      scope: "transfer",
      summary: "Forgets a search and its results.",
      params: IdParams,
      handle: ({ params }) => searches.remove(searchId(searches, params.id)),
    }),
    route({
      method: "POST",
      path: "/searches/:id/stop",
      scope: "transfer",
      summary: "Ends a running search; its results stay.",
      params: IdParams,
      answer: SearchSchema,
      handle: ({ params }) => searches.stop(searchId(searches, params.id)),
    }),
    route({
      method: "POST",
      path: "/searches/:id/again",
      scope: "transfer",
      summary: "Asks the same again.",
      params: IdParams,
      answer: SearchSchema,
      handle: ({ params }) => searches.again(searchId(searches, params.id)),
    }),
    route({
      method: "GET",
      path: "/searches/:id/results",
      scope: "read",
      summary: "What a search found, one row per file.",
      params: IdParams,
      query: ResultQuery,
      answer: list("results", FileGroupSchema),
      handle({ params, query }) {
        const all = searches.results(searchId(searches, params.id));
        const found = query.filter === undefined ? all : all.filter(parseFilter(query.filter));
        return page("results", sorted(found, query.sort, SORT_FIELDS), query);
      },
    }),
    route({
      method: "GET",
      path: "/searches/:id/why",
      scope: "read",
      summary: "Why the search found what it found.",
      params: IdParams,
      answer: WhySchema,
      handle: ({ params }) => searches.why(searchId(searches, params.id)),
    }),
  ];
}

/** `latest` stands for the search that was started last. Throws ServentError `not_found`. */
export function searchId(searches: Searches, id: string): string {
  if (id !== "latest") return id;
  const latest = searches.latest();
  if (latest === undefined) {
    throw new ServentError("not_found", "There was no search yet.", "Start one with `servent search WORDS`.");
  }
  return latest.id;
}
