// An index server and clients of ours on loopback: for tests.
import { DatabaseSync } from "node:sqlite";
import { INDEX_SERVER, IndexServer } from "../../napster-server/index-server.ts";
import { endpointOfText } from "../../runtime/address.ts";
import { type Served, type SharedBytes, serve } from "../http/upload-fixture.ts";
import type { Endpoint, Hit, Network } from "../network.ts";
import { NapsterNetwork, type NapsterNetworkOptions } from "./napster-network.ts";

export interface IndexServerFixture {
  readonly endpoint: Endpoint;
  readonly server: IndexServer;
  close(): Promise<void>;
}

export async function openIndexServer(host: string, isTls = false): Promise<IndexServerFixture> {
  const database = new DatabaseSync(":memory:");
  const place = `${host}:0`;
  const doors = isTls ? { listen: null, tls: place } : { listen: place };
  const server = new IndexServer({ ...INDEX_SERVER, ...doors, database });
  await server.start();
  return {
    endpoint: endpointOfText(server.places.clear ?? server.places.tls ?? ""),
    server,
    close: async () => {
      await server.close();
      if (database.isOpen) database.close();
    },
  };
}

export interface ClientFixture {
  readonly network: NapsterNetwork;
  readonly served: Served;
  readonly events: { readonly type: string; readonly data: Readonly<Record<string, unknown>> }[];
  close(): Promise<void>;
}

/** What clients of tests have in common. */
export function clientOptions(
  host: string,
  servers: readonly Endpoint[],
): Omit<NapsterNetworkOptions, "library" | "uploads" | "emit"> {
  return {
    facts: { version: 0, of: () => undefined },
    bind: host,
    port: 0,
    rememberPort: () => undefined,
    isReachable: true,
    entries: servers.map((endpoint) => ({ ...endpoint, kind: "server" as const, fingerprint: "" })),
    knownServers: [],
    rememberServers: () => undefined,
    servers: 2,
    nick: `peer${host.replaceAll(".", "-")}`,
    password: "secret",
    passwordAt: () => "other",
    userAgent: "Servent test",
    speedKbps: 1000,
    mayDial: () => true,
  };
}

/** A client that shares these files, started. */
export async function openClient(
  host: string,
  servers: readonly Endpoint[],
  shared: readonly SharedBytes[],
  changes: Partial<NapsterNetworkOptions> = {},
): Promise<ClientFixture> {
  const served = await serve(shared);
  const events: ClientFixture["events"] = [];
  const network = new NapsterNetwork({
    ...clientOptions(host, servers),
    library: served.library,
    uploads: served.uploads,
    emit: (type, data) => events.push({ type, data }),
    ...changes,
  });
  await network.start();
  return {
    network,
    served,
    events,
    close: async () => {
      await network.stop();
      served.close();
    },
  };
}

const SEARCH_MS = 500;
const TRIES = 40;

/** Asks again until so many have answered: what was shared a moment ago need not be known yet. */
export async function findAll(network: Network, words: string, count: number): Promise<Hit[]> {
  for (let left = TRIES; ; left--) {
    const hits: Hit[] = [];
    const search = network.search({ words }, (hit) => hits.push(hit));
    const deadline = performance.now() + SEARCH_MS;
    while (hits.length < count && performance.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 10));
    search.stop();
    if (hits.length >= count || left === 0) return hits;
  }
}
