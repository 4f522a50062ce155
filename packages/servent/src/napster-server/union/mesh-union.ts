// A union of our own links on real sockets: a MeshNode with its host, its port and its door. TLS lies around every link unless it is
// told otherwise.
import type { Socket } from "node:net";
import { utf8Encode } from "@servent/overlay/base/bytes.ts";
import { endpointOf, formatEndpoint, ipv4Of, parseEndpoint, parseIpv4, portOf } from "@servent/overlay/base/ipv4.ts";
import type { Address } from "@servent/overlay/host/host.ts";
import { meshCodec } from "@servent/overlay/protocols/napster/mesh/codec.ts";
import { MESH_LIMITS } from "@servent/overlay/protocols/napster/mesh/limits.ts";
import type { MeshMessage } from "@servent/overlay/protocols/napster/mesh/messages.ts";
import { type MeshEvents, MeshNode } from "@servent/overlay/protocols/napster/mesh/node.ts";
import { type MeshOptions, USUAL_MESH_OPTIONS } from "@servent/overlay/protocols/napster/mesh/options.ts";
import type { UnionMessage } from "@servent/overlay/protocols/napster/server/union.ts";
import { ServentError } from "../../base/servent-error.ts";
import { isEndpoint } from "../../runtime/address.ts";
import { firstAddress } from "../../runtime/first-address.ts";
import { Listener } from "../../runtime/listener.ts";
import { placeOf } from "../../runtime/place.ts";
import { SocketHost } from "../../runtime/socket-host.ts";
import { SocketStreamPort } from "../../runtime/socket-stream-port.ts";
import { TlsDoor } from "../tls-door.ts";
import { checkServerName, type OpenUnion } from "./open-union.ts";
import { isOtherKey, UNION_DOOR, unionDial, unionTls } from "./union-tls.ts";

export interface MeshUnionOptions {
  readonly name: string;
  /** The secret of the union: 16 bytes or more of UTF-8 that nobody can guess. */
  readonly key: string;
  /** Where other servers come in, `ip:port`; port 0: the system chooses. */
  readonly listen: string;
  /** What other servers are told of where we are, `ip:port`; where we listen, where absent. */
  readonly advertise?: string;
  /** Servers to link with, `ip:port`; one that is up is enough. */
  readonly servers: readonly string[];
  /** No TLS, for lines that nobody else can reach. All servers of a union must agree on this. */
  readonly isPlain?: boolean;
  readonly timing?: Partial<Pick<MeshOptions, "beatMs" | "silenceMs">>;
}

const NOTHING = new Uint8Array(0);

export class MeshUnion implements OpenUnion {
  /** Where other servers come in, `ip:port`. */
  readonly place: string;
  private readonly node: MeshNode;
  private readonly host: SocketHost;
  private readonly port: SocketStreamPort<MeshMessage>;
  private readonly listener: Listener;
  private readonly door: TlsDoor | undefined;

  /** Listens and begins to dial. Rejects with a ServentError: as `Listener.open`, or `invalid_value` where an option is wrong. */
  static async open(options: MeshUnionOptions, events: MeshEvents): Promise<MeshUnion> {
    checkServerName(options.name);
    const key = keyOf(options.key);
    const servers = options.servers.map(serverOf);
    if (servers.length > MESH_LIMITS.serversMax) {
      throw new ServentError(
        "invalid_value",
        `A union has at most ${MESH_LIMITS.serversMax} servers.`,
        "Name some of them: those that are up tell of the others.",
      );
    }
    const take = { socket: (socket: Socket, _head: Uint8Array): void => void socket.destroy() };
    const listener = await Listener.open({
      ...placeOf(options.listen),
      handlers: [{ prefix: "", take: (socket, head) => take.socket(socket, head) }],
    });
    const union = new MeshUnion(options, key, servers, listener, events);
    take.socket = (socket, head) => union.take(socket, head);
    return union;
  }

  private constructor(
    options: MeshUnionOptions,
    key: Uint8Array,
    servers: readonly Address[],
    listener: Listener,
    events: MeshEvents,
  ) {
    const { name, advertise, isPlain = false, timing = {} } = options;
    const address = advertise === undefined ? reachable(listener.address) : serverOf(advertise);
    const { host } = placeOf(options.listen);
    this.place = formatEndpoint(listener.address);
    this.listener = listener;
    this.host = new SocketHost();
    const dial = isPlain ? undefined : unionDial(key);
    this.port = new SocketStreamPort(meshCodec, {
      self: address,
      ...(host === "0.0.0.0" ? {} : { localAddress: host }),
      tls: () => dial,
    });
    const adopt = (socket: Socket): void => void this.port.adopt(socket, NOTHING, true);
    const refused = (remote: Address, error: Error): void => {
      if (isOtherKey(error)) events.onRefused(remote, "it has another key");
    };
    this.door = isPlain ? undefined : new TlsDoor(unionTls(key), UNION_DOOR, adopt, refused);
    const meshOptions = { ...USUAL_MESH_OPTIONS, name, key, address, servers, accepts: isEndpoint, ...timing };
    this.node = new MeshNode(this.host, this.port, meshOptions, events);
    this.host.attach(this.node);
    this.port.attach(this.node);
    this.node.start();
  }

  servers(): readonly string[] {
    return this.node.servers();
  }

  broadcast(message: UnionMessage): readonly string[] {
    return this.node.broadcast(message);
  }

  send(server: string, message: UnionMessage): void {
    this.node.send(server, message);
  }

  /** What was lost or came to nothing, for people. */
  get counters(): MeshNode["counters"] {
    return this.node.counters;
  }

  async close(): Promise<void> {
    this.listener.close();
    this.door?.close();
    this.node.stop();
    await this.port.stop("the server stops");
    this.host.stop();
  }

  private take(socket: Socket, head: Uint8Array): void {
    if (this.door === undefined) this.port.adopt(socket, head, true);
    else this.door.enter(socket);
  }
}

function keyOf(text: string): Uint8Array {
  const key = utf8Encode(text);
  if (key.length >= MESH_LIMITS.keyBytesMin) return key;
  throw new ServentError(
    "invalid_value",
    `The key of a union has at least ${MESH_LIMITS.keyBytesMin} bytes.`,
    "Make one with `openssl rand -base64 32`, and give it to all its servers.",
  );
}

function serverOf(text: string): Address {
  const address = parseEndpoint(text);
  if (address !== undefined) return address;
  throw new ServentError("invalid_value", `"${text}" is no server's address.`, "Write it like 10.0.0.5:8890.");
}

/** Who listens on all addresses is reached at the first. */
function reachable(address: Address): Address {
  return ipv4Of(address) === 0 ? endpointOf(parseIpv4(firstAddress()) ?? 0, portOf(address)) : address;
}
