// A source among three that sends wrong bytes under the right hash: it is named and dropped, and the file ends right.
import { createHash, randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { TigerTreeHasher } from "@servent/overlay/base/tiger.ts";
import { Settings } from "servent/config/settings.ts";
import { makeProfileFolders, profilePaths } from "servent/daemon/profile.ts";
import { Servent } from "servent/daemon/servent.ts";
import { type Lie, lyingLibrary } from "servent/demo/lying-library.ts";
import { EventBus } from "servent/events/event-bus.ts";
import { HashPool } from "servent/library/hash-pool.ts";
import { afterEach, expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";

const MIB = 1024 * 1024;
const NAME = "contested.bin";
const root = mkdtempSync(path.join(tmpdir(), "sl-"));
const hashPool = new HashPool();
const servents: Servent[] = [];

afterEach(async () => {
  await Promise.all(servents.map((servent) => servent.close()));
  await hashPool.close();
  rmSync(root, { recursive: true, force: true });
});

async function open(host: string, flags: Record<string, unknown>, content?: Uint8Array, lie?: Lie): Promise<Servent> {
  const paths = profilePaths({ root: path.join(root, host), env: {}, home: root });
  makeProfileFolders(paths);
  const servent = new Servent({
    paths,
    settings: new Settings({
      env: {},
      flags: {
        "net.interface": host,
        "net.allowAddresses": "127.0.0.0/8",
        "network.gnutella.enabled": true,
        "share.hashRate": 0,
        "share.watch": false,
        "transfers.reserveDisk": 0,
        ...flags,
      },
    }),
    events: new EventBus(),
    hashPool,
    ...(lie === undefined ? {} : { offered: (library) => lyingLibrary(library, lie) }),
  });
  servents.push(servent);
  await servent.library.start();
  if (content !== undefined) {
    const share = path.join(root, host, "share");
    mkdirSync(share);
    writeFileSync(path.join(share, NAME), content);
    await servent.library.add({ path: share });
    await eventually("it is hashed", 20, () => (servent.library.totals().files === 1 ? true : undefined));
  }
  await servent.goOnline();
  return servent;
}

test("the liar among three sources is named and dropped, its pieces come from others, and the file ends right", async () => {
  const truth = randomBytes(12 * MIB);
  const wrong = truth.map((byte, at) => (at % 1000 === 0 ? byte ^ 1 : byte));
  const tree = new TigerTreeHasher();
  tree.update(truth);
  const lie = { name: NAME, sha1: createHash("sha1").update(truth).digest(), tigerRoot: tree.finish().root };
  const rate = { "limits.up": 4 * MIB };
  const hub = await open("127.0.5.1", { "network.gnutella.role": "ultrapeer", ...rate }, truth);
  const leaves = [
    await open("127.0.5.2", rate, truth),
    await open("127.0.5.3", rate, wrong, lie),
    await open("127.0.5.4", {}),
  ];
  const hubAt = hub.gnutella.status().endpoint;
  for (const leaf of leaves) if (hubAt !== undefined) leaf.gnutella.connect(hubAt);
  await eventually("all are linked", 20, () => (hub.gnutella.status().peers === 3 ? true : undefined));
  const getter = leaves[2] as Servent;
  const search = getter.searches.start({ words: "contested" });
  const file = await eventually("three sources are found", 20, () =>
    getter.searches.results(search.id).find(({ sources }) => sources.length === 3),
  );

  const { transfer } = getter.transfers.add({
    name: file.name,
    size: file.size,
    urns: file.urns,
    sources: file.sources,
  });
  const done = await eventually(
    "it is done",
    60,
    () => {
      const view = getter.transfers.view(transfer.id);
      return view.state === "done" ? view : undefined;
    },
    () => JSON.stringify(getter.transfers.view(transfer.id)),
  );

  expect(readFileSync(done.path as string).equals(truth)).toBe(true);
  expect(done.verified).toBe("sha1");
  const dropped = done.sources.filter(({ state }) => state === "dropped");
  expect(dropped.map(({ peer }) => peer.split(":")[0])).toEqual(["127.0.5.3"]);
  expect(dropped[0]?.note).toMatch(/wrong bytes/i);
  expect(getter.transfers.why(transfer.id).facts.some(({ text }) => text.includes("127.0.5.3"))).toBe(true);
}, 120_000);
