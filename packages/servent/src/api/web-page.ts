// Serves the page, where it has been built. Any path that is no file is the page's own business: it gets index.html.
import { existsSync } from "node:fs";
import path from "node:path";
import files from "@fastify/static";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";

const NOT_BUILT = `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Servent</title>
<h1>The page is not built</h1>
<p>The daemon runs; only its page is missing. In the project's folder run <code>npm run build -w packages/web</code>
and start the daemon again.</p>
<p>The command line works without it: <code>servent status</code>, <code>servent help</code>.</p>
</html>
`;

/** Answers whatever is neither API nor file; false: it is not the page's either. */
export type PageFallback = (request: FastifyRequest, reply: FastifyReply) => boolean;

export async function addPage(server: FastifyInstance, folder: string): Promise<PageFallback> {
  if (!existsSync(path.join(folder, "index.html"))) {
    server.get("/", { schema: { hide: true } }, (_request, reply) =>
      reply.type("text/html; charset=utf-8").send(NOT_BUILT),
    );
    return () => false;
  }
  await server.register(files, {
    root: folder,
    // Names of built assets hold a hash of their content; only the entry changes under its name.
    setHeaders(reply, file) {
      const isHashed = path.relative(folder, file).startsWith(`assets${path.sep}`);
      reply.header("cache-control", isHashed ? "public, max-age=31536000, immutable" : "no-cache");
    },
    cacheControl: false,
    dotfiles: "ignore",
  });
  return (request, reply) => {
    const { method, url, headers } = request;
    const isPage = method === "GET" && !url.startsWith("/api/") && (headers.accept ?? "").includes("text/html");
    if (isPage) reply.sendFile("index.html");
    return isPage;
  };
}
