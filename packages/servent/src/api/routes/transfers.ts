// Getting files, and watching what others take from us.
import { ServentError } from "../../base/servent-error.ts";
import type { TransferRequest, TransferView } from "../../transfers/transfer.ts";
import type { App } from "../app.ts";
import { page, sorted } from "../listing.ts";
import { problemFrom } from "../problem.ts";
import { type Route, route } from "../route.ts";
import {
  BatchAnswer,
  BatchRequest,
  IdParams,
  ParseAnswer,
  ParseRequest,
  TransferChange,
  TransferCreate,
  TransferCreated,
  TransferMove,
  TransferQuery,
  TransferSchema,
  WhySchema,
  list,
} from "../schemas.ts";
import { searchId } from "./searches.ts";

const SORT_FIELDS = {
  name: (row: TransferView) => row.name,
  state: (row: TransferView) => row.state,
  size: (row: TransferView) => row.size,
  bytesDone: (row: TransferView) => row.bytesDone,
  rate: (row: TransferView) => row.rate,
  leftMs: (row: TransferView) => row.leftMs,
  addedAt: (row: TransferView) => row.addedAt,
  changedAt: (row: TransferView) => row.changedAt,
};

export function transferRoutes(app: App): Route[] {
  const { transfers } = app;

  /** POST /transfers/{id}/pause and its like: do it, then show what has become of it. */
  const action = (name: "pause" | "resume" | "retry" | "cancel", summary: string) =>
    route({
      method: "POST",
      path: `/transfers/:id/${name}`,
      scope: "transfer",
      summary,
      params: IdParams,
      answer: TransferSchema,
      handle({ params }) {
        transfers[name](params.id);
        return transfers.view(params.id);
      },
    });

  return [
    route({
      method: "GET",
      path: "/transfers",
      scope: "read",
      summary: "Downloads and uploads, in their order.",
      query: TransferQuery,
      answer: list("transfers", TransferSchema),
      handle({ query }) {
        const { state, direction } = query;
        const found = transfers
          .list()
          .filter((row) => (state ?? row.state) === row.state && (direction ?? row.direction) === row.direction);
        return page("transfers", sorted(found, query.sort, SORT_FIELDS), query);
      },
    }),
    route({
      method: "POST",
      path: "/transfers",
      scope: "transfer",
      summary: "Gets a file: a hit of a search, a URN, a magnet or a link.",
      body: TransferCreate,
      answer: TransferCreated,
      creates: true,
      handle({ body: { to, priority, ...named } }) {
        const { transfer, created } = transfers.add({
          ...wanted(app, named),
          ...(to === undefined ? {} : { to }),
          ...(priority === undefined ? {} : { priority }),
        });
        return { ...transfer, created };
      },
    }),
    route({
      method: "POST",
      path: "/transfers/parse",
      scope: "read",
      summary: "What a URN, magnet or link asks for; adds nothing.",
      body: ParseRequest,
      answer: ParseAnswer,
      handle({ body }) {
        const request = app.parseLink(body.text);
        return { ...request, size: request.size ?? null };
      },
    }),
    route({
      method: "POST",
      path: "/transfers/batch",
      scope: "transfer",
      summary: "One action on many transfers, by id or by state.",
      body: BatchRequest,
      answer: BatchAnswer,
      handle({ body: { ids, state, action } }) {
        if ((ids === undefined) === (state === undefined)) {
          throw new ServentError("invalid_value", "Which transfers is not clear.", "Give either ids or state.");
        }
        const chosen = ids ?? transfers.list().flatMap((row) => (row.state === state ? [row.id] : []));
        const done: string[] = [];
        const failed: { id: string; code: string; detail: string }[] = [];
        for (const id of chosen) {
          try {
            transfers[action](id);
            done.push(id);
          } catch (error) {
            // One that cannot be changed must not stop the others; what is nobody's fault but ours still must.
            if (!(error instanceof ServentError)) throw error;
            const { code, detail } = problemFrom(error, "").problem;
            failed.push({ id, code, detail });
          }
        }
        return { done, failed };
      },
    }),
    route({
      method: "GET",
      path: "/transfers/:id",
      scope: "read",
      summary: "One transfer.",
      params: IdParams,
      answer: TransferSchema,
      handle: ({ params }) => transfers.view(params.id),
    }),
    route({
      method: "PATCH",
      path: "/transfers/:id",
      scope: "transfer",
      summary: "Changes the priority.",
      params: IdParams,
      body: TransferChange,
      answer: TransferSchema,
      handle({ params, body }) {
        transfers.setPriority(params.id, body.priority);
        return transfers.view(params.id);
      },
    }),
    route({
      method: "DELETE",
      path: "/transfers/:id",
      scope: "transfer",
      summary: "Forgets an ended transfer; a finished file stays.",
      params: IdParams,
      handle: ({ params }) => transfers.remove(params.id),
    }),
    action("pause", "Stops until resumed."),
    action("resume", "Goes on."),
    action("retry", "Tries again at once."),
    action("cancel", "Ends it and deletes its partial data."),
    route({
      method: "POST",
      path: "/transfers/:id/move",
      scope: "transfer",
      summary: "Changes its place in the queue.",
      params: IdParams,
      body: TransferMove,
      answer: TransferSchema,
      handle({ params, body }) {
        transfers.move(params.id, body.where);
        return transfers.view(params.id);
      },
    }),
    route({
      method: "GET",
      path: "/transfers/:id/why",
      scope: "read",
      summary: "Why it is in its state, and what can be done.",
      params: IdParams,
      answer: WhySchema,
      handle: ({ params }) => transfers.why(params.id),
    }),
  ];
}

interface Named {
  readonly hit?: { readonly searchId: string; readonly number: number };
  readonly urn?: string;
  readonly magnet?: string;
  readonly link?: string;
}

function wanted(app: App, named: Named): TransferRequest {
  const { hit, urn, magnet, link } = named;
  const texts = [urn, magnet, link].filter((text) => text !== undefined);
  const [text] = texts;
  if (texts.length + (hit === undefined ? 0 : 1) !== 1) {
    throw new ServentError(
      "invalid_value",
      "Which file is not clear.",
      "Give exactly one of hit, urn, magnet and link.",
    );
  }
  if (hit === undefined) return app.parseLink(text as string);
  const id = searchId(app.searches, hit.searchId);
  const group = app.searches.results(id).find(({ number }) => number === hit.number);
  if (group === undefined) {
    throw new ServentError(
      "not_found",
      `The search ${id} has no result ${hit.number}.`,
      "`servent results` shows them.",
    );
  }
  return { name: group.name, size: group.size, urns: group.urns, sources: group.sources };
}
