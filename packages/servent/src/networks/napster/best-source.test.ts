// One file at six owners of different rates and distances, one of them dead: who gives most of it, on real sockets.
import { createHash, randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { sha1Urn } from "@servent/overlay/base/urn.ts";
import { afterEach, expect, test } from "vitest";
import { TransferManager } from "../../transfers/transfer-manager.ts";
import type { Hit, Network } from "../network.ts";
import { findAll, openClient, openIndexServer } from "./napster-fixture.ts";
import { type ScriptedOwner, startOwner } from "./scripted-owner.ts";

const closers: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

const MB = 1_000_000;
const HOSTS = "127.0.20";
const PATH = "C:\\music\\spring tide.mp3";

/** Six owners; the best is neither the nearest nor the one that answers the search first. */
const OWNERS = [
  { nick: "near", bytesPerSecond: 0.15 * MB, delayMs: 1 },
  { nick: "modem", bytesPerSecond: 0.03 * MB, delayMs: 150 },
  { nick: "best", bytesPerSecond: 4 * MB, delayMs: 60 },
  { nick: "good", bytesPerSecond: 0.8 * MB, delayMs: 20 },
  { nick: "dead", bytesPerSecond: 4 * MB, delayMs: 0, isDead: true },
  { nick: "far", bytesPerSecond: 0.3 * MB, delayMs: 400 },
] as const;

async function town(bytes: Uint8Array, measures: string) {
  const index = await openIndexServer(`${HOSTS}.1`);
  closers.push(() => index.close());
  const owners = new Map<string, ScriptedOwner>();
  for (const [i, script] of OWNERS.entries()) {
    const common = { host: `${HOSTS}.${10 + i}`, server: index.endpoint, path: PATH, bytes, measures };
    const owner = await startOwner({ ...common, ...script });
    owners.set(script.nick, owner);
    closers.push(() => owner.close());
  }
  const client = await openClient(`${HOSTS}.2`, [index.endpoint], []);
  closers.push(() => client.close());
  const hits = await findAll(client.network, "spring tide", OWNERS.length);
  return { client, owners, hits };
}

function downloads(network: Network): { readonly manager: TransferManager; readonly folder: string } {
  const folder = mkdtempSync(path.join(tmpdir(), "servent-best-"));
  const db = new DatabaseSync(path.join(folder, "db"));
  mkdirSync(path.join(folder, "done"));
  const manager = new TransferManager({
    db,
    downloads: path.join(folder, "done"),
    incomplete: path.join(folder, "incomplete"),
    activeDown: 4,
    perPeer: 2,
    bytesPerSecond: 0,
    retry: { tries: 0, firstMs: 15_000, maxMs: 60_000 },
    stallMs: 60_000,
    reserveDisk: 0,
    onConflict: "rename",
    networks: (id) => (id === network.id ? network : undefined),
    events: () => undefined,
  });
  manager.start();
  closers.push(async () => {
    await manager.close();
    db.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return { manager, folder };
}

async function fetchAll(network: Network, hits: readonly Hit[], size: number, urns: readonly string[]) {
  const { manager } = downloads(network);
  const started = performance.now();
  const sources = hits.map(({ source }) => source);
  const { transfer } = manager.add({ name: "spring tide.mp3", size, urns, sources });
  await expect.poll(() => manager.view(transfer.id).state, { timeout: 60_000, interval: 50 }).toBe("done");
  return { view: manager.view(transfer.id), seconds: (performance.now() - started) / 1000 };
}

test("of a file whose hash is known most comes from the best of six, and the dead one hurts nobody", async () => {
  const bytes = randomBytes(12 * MB);
  const urn = sha1Urn(createHash("sha1").update(bytes).digest());
  const { client, owners, hits } = await town(bytes, `${"0".repeat(32)} ${bytes.length} 128 44100 60 ${urn}`);
  expect(hits.length).toBe(OWNERS.length);

  const { view, seconds } = await fetchAll(client.network, hits, bytes.length, [urn]);

  expect(view.verified).toBe("sha1");
  expect(readFileSync(view.path as string).equals(bytes)).toBe(true);
  const given = new Map(view.sources.map(({ peer, bytes: count }) => [peer.split("@")[0], count]));
  expect(given.get("best")).toBeGreaterThan(bytes.length / 2);
  expect(given.get("dead")).toBe(0);
  // The best alone would need three seconds, each of the others at least fifteen.
  expect(seconds).toBeLessThan(8);
  expect((owners.get("best") as ScriptedOwner).callers()).toBeGreaterThan(0);

  // What was measured is kept for the next time: who is best, and who is dead.
  const rates = new Map(hits.map(({ source }) => [source.peer.split("@")[0], client.network.expectedRate(source)]));
  expect(Math.max(...rates.values())).toBe(rates.get("best"));
  expect(rates.get("dead")).toBe(0);
}, 90_000);

test("files of old clients are one where size and a real hash agree, and say that nothing proves them", async () => {
  const bytes = randomBytes(6 * MB);
  const md5 = createHash("md5").update(bytes.subarray(0, 300_000)).digest("hex");
  const { client, hits } = await town(bytes, `${md5} ${bytes.length} 128 44100 60`);
  expect(new Set(hits.map(({ source }) => source.likeness)).size).toBe(1);

  const { view } = await fetchAll(client.network, hits, bytes.length, []);

  expect(view.verified).toBe("none");
  expect(readFileSync(view.path as string).equals(bytes)).toBe(true);
  expect(view.sources.filter(({ bytes: count }) => count > 0).length).toBeGreaterThan(1);
}, 90_000);

test("more holders of an old client's file are asked for by its MD5 and size", async () => {
  const bytes = randomBytes(50_000);
  const md5 = createHash("md5").update(bytes).digest("hex");
  const { client, hits } = await town(bytes, `${md5} ${bytes.length} 128 44100 60`);
  const [{ source }] = hits as [Hit];

  const more = new Map<string, Hit>();
  const search = client.network.search({ words: "", likeness: source.likeness as string }, (hit) =>
    more.set(hit.source.key, hit),
  );
  await expect.poll(() => more.size, { timeout: 10_000 }).toBe(OWNERS.length);
  search.stop();

  expect([...more.keys()].toSorted()).toEqual(hits.map((hit) => hit.source.key).toSorted());
  expect(new Set(Array.from(more.values(), (hit) => hit.source.likeness))).toEqual(new Set([source.likeness]));
}, 60_000);

test("without a real hash each owner's file is its own", async () => {
  const bytes = randomBytes(100_000);
  const { client, hits } = await town(bytes, `NOMD5COMPUTED ${bytes.length} 128 44100 60`);
  expect(new Set(hits.map(({ source }) => source.likeness)).size).toBe(OWNERS.length);

  const good = hits.filter(({ source }) => source.peer.startsWith("best"));
  const { view } = await fetchAll(client.network, [...good, ...hits], bytes.length, []);

  expect(view.sources.map(({ peer }) => peer.split("@")[0])).toEqual(["best"]);
}, 60_000);
