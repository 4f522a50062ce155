// Gnutella nodes in the lab's world, linked as a given graph: what the flood scenarios share.
import type { Address } from "@servent/overlay/host/host.ts";
import { splitWords } from "@servent/overlay/base/words.ts";
import type { GnutellaLibrary, SharedRecord } from "@servent/overlay/protocols/gnutella/answers.ts";
import { gnutellaCodec } from "@servent/overlay/protocols/gnutella/codec.ts";
import { newGuid } from "@servent/overlay/protocols/gnutella/guid.ts";
import type { Role } from "@servent/overlay/protocols/gnutella/handshake.ts";
import type { Guid, Message, Push, Query, QueryHit } from "@servent/overlay/protocols/gnutella/messages.ts";
import { GnutellaNode } from "@servent/overlay/protocols/gnutella/node.ts";
import type { GnutellaOptions } from "@servent/overlay/protocols/gnutella/options.ts";
import type { QueryRoutingTable } from "@servent/overlay/protocols/gnutella/query-routing.ts";
import type { StreamPeer } from "@servent/lab/engine/stream-peer.ts";
import type { World } from "@servent/lab/engine/world.ts";

/** A graph as lists of neighbours, each edge in both. */
export type Graph = readonly (readonly number[])[];

/** A library of names; it also notes every query that it is asked. */
class NamedFiles implements GnutellaLibrary {
  readonly names: string[] = [];
  readonly asked: string[] = [];
  version = 0;
  readonly busy = false;
  readonly kilobytes = 1;

  get files(): number {
    // A peer that shares nothing is never asked; here every peer must see its queries.
    return Math.max(1, this.names.length);
  }

  share(name: string): void {
    this.names.push(name);
    this.version++;
  }

  match(words: string, _sha1s: readonly Uint8Array[], limit: number): readonly SharedRecord[] {
    this.asked.push(words);
    const wanted = splitWords(words);
    const found = this.names.filter((name) => wanted.every((word) => splitWords(name).includes(word)));
    return found
      .slice(0, limit)
      .map((name, i) => ({ index: i + 1, name, size: 1000, sha1: undefined, tigerRoot: undefined }));
  }

  addWords(table: QueryRoutingTable): void {
    for (const name of this.names) for (const word of splitWords(name)) table.addWord(word);
  }
}

export interface GnutellaPeer {
  readonly address: Address;
  readonly peer: StreamPeer<Message>;
  readonly node: GnutellaNode;
  readonly files: NamedFiles;
  readonly hits: { readonly search: Guid; readonly hit: QueryHit }[];
  readonly pushes: Push[];
}

export function addPeer(
  world: World,
  role: Role,
  changes: Partial<GnutellaOptions> = {},
  dialable = true,
): GnutellaPeer {
  const peer = world.peer<Message>(gnutellaCodec, { dialable });
  const files = new NamedFiles();
  const hits: GnutellaPeer["hits"] = [];
  const pushes: Push[] = [];
  const options: GnutellaOptions = {
    role,
    linksWanted: 0,
    linksMax: 64,
    leavesMax: 64,
    ttl: 7,
    ttlMax: 7,
    guid: newGuid(peer.host),
    userAgent: "Lab/1.0",
    firewalled: !dialable,
    speedKbps: 1000,
    minimumSpeedKbps: 0,
    deflate: false,
    accepts: () => true,
    vendor: "SRVT",
    ...changes,
  };
  const node = new GnutellaNode(peer.host, peer.port, files, options, {
    onHit: (_self, search, hit) => hits.push({ search, hit }),
    onPush: (_self, push) => pushes.push(push),
    onLinkOpen: () => {},
    onLinkClosed: () => {},
    onDialFailed: () => {},
  });
  peer.attach(node);
  return { address: peer.address, peer, node, files, hits, pushes };
}

/** Starts every node and opens a link for each edge; false where not all are open in a virtual minute. */
function connect(world: World, peers: readonly GnutellaPeer[], graph: Graph): boolean {
  for (const { node } of peers) node.start();
  graph.forEach((neighbours, from) => {
    for (const to of neighbours) if (from < to) peers[from]?.node.connect((peers[to] as GnutellaPeer).address);
  });
  return world.runUntil(() => peers.every(({ node }, i) => node.openLinks === graph[i]?.length), 60_000);
}

export function classicNetwork(world: World, graph: Graph): GnutellaPeer[] {
  const peers = graph.map(() => addPeer(world, "classic"));
  if (!connect(world, peers, graph)) throw new Error("the links of the graph did not open");
  return peers;
}

/** The queries that a node was asked, however it answered. */
export function askedFor(peer: GnutellaPeer, query: Query["text"]): number {
  return peer.files.asked.filter((words) => words === query).length;
}
