// Napster clients and index servers in the lab's world: what the scenarios share.
import type { Address } from "@servent/overlay/host/host.ts";
import { portOf } from "@servent/overlay/base/ipv4.ts";
import type { NapsterLibrary, NapsterOptions } from "@servent/overlay/protocols/napster/client-options.ts";
import { napsterCodec } from "@servent/overlay/protocols/napster/codec.ts";
import { LIMITS } from "@servent/overlay/protocols/napster/limits.ts";
import type { Message } from "@servent/overlay/protocols/napster/messages.ts";
import type { PushOrder } from "@servent/overlay/protocols/napster/giving.ts";
import { NapsterNode } from "@servent/overlay/protocols/napster/node.ts";
import { SERVER_OPTIONS } from "@servent/overlay/protocols/napster/server/options.ts";
import { NapsterServer } from "@servent/overlay/protocols/napster/server/server.ts";
import { NO_MD5, type SearchHit, type SharedFile } from "@servent/overlay/protocols/napster/shared-file.ts";
import type { WantAnswer } from "@servent/overlay/protocols/napster/wants.ts";
import type { StreamPeer } from "@servent/lab/engine/stream-peer.ts";
import type { World } from "@servent/lab/engine/world.ts";

const CODEC = napsterCodec(LIMITS.serverPayloadBytesMax);

export interface IndexServerPeer {
  readonly address: Address;
  readonly peer: StreamPeer<Message>;
  readonly server: NapsterServer;
}

export function addIndexServer(world: World, name: string): IndexServerPeer {
  const peer = world.peer<Message>(CODEC);
  const options = {
    ...SERVER_OPTIONS,
    name,
    version: "0",
    date: () => Math.floor(world.now / 1000),
    usersPerHostMax: 1000,
  };
  const server = new NapsterServer(peer.host, peer.port, options);
  peer.attach(server);
  server.start();
  return { address: peer.address, peer, server };
}

/** Files by name, as somebody shares them. */
class NamedFiles implements NapsterLibrary {
  version = 0;
  private readonly shared: SharedFile[] = [];

  share(path: string, urn: string): void {
    const file = { path, md5: NO_MD5, size: 1000, bitrate: 128, frequency: 44_100, seconds: 60, urn } as const;
    this.shared.push({ ...file, media: "mp3" });
    this.version++;
  }

  files(): readonly SharedFile[] {
    return this.shared;
  }
}

export interface NapsterClient {
  readonly nick: string;
  readonly address: Address;
  readonly peer: StreamPeer<Message>;
  readonly node: NapsterNode;
  readonly library: NamedFiles;
  readonly hits: { readonly search: number; readonly hit: SearchHit }[];
  readonly ended: number[];
  /** Which server named whom. */
  readonly hitServers: Map<string, Address>;
  readonly answers: { readonly token: number; readonly answer: WantAnswer }[];
  readonly pushes: PushOrder[];
}

export function addClient(
  world: World,
  nick: string,
  servers: readonly Address[],
  changes: Partial<NapsterOptions> = {},
): NapsterClient {
  const peer = world.peer<Message>(CODEC);
  const library = new NamedFiles();
  const hits: NapsterClient["hits"] = [];
  const ended: number[] = [];
  const hitServers = new Map<string, Address>();
  const answers: NapsterClient["answers"] = [];
  const pushes: PushOrder[] = [];
  const options: NapsterOptions = {
    nick,
    password: "secret",
    passwordAt: () => "other",
    client: "Servent lab",
    linkSpeed: 7,
    // The port in an address of the lab is all of it.
    dataPort: portOf(peer.address),
    servers: 2,
    accepts: () => true,
    ...changes,
  };
  const node = new NapsterNode(peer.host, peer.port, library, { request: () => ({ kind: "accepted" }) }, options, {
    onServerUp: () => {},
    onServerDown: () => {},
    onServersWanted: () => {},
    onHit: (_self, search, hit, { server }) => {
      hits.push({ search, hit });
      hitServers.set(hit.nick, server);
    },
    onSearchEnd: (_self, search) => ended.push(search),
    onWant: (_self, token, answer) => answers.push({ token, answer }),
    onPush: (_self, order) => pushes.push(order),
    onBrowsePush: () => {},
    onBrowseFile: () => {},
    onBrowseEnd: () => {},
    onPrivateMessage: () => {},
  });
  peer.attach(node);
  for (const server of servers) node.learn(server, true);
  return { nick, address: peer.address, peer, node, library, hits, ended, hitServers, answers, pushes };
}
