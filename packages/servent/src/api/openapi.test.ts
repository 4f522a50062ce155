// The document against the routes and against what the routes really answer.
import { afterAll, beforeAll, expect, test } from "vitest";
import { Compile } from "typebox/compile";
import { type HandMade, handMade } from "./testing/hand-made-app.ts";
import { ask } from "./testing/request.ts";

interface Operation {
  readonly summary?: string;
  readonly tags?: string[];
  readonly parameters?: { readonly name: string; readonly in: string; readonly schema: object }[];
  readonly requestBody?: { readonly content: Record<string, { schema: object }> };
  readonly responses: Record<
    string,
    { readonly description: string; readonly content?: Record<string, { schema: object }> }
  >;
}

let made: HandMade;
let paths: Record<string, Record<string, Operation>>;

beforeAll(async () => {
  made = await handMade();
  await made.api.listen();
  const { body } = await ask(made, "socket", "/api/v1/openapi.json");
  expect(body.openapi).toBe("3.1.0");
  paths = body.paths as typeof paths;
});
afterAll(() => made.close());

const operations = () =>
  Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
  );

/** Every route of the product, so that none is lost and none is undocumented. */
const ROUTES = `
DELETE /api/v1/peers/{id}
DELETE /api/v1/searches/{id}
DELETE /api/v1/session
DELETE /api/v1/shares/{id}
DELETE /api/v1/tokens/{id}
DELETE /api/v1/transfers/{id}
GET /api/v1/doctor
GET /api/v1/events
GET /api/v1/files
GET /api/v1/files/{index}
GET /api/v1/limits
GET /api/v1/logs
GET /api/v1/networks
GET /api/v1/networks/{id}
GET /api/v1/networks/{id}/table
GET /api/v1/networks/{id}/why
GET /api/v1/peers
GET /api/v1/peers/{id}
GET /api/v1/peers/{id}/why
GET /api/v1/searches
GET /api/v1/searches/{id}
GET /api/v1/searches/{id}/results
GET /api/v1/searches/{id}/why
GET /api/v1/session
GET /api/v1/settings
GET /api/v1/settings/schema
GET /api/v1/shares
GET /api/v1/shares/{id}
GET /api/v1/shares/{id}/problems
GET /api/v1/system
GET /api/v1/tokens
GET /api/v1/transfers
GET /api/v1/transfers/{id}
GET /api/v1/transfers/{id}/why
PATCH /api/v1/limits
PATCH /api/v1/networks/{id}
PATCH /api/v1/settings
PATCH /api/v1/transfers/{id}
POST /api/v1/networks/{id}/bootstrap
POST /api/v1/networks/{id}/lookup
POST /api/v1/peers
POST /api/v1/searches
POST /api/v1/searches/{id}/again
POST /api/v1/searches/{id}/stop
POST /api/v1/session
POST /api/v1/shares
POST /api/v1/shares/preview
POST /api/v1/shares/{id}/cancel
POST /api/v1/shares/{id}/scan
POST /api/v1/system/login-code
POST /api/v1/system/reload
POST /api/v1/system/shutdown
POST /api/v1/tokens
POST /api/v1/transfers
POST /api/v1/transfers/batch
POST /api/v1/transfers/parse
POST /api/v1/transfers/{id}/cancel
POST /api/v1/transfers/{id}/move
POST /api/v1/transfers/{id}/pause
POST /api/v1/transfers/{id}/resume
POST /api/v1/transfers/{id}/retry`
  .trim()
  .split("\n");

test("the document has every route", () => {
  const documented = operations().map(({ path, method }) => `${method} ${path}`);
  expect(documented.toSorted()).toEqual(ROUTES);
});

test("every operation says what it does, and has schemas for what goes in and out", () => {
  for (const { path, method, operation } of operations()) {
    const name = `${method} ${path}`;
    expect(operation.summary, name).toMatch(/^[A-Z].*\.$/);
    expect(operation.tags, name).toHaveLength(1);
    const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, parameter]) => parameter);
    const documented = (operation.parameters ?? [])
      .filter((parameter) => parameter.in === "path")
      .map((parameter) => parameter.name);
    expect(documented, name).toEqual(inPath);

    const good = Object.entries(operation.responses).filter(([status]) => status.startsWith("2"));
    expect(good.length, name).toBeGreaterThan(0);
    for (const [status, { content }] of good) {
      if (status === "204") continue;
      const [media] = Object.values(content ?? {});
      expect(Object.keys(media?.schema ?? {}).length, `${name} ${status}`).toBeGreaterThan(0);
    }
    expect(Object.keys(operation.responses.default?.content ?? {}), name).toEqual(["application/problem+json"]);
  }
});

test("every creating operation takes an Idempotency-Key and answers 200 or 201", () => {
  const creating = operations().filter(({ operation }) => operation.responses["201"] !== undefined);
  expect(creating.map(({ path }) => path).toSorted()).toEqual([
    "/api/v1/searches",
    "/api/v1/shares",
    "/api/v1/tokens",
    "/api/v1/transfers",
  ]);
  for (const { path, operation } of creating) {
    expect(
      operation.parameters?.map(({ name }) => name),
      path,
    ).toContain("idempotency-key");
    expect(operation.responses["200"], path).toBeDefined();
  }
});

test("the event stream is documented as one", () => {
  expect(Object.keys(paths["/api/v1/events"]?.get?.responses["200"]?.content ?? {})).toEqual(["text/event-stream"]);
});

test("real answers fit the documented schemas", async () => {
  await ask(made, "socket", "/api/v1/searches", { body: { words: "tide" } });
  await ask(made, "socket", "/api/v1/transfers", { body: { hit: { searchId: "latest", number: 1 } } });
  await ask(made, "socket", "/api/v1/shares", { body: { path: "/music" } });
  await ask(made, "socket", "/api/v1/tokens", { body: { scopes: ["read"] } });
  const ids: Record<string, string> = { networks: "gnutella", searches: "s_1", transfers: "t_1", shares: "h_1" };

  let checked = 0;
  for (const { path, method, operation } of operations()) {
    const [, resource] = /^\/api\/v1\/(\w+)/.exec(path) ?? [];
    if (method !== "GET" || path.endsWith("/events") || /\/(?:peers|files)\/\{/.test(path)) continue;
    const id = path.endsWith("/table") ? "chord" : (ids[resource as string] ?? "");
    const answer = await ask(made, "socket", path.replace("{id}", id));
    expect(answer.status, path).toBe(200);
    const schema = operation.responses["200"]?.content?.["application/json"]?.schema as object;
    expect(Compile(schema).Errors(answer.body), path).toEqual([]);
    checked++;
  }
  expect(checked).toBeGreaterThan(20);
});
