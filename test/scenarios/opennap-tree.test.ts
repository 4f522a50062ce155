// Servers of ours that are linked as a tree, as OpenNap servers are: what one user shares all find, a loop is refused, and a split
// heals.
import { expect, test } from "vitest";
import type { OpenNapLinks } from "@servent/overlay/protocols/napster/opennap-link/node.ts";
import type { StreamPeer } from "@servent/lab/engine/stream-peer.ts";
import { World } from "@servent/lab/engine/world.ts";
import { uniform } from "@servent/lab/network/latency.ts";
import { addClient, addIndexServer, type IndexServerPeer, type NapsterClient } from "./napster-world.ts";

interface TreeServer extends IndexServerPeer {
  readonly links: OpenNapLinks;
  readonly news: string[];
}

/** Servers of which each pair that is named is linked; the first of a pair dials. */
function forest(fidelity: "wire" | "message", count: number, pairs: readonly (readonly [number, number])[]) {
  const world = new World({ seed: 11, latency: uniform(5, 60), fidelity, freeze: true });
  const bare = Array.from({ length: count }, (_, i) => addIndexServer(world, `server${i}`));
  const servers = bare.map((server, i): TreeServer => {
    const news: string[] = [];
    const others = pairs
      .filter((pair) => pair.includes(i))
      .map(([from, to]) => ({ other: from === i ? to : from, from }));
    const peers = others.map(({ other, from }) => ({
      name: `server${other}`,
      address: (bare[other] as IndexServerPeer).address,
      ownPassword: "secret",
      theirPassword: "secret",
      isDialled: from === i,
      isTrusted: false,
    }));
    const links = server.server.linkTree(
      { peers },
      {
        onLinked: (name) => news.push(`linked ${name}`),
        onLinkLost: (name) => news.push(`lost ${name}`),
        onLinkRefused: (name, reason) => news.push(`refused ${name}: ${reason}`),
      },
    );
    links.start();
    return { ...server, links, news };
  });
  const clients = servers.flatMap(({ address }, i) =>
    [0, 1].map((j) => {
      const client = addClient(world, `user${i}-${j}`, [address], { servers: 1 });
      client.library.share(`music\\tide number${i}-${j}.mp3`, "");
      client.node.start();
      return client;
    }),
  );
  return { world, servers, clients };
}

function find(world: World, asker: NapsterClient): string[] {
  const search = asker.node.search({ words: "tide", urn: "", name: "" });
  world.runUntil(() => asker.ended.includes(search), 20_000);
  asker.node.stopSearch(search);
  return asker.hits.filter((each) => each.search === search).map(({ hit }) => hit.file.path);
}

/** Every one finds what all others share, each file once. */
function allFindAll(world: World, clients: readonly NapsterClient[]): boolean {
  return clients.every((asker) => {
    const wanted = clients.filter((client) => client !== asker).flatMap(({ library }) => library.files());
    const found = find(world, asker);
    return found.length === wanted.length && wanted.every(({ path }) => found.includes(path));
  });
}

const knows = (count: number) => (server: TreeServer) => server.links.servers().length === count;

test.each(["wire", "message"] as const)("in a chain of four every search finds every file once (%s)", (fidelity) => {
  const { world, servers, clients } = forest(fidelity, 4, [
    [0, 1],
    [1, 2],
    [3, 2],
  ]);
  expect(world.runUntil(() => servers.every(knows(3)), 20_000)).toBe(true);
  world.runFor(5000);

  expect(allFindAll(world, clients)).toBe(true);
});

test("of a ring a tree remains, and what is shared is still found once", () => {
  const { world, servers, clients } = forest("message", 4, [
    [0, 1],
    [1, 2],
    [2, 3],
    [3, 0],
  ]);
  world.runFor(120_000);

  expect(servers.every(knows(3))).toBe(true);
  const links = servers.reduce((sum, { links: { counters }, news }) => {
    const lost = news.filter((line) => line.startsWith("lost")).length;
    return sum + counters.links - lost;
  }, 0);
  expect(links).toBe(2 * 3);
  expect(allFindAll(world, clients)).toBe(true);
});

test("a server dies and comes back: its users are gone from all tables, and the tree heals by itself", () => {
  const { world, servers, clients } = forest("message", 3, [
    [0, 1],
    [2, 1],
  ]);
  world.runUntil(() => servers.every(knows(2)), 20_000);
  world.runFor(5000);
  const [first, middle, last] = servers as [TreeServer, TreeServer, TreeServer];
  const ends = clients.filter((_, i) => i < 2 || i >= 4);

  world.crash(middle.peer as StreamPeer<never>);
  world.runFor(20_000);

  expect([first, last].map(({ links }) => [links.servers().length, links.userCount])).toEqual([
    [0, 0],
    [0, 0],
  ]);
  expect(find(world, ends[0] as NapsterClient)).toEqual(["music\\tide number0-1.mp3"]);
});

test("a cut line heals, and users are known again who were not gone", () => {
  const { world, servers, clients } = forest("message", 3, [
    [0, 1],
    [2, 1],
  ]);
  world.runUntil(() => servers.every(knows(2)), 20_000);
  const [first, middle] = servers as [TreeServer, TreeServer, TreeServer];
  world.runFor(5000);

  world.partition((from, to) => from === first.address && to === middle.address);
  world.runFor(10_000);
  expect(first.news).toContain("lost server1");
  world.partition(undefined);
  expect(world.runUntil(() => servers.every(knows(2)), 300_000)).toBe(true);
  world.runFor(5000);

  expect(allFindAll(world, clients)).toBe(true);
});
