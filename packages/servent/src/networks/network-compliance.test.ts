// The shared suite, for each network that exists.
import { endpointOfText } from "../runtime/address.ts";
import { ChordNetwork } from "./chord/chord-network.ts";
import { GnutellaNetwork } from "./gnutella/gnutella-network.ts";
import { DatabaseSync } from "node:sqlite";
import { INDEX_SERVER, IndexServer } from "../napster-server/index-server.ts";
import { NapsterNetwork } from "./napster/napster-network.ts";
import { networkCompliance } from "./network-compliance.ts";

const common = {
  userAgent: "Servent/test",
  knownHosts: [],
  rememberHosts: () => undefined,
  mayDial: () => true,
};

networkCompliance(
  "gnutella",
  "127.0.7",
  ({ host, ...setup }) =>
    new GnutellaNetwork({
      ...common,
      ...setup,
      busy: () => false,
      bind: host,
      advertise: host,
      // One that offers is there to be asked.
      role: setup.bootstrap.length === 0 ? "ultrapeer" : "leaf",
      mayPromote: false,
      links: 0,
      ttl: 0,
      guid: Buffer.from(host.padEnd(16, "x").slice(0, 16)).toString("hex"),
      rememberPort: () => undefined,
      reachable: "yes",
      speedKbps: 1000,
    }),
);

networkCompliance(
  "chord",
  "127.0.8",
  ({ host, ...setup }) =>
    new ChordNetwork({
      ...common,
      ...setup,
      bind: host,
      advertise: host,
      knownPorts: [],
      rememberPorts: () => undefined,
      virtualNodes: 1,
      roundMs: [200, 300],
    }),
);

networkCompliance(
  "napster",
  "127.0.9",
  ({ host, bootstrap, uploads, port, emit }) =>
    new NapsterNetwork({
      // What the suite shares has bytes and trees behind it at the upload server only.
      library: uploads.options.library,
      uploads: uploads.options.uploads,
      facts: { version: 0, of: () => undefined },
      bind: host,
      port,
      rememberPort: () => undefined,
      isReachable: true,
      entries: bootstrap.map((endpoint) => ({ ...endpoint, kind: "server" as const, fingerprint: "" })),
      knownServers: [],
      rememberServers: () => undefined,
      servers: 2,
      nick: `peer${host.replaceAll(".", "-")}`,
      password: "secret",
      passwordAt: () => "other",
      userAgent: "Servent test",
      speedKbps: 1000,
      mayDial: () => true,
      emit,
    }),
  async (host) => {
    const database = new DatabaseSync(":memory:");
    const server = new IndexServer({ ...INDEX_SERVER, listen: `${host}:0`, database });
    await server.start();
    return {
      endpoint: endpointOfText(server.places.clear ?? ""),
      close: async () => {
        await server.close();
        database.close();
      },
    };
  },
);
