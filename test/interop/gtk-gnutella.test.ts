// Our servent and gtk-gnutella on one network: each finds and fetches what the other shares, in every role.
// Needs a gtk-gnutella with a window, named by SERVENT_GTK_GNUTELLA; docs/interop.md says how.
import { createHash, randomBytes } from "node:crypto";
import { base32Encode } from "@servent/overlay/base/base32.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Display, GtkGnutella, type GtkGnutellaOptions, gtkGnutellaProblem } from "./gtk-gnutella.ts";
import { ServentProcess } from "../support/servent-process.ts";
import { NET_BLOCK, PrivateNet, privateNetProblem } from "./private-net.ts";

const binary = process.env.SERVENT_GTK_GNUTELLA;
const problem = gtkGnutellaProblem(binary) ?? privateNetProblem();
const suite = problem === undefined ? "with gtk-gnutella" : `with gtk-gnutella (skipped: ${problem})`;

/** More than the 512 KiB with which its first answer on a connection ends, so that every fetch has to ask twice. */
const FILE_BYTES = 1_500_000;

const TEST_MS = 120_000;

describe.skipIf(problem !== undefined)(suite, () => {
  const song = randomBytes(FILE_BYTES);
  const hymn = randomBytes(FILE_BYTES);
  const ours = randomBytes(FILE_BYTES);
  let net: PrivateNet;
  let display: Display;
  /** Their ultrapeer, which shares a song. */
  let ultrapeer: GtkGnutella;
  /** Their leaf, below their ultrapeer. It shares a hymn and fetches every song that it finds. */
  let leaf: GtkGnutella;
  const ended: (() => Promise<void>)[] = [];

  const theirs = async (options: Pick<GtkGnutellaOptions, "host" | "role" | "share" | "fetch">) => {
    const program = await GtkGnutella.start({ net, display, binary: binary as string, ...options });
    ended.push(() => program.stop());
    return program;
  };

  /** Every servent of ours has a machine of its own: gtk-gnutella bans an address that connects three times in a minute. */
  const servent = async (host: string, settings: Readonly<Record<string, unknown>>, share?: Record<string, Buffer>) => {
    const ready = await ServentProcess.start({
      on: (...command) => net.on(host, ...command),
      settings: { "net.allowAddresses": [NET_BLOCK], "network.gnutella.enabled": true, "network.gnutella.port": 6346, ...settings },
      ...(share === undefined ? {} : { share }),
    });
    ended.push(() => ready.stop());
    return ready;
  };

  beforeAll(async () => {
    net = new PrivateNet("gtkg");
    display = await Display.open();
    ultrapeer = await theirs({ host: "100.64.1.1", role: "ultrapeer", share: { "walrus lagoon song.mp3": song } });
    const share = { "pelican harbour hymn.mp3": hymn };
    leaf = await theirs({ host: "100.64.1.2", role: "leaf", share, fetch: "song[.]mp3$" });
    await leaf.link(ultrapeer.endpoint);
  }, TEST_MS);

  afterAll(async () => {
    for (const end of ended.toReversed()) await end();
    await display?.close();
    net?.close();
  });

  test("without us, its leaf finds and fetches a file of its ultrapeer", { timeout: TEST_MS }, async () => {
    await leaf.search("walrus lagoon");

    expect((await leaf.receives("walrus lagoon song.mp3")).size).toBe(FILE_BYTES);
    expect(await leaf.fetched("walrus lagoon song.mp3")).toEqual(song);
  });

  test("as its leaf we find and fetch a file of its ultrapeer and one of its other leaf", {
    timeout: TEST_MS,
  }, async () => {
    const us = await servent("100.64.2.1", {
      "network.gnutella.role": "leaf",
      "network.gnutella.bootstrap": [ultrapeer.endpoint],
    });
    await us.linked(ultrapeer.endpoint);

    const first = await us.fetches(await us.finds("lagoon walrus", "walrus lagoon song.mp3"));
    const second = await us.fetches(await us.finds("harbour pelican", "pelican harbour hymn.mp3"));

    expect(first.bytes).toEqual(song);
    expect(second.bytes).toEqual(hymn);
    expect([first.transfer.state, second.transfer.state]).toEqual(["done", "done"]);
    expect(await ultrapeer.drops()).toEqual([]);
  });

  test("as its leaf we are found by its other leaf, which fetches our file", { timeout: TEST_MS }, async () => {
    const us = await servent(
      "100.64.2.2",
      { "network.gnutella.role": "leaf", "network.gnutella.bootstrap": [ultrapeer.endpoint] },
      { "curlew estuary song.mp3": ours },
    );
    await us.linked(ultrapeer.endpoint);

    await leaf.search("curlew estuary");

    expect((await leaf.receives("curlew estuary song.mp3")).sha1).toBe(sha1(ours));
    expect(await leaf.fetched("curlew estuary song.mp3")).toEqual(ours);
  });

  test("it fetches our file from a magnet link that names us", { timeout: TEST_MS }, async () => {
    const file = randomBytes(FILE_BYTES);
    await servent("100.64.2.3", { "network.gnutella.role": "leaf" }, { "heron reed.mp3": file });

    const urn = `urn:sha1:${sha1(file)}`;
    const link = `http://100.64.2.3:6346/uri-res/N2R?${urn}`;
    await ultrapeer.tell(`download add magnet:?xt=${urn}&xs=${link}&dn=heron.mp3&xl=${FILE_BYTES}`);

    expect(await ultrapeer.fetched("heron.mp3")).toEqual(file);
  });

  test("as ultrapeer, dialling its ultrapeer, we find and are found across the link", {
    timeout: TEST_MS,
  }, async () => {
    const file = randomBytes(FILE_BYTES);
    const us = await servent("100.64.2.4", { "network.gnutella.role": "ultrapeer" }, { "osprey cliff song.mp3": file });
    await us.command("peers", "connect", "gnutella", ultrapeer.endpoint);
    await us.linked(ultrapeer.endpoint);

    const found = await us.fetches(await us.finds("walrus song", "walrus lagoon song.mp3"));
    await leaf.search("osprey cliff");

    expect(found.bytes).toEqual(song);
    expect(await leaf.fetched("osprey cliff song.mp3")).toEqual(file);
  });

  test("as ultrapeer we take its leaf and its ultrapeer when they dial us", { timeout: TEST_MS }, async () => {
    const file = randomBytes(FILE_BYTES);
    const us = await servent("100.64.2.5", { "network.gnutella.role": "ultrapeer" }, { "dunlin marsh song.mp3": file });
    const below = await theirs({
      host: "100.64.1.3",
      role: "leaf",
      share: { "plover tide hymn.mp3": hymn },
      fetch: "song[.]mp3$",
    });
    await below.link("100.64.2.5:6346");
    await ultrapeer.link("100.64.2.5:6346");

    await below.search("dunlin marsh");
    await below.search("lagoon song walrus");
    const reached = await us.finds("plover tide", "plover tide hymn.mp3");

    expect(await below.fetched("dunlin marsh song.mp3")).toEqual(file);
    expect(await below.fetched("walrus lagoon song.mp3")).toEqual(song);
    expect((await us.fetches(reached)).bytes).toEqual(hymn);
  });
});

function sha1(bytes: Uint8Array): string {
  return base32Encode(createHash("sha1").update(bytes).digest());
}
