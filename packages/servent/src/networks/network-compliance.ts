// What every adapter must do, whatever its protocol: one suite, run for each of them on real sockets (network-compliance.test.ts).
import { createHash, randomBytes } from "node:crypto";
import { base32Encode } from "@servent/overlay/base/base32.ts";
import { parseIpv4 } from "@servent/overlay/base/ipv4.ts";
import { sha1Urn } from "@servent/overlay/base/urn.ts";
import { splitWords } from "@servent/overlay/base/words.ts";
import { afterEach, describe, expect, test } from "vitest";
import type { Library } from "../library/library.ts";
import { type Served, type SharedBytes, serve } from "./http/upload-fixture.ts";
import type { Endpoint, Hit, Network, NetworkId, Source } from "./network.ts";

/** What a network is opened with. */
export interface ComplianceSetup {
  readonly host: string;
  readonly port: number;
  readonly bootstrap: readonly Endpoint[];
  readonly library: Library;
  readonly uploads: Served["server"];
  readonly emit: (type: string, data: Readonly<Record<string, unknown>>) => void;
}

/** Long enough for a busy machine; nothing waits for all of it. */
const SOON = { timeout: 20_000 };
const NAME = "Blue Train at night.ogg";
const never = new AbortController().signal;

interface Opened {
  readonly network: Network;
  readonly served: Served;
  readonly events: { readonly type: string; readonly data: Readonly<Record<string, unknown>> }[];
}

/** A server by which the peers of a network find each other. */
export interface MeetingPlace {
  readonly endpoint: Endpoint;
  close(): Promise<void>;
}

/**
 * `hosts`: the first three bytes of addresses that this suite may use, as `127.0.8`. `openPlace`: for networks whose peers are
 * neighbours of a server, and not of each other.
 */
export function networkCompliance(
  id: NetworkId,
  hosts: string,
  make: (setup: ComplianceSetup) => Network,
  openPlace?: (host: string) => Promise<MeetingPlace>,
): void {
  const opened: Opened[] = [];
  let place: MeetingPlace | undefined = undefined;
  let lastHost = 0;

  afterEach(async () => {
    for (const { network, served } of opened.splice(0).toReversed()) {
      await network.stop();
      served.close();
    }
    await place?.close();
    place = undefined;
  });

  async function open(shared: readonly SharedBytes[], more: Partial<ComplianceSetup> = {}): Promise<Opened> {
    const served = await serve(shared);
    const events: Opened["events"] = [];
    const network = make({
      host: `${hosts}.${++lastHost}`,
      port: 0,
      bootstrap: [],
      library: libraryOf(served),
      uploads: served.server,
      emit: (type, data) => events.push({ type, data }),
      ...more,
    });
    opened.push({ network, served, events });
    return { network, served, events };
  }

  async function pair(
    shared: readonly SharedBytes[] = [],
  ): Promise<{ readonly giver: Opened; readonly taker: Opened; readonly neighbour: Endpoint }> {
    place = await openPlace?.(`${hosts}.${++lastHost}`);
    const giver = await open(shared, place === undefined ? {} : { bootstrap: [place.endpoint] });
    await giver.network.start();
    const neighbour = place?.endpoint ?? endpointOf(giver.network);
    const taker = await open([], { bootstrap: [neighbour] });
    await taker.network.start();
    await expect.poll(() => taker.network.status().state, SOON).toBe("online");
    await expect.poll(() => giver.network.status().state, SOON).toBe("online");
    return { giver, taker, neighbour };
  }

  /** Asks again until somebody answers: what was shared a moment ago need not be known everywhere yet. */
  async function find(network: Network, query: { words: string; urn?: string }): Promise<Hit> {
    const hits: Hit[] = [];
    for (let tries = 0; tries < FIND_TRIES && hits.length === 0; tries++) {
      const search = network.search(query, (hit) => hits.push(hit));
      await expect
        .poll(() => hits.length, { timeout: FIND_MS })
        .toBeGreaterThan(0)
        .catch(() => undefined);
      expect(search.cost().messages).toBeGreaterThan(0);
      expect(search.cost().bytes).toBeGreaterThan(search.cost().messages);
      search.stop();
    }
    return hits[0] as Hit;
  }

  describe(`the ${id} network keeps the contract of networks`, () => {
    test("off, it has no peers, finds nothing, and says that it is off", async () => {
      const { network } = await open([]);
      expect(network.id).toBe(id);
      expect(network.status()).toMatchObject({ id, state: "off", endpoint: undefined, peers: 0 });
      expect(network.status().liveness).not.toBe("");
      expect(network.neighbours()).toEqual([]);

      const search = network.search({ words: "tide" }, () => expect.unreachable());
      expect(search.cost()).toEqual({ messages: 0, bytes: 0 });
      search.stop();

      expect(() => network.connect({ host: "127.0.0.1", port: 9 })).toThrow(
        expect.objectContaining({ code: "network_off" }),
      );
      expect(network.disconnect("p_nobody")).toBe(false);
      await network.stop();
    });

    test("on, it listens where it says, tells its states, and can be started and stopped again", async () => {
      const { network, events } = await open([]);
      await network.start();
      await network.start();
      const first = endpointOf(network);
      expect(parseIpv4(first.host)).toBeDefined();
      expect(first.port).toBeGreaterThan(0);
      await network.stop();
      expect(network.status().state).toBe("off");
      await network.start();
      expect(["connecting", "online"]).toContain(network.status().state);
      await network.stop();

      const states = events.filter(({ type }) => type === "network.state").map(({ data }) => data.network);
      expect(states[0]).toMatchObject({ id, state: "starting" });
      expect(states.at(-1)).toMatchObject({ id, state: "off" });
    });

    test("a port that is taken is a failure with its reason, and hurts nobody else", async () => {
      const first = await open([]);
      await first.network.start();
      const { host, port } = endpointOf(first.network);
      const second = await open([], { host, port });

      await expect(second.network.start()).rejects.toMatchObject({ code: "port_in_use" });

      expect(second.network.status()).toMatchObject({
        state: "failed",
        liveness: expect.stringContaining(String(port)),
      });
      expect(endpointOf(first.network).port).toBe(port);
    });

    test("two that meet see each other as neighbours, and tell it", async () => {
      const pairing = await pair();
      const { taker } = pairing;

      const [neighbour] = taker.network.neighbours();
      expect(neighbour).toMatchObject({ network: id, state: "open", endpoint: pairing.neighbour });
      expect(neighbour?.id).toMatch(new RegExp(`^p_${id}_`));
      expect(taker.network.status().peers).toBe(1);
      await expect.poll(() => taker.network.neighbours()[0]?.messagesIn, SOON).toBeGreaterThan(0);
      expect(taker.network.neighbours()[0]?.bytesOut).toBeGreaterThan(0);
      expect(taker.events.map(({ type }) => type)).toContain("peer.up");
      expect(() => taker.network.connect({ host: "no.such.host", port: 7 })).toThrow(
        expect.objectContaining({ code: "invalid_value" }),
      );
    });

    test("a file is found by words and by hash, as one source, and fetched whole", async () => {
      const bytes = randomBytes(400_000);
      const sha1 = createHash("sha1").update(bytes).digest();
      const { taker, giver } = await pair([{ name: NAME, bytes }]);

      const byWords = await find(taker.network, { words: "blue night" });
      const byHash = await find(taker.network, { words: "", urn: sha1Urn(sha1) });

      expect(byWords.source).toMatchObject({ network: id, name: NAME, size: bytes.length, firewalled: false });
      expect(byWords.source.urns).toContain(`urn:sha1:${base32Encode(sha1)}`);
      expect(byHash.source.key).toBe(byWords.source.key);
      expect(byWords.source.key.startsWith(`${id}:`)).toBe(true);

      // As it comes back from the database.
      const source = JSON.parse(JSON.stringify(byWords.source)) as Source;
      const range = { start: 100_000, end: 300_000 };
      const stream = await taker.network.open(source, range, never);
      const parts: Uint8Array[] = [];
      for await (const part of stream.body) parts.push(part.slice());
      expect(stream.total).toBe(bytes.length);
      expect(Buffer.concat(parts).equals(bytes.subarray(stream.range.start, stream.range.end))).toBe(true);
      const tree = await taker.network.hashTree(source, never);
      const root = giver.served.library.byIndex(1)?.tigerRoot as Uint8Array;
      expect(tree?.root).toBe(base32Encode(root));

      await taker.network.stop();
      await expect(taker.network.open(source, range, never)).rejects.toMatchObject({ problem: "network_off" });
      await expect(taker.network.hashTree(source, never)).rejects.toMatchObject({ problem: "network_off" });
    }, 60_000);

    test("a search that was stopped brings no hit any more", async () => {
      const { taker } = await pair([{ name: NAME, bytes: randomBytes(10) }]);
      await find(taker.network, { words: "train" });
      const hits: Hit[] = [];

      const search = taker.network.search({ words: "train" }, (hit) => hits.push(hit));
      search.stop();
      const after = hits.length;
      await find(taker.network, { words: "train" });

      expect(hits.length).toBe(after);
    }, 60_000);
  });
}

const FIND_TRIES = 10;
const FIND_MS = 2000;

function endpointOf(network: Network): Endpoint {
  const { endpoint } = network.status();
  if (endpoint === undefined) throw new Error(`${network.id} does not listen`);
  return endpoint;
}

/** What adapters ask of a library, over the files of the fixture; anything else would be a fault of the adapter. */
function libraryOf({ library }: Served): Library {
  const files = () => library.list(0, Number.MAX_SAFE_INTEGER).items;
  const asked: Partial<Library> = {
    version: 1,
    totals: () => ({ files: files().length, bytes: files().reduce((sum, { size }) => sum + size, 0) }),
    match: (words) => {
      const wanted = splitWords(words);
      return files().filter(({ name }) => wanted.every((word) => splitWords(name).includes(word)));
    },
    bySha1: (sha1) => library.bySha1(sha1),
    byIndex: (index) => library.byIndex(index),
    list: (offset, limit) => library.list(offset, limit),
    forEachWord: (visit) => {
      for (const { name } of files()) for (const word of splitWords(name)) visit(word);
    },
  };
  return asked as Library;
}
