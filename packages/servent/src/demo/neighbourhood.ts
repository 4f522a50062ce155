// The demo neighbourhood: 23 servents on loopback, each with sockets, an address, a folder and a database of its own.
// They share one process: twenty-three of them would need a gigabyte and half a minute on a small machine, and what
// makes a peer real is on the wire, not in the process table. The user's own servent is not among them.
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { createHash } from "node:crypto";
import { TigerTreeHasher } from "@servent/overlay/base/tiger.ts";
import { Settings } from "../config/settings.ts";
import { makeProfileFolders, profilePaths } from "../daemon/profile.ts";
import { Servent } from "../daemon/servent.ts";
import { EventBus } from "../events/event-bus.ts";
import { HashPool } from "../library/hash-pool.ts";
import type { Endpoint } from "../networks/network.ts";
import { endpointOfText } from "../runtime/address.ts";
import { type DemoPeer, demoCast, LIED_ABOUT, SLOW_BYTES_PER_SECOND } from "./cast.ts";
import { lyingLibrary } from "./lying-library.ts";

export interface Neighbourhood {
  /** Ultrapeers to begin with. */
  readonly entry: readonly Endpoint[];
  /** Members of the Chord ring to begin with. */
  readonly ring: readonly Endpoint[];
  /** Index servers of Napster, to which all are logged in. */
  readonly indexServers: readonly Endpoint[];
  readonly peers: number;
  /** Different contents that are offered. */
  readonly files: number;
  close(): Promise<void>;
}

/** Below `root` each peer gets a folder. Ready when all files are hashed and the overlay is linked. */
export async function openNeighbourhood(root: string): Promise<Neighbourhood> {
  const hashPool = new HashPool();
  const cast = demoCast();
  const contents = new Map<string, Uint8Array>();
  const contentOf = (file: DemoPeer["files"][number]): Uint8Array => {
    const made = contents.get(file.path) ?? file.make();
    contents.set(file.path, made);
    return made;
  };
  const servents: Servent[] = [];
  try {
    for (const peer of cast) {
      const folder = path.join(root, peer.name);
      writeShare(path.join(folder, "share"), peer, contentOf);
      servents.push(openPeer(folder, peer, hashPool, lieOf(peer, contentOf)));
    }
    const files = contents.size;
    contents.clear();
    await Promise.all(
      servents.map((servent, i) =>
        fillLibrary(servent, path.join(root, (cast[i] as DemoPeer).name), cast[i] as DemoPeer),
      ),
    );
    await Promise.all(servents.map((servent) => servent.goOnline()));
    const [entry, ring, indexServers] = await Promise.all([
      linkAll(servents, cast),
      closeRing(servents),
      logInAll(servents),
    ]);
    return { entry, ring, indexServers, peers: cast.length, files, close: () => closeAll(servents, hashPool) };
  } catch (error) {
    await closeAll(servents, hashPool);
    throw error;
  }
}

/** Before anybody goes online, so that a peer's first table names everything it has. */
async function fillLibrary(servent: Servent, folder: string, peer: DemoPeer): Promise<void> {
  await servent.library.start();
  await servent.library.add({ path: path.join(folder, "share"), as: peer.name });
  await until(() => servent.library.totals().files >= peer.files.length);
}

/** Ultrapeers link to each other, leaves to three of them. */
async function linkAll(servents: readonly Servent[], cast: readonly DemoPeer[]): Promise<Endpoint[]> {
  const entry: Endpoint[] = [];
  for (const [i, servent] of servents.entries()) {
    const isUltrapeer = cast[i]?.role === "ultrapeer";
    // Leaves begin at different ultrapeers, so that no one of them carries all.
    for (let n = 0; n < Math.min(entry.length, LEAF_LINKS); n++)
      servent.gnutella.connect(entry[(i + n) % entry.length] as Endpoint);
    const { endpoint } = servent.gnutella.status();
    if (isUltrapeer && endpoint !== undefined) entry.push(endpoint);
  }
  for (const servent of servents) await until(() => servent.gnutella.status().state === "online");
  return entry;
}

const LEAF_LINKS = 3;

/** One enters after the other: a ring that all enter at once needs a while to find its order. */
async function closeRing(servents: readonly Servent[]): Promise<Endpoint[]> {
  const members = servents.filter((servent) => servent.networks.isEnabled("chord"));
  const ring: Endpoint[] = [];
  for (const { chord } of members) {
    const { endpoint } = chord.status();
    if (endpoint === undefined) continue;
    const [first] = ring;
    ring.push(endpoint);
    if (first === undefined) continue;
    chord.connect(first);
    await until(() => chord.status().state === "online");
  }
  return ring.slice(0, RING_ENTRIES);
}

const RING_ENTRIES = 3;

/** Everybody logs in to all index servers. */
async function logInAll(servents: readonly Servent[]): Promise<Endpoint[]> {
  const indexServers = servents.flatMap(({ indexServer }) => {
    const place = indexServer.server?.places.clear ?? undefined;
    return place === undefined ? [] : [endpointOfText(place)];
  });
  for (const { napster } of servents) for (const place of indexServers) napster.connect(place);
  for (const { napster } of servents) await until(() => napster.status().peers === indexServers.length);
  return indexServers;
}

type Lie = Parameters<typeof lyingLibrary>[1];

function openPeer(folder: string, peer: DemoPeer, hashPool: HashPool, lie: Lie | undefined): Servent {
  const paths = profilePaths({ root: folder, env: {}, profile: peer.name, home: folder });
  makeProfileFolders(paths);
  const settings = new Settings({
    env: {},
    flags: {
      "net.interface": peer.host,
      "net.allowAddresses": "127.0.0.0/8",
      "network.gnutella.enabled": true,
      "network.gnutella.role": peer.role,
      "network.gnutella.reachable": peer.part === "hidden" ? "no" : "yes",
      // Whoever is in a ring can be reached, so the hidden one stays out of it.
      "network.chord.enabled": peer.part !== "hidden",
      "network.napster.enabled": true,
      "network.napster.nick": peer.name,
      "network.napster.reachable": peer.part === "hidden" ? "no" : "yes",
      "napsterServer.enabled": peer.isIndexServer,
      "napsterServer.listen": `${peer.host}:0`,
      "napsterServer.name": `demo-${peer.name}`,
      "limits.up": peer.part === "slow" ? SLOW_BYTES_PER_SECOND : 0,
      "share.hashRate": 0,
      "share.watch": false,
    },
  });
  return new Servent({
    paths,
    settings,
    events: new EventBus(),
    hashPool,
    ...(lie === undefined ? {} : { offered: (library) => lyingLibrary(library, lie) }),
  });
}

function writeShare(folder: string, peer: DemoPeer, contentOf: (file: DemoPeer["files"][number]) => Uint8Array): void {
  mkdirSync(folder, { recursive: true });
  for (const file of peer.files) {
    const target = path.join(folder, file.path);
    mkdirSync(path.dirname(target), { recursive: true });
    const content = contentOf(file);
    // Same size, same name, other bytes from the middle on: nothing but a hash tells them apart.
    const written =
      peer.part === "liar" ? content.map((byte, at) => (at > content.length / 2 ? byte ^ 0x20 : byte)) : content;
    writeFileSync(target, written);
  }
}

function lieOf(peer: DemoPeer, contentOf: (file: DemoPeer["files"][number]) => Uint8Array): Lie | undefined {
  const file = peer.part === "liar" ? peer.files[0] : undefined;
  if (file === undefined) return undefined;
  const content = contentOf(file);
  const tree = new TigerTreeHasher();
  tree.update(content);
  return { name: LIED_ABOUT, sha1: createHash("sha1").update(content).digest(), tigerRoot: tree.finish().root };
}

const READY_MS = 30_000;
const LOOK_EVERY_MS = 25;

/** Resolves when it holds, and gives up on a machine that is too slow for a demo. */
async function until(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + READY_MS;
  while (!condition() && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
}

async function closeAll(servents: readonly Servent[], hashPool: HashPool): Promise<void> {
  // The whole neighbourhood goes, so nobody would hear the others' goodbyes.
  await Promise.all(servents.map(({ chord }) => chord.stop(false)));
  await Promise.all(servents.map((servent) => servent.close()));
  await hashPool.close();
}
