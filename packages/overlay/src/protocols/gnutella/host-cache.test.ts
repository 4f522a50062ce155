import { describe, expect, test } from "vitest";
import { HostCache } from "./host-cache.ts";
import { LIMITS } from "./limits.ts";
import { PongCache } from "./pong-cache.ts";
import { SendQueue } from "./send-queue.ts";
import type { Query } from "./messages.ts";

const anybody = (): boolean => true;
const nothing = new Uint8Array(0);

describe("known hosts", () => {
  test("ultrapeers come before leaves, and a failed one waits its time", () => {
    const hosts = new HostCache();
    hosts.learn(1, false);
    hosts.learn(2, true);
    expect(hosts.pick(0, 7, anybody)).toBe(2);

    hosts.onFailed(2, 0, 60_000);
    expect(hosts.pick(59_999, 7, anybody)).toBe(1);
    expect(hosts.pick(60_000, 7, (address) => address !== 1)).toBe(2);
  });

  test("one that fails for ever is forgotten, unless the user named it", () => {
    const hosts = new HostCache();
    hosts.learn(1, true);
    hosts.learn(2, true, true);
    for (let i = 0; i < 20; i++) for (const address of [1, 2]) hosts.onFailed(address, 0, 0);
    expect(hosts.list().map(({ address }) => address)).toEqual([2]);
  });

  test("the table is bounded, and the worst goes first", () => {
    const hosts = new HostCache();
    hosts.learn(1, true, true);
    hosts.onOpened(2, true);
    for (let address = 10; address < 10 + 2 * LIMITS.hostsMax; address++) hosts.learn(address, undefined);
    expect(hosts.size).toBe(LIMITS.hostsMax);
    const known = hosts.list().map(({ address }) => address);
    expect(known).toContain(1);
    expect(known).toContain(2);
  });

  test("a node that wants to remember few hosts remembers few, and leaves are the first to go", () => {
    const hosts = new HostCache(3);
    for (const address of [1, 2, 3]) hosts.learn(address, true);
    hosts.learn(4, false);
    hosts.learn(5, true);
    const known = hosts.list().map(({ address }) => address);
    expect(known.length).toBe(3);
    expect(known).not.toContain(4);
    expect(known).toContain(5);

    const greedy = new HostCache(10 * LIMITS.hostsMax);
    for (let address = 1; address <= 2 * LIMITS.hostsMax; address++) greedy.learn(address, true);
    expect(greedy.size).toBe(LIMITS.hostsMax);
  });
});

describe("cached pongs", () => {
  const pong = (address: number, hops: number, route: number, at = 0) => ({
    address,
    files: 1,
    kilobytes: 1,
    hops,
    route,
    extensions: nothing,
    at,
  });

  test("a neighbour is not told what it said itself, and hop counts are mixed", () => {
    const cache = new PongCache();
    for (let i = 0; i < 20; i++) cache.add(pong(i, 1, 1));
    cache.add(pong(100, 2, 2));
    cache.add(pong(101, 3, 3));
    const told = cache.some(5, 1, 0).map(({ address }) => address);
    expect(told.toSorted((a, b) => a - b)).toEqual([100, 101]);
    expect(cache.some(5, 9, 0).map(({ hops }) => hops)).toEqual(expect.arrayContaining([1, 2, 3]));
  });

  test("old ones are not told, and one address counts once", () => {
    const cache = new PongCache();
    cache.add(pong(1, 1, 1));
    cache.add(pong(1, 2, 2, LIMITS.pongAgeMaxMs + 1));
    cache.add(pong(2, 1, 1));
    expect(cache.some(5, 9, LIMITS.pongAgeMaxMs + 1).map(({ address, hops }) => [address, hops])).toEqual([[1, 2]]);
  });
});

test("a congested link sends hits before queries, and drops the oldest query when too many wait", () => {
  const queue = new SendQueue();
  const header = { id: "0".repeat(32), ttl: 1, hops: 0 };
  const query = (text: string): Query => ({ kind: "query", header, flags: 0, text, extensions: nothing });
  let dropped = 0;
  for (let i = 0; i < LIMITS.queueMax + 2; i++) if (!queue.push(query(String(i)))) dropped++;
  queue.push({ kind: "hit", header, address: 1, speedKbps: 1, records: [], trailer: nothing, servent: header.id });

  expect(dropped).toBe(2);
  expect(queue.shift()?.kind).toBe("hit");
  expect(queue.shift()).toMatchObject({ text: "2" });
});
