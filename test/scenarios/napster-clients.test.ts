// Clients that are logged in to two of three index servers: what they find, and what they find when a server is gone.
import { expect, test } from "vitest";
import { World } from "@servent/lab/engine/world.ts";
import { uniform } from "@servent/lab/network/latency.ts";
import { addClient, addIndexServer, type IndexServerPeer, type NapsterClient } from "./napster-world.ts";

const CLIENTS = 60;

/** Every client shares one file that nobody else has, and one that all have. */
function town(
  fidelity: "wire" | "message",
  seed = 7,
): { world: World; servers: IndexServerPeer[]; clients: NapsterClient[] } {
  const world = new World({ seed, latency: uniform(5, 60), fidelity, freeze: true });
  const servers = ["one", "two", "three"].map((name) => addIndexServer(world, name));
  const addresses = servers.map(({ address }) => address);
  const clients = Array.from({ length: CLIENTS }, (_, i) => addClient(world, `user-${i}`, addresses));
  clients.forEach(({ node, library }, i) => {
    library.share(`music\\tide number${i}.mp3`, "");
    node.start();
  });
  return { world, servers, clients };
}

const areBack = (clients: readonly NapsterClient[]): boolean =>
  clients.every(({ node }) => [...node.all()].filter(({ isRegistered }) => isRegistered).length === 2);

/** Which files of those who are there the asker does not find. */
function missed(world: World, asker: NapsterClient, clients: readonly NapsterClient[]): string[] {
  // What was sent at last is on its way.
  world.runFor(200);
  const search = asker.node.search({ words: "tide", urn: "", name: "" });
  world.runUntil(() => asker.ended.includes(search), 5000);
  const found = new Set(asker.hits.filter((each) => each.search === search).map(({ hit }) => hit.file.path));
  asker.node.stopSearch(search);
  const shared = clients.filter((client) => client !== asker).flatMap(({ library }) => library.files());
  return shared.map(({ path }) => path).filter((path) => !found.has(path));
}

test("what one shares all find, each hit once, through whichever of the servers", () => {
  const { world, clients } = town("wire");
  expect(world.runUntil(() => areBack(clients), 10_000)).toBe(true);

  for (const asker of clients.slice(0, 10)) expect(missed(world, asker, clients)).toEqual([]);

  for (const { hits } of clients.slice(0, 10)) {
    const keys = hits.map(({ hit }) => `${hit.nick} ${hit.file.path}`);
    expect(new Set(keys).size).toBe(keys.length);
    expect(keys.length).toBe(CLIENTS - 1);
  }
});

test("a server is killed: within a second every client is logged in to two servers again, and every file is found again", () => {
  const { world, servers, clients } = town("message");
  world.runUntil(() => areBack(clients), 10_000);
  const before = world.now;

  const [dead] = servers as [IndexServerPeer];
  world.crash(dead.peer);
  const isLeft = () => clients.every(({ node }) => [...node.all()].every(({ server }) => server !== dead.address));
  const isBack = world.runUntil(() => isLeft() && areBack(clients), 10_000);

  expect(isBack).toBe(true);
  expect(world.now - before).toBeGreaterThan(10);
  expect(world.now - before).toBeLessThan(1000);
  for (const asker of clients.slice(0, 20)) expect(missed(world, asker, clients)).toEqual([]);
});

test("with all servers but one gone everything is found there, and the others are used again when they come back", () => {
  const { world, servers, clients } = town("message");
  world.runUntil(() => areBack(clients), 10_000);
  const [one, two, three] = servers as [IndexServerPeer, IndexServerPeer, IndexServerPeer];
  const isGone = (address: number): boolean => address === one.address || address === two.address;
  world.partition((from, to) => isGone(from) || isGone(to));
  world.runFor(5000);

  expect(clients.every(({ node }) => node.onlineCount === 1)).toBe(true);
  expect(three.server.directory.files).toBe(CLIENTS);
  expect(missed(world, clients[0] as NapsterClient, clients)).toEqual([]);

  world.partition(undefined);
  expect(world.runUntil(() => areBack(clients), 150_000)).toBe(true);
});

test("a file is asked for through the server, and its owner told who comes", () => {
  const { world, clients } = town("wire");
  world.runUntil(() => areBack(clients), 10_000);
  const [asker, owner] = clients as [NapsterClient, NapsterClient];
  const path = owner.library.files()[0]?.path as string;

  missed(world, asker, clients);
  const server = asker.hitServers.get(owner.nick);
  const token = asker.node.want("download", owner.nick, path, server);
  world.runUntil(() => asker.answers.length > 0, 5000);

  expect(asker.answers).toEqual([
    { token, answer: { kind: "accepted", nick: asker.nick, address: owner.address, md5: expect.any(String) } },
  ]);
  expect(owner.node.isAnnounced(asker.nick, path)).toBe(true);
});

test("who cannot be dialled is asked to bring the file, and two of that kind hear that it cannot be", () => {
  const world = new World({ seed: 3 });
  const server = addIndexServer(world, "one");
  const [open, closed, other] = ["open", "closed", "other"].map((nick, i) =>
    addClient(world, nick, [server.address], i === 0 ? {} : { dataPort: 0 }),
  ) as [NapsterClient, NapsterClient, NapsterClient];
  closed.library.share("music\\a.mp3", "");
  for (const { node } of [open, closed, other]) node.start();
  world.runFor(3000);

  open.node.want("download", "closed", "music\\a.mp3", undefined);
  world.runFor(1000);
  expect(open.answers[0]?.answer).toMatchObject({ kind: "accepted", address: 0 });
  open.node.want("push", "closed", "music\\a.mp3", undefined);
  world.runFor(1000);
  expect(closed.pushes).toMatchObject([
    { nick: "open", address: open.address, path: "music\\a.mp3", ownNick: "closed" },
  ]);

  other.node.want("push", "closed", "music\\a.mp3", undefined);
  world.runFor(1000);
  expect(other.answers.at(-1)?.answer).toEqual({ kind: "both-firewalled" });
});

test("the same seed gives the same run, at either fidelity", () => {
  const digestOf = (fidelity: "wire" | "message", seed: number): number => {
    const { world, clients } = town(fidelity, seed);
    world.runUntil(() => areBack(clients), 10_000);
    missed(world, clients[0] as NapsterClient, clients);
    return world.events;
  };
  expect(digestOf("message", 1)).toBe(digestOf("message", 1));
  expect(digestOf("wire", 1)).toBe(digestOf("message", 1));
  expect(digestOf("message", 2)).not.toBe(digestOf("message", 1));
});
