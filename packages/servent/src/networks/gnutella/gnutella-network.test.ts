import type { Address } from "@servent/overlay/host/host.ts";
import { afterEach, describe, expect, test } from "vitest";
import type { Library, SharedFile } from "../../library/library.ts";
import type { Hit, Source } from "../network.ts";
import { GnutellaNetwork, type GnutellaNetworkOptions } from "./gnutella-network.ts";

const opened: GnutellaNetwork[] = [];

afterEach(async () => {
  await Promise.all(opened.splice(0).map((network) => network.stop()));
});

function fileNamed(name: string, index: number): SharedFile {
  return {
    index,
    shareId: "s",
    virtualPath: `s/${name}`,
    name,
    size: 1000,
    modifiedAt: 0,
    sharedAt: 0,
    sha1: new Uint8Array(20).fill(index),
    tigerRoot: undefined,
  };
}

/** What the adapter asks of a library; anything else would be a fault of the adapter. */
function libraryOf(...names: string[]): Library {
  const files = names.map((name, i) => fileNamed(name, i + 1));
  const asked: Partial<Library> = {
    version: 1,
    totals: () => ({ files: files.length, bytes: 1000 * files.length }),
    match: (words) => files.filter(({ name }) => words.split(" ").every((word) => name.includes(word))),
    bySha1: (sha1) => files.find((file) => Buffer.compare(file.sha1 ?? sha1, sha1) === 0),
    list: () => ({ items: files, total: files.length }),
    forEachWord: (visit) => {
      for (const { name } of files) for (const word of name.split(/[ .]/)) visit(word);
    },
  };
  return asked as Library;
}

interface Ears {
  readonly events: { type: string; data: Readonly<Record<string, unknown>> }[];
  hosts: readonly Address[];
}

async function open(
  host: string,
  library: Library,
  changes: Partial<GnutellaNetworkOptions> = {},
): Promise<{ network: GnutellaNetwork; ears: Ears }> {
  const ears: Ears = { events: [], hosts: [] };
  const network = new GnutellaNetwork({
    library,
    uploads: { take: (socket) => socket.destroy() },
    busy: () => false,
    bind: host,
    advertise: host,
    port: 0,
    role: "leaf",
    mayPromote: false,
    links: 0,
    ttl: 0,
    guid: Buffer.from(host.padEnd(16, "x").slice(0, 16)).toString("hex"),
    userAgent: "Servent/test",
    bootstrap: [],
    knownHosts: [],
    rememberHosts: (hosts) => {
      ears.hosts = hosts;
    },
    rememberPort: () => undefined,
    mayDial: () => true,
    reachable: "yes",
    speedKbps: 1000,
    emit: (type, data) => ears.events.push({ type, data }),
    ...changes,
  });
  opened.push(network);
  await network.start();
  return { network, ears };
}

const online = (network: GnutellaNetwork): Promise<void> =>
  expect.poll(() => network.status().state, { timeout: 15_000 }).toBe("online");

describe("a leaf and an ultrapeer on sockets", () => {
  test("the leaf finds what the ultrapeer has, by words and by hash", async () => {
    const hub = await open("127.0.6.1", libraryOf("blue train.ogg", "red boat.ogg"), { role: "ultrapeer" });
    const leaf = await open("127.0.6.2", libraryOf(), {
      bootstrap: [hub.network.status().endpoint ?? { host: "", port: 0 }],
    });
    await online(leaf.network);

    const hits: Hit[] = [];
    const search = leaf.network.search({ words: "train" }, (hit) => hits.push(hit));
    await expect.poll(() => hits.length).toBe(1);
    expect(hits[0]?.source).toMatchObject({ name: "blue train.ogg", size: 1000, firewalled: false });
    expect(search.cost().messages).toBe(2);
    search.stop();

    const byHash: Hit[] = [];
    leaf.network.search({ words: "", urn: hits[0]?.source.urns[0] ?? "" }, (hit) => byHash.push(hit));
    await expect.poll(() => byHash.map(({ source }) => source.key)).toEqual([hits[0]?.source.key]);
  });

  test("a search that began before the first neighbour came is asked when it comes", async () => {
    const hub = await open("127.0.6.3", libraryOf("blue train.ogg"), { role: "ultrapeer" });
    const leaf = await open("127.0.6.4", libraryOf());
    const hits: Hit[] = [];
    leaf.network.search({ words: "train" }, (hit) => hits.push(hit));

    leaf.network.connect(hub.network.status().endpoint ?? { host: "", port: 0 });

    await expect.poll(() => hits.length, { timeout: 15_000 }).toBe(1);
  });

  test("the hosts of the last run are enough to come back", async () => {
    const hub = await open("127.0.6.5", libraryOf(), { role: "ultrapeer" });
    const first = await open("127.0.6.6", libraryOf(), {
      bootstrap: [hub.network.status().endpoint ?? { host: "", port: 0 }],
    });
    await online(first.network);
    await first.network.stop();
    expect(first.ears.hosts.length).toBe(1);

    const second = await open("127.0.6.6", libraryOf(), { knownHosts: first.ears.hosts });

    await online(second.network);
  });

  test("a neighbour that the user closes is gone, and both sides are told", async () => {
    const hub = await open("127.0.6.7", libraryOf(), { role: "ultrapeer" });
    const leaf = await open("127.0.6.8", libraryOf(), {
      bootstrap: [hub.network.status().endpoint ?? { host: "", port: 0 }],
    });
    await online(leaf.network);
    const [neighbour] = hub.network.neighbours();

    expect(hub.network.disconnect(neighbour?.id ?? "")).toBe(true);

    await expect
      .poll(() => leaf.ears.events.find(({ type }) => type === "peer.down")?.data.reason)
      .toContain("Closed by the user");
    expect(hub.network.disconnect("p_gnutella_99")).toBe(false);
  });
});

test("two fresh servents of which one knows the other link, though both began as leaves", async () => {
  const first = await open("127.0.6.12", libraryOf("blue train.ogg"), { mayPromote: true });
  const second = await open("127.0.6.13", libraryOf(), {
    mayPromote: true,
    bootstrap: [first.network.status().endpoint ?? { host: "", port: 0 }],
  });

  await online(second.network);

  expect(second.network.status().role).toBe("ultrapeer");
  expect(first.network.status().role).toBe("leaf");
  expect(second.ears.events.find(({ type }) => type === "peer.failed")?.data.reason).toContain("Shielded leaf node");
});

describe("sources", () => {
  const source = (firewalled: boolean): Source => ({
    network: "gnutella",
    key: "k",
    peer: "127.0.6.99:9",
    name: "x",
    size: 1,
    urns: [],
    firewalled,
    locator: { address: 1, servent: "00".repeat(16), index: 1, name: "x", sha1: "" },
  });
  const range = { start: 0, end: 1 };

  test("where neither side can be reached, the source says so at once", async () => {
    const { network } = await open("127.0.6.9", libraryOf(), { reachable: "no" });
    await expect(network.open(source(true), range, new AbortController().signal)).rejects.toMatchObject({
      problem: "both_firewalled",
    });
    expect(network.status().endpoint).toBeUndefined();
  });

  test("a push without a way to the peer fails at once, and a network that is off says that it is off", async () => {
    const { network } = await open("127.0.6.10", libraryOf());
    await expect(network.open(source(true), range, new AbortController().signal)).rejects.toMatchObject({
      problem: "peer_gone",
    });
    await network.stop();
    await expect(network.open(source(false), range, new AbortController().signal)).rejects.toMatchObject({
      problem: "network_off",
    });
    expect(() => network.connect({ host: "127.0.0.1", port: 1 })).toThrow(
      expect.objectContaining({ code: "network_off" }),
    );
  });
});

test("one host gets two links, and the next is refused", async () => {
  const hub = await open("127.0.6.14", libraryOf(), { role: "ultrapeer" });
  const bootstrap = [hub.network.status().endpoint ?? { host: "", port: 0 }];
  const guid = (n: number) => `${n}`.repeat(32);
  for (const n of [1, 2])
    await online(
      (await open("127.0.6.15", libraryOf(), { role: "ultrapeer", bootstrap, links: 1, guid: guid(n) })).network,
    );

  const third = await open("127.0.6.15", libraryOf(), { role: "ultrapeer", bootstrap, links: 1, guid: guid(3) });

  await expect
    .poll(() => third.ears.events.find(({ type }) => type === "peer.failed")?.data.reason, { timeout: 10_000 })
    .toContain("Enough links to your address");
});

test("a port that is taken fails with the reason in its state", async () => {
  const first = await open("127.0.6.11", libraryOf());
  const port = first.network.status().endpoint?.port ?? 0;
  await expect(open("127.0.6.11", libraryOf(), { port })).rejects.toMatchObject({ code: "port_in_use" });
  expect(opened.at(-1)?.status()).toMatchObject({ state: "failed", liveness: expect.stringContaining(String(port)) });
});

describe("introductions", () => {
  test("each role seeks and offers what it can link with, and a network that is off nothing", async () => {
    const leaf = await open("127.0.6.31", libraryOf());
    const fresh = await open("127.0.6.32", libraryOf(), { mayPromote: true });
    const hub = await open("127.0.6.33", libraryOf(), { role: "ultrapeer" });
    const classic = await open("127.0.6.34", libraryOf(), { role: "classic" });
    const hidden = await open("127.0.6.35", libraryOf(), { role: "classic", reachable: "no" });

    const stands = [leaf, fresh, hub, classic, hidden].map(({ network }) => {
      const { seeks, offer, hasAddresses } = network.introductions();
      return [seeks.join(" "), offer?.network, offer?.port === network.status().endpoint?.port, hasAddresses];
    });
    expect(stands).toEqual([
      ["gnutella/ultrapeer", undefined, false, false],
      ["gnutella/ultrapeer gnutella/leaf", "gnutella/leaf", true, false],
      ["gnutella/ultrapeer", "gnutella/ultrapeer", true, false],
      ["gnutella/classic", "gnutella/classic", true, false],
      ["gnutella/classic", undefined, true, false],
    ]);
    await hub.network.stop();
    expect(hub.network.introductions()).toEqual({ seeks: [], offer: undefined, hasAddresses: false });
  });

  test("who was introduced is linked with, and whoever has neighbours enough seeks no more", async () => {
    const all = await Promise.all(
      ["127.0.6.36", "127.0.6.37", "127.0.6.38"].map((host) => open(host, libraryOf(), { role: "classic", links: 2 })),
    );
    const [first, ...others] = all.map(({ network }) => network) as [GnutellaNetwork, ...GnutellaNetwork[]];
    const peers = others.flatMap((network) => network.status().endpoint ?? []);

    first.introduce(peers.map((endpoint) => ({ network: "gnutella/classic", endpoint })));

    await expect.poll(() => first.status().peers, { timeout: 15_000 }).toBe(2);
    expect(first.introductions()).toMatchObject({ seeks: [], offer: { load: 100 } });
  });
});
