// Our client at other people's index servers, with another client of their time: TekNap.
import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { NapsterNetworkOptions } from "../../packages/servent/src/networks/napster/napster-network.ts";
import {
  type ClientFixture,
  findAll,
  openClient,
} from "../../packages/servent/src/networks/napster/napster-fixture.ts";
import type { Hit, Network } from "../../packages/servent/src/networks/network.ts";
import { eventually } from "../support/eventually.ts";
import { openNapProblem, Place, SERVER_PORT } from "./opennap-place.ts";
import { OldServer, type OldServerKind } from "./opennap-server.ts";
import { soundOf, TekNap } from "./opennap-teknap.ts";

const programs = process.env.SERVENT_OPENNAP ?? "";
const problem = openNapProblem(process.env.SERVENT_OPENNAP);
const suite = problem === undefined ? "our client" : `our client (skipped: ${problem})`;

const TEST_MS = 120_000;
const FETCH_SECONDS = 30;
const never = new AbortController().signal;

describe.skipIf(problem !== undefined)(suite, () => {
  let place: Place;
  let theirsFolder: string;
  const theirs = soundOf(900, 1);
  const ours = soundOf(500, 2);
  const notes = randomBytes(150_000);

  beforeAll(() => {
    place = new Place();
    theirsFolder = path.join(place.folder, "music");
    mkdirSync(theirsFolder);
    writeFileSync(path.join(theirsFolder, "Their Band - First Song.mp3"), theirs);
  });

  afterAll(async () => place.close(), TEST_MS);

  async function client(
    server: OldServer,
    nick: string,
    shared: Parameters<typeof openClient>[2],
    changes: Partial<NapsterNetworkOptions> = {},
  ): Promise<ClientFixture> {
    const endpoint = { host: server.address, port: SERVER_PORT };
    const opened = await openClient(place.address(), [endpoint], shared, { nick, ...changes });
    place.atEnd(() => opened.close());
    return opened;
  }

  async function fetched(network: Network, { source }: Hit, start = 0): Promise<Buffer> {
    const stream = await network.open(source, { start, end: source.size }, never);
    const parts: Uint8Array[] = [];
    for await (const part of stream.body) parts.push(part.slice());
    return Buffer.concat(parts);
  }

  const one = async (network: Network, words: string): Promise<Hit> => (await findAll(network, words, 1))[0] as Hit;

  const SHARED = [
    { name: "Our Band - Second Song.mp3", bytes: ours },
    { name: "Notes on songs.txt", bytes: notes },
  ];

  const kinds: readonly OldServerKind[] = ["ng", "44", "36"];

  test.each(kinds)("two of ours at opennap %s find, fetch, list and push", { timeout: TEST_MS }, async (kind) => {
    const server = await OldServer.start(place, kind, programs, { address: place.address(), peers: [] });
    const giver = await client(server, "giver", SHARED);
    const taker = await client(server, "taker", []);

    expect(
      (await fetched(taker.network, await one(taker.network, "second song"), 1000)).equals(ours.subarray(1000)),
    ).toBe(true);
    expect((await fetched(taker.network, await one(taker.network, "notes songs"))).equals(notes)).toBe(true);
    const list = await findAll(taker.network, "@giver", 2);
    expect(list.map(({ source }) => source.name).toSorted()).toEqual(SHARED.map(({ name }) => name).toSorted());
    expect(giver.network.status().counters).toMatchObject({ faults: 0, malformed: 0 });

    await giver.close();
    await client(server, "hidden", SHARED, { isReachable: false });
    expect(
      (await fetched(taker.network, await one(taker.network, "second song"), 1000)).equals(ours.subarray(1000)),
    ).toBe(true);
  });

  test("with TekNap at opennap-ng: each finds, fetches and lists the other's files, and its words arrive", {
    timeout: TEST_MS,
  }, async () => {
    const server = await OldServer.start(place, "ng", programs, { address: place.address(), peers: [] });
    const us = await client(server, "servy", SHARED);
    const tek = await TekNap.start(place, programs, { nick: "tek", server: server.endpoint, dataPort: 6703 });
    tek.type(`/share ${theirsFolder}`);
    await tek.sees(/Found 1 files in/);
    tek.type("/share -share");
    await tek.sees(/Sharing 1 files/);

    // TekNap does not heed the offset; nothing but its own beginning tells.
    const hit = await one(us.network, "first song");
    for (const start of [0, 1000])
      expect((await fetched(us.network, hit, start)).equals(theirs.subarray(start))).toBe(true);
    expect((await one(us.network, "@tek")).source.name).toBe("Their Band - First Song.mp3");

    await tek.asksUntil("/search second song", /\b1 MP3's returned/);
    tek.type("/search");
    await tek.sees(/Second Song/);
    tek.type("/get 1");
    const file = path.join(tek.downloads, "Our Band - Second Song.mp3");
    await eventually("our song has arrived", FETCH_SECONDS, () =>
      statSync(file, { throwIfNoEntry: false })?.size === ours.length ? true : undefined,
    );
    expect(readFileSync(file).equals(ours)).toBe(true);

    // It asks our data port itself.
    tek.type("/browse servy");
    await tek.sees(/2 MP3's returned/);
    expect(us.network.status().counters).toMatchObject({ lists: 1 });
    tek.type("/msg servy hello from the other side");
    await eventually("its words have arrived", FETCH_SECONDS, () =>
      us.events.some(({ type, data }) => type === "peer.message" && data.text === "hello from the other side")
        ? true
        : undefined,
    );
  });
});
