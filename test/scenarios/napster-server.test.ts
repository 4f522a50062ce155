// Three hundred clients of one index server in the lab's world: what is counted here knows nothing of the server's code.
import { expect, test } from "vitest";
import { World } from "@servent/lab/engine/world.ts";
import { uniform } from "@servent/lab/network/latency.ts";
import { addClient, addIndexServer } from "./napster-world.ts";

const CLIENTS = 300;
const FILES_EACH = 20;

test("300 clients share 6,000 files, and each finds what another has, until that one leaves", () => {
  const world = new World({ seed: 11, latency: uniform(5, 80), freeze: true });
  const { address, server } = addIndexServer(world, "harbour");
  const clients = Array.from({ length: CLIENTS }, (_, i) => addClient(world, `user-${i}`, [address]));
  clients.forEach(({ node, library }, i) => {
    for (let file = 0; file < FILES_EACH; file++) library.share(`music\\tide of${i} piece${file}.mp3`, "");
    node.start();
  });
  world.runUntil(() => server.directory.files === CLIENTS * FILES_EACH, 60_000);
  expect(server.userCount).toBe(CLIENTS);
  expect(server.directory.files).toBe(CLIENTS * FILES_EACH);

  const searches = clients.map(({ node }, i) => {
    const other = (i + 17) % CLIENTS;
    return { i, other, id: node.search({ words: `of${other}`, urn: "", name: "" }) };
  });
  world.runFor(5000);
  for (const { i, other, id } of searches) {
    const hits = clients[i]?.hits.filter(({ search }) => search === id) ?? [];
    expect(new Set(hits.map(({ hit }) => hit.nick))).toEqual(new Set([`user-${other}`]));
    expect(hits).toHaveLength(FILES_EACH);
  }

  const [first, ...others] = clients;
  world.crash(first!.peer);
  world.runFor(1000);
  expect(server.userCount).toBe(CLIENTS - 1);
  expect(server.directory.files).toBe((CLIENTS - 1) * FILES_EACH);
  const asker = others[0]!;
  const id = asker.node.search({ words: "of0", urn: "", name: "" });
  world.runFor(5000);
  expect(asker.hits.filter(({ search }) => search === id)).toEqual([]);
});
