import { expect, test } from "vitest";
import { Settings } from "../config/settings.ts";
import type { Endpoint, Network, NetworkState, NetworkStatus } from "../networks/network.ts";
import { Networks } from "./networks.ts";

/** A network that is on, with or without servers. */
function networks(id: "napster" | "gnutella", state: NetworkState = "online") {
  const settings = new Settings({ flags: { [`network.${id}.enabled`]: "true" } });
  const dialled: Endpoint[] = [];
  const status: NetworkStatus = {
    id,
    state,
    since: "2026-01-01T00:00:00.000Z",
    liveness: "It is here.",
    role: "",
    endpoint: undefined,
    peers: 0,
    ...(id === "napster" ? { servers: [] } : {}),
    counters: {},
  };
  const network = { id, status: () => status, connect: (endpoint: Endpoint) => void dialled.push(endpoint) };
  let refreshed = 0;
  const managed = { network: network as Partial<Network> as Network, roles: [], refresh: () => void refreshed++ };
  return { all: new Networks(settings, [managed]), settings, dialled, refreshed: () => refreshed };
}

test("first servers are taken as the setting takes them, and the network goes to what its setting says", () => {
  const { all, settings, dialled, refreshed } = networks("napster");
  const entries = ["192.0.2.7:8888", "tls:192.0.2.7:8889", "redirect:192.0.2.8:8875"];
  all.bootstrap("napster", entries);
  all.bootstrap("napster", entries.slice(0, 1));

  expect(settings.get("network.napster.bootstrap")).toEqual(entries);
  expect([dialled, refreshed()]).toEqual([[], 2]);
  expect(() => all.bootstrap("napster", ["ssl:192.0.2.7:1"])).toThrow("network.napster.bootstrap cannot be");
});

test("first peers are remembered and dialled, and nothing else is taken for one", () => {
  const { all, settings, dialled } = networks("gnutella");
  all.bootstrap("gnutella", ["192.0.2.7:6346"]);
  expect(settings.get("network.gnutella.bootstrap")).toEqual(["192.0.2.7:6346"]);
  expect(dialled).toEqual([{ host: "192.0.2.7", port: 6346 }]);
  for (const entry of ["tls:192.0.2.7:6346", "192.0.2.7", "192.0.2.7:0", "192.0.2.7:70000"]) {
    expect(() => all.bootstrap("gnutella", [entry]), entry).toThrow("cannot be");
  }
});

test("what can be done for a network of servers is said in words for servers", () => {
  const label = (id: "napster" | "gnutella", state: NetworkState) => networks(id, state).all.why(id).actions[0]?.label;
  expect(label("napster", "online")).toBe("Name another server");
  expect(label("napster", "connecting")).toBe("Name an index server");
  expect(label("gnutella", "connecting")).toBe("Name a peer to ask");
});
