// Shared folders and the files in them.
import { base32Encode } from "@servent/overlay/base/base32.ts";
import { ServentError } from "../../base/servent-error.ts";
import type { SharedFile } from "../../library/library.ts";
import type { App } from "../app.ts";
import { LIMIT_DEFAULT, page, pageOf, pageStart } from "../listing.ts";
import { type Route, route } from "../route.ts";
import {
  type Answer,
  FileParams,
  FileQuery,
  FileSchema,
  IdParams,
  PageQuery,
  ShareCreate,
  ShareCreated,
  SharePreviewSchema,
  ShareProblemSchema,
  ShareSchema,
  list,
} from "../schemas.ts";

export function libraryRoutes(app: App): Route[] {
  const { library } = app;
  return [
    route({
      method: "GET",
      path: "/shares",
      scope: "read",
      summary: "The folders we offer.",
      query: PageQuery,
      answer: list("shares", ShareSchema),
      handle: ({ query }) => page("shares", library.shares(), query),
    }),
    route({
      method: "POST",
      path: "/shares",
      scope: "share",
      summary: "Offers a folder; its scan is told by `share.scan`.",
      body: ShareCreate,
      answer: ShareCreated,
      creates: true,
      async handle({ body }) {
        const before = new Set(library.shares().map(({ id }) => id));
        const share = await library.add(body);
        return { ...share, created: !before.has(share.id) };
      },
    }),
    route({
      method: "POST",
      path: "/shares/preview",
      scope: "share",
      summary: "What offering a folder would show to others; changes nothing.",
      body: ShareCreate,
      answer: SharePreviewSchema,
      handle: ({ body }) => library.preview(body),
    }),
    route({
      method: "GET",
      path: "/shares/:id",
      scope: "read",
      summary: "One shared folder.",
      params: IdParams,
      answer: ShareSchema,
      handle: ({ params }) => library.share(params.id),
    }),
    route({
      method: "DELETE",
      path: "/shares/:id",
      scope: "share",
      summary: "Offers the folder no longer; the files stay.",
      params: IdParams,
      handle: ({ params }) => library.remove(params.id),
    }),
    route({
      method: "POST",
      path: "/shares/:id/scan",
      scope: "share",
      summary: "Looks through the folder now.",
      params: IdParams,
      answer: ShareSchema,
      status: 202,
      handle({ params }) {
        library.scan(params.id);
        return library.share(params.id);
      },
    }),
    route({
      method: "POST",
      path: "/shares/:id/cancel",
      scope: "share",
      summary: "Stops the scan.",
      params: IdParams,
      answer: ShareSchema,
      handle({ params }) {
        library.cancelScan(params.id);
        return library.share(params.id);
      },
    }),
    route({
      method: "GET",
      path: "/shares/:id/problems",
      scope: "read",
      summary: "Files that are not offered, and why.",
      params: IdParams,
      query: PageQuery,
      answer: list("problems", ShareProblemSchema),
      handle: ({ params, query }) => page("problems", library.problems(params.id), query),
    }),
    route({
      method: "GET",
      path: "/files",
      scope: "read",
      summary: "The files in all shares.",
      query: FileQuery,
      answer: list("files", FileSchema),
      handle({ query }) {
        const { items, total } = library.list(pageStart(query), query.limit ?? LIMIT_DEFAULT, query.filter);
        return pageOf("files", items.map(fileView), total, query);
      },
    }),
    route({
      method: "GET",
      path: "/files/:index",
      scope: "read",
      summary: "One shared file.",
      params: FileParams,
      answer: FileSchema,
      handle({ params }) {
        const file = library.byIndex(params.index);
        if (file === undefined) {
          throw new ServentError("not_found", `There is no file ${params.index}.`, "`servent files ls` shows them.");
        }
        return fileView(file);
      },
    }),
  ];
}

function fileView(file: SharedFile): Answer<typeof FileSchema> {
  const urns: string[] = [];
  if (file.sha1 !== undefined) urns.push(`urn:sha1:${base32Encode(file.sha1)}`);
  if (file.tigerRoot !== undefined) urns.push(`urn:ttroot:${base32Encode(file.tigerRoot)}`);
  return {
    index: file.index,
    shareId: file.shareId,
    path: file.virtualPath,
    name: file.name,
    size: file.size,
    modifiedAt: new Date(file.modifiedAt).toISOString(),
    sharedAt: new Date(file.sharedAt * 1000).toISOString(),
    urns,
  };
}
