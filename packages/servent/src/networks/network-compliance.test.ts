// The shared suite, for each network that exists.
import { ChordNetwork } from "./chord/chord-network.ts";
import { GnutellaNetwork } from "./gnutella/gnutella-network.ts";
import { clientOptions, openIndexServer } from "./napster/napster-fixture.ts";
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
      ...clientOptions(host, bootstrap),
      // What the suite shares has bytes and trees behind it at the upload server only.
      library: uploads.options.library,
      uploads: uploads.options.uploads,
      port,
      emit,
    }),
  (host) => openIndexServer(host),
);
