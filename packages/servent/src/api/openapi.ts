// The OpenAPI 3.1 document, made from the same schemas that check requests and write answers.
import swagger from "@fastify/swagger";
import type { FastifyInstance } from "fastify";

export async function addOpenApi(server: FastifyInstance, version: string): Promise<void> {
  await server.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: {
        title: "Servent",
        version,
        description:
          "The API of one daemon. Sizes in bytes, rates in bytes per second, durations in milliseconds, times RFC 3339 UTC. " +
          "Errors are problem documents with a stable `code` and a `hint`.",
      },
      components: {
        securitySchemes: {
          token: { type: "http", scheme: "bearer", description: "Made with `servent token new`." },
          session: {
            type: "apiKey",
            in: "cookie",
            name: "servent_session_7390",
            description: "The name ends with the port. Changes need the header X-Servent-CSRF as well.",
          },
        },
      },
      security: [{ token: [] }, { session: [] }],
    },
  });
  let document: string | undefined;
  server.get("/api/v1/openapi.json", { config: { scope: "read" }, schema: { hide: true } }, (_request, reply) => {
    document ??= JSON.stringify(server.swagger());
    return reply.type("application/json").send(document);
  });
}
