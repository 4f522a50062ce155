// Index servers that are linked as old servers are, on real sockets: the streams are compressed behind the handshake.
import { DatabaseSync } from "node:sqlite";
import { afterEach, expect, test, vi } from "vitest";
import { endpointOf, parseEndpoint, parseIpv4 } from "@servent/overlay/base/ipv4.ts";
import type { PeerServer } from "@servent/overlay/protocols/napster/opennap-link/options.ts";
import { INDEX_SERVER, IndexServer } from "./index-server.ts";
import { RawClient } from "./raw-client-fixture.ts";

const SONG = '"C:\\Music\\blue tide.mp3" 631072b944eb6196797ab6a534b1ab97 1000 128 44100 200';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

function peer(name: string, address: number, isDialled: boolean): PeerServer {
  return { name, address, ownPassword: "low", theirPassword: "low", isDialled, isTrusted: false };
}

async function open(
  name: string,
  listen: string,
  links: readonly PeerServer[],
): Promise<{ server: IndexServer; news: string[] }> {
  const news: string[] = [];
  const database = new DatabaseSync(":memory:");
  const options = { ...INDEX_SERVER, database, name, listen, links, onLink: (line: string) => void news.push(line) };
  const server = new IndexServer({ ...options, onUnwritten: () => {} });
  closing.push(() => server.close());
  await server.start();
  return { server, news };
}

async function login(server: IndexServer, nick: string): Promise<RawClient> {
  const raw = await RawClient.connect(server.places.clear ?? "");
  closing.push(() => raw.close());
  await raw.ask(2, `${nick} secret 6699 "raw 1" 7`, 214);
  return raw;
}

test("a search crosses a compressed link in a few milliseconds, and a lost link is dialled again", async () => {
  const harbour = await open("harbour", "127.0.0.61:0", [
    peer("lagoon", endpointOf(parseIpv4("127.0.0.62") ?? 0, 1), false),
  ]);
  const place = harbour.server.places.clear ?? "";
  const toHarbour = peer("harbour", parseEndpoint(place) ?? 0, true);
  const lagoon = await open("lagoon", "127.0.0.62:0", [toHarbour]);
  await vi.waitUntil(() => lagoon.news.includes("linked with harbour"), 10_000);
  const alice = await login(harbour.server, "alice");
  alice.send(100, SONG);
  await alice.ask(214, "", 214);
  const bob = await login(lagoon.server, "bob");

  const times: number[] = [];
  for (let i = 0; i < 20; i++) {
    const began = performance.now();
    const [hit] = await bob.ask(200, 'FILENAME CONTAINS "tide"', 202);
    times.push(performance.now() - began);
    expect(hit).toMatch(/^201 "C:\\Music\\blue tide.mp3" .* alice \d+ 7$/);
  }
  // A link that waited for more to compress would take 400 ms, there and back.
  expect(Math.min(...times)).toBeLessThan(100);

  await harbour.server.close();
  await vi.waitUntil(() => lagoon.news.some((line) => line.startsWith("link with harbour lost")), 10_000);
  expect(await bob.ask(200, 'FILENAME CONTAINS "tide"', 202)).toEqual(["202 "]);
  const again = await open("harbour", place, [peer("lagoon", endpointOf(parseIpv4("127.0.0.62") ?? 0, 1), false)]);
  await vi.waitUntil(() => again.news.includes("linked with lagoon"), 20_000);
});
