// Servers of a mesh in a world, without the index servers behind them: what each heard from the others, and when.
import { utf8Encode } from "@servent/overlay/base/bytes.ts";
import type { Address, Millis } from "@servent/overlay/host/host.ts";
import { meshCodec } from "@servent/overlay/protocols/napster/mesh/codec.ts";
import type { MeshMessage } from "@servent/overlay/protocols/napster/mesh/messages.ts";
import { MeshNode } from "@servent/overlay/protocols/napster/mesh/node.ts";
import { type MeshOptions, USUAL_MESH_OPTIONS } from "@servent/overlay/protocols/napster/mesh/options.ts";
import type { UnionMessage } from "@servent/overlay/protocols/napster/server/union.ts";
import type { StreamPeer } from "../engine/stream-peer.ts";
import type { World } from "../engine/world.ts";

export const UNION_KEY = utf8Encode("a key that the whole union has");

export interface MeshServer {
  readonly name: string;
  readonly peer: StreamPeer<MeshMessage>;
  node: MeshNode;
  readonly heard: { readonly at: Millis; readonly from: string; readonly message: UnionMessage }[];
  /** `+name` came up, `-name` went down. */
  readonly changes: { readonly at: Millis; readonly change: string }[];
  readonly refusals: string[];
  readonly options: MeshOptions;
}

/** Adds a server, which starts when it is told to. */
export function addMeshServer(world: World, name: string, changes: Partial<MeshOptions> = {}): MeshServer {
  const peer = world.peer<MeshMessage>(meshCodec);
  const options: MeshOptions = {
    ...USUAL_MESH_OPTIONS,
    name,
    key: UNION_KEY,
    address: peer.address,
    servers: [],
    ...changes,
  };
  const heard: MeshServer["heard"] = [];
  const change: MeshServer["changes"] = [];
  const refusals: string[] = [];
  const node = makeNode(world, peer, options, { heard, changes: change, refusals });
  peer.attach(node);
  return { name, peer, node, heard, changes: change, refusals, options };
}

/** The server's peer crashed: it starts again, with nothing but its options. */
export function restartMeshServer(world: World, server: MeshServer): void {
  world.restart(server.peer);
  server.node = makeNode(world, server.peer, server.options, server);
  server.peer.attach(server.node);
  server.node.start();
}

function makeNode(
  world: World,
  peer: StreamPeer<MeshMessage>,
  options: MeshOptions,
  { heard, changes, refusals }: Pick<MeshServer, "heard" | "changes" | "refusals">,
): MeshNode {
  return new MeshNode(peer.host, peer.port, options, {
    onUnionMessage: (from, message) => void heard.push({ at: world.now, from, message }),
    onServerUp: (name) => void changes.push({ at: world.now, change: `+${name}` }),
    onServerDown: (name) => void changes.push({ at: world.now, change: `-${name}` }),
    onLinkOpen: () => {},
    onLinkClosed: () => {},
    onRefused: (_remote, reason) => void refusals.push(reason),
  });
}

/** So many servers, each told of the first alone, with addresses from 0. */
export function startMesh(world: World, count: number, changes: Partial<MeshOptions> = {}): MeshServer[] {
  const servers = Array.from({ length: count }, (_, i) =>
    addMeshServer(world, `server${i}`, { servers: i === 0 ? [] : [0 as Address], ...changes }),
  );
  for (const { node } of servers) node.start();
  return servers;
}

/** Whether each of these knows exactly the others as up. */
export function areUnited(servers: readonly MeshServer[]): boolean {
  const names = servers.map(({ name }) => name).toSorted();
  return servers.every(({ name, node }) => [...node.servers(), name].toSorted().join() === names.join());
}
