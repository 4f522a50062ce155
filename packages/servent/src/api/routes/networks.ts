// Networks and the peers we are linked to.
import { ServentError } from "../../base/servent-error.ts";
import type { Endpoint, NetworkStatus } from "../../networks/network.ts";
import type { App } from "../app.ts";
import { page } from "../listing.ts";
import { type Route, route } from "../route.ts";
import {
  type Answer,
  BootstrapRequest,
  ConnectAnswer,
  ConnectRequest,
  DhtLookupRequest,
  DhtLookupSchema,
  DhtTableSchema,
  IdParams,
  NetworkChange,
  NetworkParams,
  NetworkSchema,
  PageQuery,
  PeerQuery,
  PeerSchema,
  WhySchema,
  list,
} from "../schemas.ts";

export function networkRoutes(app: App): Route[] {
  const { networks } = app;
  return [
    route({
      method: "GET",
      path: "/networks",
      scope: "read",
      summary: "The networks that exist, on or off.",
      query: PageQuery,
      answer: list("networks", NetworkSchema),
      handle: ({ query }) =>
        page(
          "networks",
          networks.list().map((status) => networkView(app, status)),
          query,
        ),
    }),
    route({
      method: "GET",
      path: "/networks/:id",
      scope: "read",
      summary: "One network.",
      params: NetworkParams,
      answer: NetworkSchema,
      handle: ({ params }) => networkView(app, networks.status(params.id)),
    }),
    route({
      method: "PATCH",
      path: "/networks/:id",
      scope: "network",
      summary: "Switches a network on or off, or changes what it does for others.",
      params: NetworkParams,
      body: NetworkChange,
      answer: NetworkSchema,
      async handle({ params: { id }, body }) {
        // Role and links first, so that a network that is switched on starts with them.
        if (body.role !== undefined) await networks.setRole(id, body.role);
        if (body.links !== undefined) await networks.setLinks(id, body.links);
        if (body.enabled === true) await networks.enable(id);
        if (body.enabled === false) await networks.disable(id);
        return networkView(app, networks.status(id));
      },
    }),
    route({
      method: "POST",
      path: "/networks/:id/bootstrap",
      scope: "network",
      summary: "Adds first peers to ask.",
      params: NetworkParams,
      body: BootstrapRequest,
      answer: NetworkSchema,
      handle({ params: { id }, body }) {
        networks.bootstrap(id, body.peers);
        return networkView(app, networks.status(id));
      },
    }),
    route({
      method: "GET",
      path: "/networks/:id/why",
      scope: "read",
      summary: "Why the network is in its state.",
      params: NetworkParams,
      answer: WhySchema,
      handle: ({ params }) => networks.why(params.id),
    }),
    route({
      method: "GET",
      path: "/networks/:id/table",
      scope: "read",
      summary: "Whom our nodes in a distributed hash table know.",
      params: NetworkParams,
      answer: DhtTableSchema,
      handle: ({ params: { id } }) => ({ network: id, nodes: networks.dht(id).table() }),
    }),
    route({
      method: "POST",
      path: "/networks/:id/lookup",
      scope: "network",
      summary: "Looks for the owner of a key, hop by hop.",
      params: NetworkParams,
      body: DhtLookupRequest,
      answer: DhtLookupSchema,
      handle: async ({ params: { id }, body: { key, records = false } }) => ({
        network: id,
        ...(await networks.dht(id).lookup(key, records)),
      }),
    }),
    route({
      method: "GET",
      path: "/peers",
      scope: "read",
      summary: "The peers we are linked to.",
      query: PeerQuery,
      answer: list("peers", PeerSchema),
      handle: ({ query }) => page("peers", networks.neighbours(query.network), query),
    }),
    route({
      method: "GET",
      path: "/peers/:id",
      scope: "read",
      summary: "One peer.",
      params: IdParams,
      answer: PeerSchema,
      handle({ params }) {
        const peer = networks.neighbours().find(({ id }) => id === params.id);
        if (peer === undefined)
          throw new ServentError("not_found", `There is no peer ${params.id}.`, "It may be gone.");
        return peer;
      },
    }),
    route({
      method: "POST",
      path: "/peers",
      scope: "network",
      summary: "Dials a peer; `peer.up` tells whether it worked.",
      body: ConnectRequest,
      answer: ConnectAnswer,
      status: 202,
      handle({ body }) {
        const endpoint = parseEndpoint(body.endpoint);
        networks.connect(body.network, endpoint);
        return { network: body.network, endpoint };
      },
    }),
    route({
      method: "DELETE",
      path: "/peers/:id",
      scope: "network",
      summary: "Ends the link to a peer.",
      params: IdParams,
      handle: ({ params }) => networks.disconnect(params.id),
    }),
    route({
      method: "GET",
      path: "/peers/:id/why",
      scope: "read",
      summary: "Why the link to a peer is in its state.",
      params: IdParams,
      answer: WhySchema,
      handle: ({ params }) => networks.whyPeer(params.id),
    }),
  ];
}

export function networkView(app: App, status: NetworkStatus): Answer<typeof NetworkSchema> {
  return { ...status, enabled: app.networks.isEnabled(status.id), endpoint: status.endpoint ?? null };
}

/** `127.0.0.5:6346`. Throws ServentError `invalid_value`. */
function parseEndpoint(text: string): Endpoint {
  const [, host, digits] = /^([A-Za-z0-9][A-Za-z0-9.-]{0,252}):(\d{1,5})$/.exec(text) ?? [];
  const port = Number(digits);
  if (host === undefined || port < 1 || port > 65_535) {
    throw new ServentError("invalid_value", `"${text}" is no address of a peer.`, 'Write it like "127.0.0.5:6346".');
  }
  return { host, port };
}
