// Index servers in a union of our own links, and clients of them, in a world. A server is two peers, since its clients and the other
// servers come in by doors of their own; they crash and start again together.
import type { Address } from "@servent/overlay/host/host.ts";
import type { NapsterLibrary } from "@servent/overlay/protocols/napster/client-options.ts";
import { napsterCodec } from "@servent/overlay/protocols/napster/codec.ts";
import { LIMITS } from "@servent/overlay/protocols/napster/limits.ts";
import { meshCodec } from "@servent/overlay/protocols/napster/mesh/codec.ts";
import type { MeshMessage } from "@servent/overlay/protocols/napster/mesh/messages.ts";
import { MeshNode } from "@servent/overlay/protocols/napster/mesh/node.ts";
import { USUAL_MESH_OPTIONS } from "@servent/overlay/protocols/napster/mesh/options.ts";
import type { Message } from "@servent/overlay/protocols/napster/messages.ts";
import { type NapsterEvents, NapsterNode } from "@servent/overlay/protocols/napster/node.ts";
import { SERVER_OPTIONS } from "@servent/overlay/protocols/napster/server/options.ts";
import { NapsterServer } from "@servent/overlay/protocols/napster/server/server.ts";
import { NO_MD5, type SearchHit, type SharedFile } from "@servent/overlay/protocols/napster/shared-file.ts";
import type { StreamPeer } from "../engine/stream-peer.ts";
import type { World } from "../engine/world.ts";
import { UNION_KEY } from "./mesh-world.ts";

/** Both ends of a stream of the lab speak one codec: the client's, which takes the longest messages. */
const codec = napsterCodec(LIMITS.serverPayloadBytesMax);
/** In the lab all peers seem to come from one host. */
const USERS_MAX = 100_000;
const DATA_PORT = 6699;
/** What takes a millisecond otherwise then takes a quarter of an hour: longer than anybody waits. */
const NEVER_FACTOR = 1_000_000;

export interface LabIndexServer {
  readonly name: string;
  /** Where clients log in. */
  readonly door: StreamPeer<Message>;
  /** Where other servers link. */
  readonly back: StreamPeer<MeshMessage>;
  node: NapsterServer;
  mesh: MeshNode;
  isUp: boolean;
}

export interface LabClient {
  readonly number: number;
  readonly nick: string;
  readonly node: NapsterNode;
  readonly files: readonly SharedFile[];
}

export class NapsterWorld {
  readonly world: World;
  readonly servers: LabIndexServer[];
  readonly clients: LabClient[] = [];
  /** Hears of every hit of every client. */
  onHit: (client: LabClient, search: number, hit: SearchHit) => void = () => {};
  private readonly events: NapsterEvents;
  private readonly byAddress = new Map<Address, LabClient>();

  /** All servers run and are told of the first. */
  constructor(world: World, servers: number) {
    this.world = world;
    const doors = Array.from({ length: servers }, () => world.peer<Message>(codec));
    const backs = Array.from({ length: servers }, () => world.peer<MeshMessage>(meshCodec));
    this.servers = doors.map((door, i) => {
      const server = { name: `server${i}`, door, back: backs[i] as StreamPeer<MeshMessage> };
      return { ...server, ...this.run(server, backs), isUp: true };
    });
    const heed = (self: Address, search: number, hit: SearchHit): void => {
      const client = this.byAddress.get(self);
      if (client !== undefined) this.onHit(client, search, hit);
    };
    this.events = {
      onServerUp: () => {},
      onServerDown: () => {},
      onServersWanted: () => {},
      onHit: heed,
      onSearchEnd: () => {},
      onWant: () => {},
      onPush: () => {},
      onBrowsePush: () => {},
      onBrowseFile: () => {},
      onBrowseEnd: () => {},
      onPrivateMessage: () => {},
    };
  }

  /** A client that knows all servers and is logged in to `logins` of them at a time; it shares files that only it has. */
  addClient(logins: number, files: number): LabClient {
    const peer = this.world.peer<Message>(codec, { dialable: false });
    const number = this.clients.length;
    const shared = Array.from({ length: files }, (_, file) => fileOf(number, file));
    const library: NapsterLibrary = { version: 1, files: () => shared };
    const uploads = { request: () => ({ kind: "accepted" }) as const };
    const nick = `user${number}`;
    const options = {
      nick,
      password: "secret",
      passwordAt: () => "other",
      client: "lab",
      linkSpeed: 8,
      dataPort: DATA_PORT,
      servers: logins,
      accepts: () => true,
    };
    const node = new NapsterNode(peer.host, peer.port, library, uploads, options, this.events);
    peer.attach(node);
    const client = { number, nick, node, files: shared };
    this.clients.push(client);
    this.byAddress.set(peer.address, client);
    for (const { door } of this.servers) node.learn(door.address, true);
    node.start();
    return client;
  }

  /** As `kill -9` would: its machine is still there and resets every connection. */
  crash(server: LabIndexServer): void {
    server.isUp = false;
    this.world.crash(server.door);
    this.world.crash(server.back);
  }

  /** As when its machine loses power: nobody hears anything of it any more. */
  vanish(server: LabIndexServer): void {
    server.isUp = false;
    for (const { address } of [server.door, server.back]) this.world.slow(address, NEVER_FACTOR);
  }

  /** After a crash, or when the power is back: it has forgotten everything. */
  restart(server: LabIndexServer): void {
    for (const peer of [server.door, server.back]) {
      this.world.crash(peer);
      this.world.slow(peer.address, 1);
      this.world.restart(peer);
    }
    const backs = this.servers.map(({ back }) => back);
    Object.assign(server, this.run(server, backs), { isUp: true });
  }

  /** Servers at which the client is logged in, with everything that it shares. */
  placesOf({ nick, files }: LabClient): number {
    let places = 0;
    for (const { isUp, node } of this.servers) {
      const user = isUp ? node.user(nick) : undefined;
      if (user !== undefined && node.directory.count(user.owner) === files.length) places++;
    }
    return places;
  }

  private run(
    { name, door, back }: Pick<LabIndexServer, "name" | "door" | "back">,
    backs: readonly StreamPeer<MeshMessage>[],
  ): Pick<LabIndexServer, "node" | "mesh"> {
    const node = new NapsterServer(door.host, door.port, {
      ...SERVER_OPTIONS,
      name,
      version: "lab",
      usersMax: USERS_MAX,
      usersPerHostMax: USERS_MAX,
      date: () => 0,
    });
    door.attach(node);
    const options = {
      ...USUAL_MESH_OPTIONS,
      name,
      key: UNION_KEY,
      address: back.address,
      servers: backs.map(({ address }) => address),
    };
    const mesh = new MeshNode(back.host, back.port, options, {
      onUnionMessage: (from, message) => node.onUnionMessage(from, message),
      onServerUp: () => node.onServerUp(),
      onServerDown: (server) => node.onServerDown(server),
      onLinkOpen: () => {},
      onLinkClosed: () => {},
      onRefused: () => {},
    });
    back.attach(mesh);
    node.join(mesh);
    node.start();
    mesh.start();
    return { node, mesh };
  }
}

/** A word that stands in the names of all files of one client and nowhere else. */
export function sharedWordOf(client: number): string {
  return `album${client}`;
}

function fileOf(client: number, file: number): SharedFile {
  return {
    path: `${sharedWordOf(client)}\\track${file}.mp3`,
    md5: NO_MD5,
    size: 1_000_000 + file,
    bitrate: 128,
    frequency: 44_100,
    seconds: 200,
    media: "mp3",
    urn: "",
  };
}
