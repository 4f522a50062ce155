import { createHash } from "node:crypto";
import { formatEndpoint, parseEndpoint } from "@servent/overlay/base/ipv4.ts";
import type { Address } from "@servent/overlay/host/host.ts";
import { afterEach, describe, expect, test } from "vitest";
import type { Library, SharedFile } from "../../library/library.ts";
import type { Endpoint, Hit, Source } from "../network.ts";
import { ChordNetwork, type ChordNetworkOptions } from "./chord-network.ts";
import { idOf, idText, peerRule } from "./ring.ts";

/** Long enough for a busy machine; nothing waits for all of it. */
const SOON = { timeout: 20_000 };
/** Rounds that a test can wait for. */
const FAST: readonly [number, number] = [150, 250];

const opened: ChordNetwork[] = [];
let lastHost = 0;

afterEach(async () => {
  await Promise.all(opened.splice(0).map((network) => network.stop()));
});

/** What the adapter asks of a library, which may change; anything else would be a fault of the adapter. */
class NamedFiles implements Pick<Library, "list" | "version" | "totals"> {
  version = 1;
  private names: readonly string[];

  constructor(...names: string[]) {
    this.names = names;
  }

  share(...names: string[]): void {
    this.names = names;
    this.version++;
  }

  totals() {
    return { files: this.names.length, bytes: this.names.length };
  }

  list(offset: number, limit: number) {
    const items = this.names.slice(offset, offset + limit).map((name, i) => sharedFile(name, offset + i + 1));
    return { items, total: this.names.length };
  }
}

function sharedFile(name: string, index: number): SharedFile {
  const sha1 = createHash("sha1").update(name).digest();
  const paths = { shareId: "s", virtualPath: `s/${name}` };
  return { index, ...paths, name, size: 1000, modifiedAt: 0, sharedAt: 0, sha1, tigerRoot: undefined };
}

interface Ears {
  readonly events: { readonly type: string; readonly data: Readonly<Record<string, unknown>> }[];
  hosts: readonly Address[];
  ports: readonly number[];
}

async function open(
  changes: Partial<ChordNetworkOptions> = {},
): Promise<{ readonly network: ChordNetwork; readonly ears: Ears; readonly at: Endpoint }> {
  const ears: Ears = { events: [], hosts: [], ports: [] };
  const host = `127.0.10.${++lastHost}`;
  const network = new ChordNetwork({
    library: new NamedFiles(),
    uploads: { take: (socket) => socket.destroy() },
    bind: host,
    advertise: host,
    port: 0,
    knownPorts: [],
    virtualNodes: 1,
    userAgent: "Servent/test",
    bootstrap: [],
    knownHosts: [],
    rememberHosts: (hosts) => {
      ears.hosts = hosts;
    },
    rememberPorts: (ports) => {
      ears.ports = ports;
    },
    mayDial: () => true,
    roundMs: FAST,
    emit: (type, data) => ears.events.push({ type, data }),
    ...changes,
  });
  opened.push(network);
  await network.start();
  return { network, ears, at: endpointOf(network) };
}

const endpointOf = (network: ChordNetwork): Endpoint => network.status().endpoint ?? { host: "", port: 0 };
const text = ({ host, port }: Endpoint): string => `${host}:${port}`;
const online = (network: ChordNetwork): Promise<void> => expect.poll(() => network.status().state, SOON).toBe("online");

async function ringOf(size: number, changes: Partial<ChordNetworkOptions> = {}): Promise<ChordNetwork[]> {
  const first = await open(changes);
  // All at once, which is the hardest way to come in.
  const others = await Promise.all(Array.from({ length: size - 1 }, () => open({ bootstrap: [first.at], ...changes })));
  const ring = [first.network, ...others.map(({ network }) => network)];
  for (const network of ring) await online(network);
  return ring;
}

/** Ids of members with their addresses, computed apart from the code under test. */
function ranked(ring: readonly ChordNetwork[]): { readonly id: string; readonly at: string }[] {
  return ring
    .flatMap((network) => network.dht.table().map(({ endpoint }) => text(endpoint)))
    .map((at) => {
      const [, host = "", port] = /^(.*):(\d+)$/.exec(at) ?? [];
      const bytes = [...host.split(".").map(Number), Number(port) >> 8, Number(port) & 255];
      return { id: createHash("sha1").update(Uint8Array.from(bytes)).digest("hex"), at };
    })
    .toSorted((a, b) => (a.id < b.id ? -1 : 1));
}

/** Every predecessor and first successor is the right one. */
function isRight(ring: readonly ChordNetwork[]): boolean {
  const order = ranked(ring).map(({ at }) => at);
  return ring
    .flatMap((network) => network.dht.table())
    .every(({ endpoint, entries }) => {
      const rank = order.indexOf(text(endpoint));
      const neighbour = (role: string) => entries.find((entry) => entry.role === role && entry.place === 1);
      const next = order[(rank + 1) % order.length];
      const before = order[(rank - 1 + order.length) % order.length];
      const [successor, predecessor] = [neighbour("successor"), neighbour("predecessor")];
      return successor !== undefined && predecessor !== undefined
        ? text(successor.endpoint) === next && text(predecessor.endpoint) === before
        : false;
    });
}

describe("the ring", () => {
  test("ten that come at once are soon in the right order, and find the owner of any key", async () => {
    const ring = await ringOf(10);
    await expect.poll(() => isRight(ring), SOON).toBe(true);

    const order = ranked(ring);
    for (let i = 0; i < 20; i++) {
      const key = createHash("sha1").update(`key ${i}`).digest("hex");
      const owner = order.find(({ id }) => id >= key) ?? order[0];
      const found = await ring[i % ring.length]?.dht.lookup(key, false);
      expect(found?.owner).toMatchObject({ id: owner?.id });
      expect(found?.hops.every(({ ms }) => ms !== null)).toBe(true);
    }
  }, 60_000);

  test("two rings become one when somebody of one is told of the other", async () => {
    const [left, right] = await Promise.all([ringOf(4), ringOf(4)]);
    left[0]?.connect(endpointOf(right[0] as ChordNetwork));
    await expect
      .poll(() => ranked([...left, ...right]).length === 8 && isRight([...left, ...right]), { timeout: 50_000 })
      .toBe(true);
  }, 60_000);

  test("a member with three virtual nodes takes three places, each on a port that it finds again", async () => {
    const { network: other, at } = await open();
    const { network, ears } = await open({ virtualNodes: 3, bootstrap: [at] });
    await expect.poll(() => isRight([other, network]), SOON).toBe(true);

    expect(network.dht.table()).toHaveLength(3);
    expect(network.status().peers).toBe(1);
    expect(ears.ports).toHaveLength(3);
    await network.stop();
    const before = ears.ports;
    await network.start();
    expect(ears.ports).toEqual(before);
  }, 40_000);

  test("the hosts of the last run are enough to come back, but not those that may no longer be dialled", async () => {
    const { at, network: other } = await open();
    const first = await open({ bootstrap: [at] });
    await online(first.network);
    await online(other);
    await first.network.stop();
    expect(first.ears.hosts.map(formatEndpoint)).toEqual([text(at)]);

    const second = await open({ knownHosts: first.ears.hosts });
    await online(second.network);
    const third = await open({ knownHosts: first.ears.hosts, mayDial: () => false });
    await expect.poll(() => third.network.status().liveness, SOON).toContain("Alone");
  }, 40_000);

  test("who waits alone says so, names the peer that does not answer, and goes in when it comes", async () => {
    const alone = await open();
    await expect
      .poll(() => alone.network.status().liveness, SOON)
      .toMatch(/^Alone: nobody else is here yet; give a peer: `servent/);

    const late = await open();
    const { at } = late;
    await late.network.stop();
    const waiting = await open({ bootstrap: [at] });
    await expect
      .poll(() => waiting.network.status().liveness, SOON)
      .toBe(`Looking for ${text(at)}, which did not answer.`);
    expect(waiting.network.status().state).toBe("connecting");

    await open({ bind: at.host, port: at.port });
    await online(waiting.network);
    expect(waiting.network.status().liveness).toMatch(/^Member of a ring; 1 neighbour known\./);
  }, 40_000);

  test("neighbours are told when they come and go, and none can be put away", async () => {
    const first = await open();
    const second = await open({ bootstrap: [first.at] });
    await online(first.network);
    const [neighbour] = first.network.neighbours();
    expect(neighbour).toMatchObject({ endpoint: second.at, network: "chord" });
    expect(() => first.network.disconnect(neighbour?.id ?? "")).toThrow(expect.objectContaining({ code: "refused" }));

    await second.network.stop();

    await expect.poll(() => first.ears.events.map(({ type }) => type), SOON).toContain("peer.down");
    expect(first.network.status()).toMatchObject({ state: "connecting", peers: 0 });
  }, 40_000);

  test("nobody talks to himself by another name", async () => {
    const { network } = await open({ bind: "0.0.0.0", advertise: "127.0.10.200" });
    const { host, port } = endpointOf(network);
    expect(host).toBe("127.0.10.200");
    for (const name of ["127.0.10.200", "127.0.0.1"]) {
      expect(() => network.connect({ host: name, port })).toThrow(expect.objectContaining({ code: "invalid_value" }));
    }
  });
});

describe("what is shared", () => {
  const found = async (network: ChordNetwork, words: string): Promise<Hit[]> => {
    const hits: Hit[] = [];
    const search = network.search({ words }, (hit) => hits.push(hit));
    await expect
      .poll(() => hits.length, { timeout: 3000 })
      .toBeGreaterThan(0)
      .catch(() => undefined);
    search.stop();
    return hits;
  };
  const names = async (network: ChordNetwork, words: string): Promise<string[]> =>
    (await found(network, words)).map(({ source }) => source.name).toSorted();

  test("lies at three of the ring, and is found by keyword, by more words, and by its name", async () => {
    const giver = new NamedFiles("blue train.ogg", "red train at night.ogg", "of.it");
    const ring = await ringOf(6);
    await expect.poll(() => isRight(ring), SOON).toBe(true);
    const { network } = await open({ library: giver, bootstrap: [endpointOf(ring[0] as ChordNetwork)] });
    await expect.poll(() => network.status().counters.keysWaiting, SOON).toBe(0);
    await expect.poll(() => network.status().counters.recordsPublished, SOON).toBe(11);
    const asker = ring[3] as ChordNetwork;

    expect(await names(asker, "train")).toEqual(["blue train.ogg", "red train at night.ogg"]);
    expect(await names(asker, "TRAIN red")).toEqual(["red train at night.ogg"]);
    expect(await names(asker, "of it")).toEqual(["of.it"]);
    expect(await names(asker, "train green")).toEqual([]);
    const { records } = await asker.dht.lookup("word:blue", true);
    expect(records).toMatchObject([{ name: "blue train.ogg", provider: endpointOf(network) }]);
    // Where the ring around the newcomer still moved when it published, its first renewal puts that right.
    const holders = async () => (await asker.dht.lookup("word:blue", true)).records?.[0]?.holders.length;
    await expect.poll(holders, { timeout: 30_000 }).toBe(3);
    expect(await names(network, "train")).toEqual([]);
  }, 60_000);

  test("is taken back when it is no longer shared, and when its owner leaves", async () => {
    const library = new NamedFiles("blue train.ogg", "red boat.ogg");
    const [first, second] = (await ringOf(2)) as [ChordNetwork, ChordNetwork];
    const { network } = await open({ library, bootstrap: [endpointOf(first)] });
    const kept = async (key: string): Promise<number> => (await second.dht.lookup(key, true)).records?.length ?? 0;
    await expect.poll(() => kept("word:boat"), SOON).toBe(1);
    await expect.poll(() => kept("word:train"), SOON).toBe(1);

    library.share("blue train.ogg");
    await expect.poll(() => kept("word:boat"), SOON).toBe(0);
    expect(await kept("word:train")).toBe(1);

    await network.stop();
    expect(await kept("word:train")).toBe(0);
  }, 60_000);

  test("beyond what can be kept fresh is not published, and the status says how much", async () => {
    const library = new NamedFiles(...Array.from({ length: 3000 }, (_, i) => `file number${i}.txt`));
    const first = await open();
    const { network } = await open({ library, bootstrap: [first.at] });
    await online(network);

    await expect.poll(() => network.status().counters.filesNotPublished, SOON).toBeGreaterThan(1000);
    expect(network.status().liveness).toMatch(/\d+ of 3000 files are not published/);
  }, 60_000);

  test("at an address that may not be dialled is no hit", async () => {
    const first = await open({ mayDial: (address) => formatEndpoint(address) !== text(giverAt) });
    const giver = await open({ library: new NamedFiles("blue train.ogg") });
    const giverAt = giver.at;
    // The giver comes in through a third, so that its record lies in the ring although the first knows it not.
    const third = await open({ bootstrap: [first.at] });
    await online(third.network);
    giver.network.connect(third.at);
    await expect.poll(() => names(third.network, "train"), SOON).toEqual(["blue train.ogg"]);

    expect(await names(first.network, "train")).toEqual([]);
  }, 60_000);
});

describe("sources", () => {
  const source = (changes: Partial<Source> = {}): Source => ({
    network: "chord",
    key: "k",
    peer: "127.0.10.99:9",
    name: "x",
    size: 1,
    urns: [],
    firewalled: false,
    locator: { host: "127.0.10.99", port: 9, path: "/uri-res/N2R?urn:sha1:X" },
    ...changes,
  });
  const range = { start: 0, end: 1 };
  const never = new AbortController().signal;

  test("that nobody can dial, or that the rules no longer let us dial, say so at once", async () => {
    const { network } = await open();
    await expect(network.open(source({ firewalled: true }), range, never)).rejects.toMatchObject({
      problem: "both_firewalled",
    });
    const barred = await open({ mayDial: () => false });
    await expect(barred.network.open(source(), range, never)).rejects.toMatchObject({ problem: "refused" });
    await expect(barred.network.hashTree(source(), never)).rejects.toMatchObject({ problem: "refused" });
  });
});

describe("peers", () => {
  const at = (address: string): Address => parseEndpoint(address) as Address;

  test("an id is the SHA-1 of the six bytes of the address", () => {
    const bytes = Uint8Array.of(192, 0, 2, 7, 0x1b, 0x58);
    expect(idText(idOf(at("192.0.2.7:7000")))).toBe(createHash("sha1").update(bytes).digest("hex"));
  });

  test("are taken where their id is that of their address, and that may be dialled", () => {
    const own = at("192.0.2.1:7000");
    const alias = at("127.0.0.1:7000");
    const barred = at("10.0.0.1:80");
    const accepts = peerRule({
      isOwn: (address) => address === own,
      isAlias: (address) => address === alias,
      mayDial: (address) => address !== barred && address !== own,
    });
    const stranger = at("192.0.2.9:7000");
    const of = (address: Address) => ({ id: idOf(address), address });
    expect([own, stranger, alias, barred].map((address) => accepts(of(address)))).toEqual([true, true, false, false]);
    expect(accepts({ id: idOf(stranger) + 1n, address: stranger })).toBe(false);
  });
});

describe("introductions", () => {
  test("a ring that is seen whole seeks others, and whoever is introduced leads into it", async () => {
    const [one, other] = [await open(), await open()];
    expect(one.network.introductions()).toEqual({
      seeks: ["chord"],
      offer: { network: "chord", port: one.at.port, load: 0 },
      hasAddresses: false,
    });

    one.network.introduce([{ network: "chord", endpoint: other.at }]);

    await expect.poll(() => one.network.status().state, SOON).toBe("online");
    expect(one.network.neighbours().map(({ endpoint }) => endpoint)).toEqual([other.at]);
    await one.network.stop();
    expect(one.network.introductions()).toEqual({ seeks: [], offer: undefined, hasAddresses: false });
  });
});
