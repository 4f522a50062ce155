// Leaves and ultrapeers, pushes, pongs and hostile peers, in the lab's world.
import { describe, expect, test } from "vitest";
import { gnutellaCodec } from "@servent/overlay/protocols/gnutella/codec.ts";
import { LIMITS } from "@servent/overlay/protocols/gnutella/limits.ts";
import type { Descriptor, Message } from "@servent/overlay/protocols/gnutella/messages.ts";
import { World } from "@servent/lab/engine/world.ts";
import { addPeer, askedFor, classicNetwork, type GnutellaPeer } from "./gnutella-world.ts";

const MINUTE = 60_000;

/** Two ultrapeers, linked, with three leaves each. */
function twoTier(world: World): { ultrapeers: GnutellaPeer[]; leaves: GnutellaPeer[] } {
  // Address 0 reads 0.0.0.0:0 in a header, which is no address; nobody who matters gets it.
  addPeer(world, "leaf");
  const ultrapeers = [0, 1].map(() => addPeer(world, "ultrapeer", { ttl: 4, ttlMax: 4 }));
  const leaves = Array.from({ length: 6 }, () => addPeer(world, "leaf", { ttl: 4, ttlMax: 4 }));
  for (const { node } of [...ultrapeers, ...leaves]) node.start();
  ultrapeers[0]?.node.connect((ultrapeers[1] as GnutellaPeer).address);
  leaves.forEach(({ node }, i) => node.connect((ultrapeers[i % 2] as GnutellaPeer).address));
  return { ultrapeers, leaves };
}

describe("leaves and ultrapeers", () => {
  test("a leaf finds the file of a leaf behind another ultrapeer", () => {
    const world = new World({ seed: 1 });
    const { leaves } = twoTier(world);
    const [asker, holder] = [leaves[0] as GnutellaPeer, leaves[1] as GnutellaPeer];
    holder.files.share("blue train.ogg");
    world.runFor(MINUTE);

    asker.node.search("blue train");
    world.runFor(10_000);

    expect(asker.hits.map(({ hit }) => hit.address)).toEqual([holder.address]);
  });

  test("a leaf is spared what its table says it cannot answer", () => {
    const world = new World({ seed: 2 });
    const { leaves } = twoTier(world);
    const [asker, holder, ...others] = leaves as [GnutellaPeer, GnutellaPeer, ...GnutellaPeer[]];
    holder.files.share("blue train.ogg");
    others[0]?.files.share("red bicycle.ogg");
    world.runFor(MINUTE);

    asker.node.search("blue train");
    world.runFor(10_000);

    expect(askedFor(holder, "blue train")).toBe(1);
    expect(others.map((peer) => askedFor(peer, "blue train"))).toEqual([0, 0, 0, 0]);
  });

  test("an ultrapeer keeps the last hop from an ultrapeer whose table has no match", () => {
    const world = new World({ seed: 3 });
    const { ultrapeers, leaves } = twoTier(world);
    leaves[1]?.files.share("blue train.ogg");
    world.runFor(MINUTE);

    ultrapeers[0]?.node.search("green boat", undefined, 1);
    ultrapeers[0]?.node.search("blue train", undefined, 1);
    world.runFor(10_000);

    expect(askedFor(ultrapeers[1] as GnutellaPeer, "green boat")).toBe(0);
    expect(askedFor(ultrapeers[1] as GnutellaPeer, "blue train")).toBe(1);
    expect(ultrapeers[0]?.hits.length).toBe(1);
  });

  test("a table follows the library, also when a file goes", () => {
    const world = new World({ seed: 4 });
    const { leaves } = twoTier(world);
    const [asker, holder] = [leaves[0] as GnutellaPeer, leaves[2] as GnutellaPeer];
    world.runFor(MINUTE);
    holder.files.share("blue train.ogg");
    world.runFor(MINUTE);
    asker.node.search("blue train");
    world.runFor(10_000);
    expect(asker.hits.length).toBe(1);

    holder.files.names.length = 0;
    holder.files.version++;
    world.runFor(MINUTE);
    asker.node.search("blue train");
    world.runFor(10_000);

    expect(askedFor(holder, "blue train")).toBe(1);
  });

  test("links between leaves and ultrapeers hold: nobody is told to go", () => {
    const world = new World({ seed: 19 });
    const { ultrapeers, leaves } = twoTier(world);
    for (const { node } of leaves) for (const { address } of ultrapeers) node.connect(address);
    world.runFor(10 * MINUTE);

    expect(world.sent().get("bye")).toBeUndefined();
    expect(leaves.map(({ node }) => node.openLinks)).toEqual([2, 2, 2, 2, 2, 2]);
  });

  test("two leaves do not link, and the refused one is told where ultrapeers are", () => {
    const world = new World({ seed: 5 });
    const { leaves, ultrapeers } = twoTier(world);
    world.runFor(MINUTE);
    const stranger = addPeer(world, "leaf", { linksWanted: 1 });
    stranger.node.start();

    stranger.node.connect((leaves[0] as GnutellaPeer).address);
    world.runFor(MINUTE);

    const linked = [...stranger.node.neighbours()].map(({ remote }) => remote);
    expect(linked.every((address) => ultrapeers.some((peer) => peer.address === address))).toBe(true);
    expect(linked.length).toBe(1);
  });

  test("classic peers keep to themselves", () => {
    const world = new World({ seed: 6 });
    const { ultrapeers } = twoTier(world);
    const classic = addPeer(world, "classic");
    classic.node.start();

    classic.node.connect((ultrapeers[0] as GnutellaPeer).address);
    world.runFor(MINUTE);

    expect(classic.node.openLinks).toBe(0);
  });
});

describe("pushes", () => {
  test("a push finds its way back along the hits to a leaf that nobody can dial", () => {
    const world = new World({ seed: 7 });
    const { leaves, ultrapeers } = twoTier(world);
    const hidden = addPeer(world, "leaf", {}, false);
    hidden.node.start();
    hidden.node.connect((ultrapeers[1] as GnutellaPeer).address);
    hidden.files.share("blue train.ogg");
    world.runFor(MINUTE);
    const asker = leaves[0] as GnutellaPeer;
    asker.node.search("blue train");
    world.runFor(10_000);
    const servent = asker.hits[0]?.hit.servent as string;

    expect(asker.node.push(servent, 1, asker.address)).toBe(true);
    world.runFor(10_000);

    expect(hidden.pushes.map(({ address, index }) => ({ address, index }))).toEqual([
      { address: asker.address, index: 1 },
    ]);
  });

  test("without a route there is no push", () => {
    const world = new World({ seed: 8 });
    const { leaves } = twoTier(world);
    world.runFor(MINUTE);
    expect(leaves[0]?.node.push("00112233445566778899aabbccddeeff", 1, 1)).toBe(false);
  });
});

describe("neighbours", () => {
  test("a classic peer that knows one address finds as many neighbours as it wants, and new ones when some vanish", () => {
    const world = new World({ seed: 9 });
    const peers = Array.from({ length: 20 }, () => addPeer(world, "classic", { linksWanted: 4, linksMax: 6 }));
    for (const [i, { node }] of peers.entries()) {
      node.start();
      if (i > 0) node.connect((peers[i - 1] as GnutellaPeer).address);
    }
    expect(world.runUntil(() => peers.every(({ node }) => node.openLinks >= 4), 5 * MINUTE)).toBe(true);
    expect(peers.every(({ node }) => node.openLinks <= 6)).toBe(true);

    for (const { peer } of peers.slice(0, 6)) world.crash(peer);

    const rest = peers.slice(6);
    expect(world.runUntil(() => rest.every(({ node }) => node.openLinks >= 4), 10 * MINUTE)).toBe(true);
  });

  test("ping traffic per peer does not grow with the network", () => {
    const pingsPerPeer = (side: number): number => {
      const world = new World({ seed: 10 });
      const graph = Array.from({ length: side }, (_, i) => [(i + 1) % side, (i + side - 1) % side]);
      classicNetwork(world, graph);
      world.runFor(10 * MINUTE);
      return ((world.sent().get("ping")?.messages ?? 0) + (world.sent().get("pong")?.messages ?? 0)) / side;
    };
    // In a flood each of 120 peers would answer every ping within its TTL.
    expect(pingsPerPeer(120)).toBeLessThan(1.2 * pingsPerPeer(30));
  });

  test("a silent neighbour is given up", () => {
    const world = new World({ seed: 11 });
    const [asker] = classicNetwork(world, [[1], [0]]) as [GnutellaPeer];
    const silent = world.peer<Message>(gnutellaCodec);
    silent.attach({
      onOpen: (link) => silent.port.send(link, { kind: "handshake", line: "GNUTELLA CONNECT/0.6", fields: [] }),
      onMessage: (link, message) => {
        if (message.kind === "handshake")
          silent.port.send(link, { kind: "handshake", line: "GNUTELLA/0.6 200 OK", fields: [] });
      },
      onMalformed: () => {},
      onWritable: () => {},
      onClose: () => {},
      onTimer: () => {},
    });
    silent.port.dial(asker.address);
    expect(world.runUntil(() => asker.node.openLinks === 2, MINUTE)).toBe(true);
    expect(world.runUntil(() => asker.node.openLinks === 1, 5 * MINUTE)).toBe(true);
  });
});

/** A peer that says what it is told to, once its link is open. */
function attacker(
  world: World,
  target: GnutellaPeer,
  fields: [string, string][],
  messages: (at: number) => Descriptor,
  count = 200,
): () => boolean {
  const peer = world.peer<Message>(gnutellaCodec);
  let closed = false;
  let sent = 0;
  peer.attach({
    onOpen: (link) => peer.port.send(link, { kind: "handshake", line: "GNUTELLA CONNECT/0.6", fields }),
    onMessage: (link, message) => {
      if (message.kind !== "handshake") return;
      peer.port.send(link, { kind: "handshake", line: "GNUTELLA/0.6 200 OK", fields: [] });
      for (; sent < count; sent++) peer.port.send(link, messages(sent));
    },
    onMalformed: () => {},
    onWritable: () => {},
    onClose: () => {
      closed = true;
    },
    onTimer: () => {},
  });
  peer.port.dial(target.address);
  return () => closed;
}

describe("hostile peers", () => {
  const id = (at: number): string => `${at.toString(16).padStart(16, "0")}ff00000000000000`;
  const nothing = new Uint8Array(0);

  test("a leaf that relays is told to go", () => {
    const world = new World({ seed: 12 });
    const { ultrapeers } = twoTier(world);
    const target = ultrapeers[0] as GnutellaPeer;
    const closed = attacker(world, target, [["X-Ultrapeer", "False"]], (at) => ({
      kind: "query",
      header: { id: id(at), ttl: 3, hops: 1 },
      flags: 0x8000,
      text: "blue",
      extensions: nothing,
    }));
    expect(world.runUntil(closed, MINUTE)).toBe(true);
    expect(target.node.counters.queries).toBe(0);
  });

  test("a patch before its reset ends the link, and a table of a billion slots too", () => {
    for (const message of [
      { kind: "table-patch", sequence: 1, total: 1, compressor: 0, entryBits: 4, data: nothing },
      { kind: "table-reset", slots: 2 ** 30, infinity: 7 },
    ] as const) {
      const world = new World({ seed: 13 });
      const { ultrapeers } = twoTier(world);
      const closed = attacker(world, ultrapeers[0] as GnutellaPeer, [["X-Ultrapeer", "False"]], (at) => ({
        ...message,
        header: { id: id(at), ttl: 1, hops: 0 },
      }));
      expect(world.runUntil(closed, MINUTE)).toBe(true);
    }
  });

  test("a query of TTL 200 is dropped, one of TTL 12 is trimmed, and blank ids are not routed", () => {
    const world = new World({ seed: 14 });
    const graph = Array.from({ length: 14 }, (_, i) => [i - 1, i + 1].filter((n) => n >= 0 && n < 14));
    const peers = classicNetwork(world, graph);
    attacker(world, peers[0] as GnutellaPeer, [], (at) => ({
      kind: "query",
      header: { id: at === 2 ? "ff".repeat(16) : id(at), ttl: at === 0 ? 200 : at === 1 ? 12 : 3, hops: 0 },
      flags: 0,
      text: ["far", "trimmed", "blank"][at] ?? "flood",
      extensions: nothing,
    }));
    world.runFor(MINUTE);

    const reached = (words: string): number => peers.filter((peer) => askedFor(peer, words) > 0).length;
    expect(reached("far")).toBe(0);
    // As far as a fresh query of TTL 7: the first peer and six behind it.
    expect(reached("trimmed")).toBe(7);
    expect(reached("blank")).toBe(0);
  });

  test("hits to queries that nobody asked go nowhere", () => {
    const world = new World({ seed: 15 });
    const [target] = classicNetwork(world, [[1], [0]]) as [GnutellaPeer];
    attacker(world, target, [], (at) => ({
      kind: "hit",
      header: { id: id(at), ttl: 3, hops: 0 },
      address: 1,
      speedKbps: 1,
      records: [],
      trailer: nothing,
      servent: id(at),
    }));
    world.runFor(MINUTE);

    expect(target.hits).toEqual([]);
    expect(target.node.counters.hitsUnroutable).toBe(200);
  });

  test("a flood of queries costs no more than a neighbour may cause, and ends its link", () => {
    const world = new World({ seed: 16 });
    const [target] = classicNetwork(world, [[1], [0]]) as [GnutellaPeer];
    const closed = attacker(
      world,
      target,
      [],
      (at) => ({
        kind: "query",
        header: { id: id(at), ttl: 3, hops: 0 },
        flags: 0,
        text: "flood",
        extensions: nothing,
      }),
      3000,
    );

    expect(world.runUntil(closed, MINUTE)).toBe(true);

    expect(askedFor(target, "flood")).toBeLessThanOrEqual(LIMITS.workBurst / LIMITS.workOfQuery + 1);
    expect(target.node.counters.tooMuch).toBeGreaterThan(1000);
  });

  test("whoever sends one routing table after the other is told to go", () => {
    const world = new World({ seed: 17 });
    const { ultrapeers } = twoTier(world);
    const closed = attacker(world, ultrapeers[0] as GnutellaPeer, [["X-Ultrapeer", "False"]], (at) => ({
      header: { id: id(at), ttl: 1, hops: 0 },
      ...(at === 0
        ? { kind: "table-reset", slots: 16, infinity: 7 }
        : { kind: "table-patch", sequence: 1, total: 1, compressor: 0, entryBits: 4, data: new Uint8Array(8) }),
    }));
    expect(world.runUntil(closed, MINUTE)).toBe(true);
  });

  test("silent callers go when their time is over, however many come after them, and keep nobody out", () => {
    const world = new World({ seed: 18 });
    const { ultrapeers } = twoTier(world);
    const target = ultrapeers[0] as GnutellaPeer;
    let silent = 0;
    const call = (): void => {
      const peer = world.peer<Message>(gnutellaCodec);
      peer.attach({
        onOpen: () => silent++,
        onMessage: () => {},
        onMalformed: () => {},
        onWritable: () => {},
        onClose: () => silent--,
        onTimer: () => {},
      });
      peer.port.dial(target.address);
    };
    for (let i = 0; i < 30; i++) call();
    for (let second = 0; second < 60; second += 5) {
      call();
      world.runFor(5000);
    }
    expect(silent).toBeLessThanOrEqual(LIMITS.handshakeTimeoutMs / 5000 + 1);

    for (let i = 0; i < 3 * LIMITS.handshakesMax; i++) call();
    const honest = addPeer(world, "leaf");
    honest.node.start();
    honest.node.connect(target.address);
    expect(world.runUntil(() => honest.node.openLinks === 1, 5000)).toBe(true);
    expect(silent).toBeLessThanOrEqual(LIMITS.handshakesMax);
  });
});
