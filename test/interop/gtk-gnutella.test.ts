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

const TEST_MS = 240_000;

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

  const theirs = async (options: Pick<GtkGnutellaOptions, "host" | "role" | "share" | "fetch" | "settings">) => {
    const program = await GtkGnutella.start({ net, display, binary: binary as string, ...options });
    ended.push(() => program.stop());
    return program;
  };

  /** Every servent of ours has a machine of its own: gtk-gnutella bans an address that connects three times in a minute. */
  const servent = async (
    host: string,
    settings: { role: "leaf" | "ultrapeer"; reachable: "yes" | "no" },
    share?: Record<string, Buffer>,
  ) => {
    const ready = await ServentProcess.start({
      on: (...command) => net.on(host, ...command),
      settings: {
        "net.allowAddresses": [NET_BLOCK],
        "network.gnutella.enabled": true,
        "network.gnutella.port": 6346,
        "network.gnutella.role": settings.role,
        "network.gnutella.reachable": settings.reachable,
      },
      ...(share === undefined ? {} : { share }),
    });
    ended.push(() => ready.stop());
    return ready;
  };

  /** Links a servent of ours, whose files are hashed by now, to their ultrapeer, and waits until that knows the files. */
  const join = async (us: ServentProcess, host: string) => {
    await us.command("peers", "connect", "gnutella", ultrapeer.endpoint);
    await us.linked(ultrapeer.endpoint);
    await ultrapeer.knowsFilesOf(host);
  };

  beforeAll(async () => {
    net = new PrivateNet("gtkg");
    display = await Display.open();
    ultrapeer = await theirs({ host: "100.64.1.1", role: "ultrapeer", share: { "walrus lagoon song.mp3": song } });
    const share = { "hymn of the harbour.mp3": hymn };
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

  test("as its leaf we find and fetch a file of its ultrapeer, one of its other leaf, and one of another leaf of ours", {
    timeout: TEST_MS,
  }, async () => {
    const us = await servent("100.64.2.1", { role: "leaf", reachable: "yes" });
    const other = await servent("100.64.2.2", { role: "leaf", reachable: "yes" }, { "gannet skerry song.mp3": ours });
    await join(us, "100.64.2.1");
    await join(other, "100.64.2.2");

    const first = await us.fetches(await us.finds("lagoon walrus", "walrus lagoon song.mp3"));
    const second = await us.fetches(await us.finds("harbour hymn", "hymn of the harbour.mp3"));
    const third = await us.fetches(await us.finds("skerry gannet", "gannet skerry song.mp3"));

    expect(first.bytes).toEqual(song);
    expect(second.bytes).toEqual(hymn);
    expect(third.bytes).toEqual(ours);
    expect([first, second, third].map(({ transfer }) => transfer.state)).toEqual(["done", "done", "done"]);
    // It answers a leaf's ping for hosts once a minute and throws away the others.
    const dropped = [...ultrapeer.droppedFrom("100.64.2.1"), ...ultrapeer.droppedFrom("100.64.2.2")];
    expect(dropped.filter((message) => !message.startsWith("Ping"))).toEqual([]);
  });

  test("as its leaf we are found by its other leaf, which fetches our file", { timeout: TEST_MS }, async () => {
    const file = randomBytes(FILE_BYTES);
    const us = await servent("100.64.2.3", { role: "leaf", reachable: "yes" }, { "curlew estuary song.mp3": file });
    await join(us, "100.64.2.3");

    await leaf.search("curlew estuary");

    expect((await leaf.receives("curlew estuary song.mp3")).sha1).toBe(sha1(file));
    expect(await leaf.fetched("curlew estuary song.mp3")).toEqual(file);
  });

  test("as its leaf that nobody can dial, we call its other leaf when that asks us to, and it fetches our file", {
    timeout: TEST_MS,
  }, async () => {
    const file = randomBytes(FILE_BYTES);
    const us = await servent("100.64.2.4", { role: "leaf", reachable: "no" }, { "avocet saltmarsh song.mp3": file });
    await join(us, "100.64.2.4");

    await leaf.search("avocet saltmarsh");

    expect(await leaf.fetched("avocet saltmarsh song.mp3")).toEqual(file);
  });

  test("it fetches our file from a magnet link that names us", { timeout: TEST_MS }, async () => {
    const file = randomBytes(FILE_BYTES);
    await servent("100.64.2.5", { role: "leaf", reachable: "yes" }, { "heron reed.mp3": file });

    const urn = `urn:sha1:${sha1(file)}`;
    const link = `http://100.64.2.5:6346/uri-res/N2R?${urn}`;
    await ultrapeer.tell(`download add magnet:?xt=${urn}&xs=${link}&dn=heron.mp3&xl=${FILE_BYTES}`);

    expect(await ultrapeer.fetched("heron.mp3")).toEqual(file);
  });

  test("as ultrapeer, dialling its ultrapeer, we find and are found across the link", {
    timeout: TEST_MS,
  }, async () => {
    const file = randomBytes(FILE_BYTES);
    const us = await servent("100.64.2.6", { role: "ultrapeer", reachable: "yes" }, { "osprey cliff song.mp3": file });
    await join(us, "100.64.2.6");

    const found = await us.fetches(await us.finds("walrus song", "walrus lagoon song.mp3"));
    await leaf.search("osprey cliff");

    expect(found.bytes).toEqual(song);
    expect(await leaf.fetched("osprey cliff song.mp3")).toEqual(file);
  });

  test("as ultrapeer, dialled by its ultrapeer, we find and are found across the link", {
    timeout: TEST_MS,
  }, async () => {
    const file = randomBytes(FILE_BYTES);
    const us = await servent("100.64.2.7", { role: "ultrapeer", reachable: "yes" }, { "dunlin marsh song.mp3": file });
    await ultrapeer.link("100.64.2.7:6346");
    await ultrapeer.knowsFilesOf("100.64.2.7");

    const found = await us.fetches(await us.finds("song lagoon", "walrus lagoon song.mp3"));
    await leaf.search("dunlin marsh");

    expect(found.bytes).toEqual(song);
    expect(await leaf.fetched("dunlin marsh song.mp3")).toEqual(file);
  });

  test("an ultrapeer of it that nobody can dial calls us when we ask it to, and we fetch its file", {
    timeout: TEST_MS,
  }, async () => {
    const file = randomBytes(FILE_BYTES);
    const us = await servent("100.64.2.8", { role: "ultrapeer", reachable: "yes" });
    const hidden = await theirs({
      host: "100.64.1.3",
      role: "ultrapeer",
      share: { "plover tide hymn.mp3": file },
      settings: { is_firewalled: "TRUE" },
    });
    await hidden.link("100.64.2.8:6346");

    const found = await us.fetches(await us.finds("plover tide", "plover tide hymn.mp3"));

    expect(found.bytes).toEqual(file);
    // One dial of ours would have told it that it can be reached.
    expect(await hidden.firewalled()).toBe(true);
  });
});

function sha1(bytes: Uint8Array): string {
  return base32Encode(createHash("sha1").update(bytes).digest());
}
